"""Changes carried out by a person in each system: planned when a right is granted, reported when done, told in the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import MarketingKind, TaskState
from requests_app.domain.rights import AT_ONCE, BY_TASK, Outcome, Right
from requests_app.models import Action, Case, MarketingChoice, MarketingTask, System
from requests_app.services import access, identity, people, rendering
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from django.db.models import QuerySet

    from requests_app.models import User

STOP_MARKETING = "stop_marketing"
VERBS = {
    Right.RECTIFICATION.value: "rectify",
    Right.ERASURE.value: "erase",
    Right.RESTRICTION.value: "restrict",
    Right.OBJECTION.value: "object",
    Right.CONSENT_WITHDRAWAL.value: STOP_MARKETING,
}
"""What a granted right asks for in each system."""
WAITS_FOR = {right: frozenset({verb}) for right, verb in VERBS.items()} | {
    Right.OBJECTION.value: frozenset({"object", STOP_MARKETING})
}
"""The tasks that must be done before a right is answered: an objection may be one to direct marketing."""
RESULTS = ("done", "partly", "kept", "nothing_found")
UNCONDITIONAL = ("done", "nothing_found")
"""Of direct marketing nothing goes on (Art. 7(3), 21(3)); nor is anything left as it was that was granted whole."""
CHANGED = frozenset({"done", "partly"})
KEPT = frozenset({"partly", "kept"})
FIELDS = {
    "erase": ("what", "provision", "reasons", "until"),
    "rectify": ("field", "old", "new", "reasons", "provision"),
    "restrict": ("what", "provision", "reasons"),
    "object": ("what", "interest", "weighing", "provision"),
    STOP_MARKETING: ("what", "suppressed"),
}
"""What a report says beside its result: strings, sealed; which are needed depends on the result."""
LETTER_OUTCOMES = (Outcome.GRANTED.value, Outcome.PARTLY_GRANTED.value, Outcome.NOTHING_FOUND.value)
LIFTING = "restriction_lifting"
"""Kind of the letter that warns before a restriction is lifted (Art. 18(3))."""
MAX_NOTE = 4_000
_UNDER_WAY = (TaskState.PENDING.value, TaskState.RUNNING.value)


def results_of(verb: str, outcome: str) -> tuple[str, ...]:
    """What a task of this kind may come to when ``outcome`` was decided on its right.

    To keep data (Art. 17(3)), not to correct or restrict it, or to go on with what was objected to is a refusal: only a decision in
    part, with its ground, opens for it.
    """
    return UNCONDITIONAL if verb == STOP_MARKETING or outcome != Outcome.PARTLY_GRANTED.value else RESULTS


def outcome_behind(case: Case, verb: str) -> str:
    """The outcome of the right that a task belongs to; empty while it has none."""
    found = case.rights.filter(right=right_of(case, verb)).values_list("outcome", flat=True).first()
    return found or ""


def why_not(verb: str, system: str = "") -> str:
    """Why a result cannot be chosen; names the system when it is given."""
    said = {
        "rectify": _(
            "The decision was to correct everything. If something is not corrected, take the case back to the decision and decide "
            "that rectification is granted in part, with the ground."
        ),
        "erase": _(
            "The decision was to erase everything. If something must be kept, take the case back to the decision and decide "
            "that erasure is granted in part, with the ground."
        ),
        "restrict": _(
            "The decision was to restrict the use of everything. If the use of something is not restricted, take the case back to the "
            "decision and decide that restriction is granted in part, with the ground."
        ),
        "object": _(
            "The decision was to stop everything the person objected to. If something goes on, take the case back to the decision "
            "and decide that the objection is granted in part, with the ground."
        ),
    }.get(verb)
    if said is None:
        return _("Choose what was done.")
    return f"{system}: {said}" if system else said


def marketing_systems() -> list[System]:
    """Every system that does any direct marketing, by the register: where it stops, whoever asks."""
    found = System.objects.filter(active=True, items__processing__marketing=True).distinct()
    return list(found.order_by("position", "key"))


def only_marketing(systems: Iterable[System]) -> bool:
    """Whether the register knows of nothing but direct marketing in these systems; of none of them it is silent."""
    chosen = {system.pk for system in systems}
    facts = System.objects.filter(pk__in=chosen, items__isnull=False).values_list("pk", "items__processing__marketing")
    known = list(facts)
    return bool(chosen) and {pk for pk, _marketing in known} == chosen and all(marketing for _pk, marketing in known)


def plan(work: Unit, case: Case, right: str, systems: Iterable[System]) -> None:
    """Ask for the change in each system, once."""
    _ask(work, case, VERBS[right], systems)


def ask_anew(work: Unit, case: Case, right: str, outcome: str) -> None:
    """Ask again where something was kept, when the decision that takes effect no longer lets anything be kept."""
    verb = VERBS.get(right, "")
    if outcome != Outcome.GRANTED.value or KEPT & set(results_of(verb, outcome)):
        return
    for row in Action.objects.filter(case=case, verb=verb, result__in=KEPT).select_related("system"):
        Action.objects.filter(pk=row.pk).update(
            state=Action.ASKED, result="", note_enc=None, by=None, done_at=None, work="", sent_at=None, told_at=None
        )
        work.event("action.asked", case, system=row.system.key, verb=verb)


def plan_stop(work: Unit, case: Case) -> None:
    """Ask for a stop of direct marketing in every system that does any. It waits for nothing: not for who asked, not for a decision."""
    _ask(work, case, STOP_MARKETING, marketing_systems())


def _ask(work: Unit, case: Case, verb: str, systems: Iterable[System]) -> None:
    for system in systems:
        _row, made = Action.objects.get_or_create(case=case, system=system, verb=verb, target_key="")
        if made:
            work.event("action.asked", case, system=system.key, verb=verb)


def drop(case: Case, right: str) -> None:
    """Take back what was asked for and not done, when the decision is changed. A stop of marketing rests on no decision and stays.

    Raises ``ValidationError`` when a system has been told: that cannot be taken back.
    """
    verb = VERBS.get(right, STOP_MARKETING)
    if verb == STOP_MARKETING:
        return
    begun = (
        _asked(case, verb).filter(sent_at__isnull=False).exclude(work=TaskState.FAILED.value).select_related("system")
    )
    if names := ", ".join(str(row.system) for row in begun):
        said = _("%(systems)s is being told to erase, which cannot be taken back. Wait until it is done.")
        raise ValidationError(said % {"systems": names})
    _asked(case, verb).delete()


def give_up(case: Case, right: str) -> None:
    """Take back what was asked for, and not done, under a right that leaves the case; a stop of marketing with the last such right."""
    drop(case, right)
    others = {held for held, verbs in WAITS_FOR.items() if STOP_MARKETING in verbs} - {right}
    if STOP_MARKETING in WAITS_FOR.get(right, ()) and not case.rights.filter(right__in=others).exists():
        _asked(case, STOP_MARKETING).delete()


def end(case: Case) -> None:
    """Take back everything not done: the case ends. What a system is being told just now is seen to its end."""
    Action.objects.filter(~Q(work__in=_UNDER_WAY) | Q(sent_at=None), case=case, state=Action.ASKED).delete()


def keep_only(case: Case, right: str, systems: Iterable[System]) -> None:
    """Take back what was asked for and not done in other systems than these."""
    _asked(case, VERBS[right]).exclude(system__in=[system.pk for system in systems]).delete()


def _asked(case: Case, verb: str) -> QuerySet[Action]:
    return Action.objects.filter(case=case, verb=verb, state=Action.ASKED)


def open_actions(case: Case, right: str) -> bool:
    """Whether something asked for under this right is not done."""
    return Action.objects.filter(case=case, verb__in=WAITS_FOR[right], state=Action.ASKED).exists()


def changes_data(case: Case, right: str) -> bool:
    """Whether granting this right changes a person's data, rather than only stopping advertising."""
    if Right(right) in AT_ONCE or (right == Right.OBJECTION.value and against_marketing(case)):
        return False
    return Right(right) in BY_TASK


