"""What stops all destruction of a case's data while it lasts: a complaint, a court case, another reason (see ``retention.held``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.models import Case, CaseHold
from requests_app.services import retention
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from datetime import datetime

LIMIT = 4_000


def place(*, actor: Actor, case: Case, kind: str, reason: str) -> CaseHold:
    """Stop destruction: ``kind`` is ``complaint`` (to the supervisory authority), ``court`` or ``other``. Closed cases too."""
    user = member_of_staff(actor)
    if kind not in dict(CaseHold.KINDS):
        raise ValidationError({"kind": _("Choose why the data must be kept.")})
    reason = written("reason", reason, _("Write what it is about, such as the authority's reference."), limit=LIMIT)
    with unit(actor) as work:
        case = lock(case)
        at = timezone.now()
        made = CaseHold.objects.create(case=case, kind=kind, reason_enc=_seal(case, reason, at), by=user, at=at)
        work.event("hold.placed", case, kind=kind)
        return made


def lift(*, actor: Actor, case: Case, hold: CaseHold) -> None:
    """Let destruction go on by its rules again. A closed case forgets its personnummer with the last hold."""
    user = member_of_staff(actor)
    with unit(actor) as work:
        case = lock(case)
        lifted = CaseHold.objects.filter(pk=hold.pk, case=case, lifted_at__isnull=True)
        if not lifted.update(lifted_at=timezone.now(), lifted_by=user):
            raise Conflict
        work.event("hold.lifted", case, kind=hold.kind)
        retention.hold_ended(case)


def active(case: Case) -> list[CaseHold]:
    """The holds that last."""
    return list(case.holds.filter(lifted_at__isnull=True).select_related("by"))


def reason_of(vault: Vault, hold: CaseHold) -> str:
    """Why."""
    return vault.unseal(DOSSIER, hold.reason_enc, "hold", hold.at.isoformat()) or ""


def _seal(case: Case, reason: str, at: datetime) -> bytes:
    return Vault(case).seal(DOSSIER, reason, "hold", at.isoformat())
