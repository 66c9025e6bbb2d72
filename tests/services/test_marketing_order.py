"""Of a yes and a no to marketing the later counts, and where that is in doubt the no; no withdrawal is lost on the way."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.checks import declined_addresses_are_known
from requests_app.domain.channels import ChoiceSource, Exact, MarketingKind
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.models import MarketingChoice, MarketingTask, Suppression, SystemVersion
from requests_app.services import marketing
from requests_app.services.audit import PERSON, Actor
from requests_app.services.marketing import running
from tests.services import test_marketing as base

if TYPE_CHECKING:
    from tests.world import World

world, tool = base.world, base.tool
EMAIL, AUTOMATIC, MANUAL = base.EMAIL, base.AUTOMATIC, base.MANUAL
YESTERDAY = datetime.combine(timezone.localdate() - timedelta(days=1), datetime.min.time(), STOCKHOLM)
NOON = YESTERDAY + timedelta(hours=12)


def choose(world: World, kind: str, **changes: Any) -> MarketingChoice:
    usual: dict[str, Any] = {"actor": Actor.staff(world.karin), "source": ChoiceSource.PHONE, "email": EMAIL}
    return marketing.choose(**(usual | {"kind": MarketingKind(kind), "wording": "x"} | changes))


def open_sign_ups() -> list[str]:
    left = MarketingTask.objects.filter(choice__kind="given").exclude(state="done")
    return list(left.values_list("system__key", flat=True))


def holds(choice: MarketingChoice) -> bool:
    return marketing.overtaken_by(choice, marketing.address(email=EMAIL)) is None


@pytest.mark.parametrize("first", ["given", "withdrawn"])
@pytest.mark.parametrize(
    ("no", "yes"),
    [
        ({"chosen_at": NOON}, {"chosen_at": YESTERDAY, "exact": Exact.DAY}),
        ({"chosen_at": YESTERDAY, "exact": Exact.DAY}, {"chosen_at": NOON}),
        ({"chosen_at": YESTERDAY, "exact": Exact.DAY}, {"chosen_at": YESTERDAY, "exact": Exact.DAY}),
        ({"chosen_at": NOON, "exact": Exact.MINUTE}, {"chosen_at": NOON + timedelta(seconds=40)}),
        ({"chosen_at": NOON + timedelta(seconds=40)}, {"chosen_at": NOON, "exact": Exact.MINUTE}),
        ({"chosen_at": NOON}, {"chosen_at": NOON}),
    ],
)
def test_a_no_wins_wherever_the_order_is_in_doubt(
    world: World, tool: base.Tool, first: str, no: dict[str, Any], yes: dict[str, Any]
) -> None:
    said = {"withdrawn": no, "given": yes}
    made = {kind: choose(world, kind, **said[kind]) for kind in (first, *({"given", "withdrawn"} - {first}))}

    assert base.suppressed() and open_sign_ups() == []
    assert holds(made["withdrawn"]) and not holds(made["given"])
    assert timezone.localdate(made["withdrawn"].chosen_at) == timezone.localdate(made["given"].chosen_at)


def test_a_yes_that_is_surely_later_holds(world: World, tool: base.Tool) -> None:
    choose(world, "withdrawn", chosen_at=YESTERDAY, exact=Exact.DAY)
    assert holds(choose(world, "given", chosen_at=YESTERDAY + timedelta(days=1), exact=Exact.DAY))
    assert not base.suppressed()
    today = datetime.combine(timezone.localdate(), datetime.min.time(), STOCKHOLM)
    choose(world, "withdrawn", chosen_at=today, exact=Exact.DAY)
    assert base.suppressed()
    assert holds(choose(world, "given", actor=PERSON, source=ChoiceSource.PORTAL))  # noted after it, so said after it
    assert not base.suppressed()


def test_a_no_of_an_unknown_time_pressed_twice_is_one_choice(world: World, tool: base.Tool) -> None:
    today = datetime.combine(timezone.localdate(), datetime.min.time(), STOCKHOLM)
    made = {choose(world, "withdrawn", chosen_at=today, exact=Exact.DAY).pk for _press in range(2)}
    assert len(made) == 1


@pytest.mark.parametrize("source", [ChoiceSource.LINK, ChoiceSource.ONE_CLICK, ChoiceSource.PORTAL])
@pytest.mark.parametrize("system", ["", MANUAL, AUTOMATIC])
def test_any_later_no_ends_every_sign_up_that_waits(
    world: World, tool: base.Tool, source: ChoiceSource, system: str
) -> None:
    newest = SystemVersion.objects.filter(connector="tool")
    newest.update(connector="manual")
    choose(world, "given")
    assert sorted(open_sign_ups()) == [MANUAL, AUTOMATIC]  # nothing could be told: all of them wait
    SystemVersion.objects.filter(connector="manual", system__key=AUTOMATIC, n=2).update(connector="tool")
    left = choose(world, "withdrawn", actor=PERSON, source=source, system=system)

    assert open_sign_ups() == []
    assert {task.system.key for task in left.tasks.all()} == {MANUAL, AUTOMATIC}  # somebody may have entered it already


def test_a_narrow_no_leaves_the_stops_of_a_wider_one(world: World, tool: base.Tool) -> None:
    wide = choose(world, "withdrawn")
    choose(world, "withdrawn", actor=PERSON, source=ChoiceSource.LINK, system=AUTOMATIC)

    assert base.task_in(MANUAL, wide).state == "failed"
    assert base.task_in(AUTOMATIC, wide).evidence["status"] == "superseded"


@pytest.mark.parametrize("seed", [1, 2, 3, 5, 8, 13, 19])
def test_nothing_open_contradicts_the_word_that_stands(world: World, tool: base.Tool, seed: int) -> None:
    dice = random.Random(seed)
    for _step in range(7):
        kind = dice.choice(["given", "withdrawn"])
        by_hand = dice.random() < 0.5
        source = ChoiceSource.PHONE if by_hand else dice.choice([ChoiceSource.LINK, ChoiceSource.PORTAL])
        exact = dice.choice(list(Exact)) if by_hand else Exact.MOMENT
        at = NOON + timedelta(minutes=dice.randrange(4), seconds=dice.randrange(3)) if by_hand else None
        actor = Actor.staff(world.karin) if by_hand else PERSON
        system = dice.choice(["", MANUAL, AUTOMATIC])
        choose(world, kind, actor=actor, source=source, chosen_at=at, exact=exact, system=system)
        if dice.random() < 0.3:
            task = MarketingTask.objects.exclude(state="done").order_by("?").first()
            MarketingTask.objects.filter(pk=task.pk if task else None).update(state="running", lease_until=NOON)

        last = max(MarketingChoice.objects.all(), key=lambda one: (one.chosen_at, one.kind, one.pk))
        assert base.suppressed() == (last.kind == "withdrawn")
        assert not MarketingTask.objects.exclude(state="done").exclude(choice__kind=last.kind).exists()


def test_a_second_link_within_a_minute_takes_effect_in_its_system_too(world: World, tool: base.Tool) -> None:
    given = {"actor": PERSON, "source": ChoiceSource.ONE_CLICK}
    first = choose(world, "withdrawn", system=AUTOMATIC, **given)
    second = choose(world, "withdrawn", system=MANUAL, **given)
    again = choose(world, "withdrawn", system=MANUAL, **given)

    assert {task.system.key for task in first.tasks.all()} == {AUTOMATIC}
    assert second.pk != first.pk and base.task_in(MANUAL, second).state == "failed"
    assert again.pk == second.pk


def test_the_note_goes_with_time_and_the_choice_stays_as_proof(world: World, tool: base.Tool) -> None:
    choice = choose(world, "withdrawn", note="Ringde om fakturan.")
    running.run(base.task_in(AUTOMATIC, choice).pk)
    long_ago = timezone.now() - timedelta(days=31)
    MarketingChoice.objects.update(at=long_ago)
    assert marketing.sweep() == 0  # somebody still has to do it, and may need the note
    marketing.done_by_hand(actor=Actor.staff(world.karin), task=base.task_in(MANUAL, choice))
    assert marketing.sweep() == 0  # done today
    MarketingTask.objects.update(ended_at=long_ago)
    assert marketing.sweep() == 1

    choice.refresh_from_db()
    assert choice.note_enc is None and marketing.note_of(choice) == ""
    assert (choice.kind, choice.source, choice.by, choice.wording) == ("withdrawn", "phone", world.karin, "x")
    assert base.suppressed()


def test_the_system_is_asked_for_every_form_that_the_address_may_stand_in(world: World, tool: base.Tool) -> None:
    choice = choose(world, "withdrawn", email="Åsa+El@Exämple.se")
    running.run(base.task_in(AUTOMATIC, choice).pk)

    (search,) = tool.given
    values = [one.value for one in search.identifiers]
    assert values == ["åsa+el@exämple.se", "åsa+el@xn--exmple-cua.se", "a\u030asa+el@exa\u0308mple.se"]
    assert base.suppressed("A\u030aSA+EL@xn--exmple-cua.se")
    assert not base.suppressed("åsa@exämple.se")  # another address than the one with a plus


def test_a_hash_key_that_the_list_needs_and_that_is_gone_is_told(world: World, tool: base.Tool) -> None:
    choose(world, "withdrawn")
    assert declined_addresses_are_known(None, databases=["default"]) == []
    Suppression.objects.update(mac_key_id="h0")
    (warning,) = declined_addresses_are_known(None, databases=["default"])
    assert warning.id == "hemdsr.W005" and "h0" in warning.msg
