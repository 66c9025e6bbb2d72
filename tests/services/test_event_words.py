"""The log in words."""

from __future__ import annotations

import pytest

from requests_app.domain.events import KINDS
from requests_app.models import Event
from requests_app.services import event_words
from requests_app.services.event_words import SENTENCES, Names


def test_it_has_a_sentence_for_every_kind_of_event() -> None:
    assert set(KINDS) - set(SENTENCES) == set()


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_it_says_something_even_when_the_details_are_gone(kind: str) -> None:
    said = event_words.sentence(Event(seq=1, kind=kind, schema_v=1), {}, Names([]))
    assert said
    assert "%(" not in said


def test_it_names_a_person_as_the_log_kept_the_name() -> None:
    assert event_words.actor("user:7:Karin: Ek") == "Karin: Ek"
