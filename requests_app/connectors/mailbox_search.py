"""What a server is asked to look for, in its own language (RFC 9051 6.4.4), so that nothing in a value can be taken for a command."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.mail.session import MailboxFault
from requests_app.domain.identifiers import IdentifierKind, written_forms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from requests_app.connectors.mail.session import Session

MAX_FOUND = 50_000
"""Mails of one folder that a server may propose."""
_HEADERS: tuple[tuple[str, ...], ...] = (
    ("FROM",),
    ("TO",),
    ("CC",),
    ("BCC",),
    ("HEADER", "REPLY-TO"),
    ("HEADER", "SENDER"),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ASCII = re.compile(r"[!-~]{3,}")
_REFUSED = "search"


def by_address(session: Session, address: str, since: date | None) -> set[int]:
    """UIDs in the open folder of mails that may have the address in their headers, in any form it is written in."""
    found: set[int] = set()
    for form in written_forms(IdentifierKind.EMAIL, address):
        if form.isascii():
            found |= _ascii(session, form, _HEADERS, since)
        else:
            found |= _letters(session, form, since)
    return found


def by_text(session: Session, text: str, since: date | None) -> set[int]:
    """UIDs in the open folder of mails that may have a customer number in subject or text."""
    return _ascii(session, text, (("TEXT",),), since) if text.isascii() else set()


def _letters(session: Session, form: str, since: date | None) -> set[int]:
    """A value outside ASCII, as UTF-8; by the longest part that is ASCII where the server does not take that character set."""
    try:
        keys = [[*key, form] for key in _HEADERS]
        return _found(session, [*(["SINCE", since] if since else []), *_any(keys)], "UTF-8")
    except MailboxFault as fault:
        if fault.code != _REFUSED:
            raise
    parts = _ASCII.findall(form)
    if not parts:
        raise ConnectorError(Fault.SERVER_ERROR)
    return _ascii(session, max(parts, key=len), _HEADERS, since)


def _any(keys: list[list[str]]) -> list[object]:
    """One of several keys: OR takes two. Without brackets, in which the library forgets the character set."""
    return list(keys[0]) if len(keys) == 1 else ["OR", *keys[0], *_any(keys[1:])]


def _ascii(session: Session, text: str, keys: Sequence[Sequence[str]], since: date | None) -> set[int]:
    quoted = '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
    if not quoted.isprintable():  # no identifier is
        return set()
    said = [f"{' '.join(key)} {quoted}" for key in keys]
    criteria = said[-1]
    for one in reversed(said[:-1]):
        criteria = f"OR {one} {criteria}"
    if since:
        criteria = f"SINCE {since.day}-{_MONTHS[since.month - 1]}-{since.year} {criteria}"
    try:
        return _found(session, criteria, None)
    except MailboxFault as fault:
        if fault.code != _REFUSED:
            raise
    raise ConnectorError(Fault.SERVER_ERROR)


def _found(session: Session, criteria: str | list[object], charset: str | None) -> set[int]:
    # a character set may be refused before the value is sent, which the library takes for the end of the connection
    lost = _REFUSED if charset else "cut_off"
    found = session.ask(_REFUSED, lambda: [int(uid) for uid in session.client.search(criteria, charset)], lost=lost)
    if len(found) > MAX_FOUND:
        raise ConnectorError(Fault.TOO_LARGE, mails=MAX_FOUND)
    return {uid for uid in found if 0 < uid < 2**32}
