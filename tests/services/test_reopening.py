"""A closed case taken up again."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Outcome
from requests_app.domain.states import Move
from requests_app.models import Batch, Case, CaseKey, CaseRight, Identifier
from requests_app.services import cases, gathering, keys, people, reopening
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import GATHERED, Vault
from requests_app.services.moves import Conflict, lock, move
from tests.world import PERSONNUMMER, World, gathered, identified, open_case

pytestmark = pytest.mark.django_db


def answered(world: World) -> Case:
    """A case whose answer has left."""
    case = gathered(world, open_case(world, personnummer=PERSONNUMMER))
    now = timezone.now()
    CaseRight.objects.filter(case=case).update(outcome="granted", dispatched_at=now)
    Case.objects.filter(pk=case.pk).update(state="dispatching", dispatched_at=now)
    with unit(Actor.staff(world.karin)) as work:
        case = lock(case)
        move(work, case, Move.DISPATCH, closed_as=Outcome.GRANTED)
        cases.wind_up(case)
    case.refresh_from_db()
    return case


def again(world: World, case: Case, **changed: object) -> None:
    asked = {"reason": "correction", "note": "Fel bilaga.", "rights": ["access"]} | changed
    reopening.reopen(actor=Actor.staff(world.karin), case=case, **asked)  # type: ignore[arg-type]
    case.refresh_from_db()


def test_it_takes_an_answered_case_back_to_the_decision_and_keeps_when_it_was_answered(world: World) -> None:
    case = answered(world)
    answered_at, closed_at = case.dispatched_at, case.closed_at
    again(world, case)
    assert (case.state, case.closed_at, case.closed_as) == ("deciding", None, "")
    assert case.dispatched_at == answered_at
    right = case.rights.get()
    assert (right.outcome, right.dispatched_at) == ("", None)
    made = case.reopenings.get()
    assert (made.closed_at, made.closed_as) == (closed_at, "granted")
    assert reopening.note_of(Vault(case), made) == "Fel bilaga."


def test_it_begins_with_the_identity_where_nobody_was_identified(world: World) -> None:
    case = open_case(world)
    cases.close_unidentified(actor=Actor.staff(world.karin), case=case, tried="Ringde.", needed="Kundnummer.")
    again(world, case, reason="identified")
    assert case.state == "identifying"
    identified(world, case)
    assert case.state == "gathering"


def test_it_goes_on_by_itself_when_a_withdrawn_case_knew_who_asked(world: World) -> None:
    case = identified(world, open_case(world))
    cases.withdraw(actor=Actor.staff(world.karin), case=case)
    again(world, case, reason="other")
    assert case.state == "gathering"


def test_it_says_what_was_wiped_and_takes_the_number_again(world: World) -> None:
    case = answered(world)
    assert len(reopening.again(case)) == 1
    again(world, case)
    gathering.add_identifier(
        actor=Actor.staff(world.karin), case=case, kind=IdentifierKind.PERSONNUMMER, value=PERSONNUMMER
    )
    number = Identifier.objects.get(party__case=case, kind="personnummer")
    assert people.value_of(Vault(case), number) == "199001189811"
    assert reopening.again(case) == []


def test_it_gathers_anew_when_the_gathered_data_is_gone(world: World) -> None:
    case = answered(world)
    keys.destroy(case, GATHERED)
    assert len(reopening.again(case)) == 2
    again(world, case)
    assert case.state == "gathering"
    assert CaseKey.objects.get(case=case, purpose=GATHERED).destroyed_at is None
    assert case.collections.filter(current=True).count() == 2
    gathered(world, case)
    assert case.state == "review"


def test_nothing_that_the_old_key_sealed_remains_after_a_restore_without_it(world: World) -> None:
    case = answered(world)
    sealed = Identifier.objects.filter(party__case=case, kind="email")
    assert sealed.get().value_enc is not None
    CaseKey.objects.filter(case=case, purpose=GATHERED).update(wrapped=None, destroyed_at=timezone.now())
    again(world, case)
    vault = Vault(case)
    assert people.value_of(vault, sealed.get()) == ""  # opened with the new key it would be broken
    assert people.person_of(case, vault).name == "Anna Andersson"
    assert not Batch.objects.filter(collection__case=case).exists()
    (said,) = reopening.again(case)
    assert "raderades" in said  # each detail has to be entered again
    assert "personnumret" not in said.lower()  # which is only said when nothing else is gone
    gathering.add_identifier(
        actor=Actor.staff(world.karin), case=case, kind=IdentifierKind.PERSONNUMMER, value=PERSONNUMMER
    )
    assert reopening.again(case) == [said]
    gathering.add_identifier(
        actor=Actor.staff(world.karin), case=case, kind=IdentifierKind.EMAIL, value="anna@example.se"
    )
    assert reopening.again(case) == []


@pytest.mark.parametrize(
    ("wrong", "field"), [({"reason": "whim"}, "reason"), ({"note": ""}, "note"), ({"rights": []}, "rights")]
)
def test_it_wants_a_reason_and_a_right(world: World, wrong: dict[str, object], field: str) -> None:
    case = answered(world)
    with pytest.raises(ValidationError) as error:
        again(world, case, **wrong)
    assert set(error.value.message_dict) == {field}


def test_it_reopens_no_open_case(world: World) -> None:
    with pytest.raises(Conflict):
        again(world, open_case(world))
