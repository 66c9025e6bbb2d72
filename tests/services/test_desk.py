"""One task with several systems: read side by side, written by one thread, each ending as it would alone."""

from __future__ import annotations

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.connectors.base import ConnectorError, Fault, Page
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import Batch, Case, Collection, Event, Identifier, System
from requests_app.services import claims, collection, desk, queue, rooms
from requests_app.services.audit import verify

from .fakes import World, candidates, derived, page

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("committed_db")
WAIT = 30


def rows_of(case: Case) -> dict[str, Collection]:
    return {row.system.key: row for row in case.collections.select_related("system").filter(current=True)}


def run_all(case: Case) -> dict[str, Collection]:
    collection.run(*case.collections.values_list("pk", flat=True))
    return rows_of(case)


def test_systems_are_waited_for_side_by_side_and_the_case_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa", "beta", "gamma")
    together = threading.Barrier(3, timeout=WAIT)
    for n, key in enumerate(("alfa", "beta", "gamma"), 1):
        world.script(key, lambda _search: together.wait() and None, page(0, *range(n)))
    case = world.open()
    rows = run_all(case)
    assert {key: (row.state, row.outcome, row.records) for key, row in rows.items()} == {
        "alfa": ("done", "found", 1),
        "beta": ("done", "found", 2),
        "gamma": ("done", "found", 3),
    }
    case.refresh_from_db()
    assert case.state == "review" and verify().ok
    assert Event.objects.filter(kind="collection.ended").count() == 3


def test_each_ends_in_its_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = ("found", "nothing", "several", "later", "never", "bug", "off", "plugin")
    world = World(monkeypatch, *keys)
    world.script("found", page(0, 1))
    world.script("nothing", Page())
    world.script("several", candidates("a", "b"))
    world.script("later", ConnectorError(Fault.TIMEOUT))
    world.script("never", ConnectorError(Fault.AUTH_REFUSED))
    world.script("bug", RuntimeError("x"))
    case = world.open()
    System.objects.filter(key="off").update(off_at=timezone.now())
    del world.connectors["plugin"]
    found = {key: (row.state, row.outcome, row.fault) for key, row in run_all(case).items()}
    assert found == {
        "found": ("done", "found", ""),
        "nothing": ("done", "nothing", ""),
        "several": ("waiting", "several", ""),
        "later": ("pending", "", "timeout"),
        "never": ("failed", "failed", "auth_refused"),
        "bug": ("failed", "failed", "unexpected"),
        "off": ("waiting", "manual", ""),
        "plugin": ("failed", "failed", "misconfigured"),
    }


