"""Rights added to an open case or taken from it; the others go on by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import FILED, GATHERED, Outcome, Right, outcomes_of
from requests_app.domain.states import Move, State
from requests_app.models import Approval, Case, CaseRight
from requests_app.services import actions, cases, checklists, decisions, gathering, intake, register, rendering
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, too_long, written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.marketing import filed
from requests_app.services.moves import Conflict, lock_open, move, move_back

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.models import Collection
    from requests_app.services.audit import Unit

REASON_LIMIT = 2_000


def add(*, actor: Actor, case: Case, right: str, said: str = "", against_marketing: bool = False) -> CaseRight:
    """Add a right the person asks for beside the others. The case's dates stay: they are earlier than the right's own would be.

    A new confirmation of receipt is made, since it says what is understood. ``against_marketing`` says that an objection is one
    to direct marketing, which then stops without being weighed (Art. 21(3)).
    """
    member_of_staff(actor)
    _check(case, right, said)
    with unit(actor) as work:
        case = lock_open(case)
        if case.rights.filter(right=right).exists():
            raise ValidationError({"right": _("The request is about this already.")})
        made = put(work, case, right, said)
        if right == Right.OBJECTION.value and against_marketing:
            filed.stop(work, case)
        rendering.request_receipt(work, case)
        return made


def _check(case: Case, right: str, said: str) -> None:
    errors: dict[str, str] = {}
    if right not in {item.value for item in FILED}:
        errors["right"] = _("Choose what is asked for.")
    if right == Right.RECTIFICATION.value and not said.strip():
        errors["said"] = _("Write which information is wrong and what it should be.")
    if len(said) > intake.MAX_TEXT:
        errors["said"] = too_long(intake.MAX_TEXT)
    if errors:
        raise ValidationError(errors)


def put(work: Unit, case: Case, right: str, said: str) -> CaseRight:
    """Add a right the case lacks and see to it that its answer is worked for. The case must be locked and open."""
    sealed = Vault(case).seal(DOSSIER, said.strip(), "right", right) if said.strip() else None
    made = CaseRight(case=case, right=right, details_enc=sealed)
    checklists.pin([made])
    made.save()
    work.event("case.right_added", case, right=right)
    if case.state == State.DISPATCHING.value:
        move(
            work, case, Move.DECIDE_AGAIN
        )  # what is decided stays so; its documents are made anew beside the new one's
    if right == Right.CONSENT_WITHDRAWAL.value:
        filed.stop(work, case)
    gather_if_never(work, case, [right])
    return made


def marketing_too(work: Unit, case: Case) -> None:
    """Open an objection again that was decided as one to something else, when the person objects to direct marketing too.

    That part cannot be refused (Art. 21(2)-(3)): it is granted, and what was weighed can still be refused beside it. The case must be
    locked, the objection unanswered, and the stop of marketing asked for.
    """
    held = case.rights.filter(right=Right.OBJECTION.value, dispatched_at__isnull=True).first()
    newest = held.decisions.order_by("-n").first() if held is not None else None
    if held is None or newest is None or Outcome(newest.outcome) in outcomes_of(Right.OBJECTION, marketing=True):
        return
    waiting = Approval.objects.filter(decision=newest, answered_by__isnull=True)
    if not held.outcome and not waiting.exists():
        return
    if waiting.delete()[0]:
        work.event("approval.voided", case, right=held.right, decision=newest.n)
    CaseRight.objects.filter(pk=held.pk).update(outcome="")
    case.renders.filter(right=held.right, superseded=False).update(superseded=True)
    work.event("decision.reopened", case, right=held.right, number=newest.n)
    if case.state == State.DISPATCHING.value:
        move(work, case, Move.DECIDE_AGAIN)


def gather_if_never(work: Unit, case: Case, rights: Iterable[str]) -> None:
    """Let a case that came to its decision without data be gathered for when one of ``rights`` needs it. The case must be locked."""
    if {item.value for item in GATHERED} & set(rights) and may_search_first(case):
        _search(work, case)


def may_search_first(case: Case) -> bool:
    """Whether the case came to its decision without any system having been searched."""
    return unsearched(case, case.collections.filter(current=True)[:1])


def unsearched(case: Case, rows: Iterable[Collection]) -> bool:
    """The same where the case's gatherings have been read."""
    return case.state == State.DECIDING.value and not list(rows)


