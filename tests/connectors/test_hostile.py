"""Systems that mean harm or have lost their mind, against every way of asking over HTTP: shipped descriptions are covered by themselves.

Whatever they answer, a run ends in time, within its memory and its requests, with a fault in the product's words or nobody found,
and has told nothing to anybody.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
import tracemalloc
from dataclasses import replace
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from requests_app.connectors import http
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.descriptions import names
from requests_app.connectors.rest import auth as rest_auth
from sandbox.people import CAST
from tests.connectors.answers import GARBAGE, STRANGERS, Inventor, Stand, spoilt
from tests.connectors.ways import ANNA, FEW, WAYS, System, connected, given_away, records, streamed, told

if TYPE_CHECKING:
    from tests.connectors.ways import Way
    from tests.connectors.world import Sandbox

every_way = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
WIDER = replace(FEW, max_bytes=2_000_000, max_pages=200)
LONGEST = 60.0
"""Seconds that no run here may take."""


def ends(way: Way, logged: pytest.LogCaptureFixture | None = None, **changes: Any) -> list[Any] | ConnectorError:
    """How a run ends: its pages or its fault, in time and without a word of anybody's."""
    began = time.monotonic()
    try:
        found: list[Any] | ConnectorError = way.gather(**changes)
    except ConnectorError as error:
        found = error
        assert error.fault in Fault
        assert error.__cause__ is None
        assert error.__context__ is None or isinstance(error.__context__, ConnectorError)
        assert given_away(told(error), way) == []
    assert time.monotonic() - began < LONGEST
    assert logged is None or given_away(logged.text, way) == []
    return found


@every_way
@pytest.mark.parametrize("held", [http.WHOLE, 20], ids=["whole", "in parts"])
def test_garbage_is_a_fault_or_nobody_and_leads_nowhere_else(
    way: Way, held: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http, "WHOLE", held)
    for name, garbage in GARBAGE.items():
        system = connected(monkeypatch, System(lambda _request, garbage=garbage: garbage()))
        found = ends(way, caplog)
        assert isinstance(found, ConnectorError) or records(found) == [], name
        assert 1 <= len(system.asked) <= 40, name
        assert strayed(system) == [], name


def strayed(system: System) -> list[str]:
    """Where it was led that is none of the system's places."""
    asked = [request.url for request in system.asked]
    return [str(url) for url in asked if url.scheme != "https" or url.port or url.host in STRANGERS]


