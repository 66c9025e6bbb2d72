"""Trying a system with a test person: what was asked and answered, and what would be kept. Nothing is stored here.

Secrets are blanked in what is shown, and so is what belongs to others than the test person: an object of an answer that names
somebody else and not the test person keeps its names and loses its values.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus, unquote

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Limits, shape
from requests_app.connectors.http import watched
from requests_app.connectors.trying_warnings import Warned, warnings_of
from requests_app.domain.identifiers import find_personnummer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import httpx

    from requests_app.connectors.base import Candidate, Connector, Search
    from requests_app.domain.records import Record

LIMITS = Limits(max_pages=50, max_bytes=8 * 1024 * 1024, read_timeout=10.0, max_wait=2.0, attempts=1)
SECONDS = 25.0
"""How long one try may take: somebody waits at the screen."""
EXCHANGES = 40
RECORDS = 2_000
SHOWN = 12_000
"""Characters of one body that are shown."""
LOOKED_INTO = 400_000
"""Characters of a body that are looked through object by object; of a larger one only the names are shown."""
BLANK = "•••"
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\"'=&?/%]{1,64}@[^\s@<>()\[\],;:\"'&?/%]{1,190}\.[^\W\d_]{2,24}")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "cookie", "set-cookie"})
_SECRET_FIELDS = re.compile(r'("(?:access|refresh|id)_?token"\s*:\s*")[^"]*', re.IGNORECASE)
_DULL = frozenset({"accept", "accept-encoding", "connection", "user-agent", "host", "content-length", "date", "server"})


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as they may be shown."""

    method: str
    address: str
    headers: tuple[tuple[str, str], ...]
    body: str
    status: int
    answer_headers: tuple[tuple[str, str], ...]
    answer: str
    size: int
    """Bytes of the answer."""
    strangers: int
    """How many others than the test person the answer names."""


