"""Who gets in where. Each page meets everybody; not yours looks like not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from requests_app.admin.case_actions import ACTIONS
from requests_app.models import Case, Event
from requests_app.services import files
from requests_app.services.keys import Vault
from tests.world import World, gathered, grant_case, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.models import User

STRANGERS = ("anders", "lena", "sven", "ada", "root")


@pytest.fixture
def case(world: World) -> Case:
    """A case of Karin's team with data in it and a file."""
    return gathered(world, open_case(world, personnummer="19900118-9811"))


def pages_of(case: Case) -> list[str]:
    """Every page of one case that can be looked at."""
    stored = files.store(case, Vault(case), purpose="dossier", kind="extract", name="x.pdf", data=b"%PDF-1.7", pages=1)
    here = f"/admin/requests_app/case/{case.ref}/"
    return [
        here,
        f"{here}lage/",
        f"{here}fil/{stored.ref}/",
        f"{here}pdf/{stored.ref}/",
        f"{here}uppgifter/fakturering/fakturor/",
    ]


def test_it_shows_a_case_to_the_team_that_works_it(world: World, case: Case, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    for page in pages_of(case):
        assert karin.get(page).status_code in {200, 204}, page
    assert karin.get(f"/admin/requests_app/case/{case.ref}/forhandsvisning/").status_code == 302


@pytest.mark.parametrize("name", STRANGERS)
def test_it_hides_a_case_from_everybody_else(
    world: World, case: Case, browse: Callable[[User], Client], name: str
) -> None:
    stranger = browse(world.everyone()[name])
    before = Event.objects.filter(kind="case.viewed").count()
    for page in [*pages_of(case), f"/admin/requests_app/case/{case.ref}/forhandsvisning/"]:
        assert stranger.get(page).status_code == 404, page
    assert stranger.get("/admin/requests_app/case/01ARZ3NDEKTSV4RRFFQ69G5FAV/").status_code == 404
    assert Event.objects.filter(kind="case.viewed").count() == before


@pytest.mark.parametrize("name", STRANGERS)
def test_it_lets_nobody_else_do_anything_with_a_case(
    world: World, case: Case, browse: Callable[[User], Client], name: str
) -> None:
    stranger = browse(world.everyone()[name])
    identifier = case.parties.get().identifiers.first()
    for action in ACTIONS:
        assert stranger.post(f"/admin/requests_app/case/{case.ref}/gor/{action}/", {"text": "x"}).status_code == 404, (
            action
        )
    assert stranger.post(f"/admin/requests_app/case/{case.ref}/visa/{identifier.pk}/").status_code == 404
    case.refresh_from_db()
    assert case.state == "review"
    assert not case.notes.exists()


def test_it_hides_a_protected_case_from_its_own_team(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, protected=True)
    page = f"/admin/requests_app/case/{case.ref}/"
    karin = browse(world.karin)
    assert karin.get(page).status_code == 404
    assert case.diary_no not in karin.get("/admin/requests_app/case/").content.decode()
    grant_case(world, case, world.karin)
    assert browse(world.karin).get(page).status_code == 200


def test_it_keeps_a_case_in_sight_of_whoever_protects_it(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    karin = browse(world.karin)
    assert karin.post(f"/admin/requests_app/case/{case.ref}/gor/protect/on/").status_code == 302
    assert karin.get(f"/admin/requests_app/case/{case.ref}/").status_code == 200


def test_it_sends_whoever_is_not_logged_in_to_the_login(world: World, case: Case) -> None:
    places = [
        reverse(f"admin:{name}")
        for name in ("index", "register_request", "overdue", "approvals", "statements", "record")
    ]
    for page in [*pages_of(case), *places, "/admin/requests_app/case/"]:
        response = Client().get(page)
        assert response.status_code == 302, page
        assert "/admin/login/" in response["Location"]


PLACES = {
    "requests_app_case_changelist": {"karin", "anders"},
    "register_request": {"karin", "anders", "sven"},
    "overdue": {"lena"},
    "approvals": {"lena"},
    "statements": {"lena", "ada"},
    "record": {"karin", "anders", "lena", "ada"},
    "requests_app_system_changelist": {"lena", "ada", "root"},
    "requests_app_processing_changelist": {"lena", "ada", "root"},
    "requests_app_registerrow_changelist": {"lena", "ada", "root"},
    "requests_app_user_changelist": {"ada", "root"},
    "requests_app_team_changelist": {"ada", "root"},
    "requests_app_policy_add": {"lena", "ada", "root"},
}


@pytest.mark.parametrize("place", PLACES)
def test_it_opens_each_place_to_those_whose_work_it_is(
    world: World, browse: Callable[[User], Client], place: str
) -> None:
    for name, user in world.everyone().items():
        status = browse(user).get(reverse(f"admin:{place}")).status_code
        assert status == (200 if name in PLACES[place] else 403), (place, name, status)


@pytest.mark.parametrize("name", ["karin", "anders", "lena", "sven", "ada", "root"])
def test_it_shows_in_the_menu_only_what_opens(world: World, browse: Callable[[User], Client], name: str) -> None:
    somebody = browse(world.everyone()[name])
    start = somebody.get("/admin/", follow=True)
    assert start.status_code == 200
    links = [item["link"] for group in start.context["sidebar_navigation"] for item in group["items"]]
    for link in links:
        assert somebody.get(link, follow=True).status_code == 200, link


def test_it_lets_the_administrator_reach_a_system_and_legal_only_vouch_for_it(
    world: World, browse: Callable[[User], Client]
) -> None:
    page = reverse("admin:requests_app_system_connection", args=[world.systems["arkiv"].pk])
    assert browse(world.ada).get(page).status_code == 200
    assert browse(world.lena).get(page).status_code == 403
    assert browse(world.karin).get(page).status_code == 403


def test_it_starts_customer_service_where_it_registers(world: World, browse: Callable[[User], Client]) -> None:
    assert browse(world.sven).get("/admin/")["Location"] == "/admin/registrera/"


def test_it_shows_customer_service_the_receipt_and_no_more(world: World, browse: Callable[[User], Client]) -> None:
    sven = browse(world.sven)
    sent = {"token": "t1", "channel": "phone", "received_on": "2026-01-07", "rights": ["access"], "name": "Eva Ek"}
    sent |= {"profile": "customer", "language": "sv", "team": "kund"}
    response = sven.post("/admin/registrera/", sent, follow=True)
    case = Case.objects.get()
    text = response.content.decode()
    assert case.diary_no in text
    assert case.ref not in text
    assert "Eva Ek" not in text
    assert sven.get(f"/admin/requests_app/case/{case.ref}/").status_code == 404


def test_it_keeps_no_log_of_djangos(world: World, browse: Callable[[User], Client]) -> None:
    ada = browse(world.ada)
    page = reverse("admin:requests_app_team_change", args=[world.hr.pk])
    assert ada.post(page, {"name": "Personal"}).status_code == 302
    world.hr.refresh_from_db()
    assert world.hr.name == "Personal"
    assert not LogEntry.objects.exists()
    assert Event.objects.filter(kind="register.changed").exists()


def test_it_registers_only_pages_of_ours() -> None:
    assert {model._meta.app_label for model in admin.site._registry} == {"requests_app"}


def test_it_lifts_the_protection_only_with_a_reason(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    karin, place = browse(world.karin), f"/admin/requests_app/case/{case.ref}/gor/protect/"
    karin.post(f"{place}on/")
    refused = karin.post(f"{place}off/", {"reason": ""})
    assert refused.status_code == 422
    assert "id_protect_off_reason" in refused.content.decode()
    assert karin.post(f"{place}off/", {"reason": "Skyddet har upphört."}).status_code == 302
    case.refresh_from_db()
    assert not case.protected
