"""The one way connectors talk HTTP: bounded in time, size and tries, held to the system's own address, silent about what it saw."""

from __future__ import annotations

import email.utils
import json
import logging
import random
import time
import zlib
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, Protocol
from urllib.parse import quote

import httpx

from requests_app.connectors import json_text
from requests_app.connectors.addresses import AllowList, address_setting
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.streaming import HEARTBEAT_EVERY, Parts
from requests_app.connectors.transport import shared_client

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from requests_app.connectors.base import Limits

REDIRECTS = 3
FIRST_BACKOFF = 0.2
"""Seconds before the second try; doubled for each further one."""
WHOLE = 8 * 1024 * 1024
"""Bytes of a body that is held whole even where it could be read part by part."""
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


Watcher = Callable[[httpx.Response, bytes], None]
"""Is shown an answer, with the request it answers, and its body unpacked."""
_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def _never(_record: logging.LogRecord) -> bool:
    return False


for _name in _QUIET_LOGGERS:
    # httpx tells every address at INFO, and ImBox carries its key in the address. A filter outlives logging.config.
    logging.getLogger(_name).addFilter(_never)


def segment(value: str | int) -> str:
    """A value as one path segment: nothing in it can climb or add to the path. Raises WRONG_TYPE for an empty or dotted one."""
    text = str(value)
    if text in {"", ".", ".."}:
        raise ConnectorError(Fault.WRONG_TYPE, field="id")
    return quote(text, safe="")


class Reader(Protocol):
    """What makes a value of a body. Raises UNREADABLE, or CUT_OFF when it just ends and nothing said how long it is."""

    def __call__(self, body: bytes, *, may_be_cut: bool = False) -> Any: ...


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a system, as often as it must be tried.

    ``accepted``: refusals that are an answer here, such as 404 for nobody; their ``Reply`` has no value. ``repeatable``: done twice
    it is one effect, so that it may be tried again. ``streams``: says by the beginning of a large body whether it is wanted part by
    part; the value of its ``Reply`` is then its ``Parts``, which whoever reads it must close.
    """

    method: str
    path: str
    params: Mapping[str, str | int] | None = None
    json: Any = None
    form: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: Collection[int] = frozenset()
    repeatable: bool = True
    reader: Reader = field(default_factory=lambda: parse_json)
    streams: Callable[[bytes], bool] | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What came: the status, the headers (names in lower case) and the body's value."""

    status: int
    headers: Mapping[str, str]
    value: Any


