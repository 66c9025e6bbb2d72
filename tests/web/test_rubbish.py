"""Rubbish in addresses and forms is answered, never an error of ours; run on PostgreSQL too, which refuses what SQLite takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.models import Case
from requests_app.services import people
from tests.world import World, gathered, open_case

if TYPE_CHECKING:
    from pathlib import Path

    from django.test import Client


pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, var: Path) -> World:
    from tests.world import make_world

    return make_world()


@pytest.fixture
def karin(world: World) -> Client:
    from django.test import Client

    client = Client()
    client.force_login(world.karin, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("text", ["²", "a\x00b", "\x00", "1" * 5_000, "DSR-²", "\u0661"])
def test_a_search_takes_any_text(world: World, text: str) -> None:
    open_case(world)
    assert list(people.search(Case.objects.all(), text)) in ([], list(Case.objects.all()))


@pytest.mark.parametrize("address", ["/begaran/%00/", "/admin/requests_app/case/%00/", "/logga-in/?next=%00"])
def test_an_address_with_a_nul_is_refused(karin: Client, address: str) -> None:
    assert karin.get(address).status_code == 400


def test_numbers_without_bounds_are_answered(world: World, karin: Client) -> None:
    case = gathered(world, open_case(world))
    base = f"/admin/requests_app/case/{case.ref}"
    huge = "9" * 5_000
    assert karin.get(f"{base}/uppgifter/fakturering/fakturor/?page={huge}").status_code == 200
    assert karin.get(f"/admin/requests_app/case/?handler={huge}").status_code == 200
    assert karin.post(f"{base}/gor/retry-document/{huge}/").status_code == 404
    assert karin.post(f"{base}/visa/{'9' * 30}/").status_code == 404


def test_only_a_statement_that_is_open_can_be_left_out(world: World, karin: Client) -> None:
    case = gathered(world, open_case(world))
    address = f"/admin/requests_app/case/{case.ref}/gor/replace-statement/"
    assert karin.post(address, {"key": "processing:" + "1" * 200, "reason": "Skäl."}).status_code == 422
    assert not case.statement_replacements.exists()
