"""What services check before they begin."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation

from requests_app.models import User
from requests_app.services.audit import PERSON, SYSTEM, WORKER, Actor
from requests_app.services.checks import member_of_staff, too_long, written


def test_it_lets_only_people_of_staff_do_what_staff_does() -> None:
    user = User(pk=1, name="Karin Öberg")
    assert member_of_staff(Actor.staff(user)) is user
    for actor in (PERSON, WORKER, SYSTEM):
        with pytest.raises(ValidationError, match="Only a member of staff"), translation.override("en"):
            member_of_staff(actor)


def test_it_takes_a_text_of_just_the_limit_and_no_longer_one() -> None:
    assert written("note", "  abc\n", "Write it.", limit=3) == "abc"
    with pytest.raises(ValidationError) as longer:
        written("note", "abcd", "Write it.", limit=3)
    assert longer.value.message_dict == {"note": [too_long(3)]}
    with pytest.raises(ValidationError) as blank:
        written("note", " \n", "Write it.", limit=3)
    assert blank.value.message_dict == {"note": ["Write it."]}


def test_it_writes_the_limit_as_the_language_does() -> None:
    with translation.override("en"):
        assert too_long(20_000) == "The text may have at most 20,000 characters."
    with translation.override("sv"):
        assert "20\N{NO-BREAK SPACE}000" in too_long(20_000)
