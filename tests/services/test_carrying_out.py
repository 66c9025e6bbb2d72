"""Erasure that a system is told of by a worker: when, once, read back, and what happens when something goes wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.utils import timezone
from guardian.shortcuts import assign_perm

from requests_app.connectors.base import ConnectorError, Evidence, Fault, Identifier, Page, StopStatus
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import (
    Action,
    Case,
    CaseRight,
    Collection,
    ErasureLog,
    Event,
    Identifier as Identifier_,
    Notice,
    Processing,
    ProcessingItem,
    System,
    User,
)
from requests_app.services import (
    actions,
    carrying_out,
    cases,
    change_preview,
    collection,
    decisions,
    queue,
    review,
    sweeper,
)
from requests_app.services.audit import Actor, verify
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict

from .fakes import PERSONNUMMER, Scripted, World, candidates, page

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from requests_app.connectors.base import Search

pytestmark = pytest.mark.django_db
WHO = Identifier(IdentifierKind.PERSONNUMMER, PERSONNUMMER)


class Erasing(Scripted):
    """A system that erases: what it is told is noted, and from then on it gives what its script says."""

    def __init__(self, key: str, kinds: frozenset[IdentifierKind]) -> None:
        super().__init__(key, kinds)
        self.told: list[tuple[str, tuple[Identifier, ...]]] = []
        self.answers: list[Any] = []
        """What it answers each time it is told, an exception or a status; yes when nothing is left."""

    def changes_of(self, settings: Mapping[str, Any]) -> frozenset[str]:
        return frozenset({"erase"})

    def change(self, search: Search, verb: str, values: Mapping[str, Any]) -> Evidence:
        search.heartbeat()
        self.told.append((verb, search.identifiers))
        answer = self.answers.pop(0) if self.answers else StopStatus.STOPPED
        if callable(answer) and not isinstance(answer, StopStatus):
            answer = answer()
        if isinstance(answer, BaseException):
            raise answer
        return Evidence(answer, ({"status": "204"},), 1)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, var: Path) -> World:
    made = World(monkeypatch, "alfa", "beta")
    made.connectors["alfa"] = Erasing("alfa", frozenset({IdentifierKind.PERSONNUMMER}))
    from requests_app.connectors import registry

    monkeypatch.setattr(
        registry,
        "changer",
        lambda key, settings, verb: found if isinstance(found := made.connectors.get(key), Erasing) else None,
    )
    return made


@pytest.fixture
def alfa(world: World) -> Erasing:
    found = world.connectors["alfa"]
    assert isinstance(found, Erasing)
    return found


@pytest.fixture
def actor(world: World) -> Actor:
    return Actor.staff(world.user)


@pytest.fixture
def legal(world: World) -> Actor:
    user = User.objects.create_user("lena@hem.example", name="Lena Björk")
    user.user_permissions.set(Permission.objects.filter(codename__in=["approve_decision", "view_reports"]))
    assign_perm("oversee_team", user, world.team)
    return Actor.staff(user)


def decided(world: World, actor: Actor, legal: Actor, *rights: str, outcome: str = "granted", **more: Any) -> Case:
    """A case whose erasure is decided and approved, with its other rights left as they are."""
    case = world.open(*rights or ("erasure",))
    for row in case.collections.filter(current=True, state="pending"):
        collection.run(row.pk)
    case.refresh_from_db()
    if case.state == "review":
        review.finish(actor=actor, case=case, confirmed=True)
    decisions.decide(actor=actor, case=case, right="erasure", outcome=outcome, **more)
    for approval in decisions.approvals_for(legal.user):
        decisions.answer_approval(actor=legal, approval=approval, approved=True)
    return case


def task(case: Case, system: str = "alfa") -> Action:
    return Action.objects.select_related("system").get(case=case, system__key=system, verb="erase")


def due(row: Action) -> Action:
    Action.objects.filter(pk=row.pk).update(not_before=timezone.now() - timedelta(seconds=1))
    carrying_out.run(row.pk)
    return Action.objects.select_related("system").get(pk=row.pk)


def kinds() -> list[str]:
    return [kind for kind in Event.objects.order_by("seq").values_list("kind", flat=True) if kind.startswith("action.")]


def test_a_system_that_can_be_told_is_told_and_read_back(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    case = decided(world, actor, legal)
    assert task(case).work == "pending" and actions.is_under_way(task(case))
    assert task(case, "beta").work == "", "nothing can tell it: a person does it"
    row = due(task(case))
    assert alfa.told == [("erase", (WHO,))]
    assert alfa.searches, "it was read back"
    assert (row.state, row.result, row.work, row.by) == ("done", "done", "done", None)
    assert row.evidence == {"status": "stopped", "items": [{"status": "204"}], "requests": 1}
    assert actions.note_of(Vault(case), row)["what"] == "Allt som Alfa hade om dig"
    assert kinds() == ["action.asked", "action.asked", "action.handed", "action.told", "action.done"]
    assert verify().ok
    carrying_out.run(row.pk)
    assert len(alfa.told) == 1


def test_nothing_is_told_before_the_second_person_has_approved(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    case = world.open("erasure")
    decisions.decide(actor=actor, case=case, right="erasure", outcome="granted")
    assert task(case).work == ""
    Action.objects.filter(case=case).update(work="pending")  # whatever handed it over
    due(task(case))
    assert alfa.told == [] and task(case).work == ""
    (approval,) = decisions.approvals_for(legal.user)
    decisions.answer_approval(actor=legal, approval=approval, approved=True)
    due(task(case))
    assert len(alfa.told) == 1


def test_nothing_is_told_before_the_same_persons_access_answer_has_left(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    other = world.open("access")
    case = decided(world, actor, legal)
    row = due(task(case))
    assert alfa.told == [] and row.work == "pending" and row.not_before > timezone.now() + timedelta(minutes=5)
    CaseRight.objects.filter(case=other).update(dispatched_at=timezone.now())
    assert due(task(case)).result == "done"


def test_where_something_is_kept_only_what_serves_marketing_alone_is_told(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    partly = {"outcome": "partly_granted", "ground": "17_3_b", "reasons": "Fakturor måste sparas."}
    case = decided(world, actor, legal, **partly)
    assert task(case).work == ""
    Processing.objects.update(marketing=True)
    assert ProcessingItem.objects.filter(system__key="alfa").exists()
    assert task(decided(world, actor, legal, **partly)).work == "pending"


@pytest.mark.parametrize("off", [True, False])
def test_a_system_that_is_switched_off_or_set_up_anew_is_left_to_a_person(
    world: World, alfa: Erasing, actor: Actor, legal: Actor, off: bool
) -> None:
    case = decided(world, actor, legal)
    if off:
        System.objects.filter(key="alfa").update(off_at=timezone.now())
        assert due(task(case)).work == ""
    else:
        del world.connectors["alfa"]
        assert due(task(case)).work == "failed"
    assert alfa.told == []
    assert actions.reportable(case, task(case)) or Case.objects.get(pk=case.pk).state == "deciding"


def test_it_says_yes_and_does_nothing(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    case = decided(world, actor, legal)
    world.script("alfa", page(0, 1))
    waits = []
    for _ in range(carrying_out.MAX_ATTEMPTS):
        row = due(task(case))
        waits.append(row.not_before - timezone.now())
        if row.work == "failed":
            break
    assert (row.work, row.fault, row.state) == ("failed", "still_there", "asked")
    assert len(alfa.told) == 1, "it is not told again for what it said yes to"
    assert sum(waits[:-1], timedelta()) > timedelta(hours=12)
    assert Notice.objects.filter(kind="change_failed").count() == 1
    assert actions.reportable(case, row)
    world.script("alfa", Page())
    carrying_out.retry(actor=actor, case=case, action=row)
    assert due(task(case)).result == "done"
    assert len(alfa.told) == 2, "somebody let it be told again"
    with pytest.raises(Conflict):
        carrying_out.retry(actor=actor, case=case, action=task(case))


def test_it_takes_its_time(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    case = decided(world, actor, legal)
    world.script("alfa", page(0, 1))
    assert due(task(case)).work == "pending"
    world.script("alfa", Page())
    assert due(task(case)).result == "done" and len(alfa.told) == 1


def test_a_person_it_does_not_know(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    alfa.answers = [StopStatus.UNKNOWN]
    row = due(task(decided(world, actor, legal)))
    assert (row.result, actions.note_of(Vault(row.case), row)["what"]) == ("nothing_found", "")


def test_a_person_it_does_not_know_any_more_may_have_been_erased_by_a_worker_that_died(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    """Killed between the system's answer and our record: the erasure is neither forgotten nor called nothing."""
    alfa.answers = [ConnectorError(Fault.TIMEOUT), StopStatus.UNKNOWN]
    row = due(task(decided(world, actor, legal)))
    assert row.work == "pending" and row.sent_at is not None
    row = due(row)
    assert (row.result, row.evidence["status"]) == ("done", StopStatus.UNKNOWN.value)
    assert ErasureLog.objects.exists()