def test_only_one_thread_speaks_with_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many systems are read: their pages, identifiers, signs of life and faults are written by the thread of the task."""
    spoke: set[int] = set()
    read: set[int] = set()

    def noted(call: Callable[..., Any]) -> Callable[..., Any]:
        def noting(*given: Any, **named: Any) -> Any:
            spoke.add(threading.get_ident())
            return call(*given, **named)

        return noting

    monkeypatch.setattr(collection, "FLUSH_SECONDS", -1)
    for module, name in ((collection, "_flush"), (collection, "_fail"), (collection, "hold"), (claims, "hold")):
        monkeypatch.setattr(module, name, noted(getattr(module, name)))
    monkeypatch.setattr(rooms, "reserve", noted(rooms.reserve))
    moments = iter(range(0, 10_000, 2))
    monkeypatch.setattr(claims, "time", SimpleNamespace(monotonic=lambda: float(next(moments))))

    def alive(search: Any) -> None:
        read.add(threading.get_ident())
        search.heartbeat()
        assert search.pace(10, 1.0) >= 0.0

    world = World(monkeypatch, "alfa", "beta", "gamma")
    email = (derived(IdentifierKind.EMAIL, "anna@example.se"),)
    world.script("alfa", alive, page(0, 1, derived=email), page(1, 2))
    world.script("beta", alive, page(0, 1, derived=email), ConnectorError(Fault.TIMEOUT))
    world.script("gamma", alive, candidates("a"))
    case = world.open()
    rows = run_all(case)
    assert {row.state for row in rows.values()} == {"done", "pending", "waiting"}
    assert Identifier.objects.filter(party__case=case, kind="email").count() == 1
    assert spoke == {threading.get_ident()}
    assert len(read) == 3 and not read & spoke


def test_one_that_was_taken_over_is_left_out_and_the_others_end(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World(monkeypatch, "alfa", "beta", "gamma")
    case = world.open()

    def lose(_search: Any) -> None:
        Collection.objects.filter(case=case, system__key="beta").update(token=None)

    both = threading.Barrier(3, timeout=WAIT)
    for key in ("alfa", "gamma"):
        world.script(key, lambda _search: both.wait() and None, page(0, 1))
    world.script("beta", lose, lambda _search: both.wait() and None, page(0, 1, 2))
    rows = run_all(case)
    assert (rows["alfa"].state, rows["gamma"].state) == ("done", "done")
    assert (rows["beta"].state, rows["beta"].records, rows["beta"].batches.count()) == ("running", 0, 0)


def test_what_cannot_be_written_together_is_written_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """One of them makes the transaction fail: the others lose nothing by it, and it is told of by itself."""
    world = World(monkeypatch, "alfa", "beta", "gamma")
    both = threading.Barrier(3, timeout=WAIT)
    for key in ("alfa", "beta", "gamma"):
        world.script(key, lambda _search: both.wait() and None, page(0, 1, 2))
    ended = collection._ended

    def stumbling(work: Any, about: Case, row: Collection, records: int) -> None:
        if row.system.key == "beta":
            raise RuntimeError("x")
        ended(work, about, row, records)

    monkeypatch.setattr(collection, "_ended", stumbling)
    case = world.open()
    rows = run_all(case)
    assert {key: (row.state, row.records, row.batches.count()) for key, row in rows.items()} == {
        "alfa": ("done", 2, 1),
        "beta": ("failed", 0, 0),
        "gamma": ("done", 2, 1),
    }
    assert Batch.objects.count() == 2 and verify().ok


def test_a_limited_system_is_handed_on_while_the_others_are_still_read(monkeypatch: pytest.MonkeyPatch) -> None:
    handed = threading.Event()
    world = World(monkeypatch, "alfa", "beta")
    System.objects.filter(key="alfa").update(at_once=1)
    hand_on = rooms.hand_on

    def handing(system: System) -> None:
        hand_on(system)
        if system.key == "alfa":
            handed.set()

    monkeypatch.setattr(rooms, "hand_on", handing)
    world.script("alfa", ConnectorError(Fault.TIMEOUT))
    world.script("beta", lambda _search: None if handed.wait(WAIT) else pytest.fail("waited for"), page(0, 1))
    assert run_all(world.open())["beta"].state == "done"


def test_a_reader_that_dies_leaves_its_row_to_the_sweeper(monkeypatch: pytest.MonkeyPatch) -> None:
    def die(_search: Any) -> None:
        raise SystemExit

    world = World(monkeypatch, "alfa", "beta")
    world.script("alfa", die)
    world.script("beta", page(0, 1))
    rows = run_all(world.open())
    assert (rows["alfa"].state, rows["beta"].state) == ("running", "done")
    assert rows["alfa"].lease_until <= timezone.now() + timedelta(minutes=2)


def test_a_fault_of_writing_is_raised_when_all_have_been_served() -> None:
    slow = threading.Event()
    written: list[int] = []

    def read(piece: int, ask: desk.Ask) -> bool:
        if piece:
            slow.wait(WAIT)
            assert ask(lambda: threading.get_ident()) == main
        return True

    def write(pieces: list[int]) -> None:
        slow.set()
        written.extend(pieces)
        if 0 in pieces:
            raise RuntimeError("0")

    main = threading.get_ident()
    with pytest.raises(RuntimeError, match="0"):
        desk.side_by_side([0, 1], read, write)
    assert written == [0, 1]


@pytest.mark.parametrize(
    ("systems", "idle", "busy"), [(1, [1], [1]), (2, [1, 1], [2]), (9, [4, 5], [9]), (21, [7, 7, 7], [7, 7, 7])]
)
def test_the_systems_of_a_case_are_shared_by_two_tasks_while_the_workers_are_idle(
    monkeypatch: pytest.MonkeyPatch, systems: int, idle: list[int], busy: list[int]
) -> None:
    sent: list[tuple[int, ...]] = []
    world = World(monkeypatch, *(f"s{n}" for n in range(systems)))
    monkeypatch.setattr(queue, "_publish", lambda task, *pks: sent.append(pks) if task == "collect" else None)
    first = world.open()
    assert sorted(map(len, sent)) == idle
    sent.clear()
    second = world.open()
    assert sorted(map(len, sent)) == busy
    sent.clear()
    queue.collect(Collection.objects.values_list("pk", flat=True))  # as the sweeper does, of many cases at once
    whose = [{Collection.objects.get(pk=pk).case_id for pk in pks} for pks in sent]
    assert all(len(cases) == 1 for cases in whose)
    assert set().union(*whose) == {first.pk, second.pk}
    assert sum(map(len, sent)) == 2 * systems
