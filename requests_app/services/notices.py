"""Who is told what: a row for each thing and person, so that nobody is told twice however often a job runs.

A notice is mailed at once, or with the next morning's digest to who wants one mail a day. A new kind needs a line in ``KINDS`` and
its sentence in ``mail_words.SENTENCES``; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from requests_app.domain.calendar_se import is_working_day
from requests_app.models import Notice, OutgoingMail, User
from requests_app.services import mail
from requests_app.services.audit import SYSTEM, unit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from requests_app.models import Case
    from requests_app.services.audit import Unit

URGENT, DUE, WAITING, FAULT, NEWS = "urgent", "due", "waiting", "fault", "news"
"""What a digest groups by, in its order."""
DIGEST_AT = time(7)
"""Swedish time, on working days."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice. ``page`` is where its link leads when not to the case; ``otherwise`` where who does not work the case is led."""

    group: str
    page: str = ""
    otherwise: str = "admin:index"


KINDS: dict[str, Kind] = {
    "overdue": Kind(URGENT, otherwise="admin:overdue"),
    "breach": Kind(URGENT, page="admin:breaches"),
    "approval_escalated": Kind(URGENT, page="admin:approvals"),
    "referral_escalated": Kind(URGENT, page="admin:legal_desk"),
    "mail_waiting": Kind(URGENT),
    "due_soon": Kind(DUE),
    "approval_waiting": Kind(WAITING, page="admin:approvals"),
    "approval_answered": Kind(WAITING),
    "contact_asked": Kind(WAITING, otherwise="admin:contact_checks"),
    "referral_asked": Kind(WAITING, page="admin:legal_desk"),
    "referral_answered": Kind(WAITING),
    "person_replied": Kind(WAITING),
    "system_failed": Kind(FAULT),
    "change_failed": Kind(FAULT),
    "credentials_refused": Kind(FAULT, page="admin:requests_app_system_changelist"),
    "system_down": Kind(FAULT, page="admin:system_health"),
    "system_back": Kind(NEWS, page="admin:system_health"),
    "key_expires": Kind(DUE, page="admin:system_health"),
    "document_failed": Kind(FAULT),
    "mail_failed": Kind(FAULT),
    "bounced": Kind(FAULT),
    "returned": Kind(FAULT),
    "not_fetched": Kind(FAULT),
    "unmasked": Kind(WAITING),
    "malware_found": Kind(FAULT),
    "owner_codes": Kind(FAULT),
    "owner_silent": Kind(DUE),
    "owner_question": Kind(WAITING),
    "owner_not_theirs": Kind(WAITING),
    "owner_answered": Kind(NEWS),
    "mailbox_failing": Kind(FAULT, page="admin:mailboxes"),
    "new_mail": Kind(NEWS, page="admin:incoming"),
    "marketing_failed": Kind(FAULT, page="admin:marketing"),
    "marketing_waiting": Kind(WAITING, page="admin:marketing"),
    "new_case": Kind(NEWS),
    "assigned": Kind(NEWS),
    "access_granted": Kind(NEWS),
    "unprotected": Kind(NEWS),
}


def tell(
    work: Unit, kind: str, *, subject: str, users: Iterable[User], case: Case | None = None, **params: str | int
) -> int:
    """Tell each of ``users`` once that something happened; gives how many were told now.

    ``subject`` (at most 80 characters) says what it is about: the same kind and subject are never told to the same person
    again. ``params`` fill in the sentence (a system's key, a day as ISO text, a code); never anything about the person the case
    is about. Who did it (``work.actor``) is not told, nor who is inactive. Mails leave after commit.
    """
    meant, told = KINDS[kind], 0
    doer = work.actor.user.pk if work.actor.user else None
    for user in {user.pk: user for user in users}.values():
        if user.pk == doer or not user.is_active:
            continue
        notice, new = Notice.objects.get_or_create(
            kind=kind,
            subject_key=subject,
            user=user,
            defaults={
                "diary_no": case.diary_no if case else "",
                "case_ref": case.ref if case else "",
                "params": params,
            },
        )
        told += new
        if new and (meant.group == URGENT or user.notify == "each"):
            sent = mail.queue_to_staff(work, user=user, kind=mail.NOTICE, idem_key=f"notice:{notice.pk}", case=case)
            Notice.objects.filter(pk=notice.pk).update(mail=sent)
    return told


def untold(kind: str, subject: str, users: Iterable[User]) -> list[User]:
    """Those of ``users`` who have not been told this yet: what a job asks before it opens a transaction."""
    before = set(Notice.objects.filter(kind=kind, subject_key=subject).values_list("user", flat=True))
    return [user for user in {user.pk: user for user in users}.values() if user.pk not in before]


def queue_digests(*, now: datetime | None = None) -> int:
    """From seven in the morning of a working day: one mail to each person with everything told that no mail has told yet.

    Once a day for each person, at the first run after seven, however late that is; gives how many were queued.
    """
    local = timezone.localtime(now)
    if local.time() < DIGEST_AT or not is_working_day(local.date()):
        return 0
    unmailed = Notice.objects.filter(mail__isnull=True, user__is_active=True)
    return sum(
        _digest(user, f"digest:{user.pk}:{local.date()}")
        for user in User.objects.filter(pk__in=unmailed.values("user")).order_by("pk")
    )


def _digest(user: User, idem_key: str) -> bool:
    if OutgoingMail.objects.filter(idem_key=idem_key).exists():
        return False
    with unit(SYSTEM) as work:
        made = mail.queue_to_staff(work, user=user, kind=mail.DIGEST, idem_key=idem_key)
        Notice.objects.filter(user=user, mail__isnull=True).update(mail=made)
    return True


def of_mail(row: OutgoingMail) -> list[Notice]:
    """What a mail tells, the urgent first."""
    groups = [URGENT, DUE, WAITING, FAULT, NEWS]

    def order(notice: Notice) -> tuple[int, Any]:
        return groups.index(KINDS[notice.kind].group), notice.pk

    return sorted(row.notices.all(), key=order)
