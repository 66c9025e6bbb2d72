"""Gathering from the sandbox as the product does it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from requests_app.connectors import registry
from requests_app.connectors.base import Identifier, IdentifierKind, Limits, Search, settings_spec, shape
from requests_app.connectors.descriptions import shipped
from sandbox.control import ALIASES
from sandbox.people import CAST
from sandbox.settings import systems

if TYPE_CHECKING:
    import httpx

    from requests_app.connectors.base import Candidate, Connector, Page, SettingSpec, Shape
    from requests_app.domain.records import Record

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
QUICK = Limits(attempts=2, connect_timeout=2, read_timeout=2, max_wait=2, max_bytes=4 * 1024 * 1024)
CONNECTORS = {
    "mina_sidor": "mina_sidor",
    "mitt_hem": "mitt_hem",
    "chatt": "chat",
    "nyhetsbrev": "newsletter",
    "nyhetsbrev_gan": "newsletter",
    "nyhetsbrev_rule": "newsletter",
    "nyhetsbrev_apsis": "newsletter",
    "nyhetsbrev_campaign": "newsletter",
    "nyhetsbrev_beskrivet": "rest",
}
"""The connector of each system of the sandbox."""
SYSTEMS = tuple(CONNECTORS)
DESCRIBED = {"nyhetsbrev_beskrivet": ("nyhetsbrev", "mailchimp")}
"""Systems of the sandbox that are asked as a shipped description says, each with the description's name."""


@dataclass(frozen=True)
class Gathered:
    """What a run delivered."""

    pages: list[Page]

    @property
    def records(self) -> list[Record]:
        return [record for page in self.pages for record in page.records]

    @property
    def candidates(self) -> list[Candidate]:
        return [candidate for page in self.pages for candidate in page.candidates]

    @property
    def keys(self) -> list[tuple[str, str]]:
        return [(record.category, record.key) for record in self.records]

    def of(self, category: str) -> list[Record]:
        return [record for record in self.records if record.category == category]

    def text(self) -> str:
        """Everything that was kept, to look for what must not be there."""
        return repr(self.pages)


class Sandbox:
    """A running sandbox and its faults on demand."""

    def __init__(self, url: str, control: httpx.Client) -> None:
        self.url = url
        self._control = control

    def reset(self) -> None:
        """No faults, no limits."""
        self._control.post("/reset").raise_for_status()
        self.limit("getanewsletter", 0)

    def reset_faults(self) -> None:
        """No faults; what was changed in the systems stays."""
        self._control.delete("/faults").raise_for_status()

    def limit(self, system: str, requests: int, seconds: int = 60) -> None:
        """At most so many requests in so many seconds."""
        body = {"system": system, "requests": requests, "seconds": seconds}
        self._control.post("/limits", json=body).raise_for_status()

    def spoil(self, system: str, fault: str, **more: Any) -> None:
        """A fault in the answers of a system; once unless ``times`` says otherwise (0: for ever)."""
        self._control.post("/faults", json={"system": _own_name(system), "fault": fault, **more}).raise_for_status()

    def routes(self, system: str) -> dict[str, int]:
        """How often each sort of request was made."""
        counts: dict[str, int] = self._control.get("/requests").json()[ALIASES.get(_own_name(system), system)]["routes"]
        return counts


def _own_name(system: str) -> str:
    """The sandbox's name of a system."""
    return DESCRIBED.get(system, (system,))[0]


class World:
    """The sandbox's systems and the connectors that fit them."""

    def __init__(self, base_url: str) -> None:
        self.systems = systems(base_url)
        for system, (like, name) in DESCRIBED.items():
            own = {key: value for key, value in self.systems[like]["settings"].items() if key != "profile"}
            settings = {"description": shipped(name), **own}
            self.systems[system] = {"settings": settings, "secrets": self.systems[like]["secrets"]}

    def usual(self, system: str) -> Gathered:
        """What is gathered of Anna when nothing is wrong; asked for once."""
        if system not in _USUAL:
            _USUAL[system] = self.gather(system, "anna")
        return _USUAL[system]

    def connector(self, system: str) -> Connector:
        return registry.get(CONNECTORS[system])

    def shape(self, system: str) -> Shape:
        """By what the system is searched and what it holds."""
        return shape(self.connector(system), self.settings(system))

    def specs(self, system: str) -> tuple[SettingSpec, ...]:
        """Its settings and secrets."""
        return settings_spec(self.connector(system), self.settings(system))

    def settings(self, system: str) -> dict[str, Any]:
        return dict(self.systems[system]["settings"])

    def secrets(self, system: str) -> dict[str, str]:
        return dict(self.systems[system]["secrets"])

    def search(self, system: str, slug: str, *kinds: IdentifierKind, **changes: Any) -> Search:
        """A search for one of the cast by every identifier the connector takes, or only those of ``kinds``."""
        wanted = frozenset(kinds) or self.shape(system).searches_by
        person = CAST[slug]
        values = [
            (IdentifierKind.PERSONNUMMER, person.personnummer),
            (IdentifierKind.CUSTOMER_NO, person.customer_no),
            *((IdentifierKind.EMAIL, email) for email in person.emails),
            *((IdentifierKind.PHONE, phone) for phone in person.phones),
        ]
        usual = {
            "settings": self.settings(system),
            "secrets": self.secrets(system),
            "identifiers": tuple(Identifier(kind, value) for kind, value in values if value and kind in wanted),
            "person_name": person.name,
            "now": NOW,
            "limits": QUICK,
        }
        return Search(**(usual | changes))

    def gather(self, system: str, slug: str, *kinds: IdentifierKind, **changes: Any) -> Gathered:
        """All pages of such a search."""
        search = self.search(system, slug, *kinds, **changes)
        return Gathered(list(self.connector(system).collect(search)))


_USUAL: dict[str, Gathered] = {}