def asked_to_stop(case: Case) -> list[int]:
    """The ids of the systems in which the case asks for a stop of direct marketing, done or not."""
    return list(Action.objects.filter(case=case, verb=STOP_MARKETING).values_list("system", flat=True))


def by_itself() -> Q:
    """Whether a worker is at a task (an ``Action``) just now: nobody has to do it."""
    live = MarketingTask.objects.filter(choice__case=OuterRef("case"), system=OuterRef("system"), state__in=_UNDER_WAY)
    stopping = Exists(live.filter(choice__kind=MarketingKind.WITHDRAWN.value))
    return Q(work__in=_UNDER_WAY) | Q(stopping, verb=STOP_MARKETING)


def is_under_way(action: Action) -> bool:
    """Whether a worker is at the task just now."""
    if action.work in _UNDER_WAY:
        return True
    return action.verb == STOP_MARKETING and Action.objects.filter(by_itself(), pk=action.pk).exists()


def against_marketing(case: Case) -> bool:
    """Whether the request wants direct marketing to stop: its tasks stand from the first moment."""
    return Action.objects.filter(case=case, verb=STOP_MARKETING).exists()


def right_of(case: Case, verb: str) -> str:
    """The right of the case that a task belongs to."""
    asked = {right.right for right in case.rights.all()}
    named = [right for right, verbs in WAITS_FOR.items() if verb in verbs]
    return next((right for right in reversed(named) if right in asked), named[-1])


