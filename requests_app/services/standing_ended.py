"""What a standing rule has masked goes when legal takes the rule back: in answers that have not left, unless a person vouched for it.

The records are then shown again, so a case that had gone on returns to the review, where the coordinator looks at them with other
persons in mind. What has been sent keeps its masks: they say what the person was given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.domain.rights import GATHERED
from requests_app.domain.states import Move, State
from requests_app.models import Case, Mask
from requests_app.services import audience, decisions, masking, notices, policy
from requests_app.services.audit import WORKER, unit
from requests_app.services.mask_set import active
from requests_app.services.moves import lock, move_back

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from requests_app.services.audit import Unit

_BEFORE_REVIEW = frozenset({State.DECIDING.value, State.DISPATCHING.value})


def laid_by_rules() -> QuerySet[Mask]:
    """Masks in force that a rule laid and no person has taken over."""
    return Mask.objects.filter(undone_at__isnull=True, by__isnull=True).exclude(rule="")


def let_go_everywhere() -> int:
    """Let go in every open case what rules have masked that hold no longer; found by state. Gives in how many cases."""
    cases = Case.objects.filter(closed_at__isnull=True, pk__in=laid_by_rules().values("case")).order_by("pk")
    return sum(bool(let_go(case)) for case in cases.select_related("policy"))


def let_go(case: Case) -> int:
    """The same in one case; gives how many masks went. ``case.policy`` must be loaded."""
    if not _ended(case):
        return 0
    with unit(WORKER) as work:
        case = lock(case)
        ended = _ended(case)
        if not ended:
            return 0
        gone = [mask for mask in active(case) if mask.pk in ended]
        masking.take_away(work, case, gone)
        reopened = case.state in _BEFORE_REVIEW
        if reopened:
            _review_again(work, case)
        rules = sorted({mask.rule for mask in gone})
        work.event("standing.withdrawn", case, rules=rules, count=len(gone), reopened=reopened)
        users = audience.handlers(case)
        last = max(mask.pk for mask in gone)
        notices.tell(work, "unmasked", subject=f"{case.ref}:{last}", users=users, case=case, count=len(gone))
        return len(gone)


def _ended(case: Case) -> frozenset[int]:
    """Masks that go: nothing does once an answer that holds data has left, since another answer of the case must agree with it."""
    if case.closed_at:
        return frozenset()
    gathered = case.rights.filter(right__in=[right.value for right in GATHERED])
    if gathered.filter(dispatched_at__isnull=False).exclude(outcome="withdrawn").exists():
        return frozenset()
    holding = policy.values_of(case.policy).standing_masks
    return frozenset(laid_by_rules().filter(case=case).exclude(rule__in=holding).values_list("pk", flat=True))


def _review_again(work: Unit, case: Case) -> None:
    if case.state == State.DISPATCHING.value:
        decisions.reopen(case)
    move_back(work, case, Move.REVIEW_AGAIN)
