"""A standing rule that legal takes back: its masks go where nothing has left, and the data is reviewed again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.models import Event, Mask, Notice
from requests_app.services import decisions, review, standing
from requests_app.services.audit import Actor, log_of
from requests_app.services.next_step import facts_of, next_step
from tests.services import rights_world as at
from tests.services.test_standing import BOTH, approve, fresh, reviewed
from tests.world import World, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.models import Case

pytestmark = pytest.mark.django_db
BY_STAFF, BY_CONTACTS = BOTH


@pytest.fixture
def world(var: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    at.quick_documents(monkeypatch)
    return make_world()


def masked(world: World) -> Case:
    """A case in review where both rules have masked something."""
    approve(world, *BOTH)
    case = reviewed(world)
    case.handler = world.karin
    case.save(update_fields=["handler"])
    assert standing.run(case.pk) > 1
    return fresh(case)


def rules_left(case: Case) -> set[str]:
    return set(case.masks.filter(undone_at__isnull=True).values_list("rule", flat=True))


def decided(world: World, case: Case) -> None:
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    decisions.decide(actor=Actor.staff(world.karin), case=case, right="access", outcome="granted")
    case.refresh_from_db()


def test_the_masks_of_a_rule_that_ended_go_and_the_other_rules_stay(world: World) -> None:
    case = masked(world)
    approve(world, BY_STAFF)
    standing.sweep()
    assert rules_left(case) == {BY_STAFF}
    (said,) = [entry.open for entry in log_of(case) if entry.event.kind == "standing.withdrawn"]
    assert (said["rules"], said["reopened"]) == ([BY_CONTACTS], False)
    assert Notice.objects.get(kind="unmasked").user == world.karin
    step = next_step(fresh(case), facts_of(fresh(case)))
    assert (step.code, step.urgent) == ("review", True)
    standing.sweep()
    assert Event.objects.filter(case_ref=case.ref, kind="standing.withdrawn").count() == 1


@pytest.mark.parametrize("answered", [False, True])
def test_a_case_that_had_gone_on_is_reviewed_again(world: World, answered: bool) -> None:
    case = masked(world)
    if answered:
        decided(world, case)
        at.render_all()
    else:
        review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    approve(world)
    standing.sweep()
    case.refresh_from_db()
    assert (case.state, case.rights.get().outcome, rules_left(case)) == ("review", "", set())


def test_what_was_sent_keeps_its_masks(world: World) -> None:
    case = masked(world)
    decided(world, case)
    at.render_all()
    at.dispatch(world, case, "access")
    before = rules_left(case)
    approve(world)
    standing.sweep()
    assert rules_left(case) == before == set(BOTH)


def test_the_masks_stay_in_an_open_case_of_which_an_answer_with_data_has_left(world: World) -> None:
    case = masked(world)
    case.rights.create(right="portability")
    case.rights.filter(right="access").update(outcome="granted", dispatched_at=case.received_at)
    approve(world)
    standing.sweep()
    assert rules_left(case) == set(BOTH)


def test_what_a_person_vouched_for_stays(world: World) -> None:
    case = masked(world)
    kept = Mask.objects.filter(case=case, rule=BY_CONTACTS).earliest("pk")
    Mask.objects.filter(pk=kept.pk).update(by=world.karin)
    approve(world)
    standing.sweep()
    assert list(case.masks.filter(undone_at__isnull=True)) == [kept]


def test_a_rule_that_is_approved_again_masks_again(world: World) -> None:
    case = masked(world)
    before = case.masks.filter(undone_at__isnull=True).count()
    approve(world)
    standing.sweep()
    assert rules_left(case) == set()
    approve(world, *BOTH)
    assert standing.run(case.pk) == before
    assert rules_left(case) == set(BOTH)
