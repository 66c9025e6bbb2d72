"""Filing a request in the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.models import Case, Identifier
from requests_app.services import people
from tests.portal.world import ANNA

if TYPE_CHECKING:
    from tests.portal.world import Customer

pytestmark = pytest.mark.django_db


def test_a_request_becomes_a_case_with_number_and_last_day(anna: Customer) -> None:
    page = anna.file("access", email="anna.lindqvist@example.se", phone="070-174 06 05")
    case = Case.objects.get()
    assert anna.path == f"/begaran/{case.ref}/mottagen/"
    assert case.diary_no in page.text
    assert str(case.due_on.day) in page.text and str(case.due_on.year) in page.text
    assert (case.channel, case.profile, case.state, case.delivery_wish) == ("portal", "customer", "gathering", "portal")
    assert people.person_of(case).name == ANNA[0]
    assert case.identity.level == "demo"
    known = set(Identifier.objects.values_list("kind", "source", "strength"))
    assert known == {
        ("personnummer", "login", "strong"),
        ("email", "request", "weak"),
        ("phone", "request", "weak"),
    }
