"""Where a letter sends the person: to pages that open the case, by the name and address they go by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.utils import translation

from requests_app.domain.rights import Channel
from requests_app.services import letter_rights
from tests.world import open_case

if TYPE_CHECKING:
    from requests_app.models import Case
    from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english(settings: Any) -> Any:
    """Letters in English, from a portal with an address."""
    settings.BASE_URL = "https://dina.hem.example/"
    with translation.override("en"):
        yield


@pytest.fixture
def case(world: World) -> Case:
    made = open_case(world)
    made.delivery_wish = "portal"
    return made


def test_who_came_by_the_portal_is_sent_there_by_its_own_name(case: Case) -> None:
    case.channel = Channel.PORTAL.value
    case.parties.update(login_mac=b"x" * 32)
    for said in (letter_rights.how_to_answer(case), letter_rights.delivered(case)):
        assert "Your personal data, https://dina.hem.example" in said and "Mina sidor" not in said


def test_who_asked_in_another_system_logs_in_there(case: Case) -> None:
    case.channel = Channel.API.value
    case.parties.update(login_mac=b"x" * 32)
    for said in (letter_rights.how_to_answer(case), letter_rights.delivered(case)):
        assert "where you made your request" in said and "https" not in said


def test_who_has_no_login_is_not_told_to_log_in(case: Case) -> None:
    case.parties.update(login_mac=None)
    assert "og in" not in letter_rights.how_to_answer(case)
