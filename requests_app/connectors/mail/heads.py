"""Who wrote a mail to whom: the headers a search looks at, read in bounded time from what the server gives of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple

from requests_app.connectors.mail.headers import addresses, decoded, octets, one_line, tried

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_BLOCK = 256 * 1024
"""Octets of a mail's headers that are looked at."""
MAX_LINE = 10_000
"""Characters of one header whose addresses are told apart; in the rest an address is only looked for."""
MAX_LINES = 20
"""Headers of one name that are looked at."""
FIELDS = "FROM SENDER REPLY-TO TO CC BCC MESSAGE-ID IN-REPLY-TO REFERENCES DATE SUBJECT AUTO-SUBMITTED"
ASKED = f"BODY.PEEK[HEADER.FIELDS ({FIELDS})]<0.{MAX_BLOCK}>"
"""What an IMAP server is asked for."""
_NAMES = frozenset(FIELDS.lower().split())
_END = re.compile(rb"\r?\n\r?\n")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
_FIRST_YEAR = 1985
"""No mail of this form is older (RFC 822 is of 1982)."""


class Party(NamedTuple):
    """Somebody in a header, as it stands there."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Head:
    """What the headers of a mail say. ``rest`` are lists of addresses past what is told apart."""

    writers: tuple[Party, ...] = ()
    reply_to: tuple[Party, ...] = ()
    receivers: tuple[Party, ...] = ()
    rest: str = ""
    subject: str = ""
    date: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    """From the first mail of the exchange on."""
    automatic: bool = False

    def sent_at(self, now: datetime) -> datetime | None:
        """When it was sent by its sender's clock; None when that cannot be."""
        when = tried(lambda: parsedate_to_datetime(self.date), None)
        if when is None:
            return None
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        past = tried(lambda: when.astimezone(UTC).year >= _FIRST_YEAR and when <= now + timedelta(days=2), False)
        return when if past else None

    def key(self, size: int, received_at: datetime) -> str:
        """The same for copies of one mail in several folders, whatever folder; another for another mail that says it has the same id."""
        told = [self.message_id, ",".join(party.address.lower() for party in self.writers), self.date, self.subject]
        if not self.message_id:
            told += [str(size), received_at.isoformat()]
        return hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:24]

    def mentions(self, address: str) -> int:
        """How often an address stands, as a whole, among those that were not told apart."""
        return len(re.findall(rf"(?<![^\s<,;:]){re.escape(address)}(?![^\s>,;])", self.rest, re.IGNORECASE))


def read_head(raw: bytes) -> Head:
    """The headers of a mail or of a part of its beginning. Never raises for what it is given."""
    fields = _fields(raw[:MAX_BLOCK])
    rest: list[str] = []

    def parties(*names: str) -> tuple[Party, ...]:
        return tuple(party for name in names for line in fields.get(name, ()) for party in _parties(line, rest))

    def text(name: str) -> str:
        return one_line(decoded(next(iter(fields.get(name, ())), "")[:MAX_LINE]))

    def ids(name: str) -> list[str]:
        return [found for line in fields.get(name, ()) for found in _ID.findall(line)]

    return Head(
        writers=parties("from") or parties("sender"),
        reply_to=parties("reply-to"),
        receivers=parties("to", "cc", "bcc"),
        rest=",".join(rest),
        subject=text("subject"),
        date=text("date"),
        message_id=next(iter(ids("message-id")), ""),
        references=tuple(dict.fromkeys([*ids("references"), *ids("in-reply-to")])),
        automatic=text("auto-submitted").lower().split(";")[0].strip() not in {"", "no"},
    )


def _fields(raw: bytes) -> dict[str, list[str]]:
    block = _FOLD.sub(b"", _END.split(raw, maxsplit=1)[0])
    fields: dict[str, list[str]] = {}
    for line in block.splitlines():
        name, colon, value = line.partition(b":")
        key = name.strip().lower().decode("ascii", "replace")
        held = fields.setdefault(key, []) if colon and key in _NAMES else None
        if held is not None and len(held) < MAX_LINES:
            held.append(octets(value.decode("utf-8", "surrogateescape")).strip())
    return fields


def _parties(line: str, rest: list[str]) -> Iterable[Party]:
    if len(line) > MAX_LINE:
        cut = line.rfind(",", 0, MAX_LINE)
        cut = cut if cut > 0 else MAX_LINE
        rest.append(line[cut:])
        line = line[:cut]
    # addresses are read before names are decoded: a decoded name may hold commas and angles of its own
    return [
        Party(one_line(decoded(name))[:200], one_line(address)[:254]) for name, address in addresses(line) if address
    ]
