"""A decision per right, with its ground and reasons, approved by a second person where the product says so."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import (
    AT_ONCE,
    BY_TASK,
    FOUR_EYES,
    GATHERED,
    GROUNDS,
    NEEDS_GROUND,
    Ground,
    Outcome,
    Right,
    mask_ground,
    outcomes_of,
)
from requests_app.domain.states import Move, State
from requests_app.models import Action, Approval, Case, CaseRight, Decision, Mask, System
from requests_app.services import (
    access,
    actions,
    audience,
    carrying_out,
    identity,
    masking,
    notices,
    policy as policies,
    register,
    rendering,
    words,
)
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock, move

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from requests_app.services.masking import ShownItem

MAX_REASONS = 10_000


def decide(
    *,
    actor: Actor,
    case: Case,
    right: str,
    outcome: str,
    ground: str = "",
    reasons: str = "",
    systems: Iterable[System] | None = None,
) -> Decision:
    """Decide one right. ``systems`` are those a granted change is to be carried out in (default: ``default_systems``).

    What needs four eyes waits for a second person; the right has its outcome once that person has approved. A new decision
    takes the place of one that still waits, which can then no longer be approved.
    """
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can decide."))
    reasons = reasons.strip()
    with unit(actor) as work:
        case = lock(case)
        if case.state != State.DECIDING.value:
            raise Conflict
        case_right = _right_of(case, right)
        if case_right.outcome:
            raise ValidationError(_("This right is decided already. Take the case back to the decision to change it."))
        if actions.changes_data(case, right) and Outcome(outcome) in {Outcome.GRANTED, Outcome.PARTLY_GRANTED}:
            identity.require_more_than_mailbox(case, "outcome")
        chosen = list(systems) if systems is not None else default_systems(case, right)
        _check(case, right, outcome, ground, reasons)
        number = case_right.decisions.count() + 1
        vault = Vault(case)
        decision = Decision.objects.create(
            case_right=case_right,
            n=number,
            outcome=outcome,
            ground=ground if Outcome(outcome) in NEEDS_GROUND else "",
            reasons_enc=vault.seal(DOSSIER, reasons, "decision", right, number) if reasons else None,
            by=actor.user,
        )
        work.event(
            "decision.made", case, right=right, number=number, outcome=outcome, ground=decision.ground, reasons=reasons
        )
        planned = _plan(work, case, right, outcome, chosen)
        if policies.values_of(case.policy).four_eyes and needs_second_person(
            right, outcome, decision.ground, systems=planned, withheld=bool(mask_grounds(case, right))
        ):
            asked = Approval.objects.create(
                decision=decision, content_sha=content_sha(decision, reasons), asked_by=actor.user
            )
            work.event("approval.asked", case, right=right, decision=number)
            users = audience.approvers(case, actor.user)
            notices.tell(work, "approval_waiting", subject=f"approval:{asked.pk}", users=users, case=case)
        else:
            _take_effect(work, case, case_right, decision)
        return decision


def _plan(work: Unit, case: Case, right: str, outcome: str, chosen: list[System]) -> list[System]:
    """Take back what a decision that still waits had asked for, and ask for what this one grants. Gives where."""
    if right not in actions.VERBS:
        return []
    actions.drop(case, right)
    if Outcome(outcome) not in {Outcome.GRANTED, Outcome.PARTLY_GRANTED}:
        chosen = []
    elif not chosen and not (right == Right.OBJECTION.value and actions.against_marketing(case)):
        raise ValidationError({"systems": _("Choose at least one system where it is to be carried out.")})
    if Right(right) in AT_ONCE:
        actions.keep_only(case, right, chosen)
    actions.plan(work, case, right, chosen)
    return chosen


def default_systems(case: Case, right: str) -> list[System]:
    """Where a granted change is carried out unless somebody chooses otherwise."""
    if right == Right.CONSENT_WITHDRAWAL.value:
        return actions.marketing_systems() or register.profile_systems(case.profile)
    if right == Right.OBJECTION.value and actions.against_marketing(case):
        return []  # its tasks, to stop the marketing, stand already
    return register.profile_systems(case.profile)


def choices_of(case: Case, right: str) -> tuple[Outcome, ...]:
    """The outcomes that can be decided for this right of this case, in the order they are offered."""
    return outcomes_of(
        Right(right), withheld=bool(mask_grounds(case, right)), marketing=actions.against_marketing(case)
    )


def mask_grounds(case: Case, right: str) -> list[str]:
    """The grounds on which a person, not a standing rule, has masked data that answers this right; as a decision names them.

    The commonest first. Empty for rights that are not answered with data.
    """
    if right not in {item.value for item in GATHERED}:
        return []
    laid = Mask.objects.filter(case=case, undone_at__isnull=True, rule="").values_list("ground", flat=True)
    named = Counter(mask_ground(Right(right), Ground(ground)).value for ground in laid)
    return [ground for ground, _count in named.most_common()]


def _check(case: Case, right: str, outcome: str, ground: str, reasons: str) -> None:
    errors: dict[str, str] = {}
    masked = mask_grounds(case, right)
    if outcome not in {item.value for item in choices_of(case, right)}:
        errors["outcome"] = _why_not(case, right, outcome, masked)
    elif Outcome(outcome) in NEEDS_GROUND:
        if ground not in {item.value for item in GROUNDS.get(Right(right), frozenset())}:
            errors["ground"] = _("Choose the ground for the refusal from the list. The letter names it.")
        elif outcome == Outcome.PARTLY_GRANTED.value and masked and ground not in masked:
            errors["ground"] = _("What is withheld was masked on another ground. Choose that one: %(grounds)s.") % {
                "grounds": "; ".join(words.word(words.GROUNDS, item) for item in masked)
            }
        if not reasons:
            errors["reasons"] = _("Write the concrete reasons. They stand in the letter to the person.")
    elif right == Right.RESTRICTION.value and outcome == Outcome.GRANTED.value and not reasons:
        errors["reasons"] = _("Write which condition of Article 18(1) is met. It stands in the letter to the person.")
    if len(reasons) > MAX_REASONS:
        errors["reasons"] = _("The reasons may have at most 10,000 characters.")
    if errors:
        raise ValidationError(errors)


def _why_not(case: Case, right: str, outcome: str, masked: list[str]) -> str:
    """Why an outcome cannot be chosen for this right of this case."""
    if masked and outcome in {Outcome.GRANTED.value, Outcome.NOTHING_FOUND.value}:
        return _("Something is masked, so the person does not get everything: choose that it is granted in part.")
    if outcome == Outcome.NOTHING_FOUND.value and right in {item.value for item in BY_TASK}:
        return _(
            "Nothing has been searched for this yet. Grant it and report in each system that nothing was found: the letter then "
            "says so."
        )
    if outcome == Outcome.REFUSED.value and right in {Right.OBJECTION.value, Right.CONSENT_WITHDRAWAL.value}:
        return _(
            "Direct marketing always stops when the person wants it (Articles 7(3) and 21(3)): it cannot be refused as a whole."
        )
    return _("Choose an outcome from the list.")


def needs_second_person(
    right: str, outcome: str, ground: str, *, systems: Iterable[System] = (), withheld: bool = False
) -> bool:
    """Refusal on Article 12(5) or 17(3), withheld substance, and erasure in part or in more than marketing (never the same person).

    ``systems`` are those an erasure is to be carried out in; ``withheld`` says that a person has masked something of the answer.
    """
    if ground and Ground(ground) in FOUR_EYES:
        return True
    granted = Outcome(outcome) in {Outcome.GRANTED, Outcome.PARTLY_GRANTED}
    if right == Right.ERASURE.value:
        in_part = outcome == Outcome.PARTLY_GRANTED.value  # something is kept, on whatever provision
        return granted and (in_part or not actions.only_marketing(systems))
    return granted and withheld


def content_sha(decision: Decision, reasons: str) -> str:
    """What was approved is what was shown: a hash of the decision's content, with what is masked and where it is carried out."""
    case_right = decision.case_right
    content = [case_right.pk, decision.n, decision.outcome, decision.ground, reasons]
    if Right(case_right.right) in GATHERED:
        content.append(masking.digest_of(case_right.case))
    elif case_right.right in actions.VERBS:
        asked = Action.objects.filter(case=case_right.case_id, verb=actions.VERBS[case_right.right])
        content.append(sorted(asked.values_list("system__key", flat=True)))
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def reasons_of(vault: Vault, decision: Decision) -> str:
    """The reasons of a decision."""
    return vault.unseal(DOSSIER, decision.reasons_enc, "decision", decision.case_right.right, decision.n) or ""