@dataclass(frozen=True, slots=True)
class Tried:
    """What a try came to. ``cut``: it was ended by a bound of its own before the system was done."""

    exchanges: tuple[Exchange, ...] = ()
    records: tuple[Record, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    fault: ConnectorError | None = None
    cut: bool = False
    seconds: float = 0.0
    warnings: tuple[Warned, ...] = ()


class _Enough(Exception):
    """A bound of the try is reached."""


def try_out(connector: Connector, search: Search) -> Tried:
    """Gather from a system as the product would, within bounds, and say what stands out. ``search`` holds the test person.

    When that went well a person is asked for who cannot exist, to see that nobody is found then.
    """
    run = _Run(Blanking.of(search))
    tried = run.gather(connector, search)
    found = warnings_of(shape(connector, search.settings), tried.records, run.seen, run.blanking.mine)
    if tried.fault is None and not tried.cut:
        found = (*found, *_nobody(connector, search))
    if not (tried.records or tried.candidates or tried.fault):
        found = (Warned("nothing"), *found)
    return replace(tried, warnings=found)


def _nobody(connector: Connector, search: Search) -> Iterator[Warned]:
    """What is odd when somebody is asked for whom no system can know."""
    if not any(one.kind is IdentifierKind.EMAIL for one in search.identifiers):
        return
    unknown = Identifier(IdentifierKind.EMAIL, f"ingen.{time.monotonic_ns()}@finns-inte.example")
    tried = _Run(Blanking.of(search)).gather(connector, replace(search, identifiers=(unknown,), person_name=""))
    if tried.records or tried.candidates:
        yield Warned("answers_for_nobody", {"n": len(tried.records) or len(tried.candidates)})
    elif tried.fault and not tried.fault.transient:
        yield Warned("fault_for_nobody", {"fault": tried.fault.fault.value, **tried.fault.params})


@dataclass(slots=True)
class _Run:
    blanking: Blanking
    exchanges: list[Exchange] = field(default_factory=list)
    seen: list[tuple[str, Mapping[str, str], Any]] = field(default_factory=list)
    """Path, headers and value of each answer, for the warnings."""

    def gather(self, connector: Connector, search: Search) -> Tried:
        began = time.monotonic()

        def beat() -> None:
            if len(self.exchanges) >= EXCHANGES or time.monotonic() - began > SECONDS:
                raise _Enough

        records: list[Record] = []
        candidates: tuple[Candidate, ...] = ()
        fault, cut = None, False
        with watched(self.saw):
            try:
                for page in connector.collect(replace(search, limits=LIMITS, heartbeat=beat)):
                    records += page.records
                    candidates += page.candidates
                    if len(records) > RECORDS:
                        raise _Enough
            except _Enough:
                cut = True
            except ConnectorError as error:
                fault = error
            except Exception:  # noqa: BLE001 - another package's code: any fault is possible, and its message may hold anything
                fault = ConnectorError(Fault.UNEXPECTED)
        took = time.monotonic() - began
        return Tried(tuple(self.exchanges), tuple(records[:RECORDS]), candidates, fault, cut, took)

    def saw(self, response: httpx.Response, body: bytes) -> None:
        """Keep an exchange as it may be shown."""
        if len(self.exchanges) >= EXCHANGES:
            return
        request, text = response.request, body.decode("utf-8", "replace")
        value = _json(text)
        answer, strangers = self.blanking.answer(text, value)
        self.seen.append((self.blanking.address(request.url.path), dict(response.headers.items()), value))
        self.exchanges.append(
            Exchange(
                request.method,
                self.blanking.address(str(request.url)),
                self.blanking.headers(request.headers),
                self.blanking.text(_content(request)),
                response.status_code,
                self.blanking.headers(response.headers),
                answer,
                len(body),
                strangers,
            )
        )


def _content(request: httpx.Request) -> str:
    try:
        return request.read().decode("utf-8", "replace")[:SHOWN]
    except RuntimeError:  # a stream of the client's own, read already
        return ""


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


@dataclass(frozen=True, slots=True)
class Blanking:
    """What is taken out of everything that is shown: the secrets, and people other than the one who is tried with."""

    secrets: tuple[str, ...]
    mine: frozenset[str]
    """The test person's e-mail addresses and personnummer."""

    @classmethod
    def of(cls, search: Search) -> Blanking:
        """For a search with its secrets and its test person."""
        written = {
            form
            for value in search.secrets.values()
            if value
            for form in (value, quote(value, safe=""), quote_plus(value), json.dumps(value)[1:-1])
        }
        kinds = {IdentifierKind.EMAIL, IdentifierKind.PERSONNUMMER}
        mine = frozenset(one.value.casefold() for one in search.identifiers if one.kind in kinds)
        return cls(tuple(sorted(written, key=len, reverse=True)), mine)

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret in self.secrets:
            if len(secret) > 3:
                text = text.replace(secret, BLANK)
        return _SECRET_FIELDS.sub(rf"\1{BLANK}", text)

    def address(self, text: str) -> str:
        """An address without secrets; a short one is blanked where it is a whole part of the path or a whole value."""
        for secret in self.secrets:
            if len(secret) <= 3:
                text = re.sub(rf"(?<=[/=]){re.escape(secret)}(?=[/?&#]|$)", BLANK, text)
        return unquote(self.text(text))

    def headers(self, headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
        """Headers that tell something, without secrets."""
        return tuple(
            (name, BLANK if name.lower() in _SECRET_HEADERS or value in self.secrets else self.text(value))
            for name, value in headers.items()
            if name.lower() not in _DULL
        )

    def answer(self, text: str, value: Any) -> tuple[str, int]:
        """A body without secrets and without others' data, and how many others it names."""
        others = self.strangers(text)
        if value is not None:
            shown = self._without_others(value) if len(text) <= LOOKED_INTO else _hollow(value)
            text = json.dumps(shown, ensure_ascii=False, indent=2)
        for other in others:
            text = text.replace(other, BLANK)
        text = self.text(text)
        return (text if len(text) <= SHOWN else text[:SHOWN] + "\n…"), len({other.casefold() for other in others})

    def strangers(self, text: str) -> set[str]:
        """E-mail addresses and personnummer in a text that are not the test person's."""
        mails = {mail for mail in _EMAIL.findall(text) if mail.casefold() not in self.mine}
        numbers = {text[start:end] for start, end, number in find_personnummer(text) if number not in self.mine}
        return mails | numbers

    def _names_me(self, text: str) -> bool:
        mails = (mail.casefold() in self.mine for mail in _EMAIL.findall(text))
        return any(mails) or any(number in self.mine for _start, _end, number in find_personnummer(text))

    def _without_others(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._without_others(item) for item in value]
        if not isinstance(value, dict):
            return value
        text = json.dumps(value, ensure_ascii=False)
        if self.strangers(text) and not self._names_me(text):
            return _hollow(value)
        return {key: self._without_others(item) for key, item in value.items()}


def _hollow(value: Any) -> Any:
    """The names of a value alone."""
    if isinstance(value, dict):
        return {key: _hollow(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_hollow(item) for item in value[:1]]
    return "…"
