"""Trying a system with a test person: what was asked and answered, and what would be kept. Nothing is stored here.

What is shown of it is blanked, see ``trying_blanks``.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Limits, shape
from requests_app.connectors.http import watched
from requests_app.connectors.trying_blanks import SHOWN, Blanking
from requests_app.connectors.trying_warnings import Warned, warnings_of

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
    found = warnings_of(shape(connector, search.settings), tried.records, run.seen, run.blanking.known)
    if tried.fault is None and not tried.cut:
        found = (*found, *_nobody(connector, search))
    if not (tried.records or tried.candidates or tried.fault):
        found = (Warned("nothing"), *found)
    blanking = run.blanking
    believed = not any(one.code == "answers_for_nobody" for one in found)  # else whose data it is nobody can say
    records = tuple(replace(one, fields=blanking.fields(one.fields)) for one in tried.records) if believed else ()
    candidates = tuple(
        replace(one, fields=blanking.candidate(one.fields, search.person_name)) for one in tried.candidates
    )
    return replace(tried, records=records, candidates=candidates if believed else (), warnings=found)


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
