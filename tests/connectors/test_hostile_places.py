"""Addresses, names, servers and files that mean harm, against every connector that reaches something by them."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings, strategies as st

from requests_app.connectors import registry
from requests_app.connectors.addresses import address_setting
from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Limits, Search, SettingType
from requests_app.connectors.rest import auth
from requests_app.connectors.transport import numbers_of
from tests.connectors.files import exports
from tests.connectors.mail.searching import settings_of
from tests.connectors.sql.stores import DESCRIPTION as TABLES
from tests.connectors.ways import ANNA, WAYS, Way, given_away, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HURRIED = Limits(attempts=1, connect_timeout=1, read_timeout=0.3, max_wait=0.01)
SECRET = "hemlighet-4711"
HOST_KEY = "SHA256:" + "A" * 43
REACHING = {
    "sftp": (
        "files",
        {
            "place": "sftp",
            "port": 22,
            "user": "u",
            "host_key": HOST_KEY,
            "folder": "/",
            "description": exports.DESCRIPTION,
        },
    ),
    "mailbox": ("mailbox", settings_of(993, tls=True)),
    "postgresql": ("sql", {"database": "postgresql", "name": "n", "user": "u", "description": TABLES}),
    "mysql": ("sql", {"database": "mysql", "name": "n", "user": "u", "description": TABLES}),
}
"""Connectors that reach a host in other ways than HTTP."""
OTHERS = {
    name: Way(name, registry.get(key), {**said, "host": "system.example"}, {"password": SECRET})
    for name, (key, said) in REACHING.items()
}
every_one = pytest.mark.parametrize("way", [*WAYS.values(), *OTHERS.values()], ids=[*WAYS, *OTHERS])
every_other = pytest.mark.parametrize("way", OTHERS.values(), ids=OTHERS)
NO_SYSTEM = (
    "169.254.169.254", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "2130706433", "0x7f.1", "127.1", "0", "0.0.0.0",  # noqa: S104
    "224.0.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fe80::1", "::", "ff02::1", "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe", "::169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe", "fd00:ec2::254",
)  # fmt: skip
SCHEMES = (
    "file:///etc/passwd",
    "ftp://a.example",
    "gopher://a.example:70/_",
    "dict://a.example",
    "unix:///run/x",
    "data:,x",
    "http://a.example",
)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every connection that anybody tries to make; none is made."""
    noted: list[Any] = []

    def refuse(*given: Any, **_more: Any) -> Any:
        noted.append(given)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return noted


def ended(way: Way, **changes: Any) -> ConnectorError:
    """The fault that a run ends in, which tells nothing of anybody's."""
    auth.forget()
    with pytest.raises(ConnectorError) as caught:
        list(way.connector.collect(way.search(**{"limits": HURRIED, **changes})))
    assert caught.value.__cause__ is None
    assert given_away(told(caught.value), way) == []
    return caught.value


def test_every_registered_connector_is_tried_here() -> None:
    tried = {way.connector.key for way in (*WAYS.values(), *OTHERS.values())}
    assert {connector.key for connector in registry.all_connectors() if connector.automatic} == tried


def _addressed(way: Way) -> list[tuple[str, str]]:
    """The settings that say where a system is, each with how a host is written in it."""
    return [(spec.key, "https://{}/x") for spec in way.specs if spec.type is SettingType.URL] or [("host", "{}")]


@every_one
def test_no_setting_leads_where_no_system_is(way: Way, tried: list[Any]) -> None:
    for key, written in _addressed(way):
        hosts = [f"[{host}]" if ":" in host and "//" in written else host for host in NO_SYSTEM]
        for text in (*(written.format(host) for host in hosts), *SCHEMES):
            error = ended(way, settings={**way.settings, key: text})
            assert (error.fault, error.params.get("setting")) == (Fault.MISCONFIGURED, key), text
    assert tried == []


