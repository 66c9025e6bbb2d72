"""The one way connectors talk HTTP: bounded in time, size and tries, held to the system's own address, silent about what it saw."""

from __future__ import annotations

import email.utils
import json
import logging
import os
import random
import time
import zlib
from datetime import UTC, datetime
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import quote

import httpx

from requests_app.connectors.addresses import AllowList, address_setting
from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Limits

REDIRECTS = 3
FIRST_BACKOFF = 0.2
"""Seconds before the second try; doubled for each further one."""
HEARTBEAT_EVERY = 1.0
SLOWEST_BODY = 6
"""How many read time-outs a whole body may take, so that a trickle cannot hold a worker."""
_QUIET_LOGGERS = (
    "httpx",
    "httpcore.connection",
    "httpcore.http11",
    "httpcore.http2",
    "httpcore.proxy",
    "httpcore.socks",
)
_STATUS_FAULTS = {
    401: Fault.AUTH_REFUSED,
    403: Fault.FORBIDDEN,
    404: Fault.NOT_FOUND,
    408: Fault.TIMEOUT,
    410: Fault.NOT_FOUND,
    429: Fault.RATE_LIMITED,
}


def _never(_record: logging.LogRecord) -> bool:
    return False


for _name in _QUIET_LOGGERS:
    # httpx tells every address at INFO, and ImBox carries its key in the address. A filter outlives logging.config.
    logging.getLogger(_name).addFilter(_never)


@lru_cache(maxsize=1)
def _client_of(_pid: int) -> httpx.Client:
    """One client per process: connections are reused, cookies are not (they could carry one person into another's search)."""
    direct: dict[str, httpx.BaseTransport | None] = dict.fromkeys(
        ("all://localhost", "all://127.0.0.1", "all://[::1]"), None
    )
    return httpx.Client(
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        follow_redirects=False,
        limits=httpx.Limits(max_connections=64, max_keepalive_connections=32, keepalive_expiry=15),
        mounts=direct,
        headers={"User-Agent": "hemdsr", "Accept": "application/json", "Accept-Encoding": "gzip"},
    )


def shared_client() -> httpx.Client:
    """The process's client; a forked worker gets its own."""
    return _client_of(os.getpid())


def segment(value: str | int) -> str:
    """A value as one path segment: nothing in it can climb or add to the path. Raises WRONG_TYPE for an empty or dotted one."""
    text = str(value)
    if text in {"", ".", ".."}:
        raise ConnectorError(Fault.WRONG_TYPE, field="id")
    return quote(text, safe="")


