"""One step of a case from state to state: the table, a conditional update and an event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import GATHERED
from requests_app.domain.states import IllegalMove, Move, State, target
from requests_app.models import Approval, Case

if TYPE_CHECKING:
    from requests_app.domain.rights import Outcome
    from requests_app.services.audit import Unit


class Conflict(ValidationError):
    """Somebody or something else changed the case meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _("The case was changed meanwhile. Look at it again; nothing of what you did here was saved."),
            code="conflict",
        )


def lock(case: Case) -> Case:
    """The case, locked until the transaction ends. The first lock of every change (lock order: case, collection, head of the log)."""
    return Case.objects.select_for_update(of=("self",)).select_related("policy", "team").get(pk=case.pk)


def lock_open(case: Case) -> Case:
    """The same for a case that must be open; ``Conflict`` when it has been closed."""
    case = lock(case)
    if case.closed_at:
        raise Conflict
    return case


def move(work: Unit, case: Case, step: Move, *, closed_as: Outcome | None = None) -> None:
    """Take the case along; raises ``Conflict`` when it does not stand where the move starts."""
    before = State(case.state)
    try:
        after = target(step, before)
    except IllegalMove:
        raise Conflict from None
    changes: dict[str, object] = {"state": after.value}
    if before is State.CLOSED:
        changes |= {"closed_at": None, "closed_as": ""}
    if after is State.CLOSED:
        changes |= {"closed_at": timezone.now(), "closed_as": closed_as.value if closed_as else ""}
    if not Case.objects.filter(pk=case.pk, state=before.value).update(**changes):
        raise Conflict
    for name, value in changes.items():
        setattr(case, name, value)
    work.event("case.moved", case, move=step.value, before=before.value, after=after.value)
    if after is State.CLOSED:
        work.event("case.closed", case, closed_as=case.closed_as)


def move_back(work: Unit, case: Case, step: Move) -> None:
    """Take the case back before the decision: what was decided about the data, and has not been sent, is open again."""
    move(work, case, step)
    gathered = [right.value for right in GATHERED]
    case.rights.filter(right__in=gathered, dispatched_at__isnull=True).update(outcome="")
    waiting = Approval.objects.filter(
        decision__case_right__case=case, decision__case_right__right__in=gathered, answered_by__isnull=True
    )
    for approval in waiting.select_related("decision__case_right"):  # what was to be approved may be another thing now
        decision = approval.decision
        work.event("approval.voided", case, right=decision.case_right.right, decision=decision.n)
        approval.delete()
