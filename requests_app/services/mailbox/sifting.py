"""What of a mail may go into a case: all of it, or, where malware is found, what is left without it. Asked before anything is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from requests_app.connectors.mail import parsing
from requests_app.services import malware

if TYPE_CHECKING:
    from requests_app.models import Case
    from requests_app.services.audit import Actor

DOOR = "mail"
MAX_FILES = 100
"""Attachments of one mail that become files of the case; the mail itself holds them all."""
TEXT_NAME = "mejl.txt"


@dataclass(frozen=True, slots=True)
class Part:
    """A file of the mail; ``n`` is its place, as ``parsing.Attachment.n``, None for the mail's text."""

    n: int | None
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sifted:
    """A mail that was looked through. ``raw`` is the mail as it came, None when it is infected; ``left_out`` counts infected files."""

    raw: bytes | None
    mail: parsing.Mail
    files: tuple[Part, ...]
    left_out: int = 0


def sift(raw: bytes, *, actor: Actor, case: Case | None, broken: bool) -> Sifted:
    """Look a mail and each of its files through. Of an infected mail its text is kept in the place of the whole.

    ``broken`` mails are not divided. Not to be called inside a unit of work. Raises ``ValidationError`` while the scanner that is
    configured does not answer.
    """
    mail = parsing.Mail(broken=True) if broken else parsing.parse(raw)
    parts = [] if broken else [Part(n, name, data) for n, (name, data) in enumerate(parsing.contents(raw))]
    found = [part for part in parts if part.data][:MAX_FILES]
    files = [part for part in found if is_clean(part.data, actor=actor, case=case)]
    left_out = len(found) - len(files)
    if not left_out and is_clean(raw, actor=actor, case=case):
        return Sifted(raw, mail, tuple(files))
    text = _as_text(mail).encode()
    if text and is_clean(text, actor=actor, case=case):
        files.insert(0, Part(None, TEXT_NAME, text))
    return Sifted(None, mail, tuple(files), max(left_out, 1))


def is_clean(data: bytes, *, actor: Actor, case: Case | None) -> bool:
    """Whether nothing was found; what was found is in the log and told. ``ValidationError`` when it cannot be said."""
    try:
        malware.check(data, actor=actor, door=DOOR, case=case)
    except ValidationError as error:
        if any(found.code == "infected" for found in error.error_dict["file"]):
            return False
        raise ValidationError(
            _("The mail cannot be checked for malware right now. It is kept as it is. Try again in a while."),
            code="scanner",
        ) from None
    return True


def _as_text(mail: parsing.Mail) -> str:
    """What a reader sees of the mail."""
    sender = " ".join(part for part in (mail.from_name, f"<{mail.from_address}>" if mail.from_address else "") if part)
    lines = [("From", sender), ("To", mail.to), ("Subject", mail.subject)]
    head = "\n".join(f"{name}: {value}" for name, value in lines if value)
    return f"{head}\n\n{mail.text}".strip()