def access_first(case: Case) -> Case | None:
    """A case of the same person, this one too, whose access answer has not left; erasure never runs before it does.

    What anybody may have filed in the person's name holds nothing back before it has been seen who filed it (``identity.unproven``).
    """
    others = people.same_person(case) & ~identity.unproven()
    unanswered = Case.objects.filter(Q(pk=case.pk) | people.same_login(case) | others).filter(
        rights__right=Right.ACCESS.value, rights__dispatched_at__isnull=True, closed_at__isnull=True
    )
    return unanswered.order_by("received_at").first()


def reportable(case: Case, action: Action) -> bool:
    """Whether the task may be reported now: it is asked for, and the decision it rests on, if it rests on one, is in force."""
    if case.closed_at or action.state != Action.ASKED:
        return False
    if is_under_way(action):
        return False
    if action.verb == STOP_MARKETING:
        return True
    mine = right_of(case, action.verb)
    return any(right.right == mine and right.outcome in LETTER_OUTCOMES for right in case.rights.all())


def report(*, actor: Actor, case: Case, action: Action, result: str, note: Mapping[str, str]) -> None:
    """Note what was done in a system. When all is done the letter about it is made.

    ``note`` holds the fields of ``FIELDS`` for the task's verb. Raises ``ValidationError`` by field, ``Conflict`` when the task
    is done already or its decision is not in force.
    """
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can report this."))
    from requests_app.services import carrying_out  # makes use of this module

    cleaned = {name: str(note.get(name, "")).strip()[:MAX_NOTE] for name in FIELDS.get(action.verb, ())}
    with unit(actor) as work:
        case = lock(case)
        action = Action.objects.select_related("system").get(pk=action.pk, case=case)
        _check(action, result, cleaned, outcome_behind(case, action.verb))
        if not reportable(case, action):
            raise Conflict
        if action.verb == "erase" and result in CHANGED and (first := access_first(case)):
            raise ValidationError(_wait_for(first, named=access.cases_visible_to(actor.user).contains(first)))
        sealed = Vault(case).seal(DOSSIER, cleaned, "action", action.system.key, action.verb)
        if result == "done" and carrying_out.read_back(action, by=actor.user, note=sealed):
            work.event("action.told", case, system=action.system.key, verb=action.verb, status=carrying_out.BY_HAND)
            return
        changed = Action.objects.filter(pk=action.pk, state=Action.ASKED).update(
            state=Action.DONE,
            result=result,
            note_enc=sealed,
            by=actor.user,
            done_at=timezone.now(),
        )
        if not changed:
            raise Conflict
        work.event("action.done", case, system=action.system.key, verb=action.verb, result=result, note=cleaned)
        if action.verb == STOP_MARKETING:
            _no_longer_asked(case, action, actor.user)
        if action.verb == "erase" and result == "done":
            erased(case, action.system)
        tell_when_done(work, case, action.verb)


def erased(case: Case, system: System) -> None:
    """Note it in the log of erasures, which is replayed when the system is restored from a backup."""
    from requests_app.services import erasures  # it makes use of this module

    erasures.note(case, system)