class Http:
    """JSON over HTTP to one system, for one run.

    ``base`` is the system's address from its settings: scheme, host and port of it are all this client will ever call.
    Addresses are never logged or raised, so keys may stand in them. ``bare_403_is_limit``: the vendor answers 403 without a
    JSON body when it is called too often. ``also_allowed``: further addresses of the same system.
    """

    def __init__(
        self,
        base: str,
        limits: Limits,
        heartbeat: Callable[[], None] = lambda: None,
        *,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | httpx.Auth | None = None,
        bare_403_is_limit: bool = False,
        also_allowed: tuple[str, ...] = (),
        client: Callable[[], httpx.Client] | None = None,
    ) -> None:
        self._base = address_setting(base)
        self._allowed = AllowList(self._base, *(address_setting(one, "also_allowed") for one in also_allowed))
        self._client = client or shared_client
        self._limits = limits
        self._heartbeat = heartbeat
        self._headers = dict(headers or {})
        self._auth = httpx.BasicAuth(*auth) if isinstance(auth, tuple) else auth
        self._bare_403_is_limit = bare_403_is_limit
        self.requests = 0
        """HTTP requests made so far, retries counted."""

    def send(self, call: Call) -> Reply:
        """Make a call and return what came. Raises ``ConnectorError``."""
        return self._retried(call, self._address(call.path, call.params))

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """GET ``base`` + ``path`` and return its JSON. Raises ``ConnectorError``."""
        return self.send(Call("GET", path, params)).value

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
        return self.send(Call("POST", path, json=body)).value

    def patch(self, path: str, body: Any) -> Any:
        """PATCH ``body`` as JSON and return the JSON answer. Retried as ``get``: use it to set a value, which twice is one effect."""
        return self.send(Call("PATCH", path, json=body)).value

    def next_query(self, link: str) -> dict[str, str]:
        """The parameters of a ``next`` link, to ask for that page again later. Raises ADDRESS_REFUSED when it leads out of the system."""
        return dict(self._allowed.join(self._base, link).params)

    def _address(self, path: str, params: Mapping[str, str | int] | None) -> httpx.URL:
        # Put together as text: httpx would otherwise treat "//host/x" as another host.
        whole = path.startswith(("https://", "http://"))
        address = self._allowed.join(
            self._base,
            path if whole else f"{str(self._base).rstrip('/')}/{path.lstrip('/')}" if path else str(self._base),
        )
        return address.copy_merge_params(params) if params else address

    def _retried(self, call: Call, address: httpx.URL) -> Reply:
        """Try until it works, the fault is permanent, the tries are spent or the wait asked for is too long."""
        attempt = 0
        while True:
            attempt += 1
            try:
                return self._redirected(call, address)
            except ConnectorError as error:
                wait = _backoff(attempt) if error.retry_after is None else error.retry_after
                tried = attempt >= self._limits.attempts or not call.repeatable
                if not error.transient or tried or wait > self._limits.max_wait:
                    raise
            self._wait(wait)

    def _wait(self, seconds: float) -> None:
        """Sleep with heartbeats between."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._heartbeat()
            time.sleep(min(left, HEARTBEAT_EVERY))

    def _redirected(self, call: Call, address: httpx.URL) -> Reply:
        for _ in range(REDIRECTS + 1):
            answer = self._once(call, address)
            if isinstance(answer, Reply):
                return answer
            if call.method != "GET":
                raise ConnectorError(Fault.ADDRESS_REFUSED)
            address = self._allowed.join(address, answer.location)
        raise ConnectorError(Fault.ADDRESS_REFUSED)

    def _once(self, call: Call, address: httpx.URL) -> Reply | _Redirect:
        """One HTTP exchange. The fault is raised outside the except block, so that no chained exception holds the address."""
        self._heartbeat()
        self.requests += 1
        limits = self._limits
        at_home = self._allowed.is_home(address)  # keys are shown at the system's own address alone
        try:
            with ExitStack() as stack:
                exchange = self._client().stream(
                    call.method,
                    address,
                    json=call.json,
                    data=call.form,
                    headers={**(self._headers if at_home else {}), **call.headers},
                    auth=self._auth if at_home else None,
                    timeout=httpx.Timeout(limits.read_timeout, connect=limits.connect_timeout),
                )
                answer = self._answer(call, stack.enter_context(exchange))
                if isinstance(answer, Reply) and isinstance(answer.value, Parts):
                    answer.value.keep_open(stack.pop_all())
                return answer
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

    def _answer(self, call: Call, response: httpx.Response) -> Reply | _Redirect:
        if response.is_redirect:
            _saw(response, b"")
            return _Redirect(response.headers.get("Location", ""))
        status = response.status_code
        if response.is_success or status in call.accepted:
            parts = self._begun(call, response)
            if isinstance(parts, Parts):
                return Reply(status, dict(response.headers.items()), parts)
            body = self._body(response) if parts is None else parts
            _saw(response, body)
            ends_by_closing = "content-length" not in response.headers and "transfer-encoding" not in response.headers
            readable = bool(body.strip()) or (response.is_success and status not in {202, 204})
            value = call.reader(body, may_be_cut=ends_by_closing) if readable and response.is_success else None
            return Reply(status, dict(response.headers.items()), value)
        if _WATCHER.get() is not None:
            _saw(response, self._body(response))
        self._refuse(response)

    def _begun(self, call: Call, response: httpx.Response) -> Parts | bytes | None:
        """The parts of a large body that is wanted so, a smaller body whole; None when it is not to be looked at in parts at all.

        Whoever tries a connection sees whole answers.
        """
        if call.streams is None or not response.is_success or _WATCHER.get() is not None:
            return None
        parts = Parts(response, self._limits, self._heartbeat, SLOWEST_BODY * self._limits.read_timeout)
        whole = parts.begin(min(WHOLE, self._limits.max_bytes))
        if whole is not None:
            return whole
        return parts if call.streams(parts.start()) else parts.whole(self._limits.max_bytes)

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


@contextmanager
def watched(watcher: Watcher) -> Iterator[None]:
    """Let ``watcher`` see every exchange of this thread while somebody tries a connection. Nothing else may keep what it sees."""
    token = _WATCHER.set(watcher)
    try:
        yield
    finally:
        _WATCHER.reset(token)


def _saw(response: httpx.Response, body: bytes) -> None:
    if (watcher := _WATCHER.get()) is not None:
        watcher(response, body)


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


def parse_json(body: bytes, *, may_be_cut: bool = False) -> Any:
    """JSON of a body. Raises UNREADABLE with the line, or CUT_OFF when the text just ends and nothing said how long it is."""
    line = 1
    try:
        return json_text.loads(body.decode("utf-8-sig"))
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