@pytest.mark.parametrize(
    ("fault", "work"), [(Fault.TIMEOUT, "pending"), (Fault.AUTH_REFUSED, "failed"), (Fault.SEVERAL, "failed")]
)
def test_a_fault_is_tried_again_or_told(
    world: World, alfa: Erasing, actor: Actor, legal: Actor, fault: Fault, work: str
) -> None:
    alfa.answers = [ConnectorError(fault)]
    case = decided(world, actor, legal)
    row = due(task(case))
    assert (row.work, row.fault, row.told_at) == (work, fault.value, None)
    assert Notice.objects.filter(kind="change_failed").count() == (work == "failed")
    if work == "failed":
        carrying_out.retry(actor=actor, case=case, action=row)
    assert due(task(case)).result == "done" and len(alfa.told) == 2


def test_a_bug_ends_on_the_row(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    alfa.answers = [RuntimeError("anna")]
    assert due(task(decided(world, actor, legal))).fault == "unexpected"


def test_who_is_found_must_be_the_one_that_was_chosen(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    case = decided(world, actor, legal)
    world.script("alfa", candidates("a", "b"))
    assert due(task(case)).fault == "several"


def test_a_worker_killed_after_the_answer_tells_again_and_ends_once(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    class Killed(BaseException):
        pass

    alfa.answers = [Killed()]
    case = decided(world, actor, legal)
    with pytest.raises(Killed):
        due(task(case))
    row = task(case)
    assert row.work == "running" and row.sent_at is not None and row.told_at is None
    carrying_out.run(row.pk)
    assert len(alfa.told) == 1, "its lease holds"
    past = timezone.now() - timedelta(minutes=1)
    Action.objects.filter(pk=row.pk).update(lease_until=past, queued_at=past - timedelta(minutes=5))
    assert sweeper.sweep() >= 1
    carrying_out.run(row.pk)
    assert task(case).result == "done" and len(alfa.told) == 2
    assert kinds().count("action.done") == 1


def test_a_run_that_lost_its_row_writes_nothing_more(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    case = decided(world, actor, legal)
    alfa.answers = [lambda: Action.objects.filter(case=case).update(token=None) and StopStatus.STOPPED]
    row = due(task(case))
    assert (row.work, row.told_at, row.state) == ("running", None, "asked")


def test_what_is_being_told_cannot_be_taken_back(world: World, alfa: Erasing, actor: Actor, legal: Actor) -> None:
    case = decided(world, actor, legal)
    world.script("alfa", page(0, 1))
    due(task(case))
    case.refresh_from_db()
    assert case.state == "dispatching"
    with pytest.raises(ValidationError, match="Alfa"):
        decisions.decide_again(actor=actor, case=case)
    actions.end(case)
    assert task(case).told_at is not None and not Action.objects.filter(case=case, system__key="beta").exists()
    world.script("alfa", Page())
    assert due(task(case)).result == "done"


def test_a_decision_made_anew_before_anything_is_told_takes_it_back(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    case = decided(world, actor, legal)
    case.refresh_from_db()
    row = task(case)
    decisions.decide_again(actor=actor, case=case)
    carrying_out.run(row.pk)
    assert alfa.told == [] and not Action.objects.filter(pk=row.pk).exists()


def test_it_is_handed_to_a_worker_and_sent_again_by_the_sweeper(
    world: World,
    alfa: Erasing,
    actor: Actor,
    legal: Actor,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Any,
) -> None:
    handed: list[tuple[str, int]] = []
    monkeypatch.setattr(queue, "_publish", lambda task_name, *pks: handed.extend((task_name, pk) for pk in pks))
    with django_capture_on_commit_callbacks(execute=True):
        row = task(decided(world, actor, legal))
    assert ("change", row.pk) in handed
    handed.clear()
    with django_capture_on_commit_callbacks(execute=True):
        sweeper.sweep()
    assert ("change", row.pk) not in handed, "it waits in the queue"
    Action.objects.update(queued_at=timezone.now() - timedelta(hours=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweeper.sweep()
    assert ("change", row.pk) in handed


def test_a_dry_run_counts_and_changes_nothing(world: World, alfa: Erasing, actor: Actor) -> None:
    case = world.open("erasure")
    system = System.objects.get(key="alfa")
    world.script("alfa", page(0, 1, 2), page(1, 3))
    found = change_preview.dry_run(actor=actor, case=case, system=system)
    assert (found.categories, found.count, found.more) == ((("Anteckningar", 3),), 3, False)
    assert alfa.told == [] and not Collection.objects.exists()
    assert kinds() == ["action.previewed"]
    world.script("alfa", candidates("a", "b"))
    with pytest.raises(ValidationError, match="Flera personer"):
        change_preview.dry_run(actor=actor, case=case, system=system)
    world.script("alfa", ConnectorError(Fault.TIMEOUT))
    with pytest.raises(ValidationError, match="i tid"):
        change_preview.dry_run(actor=actor, case=case, system=system)
    Identifier_.objects.all().delete()
    with pytest.raises(ValidationError, match="inget bekräftat"):
        change_preview.dry_run(actor=actor, case=case, system=system)
    with pytest.raises(Conflict):
        change_preview.dry_run(actor=actor, case=case, system=System.objects.get(key="beta"))


# --- what a person has done ----------------------------------------------------------------------------------------------------


@pytest.fixture
def by_hand(world: World, actor: Actor, legal: Actor) -> Case:
    """An erasure that a person carries out in a system that a program can look into and not tell."""
    world.connectors["alfa"] = Scripted("alfa", frozenset({IdentifierKind.PERSONNUMMER}))
    case = decided(world, actor, legal)
    assert task(case).work == "" and actions.reportable(case, task(case))
    return case


def report(actor: Actor, case: Case, result: str = "done") -> Action:
    note = {"what": "Kontaktuppgifter", "reasons": "Bokföring", "until": "2033-12-31"}
    actions.report(actor=actor, case=case, action=task(case), result=result, note=note)
    return task(case)


def test_what_is_reported_as_erased_counts_once_it_is_seen_gone(world: World, actor: Actor, by_hand: Case) -> None:
    row = report(actor, by_hand)
    assert (row.state, row.work, row.result) == ("asked", "pending", "") and not actions.reportable(by_hand, row)
    row = due(row)
    assert (row.state, row.result, row.by) == ("done", "done", actor.user)
    assert actions.note_of(Vault(by_hand), row)["what"] == "Kontaktuppgifter"
    assert kinds()[-2:] == ["action.told", "action.done"]


def test_what_is_still_there_is_told_and_the_second_word_counts(world: World, actor: Actor, by_hand: Case) -> None:
    world.script("alfa", page(0, 1))
    row = report(actor, by_hand)
    for _ in range(carrying_out.LOOKS):
        row = due(row)
    assert (row.state, row.work, row.fault) == ("asked", "failed", "still_there")
    carrying_out.retry(actor=actor, case=by_hand, action=row)
    row = due(row)
    assert (row.work, row.attempts) == ("pending", 1), "it is looked for once more"
    Action.objects.update(attempts=carrying_out.LOOKS)
    row = due(row)
    assert actions.reportable(by_hand, row)
    row = report(actor, by_hand)
    assert (row.state, row.result) == ("done", "done")


def test_what_a_dead_worker_may_have_told_and_nobody_wants_any_more_is_told_of(
    world: World, alfa: Erasing, actor: Actor, legal: Actor
) -> None:
    case = decided(world, actor, legal)
    Action.objects.filter(case=case, system__key="alfa").update(sent_at=timezone.now())
    cases.withdraw(actor=actor, case=case)
    row = due(task(case))
    assert alfa.told == [] and row.work == "failed" and row.fault in {"unexpected", "no_identifier"}
    assert kinds()[-1] == "action.failed"


def test_what_nobody_can_look_into_or_is_kept_needs_no_look(
    world: World, actor: Actor, legal: Actor, by_hand: Case
) -> None:
    Identifier_.objects.filter(party__case=by_hand).delete()
    assert due(report(actor, by_hand)).result == "done", "there is nothing to search by"
    partly = {"outcome": "partly_granted", "ground": "17_3_b", "reasons": "Fakturor måste sparas."}
    kept = decided(world, actor, legal, **partly)
    assert report(actor, kept, "kept").state == "done"
    other = task(decided(world, actor, legal), "beta")
    assert other.system.key == "beta"


def test_a_look_that_fails_is_left_to_the_person(world: World, actor: Actor, by_hand: Case) -> None:
    world.script("alfa", ConnectorError(Fault.AUTH_REFUSED))
    row = due(report(actor, by_hand))
    assert (row.work, row.fault) == ("failed", "auth_refused")
    assert report(actor, by_hand).result == "done"
