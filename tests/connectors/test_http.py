"""The HTTP client against a server of a few lines, for what the sandbox does not do."""

from __future__ import annotations

import gzip
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from requests_app.connectors import http as module
from requests_app.connectors.addresses import AllowList, address_setting
from requests_app.connectors.base import ConnectorError, Fault, Limits
from requests_app.connectors.http import Http, parse_json, retry_after, segment

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMITS = Limits(attempts=3, connect_timeout=1, read_timeout=1, max_wait=1, max_bytes=100_000)


@dataclass
class Answer:
    """What the server says next."""

    body: bytes = b"{}"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    measured: bool = True


@dataclass
class Server:
    """Its address, what it will say (the last answer for ever) and what it was asked."""

    url: str
    answers: list[Answer]
    asked: list[tuple[str, dict[str, str]]]


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    """A server on a free port of loopback."""
    state = Server("", list(answers), [])

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append((self.path, dict(self.headers)))
            answer = state.answers.pop(0) if len(state.answers) > 1 else state.answers[0]
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.measured:
                self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            """Tests read no server log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fault(answer: Answer, limits: Limits = LIMITS) -> ConnectorError:
    """The fault an answer ends in, tried once."""
    with serving(answer) as server, pytest.raises(ConnectorError) as caught:
        Http(server.url, replace(limits, attempts=1)).get("/x")
    return caught.value


def test_it_sends_parameters_headers_and_a_body_as_json() -> None:
    with serving(Answer(b'{"ok": [1, "\xc3\xa5"]}')) as server:
        http = Http(server.url + "/base/", LIMITS, headers={"X-Key": "k"})

        assert http.get("/list", {"q": "a b&c", "n": 2}) == {"ok": [1, "å"]}
        http.post("/search", {"name": "Åsa"})

    paths = [path for path, _ in server.asked]
    assert paths == ["/base/list?q=a+b%26c&n=2", "/base/search"]
    assert server.asked[0][1]["X-Key"] == "k"
    assert server.asked[1][1]["Content-Type"] == "application/json"


def test_connections_are_shared_and_cookies_are_not() -> None:
    with serving(Answer(headers={"Set-Cookie": "who=anna"})) as server:
        Http(server.url, LIMITS).get("/a")
        Http(server.url, LIMITS).get("/b")

    assert module.shared_client() is module.shared_client()
    assert [headers.get("Cookie") for _, headers in server.asked] == [None, None]


def test_it_gives_up_after_the_tries_it_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_BACKOFF", 0.001)
    with serving(Answer(status=502)) as server:
        http = Http(server.url, LIMITS)
        with pytest.raises(ConnectorError) as caught:
            http.get("/x")

    assert (caught.value.fault, caught.value.params) == (Fault.SERVER_ERROR, {"status": 502})
    assert http.requests == len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (400, Fault.UNEXPECTED),
        (401, Fault.AUTH_REFUSED),
        (403, Fault.FORBIDDEN),
        (404, Fault.NOT_FOUND),
        (410, Fault.NOT_FOUND),
        (422, Fault.UNEXPECTED),
    ],
)
def test_a_permanent_fault_is_not_tried_again(status: int, wanted: Fault) -> None:
    with serving(Answer(status=status)) as server, pytest.raises(ConnectorError) as caught:
        Http(server.url, LIMITS).get("/x")

    assert caught.value.fault is wanted
    assert len(server.asked) == 1


def test_a_lookup_may_find_nobody() -> None:
    with serving(Answer(status=404)) as server:
        assert Http(server.url, LIMITS).find("/x") is None


def test_a_bare_403_is_a_rate_limit_where_the_vendor_means_that() -> None:
    bare = Answer(b"<html>", 403, {"Content-Type": "text/html"})
    told = Answer(b"{}", 403, {"Content-Type": "application/problem+json"})
    for answer, wanted in ((bare, Fault.RATE_LIMITED), (told, Fault.FORBIDDEN)):
        with serving(answer) as server, pytest.raises(ConnectorError) as caught:
            Http(server.url, replace(LIMITS, attempts=1), bare_403_is_limit=True).get("/x")
        assert caught.value.fault is wanted


def test_a_redirect_within_the_system_is_followed_and_a_loop_is_not() -> None:
    with serving(Answer(status=302, headers={"Location": "/there"}), Answer(b"[1]")) as server:
        assert Http(server.url, LIMITS).get("/here") == [1]
    assert [path for path, _ in server.asked] == ["/here", "/there"]

    assert fault(Answer(status=302, headers={"Location": "/again"})).fault is Fault.ADDRESS_REFUSED
    assert fault(Answer(status=302, headers={"Location": "http://169.254.169.254/"})).fault is Fault.ADDRESS_REFUSED
    assert fault(Answer(status=302, headers={"Location": "//example.org/x"})).fault is Fault.ADDRESS_REFUSED


def test_a_search_is_not_sent_on_to_another_place() -> None:
    with serving(Answer(status=307, headers={"Location": "/there"})) as server, pytest.raises(ConnectorError) as caught:
        Http(server.url, LIMITS).post("/here", {})
    assert caught.value.fault is Fault.ADDRESS_REFUSED


def test_a_packed_answer_is_unpacked_only_up_to_the_limit() -> None:
    packed = {"Content-Encoding": "gzip"}
    with serving(Answer(gzip.compress(b"[1]"), headers=packed)) as server:
        assert Http(server.url, LIMITS).get("/x") == [1]

    assert fault(Answer(gzip.compress(b" " * 50_000_000), headers=packed)).fault is Fault.TOO_LARGE
    assert fault(Answer(gzip.compress(b"[1]" * 999)[:-9], headers=packed)).fault is Fault.CUT_OFF
    assert fault(Answer(b"not packed", headers=packed)).fault is Fault.CUT_OFF
    assert fault(Answer(b"x", headers={"Content-Encoding": "br"})).fault is Fault.UNREADABLE


def test_an_answer_without_a_length_that_just_ends_was_cut_off() -> None:
    assert fault(Answer(b'{"items": [1, 2', measured=False)).fault is Fault.CUT_OFF
    assert fault(Answer(b'{"items": "abc', measured=False)).fault is Fault.CUT_OFF
    assert fault(Answer(b'{"items": x}', measured=False)).fault is Fault.UNREADABLE


def test_a_trickle_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SLOWEST_BODY", 0)

    assert fault(Answer(b"[1]")).fault is Fault.TIMEOUT


@pytest.mark.parametrize(
    ("body", "line"),
    [
        (b"<html>", 1),
        (b"", 1),
        (b'{\n"a": 1,\n"b": }', 3),
        (b'{\n"a": "\xff"}', 2),
        (b"[NaN]", 1),
        (b"[" * 100_000, 1),
        (b"9" * 10_000, 1),
    ],
)
def test_what_is_no_json_is_told_with_its_line(body: bytes, line: int) -> None:
    with pytest.raises(ConnectorError) as caught:
        parse_json(body)

    assert (caught.value.fault, caught.value.params) == (Fault.UNREADABLE, {"line": line})
    assert caught.value.__context__ is None


def test_a_byte_order_mark_before_json_is_no_fault() -> None:
    assert parse_json(b"\xef\xbb\xbf[1]") == [1]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Sat, 21 Nov 2026 09:01:00 GMT", 60.0),
        ("Sat, 21 Nov 2026 08:00:00 GMT", 0.0),
        ("-5", None),
        ("soon", None),
        ("1e9", None),
        ("99999999999999", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, datetime(2026, 11, 21, 9, 0, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ftp://example.com",
        "http://example.com",
        "http://192.0.2.1",
        "https://",
        "https://user:password@example.com",
        "https://example.com?key=1",
        "https://example.com#x",
        "https://exa mple.com",
        "https://example.com\\@example.org",
        "https://169.254.169.254/latest",
        "https://[::ffff:169.254.169.254]",
        "https://[fe80::1]",
        "https://0.0.0.0",
        "https://224.0.0.1",
        "https://2130706433",
        "https://0x7f.1",
        "https://127.1",
        "https://example.com:99999999",
    ],
)
def test_an_address_that_is_no_system_is_refused(address: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        address_setting(address)

    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": "base_url"})


@pytest.mark.parametrize(
    "address", ["https://example.com/v1", "https://10.1.2.3:8443", "http://127.0.0.1:1", "http://[::1]:1"]
)
def test_an_address_that_can_be_a_system_is_taken(address: str) -> None:
    assert str(address_setting(address)).startswith(address)


@pytest.mark.parametrize(
    "link",
    [
        "",
        "http://system.example/x",
        "https://system.example:444/x",
        "https://system.example.evil.example/x",
        "https://evil.example/https://system.example",
        "https://system.example@evil.example/x",
        "https://user@system.example/x",
        "//evil.example/x",
        "/\\evil.example/x",
        "https:\\\\evil.example",
        "\thttps://evil.example",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "https://system.example\n.evil.example/",
        "https://[::1",
    ],
)
def test_a_link_out_of_the_system_is_refused(link: str) -> None:
    base = address_setting("https://system.example/v1")

    with pytest.raises(ConnectorError) as caught:
        AllowList(base).join(base, link)
    assert caught.value.fault is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize(
    "link", ["/v1?page=2", "?page=2", "https://system.example/v1?page=2", "https://SYSTEM.example:443/v1?page=2#top"]
)
def test_a_link_within_the_system_is_taken(link: str) -> None:
    base = address_setting("https://system.example/v1")

    assert str(AllowList(base).join(base, link)) == "https://system.example/v1?page=2"


def test_an_id_cannot_climb_out_of_its_place_in_the_path() -> None:
    assert segment("../a b?c#d/é") == "..%2Fa%20b%3Fc%23d%2F%C3%A9"
    for bad in ("", ".", ".."):
        with pytest.raises(ConnectorError):
            segment(bad)
