"""Rights added to a case and taken from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from requests_app.models import Processing, Render
from requests_app.services import case_rights, decisions
from requests_app.services.audit import Actor
from requests_app.services.moves import Conflict
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db


def drop(world: World, case: Case, right: str, *, mistake: bool = False, reason: str = "Ringde och sa det.") -> None:
    case_rights.drop(actor=Actor.staff(world.karin), case=case, right=right, mistake=mistake, reason=reason)
    case.refresh_from_db()


def decide(world: World, case: Case, right: str) -> None:
    decisions.decide(
        actor=Actor.staff(world.karin), case=case, right=right, outcome="refused", ground="16", reasons="Stämmer redan."
    )
    case.refresh_from_db()


def test_it_adds_a_right_with_what_was_said_and_confirms_anew(world: World) -> None:
    case = open_case(world)
    due = case.due_statutory_on
    made = case_rights.add(actor=Actor.staff(world.karin), case=case, right="erasure", said="Ta bort min adress.")
    case.refresh_from_db()
    assert list(case.rights.values_list("right", flat=True)) == ["access", "erasure"]
    assert case.due_statutory_on == due
    assert made.checklist is not None
    assert Render.objects.filter(case=case, kind="receipt").count() == 2
    assert Render.objects.get(case=case, kind="receipt", superseded=False)


@pytest.mark.parametrize("advertising", [True, False])
def test_an_objection_that_is_added_stops_advertising_at_once_when_it_is_about_that(
    world: World, advertising: bool
) -> None:
    Processing.objects.filter(items__system=world.systems["arkiv"]).update(marketing=True)
    case = open_case(world)
    case_rights.add(
        actor=Actor.staff(world.karin), case=case, right="objection", said="Sluta.", against_marketing=advertising
    )
    assert list(case.actions.values_list("verb", flat=True)) == ["stop_marketing"] * advertising


def test_it_gathers_when_the_added_right_needs_data(world: World) -> None:
    case = identified(world, open_case(world, rights=["rectification"]))
    assert case.state == "deciding"
    case_rights.add(actor=Actor.staff(world.karin), case=case, right="access")
    case.refresh_from_db()
    assert case.state == "gathering"


@pytest.mark.parametrize(
    ("right", "said", "field"), [("access", "", "right"), ("flight", "", "right"), ("rectification", " ", "said")]
)
def test_it_adds_nothing_twice_and_nothing_unknown(world: World, right: str, said: str, field: str) -> None:
    with pytest.raises(ValidationError) as error:
        case_rights.add(actor=Actor.staff(world.karin), case=open_case(world), right=right, said=said)
    assert set(error.value.message_dict) == {field}


def test_a_right_registered_by_mistake_is_removed(world: World) -> None:
    case = open_case(world, rights=["access", "erasure"])
    drop(world, case, "erasure", mistake=True)
    assert list(case.rights.values_list("right", flat=True)) == ["access"]
    assert not Render.objects.filter(case=case, kind="withdrawn").exists()


def test_a_right_the_person_takes_back_is_withdrawn_and_confirmed(world: World) -> None:
    case = open_case(world, rights=["access", "erasure"])
    drop(world, case, "erasure")
    assert case.rights.get(right="erasure").outcome == "withdrawn"
    assert Render.objects.filter(case=case, kind="withdrawn", superseded=False).exists()
    assert case.closed_at is None


def test_the_case_goes_on_when_what_was_waited_for_is_taken_back(world: World) -> None:
    case = identified(world, open_case(world, rights=["rectification", "erasure"]))
    decide(world, case, "rectification")
    drop(world, case, "erasure")
    assert case.state == "dispatching"
    assert not Render.objects.filter(case=case, right="erasure", superseded=False).exists()


def test_the_last_right_is_never_dropped(world: World) -> None:
    case = open_case(world, rights=["access", "erasure"])
    drop(world, case, "erasure")
    with pytest.raises(ValidationError):
        drop(world, case, "access")
    with pytest.raises(ValidationError):
        drop(world, case, "access", mistake=True)


def test_what_is_decided_is_no_mistake(world: World) -> None:
    case = identified(world, open_case(world, rights=["rectification", "erasure"]))
    decide(world, case, "rectification")
    with pytest.raises(ValidationError):
        drop(world, case, "rectification", mistake=True)
    with pytest.raises((ValidationError, Conflict)):
        drop(world, case, "rectification", reason=" ")