def _superseded() -> Exists:
    """Whether a later decision on the same right has taken an approval's place."""
    return Exists(Decision.objects.filter(case_right=OuterRef("decision__case_right"), n__gt=OuterRef("decision__n")))


def open_approvals() -> QuerySet[Approval]:
    """Approvals that wait for an answer: not taken the place of, in cases that are open."""
    return Approval.objects.filter(
        ~_superseded(), answered_by__isnull=True, decision__case_right__case__closed_at__isnull=True
    )


def approvals_for(user: object) -> list[Approval]:
    """What waits for this person's eyes: open approvals asked by somebody else in the teams the person oversees."""
    visible = access.cases_overseen_by(user) if access.may(user, "approve_decision") else Case.objects.none()  # type: ignore[arg-type]
    return list(
        open_approvals()
        .filter(decision__case_right__case__in=visible)
        .exclude(Q(asked_by=user) | Q(decision__by=user))
        .select_related("decision__case_right__case", "asked_by")
        .order_by("asked_at")
    )


def withheld_by(approval: Approval) -> list[ShownItem]:
    """What persons have masked, when the decision hands the rest over; else nothing."""
    decision = approval.decision
    partly = decision.outcome == Outcome.PARTLY_GRANTED.value and Right(decision.case_right.right) in GATHERED
    case = decision.case_right.case
    return masking.shown_items(case, Vault(case)) if partly else []


