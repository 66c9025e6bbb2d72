"""The steps of the procedure, edited in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from requests_app.models import Checklist
from requests_app.services import checklists

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

LISTS = "/admin/register/checklistor/"


def rows(*steps: tuple[str, str, str, str], version: int = 1) -> dict[str, Any]:
    """A posted table: place, key, Swedish, English."""
    columns = dict(zip(("place", "key", "sv", "en"), map(list, zip(*steps, strict=True)), strict=True))
    return {**columns, "version": version}


@pytest.mark.parametrize(
    ("name", "status"), [("ada", 200), ("lena", 200), ("karin", 403), ("sven", 403), ("root", 403)]
)
def test_legal_and_the_administrator_see_and_change_them(
    world: World, browse: Callable[[User], Client], name: str, status: int
) -> None:
    client = browse(world.everyone()[name])
    assert client.get(LISTS).status_code == status
    assert client.get(f"{LISTS}access/").status_code == status
    assert client.get(f"{LISTS}nonsense/").status_code == (404 if status == 200 else status)


def test_a_change_is_a_new_version_in_the_order_of_the_numbers(world: World, browse: Callable[[User], Client]) -> None:
    ada = browse(world.ada)
    ada.get(LISTS)
    steps = rows(("2", "identity", "Kontrollera", "Check"), ("1", "", "Ring", "Call"), ("", "", "", ""))
    assert ada.post(f"{LISTS}access/", steps).status_code == 302
    made = checklists.newest("access")
    assert made is not None
    assert (made.version, made.by) == (2, world.ada)
    assert [step["key"] for step in made.steps] == ["own_call", "identity"]


def test_what_is_refused_is_shown_with_nothing_lost(world: World, browse: Callable[[User], Client]) -> None:
    ada = browse(world.ada)
    ada.get(LISTS)
    page = ada.post(f"{LISTS}access/", rows(("1", "", "Bara svenska", "")))
    assert page.status_code == 422
    assert "Bara svenska" in page.content.decode()
    late = ada.post(f"{LISTS}access/", rows(("1", "", "Ring", "Call"), version=7))
    assert late.status_code == 422
    assert Checklist.objects.filter(right="access").count() == 1
