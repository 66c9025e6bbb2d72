"""Choices about marketing: one effect however often they are made, carried out by a worker or left to a person, and then forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Evidence, Fault, StopStatus
from requests_app.domain.channels import ChoiceSource, MarketingKind
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import (
    Case,
    Event,
    EventPayload,
    MarketingChoice,
    MarketingTask,
    Notice,
    Processing,
    Suppression,
    SystemVersion,
    User,
)
from requests_app.services import marketing, sweeper
from requests_app.services.audit import PERSON, Actor, verify
from requests_app.services.marketing import running, wordings
from requests_app.services.moves import Conflict
from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests_app.connectors.base import Search

EMAIL = "anna.alm@example.se"
MANUAL, AUTOMATIC = "arkiv", "fakturering"


class Tool:
    """A newsletter tool that does as it is told."""

    stops_marketing_to = frozenset({IdentifierKind.EMAIL})

    def __init__(self) -> None:
        self.given: list[Search] = []
        self.faults: list[Exception] = []
        self.meanwhile: Callable[[], Any] = lambda: None

    def stop_marketing(self, search: Search) -> Evidence:
        self.given.append(search)
        self.meanwhile()
        if self.faults:
            raise self.faults.pop(0)
        return Evidence(StopStatus.STOPPED, ({"list": "a1", "at": "2026-11-22T10:00:00Z"},), 3)


@pytest.fixture
def world(db: None, var: Any) -> World:
    """Two systems that market: one whose connector can stop it, one only a person can."""
    made = make_world()
    Processing.objects.filter(key__in=[f"{MANUAL}-behandling", f"{AUTOMATIC}-behandling"]).update(marketing=True)
    SystemVersion.objects.create(system=made.systems[AUTOMATIC], n=2, connector="tool", settings={"list": "a1"})
    return made


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tool]:
    made = Tool()
    monkeypatch.setattr(registry, "stopper", lambda key, _settings: made if key == "tool" else None)
    return made


def decline(email: str = EMAIL, **changes: Any) -> MarketingChoice:
    usual: dict[str, Any] = {
        "actor": PERSON,
        "kind": MarketingKind.WITHDRAWN,
        "source": ChoiceSource.PORTAL,
        "email": email,
    }
    usual["wording"] = marketing.wording("link", "sv")
    return marketing.choose(**(usual | changes))


def agree(world: World, **changes: Any) -> MarketingChoice:
    wording = marketing.wording("given", "sv")
    usual: dict[str, Any] = {"actor": Actor.staff(world.karin), "source": ChoiceSource.PHONE, "wording": wording}
    return decline(**(usual | {"kind": MarketingKind.GIVEN} | changes))


def task_in(system: str, choice: MarketingChoice) -> MarketingTask:
    return choice.tasks.select_related("choice", "system").get(system__key=system)


def due_now() -> None:
    """As if the waits were over."""
    past = timezone.now() - timedelta(hours=5)
    MarketingTask.objects.update(not_before=past, queued_at=None)


def suppressed(email: str = EMAIL) -> bool:
    return marketing.is_suppressed(marketing.address(email=email))


def test_it_is_noted_suppressed_and_planned_in_every_system_that_markets(world: World, tool: Tool) -> None:
    choice = decline("  Anna.Alm@EXAMPLE.se ")

    assert (choice.kind, choice.source, choice.by) == ("withdrawn", "portal", None)
    assert "sluta få nyhetsbrev" in choice.wording
    assert marketing.address_of(choice) == EMAIL
    assert suppressed() and Suppression.objects.count() == 1
    assert (task_in(AUTOMATIC, choice).state, task_in(AUTOMATIC, choice).fault) == ("pending", "")
    assert (task_in(MANUAL, choice).state, task_in(MANUAL, choice).fault) == ("failed", "manual")
    assert not Case.objects.exists()


def test_it_is_never_readable_in_the_tables(world: World, tool: Tool) -> None:
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)

    for model in (MarketingChoice, MarketingTask, Suppression, EventPayload, Event, Notice):
        assert "anna" not in repr(list(model.objects.values())).lower(), model


def test_a_worker_stops_it_and_keeps_what_the_system_answered(world: World, tool: Tool) -> None:
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)

    task = task_in(AUTOMATIC, choice)
    assert (task.state, task.fault, task.by) == ("done", "", None)
    assert task.evidence["status"] == "stopped"
    assert task.evidence["items"] == [{"list": "a1", "at": "2026-11-22T10:00:00Z"}]
    (search,) = tool.given
    assert [(one.kind, one.value) for one in search.identifiers] == [(IdentifierKind.EMAIL, EMAIL)]
    assert search.settings == {"list": "a1"}


def test_a_worker_that_runs_the_same_task_again_does_nothing(world: World, tool: Tool) -> None:
    task = task_in(AUTOMATIC, decline())
    for _time in range(3):
        running.run(task.pk)
    running.run(10**9)

    assert len(tool.given) == 1


def test_the_address_is_forgotten_once_all_is_done_and_its_hash_stays(world: World, tool: Tool) -> None:
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)
    choice.refresh_from_db()
    assert choice.email_enc is not None
    marketing.done_by_hand(actor=Actor.staff(world.karin), task=task_in(MANUAL, choice))

    choice.refresh_from_db()
    assert (choice.email_enc, choice.phone_enc) == (None, None)
    assert marketing.address_of(choice) == ""
    state = marketing.state_for(marketing.address(email=EMAIL))
    assert (state.suppressed, state.kind, state.open) == (True, "withdrawn", 0)
    assert task_in(MANUAL, choice).by == world.karin


def test_a_button_pressed_twice_is_one_choice(world: World, tool: Tool) -> None:
    assert decline().pk == decline().pk
    assert MarketingTask.objects.count() == 2
    assert MarketingChoice.objects.count() == 1


def test_unsubscribing_again_later_takes_effect_again_and_takes_over_what_is_open(world: World, tool: Tool) -> None:
    first = decline()
    running.run(task_in(AUTOMATIC, first).pk)
    MarketingChoice.objects.update(at=timezone.now() - timedelta(days=1))
    second = decline()

    assert second.pk != first.pk
    assert task_in(MANUAL, first).evidence == {"status": "superseded", "by": second.ref}
    assert task_in(MANUAL, second).state == "failed"
    running.run(task_in(AUTOMATIC, second).pk)
    assert len(tool.given) == 2  # somebody may have signed the address up again in between
    assert Suppression.objects.count() == 1
    first.refresh_from_db()
    assert first.email_enc is None


def test_a_worker_whose_task_was_taken_over_writes_nothing(world: World, tool: Tool) -> None:
    first = decline()
    made: list[MarketingChoice] = []
    tool.meanwhile = lambda: made.append(decline(source=ChoiceSource.ONE_CLICK)) if not made else None
    running.run(task_in(AUTOMATIC, first).pk)

    assert task_in(AUTOMATIC, first).evidence["status"] == "superseded"
    running.run(task_in(AUTOMATIC, made[0]).pk)
    assert task_in(AUTOMATIC, made[0]).evidence["status"] == "stopped"


@pytest.mark.parametrize("fault", [Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.TIMEOUT, Fault.CUT_OFF])
def test_a_passing_fault_is_tried_again_and_nobody_is_told(world: World, tool: Tool, fault: Fault) -> None:
    Notice.objects.all().delete()
    tool.faults = [ConnectorError(fault, retry_after=90.0)]
    choice = decline()
    Notice.objects.all().delete()  # of the manual system
    running.run(task_in(AUTOMATIC, choice).pk)

    task = task_in(AUTOMATIC, choice)
    assert (task.state, task.fault, task.attempts) == ("pending", fault.value, 1)
    assert task.not_before > timezone.now() + timedelta(seconds=80)
    running.run(task.pk)  # too early
    assert len(tool.given) == 1
    due_now()
    running.run(task.pk)
    assert task_in(AUTOMATIC, choice).state == "done"
    assert not Notice.objects.exists()


def test_a_fault_that_stays_ends_with_a_person_after_about_a_day(world: World, tool: Tool) -> None:
    choice = decline()
    tool.faults = [ConnectorError(Fault.UNREACHABLE) for _try in range(40)]
    waited = timedelta()
    while task_in(AUTOMATIC, choice).state == "pending":
        running.run(task_in(AUTOMATIC, choice).pk)
        waited += max(task_in(AUTOMATIC, choice).not_before - timezone.now(), timedelta())
        due_now()

    assert len(tool.given) == 12
    assert timedelta(hours=12) < waited < timedelta(hours=36)
    assert Notice.objects.filter(kind="marketing_failed", user=world.karin).count() == 1


@pytest.mark.parametrize(
    ("fault", "administrators"), [(Fault.AUTH_REFUSED, 1), (Fault.WRONG_TYPE, 0), (Fault.UNEXPECTED, 0)]
)
def test_a_lasting_fault_goes_to_a_coordinator_at_once(
    world: World, tool: Tool, fault: Fault, administrators: int
) -> None:
    tool.faults = [ConnectorError(fault)]
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)

    task = task_in(AUTOMATIC, choice)
    assert (task.state, task.fault) == ("failed", fault.value)
    assert task in marketing.waiting() and marketing.automatic([task])
    assert "Fakturering" in marketing.fault_of(task)
    told = Notice.objects.filter(kind="marketing_failed").values_list("user__name", flat=True)
    assert list(told) == ["Karin"]
    assert Notice.objects.filter(kind="credentials_refused", user=world.ada).count() == administrators


def test_a_bug_in_a_connector_ends_on_the_row_and_says_nothing(
    world: World, tool: Tool, caplog: pytest.LogCaptureFixture
) -> None:
    tool.faults = [RuntimeError(f"cannot read {EMAIL}")]
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)

    assert task_in(AUTOMATIC, choice).state == "failed"
    assert EMAIL not in caplog.text and "RuntimeError" in caplog.text


def test_many_failures_of_one_system_are_told_once_a_day(world: World, tool: Tool) -> None:
    for number in range(4):
        tool.faults = [ConnectorError(Fault.FORBIDDEN)]
        running.run(task_in(AUTOMATIC, decline(f"person{number}@example.se")).pk)

    assert marketing.waiting().filter(system__key=AUTOMATIC).count() == 4
    assert Notice.objects.filter(kind="marketing_failed").count() == 1
    assert Notice.objects.filter(kind="marketing_waiting").count() == 1


def test_a_failed_task_can_be_tried_again(world: World, tool: Tool) -> None:
    tool.faults = [ConnectorError(Fault.AUTH_REFUSED)]
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)
    karin = Actor.staff(world.karin)
    marketing.retry(actor=karin, task=task_in(AUTOMATIC, choice))
    running.run(task_in(AUTOMATIC, choice).pk)

    assert task_in(AUTOMATIC, choice).state == "done"
    with pytest.raises(Conflict):
        marketing.retry(actor=karin, task=task_in(AUTOMATIC, choice))
    with pytest.raises(Conflict):
        marketing.retry(actor=karin, task=task_in(MANUAL, choice))
    marketing.done_by_hand(actor=karin, task=task_in(MANUAL, choice))
    with pytest.raises(Conflict):
        marketing.done_by_hand(actor=karin, task=task_in(MANUAL, choice))
    with pytest.raises(ValidationError):
        marketing.done_by_hand(actor=PERSON, task=task_in(MANUAL, choice))


def test_a_task_whose_worker_died_is_taken_up_and_given_up_in_the_end(world: World, tool: Tool) -> None:
    choice = decline()
    task = task_in(AUTOMATIC, choice)
    lapsed = {"state": "running", "lease_until": timezone.now() - timedelta(seconds=1), "queued_at": None}
    MarketingTask.objects.filter(pk=task.pk).update(**lapsed)
    assert sweeper.sweep() >= 1
    MarketingTask.objects.filter(pk=task.pk).update(**lapsed | {"attempts": 30})
    running.run(task.pk)

    assert task_in(AUTOMATIC, choice).state == "failed"
    assert not tool.given


def test_the_sweeper_sends_what_the_broker_forgot(
    world: World, tool: Tool, django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, int]] = []
    monkeypatch.setattr("requests_app.services.queue._publish", lambda name, *pks: sent.append((name, *pks)))
    with django_capture_on_commit_callbacks(execute=True):
        choice = decline()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeper.sweep() == 0  # it waits in the queue
    due_now()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeper.sweep() == 1

    wanted = ("marketing", task_in(AUTOMATIC, choice).pk)
    assert [one for one in sent if one[0] == "marketing"] == [wanted] * 2


def test_consent_lifts_the_suppression_and_asks_a_person_to_enter_it(world: World, tool: Tool) -> None:
    decline(chosen_at=timezone.now() - timedelta(days=1))
    choice = agree(world)

    assert not suppressed()
    assert [(task.system.key, task.state, task.fault) for task in choice.tasks.all()] == [
        (AUTOMATIC, "failed", "manual")
    ]
    assert choice.by == world.karin
    state = marketing.state_for(marketing.address(email=EMAIL))
    assert (state.suppressed, state.kind, state.open) == (False, "given", 1)
    open_of_old = MarketingTask.objects.exclude(choice=choice).exclude(state="done")
    assert not open_of_old.exists()  # a withdrawal that has not run yet must not undo the newer word


def test_consent_pressed_twice_suppresses_nothing(world: World, tool: Tool) -> None:
    said = timezone.now()
    assert agree(world, chosen_at=said).pk == agree(world, chosen_at=said).pk
    assert not suppressed()


def test_consent_written_down_after_a_later_withdrawal_changes_nothing(world: World, tool: Tool) -> None:
    withdrawn = decline()
    late = agree(world, chosen_at=timezone.now() - timedelta(days=2))

    assert suppressed()
    assert not late.tasks.exists() and late.email_enc is None
    assert task_in(AUTOMATIC, withdrawn).state == "pending"


def test_a_withdrawal_written_down_after_a_later_consent_changes_nothing(world: World, tool: Tool) -> None:
    agree(world)
    late = decline(chosen_at=timezone.now() - timedelta(days=2))

    assert not suppressed()
    assert not late.tasks.exists()


def test_a_telephone_number_concerns_only_systems_that_use_it(world: World, tool: Tool) -> None:
    choice = decline("", phone="070-174 06 05")

    assert [task.system.key for task in choice.tasks.all()] == [MANUAL]
    assert marketing.address_of(choice) == "+46701740605"
    assert marketing.is_suppressed(marketing.address(phone="+46 70 174 06 05"))


def test_the_system_that_a_link_names_is_told_whatever_the_register_says(world: World, tool: Tool) -> None:
    Processing.objects.update(marketing=False)
    choice = decline(system=MANUAL, source=ChoiceSource.LINK)
    other = decline("b@example.se", system="nowhere", source=ChoiceSource.LINK)

    assert [task.system.key for task in choice.tasks.all()] == [MANUAL]
    assert not other.tasks.exists() and other.email_enc is None
    assert suppressed("b@example.se")


@pytest.mark.parametrize("source", [ChoiceSource.LINK, ChoiceSource.ONE_CLICK])
def test_who_leaves_a_newsletter_gives_nobody_work_where_a_connector_can_be_told(
    world: World, tool: Tool, source: ChoiceSource
) -> None:
    assert [task.system.key for task in decline(source=source, system=AUTOMATIC).tasks.all()] == [AUTOMATIC]
    assert [task.system.key for task in decline("b@example.se", source=source).tasks.all()] == [AUTOMATIC]
    assert not Notice.objects.exists()
    SystemVersion.objects.filter(connector="tool").delete()
    by_hand = decline("c@example.se", source=source)
    assert {task.system.key for task in by_hand.tasks.all()} == {AUTOMATIC, MANUAL}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"phone": "070-174 06 05"}, "email"),
        ({"email": "inte en adress"}, "email"),
        ({"email": "", "phone": "abc"}, "phone"),
        ({"chosen_at": timezone.now() + timedelta(days=2)}, "chosen_at"),
        ({"chosen_at": timezone.now() - timedelta(days=365 * 40)}, "chosen_at"),
        ({"wording": ""}, "wording"),
        ({"note": "x" * 1001}, "note"),
    ],
)
def test_it_says_what_is_wrong_at_the_field(world: World, tool: Tool, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        agree(world, **changes)
    assert field in caught.value.error_dict
    assert not MarketingChoice.objects.exists() and not Suppression.objects.exists()


def test_only_staff_write_down_what_was_said(world: World, tool: Tool) -> None:
    with pytest.raises(ValidationError):
        decline(source=ChoiceSource.PHONE)


def test_the_note_is_sealed_and_stays(world: World, tool: Tool) -> None:
    choice = decline(actor=Actor.staff(world.sven), source=ChoiceSource.VISIT, note="Frågade i receptionen.")

    assert marketing.note_of(choice) == "Frågade i receptionen."
    assert b"receptionen" not in bytes(choice.note_enc or b"")


def test_every_step_stands_in_the_log_without_the_person(world: World, tool: Tool) -> None:
    choice = decline()
    running.run(task_in(AUTOMATIC, choice).pk)
    kinds = list(Event.objects.filter(kind__startswith="marketing.").values_list("kind", flat=True))

    assert kinds == ["marketing.chosen", "marketing.done"]
    assert verify().ok


def test_nobody_is_told_who_has_left(world: World, tool: Tool) -> None:
    User.objects.filter(pk=world.karin.pk).update(is_active=False)
    decline()

    assert list(Notice.objects.values_list("user__name", flat=True)) == ["Anders"]


def test_a_link_opens_to_its_address_and_system_and_nothing_else_opens() -> None:
    link = marketing.Link("åsa@exämple.se", "nyhetsbrev")
    token = marketing.link_for(link)

    assert marketing.opened(token) == link
    assert len(token) < 250 and token.replace("-", "").replace("_", "").isalnum()
    assert marketing.link_for(link) != token
    assert link.masked == "å***@exämple.se"
    changed = token[:100] + ("A" if token[100] != "A" else "B") + token[101:]
    for rubbish in ("", "x", "å", token[:-4], token[4:], changed, token + "AAAA", "A" * 5000, token + "%00"):
        assert marketing.opened(rubbish) is None


@pytest.mark.parametrize("key", sorted(marketing.WORDINGS))
def test_every_wording_is_kept_with_its_version_in_both_languages(key: str) -> None:
    item = marketing.WORDINGS[key]
    assert item.text_sv != item.text_en
    assert marketing.wording(key, "sv") == f"{key}/{item.version} (sv): {item.text_sv}"
    assert marketing.wording(key, "en").endswith(item.text_en)


def test_a_wording_that_was_used_stays_beside_its_newer_version() -> None:
    every = {(item.key, item.version): item for item in wordings.EVERY}
    assert len(every) == len(wordings.EVERY)
    assert every["given", 1].text_sv.startswith("Får vi skicka nyhetsbrev och erbjudanden till den här adressen?")
    assert all(marketing.WORDINGS[key].version >= version for key, version in every)
