"""Threads that meet in the database, with rows really committed, on both kinds of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from requests_app.models import Case, Collection
from requests_app.services import collection
from requests_app.services.audit import SYSTEM, unit, verify

from .fakes import World, page

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("committed_db")


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in a thread each, with a connection of its own, and give what they returned."""

    def closing(call: Callable[[], Any]) -> Any:
        try:
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result(timeout=60) for future in [threads.submit(closing, call) for call in calls]]


def test_the_two_last_gatherings_end_at_once_and_the_case_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa", "beta")
    for _ in range(5):
        together = Barrier(2, timeout=30)
        for key in ("alfa", "beta"):
            world.script(key, page(0, 1, 2), lambda search, barrier=together: barrier.wait() and None)
        case = world.open()
        rows = list(Collection.objects.filter(case=case).values_list("pk", flat=True))
        at_once(*(lambda pk=pk: collection.run(pk) for pk in rows))
        case.refresh_from_db()
        assert case.state == "review"
        assert sorted(case.collections.values_list("state", "records")) == [("done", 2), ("done", 2)]
    assert verify().ok


def test_only_one_of_many_gets_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa")
    (pk,) = Collection.objects.filter(case=world.open()).values_list("pk", flat=True)
    claims = at_once(*[lambda: collection.claim(pk)] * 6)
    assert sum(claim is not None for claim in claims) == 1


def test_cases_opened_at_once_get_a_number_each(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa")
    cases = at_once(*[world.open] * 6)
    numbers = sorted(int(case.diary_no.rsplit("-", 1)[1]) for case in cases)
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_the_same_request_sent_twice_at_once_is_one_case(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa")
    cases = at_once(*[lambda: world.open(external_key="utkast-1")] * 4)
    assert len({case.pk for case in cases}) == 1
    assert Case.objects.count() == 1


def test_events_of_many_threads_make_one_chain() -> None:
    def log() -> None:
        for _ in range(10):
            with unit(SYSTEM) as work:
                work.event("portal.viewed")

    at_once(*[log] * 4)
    verdict = verify()
    assert (verdict.ok, verdict.events) == (True, 40)
