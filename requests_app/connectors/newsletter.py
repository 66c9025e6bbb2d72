"""The newsletter: one connector, a profile per vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from requests_app.connectors import newsletter_shape as shape
from requests_app.connectors.base import (
    ConnectorError,
    Evidence,
    IdentifierKind,
    Page,
    SettingSpec,
    SettingType,
    StopStatus,
    TestResult,
)
from requests_app.connectors.matching import settle
from requests_app.connectors.newsletter_getanewsletter import GetANewsletter
from requests_app.connectors.newsletter_lists import OPERATIONAL, Operational
from requests_app.connectors.newsletter_mailchimp import Mailchimp
from requests_app.connectors.settings import BASE_URL, check_settings, setting
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Identifier, Limits, Search
    from requests_app.connectors.matching import Match, Settled
    from requests_app.domain.records import CategorySpec


class Profile(Protocol):
    """What a vendor must be able to do."""

    def __init__(self, base: str, api_key: str, limits: Limits, heartbeat: Callable[[], None]) -> None: ...

    def ping(self) -> int:
        """Try the key; the number of requests made."""

    def find(self, identifier: Identifier) -> list[Match]:
        """Subscribers with an address."""

    def start(self, settled: Settled) -> dict[str, Any]:
        """The cursor to begin with; its ``who`` lists the subscribers taken."""

    def pages(self, search: Search, cursor: Mapping[str, Any]) -> Iterator[Page]:
        """What is left from the cursor on."""

    def stop(self, identifier: Identifier, left: Operational) -> list[dict[str, str]] | None:
        """Let no marketing be sent to an address: what was changed, in the vendor's words; None when it is not known.

        The lists of ``left`` are none, and stay as they are.
        """

    @property
    def requests(self) -> int:
        """Requests made so far."""


PROFILES: dict[str, type[Profile]] = {"mailchimp": Mailchimp, "getanewsletter": GetANewsletter}
PROFILE = SettingSpec("profile", "Nyhetsbrevsverktyg", "Newsletter tool", SettingType.CHOICE, choices=tuple(PROFILES))
API_KEY = SettingSpec("api_key", "API-nyckel", "API key", secret=True)


class Newsletter:
    """Connector for newsletter tools."""

    key: ClassVar[str] = "newsletter"
    label_sv: ClassVar[str] = "Nyhetsbrev"
    label_en: ClassVar[str] = "Newsletter"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset({IdentifierKind.EMAIL})
    stops_marketing_to: ClassVar[frozenset[IdentifierKind]] = frozenset({IdentifierKind.EMAIL})
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (PROFILE, BASE_URL, OPERATIONAL, API_KEY)
    categories: ClassVar[tuple[CategorySpec, ...]] = shape.CATEGORIES

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        check_settings(self.settings_spec, settings, secrets)

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield each subscriber's data, page by page."""
        self.check(search.settings, search.secrets)
        profile = self._profile(search.settings, search.secrets, search.limits, search.heartbeat)
        cursor = search.cursor
        if not cursor or "who" not in cursor:
            emails = [one for one in search.identifiers if one.kind is IdentifierKind.EMAIL]
            settled = settle(search, [(one, profile.find(one)) for one in emails])
            if settled.candidates:
                yield Page(candidates=settled.candidates, cursor={})
                return
            if not settled.taken:
                return
            cursor = profile.start(settled)
        yield from profile.pages(search, cursor)

    def stop_marketing(self, search: Search) -> Evidence:
        """Unsubscribe every address given from every list, except those whose notices are no marketing."""
        self.check(search.settings, search.secrets)
        profile = self._profile(search.settings, search.secrets, search.limits, search.heartbeat)
        emails = [one for one in search.identifiers if one.kind in self.stops_marketing_to]
        left = Operational.written(setting(OPERATIONAL, search.settings))
        answers = [profile.stop(one, left) for one in emails]
        changed = tuple(item for answer in answers for item in answer or ())
        known = any(answer is not None for answer in answers)
        status = StopStatus.STOPPED if changed else StopStatus.ALREADY if known else StopStatus.UNKNOWN
        return Evidence(status, changed, profile.requests)

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Ask the vendor whether the key is good."""
        try:
            self.check(settings, secrets)
            return TestResult(ok=True, requests=self._profile(settings, secrets, ONE_TRY, lambda: None).ping())
        except ConnectorError as error:
            return TestResult(ok=False, fault=error.fault, params=error.params)

    def _profile(
        self, settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, heartbeat: Callable[[], None]
    ) -> Profile:
        return PROFILES[settings[PROFILE.key]](settings[BASE_URL.key], secrets[API_KEY.key], limits, heartbeat)
