"""Where a name may lead, and connections that show a certificate."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Limits
from requests_app.connectors.http import Http
from requests_app.connectors.transport import client_with

LIMITS = Limits(attempts=1, connect_timeout=1, read_timeout=1)


def leads_to(monkeypatch: pytest.MonkeyPatch, *numbers: str) -> list[str]:
    """The system's name means these numbers; what is connected to is noted and refused."""
    tried: list[str] = []

    def getaddrinfo(_host: str, port: int, *_rest: Any, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (number, port)) for number in numbers]

    def create_connection(address: tuple[str, int], *_rest: Any, **_more: Any) -> Any:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", create_connection)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return tried


@pytest.mark.parametrize(
    "number",
    ["127.0.0.1", "127.8.8.8", "::1", "169.254.169.254", "fe80::1%2", "0.0.0.0", "::ffff:127.0.0.1", "224.0.0.1"],  # noqa: S104
)
def test_a_name_that_leads_to_this_machine_or_to_the_clouds_secrets_is_refused(
    monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    tried = leads_to(monkeypatch, "203.0.113.7", number)
    with pytest.raises(ConnectorError) as caught:
        Http("https://system.example", LIMITS).get("/x")
    assert caught.value.fault is Fault.ADDRESS_REFUSED
    assert tried == []


def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = leads_to(monkeypatch, "10.1.2.3", "203.0.113.7")
    with pytest.raises(ConnectorError) as caught:
        Http("https://system.example", LIMITS).get("/x")
    assert caught.value.fault is Fault.UNREACHABLE
    assert tried == ["10.1.2.3", "203.0.113.7"]


@pytest.mark.parametrize(("certificate", "key"), [("", ""), ("rubbish", "rubbish"), ("\x00", "-----BEGIN")])
def test_a_certificate_that_cannot_be_used_is_named_and_not_shown(certificate: str, key: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        client_with(certificate, key)
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": "certificate"})
    assert caught.value.__context__ is None
