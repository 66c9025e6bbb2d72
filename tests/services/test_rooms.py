"""Limits of systems: never more gatherings at once than a system bears, none forgotten, and a pace that all workers share."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.models import Collection, System
from requests_app.services import collection, queue, rooms, sweeper

from .fakes import World, candidates, page
from .test_concurrency import at_once

if TYPE_CHECKING:
    from requests_app.connectors.base import Search

pytestmark = pytest.mark.usefixtures("committed_db")


class Counting:
    """How many gather at the same moment."""

    def __init__(self) -> None:
        self.now = self.most = self.all = 0
        self._lock = threading.Lock()

    def __call__(self, _search: Search) -> None:
        with self._lock:
            self.now += 1
            self.all += 1
            self.most = max(self.most, self.now)
        time.sleep(0.02)
        with self._lock:
            self.now -= 1


@pytest.fixture
def counting() -> Counting:
    return Counting()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What is handed to the workers, in order."""
    found: list[int] = []
    monkeypatch.setattr(queue, "_publish", lambda _task, *pks: found.extend(pks))
    return found


def limited(world: World, limit: int | None, key: str = "alfa") -> System:
    System.objects.filter(key=key).update(at_once=limit)
    return System.objects.get(key=key)


@pytest.mark.parametrize("limit", [1, 3])
def test_never_more_at_once_than_the_system_bears_and_none_is_forgotten(
    monkeypatch: pytest.MonkeyPatch, sent: list[int], counting: Counting, limit: int
) -> None:
    world = World(monkeypatch, "alfa")
    limited(world, limit)
    cases = 9
    world.script("alfa", counting, page(0, 1))
    for _ in range(cases):
        world.open()
    for _ in range(40):
        waiting, sent[:] = list(dict.fromkeys(sent)), []
        if not waiting:
            break
        at_once(*(lambda pk=pk: collection.run(pk) for pk in waiting))
    assert set(Collection.objects.values_list("state", "records")) == {("done", 1)}
    assert counting.all == cases
    assert min(limit, 2) <= counting.most <= limit


def test_a_system_without_a_limit_is_gathered_from_at_once(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> None:
    world = World(monkeypatch, "alfa")
    together = threading.Barrier(4, timeout=30)
    world.script("alfa", lambda _search: together.wait() and None, page(0, 1))
    for _ in range(4):
        world.open()
    at_once(*(lambda pk=pk: collection.run(pk) for pk in sent))
    assert set(Collection.objects.values_list("state", flat=True)) == {"done"}


def test_a_killed_worker_takes_its_place_no_longer_than_its_lease(
    monkeypatch: pytest.MonkeyPatch, sent: list[int]
) -> None:
    world = World(monkeypatch, "alfa")
    limited(world, 1)
    first, second = (Collection.objects.get(case=world.open()).pk for _ in range(2))
    assert collection.claim(first) is not None
    assert collection.claim(second) is None
    sent.clear()
    sweeper.sweep()
    assert sent == [], "it waits to be handed on"
    past = timezone.now() - timedelta(seconds=1)
    Collection.objects.filter(pk=first).update(lease_until=past, queued_at=past - timedelta(seconds=30))
    Collection.objects.filter(pk=second).update(not_before=timezone.now())
    sweeper.sweep()
    assert set(sent) == {first, second}
    assert collection.claim(second) is not None
    assert collection.claim(first) is None


def test_what_waits_is_handed_on_the_most_urgent_case_first(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> None:
    world = World(monkeypatch, "alfa")
    system = limited(world, 1)
    rows = [Collection.objects.get(case=world.open()) for _ in range(4)]
    for days, row in zip((0, 9, 3, 6), rows, strict=True):
        row.case.due_statutory_on = timezone.localdate() + timedelta(days=days)
        row.case.save()
    assert collection.claim(rows[0].pk) is not None
    for row in rows[1:]:
        assert collection.claim(row.pk) is None
    Collection.objects.filter(pk=rows[3].pk).update(fault="timeout", waits_for_room=False)
    Collection.objects.filter(pk=rows[2].pk).update(fault="timeout")
    sent.clear()
    rooms.hand_on(system)
    assert sent == [], "there is no room yet"
    Collection.objects.filter(pk=rows[0].pk).update(state="done")
    rooms.hand_on(system)
    assert sent == [rows[2].pk]


def test_what_is_not_due_is_not_brought_forward(monkeypatch: pytest.MonkeyPatch, sent: list[int]) -> None:
    world = World(monkeypatch, "alfa")
    limited(world, 1)
    first, second = (Collection.objects.get(case=world.open()).pk for _ in range(2))
    assert collection.claim(first) is not None
    tomorrow = timezone.now() + timedelta(days=1)
    Collection.objects.filter(pk=second).update(not_before=tomorrow)
    assert collection.claim(second) is None
    row = Collection.objects.get(pk=second)
    assert (row.not_before, row.waits_for_room) == (tomorrow, False)


@pytest.mark.parametrize("how", ["fault", "bug", "choice"])
def test_the_next_is_handed_on_however_a_run_ends(monkeypatch: pytest.MonkeyPatch, sent: list[int], how: str) -> None:
    world = World(monkeypatch, "alfa")
    limited(world, 1)
    ends = {"fault": ConnectorError(Fault.TIMEOUT), "bug": RuntimeError("x"), "choice": candidates("a", "b")}[how]
    world.script("alfa", ends)
    first, second = (Collection.objects.get(case=world.open()).pk for _ in range(2))
    monkeypatch.setattr(collection, "_gather", _with(lambda: collection.claim(second), collection._gather))
    sent.clear()
    collection.run(first)
    assert sent == [second]


def _with(before, then):  # type: ignore[no-untyped-def]
    def both(*given: object) -> bool:
        assert before() is None
        return then(*given)

    return both


# --- pace ----------------------------------------------------------------------------------------------------------------------


def test_a_pace_is_shared_by_all_who_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    World(monkeypatch, "alfa", "beta")
    alfa, beta = (System.objects.get(key=key).pk for key in ("alfa", "beta"))
    begun = time.monotonic()

    def several() -> list[float]:
        return [time.monotonic() + rooms.reserve(alfa, 10, 60.0) for _ in range(5)]

    moments = sorted(moment for found in at_once(*[several] * 4) for moment in found)
    assert len(moments) == 20
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert min(gaps) > 5.0, "no two at the same time"
    assert moments[-1] - begun == pytest.approx(6 * 19, abs=5)
    assert rooms.reserve(beta, 10, 60.0) == 0.0
    connection.close()