def _no_longer_asked(case: Case, action: Action, user: User) -> None:
    """End what a worker could not do in the system: it has been done by hand."""
    from requests_app.services.marketing import tasks  # choices about marketing make use of this module

    choices = MarketingChoice.objects.filter(case=case).order_by("pk").values_list("pk", flat=True)
    found = [tasks.lock_choice(pk) for pk in choices]
    failed = MarketingTask.objects.filter(choice__in=found, system=action.system, state=TaskState.FAILED.value)
    failed.update(**tasks.ended({"status": "by_hand"}), by=user)
    for choice in found:
        tasks.forget_when_done(choice.pk)


def _wait_for(first: Case, *, named: bool) -> str:
    """Why nothing may be erased yet. The other case is named only to who may see it."""
    if not named:
        return _(
            "The same person has asked for access in another case. That answer must leave before anything is erased."
        )
    said = _("The same person has asked for access in case %(diary_no)s. Send that answer before anything is erased.")
    return said % {"diary_no": first.diary_no}


def tell_when_done(work: Unit, case: Case, verb: str) -> None:
    """Ask for the letter of each right whose tasks are all done now."""
    concerned = [right for right, verbs in WAITS_FOR.items() if verb in verbs]
    for right in case.rights.filter(right__in=concerned, outcome__in=LETTER_OUTCOMES, dispatched_at__isnull=True):
        if not open_actions(case, right.right):
            rendering.request(work, case, right.right, right.right)


def _check(action: Action, result: str, note: Mapping[str, str], outcome: str) -> None:
    errors: dict[str, str] = {}
    verb = action.verb
    if result not in results_of(verb, outcome):
        errors["result"] = why_not(verb, str(action.system)) if result in KEPT else _("Choose what was done.")
    for name, message in _needed(verb, result).items():
        if not note[name]:
            errors[name] = message
    if errors:
        raise ValidationError(errors)


def _needed(verb: str, result: str) -> dict[str, str]:
    """What the letter cannot do without, and why."""
    done, kept = result in CHANGED, result in KEPT
    which = {"what": _("Write which data it is about, as the person should read it.")} if done or kept else {}
    if verb == "erase":
        why = _("The letter must say why data is kept and until when.")
        return which | (dict.fromkeys(("reasons", "until"), why) if kept else {})
    if verb == "rectify":
        said = _("The letter says what was changed, from what and to what.")
        needed = dict.fromkeys(("field", "old", "new"), said) if done else {}
        return needed | ({"reasons": _("Write why it was not changed.")} if kept else {})
    if verb == "restrict":
        return which | ({"reasons": _("Write why the use of the data is not restricted.")} if kept else {})
    if verb == "object":
        why = _(
            "The letter must say which interest weighs more, and how it was weighed against the person's (Art. 21(1))."
        )
        return which | (dict.fromkeys(("interest", "weighing"), why) if kept else {})
    return which


def announce_lifting(*, actor: Actor, case: Case, system: System, from_on: date, reasons: str) -> None:
    """Make the letter that warns the person before a restriction in a system is lifted (Art. 18(3)). Also in a closed case.

    The letter leaves by itself; the restriction is lifted in the system from ``from_on``, which must still be ahead.
    Raises ``ValidationError`` by field.
    """
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can report this."))
    reasons, errors = reasons.strip()[:MAX_NOTE], {}
    if from_on <= timezone.localdate():
        errors["from_on"] = _("The person must be warned before: choose a day that is still ahead (Article 18(3)).")
    if not reasons:
        errors["reasons"] = _("Write why the restriction is lifted. The reasons stand in the letter to the person.")
    if errors:
        raise ValidationError(errors)
    with unit(actor) as work:
        case = lock(case)
        if not Action.objects.filter(case=case, system=system, verb="restrict", result__in=CHANGED).exists():
            raise ValidationError(_("Nothing is restricted in this system."))
        rendering.request(work, case, LIFTING, system=system.key, from_on=from_on.isoformat(), reasons=reasons)
        work.event("restriction.lifting_announced", case, system=system.key, from_on=from_on, reasons=reasons)


def note_of(vault: Vault, action: Action) -> dict[str, str]:
    """What was reported; ``action.system`` must be loaded."""
    return vault.unseal(DOSSIER, action.note_enc, "action", action.system.key, action.verb) or {}
