"""A question to legal with exactly the chosen records: who sees it, what they see, and how the answer comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from requests_app.domain.records import Kind
from requests_app.models import Collection, Event, Notice, Referral
from requests_app.services import cases, gathering, referrals
from requests_app.services.audit import PERSON, Actor, log_of
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.next_step import facts_of, next_step
from requests_app.services.staff import set_access
from tests.services import rights_world as at
from tests.world import World, grant_case, identified, open_case, put_records, record

if TYPE_CHECKING:
    from requests_app.models import Case, User
    from requests_app.services.referrals import Item

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world: World) -> Case:
    return at.to_review(world, "access")


def item(key: str, system: str = "fakturering", category: str = "chatt") -> Item:
    return {"system": system, "category": category, "record": key}


def ask(world: World, case: Case, *keys: str) -> Referral:
    return referrals.ask(
        actor=Actor.staff(world.karin),
        case=case,
        question="Får vi lämna ut det här?",
        items=[item(key) for key in keys],
    )


def test_legal_reads_the_question_and_exactly_the_chosen_records(world: World, case: Case) -> None:
    asked = ask(world, case, "m2")
    opened = referrals.opened(actor=Actor.staff(world.lena), referral=asked)
    assert opened.question == "Får vi lämna ut det här?"
    (read,) = opened.records
    assert (read.system, read.category) == ("Fakturering", "Chatt")
    assert [text for _name, text in read.pairs] == ["Hans nummer är hemligt."]
    event = Event.objects.get(kind="referral.opened")
    assert event.actor_ref.startswith(f"user:{world.lena.pk}")


def test_legal_reads_masked_records_unmasked(world: World, case: Case) -> None:
    at.mask(world, case, "m1")
    opened = referrals.opened(actor=Actor.staff(world.lena), referral=ask(world, case, "m1"))
    assert "Karl Karlsson" in opened.records[0].pairs[0][1]


@pytest.mark.parametrize(("lang", "who"), [("sv", "Maria (personal)"), ("en", "Maria (staff)")])
def test_legal_reads_who_said_it_in_words_of_the_own_language(world: World, lang: str, who: str) -> None:
    case = identified(world, open_case(world))
    message = record("chatt", Kind.CONVERSATION, **{"text": "Hej!", "role": "staff", "from": "Maria"})
    put_records(case, "fakturering", [replace(message, key="m1")])
    with translation.override(lang):
        (read,) = referrals.opened(actor=Actor.staff(world.lena), referral=ask(world, case, "m1")).records
    assert [text for _name, text in read.pairs] == [who, "Hej!"]


def test_a_plain_question_shows_no_data(world: World, case: Case) -> None:
    opened = referrals.opened(actor=Actor.staff(world.lena), referral=ask(world, case))
    assert opened.records == ()


def test_a_record_that_is_gone_after_another_search_is_said_to_be_gone(world: World, case: Case) -> None:
    asked = ask(world, case, "m1")
    gathering.search_system(actor=Actor.staff(world.karin), case=case, system=world.systems["fakturering"])
    assert Collection.objects.filter(case=case, system__key="fakturering", current=True).get().records == 0
    (read,) = referrals.opened(actor=Actor.staff(world.lena), referral=asked).records
    assert read.pairs == ()


@pytest.mark.parametrize("chosen", [item("finns-inte"), item("m1", "arkiv"), item("m1", category="annan")])
def test_what_is_not_in_the_case_cannot_be_asked_about(world: World, case: Case, chosen: Item) -> None:
    with pytest.raises(ValidationError):
        referrals.ask(actor=Actor.staff(world.karin), case=case, question="Vad gäller?", items=[chosen])
    assert not Referral.objects.exists()


def test_a_question_needs_words_and_a_bounded_number_of_records(world: World, case: Case) -> None:
    with pytest.raises(ValidationError) as caught:
        referrals.ask(actor=Actor.staff(world.karin), case=case, question=" ")
    assert "question" in caught.value.message_dict
    too_many = [item(f"m{number}") for number in range(referrals.MOST_ITEMS + 1)]
    with pytest.raises(ValidationError):
        referrals.ask(actor=Actor.staff(world.karin), case=case, question="Alla?", items=too_many)


@pytest.mark.parametrize("name", ["karin", "anders", "sven", "ada", "root"])
def test_a_question_is_not_there_for_anybody_but_legal_of_the_team(world: World, case: Case, name: str) -> None:
    asked = ask(world, case, "m1")
    user: User = getattr(world, name)
    grant_case(world, case, user)
    assert not referrals.waiting_for(user).exists()
    with pytest.raises(Referral.DoesNotExist):
        referrals.get(user, case.ref, 1)
    with pytest.raises(Referral.DoesNotExist):
        referrals.answer(actor=Actor.staff(user), referral=asked, answer="Ja.")


def test_a_question_is_not_there_for_legal_of_another_team(world: World, case: Case) -> None:
    set_access(actor=Actor.staff(world.karin), user=world.lena, roles=["legal"], works=[], oversees=[world.hr])
    ask(world, case, "m1")
    assert not referrals.waiting_for(world.lena).exists()
    with pytest.raises(Referral.DoesNotExist):
        referrals.get(world.lena, case.ref, 1)


def test_of_a_protected_case_legal_sees_what_it_was_asked_about(world: World, case: Case) -> None:
    cases.protect(actor=Actor.staff(world.karin), case=case, protected=True)
    ask(world, case, "m1")
    found = referrals.get(world.lena, case.ref, 1)
    assert len(referrals.opened(actor=Actor.staff(world.lena), referral=found).records) == 1


def test_the_answer_comes_back_to_the_case_as_its_next_step(world: World, case: Case) -> None:
    asked = ask(world, case)
    waiting = next_step(case, facts_of(case))
    assert (waiting.code, waiting.waiting) == ("referral_awaited", True)
    referrals.answer(actor=Actor.staff(world.lena), referral=asked, answer="Ja, men dölj numret.")
    asked.refresh_from_db()
    assert referrals.answer_of(Vault(case), asked) == "Ja, men dölj numret."
    assert next_step(case, facts_of(case)).code == "referral_answered"
    referrals.withdraw(actor=Actor.staff(world.karin), referral=asked)
    assert next_step(case, facts_of(case)).code == "review"
    kinds = [entry.event.kind for entry in log_of(case)]
    assert {"referral.asked", "referral.answered", "referral.noted"} <= set(kinds)


def test_legal_is_told_of_a_question_and_the_coordinator_of_the_answer(world: World, case: Case) -> None:
    asked = ask(world, case)
    assert Notice.objects.filter(kind="referral_asked", user=world.lena).count() == 1
    referrals.answer(actor=Actor.staff(world.lena), referral=asked, answer="Ja.")
    assert Notice.objects.filter(kind="referral_answered", user=world.karin).count() == 1


def test_a_question_is_answered_once(world: World, case: Case) -> None:
    asked = ask(world, case)
    referrals.answer(actor=Actor.staff(world.lena), referral=asked, answer="Ja.")
    with pytest.raises(Conflict):
        referrals.answer(actor=Actor.staff(world.lena), referral=asked, answer="Nej.")


def test_a_question_that_was_taken_back_is_not_there_any_more(world: World, case: Case) -> None:
    asked = ask(world, case, "m1")
    referrals.withdraw(actor=Actor.staff(world.karin), referral=asked)
    with pytest.raises(Referral.DoesNotExist):
        referrals.get(world.lena, case.ref, 1)
    with pytest.raises(Conflict):
        referrals.answer(actor=Actor.staff(world.lena), referral=asked, answer="Ja.")
    assert next_step(case, facts_of(case)).code == "review"


def test_legal_who_asked_is_not_who_answers(world: World, case: Case) -> None:
    asked = referrals.ask(actor=Actor.staff(world.lena), case=case, question="Vad gäller?")
    assert not referrals.waiting_for(world.lena).exists()
    with pytest.raises(ValidationError):
        referrals.answer(actor=Actor.staff(world.lena), referral=asked, answer="Ja.")


def test_a_closed_case_can_be_asked_about(world: World, case: Case) -> None:
    cases.withdraw(actor=PERSON, case=case)
    ask(world, case, "m1")
    assert referrals.waiting_for(world.lena).count() == 1


def test_questions_are_numbered_in_their_case(world: World, case: Case) -> None:
    first, second = ask(world, case), ask(world, case, "m1")
    assert (referrals.number_of(first), referrals.number_of(second)) == (1, 2)
    assert referrals.get(world.lena, case.ref, 2) == second
    assert referrals.question_of(Vault(case), second) == "Får vi lämna ut det här?"


def test_nothing_of_question_or_records_stands_readable_in_the_database(world: World, case: Case) -> None:
    asked = ask(world, case, "m1")
    asked.refresh_from_db()
    assert "lämna ut".encode() not in bytes(asked.question_enc)
    assert b"fakturering" not in bytes(asked.items_enc or b"")