@every_one
@pytest.mark.parametrize(
    "number",
    [
        "127.0.0.1",
        "169.254.169.254",
        "::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fd00:ec2::254",
        "0.0.0.0",  # noqa: S104
    ],
)
def test_a_name_that_leads_inward_by_then_is_not_followed(
    way: Way, number: str, tried: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def lookup(host: str, port: int, *_rest: Any, **_more: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("203.0.113.7", number)]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert ended(way).fault is Fault.ADDRESS_REFUSED
    assert asked
    assert tried == []


@pytest.mark.parametrize("number", ["10.1.2.3", "203.0.113.7", "2001:db8::7", "fd12:3456::1", "64:ff9b::cb00:7107"])
def test_a_system_of_ones_own_network_is_reached(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_given, **_more: [(2, 1, 6, "", (number, 443))])
    assert numbers_of("system.example", 443) == [number]
    host = f"[{number}]" if ":" in number else number
    assert address_setting(f"https://{host}/v1").host == number


@contextlib.contextmanager
def serving(parts: list[bytes], *, endless: bool = False, silent: bool = False, held: bool = False) -> Iterator[int]:
    """A server of a few octets on loopback: what it says to everybody, once or for ever."""
    listening = socket.create_server(("127.0.0.1", 0))

    def talk(line: socket.socket) -> None:
        with contextlib.suppress(OSError), line:
            line.settimeout(12 if held else 1)
            while True:
                for part in parts:
                    line.sendall(part)
                if not endless:
                    break
            while silent and line.recv(1_000):
                pass

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                talk(listening.accept()[0])

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


RUBBISH: dict[str, dict[str, Any]] = {
    "hangs up": {"parts": [b""]},
    "is silent": {"parts": [b""], "silent": True, "held": True},
    "another protocol": {"parts": [b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"]},
    "a banner without end": {"parts": [b"x" * 10_000], "endless": True},
    "lines without end": {"parts": [b"* OK anna@example.se\r\n" * 200], "endless": True},
    "a greeting and then rubbish": {"parts": [b"SSH-2.0-OpenSSH_9.6\r\n", b"\xff" * 5_000]},
    "a greeting and then nothing": {"parts": [b"SSH-2.0-x\r\n"], "silent": True},
    "a length without sense": {"parts": [b"\xff\xff\xff\x00" * 9], "silent": True},
    "IMAP that promises much": {"parts": [b"* OK ready\r\n* 1 FETCH (BODY[] {99999999999}\r\n"], "silent": True},
    "MySQL cut off": {"parts": [b"\x4a\0\0\0\x0a10.11.6-MariaDB\0\1\0\0\0"], "silent": True},
    "PostgreSQL that wants a password of its own making": {
        "parts": [b"R\0\0\0\x0c\0\0\0\x05abcd", b"R\x7f\xff\xff\xff"],
        "silent": True,
    },
}


@every_other
@pytest.mark.parametrize("rubbish", RUBBISH.values(), ids=RUBBISH)
def test_whatever_a_server_says_ends_in_a_fault_in_time_and_in_memory(
    way: Way, rubbish: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    plainly = {"host": "127.0.0.1", "tls": False} if way.name == "mailbox" else {"host": "127.0.0.1", "tls": "off"}
    began = time.monotonic()
    tracemalloc.start()
    with serving(**rubbish) as port:
        error = ended(way, settings={**way.settings, **plainly, "port": port})
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.fault in {
        Fault.CUT_OFF,
        Fault.TIMEOUT,
        Fault.UNREACHABLE,
        Fault.SERVER_ERROR,
        Fault.AUTH_REFUSED,
        Fault.UNEXPECTED,
    }
    assert given_away(caplog.text, way) == []
    assert time.monotonic() - began < 8
    assert peak < 60_000_000


FORMATS = {
    "csv": (b"Kundnr;Namn\n1001;Anna\n1002;Per\n", "format: csv"),
    "utf-16": ("Kundnr;Namn\n1001;Åsa\n".encode("utf-16"), "format: csv, encoding: utf-16"),
    "jsonl": (b'{"Kundnr": "1001", "x": {"y": [1]}}\n{"Kundnr": "1002"}\n', "format: jsonl"),
    "json": (b'{"rows": [{"Kundnr": "1001", "x": {"y": [1, 1.5, null]}}]}', "format: json, records: rows"),
    "json, sorted": (
        b'{"rows": [{"Kundnr": "1002"},{"Kundnr": "1001"}]}',
        'format: json, records: "sort_by(rows, &Kundnr)"',
    ),
}
NASTY = st.sampled_from(
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b'"',
        b"\n",
        b";",
        b"[" * 600,
        b'{"a":' * 600,
        b"9" * 5_000,
        b"1e999",
        b"\\ud800",
        b"x" * 70_000,
        b"\r",
        b"}",
    ]
)


@pytest.mark.parametrize("sort", FORMATS)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1), put=st.one_of(NASTY, st.binary(max_size=20)), drop=st.integers(0, 12))
@example(at=0.6, put=b'{"Kundnr": 1}, ', drop=0)
def test_a_spoilt_export_ends_in_records_or_a_fault(
    sort: str, at: float, put: bytes, drop: int, tmp_path: Path
) -> None:
    whole, said = FORMATS[sort]
    place = int(at * len(whole))
    exports.write(tmp_path, "export", whole[:place] + put + whole[place + drop :])
    text = f"files: {{rows: {{file: export, {said}, by: {{customer_no: Kundnr}}, category: rows}}}}\n"
    text += "categories: {rows: {kind: table, label: R}}"
    sought = (Identifier(IdentifierKind.CUSTOMER_NO, "1001"),)
    asked = Search(
        {"place": "folder", "folder": str(tmp_path), "description": text}, {}, sought, ANNA.name, exports.NOW
    )
    try:
        pages = list(registry.get("files").collect(asked))
    except ConnectorError as error:
        assert error.fault in {Fault.UNREADABLE, Fault.WRONG_TYPE, Fault.TOO_LARGE, Fault.NOT_FOUND}
        assert str(tmp_path) not in told(error)
        return
    found = [record for page in pages for record in page.records]
    assert "1002" not in {record.fields.get("Kundnr") for record in found}
    assert all(record.to_row() for record in found)
