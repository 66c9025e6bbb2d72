"""What the letters say of what was corrected, erased and kept: nothing that is not so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError

from requests_app.models import ItemRecipient, ProcessingItem, Recipient
from requests_app.services import actions, case_rights, decisions, links
from requests_app.services.audit import Actor, unit
from requests_app.services.moves import lock
from tests.services import rights_world as at
from tests.world import PERSONNUMMER, open_case

if TYPE_CHECKING:
    from requests_app.models import Case
    from tests.world import World

pytestmark = pytest.mark.django_db
NOBODY = "Vi har inte lämnat uppgifterna till någon annan"
WHOEVER = "Om någon annan har fått uppgifterna från oss"


@pytest.fixture
def world(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """One whose documents are quickly made, and with a system for nothing but marketing."""
    return at.quick_world(world, monkeypatch)


def report(world: World, case: Case, result: str, **note: str) -> None:
    for action in case.actions.filter(state="asked").select_related("system"):
        actions.report(actor=Actor.staff(world.karin), case=case, action=action, result=result, note=note)


def decided(world: World, right: str, outcome: str, **more: Any) -> Case:
    case = at.to_decision(world, right, details="Adressen är fel.")
    at.decide(world, case, right, outcome, **more)
    at.approve(world.lena, case)
    return case


def test_a_law_that_the_report_adds_stands_beside_the_ground_of_the_decision(world: World) -> None:
    case = decided(world, "erasure", "partly_granted", ground="17_3_b")
    report(
        world, case, "kept", what="Fakturor", provision="7 kap. 2 § bokföringslagen", reasons="Bokföring", until="2033"
    )
    at.render_all()
    text = at.letter(case, "erasure", "erasure")
    assert "Artikel 17.3 b" in text
    assert "7 kap. 2 § bokföringslagen" in text


@pytest.mark.parametrize("result", sorted(actions.KEPT))
@pytest.mark.parametrize("right", ["rectification", "erasure", "restriction", "objection"])
def test_what_was_granted_whole_is_done_in_every_system(world: World, right: str, result: str) -> None:
    case = decided(world, right, "granted")
    action = case.actions.select_related("system").earliest("pk")
    with pytest.raises(ValidationError) as refused:
        report(world, case, result, **at.NOTES[action.verb])
    (said,) = refused.value.message_dict["result"]
    assert said.startswith(f"{action.system}: ")
    action.refresh_from_db()
    assert action.state == "asked"


@pytest.mark.parametrize(("right", "ground"), [("restriction", "18_1"), ("objection", "21_1")])
def test_what_is_left_as_it_was_has_the_ground_of_the_decision_in_the_letter(
    world: World, right: str, ground: str
) -> None:
    case = decided(world, right, "partly_granted", ground=ground)
    at.report_all(world, case, "kept")
    at.render_all()
    assert f"Artikel {ground.replace('_', '.')}" in at.letter(case, right, right)


@pytest.mark.parametrize("right", ["restriction", "objection"])
def test_what_was_left_as_it_was_is_asked_for_again_once_all_is_granted(world: World, right: str) -> None:
    case = decided(world, right, "partly_granted", ground={"restriction": "18_1", "objection": "21_1"}[right])
    at.report_all(world, case, "kept")
    decisions.decide_again(actor=Actor.staff(world.karin), case=case)
    at.decide(world, case, right, "granted")
    assert set(case.actions.values_list("state", "result")) == {("asked", "")}


def test_a_refused_correction_without_values_has_no_empty_lines(world: World) -> None:
    case = decided(world, "rectification", "partly_granted", ground="16")
    report(world, case, "kept", reasons="Adressen stämmer.")
    at.render_all()
    text = at.letter(case, "rectification", "rectification")
    assert "Adressen stämmer." in text
    assert "Du ville ha" not in text
    assert ": </td>" not in text


def test_what_was_corrected_is_not_told_as_what_was_refused(world: World) -> None:
    case = decided(world, "rectification", "partly_granted", ground="16")
    report(world, case, "partly", field="Adress", old="Storgatan 1", new="Storgatan 2", reasons="Namnet stämmer.")
    at.render_all()
    text = at.letter(case, "rectification", "rectification")
    assert "Storgatan 2" in text
    assert "Du ville ha" not in text


@pytest.mark.parametrize(
    ("right", "verb"), [("rectification", "rectify"), ("erasure", "erase"), ("restriction", "restrict")]
)
def test_that_nobody_got_the_data_is_said_only_where_the_register_knows_it(world: World, right: str, verb: str) -> None:
    ProcessingItem.objects.update(assumption=True, confirmed_at=None)
    case = decided(world, right, "granted")
    report(world, case, "done", **at.NOTES[verb])
    at.render_all()
    text = at.letter(case, right, right)
    assert (NOBODY in text, WHOEVER in text) == (False, True), "nobody has vouched for the register"


def test_a_register_that_is_vouched_for_and_names_no_recipient_says_so(world: World) -> None:
    case = decided(world, "rectification", "granted")
    report(world, case, "done", **at.NOTES["rectify"])
    at.render_all()
    assert NOBODY in at.letter(case, "rectification", "rectification")


def test_where_somebody_gets_the_data_the_letter_never_says_that_nobody_does(world: World) -> None:
    item = ProcessingItem.objects.filter(system__key="fakturering").earliest("pk")
    ItemRecipient.objects.create(
        item=item, recipient=Recipient.objects.create(key="cgi", name_sv="CGI", name_en="CGI", role="processor")
    )
    case = decided(world, "rectification", "granted")
    report(world, case, "done", **at.NOTES["rectify"])
    at.render_all()
    text = at.letter(case, "rectification", "rectification")
    assert (NOBODY in text, WHOEVER in text) == (False, True)


@pytest.mark.parametrize("beside", [(), ("restriction",)])
def test_an_objection_that_was_refused_is_open_again_when_one_to_marketing_is_joined(
    world: World, beside: tuple[str, ...]
) -> None:
    """The part about marketing is granted by itself: it cannot be refused (Art. 21(2)-(3))."""
    karin = Actor.staff(world.karin)
    first = at.to_decision(world, "objection", *beside, details="Min läcka.", personnummer=PERSONNUMMER)
    at.decide(world, first, "objection", "refused", ground="21_1", reasons="Läckor måste hittas.")
    second = open_case(world, rights=["access"], personnummer=PERSONNUMMER)
    case_rights.add(actor=karin, case=second, right="objection", said="Ingen reklam.", against_marketing=True)
    links.join(actor=karin, case=second, other=first.diary_no)
    first.refresh_from_db()
    assert first.state in {"deciding", "gathering"}
    assert first.rights.get(right="objection").outcome == ""
    assert not first.renders.filter(right="objection", superseded=False).exists()
    with pytest.raises(ValidationError):
        at.decide(world, first, "objection", "refused", ground="21_1")


def test_the_letters_then_grant_what_is_marketing_and_refuse_the_rest(world: World) -> None:
    karin = Actor.staff(world.karin)
    first = at.to_decision(world, "objection", details="Min läcka.", personnummer=PERSONNUMMER)
    at.decide(world, first, "objection", "refused", ground="21_1", reasons="Läckor måste hittas.")
    at.render_all()
    second = open_case(world, rights=["objection"], details="Ingen reklam.", personnummer=PERSONNUMMER)
    with unit(karin) as work:
        actions.plan_stop(work, lock(second))
    links.join(actor=karin, case=second, other=first.diary_no)
    first.refresh_from_db()
    at.decide(world, first, "objection", "partly_granted", ground="21_1", reasons="Läckor måste hittas.", systems=[])
    report(world, first, "done", **at.NOTES["stop_marketing"])
    at.render_all()
    said = at.letter(first, "objection", "objection")
    assert "Nyhetsbrevet" in said and "Du har alltid rätt att säga nej till reklam" in said
    assert "Läckor måste hittas." in at.letter(first, "refusal", "objection")


def test_an_objection_that_is_answered_takes_no_other_in(world: World) -> None:
    first = at.to_decision(world, "objection", "restriction", details="Min läcka.", personnummer=PERSONNUMMER)
    at.decide(world, first, "objection", "refused", ground="21_1", reasons="Läckor måste hittas.")
    first.rights.filter(right="objection").update(dispatched_at=first.received_at)
    second = open_case(world, rights=["objection"], details="Ingen reklam.", personnummer=PERSONNUMMER)
    with pytest.raises(ValidationError) as refused:
        links.join(actor=Actor.staff(world.karin), case=second, other=first.diary_no)
    assert "other" in refused.value.message_dict
    second.refresh_from_db()
    assert second.state != "closed"
