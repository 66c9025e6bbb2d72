"""The calendar feed: its address, its page, and what it never tells."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from requests_app.domain.trace import SecretAddressFilter
from requests_app.models import CalendarFeed
from requests_app.services import cases
from requests_app.services.audit import Actor
from tests.world import World, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.models import User

PAGE = "/admin/mina-installningar/kalender/"


def address(client: Client, team: str = "") -> str:
    return str(client.post(f"{PAGE}ny/", {"team": team}).context["address"]).removeprefix("http://testserver")


def test_a_calendar_program_reads_it_without_a_login(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, name="Åsa Öberg")
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    found = address(browse(world.karin))
    program = Client()
    with CaptureQueriesContext(connection) as asked:
        answer = program.get(found)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert case.diary_no in answer.content.decode()
    assert "Öberg" not in answer.content.decode()
    assert not any("django_session" in query["sql"] for query in asked.captured_queries)
    assert not answer.cookies
    assert program.get(found, headers={"If-None-Match": answer["ETag"]}).status_code == 304


def test_a_replaced_or_revoked_address_is_not_there(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    old = address(karin)
    new = address(karin)
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200
    feed = CalendarFeed.objects.get(revoked_at__isnull=True)
    assert browse(world.anders).post(f"{PAGE}{feed.pk}/ta-bort/").status_code == 404
    karin.post(f"{PAGE}{feed.pk}/ta-bort/")
    assert Client().get(new).status_code == 404
    assert Client().get("/kalender/nonsense.ics").status_code == 404


def test_the_address_is_shown_once(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    token = address(karin).split("/")[-1]
    assert token not in karin.get(PAGE).content.decode()


def test_only_who_works_cases_gets_one_and_only_for_own_teams(world: World, browse: Callable[[User], Client]) -> None:
    assert browse(world.sven).get(PAGE).status_code == 404
    assert browse(world.lena).post(f"{PAGE}ny/").status_code == 404
    karin = browse(world.karin)
    assert karin.post(f"{PAGE}ny/", {"team": "hr"}).status_code == 404
    assert karin.post(f"{PAGE}ny/", {"team": "nonsense"}).status_code == 404
    assert karin.post(f"{PAGE}ny/", {"team": "kund"}).status_code == 200
    assert PAGE in karin.get("/admin/mina-installningar/").content.decode()


@pytest.mark.parametrize("path", ["/kalender/", "/avregistrera/", "/uppgift/oppna/", "/logga-in/lank/"])
def test_an_address_that_is_a_key_is_not_logged(path: str) -> None:
    record = logging.LogRecord("django.request", 30, "", 1, "%s: %s", ("Not Found", f"{path}abc-DEF_1"), None)
    assert SecretAddressFilter().filter(record)
    assert record.getMessage() == f"Not Found: {path}…"
