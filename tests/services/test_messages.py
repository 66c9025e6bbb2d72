"""Messages between the person and us."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from requests_app.domain.channels import MessageChannel
from requests_app.models import CaseMessage, Event, Notice, OutgoingMail
from requests_app.services import keys, mail_words, messages, people
from requests_app.services.audit import PERSON, Actor, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.next_step import facts_of, next_step
from tests.world import World, make_world, open_case

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.models import Case

pytestmark = pytest.mark.django_db
TEXT = "När får jag svar? Jag bor på Ängsvägen."


@pytest.fixture
def world(var: Path) -> World:
    return make_world()


@pytest.fixture
def case(world: World) -> Case:
    return open_case(world)


def _write(case: Case, text: str = TEXT, **options: object) -> CaseMessage:
    told = {"actor": PERSON, "direction": messages.IN, "channel": MessageChannel.API, **options}
    return messages.post(case=case, text=text, **told)  # type: ignore[arg-type]


def test_a_message_is_sealed_and_the_handler_is_told(case: Case) -> None:
    made = _write(case)
    assert TEXT.encode() not in bytes(made.body_enc)
    assert [(item.text, item.direction, item.by) for item in messages.messages_of(case)] == [(TEXT, "in", "")]
    assert Notice.objects.filter(kind="person_replied", params__what="message").exists()
    assert Event.objects.filter(kind="message.posted", case_ref=case.ref, actor_ref="person").exists()


def test_the_same_message_twice_is_one(case: Case, world: World) -> None:
    first, second = (_write(case, idem_key="k") for _ in range(2))
    assert first == second and Event.objects.filter(kind="message.posted").count() == 1
    with pytest.raises(ValidationError):
        _write(open_case(world), idem_key="k")


@pytest.mark.parametrize("text", ["", "  \n", "x" * 20_001])
def test_a_message_must_say_something_of_sane_length(case: Case, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        _write(case, text)
    assert list(caught.value.message_dict) == ["text"]


def test_the_person_is_mailed_that_there_is_a_message_and_not_what_it_says(case: Case, world: World) -> None:
    karin = {"actor": Actor.staff(world.karin), "direction": messages.OUT}
    _write(case, **karin)
    assert not OutgoingMail.objects.filter(kind="message").exists()  # no address was held before the request
    with unit(PERSON) as work:
        people.add_identifier(
            work,
            case,
            people.subject_of(case),
            Vault(case),
            kind=people.IdentifierKind.EMAIL,
            value="held@example.se",
            source="fakturering",
            strong=True,
        )
    _write(case, **karin)
    said = mail_words.text_of(OutgoingMail.objects.get(kind="message"))
    assert case.diary_no in said.body and "meddelande" in said.body and "Ängsvägen" not in said.subject + said.body
    assert messages.messages_of(case)[-1].by == "Karin"


def test_reading_is_noted_once(case: Case, world: World) -> None:
    _write(case, actor=Actor.staff(world.karin), direction=messages.OUT)
    assert messages.unread(case, messages.OUT) == 1
    assert [messages.mark_read(actor=PERSON, case=case, direction=messages.OUT) for _ in range(2)] == [1, 0]
    assert messages.unread(case, messages.OUT) == 0 and Event.objects.filter(kind="message.read").count() == 1


def test_an_unread_message_is_the_next_step_unless_something_is_urgent(case: Case, world: World) -> None:
    before = next_step(case, facts_of(case)).code
    _write(case)
    step = next_step(case, facts_of(case))
    assert (step.code, step.anchor, step.waiting) == ("read_message", "messages", False) and before != step.code
    urgent = facts_of(case)
    urgent.came_back = "bounced"
    assert next_step(case, urgent).code == "came_back"
    _write(case, actor=Actor.staff(world.karin), direction=messages.OUT)
    messages.mark_read(actor=Actor.staff(world.karin), case=case, direction=messages.IN)
    assert next_step(case, facts_of(case)).code == before


def test_a_message_goes_with_the_key_of_its_case(case: Case) -> None:
    made = _write(case)
    keys.destroy(case, DOSSIER)
    assert messages.message_of(case, made.ref).text == ""
    with pytest.raises(keys.KeyDestroyed):
        _write(case)
