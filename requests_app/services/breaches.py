"""Sent to the wrong person: access is taken back at once, the 72 hours of Art. 33 run, and legal judges what it comes to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.models import Breach, Case, Delivery
from requests_app.services import access, audience, encrypted_pdf, notices, retention, sending
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, too_long, written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from requests_app.models import User

REPORT_WITHIN = timedelta(hours=72)
"""From when the controller became aware of it (Art. 33(1)); hours, whatever the clocks are set to meanwhile."""
REPORTED, NOT_REPORTED = "reported", "not_reported"
LIMIT = 20_000


def note(*, actor: Actor, delivery: Delivery, noticed_at: datetime, what: str) -> Breach:
    """Note that an answer reached the wrong person. Whatever of it lies on Mina sidor can no longer be fetched.

    ``delivery`` leads its sending; ``noticed_at`` may be earlier than now, never later and never before it left.
    """
    user = member_of_staff(actor)
    what = written("what", what, _("Write what happened: what reached whom, and how it was noticed."), limit=LIMIT)
    now = timezone.now()
    if noticed_at > now:
        raise ValidationError({"noticed_on": _("It cannot have been noticed in the future.")})
    if noticed_at < delivery.dispatched_at:
        raise ValidationError({"noticed_on": _("It cannot have been noticed before it was sent.")})
    with unit(actor) as work:
        case = lock(delivery.case)
        taken = sending.rows_of(delivery).filter(revoked_at__isnull=True).update(revoked_at=now, revoked_by=user)
        if not taken:
            raise Conflict
        encrypted_pdf.forget(delivery)
        report_by = noticed_at.astimezone(UTC) + REPORT_WITHIN
        made = Breach.objects.create(
            case=case,
            delivery=delivery,
            noticed_at=noticed_at,
            report_by=report_by,
            what_enc=Vault(case).seal(DOSSIER, what, "breach", delivery.pk, "what"),
            by=user,
            at=now,
        )
        work.event("delivery.revoked", case, way=delivery.way, documents=taken)
        work.event("breach.noted", case, noticed_at=noticed_at, report_by=report_by, what=what)
        told = audience.legal(case)
        notices.tell(work, "breach", subject=f"{made.pk}", users=told, case=case, report_by=report_by.isoformat())
        return made


def judge(*, actor: Actor, breach: Breach, verdict: str, reasons: str, person_told: bool | None) -> None:
    """Legal's word: reported to the authority, or not and why; and whether the person concerned has been told (Art. 34).

    ``Breach.DoesNotExist`` for a case that legal does not oversee, ``Conflict`` when it has been judged.
    """
    user = member_of_staff(actor)
    errors = {}
    if verdict not in {REPORTED, NOT_REPORTED}:
        errors["verdict"] = _("Choose whether it was reported.")
    if person_told is None:
        errors["person_told"] = _("Choose whether the person concerned has been told.")
    if not reasons.strip():
        errors["reasons"] = _("Write the reasons: what it could lead to, and what has been done (Article 33(5)).")
    if len(reasons) > LIMIT:
        errors["reasons"] = too_long(LIMIT)
    if errors:
        raise ValidationError(errors)
    if not seen_by(user).filter(pk=breach.pk).exists():
        raise Breach.DoesNotExist
    with unit(actor) as work:
        case = lock(breach.case)
        reasons = reasons.strip()
        judged = Breach.objects.filter(pk=breach.pk, verdict="").update(
            verdict=verdict,
            person_told=person_told,
            verdict_enc=Vault(case).seal(DOSSIER, reasons, "breach", breach.delivery_id, "verdict"),
            verdict_by=user,
            verdict_at=timezone.now(),
        )
        if not judged:
            raise Conflict
        work.event("breach.judged", case, verdict=verdict, person_told=person_told, reasons=reasons)
        retention.hold_ended(case)


def seen_by(user: User) -> QuerySet[Breach]:
    """The breaches in the cases that legal oversees; none for anybody else."""
    if not access.may(user, "approve_decision"):
        return Breach.objects.none()
    mine: QuerySet[Case] = access.cases_overseen_by(user)
    return Breach.objects.filter(case__in=mine).select_related("case", "delivery__file", "by", "verdict_by")


@dataclass(frozen=True, slots=True)
class Left:
    """Time left to report: whole hours, negative when they have passed."""

    hours: int

    @property
    def late(self) -> bool:
        """Whether the 72 hours are over."""
        return self.hours < 0


def left(breach: Breach, *, now: datetime | None = None) -> Left:
    """How long legal still has."""
    seconds = (breach.report_by - (now or timezone.now())).total_seconds()
    return Left(int(seconds // 3600))


def what_of(vault: Vault, breach: Breach) -> str:
    """What happened."""
    return vault.unseal(DOSSIER, breach.what_enc, "breach", breach.delivery_id, "what") or ""


def reasons_of(vault: Vault, breach: Breach) -> str:
    """Why legal judged as it did."""
    return vault.unseal(DOSSIER, breach.verdict_enc, "breach", breach.delivery_id, "verdict") or ""