def view_approval(*, actor: Actor, approval: Approval) -> list[ShownItem]:
    """What is to be approved beside the decision itself: what persons have masked, when the rest is handed over; else nothing.

    That it was read is logged, with how many items.
    """
    decision = approval.decision
    case, right = decision.case_right.case, decision.case_right.right
    items = withheld_by(approval)
    with unit(actor) as work:
        work.event("approval.viewed", case, right=right, decision=decision.n, items=len(items))
    return items


def answer_approval(*, actor: Actor, approval: Approval, approved: bool, note: str = "") -> None:
    """Approve a decision or give it back; never by the one who asked, and only what was shown."""
    user = actor.user
    if user is None or not access.may(user, "approve_decision"):
        raise ValidationError(_("You may not approve decisions."))
    note = note.strip()
    if not approved and not note:
        raise ValidationError({"note": _("Write what should be changed.")})
    with unit(actor) as work:
        case = lock(approval.decision.case_right.case)
        approval = (
            Approval.objects.select_for_update(of=("self",)).select_related("decision__case_right").get(pk=approval.pk)
        )
        if not access.cases_overseen_by(user).filter(pk=case.pk).exists():
            raise Approval.DoesNotExist
        if user.pk in {approval.asked_by_id, approval.decision.by_id}:
            raise ValidationError(_("Somebody else than the one who decided must approve."))
        decision, vault = approval.decision, Vault(case)
        if approval.answered_by_id or case.state != State.DECIDING.value:
            raise Conflict
        if decision.case_right.decisions.filter(n__gt=decision.n).exists():
            raise Conflict
        if approval.content_sha != content_sha(decision, reasons_of(vault, decision)):
            raise Conflict
        approval.answered_by, approval.answered_at = user, timezone.now()
        approval.verdict = "approved" if approved else "returned"
        approval.note_enc = vault.seal(DOSSIER, note, "approval", approval.pk) if note else None
        approval.save()
        right = decision.case_right.right
        work.event("approval.answered", case, right=right, decision=decision.n, verdict=approval.verdict, note=note)
        notices.tell(
            work,
            "approval_answered",
            subject=f"approval:{approval.pk}",
            users=[approval.asked_by],
            case=case,
            verdict=approval.verdict,
        )
        if approved:
            _take_effect(work, case, decision.case_right, decision)
        else:
            actions.drop(case, right)


