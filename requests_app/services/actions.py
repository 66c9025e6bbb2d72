"""Changes carried out by a person in each system: planned when a right is granted, reported when done, told in the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import Right
from requests_app.domain.states import State
from requests_app.models import Action, Case, System
from requests_app.services import people, rendering
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from collections.abc import Mapping

VERBS = {Right.RECTIFICATION.value: "rectify", Right.ERASURE.value: "erase"}
RESULTS = frozenset({"done", "partly", "kept", "nothing_found"})
FIELDS = {
    "erase": ("what", "provision", "reasons", "until"),
    "rectify": ("field", "old", "new", "reasons", "provision"),
}
"""What a report says beside its result: strings, sealed; which are needed depends on the result."""


def plan(work: Unit, case: Case, right: str, systems: list[System]) -> None:
    """Ask for the change in each system, once."""
    verb = VERBS[right]
    for system in systems:
        _row, made = Action.objects.get_or_create(case=case, system=system, verb=verb, target_key="")
        if made:
            work.event("action.asked", case, system=system.key, verb=verb)


def drop(case: Case, right: str) -> None:
    """Take back what was asked for and not done, when the decision is changed."""
    if right in VERBS:
        Action.objects.filter(case=case, verb=VERBS[right], state=Action.ASKED).delete()


def open_actions(case: Case, right: str) -> bool:
    """Whether something asked for under this right is not done."""
    return Action.objects.filter(case=case, verb=VERBS[right], state=Action.ASKED).exists()


def access_first(case: Case) -> Case | None:
    """A case of the same person, this one too, whose access answer has not left; erasure never runs before it does."""
    same = Case.objects.filter(people.same_person(case)) | Case.objects.filter(pk=case.pk)
    unanswered = same.filter(
        rights__right=Right.ACCESS.value, rights__dispatched_at__isnull=True, closed_at__isnull=True
    )
    return unanswered.order_by("received_at").first()


def report(*, actor: Actor, case: Case, action: Action, result: str, note: Mapping[str, str]) -> None:
    """Note what was done in a system. When all is done the letter about it is made."""
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can report this."))
    cleaned = {name: str(note.get(name, "")).strip()[:4000] for name in FIELDS.get(action.verb, ())}
    _check(action.verb, result, cleaned)
    with unit(actor) as work:
        case = lock(case)
        if case.state != State.DISPATCHING.value:
            raise Conflict
        action = Action.objects.select_related("system").get(pk=action.pk, case=case)
        right = Right.ERASURE.value if action.verb == "erase" else Right.RECTIFICATION.value
        if action.verb == "erase" and result in {"done", "partly"} and (first := access_first(case)):
            raise ValidationError(
                _(
                    "The same person has asked for access in case %(diary_no)s. Send that answer before anything is erased."
                )
                % {"diary_no": first.diary_no}
            )
        changed = Action.objects.filter(pk=action.pk, state=Action.ASKED).update(
            state=Action.DONE,
            result=result,
            note_enc=Vault(case).seal(DOSSIER, cleaned, "action", action.system.key, action.verb),
            by=actor.user,
            done_at=timezone.now(),
        )
        if not changed:
            raise Conflict
        work.event("action.done", case, system=action.system.key, verb=action.verb, result=result, note=cleaned)
        if not open_actions(case, right):
            rendering.request(work, case, right, right)


def _check(verb: str, result: str, note: Mapping[str, str]) -> None:
    errors: dict[str, str] = {}
    if result not in RESULTS:
        errors["result"] = _("Choose what was done.")
    if verb == "erase":
        if result in {"done", "partly", "kept"} and not note["what"]:
            errors["what"] = _("Write which data it is about, as the person should read it.")
        if result in {"partly", "kept"}:
            for name in ("provision", "reasons", "until"):
                if not note[name]:
                    errors[name] = _("The letter must say on what ground data is kept, why and until when.")
    elif verb == "rectify":
        if result in {"done", "partly"}:
            for name in ("field", "old", "new"):
                if not note[name]:
                    errors[name] = _("The letter says what was changed, from what and to what.")
        if result in {"partly", "kept"} and not note["reasons"]:
            errors["reasons"] = _("Write why it was not changed.")
    if errors:
        raise ValidationError(errors)


def note_of(vault: Vault, action: Action) -> dict[str, str]:
    """What was reported; ``action.system`` must be loaded."""
    return vault.unseal(DOSSIER, action.note_enc, "action", action.system.key, action.verb) or {}
