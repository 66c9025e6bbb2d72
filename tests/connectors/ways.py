"""Every way of asking a system over HTTP, set up against an address nobody has, and systems made of answers."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import httpx

from requests_app.connectors import registry
from requests_app.connectors.base import Limits, Search, SettingType, settings_spec, shape
from requests_app.connectors.descriptions import names, shipped
from requests_app.connectors.rest import auth
from sandbox.people import CAST
from tests.connectors.world import CONNECTORS, DESCRIBED, World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pytest

    from requests_app.connectors.base import Connector, ConnectorError, Page, SettingSpec
    from requests_app.domain.records import Record

SYSTEM = "https://system.example"
ANNA = CAST["anna"]
FEW = Limits(attempts=2, connect_timeout=1, read_timeout=1, max_wait=0.01, max_pages=12, max_bytes=200_000)
MOST_REQUESTS = 400
"""What no run within these limits may need."""
Answering = "Callable[[httpx.Request], httpx.Response]"


@dataclass(frozen=True)
class Way:
    """A connector with settings that fit it."""

    name: str
    connector: Connector
    settings: dict[str, Any]
    secrets: dict[str, str]

    @property
    def specs(self) -> tuple[SettingSpec, ...]:
        return settings_spec(self.connector, self.settings)

    def search(self, **changes: Any) -> Search:
        """A search for Anna by everything it takes."""
        takes = shape(self.connector, self.settings).searches_by
        usual = World(SYSTEM).search("mina_sidor", "anna", *takes)
        return replace(usual, **{"settings": self.settings, "secrets": self.secrets, "limits": FEW, **changes})

    def gather(self, **changes: Any) -> list[Page]:
        """All pages, each having been through JSON."""
        auth.forget()
        pages = list(self.connector.collect(self.search(**changes)))
        for page in pages:
            json.dumps([page.cursor, [record.to_row() for record in page.records]], allow_nan=False).encode()
        return pages


def _entered(spec: SettingSpec) -> Any:
    """Something an administrator may have entered."""
    if spec.type is SettingType.URL:
        return f"{SYSTEM}/{spec.key}"
    if spec.type is SettingType.CHOICE:
        return spec.choices[0]
    return (
        spec.default
        if spec.default is not None
        else {SettingType.INTEGER: 1, SettingType.BOOLEAN: False}.get(spec.type, "1")
    )


def _described(name: str) -> Way:
    """A system that is asked as a shipped description says."""
    rest, settings = registry.get("rest"), {"description": shipped(name)}
    specs = [spec for spec in settings_spec(rest, settings) if spec.key != "description"]
    settings |= {spec.key: _entered(spec) for spec in specs if not spec.secret}
    secrets = {spec.key: f"hemlighet-{spec.key}-4711" for spec in specs if spec.secret}
    return Way(name, rest, settings, secrets)


def _of_the_sandbox(system: str) -> Way:
    world = World(SYSTEM)
    return Way(system, world.connector(system), world.settings(system), world.secrets(system))


WAYS = {
    **{system: _of_the_sandbox(system) for system in CONNECTORS if system not in DESCRIBED},
    **{name: _described(name) for name in names()},
}


@dataclass
class System:
    """What was asked, and who answers."""

    answer: Callable[[httpx.Request], httpx.Response]
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        assert len(self.asked) <= MOST_REQUESTS, "it asks without end"
        return self.answer(request)

    def repeated(self) -> int:
        """How often the request was made that was made most often."""
        made = [(request.method, str(request.url), request.content) for request in self.asked]
        return max(map(made.count, made), default=0)


def connected(monkeypatch: pytest.MonkeyPatch, system: System) -> System:
    """Let every connection lead to a system."""
    client = httpx.Client(transport=httpx.MockTransport(system))
    monkeypatch.setattr("requests_app.connectors.http.shared_client", lambda: client)
    monkeypatch.setattr("requests_app.connectors.rest.client.client_with", lambda *_pair: client)
    monkeypatch.setattr("requests_app.connectors.http.FIRST_BACKOFF", 0.0001)
    monkeypatch.setattr("requests_app.connectors.rest.client._pace", lambda *_said: None)
    return system


def streamed(body: Iterable[bytes] | bytes, status: int = 200, **headers: str) -> httpx.Response:
    """An answer read as it comes, as from a network."""
    said = {"content-type": "application/json"} | {name.replace("_", "-"): text for name, text in headers.items()}
    stream: Any = httpx.ByteStream(body) if isinstance(body, bytes) else _Parts(body)
    return httpx.Response(status, headers=said, stream=stream)


class _Parts(httpx.SyncByteStream):
    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Any:
        return iter(self._parts)


def told(error: ConnectorError) -> str:
    """All that an error says to whoever logs it, but for the lines of our own code."""
    code = "".join(line for line in traceback.format_exception(error) if not line.startswith("  File"))
    return code + repr(error) + repr(error.params)


def given_away(text: str, way: Way, *more: str) -> list[str]:
    """Secrets, personal data and addresses that stand in a text."""
    hidden = [*way.secrets.values(), *ANNA.emails, *ANNA.phones, str(ANNA.personnummer), ANNA.last_name]
    return [value for value in (*hidden, "system.example", "evil.example", *more) if value and value in text]


def records(pages: list[Page]) -> list[Record]:
    return [record for page in pages for record in page.records]
