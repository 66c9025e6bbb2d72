"""A second pair of eyes exactly where the product names it, on exactly what was shown, never the eyes that asked."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.rights import Outcome, Right
from requests_app.models import Approval, Event, Processing
from requests_app.services import actions, decisions, masking, review
from requests_app.services.audit import Actor
from requests_app.services.moves import Conflict
from requests_app.services.next_step import facts_of, next_step
from requests_app.services.staff import set_access
from tests.services import rights_world as at
from tests.world import World, grant_case

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """One whose documents are quickly made, and with a system for nothing but marketing."""
    return at.quick_world(world, monkeypatch)


def karin(world: World) -> Actor:
    return Actor.staff(world.karin)


@pytest.mark.parametrize(
    ("right", "outcome", "ground", "asked"),
    [
        ("access", "granted", "", False),
        ("access", "refused", "12_5_unfounded", True),
        ("access", "refused", "12_5_excessive", True),
        ("access", "refused", "15_4", True),
        ("access", "partly_granted", "dsl_5_1", True),
        ("access", "partly_granted", "dsl_5_2", True),
        ("access", "other_controller", "", False),
        ("access", "deceased", "", False),
        ("rectification", "refused", "16", False),
        ("rectification", "refused", "12_5_excessive", True),
        ("erasure", "refused", "17_1", False),
        ("erasure", "refused", "17_3_b", True),
        ("erasure", "refused", "17_3_e", True),
        ("restriction", "refused", "18_1", False),
        ("portability", "partly_granted", "20_4", True),
        ("portability", "refused", "20_1", False),
        ("objection", "refused", "21_1", False),
        ("consent_withdrawal", "granted", "", False),
    ],
)
def test_a_second_person_is_asked_exactly_where_the_product_says_so(
    world: World, right: str, outcome: str, ground: str, asked: bool
) -> None:
    case = at.to_decision(world, right, details="Det här gäller min begäran.")
    at.decide(world, case, right, outcome, ground=ground)
    assert Approval.objects.exists() == asked
    assert bool(case.rights.get().outcome) == (not asked)


@pytest.mark.parametrize(
    ("systems", "asked"), [(["arkiv"], False), (["fakturering"], True), (["arkiv", "fakturering"], True)]
)
def test_an_erasure_of_marketing_data_alone_needs_no_second_person(
    world: World, systems: list[str], asked: bool
) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "granted", systems=[world.systems[key] for key in systems])
    assert Approval.objects.exists() == asked


@pytest.mark.parametrize("result", ["kept", "partly"])
@pytest.mark.parametrize("system", ["arkiv", "fakturering"])
def test_nothing_is_kept_of_an_erasure_that_was_granted_whole(world: World, system: str, result: str) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "granted", systems=[world.systems[system]])
    at.approve(world.lena, case)
    with pytest.raises(ValidationError) as caught:
        actions.report(actor=karin(world), case=case, action=case.actions.get(), result=result, note=at.NOTES["erase"])
    assert list(caught.value.message_dict) == ["result"]
    assert case.actions.get().result == ""


def test_what_is_kept_has_the_approved_ground_as_its_provision(world: World) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "partly_granted", ground="17_3_e", systems=[world.systems["arkiv"]])
    assert Approval.objects.count() == 1
    at.approve(world.lena, case)
    note = {name: text for name, text in at.NOTES["erase"].items() if name != "provision"}
    actions.report(actor=karin(world), case=case, action=case.actions.get(), result="kept", note=note)
    at.render_all()
    assert "17.3 e" in at.letter(case, "erasure", "erasure")


def test_a_part_is_never_kept_without_a_second_person_whatever_the_ground(world: World) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "partly_granted", ground="17_1", systems=[world.systems["arkiv"]])
    assert Approval.objects.exists()


def test_what_was_kept_is_asked_for_again_once_all_is_to_be_erased(world: World) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "partly_granted", ground="17_3_b", systems=[world.systems["arkiv"]])
    at.approve(world.lena, case)
    at.report_all(world, case, "kept")
    decisions.decide_again(actor=karin(world), case=case)
    at.decide(world, case, "erasure", "granted", systems=[world.systems["arkiv"]])
    row = case.actions.get()
    assert (row.state, row.result, row.note_enc) == ("asked", "", None)
    at.report_all(world, case)
    at.render_all()
    assert "17.3" not in at.letter(case, "erasure", "erasure")


def test_a_system_the_register_says_nothing_of_is_not_marketing_alone(world: World) -> None:
    world.systems["arkiv"].items.all().delete()
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "granted", systems=[world.systems["arkiv"]])
    assert Approval.objects.exists()


def masked(world: World, *keys: str, right: str = "access", rule: str = "") -> Case:
    case = at.to_review(world, right)
    for key in keys:
        at.mask(world, case, key, rule=rule)
    review.finish(actor=karin(world), case=case, confirmed=True)
    case.refresh_from_db()
    return case


@pytest.mark.parametrize("outcome", ["granted", "nothing_found"])
@pytest.mark.parametrize("right", ["access", "portability"])
def test_what_a_person_masked_cannot_be_granted_whole(world: World, right: str, outcome: str) -> None:
    case = masked(world, "m1", right=right)
    with pytest.raises(ValidationError) as caught:
        at.decide(world, case, right, outcome)
    assert list(caught.value.message_dict) == ["outcome"]
    assert Outcome(outcome) not in decisions.choices_of(case, right)


def test_the_ground_of_a_partial_grant_is_that_of_the_masks(world: World) -> None:
    case = masked(world, "m1")
    with pytest.raises(ValidationError) as caught:
        at.decide(world, case, "access", "partly_granted", ground="dsl_5_1")
    assert "15.4" in caught.value.message_dict["ground"][0]
    at.decide(world, case, "access", "partly_granted", ground="15_4")
    assert Approval.objects.count() == 1


def test_portability_names_the_provisions_of_its_own_article(world: World) -> None:
    assert decisions.mask_grounds(masked(world, "m1", right="portability"), "portability") == ["20_4"]


def test_what_a_standing_rule_masks_is_granted_without_a_second_person(world: World) -> None:
    case = masked(world, "m1", rule="staff_names")
    at.decide(world, case, "access", "granted")
    assert not Approval.objects.exists()
    assert case.state == "dispatching"


def test_an_approval_is_void_once_the_data_is_reviewed_anew(world: World) -> None:
    case = masked(world, "m1")
    at.decide(world, case, "access", "partly_granted", ground="15_4")
    (asked,) = decisions.approvals_for(world.lena)
    review.again(actor=karin(world), case=case)
    at.mask(world, case, "m2")
    review.finish(actor=karin(world), case=case, confirmed=True)
    case.refresh_from_db()
    assert decisions.approvals_for(world.lena) == []
    with pytest.raises(Approval.DoesNotExist):
        decisions.answer_approval(actor=Actor.staff(world.lena), approval=asked, approved=True)
    assert next_step(case, facts_of(case)).code == "decide"
    assert Event.objects.filter(kind="approval.voided").count() == 1


def test_an_approval_is_void_once_the_masks_are_others_than_were_shown(world: World) -> None:
    case = masked(world, "m1", "m2")
    at.decide(world, case, "access", "partly_granted", ground="15_4")
    (asked,) = decisions.approvals_for(world.lena)
    case.masks.order_by("pk").last().delete()  # type: ignore[union-attr]
    with pytest.raises(Conflict):
        decisions.answer_approval(actor=Actor.staff(world.lena), approval=asked, approved=True)
    assert masking.digest_of(case)


def test_the_second_person_sees_the_masked_items_and_nothing_else_of_the_data(world: World) -> None:
    case = masked(world, "m1")
    at.decide(world, case, "access", "partly_granted", ground="15_4")
    (asked,) = decisions.approvals_for(world.lena)
    items = decisions.view_approval(actor=Actor.staff(world.lena), approval=asked)
    shown = " ".join(text for item in items for text, _hidden in item.parts)
    assert "Karl Karlsson" in shown and "Tack!" not in shown
    assert Event.objects.filter(kind="approval.viewed").count() == 1


def test_who_decided_never_approves_even_when_the_person_may_approve(world: World) -> None:
    set_access(
        actor=karin(world), user=world.karin, roles=["coordinator", "legal"], works=[world.kund], oversees=[world.kund]
    )
    world.karin.__dict__.pop("_held_permissions", None)
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "refused", ground="17_3_b")
    assert decisions.approvals_for(world.karin) == []
    approval = Approval.objects.get()
    with pytest.raises(ValidationError):
        decisions.answer_approval(actor=karin(world), approval=approval, approved=True)
    approval.refresh_from_db()
    assert approval.answered_by_id is None


@pytest.mark.parametrize("name", ["anders", "sven", "ada", "root"])
def test_nobody_but_legal_of_the_team_approves(world: World, name: str) -> None:
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "refused", ground="17_3_b")
    user = getattr(world, name)
    grant_case(world, case, user)
    assert decisions.approvals_for(user) == []
    with pytest.raises(ValidationError):
        decisions.answer_approval(actor=Actor.staff(user), approval=Approval.objects.get(), approved=True)


def test_legal_of_another_team_does_not_approve(world: World) -> None:
    set_access(actor=karin(world), user=world.lena, roles=["legal"], works=[], oversees=[world.hr])
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "refused", ground="17_3_b")
    assert decisions.approvals_for(world.lena) == []
    with pytest.raises(Approval.DoesNotExist):
        decisions.answer_approval(actor=Actor.staff(world.lena), approval=Approval.objects.get(), approved=True)


def test_a_substitute_answers_as_the_first_one_would(world: World) -> None:
    second = type(world.lena).objects.create_user("bo@example.se", name="Bo")
    set_access(actor=karin(world), user=second, roles=["legal"], works=[], oversees=[world.kund])
    world.kund.approver, world.kund.substitute = world.lena, second
    world.kund.save()
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "refused", ground="17_3_b")
    Approval.objects.update(asked_at=timezone.now() - timedelta(days=9))
    at.approve(second, case)
    assert case.rights.get().outcome == "refused"
    assert Approval.objects.get().answered_by == second


def test_every_outcome_is_offered_for_some_right_and_none_that_ends_a_case_by_itself() -> None:
    from requests_app.domain.rights import DECIDED, outcomes_of

    offered = {outcome for right in Right for outcome in outcomes_of(right)}
    assert offered == DECIDED


def test_marketing_is_told_from_the_processings_of_the_register(world: World) -> None:
    Processing.objects.update(marketing=False)
    case = at.to_decision(world, "erasure")
    at.decide(world, case, "erasure", "granted", systems=[world.systems["arkiv"]])
    assert Approval.objects.exists()