def search_first(*, actor: Actor, case: Case) -> None:
    """Search the systems before it is decided what is changed in them: who decides then sees what is there, and by what they are told.

    Raises ``Conflict`` when they have been searched, or the case does not wait for a decision.
    """
    with unit(actor) as work:
        case = lock_open(case)
        if not may_search_first(case):
            raise Conflict
        _search(work, case)


def _search(work: Unit, case: Case) -> None:
    move_back(work, case, Move.GATHER_AGAIN)
    gathering.start_round(work, case, register.profile_systems(case.profile))
    gathering.settle(work, case)


def drop(*, actor: Actor, case: Case, right: str, mistake: bool, reason: str) -> None:
    """Take a right from the case: taken back by the person (outcome withdrawn), or registered by mistake (removed, if undecided).

    Never the last one that is open: then the request as a whole is withdrawn.
    """
    member_of_staff(actor)
    reason = written("reason", reason, _("Write what the person said, or what the mistake was."), limit=REASON_LIMIT)
    with unit(actor) as work:
        case = lock_open(case)
        held = _given_up(case, right)
        if mistake:
            _remove(work, case, held, reason)
        else:
            _take_back(work, case, held, reason)
        _go_on(work, case)


def take_back(*, actor: Actor, case: Case, right: str) -> None:
    """The person takes one of several rights back; the others go on. Raises ``ValidationError`` as ``drop``."""
    with unit(actor) as work:
        case = lock_open(case)
        _take_back(work, case, _given_up(case, right), "")
        _go_on(work, case)
        cases.person_replied(work, case, "withdrawal")


def _given_up(case: Case, right: str) -> CaseRight:
    """The right, still open and not the last one, after what was asked for under it is taken back. The case must be locked."""
    held = case.rights.filter(right=right, dispatched_at__isnull=True).first()
    if held is None:
        raise ValidationError({"right": _("This right is answered already, or not part of the request.")})
    if not case.rights.exclude(pk=held.pk).exclude(outcome=Outcome.WITHDRAWN.value).exists():
        raise ValidationError(
            {"right": _("This is the last right of the request. Withdraw the request as a whole instead.")}
        )
    actions.give_up(case, right)
    return held


def _remove(work: Unit, case: Case, held: CaseRight, reason: str) -> None:
    if held.outcome or held.decisions.exists():
        raise ValidationError({"mistake": _("The right has been decided on, so it cannot be removed any more.")})
    held.delete()
    work.event("case.right_removed", case, right=held.right, reason=reason)


def _take_back(work: Unit, case: Case, held: CaseRight, reason: str) -> None:
    """``dispatched_at`` too: nothing more is to leave for it, so the case does not wait for that."""
    CaseRight.objects.filter(pk=held.pk).update(outcome=Outcome.WITHDRAWN.value, dispatched_at=timezone.now())
    case.renders.filter(right=held.right, superseded=False).update(superseded=True)
    left = case.rights.filter(dispatched_at__isnull=True).exclude(pk=held.pk).values_list("right", flat=True)
    rendering.request_withdrawn(work, case, timezone.localdate(), [held.right], left)
    work.event("case.right_withdrawn", case, right=held.right, reason=reason)


def _go_on(work: Unit, case: Case) -> None:
    """Where the right was all that was waited for, the case takes its next step."""
    if case.state == State.DECIDING.value and not case.rights.filter(outcome="").exists():
        move(work, case, Move.FINISH_DECIDING)
        for right in case.rights.all():
            decisions.request_documents(work, case, right)
    if case.state == State.DISPATCHING.value and not case.rights.filter(dispatched_at__isnull=True).exists():
        outcomes = set(case.rights.exclude(outcome=Outcome.WITHDRAWN.value).values_list("outcome", flat=True))
        closed_as = Outcome(outcomes.pop()) if len(outcomes) == 1 else Outcome.PARTLY_GRANTED
        Case.objects.filter(pk=case.pk, dispatched_at__isnull=True).update(dispatched_at=timezone.now())
        move(work, case, Move.DISPATCH, closed_as=closed_as)
        cases.wind_up(case)
