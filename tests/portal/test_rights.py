"""Every right can be asked for in the portal, with what belongs to it, and taken back one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.domain.rights import Right
from requests_app.models import Action, Case, System
from requests_app.portal.choices import CHOICES, FIRST
from requests_app.services import actions, intake
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from tests.portal.world import Customer
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
ANSWERS = {
    "rectify_what": "My name",
    "rectify_right": "Anna",
    "erase_scope": "all",
    "restrict_what": "The readings of last winter",
    "restrict_why": "wrong",
    "move_to": "Another supplier",
    "object_to": "else",
    "object_why": "Being analysed",
}


def texts(case: Case) -> dict[str, str]:
    """What stands in the case about each right."""
    vault = Vault(case)
    return {right.right: intake.details_of(vault, right) for right in case.rights.all()}


def test_every_right_is_offered_and_explained_in_two_sentences(anna: Customer) -> None:
    page = anna.get("what")
    assert set(CHOICES) == set(Right) and len(FIRST) == 4
    for texts_of_right in CHOICES.values():
        assert all(str(sentence).endswith(".") for sentence in texts_of_right[1:]) and len(texts_of_right) == 3
        assert str(texts_of_right[1]) in page.text


def test_all_at_once_is_one_case_with_a_text_for_each(anna: Customer) -> None:
    anna.file(*(right.value for right in Right), **ANSWERS)
    assert texts(Case.objects.get()) == {
        "access": "",
        "rectification": "Wrong: My name\n\nRight: Anna",
        "erasure": "Everything that can be deleted.",
        "restriction": ("The readings of last winter\n\nWhy: The information is wrong, and you are looking into it"),
        "portability": "To be sent to: Another supplier",
        "objection": "Being analysed",
        "consent_withdrawal": "",
    }


def test_an_objection_to_advertising_needs_no_reason_and_stops_it(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "marketing_systems", lambda: list(System.objects.all()))
    anna.choose("objection")
    page = anna.send(object_to="else")
    assert "id_object_why_error" in page.ids
    anna.send(object_to="marketing")
    anna.send()
    anna.send()
    case = Case.objects.get()
    assert actions.against_marketing(case)


def test_no_more_advertising_needs_nothing_but_a_name(anna: Customer) -> None:
    anna.choose("consent_withdrawal")
    assert anna.path == "/begaran/ny/kontakt/"
    anna.send()
    anna.send()
    assert [right.right for right in Case.objects.get().rights.all()] == ["consent_withdrawal"]


def test_what_matters_most_is_a_wish_and_narrows_nothing(anna: Customer, world: World) -> None:
    system = System.objects.get(key="alfa")
    anna.file("access", "rectification", rectify_what="A", rectify_right="B", areas=[system.key])
    case = Case.objects.get()
    assert texts(case)["access"] == f"Matters most: {system.name_en}"
    assert texts(case)["rectification"] == "Wrong: A\n\nRight: B"
    assert case.collections.count() == len(list(System.objects.filter(profiles__key="customer", active=True)))


def test_one_of_several_things_is_taken_back_and_the_others_go_on(anna: Customer) -> None:
    anna.file("access", "erasure", erase_scope="all")
    case = Case.objects.get()
    anna.get("withdraw", case.ref)
    assert "id_what_error" in anna.send().ids
    anna.send(what="erasure")
    assert anna.path == f"/begaran/{case.ref}/"
    case.refresh_from_db()
    assert case.closed_at is None
    assert case.rights.get(right="erasure").outcome == "withdrawn" and not case.rights.get(right="access").outcome
    assert not Action.objects.filter(case=case, verb="erase").exists()
    anna.get("withdraw", case.ref)
    anna.send()
    case.refresh_from_db()
    assert case.closed_as == "withdrawn"


def test_nothing_of_weight_is_chosen_beforehand(anna: Customer) -> None:
    anna.get("what")
    assert anna.page.main.fields["rights"] == []
    page = anna.choose(*(right.value for right in CHOICES), whom="other")
    assert "capacity" not in page.main.fields
    page = anna.send(capacity="proxy", person_name="Greta Ek")
    assert not {"erase_scope", "restrict_why", "object_to"} & set(page.main.fields)
    assert "id_erase_scope_0" in page.ids and page.main.fields["areas"] == []
    anna.file("access", "erasure", erase_scope="some", erase_what="My old address")
    assert "what" not in anna.get("withdraw", Case.objects.get().ref).main.fields
