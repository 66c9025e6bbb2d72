"""The connections below ``http``: shared by a process, and never to an address that a name has no business to lead to."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import socket
import ssl
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.request import getproxies

import httpcore
import httpx

from requests_app.connectors.addresses import is_no_system, plain
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.pem import with_lines

if TYPE_CHECKING:
    from collections.abc import Iterable

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
_POOL = httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15)
_HEADERS = {"User-Agent": "hemdsr", "Accept": "application/json", "Accept-Encoding": "gzip"}


def shared_client() -> httpx.Client:
    """The process's client; a forked worker gets its own."""
    return _client_of(os.getpid())


def client_with(certificate: str, key: str) -> httpx.Client:
    """A client that shows a certificate (PEM, with its key) to whoever asks. Raises MISCONFIGURED when the two cannot be used."""
    return _client_of(os.getpid(), _Pair(with_lines(certificate), with_lines(key)))


class _Pair:
    """A certificate and its key as one key of the cache, so that neither is held twice nor shown."""

    def __init__(self, certificate: str, key: str) -> None:
        self.certificate, self.key = certificate, key
        self._mark = hashlib.sha256(f"{certificate}\n{key}".encode()).digest()

    def __hash__(self) -> int:
        return hash(self._mark)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pair) and self._mark == other._mark

    def context(self) -> ssl.SSLContext:
        """TLS with the certificate. The key goes through memory alone: the library takes it only from something with a path."""
        context = httpx.create_ssl_context()
        held = os.memfd_create("certificate", os.MFD_CLOEXEC)
        try:
            os.write(held, f"{self.certificate.strip()}\n{self.key.strip()}\n".encode())
            context.load_cert_chain(f"/proc/self/fd/{held}", password=_no_password)
        except (ssl.SSLError, OSError, ValueError):
            context = None  # type: ignore[assignment]
        finally:
            os.close(held)
        if context is None:
            raise ConnectorError(Fault.MISCONFIGURED, setting="certificate")
        return context


def _no_password() -> bytes:
    """A key under a password is refused rather than asked for at a terminal."""
    raise ValueError


@lru_cache(maxsize=16)
def _client_of(_pid: int, pair: _Pair | None = None) -> httpx.Client:
    """Connections are reused, cookies are not (they could carry one person into another's search).

    Where a proxy stands between, it looks names up and holds the wall; else we look at where each name leads.
    """
    verify = pair.context() if pair else httpx.create_ssl_context()
    cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    common: dict[str, Any] = {"cookies": cookies, "follow_redirects": False, "headers": _HEADERS}
    if any(name in getproxies() for name in ("http", "https", "all")):
        direct = {f"all://{host}": httpx.HTTPTransport(verify=verify, limits=_POOL) for host in _LOCAL}
        return httpx.Client(verify=verify, limits=_POOL, mounts=direct, **common)
    return httpx.Client(transport=_Guarded(verify), **common)


class _Guarded(httpx.HTTPTransport):
    """httpx's transport over connections that look where a name leads before they go there."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context, limits=_POOL)
        self._pool = httpcore.ConnectionPool(
            ssl_context=context,
            max_connections=_POOL.max_connections,
            max_keepalive_connections=_POOL.max_keepalive_connections,
            keepalive_expiry=_POOL.keepalive_expiry,
            network_backend=_Looking(),
        )


class _Looking(httpcore.SyncBackend):
    """Connects to the number that was looked at, so that a name cannot lead elsewhere between the look and the connection."""

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """One connection. Raises ADDRESS_REFUSED for a name that leads to this machine or to where clouds keep their secrets."""
        numbers = numbers_of(host, port)
        if not numbers:
            raise httpcore.ConnectError
        for last, number in enumerate(numbers, 1):
            try:
                return super().connect_tcp(number, port, timeout, local_address, socket_options)
            except httpcore.ConnectError:
                if last == len(numbers):
                    raise
        raise httpcore.ConnectError


def numbers_of(host: str, port: int) -> list[str]:
    """The addresses a name leads to, none when it is not found: connect to one of these, so that nobody can change it in between.

    Raises ADDRESS_REFUSED for a name that leads to this machine or to where clouds keep their secrets.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        found = []
    numbers = list(dict.fromkeys(str(address[4][0]) for address in found))
    if not all(_may_lead_to(host, number) for number in numbers):
        raise ConnectorError(Fault.ADDRESS_REFUSED)
    return numbers


def _may_lead_to(host: str, number: str) -> bool:
    """Whether a host may be at a number. An administrator's own number, and localhost, mean what they say."""
    address = ipaddress.ip_address(number.split("%")[0])
    if is_no_system(address):
        return False
    return not plain(address).is_loopback or host == "localhost" or _is_number(host)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
