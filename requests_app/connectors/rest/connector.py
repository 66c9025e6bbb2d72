"""The connector whose whole behaviour stands in a description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors.base import (
    ConnectorError,
    Evidence,
    IdentifierKind,
    Page,
    SettingSpec,
    SettingType,
    Shape,
    TestResult,
)
from requests_app.connectors.described.text import flaws
from requests_app.connectors.rest import auth
from requests_app.connectors.rest.changing import STOP_MARKETING, change
from requests_app.connectors.rest.client import Client
from requests_app.connectors.rest.description import described, settings_asked, usable
from requests_app.connectors.rest.finding import find
from requests_app.connectors.rest.lists import with_fields
from requests_app.connectors.rest.reading import Reading, begin
from requests_app.connectors.settings import check_settings
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Search, StopsMarketing
    from requests_app.connectors.described.text import Flaw
    from requests_app.connectors.rest.description import Description
    from requests_app.domain.records import CategorySpec

DESCRIPTION = SettingSpec(
    "description", "Beskrivning av systemet", "Description of the system", SettingType.DESCRIPTION
)
ADDRESSES = frozenset({IdentifierKind.EMAIL, IdentifierKind.PHONE})


class Rest:
    """Connector of systems described in YAML or JSON."""

    key: ClassVar[str] = "rest"
    label_sv: ClassVar[str] = "Annat system över HTTP (beskrivs här)"
    label_en: ClassVar[str] = "Another system over HTTP (described here)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(
        {IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO, IdentifierKind.EMAIL, IdentifierKind.PHONE}
    )
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (DESCRIPTION,)
    categories: ClassVar[tuple[CategorySpec, ...]] = ()

    def flaws_of(self, text: str) -> tuple[Flaw, ...]:
        """Everything that is wrong in a description."""
        return flaws(described, text)

    def settings_of(self, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
        """The description, and what it asks for."""
        try:
            return (DESCRIPTION, *self._described(settings).settings)
        except ConnectorError:
            return (DESCRIPTION, *settings_asked(settings.get(DESCRIPTION.key)))

    def shape_of(self, settings: Mapping[str, Any]) -> Shape:
        """What the description says. Raises MISCONFIGURED."""
        description = self._described(settings)
        said = description.said
        later = any("later" in step for step in said["read"].values())
        return Shape(description.searches_by, description.specs, said.get("at_once"), files_requests=later)

    def places_of(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The addresses that the description says, its settings in braces."""
        try:
            said = self._described(settings).said
        except ConnectorError:
            return ()
        token = said.get("auth", {}).get("oauth2", {}).get("token_address", "")
        return (said["address"], token, *said.get("also_allowed", ()))

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        self._described(settings)
        check_settings(self.settings_of(settings), settings, secrets)

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield the person's data page by page, as the description has it."""
        self.check(search.settings, search.secrets)
        description = self._described(search.settings)
        client = self._client(search, description)
        description = with_fields(description, client.values)
        cursor = search.cursor
        if not cursor or "who" not in cursor:
            who = find(client, description, search)
            if who.candidates:
                yield Page(candidates=who.candidates, cursor={})
                return
            cursor = begin(who, search, description)
            reading = Reading(client, description, search, cursor)
            if reading.ends():
                return
            if who.derived:
                yield Page(cursor=cursor, derived=who.derived)
        else:
            reading = Reading(client, description, search, cursor)
        yield from reading.pages()

    def changes_of(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """What the system can be told to change: ``stop_marketing``, ``erase``, ``rectify``."""
        return frozenset(self._described(settings).change)

    def stopper_of(self, settings: Mapping[str, Any]) -> StopsMarketing | None:
        """What does what the description says under ``stop_marketing``; None when it says nothing there."""
        try:
            description = self._described(settings)
        except ConnectorError:
            return None
        return _Stopper(self, description.searches_by & ADDRESSES) if STOP_MARKETING in description.change else None

    def change(self, search: Search, verb: str, values: Mapping[str, Any]) -> Evidence:
        """Do what the description says under ``verb``. Raises ``ConnectorError``, and ``LookupError`` for a verb it has not."""
        self.check(search.settings, search.secrets)
        description = self._described(search.settings)
        client = self._client(search, description)
        return change(client, with_fields(description, client.values), search, verb, values)

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Make the request that the description has for this."""
        client = None
        auth.forget()
        try:
            self.check(settings, secrets)
            description = self._described(settings)
            client = Client(description, settings, secrets, ONE_TRY, lambda: None)
            client.send(description.said["test"], {})
        except ConnectorError as error:
            return TestResult(False, error.fault, error.params, client.http.requests if client else 0)
        return TestResult(ok=True, requests=client.http.requests)

    def _described(self, settings: Mapping[str, Any]) -> Description:
        return usable(settings.get(DESCRIPTION.key))

    def _client(self, search: Search, description: Description) -> Client:
        return Client(description, search.settings, search.secrets, search.limits, search.heartbeat, search.pace)


class _Stopper:
    """Stops marketing in a described system; the addresses it is told of are those its description is searched by."""

    def __init__(self, rest: Rest, kinds: frozenset[IdentifierKind]) -> None:
        self._rest = rest
        self.stops_marketing_to = kinds

    def stop_marketing(self, search: Search) -> Evidence:
        """Make the changes of the description. Raises ``ConnectorError``."""
        return self._rest.change(search, STOP_MARKETING, {})
