"""Registering by hand: quickly, with every fault at its field and nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.models import Case, CaseUserObjectPermission
from requests_app.services import intake
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

PAGE = "/admin/registrera/"


def sent(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    base = {"token": "t1", "channel": "phone", "received_on": today, "rights": ["access"], "name": "Eva Ek"}
    return {**base, "profile": "customer", "language": "sv", "team": "kund", **changes}


def test_it_opens_a_case_and_says_number_and_last_day(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    day = timezone.localdate() - timedelta(days=3)
    answer = karin.post(PAGE, sent(received_on=day.isoformat(), received_time="14:30"), follow=True)
    case = Case.objects.get()
    assert case.received_on == day
    assert case.diary_no in answer.content.decode()
    assert f"/admin/requests_app/case/{case.ref}/" in answer.content.decode()


def test_it_opens_one_case_for_a_button_pressed_twice(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    for _press in range(2):
        assert karin.post(PAGE, sent()).status_code == 302
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "handler"),
    [
        ({"handle": "on"}, "karin"),
        ({}, ""),
        ({"handle": "on", "team": "hr"}, ""),
        ({"handle": "on", "protected": "on"}, "karin"),
    ],
)
def test_who_registers_a_case_of_the_own_team_handles_it_when_that_is_ticked(
    world: World, browse: Callable[[User], Client], changes: dict[str, str], handler: str
) -> None:
    karin = browse(world.karin)
    assert karin.get(PAGE).context["form"]["handle"].value() is True
    assert karin.post(PAGE, sent(**changes)).status_code == 302
    assert Case.objects.get().handler == (getattr(world, handler) if handler else None)


def test_customer_service_is_not_asked_whether_it_handles_the_case(
    world: World, browse: Callable[[User], Client]
) -> None:
    assert 'name="handle"' not in browse(world.sven).get(PAGE).content.decode()


FAULTS = [
    ({"rights": []}, "rights"),
    ({"rights": ["abolition"]}, "rights"),
    ({"name": ""}, "name"),
    ({"name": "x" * 300}, "name"),
    ({"received_on": "2099-01-01"}, "received_on"),
    ({"received_on": "1999-01-01"}, "received_on"),
    ({"received_on": "i går"}, "received_on"),
    ({"received_time": "25:99"}, "received_time"),
    ({"personnummer": "19900118-9812"}, "personnummer"),
    ({"email": "inte en adress"}, "email"),
    ({"phone": "abc"}, "phone"),
    ({"channel": "pigeon"}, "channel"),
    ({"profile": "alien"}, "profile"),
    ({"team": "nobody"}, "team"),
    ({"rights": ["rectification"]}, "details_rectification"),
    ({"details_access": "x" * 1_000_000}, "details_access"),
    ({"address": "x" * 501}, "address"),
]


@pytest.mark.parametrize(("changes", "field"), FAULTS)
def test_it_says_what_is_wrong_at_the_field_and_keeps_the_rest(
    world: World, browse: Callable[[User], Client], changes: dict[str, Any], field: str
) -> None:
    page = browse(world.karin).post(PAGE, sent(external_no="HEM 2026/17", **changes))
    assert page.status_code == 422
    assert page.context["form"].errors[field]
    assert "HEM 2026/17" in page.content.decode()
    assert not Case.objects.exists()


def test_it_keeps_what_the_person_said(world: World, browse: Callable[[User], Client]) -> None:
    said = "Fakturan från mars. <b>Åäö</b> 🙂"
    browse(world.karin).post(PAGE, sent(rights=["access", "erasure"], details_erasure=said))
    case = Case.objects.get()
    assert intake.details_of(Vault(case), case.rights.get(right="erasure")) == said


def test_it_keeps_a_protected_case_for_whoever_registered_it(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    karin.post(PAGE, sent(protected="on"))
    case = Case.objects.get()
    assert case.protected
    assert CaseUserObjectPermission.objects.filter(content_object=case, user=world.karin).exists()
    assert karin.get(f"/admin/requests_app/case/{case.ref}/").status_code == 200
