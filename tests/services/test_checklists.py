"""The steps of the procedure: shipped, edited, kept by cases, ticked."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from requests_app.domain.rights import Right
from requests_app.models import Checklist
from requests_app.services import checklists
from requests_app.services.audit import Actor
from requests_app.services.moves import Conflict
from tests.world import World, identified, open_case

pytestmark = pytest.mark.django_db


def test_it_ships_steps_in_both_languages_for_every_right() -> None:
    assert set(checklists.shipped()) == {right.value for right in Right}
    for steps in checklists.shipped().values():
        assert len({step["key"] for step in steps}) == len(steps)
        assert all(step["sv"] and step["en"] for step in steps)
        assert {"registered", "identity", "decided", "dispatched"} <= {step["key"] for step in steps}


def test_it_makes_the_first_versions_once(world: World) -> None:
    Checklist.objects.all().delete()
    assert checklists.ensure_checklists() == len(Right)
    assert checklists.ensure_checklists() == 0


def test_a_case_keeps_the_version_it_began_with(world: World) -> None:
    ada = Actor.staff(world.ada)
    before = open_case(world)
    first = checklists.newest("access")
    assert first is not None
    made = checklists.change(
        actor=ada, right="access", steps=[*first.steps, {"sv": "Ring kunden", "en": "Call the customer"}], version=1
    )
    assert made.version == 2
    assert made.steps[-1]["key"] == "own_call_the_customer"
    after = open_case(world, name="Bo Ek")
    assert [item.version for item in checklists.of_case(before, "sv")] == [1]
    assert [item.version for item in checklists.of_case(after, "sv")] == [2]
    assert checklists.of_case(after, "en")[0].steps[-1].text == "Call the customer"
    with pytest.raises(Conflict):
        checklists.change(actor=ada, right="access", steps=first.steps, version=1)


@pytest.mark.parametrize(
    "steps", [[], [{"sv": "Bara svenska", "en": ""}], [{"sv": "x" * 301, "en": "x"}], [{"sv": "a", "en": "a"}] * 41]
)
def test_it_refuses_steps_nobody_could_work_by(world: World, steps: list[dict[str, str]]) -> None:
    checklists.ensure_checklists()
    with pytest.raises(ValidationError) as error:
        checklists.change(actor=Actor.staff(world.ada), right="access", steps=steps, version=1)
    assert "steps" in error.value.message_dict


def test_it_ticks_by_itself_what_the_system_knows(world: World) -> None:
    case = open_case(world)
    done = {step.key: step.at for step in checklists.of_case(case, "sv")[0].steps if step.at}
    assert set(done) == {"registered"}
    identified(world, case)
    steps = {step.key: step for step in checklists.of_case(case, "sv")[0].steps}
    assert steps["identity"].at is not None
    assert steps["identity"].by_system
    with pytest.raises(Conflict):
        checklists.tick(actor=Actor.staff(world.karin), case=case, right="access", step="identity", done=True)


def test_a_person_ticks_a_step_and_takes_it_back(world: World) -> None:
    karin, case = Actor.staff(world.karin), open_case(world)
    checklists.tick(actor=karin, case=case, right="access", step="diary", done=True)
    step = next(step for step in checklists.of_case(case, "sv")[0].steps if step.key == "diary")
    assert step.by == "Karin"
    assert checklists.of_case(case, "sv")[0].done == 2
    checklists.tick(actor=karin, case=case, right="access", step="diary", done=False)
    assert checklists.of_case(case, "sv")[0].done == 1
    with pytest.raises(Conflict):
        checklists.tick(actor=karin, case=case, right="access", step="no_such_step", done=True)