class Http:
    """JSON over HTTP to one system, for one run.

    ``base`` is the system's address from its settings: scheme, host and port of it are all this client will ever call.
    Addresses are never logged or raised, so keys may stand in them. ``bare_403_is_limit``: the vendor answers 403 without a
    JSON body when it is called too often.
    """

    def __init__(
        self,
        base: str,
        limits: Limits,
        heartbeat: Callable[[], None] = lambda: None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        bare_403_is_limit: bool = False,
    ) -> None:
        self._base = address_setting(base)
        self._allowed = AllowList(self._base)
        self._limits = limits
        self._heartbeat = heartbeat
        self._headers = dict(headers or {})
        self._auth = httpx.BasicAuth(*auth) if auth else None
        self._bare_403_is_limit = bare_403_is_limit
        self.requests = 0
        """HTTP requests made so far, retries counted."""

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """GET ``base`` + ``path`` and return its JSON. Raises ``ConnectorError``."""
        return self._retried("GET", self._address(path, params), None)

    def find(self, path: str, params: Mapping[str, str | int] | None = None) -> Any | None:
        """As ``get``, but None when the system answers 404: for a look-up that may find nobody."""
        try:
            return self.get(path, params)
        except ConnectorError as error:
            if error.fault is Fault.NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: Any) -> Any:
        """POST ``body`` as JSON and return the JSON answer. Retried as ``get``: use it for searches, which change nothing."""
        return self._retried("POST", self._address(path, None), body)

    def patch(self, path: str, body: Any) -> Any:
        """PATCH ``body`` as JSON and return the JSON answer. Retried as ``get``: use it to set a value, which twice is one effect."""
        return self._retried("PATCH", self._address(path, None), body)

    def next_query(self, link: str) -> dict[str, str]:
        """The parameters of a ``next`` link, to ask for that page again later. Raises ADDRESS_REFUSED when it leads out of the system."""
        return dict(self._allowed.join(self._base, link).params)

    def _address(self, path: str, params: Mapping[str, str | int] | None) -> httpx.URL:
        # Put together as text: httpx would otherwise treat "//host/x" as another host.
        address = self._allowed.join(self._base, str(self._base).rstrip("/") + "/" + path.lstrip("/"))
        return address.copy_merge_params(params) if params else address

    def _retried(self, method: str, address: httpx.URL, body: Any) -> Any:
        """Try until it works, the fault is permanent, the tries are spent or the wait asked for is too long."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._redirected(method, address, body)
            except ConnectorError as error:
                wait = _backoff(attempt) if error.retry_after is None else error.retry_after
                if not error.transient or attempt >= self._limits.attempts or wait > self._limits.max_wait:
                    raise
            self._wait(wait)

    def _wait(self, seconds: float) -> None:
        """Sleep with heartbeats between."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._heartbeat()
            time.sleep(min(left, HEARTBEAT_EVERY))

    def _redirected(self, method: str, address: httpx.URL, body: Any) -> Any:
        for _ in range(REDIRECTS + 1):
            answer = self._once(method, address, body)
            if not isinstance(answer, _Redirect):
                return answer.value
            if method != "GET":
                raise ConnectorError(Fault.ADDRESS_REFUSED)
            address = self._allowed.join(address, answer.location)
        raise ConnectorError(Fault.ADDRESS_REFUSED)

    def _once(self, method: str, address: httpx.URL, body: Any) -> _Answer | _Redirect:
        """One HTTP exchange. The fault is raised outside the except block, so that no chained exception holds the address."""
        self._heartbeat()
        self.requests += 1
        limits = self._limits
        try:
            with shared_client().stream(
                method,
                address,
                json=body,
                headers=self._headers,
                auth=self._auth,
                timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
            ) as response:
                return self._answer(response)
        except ConnectorError:
            raise
        except httpx.TimeoutException:
            fault = Fault.TIMEOUT
        except (httpx.RemoteProtocolError, httpx.ReadError, zlib.error):
            fault = Fault.CUT_OFF
        except httpx.TransportError:
            fault = Fault.UNREACHABLE
        except (httpx.HTTPError, httpx.InvalidURL):
            fault = Fault.UNEXPECTED
        raise ConnectorError(fault)

    def _answer(self, response: httpx.Response) -> _Answer | _Redirect:
        if response.is_redirect:
            return _Redirect(response.headers.get("Location", ""))
        if response.is_success:
            ends_by_closing = "content-length" not in response.headers and "transfer-encoding" not in response.headers
            return _Answer(parse_json(self._body(response), may_be_cut=ends_by_closing))
        self._refuse(response)

    def _refuse(self, response: httpx.Response) -> NoReturn:
        status = response.status_code
        wait = retry_after(response.headers.get("Retry-After"))
        if status >= 500:
            raise ConnectorError(Fault.SERVER_ERROR, retry_after=wait, status=status)
        if status == 403 and self._bare_403_is_limit and "json" not in response.headers.get("Content-Type", ""):
            raise ConnectorError(Fault.RATE_LIMITED, retry_after=wait, status=status)
        raise ConnectorError(_STATUS_FAULTS.get(status, Fault.UNEXPECTED), retry_after=wait, status=status)

    def _body(self, response: httpx.Response) -> bytes:
        """The whole body, or TOO_LARGE as soon as it passes the limit, counted after unpacking."""
        limit = self._limits.max_bytes
        started = beat = time.monotonic()
        body = bytearray()
        for part in _unpacked(response, limit):
            body += part
            if len(body) > limit:
                raise ConnectorError(Fault.TOO_LARGE, limit=limit)
            now = time.monotonic()
            if now - started > SLOWEST_BODY * self._limits.read_timeout:
                raise ConnectorError(Fault.TIMEOUT)
            if now - beat > HEARTBEAT_EVERY:
                beat = now
                self._heartbeat()
        return bytes(body)


class _Answer:
    def __init__(self, value: Any) -> None:
        self.value = value


class _Redirect:
    def __init__(self, location: str) -> None:
        self.location = location


def _unpacked(response: httpx.Response, limit: int) -> Iterator[bytes]:
    """The body's parts, gzip undone without ever unpacking past ``limit`` (httpx would unpack a whole part at once)."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        yield from response.iter_raw()
        return
    if coding not in {"gzip", "x-gzip"}:
        raise ConnectorError(Fault.UNREADABLE, line=1)
    unpacker = zlib.decompressobj(wbits=31)
    for part in response.iter_raw():
        yield unpacker.decompress(part, limit + 1)
    if not unpacker.eof:
        raise ConnectorError(Fault.CUT_OFF)


def _backoff(attempt: int) -> float:
    """Full jitter around a doubling wait, so that many workers do not come back at the same moment."""
    return FIRST_BACKOFF * 2.0 ** (attempt - 1) * random.uniform(0.5, 1.5)  # noqa: S311 (no secret depends on it)


def retry_after(value: str | None, now: datetime | None = None) -> float | None:
    """Seconds of a ``Retry-After`` header, given as seconds or as an HTTP date (RFC 9110 §10.2.3); None when it says nothing."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())


def _no_constant(_text: str) -> NoReturn:
    raise ValueError


def parse_json(body: bytes, *, may_be_cut: bool = False) -> Any:
    """JSON of a body. Raises UNREADABLE with the line, or CUT_OFF when the text just ends and nothing said how long it is."""
    line = 1
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        cut = may_be_cut and error.end >= len(body)
    except json.JSONDecodeError as error:
        line = error.lineno
        ends = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
        cut = may_be_cut and ends and bool(body.strip())
    except (ValueError, RecursionError):
        cut = False
    raise ConnectorError(Fault.CUT_OFF) if cut else ConnectorError(Fault.UNREADABLE, line=line)
