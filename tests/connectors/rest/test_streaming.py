"""Answers too large to hold: read item by item, in flat memory, bounded, and taken up where a run was killed."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from requests_app.connectors import http, streaming
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.rest.connector import Rest
from tests.connectors.rest.conftest import ANNA, LIMITS, describe
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.connectors.rest.conftest import System

N = 3_500
READ = "read: {all: {by: [email], get: /all, items: data.rows, person: {email: email}, category: items%s}}"
DESCRIPTION = describe(READ % "")


def item(n: int) -> dict[str, Any]:
    """Every fifth is Anna's."""
    return {"id": n, "email": "anna@example.se" if n % 5 == 0 else "bo@example.se", "value": n / 4, "text": "å" * 20}


def wrapped(rows: list[Any]) -> bytes:
    """JSON with the items at the described place."""
    return json.dumps({"meta": {"rows": [1]}, "data": {"rows": rows}, "end": {}}, ensure_ascii=False).encode()


ROWS = [item(n) for n in range(N)]
BODY = wrapped(ROWS)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is large is small here, and comes in small parts."""
    monkeypatch.setattr(http, "WHOLE", 10_000)
    monkeypatch.setattr(streaming, "AT_ONCE", 4_096)


def answers(system: System, body: bytes | Callable[[], Iterator[bytes]], **headers: str) -> None:
    """Let the system answer with a body, and count what was read of it."""
    monkeyed = body if callable(body) else lambda: (body[n : n + 1_000] for n in range(0, len(body), 1_000))

    class Stream(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield from monkeyed()

        def close(self) -> None:
            closed.append(True)

    closed: list[bool] = []
    system.closed = closed  # type: ignore[attr-defined]
    transport = httpx.MockTransport(
        lambda request: system.asked.append(request) or httpx.Response(200, headers=headers, stream=Stream())  # type: ignore[func-returns-value]
    )
    http.shared_client = lambda: httpx.Client(transport=transport)


def fault(system: System, description: str = DESCRIPTION, **changes: Any) -> ConnectorError:
    """Why a gathering ended."""
    with pytest.raises(ConnectorError) as failed:
        system.gather(description, limits=replace(LIMITS, attempts=1), **changes)
    return failed.value


def found(system: System, description: str = DESCRIPTION, **changes: Any) -> list[Any]:
    """The ids of the records."""
    return [record.fields["id"] for page in system.gather(description, **changes) for record in page.records]


OWN = [n for n in range(N) if n % 5 == 0]


def test_only_the_persons_items_are_kept_in_pages_of_a_thousand_looked_at(system: System) -> None:
    answers(system, BODY)
    pages = system.gather(DESCRIPTION)
    assert [record.fields["id"] for page in pages for record in page.records] == OWN
    assert [len(page.records) for page in pages] == [200, 200, 200, 100]
    assert pages[-1].cursor is None
    assert "bo@example.se" not in repr(pages)
    assert len(system.asked) == 1
    assert system.closed == [True]  # type: ignore[attr-defined]


def test_it_reads_what_is_read_whole(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(system, BODY)
    by_item = [record for page in system.gather(DESCRIPTION) for record in page.records]
    monkeypatch.setattr(http, "WHOLE", 10_000_000)
    whole = [record for page in system.gather(DESCRIPTION) for record in page.records]
    assert by_item == whole


def test_a_killed_run_delivers_exactly_the_rest(system: System) -> None:
    answers(system, BODY)
    system.resumed(DESCRIPTION, system.gather(DESCRIPTION))


def test_records_without_a_key_of_their_own_have_the_same_keys_after_a_kill(system: System) -> None:
    body = wrapped([{"email": "anna@example.se", "text": n % 7} for n in range(N)])
    answers(system, body)
    description = DESCRIPTION.replace(", key: id", "")
    pages = system.gather(description)
    assert len({record.key for page in pages for record in page.records}) == N
    system.resumed(description, pages)


@pytest.mark.parametrize(
    "other",
    [
        [item(n + 5) for n in range(N)],
        ROWS[:900],
        ROWS[:1000],
        [*ROWS[:999], item(999) | {"text": "b"}, *ROWS[1000:]],
    ],
    ids=["another", "shorter", "ends there", "changed"],
)
def test_an_answer_that_is_another_by_now_is_not_gone_on_with(system: System, other: list[Any]) -> None:
    answers(system, BODY)
    cursor = json.loads(json.dumps(system.gather(DESCRIPTION)[0].cursor))
    assert cursor["streamed"]["n"] == 1_000
    answers(system, wrapped(other))
    assert fault(system, cursor=cursor).fault is Fault.CHANGED


@pytest.mark.parametrize(
    ("more", "body"),
    [
        (", answer: jsonl", "\r\n".join(json.dumps(row) for row in ROWS).encode()),
        (", answer: jsonl", b"\xef\xbb\xbf" + "\n\n".join(json.dumps(row) for row in ROWS).encode()),
        (
            ", answer: csv, delimiter: ;, encoding: windows-1252",
            b"id;email;text\r\n"
            + "".join(f'{row["id"]};{row["email"]};"{row["text"]}\n"\r\n' for row in ROWS).encode("cp1252"),
        ),
        ("", b"\xef\xbb\xbf" + json.dumps(ROWS).encode()),
    ],
    ids=["json lines", "json lines with a mark", "csv", "an array alone"],
)
def test_lines_and_tables_are_read_the_same_way(system: System, more: str, body: bytes) -> None:
    description = describe((READ % more).replace("items: data.rows, ", ""))
    answers(system, body)
    pages = system.gather(description)
    assert [int(record.fields["id"]) for page in pages for record in page.records] == OWN
    assert len(pages) == 4
    system.resumed(description, pages)


def test_packed_answers_are_unpacked_piece_by_piece(system: System) -> None:
    answers(system, gzip.compress(BODY), **{"Content-Encoding": "gzip"})
    assert found(system) == OWN
    answers(system, gzip.compress(BODY)[:-300], **{"Content-Encoding": "gzip"})
    assert fault(system).fault is Fault.CUT_OFF


def test_a_bomb_ends_at_the_bound(system: System) -> None:
    bomb = gzip.compress(b'{"data": {"rows": [{"id": "' + b"a" * 30_000_000)
    answers(system, bomb, **{"Content-Encoding": "gzip"})
    limits = replace(LIMITS, attempts=1, max_bytes=2_000_000)
    with pytest.raises(ConnectorError) as failed:
        system.gather(DESCRIPTION, limits=limits)
    assert failed.value.fault is Fault.TOO_LARGE
    assert failed.value.params == {"limit": 2_000_000}


def endless() -> Iterator[bytes]:
    """Items for ever."""
    yield b'{"data": {"rows": ['
    while True:
        yield json.dumps(item(1)).encode() + b","


def test_a_body_without_an_end_ends_at_the_bound(system: System) -> None:
    answers(system, endless)
    with pytest.raises(ConnectorError) as failed:
        system.gather(DESCRIPTION, limits=replace(LIMITS, attempts=1, max_stream_bytes=300_000))
    assert failed.value.fault is Fault.TOO_LARGE
    assert system.closed == [True]  # type: ignore[attr-defined]


def test_a_trickle_does_not_hold_a_worker(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 10_000_000, 3))
    monkeypatch.setattr(streaming.time, "monotonic", lambda: next(clock))
    answers(system, endless)
    beats: list[bool] = []
    error = fault(system, heartbeat=lambda: beats.append(True))
    assert error.fault is Fault.TIMEOUT
    assert len(beats) > 10


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (BODY[: len(BODY) // 2], Fault.CUT_OFF),
        (BODY[: BODY.rindex(b"}, {")] + b"]]", Fault.UNREADABLE),
        (BODY + b"x", Fault.UNREADABLE),
        (BODY[:50_000] + b"\xff" + BODY[50_001:], Fault.UNREADABLE),
        (BODY.replace(b'"text"', b'"deep": %s, "text"' % (b"[" * 900 + b"]" * 900), 1), Fault.UNREADABLE),
        (wrapped([*ROWS, 7]), Fault.WRONG_TYPE),
        (wrapped([*ROWS, [1]]), Fault.WRONG_TYPE),
        (json.dumps({"rows": ROWS}).encode(), Fault.WRONG_TYPE),
        (json.dumps(ROWS).encode(), Fault.WRONG_TYPE),
    ],
)
def test_what_is_not_as_described_is_a_fault(system: System, body: bytes, expected: Fault) -> None:
    answers(system, body)
    error = fault(system)
    assert error.fault is expected
    assert error.__cause__ is None
    assert error.__context__ is None


def test_a_large_object_alone_is_one_item_still(system: System) -> None:
    answers(system, json.dumps({"data": {"rows": item(0) | {"text": "a" * 20_000}}}).encode())
    assert found(system) == [0]


@pytest.mark.parametrize(
    "more",
    [", pages: {cursor: {in: c, next: next}}", ", pages: {offset: {in: o, total: total}}", ", nobody: {when: none}"],
)
def test_where_more_of_the_answer_is_needed_it_is_held_whole(system: System, more: str) -> None:
    body = json.dumps({"data": {"rows": ROWS}, "total": N, "none": False}).encode()
    answers(system, body)
    description = describe(READ % more)
    assert all("streamed" not in (page.cursor or {}) for page in system.gather(description))


def test_pages_follow_a_large_one(system: System) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        return httpx.Response(200, content=wrapped(ROWS[start : start + 2_000]))

    system.answers["/v1/all"] = page
    description = describe(READ % ", pages: {offset: {in: offset, size_in: limit, size: 2000}}")
    pages = system.gather(description)
    assert [record.fields["id"] for one in pages for record in one.records] == OWN
    assert len(system.asked) == 2
    system.resumed(description, pages)


def test_a_page_says_how_far_it_is_where_nothing_is_the_persons(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    from requests_app.connectors.rest import reading

    monkeypatch.setattr(reading, "WITHOUT_PAGE", 2_000)
    answers(system, wrapped([item(1)] * N))
    assert [
        (len(page.records), (page.cursor or {}).get("streamed", {}).get("n")) for page in system.gather(DESCRIPTION)
    ] == [
        (0, 2_000),
        (0, None),
    ]


def test_nothing_more_is_read_once_nobody_listens(system: System) -> None:
    answers(system, endless)
    run = Rest().collect(system.search(DESCRIPTION.replace("person: {email: email}, ", ""), identifiers=ANNA))
    assert len(next(run).records) == 1_000
    run.close()  # type: ignore[attr-defined]
    assert system.closed == [True]  # type: ignore[attr-defined]


@pytest.mark.slow
def test_memory_stays_flat() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench.stream", "--records", "300000"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
