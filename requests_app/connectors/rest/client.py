"""The client of one described system: address, way in, pace, and requests written as the description has them."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import Call, Http, parse_json
from requests_app.connectors.rest import auth
from requests_app.connectors.rest.description import METHODS
from requests_app.connectors.rest.templates import fill, fill_in, names
from requests_app.connectors.transport import client_with

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import httpx

    from requests_app.connectors.base import Limits
    from requests_app.connectors.http import Reader, Reply
    from requests_app.connectors.rest.description import Description


class Client:
    """Requests to a described system. ``values`` are its settings and secrets; a setting that was not filled in has its default."""

    def __init__(
        self,
        description: Description,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        limits: Limits,
        heartbeat: Callable[[], None],
        pace: Callable[[int, float], float] | None = None,
    ) -> None:
        self._limits, self._heartbeat = limits, heartbeat
        defaults = {spec.key: spec.default for spec in description.settings}
        entered = {key: value for key, value in settings.items() if value is not None and value != ""}
        self.values: dict[str, Any] = {**defaults, **entered, **secrets}
        said = description.said
        self._address = fill(said["address"], self.values)
        self.names: dict[str, Mapping[str, str]] = {}
        """What codes mean, as the system said in this run."""
        self._also = tuple(fill(text, self.values) for text in said.get("also_allowed", ()) if self._is_set(text))
        self._pace = _pace(self._address, said.get("pace"), pace)
        certificate = said.get("auth", {}).get("certificate")
        pair = tuple(fill(certificate[key], self.values) for key in ("certificate", "key")) if certificate else None
        self._client: Callable[[], httpx.Client] | None = (lambda: client_with(*pair)) if pair else None
        self.http = Http(
            self._address,
            limits,
            heartbeat,
            headers={name: fill(str(text), self.values) for name, text in said.get("headers", {}).items()},
            auth=auth.auth_of(said.get("auth", {}), self.values, self._elsewhere),
            bare_403_is_limit=said.get("busy_without_json", False),
            also_allowed=self._also,
            client=self._client,
        )

    def _is_set(self, text: str) -> bool:
        """Whether every setting in a template is filled in."""
        return all(self.values.get(name) is not None for name, _filters in names(text))

    def _elsewhere(self, address: str) -> Http:
        """A client for the address a token is asked at, which no data is asked from."""
        return Http(address, self._limits, self._heartbeat, client=self._client)

    def send(
        self,
        request: Mapping[str, Any],
        values: Mapping[str, Any],
        params: Mapping[str, str | int] | None = None,
        *,
        accepted: Collection[int] = (),
        repeatable: bool = True,
        streams: Callable[[bytes], bool] | None = None,
    ) -> Reply:
        """Make a request of the description, with ``params`` of its paging; ``streams`` as of ``Call``. Raises ``ConnectorError``."""
        known = {**self.values, **values}
        method = next(name for name in METHODS if name in request)
        path, _mark, query = request[method].partition("?")
        asked: dict[str, str | int] = {
            name: fill(text, known) for name, text in parse_qsl(query, keep_blank_values=True)
        }
        asked |= {name: fill(str(text), known) for name, text in request.get("query", {}).items()}
        if self._pace:
            self._pace.wait(self._heartbeat)
        return self.http.send(
            Call(
                method.upper(),
                _path(path, known),
                {**asked, **(params or {})} or None,
                json=fill_in(request["body"], known) if "body" in request else None,
                form=_texts(request["form"], known) if "form" in request else None,
                headers=_texts(request.get("headers", {}), known),
                accepted=frozenset(accepted),
                repeatable=repeatable,
                reader=_reader(request),
                streams=streams,
            )
        )


def _texts(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, str]:
    return {name: fill(str(text), known) for name, text in said.items()}


def _path(text: str, known: Mapping[str, Any]) -> str:
    """The path; an address of its own (``{link}`` alone, or https://...) stands as it is and is held to what is allowed."""
    if text.startswith("{") and text.endswith("}") and text.count("{") == 1:
        return fill(text, known)
    return fill(text, known, path=True)


def _reader(request: Mapping[str, Any]) -> Reader:
    kind = request.get("answer", "json")
    if kind == "csv":
        delimiter, encoding = request.get("delimiter", ","), request.get("encoding", "utf-8")
        return lambda body, *, may_be_cut=False: read_csv(body, delimiter, encoding)
    return read_lines if kind == "jsonl" else parse_json


def read_lines(body: bytes, *, may_be_cut: bool = False) -> list[Any]:
    """JSON Lines: a value per line. Raises UNREADABLE with the line."""
    found = []
    for number, line in enumerate(body.splitlines(), 1):
        if not line.strip():
            continue
        try:
            found.append(parse_json(line, may_be_cut=may_be_cut))
        except ConnectorError as error:
            if error.fault is Fault.CUT_OFF:
                raise
            fault = ConnectorError(Fault.UNREADABLE, line=number)
        else:
            continue
        raise fault
    return found


def read_csv(body: bytes, delimiter: str, encoding: str) -> list[dict[str, Any]]:
    """CSV with a header line. Raises UNREADABLE with the line, for a wrong character or a row longer than the header."""
    try:
        text = body.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
    else:
        line = 0
    if line:
        raise ConnectorError(Fault.UNREADABLE, line=line)
    rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    found: list[dict[str, Any]] = []
    try:
        for row in rows:
            if None in row:
                raise csv.Error
            found.append(dict(row))
    except csv.Error:
        line = rows.line_num
    if line:
        raise ConnectorError(Fault.UNREADABLE, line=line)
    return found


class _Pace:
    """At most so many requests in so many seconds: from all workers where they share one (``shared``), else from this process."""

    def __init__(self, requests: int, seconds: int, shared: Callable[[int, float], float] | None) -> None:
        self._requests, self._seconds = requests, seconds
        self._reserve = shared or self._own
        self._free_at = 0.0
        self._lock = threading.Lock()

    def wait(self, heartbeat: Callable[[], None]) -> None:
        """Until the next request may be made."""
        ends = time.monotonic() + self._reserve(self._requests, self._seconds)
        while (left := ends - time.monotonic()) > 0:
            heartbeat()
            time.sleep(min(left, 1.0))

    def _own(self, requests: int, seconds: float) -> float:
        with self._lock:
            now = time.monotonic()
            begins = max(self._free_at, now)
            self._free_at = begins + seconds / requests
            return begins - now


_PACES: dict[bytes, _Pace] = {}
_PACES_LOCK = threading.Lock()


def _pace(address: str, said: Mapping[str, int] | None, shared: Callable[[int, float], float] | None) -> _Pace | None:
    """The pace of a system: as the workers share it, else as all its searches in this process do."""
    if not said:
        return None
    if shared is not None:
        return _Pace(said["requests"], said["seconds"], shared)
    key = hashlib.sha256(json.dumps([address, said["requests"], said["seconds"]]).encode()).digest()
    with _PACES_LOCK:
        return _PACES.setdefault(key, _Pace(said["requests"], said["seconds"], None))
