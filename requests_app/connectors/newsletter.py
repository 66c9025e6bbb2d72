"""The newsletter: one connector, a profile per vendor. What a profile does stands in the description of that name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, SettingSpec, SettingType, TestResult
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.newsletter_lists import OPERATIONAL
from requests_app.connectors.rest.changing import STOP_MARKETING
from requests_app.connectors.rest.connector import DESCRIPTION, Rest
from requests_app.connectors.settings import BASE_URL, check_settings, misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Evidence, Page, Search, Shape
    from requests_app.domain.records import CategorySpec

PROFILES = ("mailchimp", "getanewsletter", "apsis_one", "rule", "optimizely_campaign")
"""The vendors, by the names of their descriptions."""
PROFILE = SettingSpec("profile", "Nyhetsbrevsverktyg", "Newsletter tool", SettingType.CHOICE, choices=PROFILES)
API_KEY = SettingSpec("api_key", "API-nyckel", "API key", secret=True)
_EARLIER_CHOICE = "subscriber-"
"""How the keys of candidates began before the profiles were descriptions."""


class Newsletter:
    """Connector for newsletter tools."""

    key: ClassVar[str] = "newsletter"
    label_sv: ClassVar[str] = "Nyhetsbrev"
    label_en: ClassVar[str] = "Newsletter"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset({IdentifierKind.EMAIL})
    stops_marketing_to: ClassVar[frozenset[IdentifierKind]] = frozenset({IdentifierKind.EMAIL})
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (PROFILE, BASE_URL, OPERATIONAL, API_KEY)
    categories: ClassVar[tuple[CategorySpec, ...]] = ()

    def __init__(self) -> None:
        self._rest = Rest()

    def settings_of(self, settings: Mapping[str, Any]) -> tuple[SettingSpec, ...]:
        """The profile, and what its description asks for; what most ask for until one is chosen."""
        if settings.get(PROFILE.key) not in PROFILES:
            return self.settings_spec
        asked = self._rest.settings_of(_described(settings))
        return (PROFILE, *(spec for spec in asked if spec is not DESCRIPTION))

    def shape_of(self, settings: Mapping[str, Any]) -> Shape:
        """What the profile's description says. Raises MISCONFIGURED."""
        return self._rest.shape_of(_described(settings))

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        check_settings(self.settings_of(settings), settings, secrets)

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield each subscriber's data, page by page. Raises CHANGED for a cursor from before the profiles were descriptions."""
        self.check(search.settings, search.secrets)
        if search.cursor and "who" in search.cursor and "now" not in search.cursor:
            raise ConnectorError(Fault.CHANGED)
        if search.chosen is not None and any(key.startswith(_EARLIER_CHOICE) for key in search.chosen):
            search = replace(search, chosen=None)  # asked once more, since nobody has that key now
        yield from self._rest.collect(replace(search, settings=_described(search.settings)))

    def changes_of(self, settings: Mapping[str, Any]) -> frozenset[str]:
        """What the profile's vendor can be told. Raises MISCONFIGURED."""
        return self._rest.changes_of(_described(settings))

    def change(self, search: Search, verb: str, values: Mapping[str, Any]) -> Evidence:
        """Do what the profile's description says under ``verb``. Raises ``ConnectorError``."""
        self.check(search.settings, search.secrets)
        return self._rest.change(replace(search, settings=_described(search.settings)), verb, values)

    def stop_marketing(self, search: Search) -> Evidence:
        """Unsubscribe every address given from every list, except those whose notices are no marketing."""
        return self.change(search, STOP_MARKETING, {})

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Ask the vendor whether the key is good."""
        try:
            self.check(settings, secrets)
        except ConnectorError as error:
            return TestResult(ok=False, fault=error.fault, params=error.params)
        return self._rest.test(_described(settings), secrets)


def _described(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings as the description of their profile wants them. Raises MISCONFIGURED when there is no such profile."""
    profile = settings.get(PROFILE.key)
    if profile not in PROFILES:
        raise misconfigured(PROFILE.key)
    return {**settings, DESCRIPTION.key: shipped(profile)}
