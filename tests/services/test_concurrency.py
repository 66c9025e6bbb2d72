"""Threads that meet in the database, with rows really committed, on both kinds of database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from requests_app.connectors.base import Page
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import Batch, Case, Collection, Identifier
from requests_app.services import collection, gathering
from requests_app.services.audit import SYSTEM, Actor, unit, verify
from requests_app.services.moves import lock
from tests.support.waiting import wait_for

from .fakes import World, derived, page

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


def test_two_systems_that_give_the_same_address_at_once_both_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa", "beta")
    for _ in range(5):
        together = Barrier(2, timeout=30)
        same = (derived(IdentifierKind.EMAIL, "anna@example.se"),)
        for key in ("alfa", "beta"):
            world.script(
                key, lambda search, barrier=together: barrier.wait() and None, page(0, 1, derived=same), Page()
            )
        case = world.open()
        at_once(*(lambda pk=pk: collection.run(pk) for pk in case.collections.values_list("pk", flat=True)))
        assert sorted(case.collections.values_list("state", "records")) == [("done", 1), ("done", 1)]
        assert Identifier.objects.filter(party__case=case, kind="email").count() == 1


@pytest.mark.parametrize("vendor", [pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True)
def test_what_a_person_reports_replaces_what_a_worker_is_just_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite has one writer at a time; on PostgreSQL the report begins while the batch is written but not committed."""
    world = World(monkeypatch, "alfa")
    world.script("alfa", page(0, 1, 2), page(1, 3, last=True))
    case = world.open()
    row = Collection.objects.get(case=case)
    written, save = Event(), Batch.save

    def save_and_wait(batch: Batch, *args: Any, **options: Any) -> None:
        save(batch, *args, **options)
        written.set()
        wait_for(_somebody_waits, "the report waits for the worker", seconds=20)

    def report() -> None:
        assert written.wait(30)
        gathering.report_nothing(actor=Actor.staff(world.user), case=case, row=row)

    monkeypatch.setattr(Batch, "save", save_and_wait)
    monkeypatch.setattr(collection, "FLUSH_SECONDS", -1)
    at_once(lambda: collection.run(row.pk), report)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.records) == ("done", "nothing", 0)
    assert not row.batches.exists()


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("vendor", ["postgresql"])
def test_a_locked_case_holds_up_no_other(monkeypatch: pytest.MonkeyPatch, vendor: str) -> None:
    """The lock is on the case alone: not on the policy and the team that every case refers to."""
    world = World(monkeypatch, "alfa")
    first, locked, opened = world.open(), Event(), Event()

    def hold() -> bool:
        with unit(SYSTEM):
            lock(first)
            locked.set()
            return opened.wait(20)

    def another() -> None:
        assert locked.wait(20)
        world.open()
        opened.set()

    assert at_once(hold, another)[0], "another case could be opened only when the first was let go"
