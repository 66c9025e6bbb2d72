"""What a mail is recognised as. A machine dismisses only what is unmistakable; for all else it says what a mail seems to be.

Unmistakable is a report on a mail of ours (RFC 3464), a mail that is here already, and one that calls itself automatic
(RFC 3834) and in which nothing sounds like a request: web forms call themselves automatic too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING

from django.conf import settings

from requests_app.domain.channels import Dismissal, MailState
from requests_app.models import Case, IncomingMail, OutgoingMail
from requests_app.services import bounces

if TYPE_CHECKING:
    from requests_app.connectors.mail.parsing import Mail
    from requests_app.domain.mail_guess import Guess

AUTOMATIC = frozenset({"auto-replied", "auto-generated", "auto-notified"})
_DIARY_NO = re.compile(r"\bDSR-(\d{4})-(\d{4,8})\b", re.IGNORECASE)
SEARCHED = 20_000
"""Characters of the text in which a diary number is looked for."""


@dataclass(frozen=True, slots=True)
class Recognised:
    """``seems`` is what the mail looks like, or nothing; ``sure`` that it need not be looked at by a person."""

    seems: Dismissal | None = None
    sure: bool = False


@dataclass(frozen=True, slots=True)
class Thread:
    """The case a mail belongs to, and by what: ``references``, ``subject`` or ``text``."""

    case: Case | None = None
    by: str = ""


def recognise(mail: Mail, raw: bytes, guess: Guess, same: list[IncomingMail]) -> Recognised:
    """What the mail is. ``same`` are earlier mails of exactly the same content. Takes a report on a mail of ours in."""
    if same:
        # a mail that was dismissed and is put back into the folder is to be looked at again
        return Recognised(Dismissal.DUPLICATE, sure=any(row.state != MailState.DISMISSED.value for row in same))
    if mail.kind == "multipart/report" and mail.report_type == "delivery-status":
        return Recognised(Dismissal.BOUNCE, sure=bounces.take(raw).mail_id is not None)
    if "return-path" in mail.hints and "sender" in mail.hints:
        return Recognised(Dismissal.BOUNCE)
    if mail.auto_submitted in AUTOMATIC:
        return Recognised(Dismissal.AUTOMATIC, sure=_ours(mail) or (_replies(mail) and not guess.rights))
    if mail.hints or mail.from_address.lower() in _own_addresses():
        return Recognised(Dismissal.AUTOMATIC)
    return Recognised()


def _own_addresses() -> frozenset[str]:
    stated = (parseaddr(settings.DEFAULT_FROM_EMAIL)[1], settings.MAIL_BOUNCES_TO)
    return frozenset(address.lower() for address in stated if address)


def _replies(mail: Mail) -> bool:
    """Whether it answers a mail of ours by itself, whole and with nothing along: a form on the web or a scanner says ``auto`` too."""
    plain = mail.auto_submitted == "auto-replied" and not mail.attachments and not mail.broken
    return plain and OutgoingMail.objects.filter(message_id__in=mail.references).exists()


def _ours(mail: Mail) -> bool:
    """Whether it is a mail that we have sent ourselves, come round."""
    return bool(mail.message_id) and OutgoingMail.objects.filter(message_id=mail.message_id).exists()


def thread_of(mail: Mail) -> Thread:
    """The case a mail seems to belong to: it answers a mail of ours, or names one diary number. Only a suggestion."""
    if mail.references:
        row = (
            OutgoingMail.objects.filter(message_id__in=mail.references, case__isnull=False, user__isnull=True)
            .select_related("case")
            .order_by("-pk")
            .first()
        )
        if row is not None:
            return Thread(row.case, "references")
    for by, text in (("subject", mail.subject), ("text", mail.text[:SEARCHED])):
        numbers = {f"DSR-{year}-{number}" for year, number in _DIARY_NO.findall(text)}
        cases = list(Case.objects.filter(diary_no__in=numbers)[:2]) if 0 < len(numbers) <= 20 else []
        if len(cases) == 1:
            return Thread(cases[0], by)
    return Thread()


def same_content(macs: list[bytes]) -> list[IncomingMail]:
    """Earlier mails with exactly this content, of whichever mailbox, the oldest first."""
    return list(IncomingMail.objects.filter(content_mac__in=macs).order_by("pk"))
