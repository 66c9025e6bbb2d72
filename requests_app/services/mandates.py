"""Staff's word on whether somebody may act for the person. Only then does such a request set off."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import IdentityMethod
from requests_app.models import Representation
from requests_app.services import cases, other_person, rendering, representation
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, written
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict, lock_open

if TYPE_CHECKING:
    from requests_app.models import Case

NOTE_LIMIT = 2_000


class Proof(StrEnum):
    """By what it was seen that somebody may act."""

    DOCUMENT = "document"  # a power of attorney, or the court's or the chief guardian's decision
    POPULATION_REGISTER = "population"  # custody, in folkbokföringen
    AUTHORITY = "authority"  # överförmyndaren confirmed it
    PERSON = "person"  # the person confirmed it, through contact details held before the request


def answer(*, actor: Actor, case: Case, may: bool, proof: str = "", note: str = "", same_person: bool = False) -> None:
    """Note whether the representative may act, by what that was seen, and why; if so, set the case off.

    Raises ``ValidationError`` on ``proof`` and ``note``, and ``Conflict`` when it has been answered or nobody acts for the person.
    ``same_person``: somebody has looked into it that the customer system calls who has the number something else; without that
    word it is refused with the code ``other_person.CODE``. Not to be called inside a unit of work.
    If not, the representative's login opens nothing more, and the case stays open for the person to be asked.
    """
    user = member_of_staff(actor)
    missing = _("Write what you looked at.") if may else _("Write why the authority is not enough.")
    note = written("note", note, missing, limit=NOTE_LIMIT)
    if may and proof not in set(Proof):
        raise ValidationError({"proof": _("Choose how you know that the representative may act.")})
    if may and not same_person and representation.waits(case):
        other_person.refuse_another_name(actor=actor, case=case)
    with unit(actor) as work:
        case = lock_open(case)
        row = Representation.objects.filter(case=case, confirmed__isnull=True).first()
        if row is None:
            raise Conflict
        Representation.objects.filter(pk=row.pk).update(
            confirmed=may,
            checked_by=user,
            checked_at=timezone.now(),
            note_enc=representation.sealed_note(Vault(case), note),
        )
        method = proof if may else ""
        work.event("representation.checked", case, capacity=row.capacity, confirmed=may, method=method, note=note)
        if may and same_person:
            work.event("representation.same_person", case, at="authority")
        if case.deliveries.filter(file__kind="receipt").first() is None:
            rendering.request_receipt(work, case)  # what it says of who asked has been answered now
        if may:
            cases.identified(work, case, user, IdentityMethod.MANDATE, proof)
