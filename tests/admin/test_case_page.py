"""One case from registering to dispatch, over the admin's own pages and forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.world import World, gathered, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User


def url(case: Case, tail: str = "") -> str:
    return f"/admin/requests_app/case/{case.ref}/{tail}"


def test_it_shows_the_one_next_step(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    page = browse(world.karin).get(url(case))
    assert page.status_code == 200
    assert page.context["step"].code == "confirm_identity"
    assert case.diary_no in page.content.decode()


def test_who_works_a_case_that_nobody_handles_takes_it(world: World, client: Client) -> None:
    case = gathered(world, open_case(world))
    client.force_login(world.karin)
    client.post(f"/admin/requests_app/case/{case.ref}/gor/note/", {"text": "Ringde."})
    case.refresh_from_db()
    assert case.handler is None
    client.post(f"/admin/requests_app/case/{case.ref}/gor/finish-review/")
    case.refresh_from_db()
    assert case.handler == world.karin