def approval_note(vault: Vault, approval: Approval) -> str:
    """What the second person wrote."""
    return vault.unseal(DOSSIER, approval.note_enc, "approval", approval.pk) or ""


def _right_of(case: Case, right: str) -> CaseRight:
    try:
        return case.rights.get(right=right)
    except CaseRight.DoesNotExist:
        raise ValidationError(_("The request does not ask for this.")) from None


def waiting_for_approval(case_right: CaseRight) -> Decision | None:
    """The decision of a right that waits for a second person."""
    newest = case_right.decisions.select_related("approval").order_by("-n").first()
    return newest if newest is not None and waits(newest) else None


def waits(decision: Decision) -> bool:
    """Whether a decision waits for a second person."""
    approval: Approval | None = getattr(decision, "approval", None)
    return approval is not None and approval.answered_by_id is None


def in_force(case_right: CaseRight) -> Decision | None:
    """The decision that gave the right its outcome."""
    return case_right.decisions.order_by("-n").first() if case_right.outcome else None


def _take_effect(work: Unit, case: Case, case_right: CaseRight, decision: Decision) -> None:
    CaseRight.objects.filter(pk=case_right.pk).update(outcome=decision.outcome)
    case_right.outcome = decision.outcome
    actions.ask_anew(work, case, case_right.right, decision.outcome)
    carrying_out.hand_over(work, case, case_right.right, decision.outcome)
    if case.rights.filter(outcome="").exists():
        return
    move(work, case, Move.FINISH_DECIDING)
    for right in case.rights.all():
        request_documents(work, case, right)


GIVES_DATA = frozenset({Outcome.GRANTED.value, Outcome.PARTLY_GRANTED.value, Outcome.NOTHING_FOUND.value})


def request_documents(work: Unit, case: Case, case_right: CaseRight) -> None:
    """Ask for the documents a right's answer is made of, as far as they can be made now."""
    right, outcome = case_right.right, case_right.outcome
    if case_right.dispatched_at:
        return
    if right == Right.ACCESS.value and outcome in GIVES_DATA:
        rendering.request(work, case, "extract", right)  # the covering letter follows it, since it names its pages
    if right == Right.PORTABILITY.value and outcome in GIVES_DATA:
        rendering.request(work, case, right, right)
    if right in {item.value for item in BY_TASK} and outcome in GIVES_DATA:
        if not actions.open_actions(case, right):
            rendering.request(work, case, right, right)
        if outcome != Outcome.PARTLY_GRANTED.value:
            return
    if outcome not in {Outcome.GRANTED.value, Outcome.NOTHING_FOUND.value}:
        rendering.request(work, case, "refusal", right)


def decide_again(*, actor: Actor, case: Case) -> None:
    """Take a case that is about to be dispatched back to the decision; rights whose answer has not left are open again."""
    with unit(actor) as work:
        case = lock(case)
        move(work, case, Move.DECIDE_AGAIN)
        reopen(case)


def reopen(case: Case) -> None:
    """Open again every right whose answer has not left, and take back what it asked for. The case must be locked."""
    case.rights.filter(dispatched_at__isnull=True).update(outcome="")
    for right in case.rights.filter(outcome=""):
        actions.drop(case, right.right)
