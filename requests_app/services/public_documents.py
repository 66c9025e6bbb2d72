"""A request for allmän handling beside the case: a track of its own with its own decision; the case under the GDPR goes on (TF 2 kap.)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.models import Case, PublicDocumentRequest
from requests_app.services import retention
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from datetime import date

LIMIT = 10_000
REFUSING = frozenset({"partly", "refused"})
"""Results that withhold something: the decision names the provision of secrecy, and can be appealed (OSL 6 kap. 3 och 7 §§)."""


def add(*, actor: Actor, case: Case, asked_on: date, what: str) -> PublicDocumentRequest:
    """Note which documents were asked for and when. Who asks, and why, is not asked for (TF 2 kap. 18 §)."""
    user = member_of_staff(actor)
    what = written("what", what, _("Write which documents are asked for."), limit=LIMIT)
    if asked_on > timezone.localdate():
        raise ValidationError({"asked_on": _("The request cannot have reached us in the future.")})
    with unit(actor) as work:
        case = lock(case)
        at = timezone.now()
        sealed = Vault(case).seal(DOSSIER, what, "public-document", at.isoformat(), "what")
        made = PublicDocumentRequest.objects.create(case=case, asked_on=asked_on, what_enc=sealed, by=user, at=at)
        work.event("public_document.asked", case, asked_on=asked_on)
        return made


def answer(
    *, actor: Actor, case: Case, request: PublicDocumentRequest, result: str, answered_on: date, text: str = ""
) -> None:
    """Note how it was answered. ``text`` is the decision, needed with its provision of secrecy when something was withheld."""
    user = member_of_staff(actor)
    text = text.strip()
    if result not in dict(PublicDocumentRequest.RESULTS):
        raise ValidationError({"result": _("Choose how the request was answered.")})
    if result in REFUSING:
        text = written("text", text, _("Write what was withheld and by which provision of secrecy (OSL)."), limit=LIMIT)
    if answered_on > timezone.localdate():
        raise ValidationError({"answered_on": _("The answer cannot have been given in the future.")})
    if answered_on < request.asked_on:
        raise ValidationError({"answered_on": _("The answer cannot have been given before it was asked for.")})
    with unit(actor) as work:
        case = lock(case)
        sealed = Vault(case).seal(DOSSIER, text, "public-document", request.at.isoformat(), "answer") if text else None
        still_open = PublicDocumentRequest.objects.filter(pk=request.pk, case=case, result="")
        if not still_open.update(result=result, answered_on=answered_on, answer_enc=sealed, answered_by=user):
            raise Conflict
        work.event("public_document.answered", case, result=result, answered_on=answered_on)
        retention.hold_ended(case)


def texts_of(vault: Vault, request: PublicDocumentRequest) -> tuple[str, str]:
    """What was asked for, and what was answered."""
    place = ("public-document", request.at.isoformat())
    return (
        vault.unseal(DOSSIER, request.what_enc, *place, "what") or "",
        vault.unseal(DOSSIER, request.answer_enc, *place, "answer") or "",
    )