@every_way
@pytest.mark.parametrize(
    "name", ["a packed bomb", "bombs in a row", "without end", "deep lists", "one octet at a time"]
)
def test_no_answer_takes_more_memory_than_its_limit_allows(
    way: Way, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    connected(monkeypatch, System(lambda _request: GARBAGE[name]()))
    ends(way)  # what is imported and compiled once is no matter of the answer
    tracemalloc.start()
    ends(way)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


@every_way
@pytest.mark.parametrize("status", [400, 401, 402, 405, 406, 409, 411, 413, 415, 418, 422, 451])
def test_what_does_not_pass_is_never_asked_again(way: Way, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    system = connected(monkeypatch, System(lambda _request: streamed(b"{}", status, retry_after="0")))
    found = ends(way)
    assert isinstance(found, ConnectorError)
    assert not found.transient
    assert system.repeated() == 1


@every_way
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_what_may_pass_is_asked_again_as_often_as_is_allowed(
    way: Way, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = connected(monkeypatch, System(lambda _request: streamed(b"{}", status)))
    found = ends(way)
    assert isinstance(found, ConnectorError)
    assert found.transient
    once = system.asked[0].method != "GET" and len(system.asked) == 1  # a question that may have been heard
    assert once or (len(system.asked), system.repeated()) == (2, 2)


@every_way
@pytest.mark.parametrize("fault", [httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError, httpx.ReadError])
def test_a_line_that_breaks_is_a_passing_fault(
    way: Way, fault: type[httpx.TransportError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(request: httpx.Request) -> httpx.Response:
        raise fault(f"no answer from {request.url}")

    connected(monkeypatch, System(broken))
    found = ends(way)
    assert isinstance(found, ConnectorError)
    assert found.transient


@pytest.mark.parametrize("seed", range(9))
@pytest.mark.parametrize("name", names())
def test_answers_that_nearly_fit_a_description_end_in_records_or_a_fault(
    name: str, seed: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    way = WAYS[name]
    system = connected(monkeypatch, System(Inventor(name, seed)))
    found = ends(way, caplog, limits=WIDER)
    assert strayed(system) == []
    if isinstance(found, list) and len(found) > 1:
        kept = json.loads(json.dumps(found[0].cursor))
        assert [page.records for page in way.gather(cursor=kept, limits=WIDER)] == [page.records for page in found[1:]]


SANDBOX = [name for name in WAYS if name not in names()]
KEYED_BY_ADDRESS = {"nyhetsbrev_apsis"}
"""Systems in which the address asked for is what tells whose it is: who stands there under another name is put to the coordinator."""
LOOKED_THROUGH = {"chatt"}
"""Systems that are looked through whole, so that the person's own is found whatever a search gives."""
every_stand_in = pytest.mark.parametrize("way", [WAYS[name] for name in SANDBOX], ids=SANDBOX)


@every_stand_in
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_one_value_that_does_not_belong_there_ends_in_records_or_a_fault(
    way: Way, seed: int, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = Random(seed)
    first, last = chance.choice(((1, 1), (1, 1), (2, 2), (3, 3), (2, 99), (4, 6), (5, 5), (8, 8), (9, 99), (13, 13)))
    stand = Stand(sandbox, lambda n, value: spoilt(chance, value) if first <= n <= last else value)
    system = connected(monkeypatch, System(stand))
    ends(way, limits=WIDER)
    assert strayed(system) == []


@every_stand_in
def test_a_system_that_answers_with_somebody_else_leaves_nothing_of_them(
    way: Way, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = CAST["lots"]
    instead = {
        str(ANNA.personnummer): str(other.personnummer),
        ANNA.emails[0]: other.emails[0],
        ANNA.phones[0]: other.phones[0],
    }
    md5 = {one: hashlib.md5(one.lower().encode()).hexdigest() for one in (ANNA.emails[0], other.emails[0])}  # noqa: S324
    stand = Stand(sandbox, lambda _n, value: value, instead | {md5[ANNA.emails[0]]: md5[other.emails[0]]})
    connected(monkeypatch, System(stand))
    sought = {str(ANNA.personnummer), ANNA.emails[0], ANNA.phones[0]}
    asked = tuple(one for one in way.search().identifiers if one.value in sought)
    found = ends(way, identifiers=asked, limits=WIDER)
    assert other.last_name in stand.given
    pages = [] if isinstance(found, ConnectorError) else found
    assert records(pages) == [] or way.name in LOOKED_THROUGH
    kept = repr(records(pages) if way.name in KEYED_BY_ADDRESS else pages)
    assert [
        value for value in (other.last_name, *other.emails, *other.phones, other.personnummer) if str(value) in kept
    ] == []


@pytest.mark.parametrize("seconds", [None, "soon", -1, 10**400, float("inf"), "inf", "nan", [], {}, True])
def test_a_token_is_never_kept_for_ever(seconds: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if not request.url.path.endswith("/oauth/token"):
            return streamed(b"{}", 404)
        return streamed(json.dumps({"access_token": "t", "expires_in": seconds}).replace("Infinity", "1e999").encode())

    system = connected(monkeypatch, System(answer))
    ends(WAYS["apsis_one"])
    now = time.monotonic()
    monkeypatch.setattr(rest_auth.time, "monotonic", lambda: now + 86_400)
    asked = len(system.asked)
    with pytest.raises(ConnectorError):
        list(WAYS["apsis_one"].connector.collect(WAYS["apsis_one"].search()))
    assert len(system.asked) > asked
    assert system.asked[asked].url.path.endswith("/oauth/token")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'["\\ud800x", "\\ud83d\\ude00"]', ["\ufffdx", "\U0001f600"]),
        (b"[" * 100 + b"]" * 100, None),
        (b'{"a": 1, "b": [' + b"[]," * 200 + b"[]]}", {"a": 1, "b": [[]] * 201}),
    ],
)
def test_odd_json_that_can_be_kept_is_read(text: bytes, value: Any) -> None:
    found = http.parse_json(text)
    assert value is None or found == value


@pytest.mark.parametrize("text", [b"[" * 101 + b"]" * 101, b'{"a":' * 101 + b"1" + b"}" * 101, b"[1e999]", b"[-1e999]"])
def test_json_that_could_not_be_kept_is_unreadable(text: bytes) -> None:
    with pytest.raises(ConnectorError) as caught:
        http.parse_json(text)
    assert caught.value.fault is Fault.UNREADABLE
