"""Gathers a person's visits from a system of bookings that answers JSON in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors.base import IdentifierKind, Page, SettingSpec, SettingType
from requests_app.connectors.http import Http
from requests_app.connectors.matching import same
from requests_app.connectors.reading import PageGuard, expect_objects, expect_str, moment
from requests_app.connectors.settings import check_settings
from requests_app.connectors.trial import ONE_TRY, tried
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Limits, Search, TestResult

BASE_URL = SettingSpec("base_url", "Adress", "Address", SettingType.URL)
API_KEY = SettingSpec("api_key", "API-nyckel", "API key", secret=True)
VISITS = CategorySpec(
    "visits",
    Kind.TABLE,
    "Besök",
    "Visits",
    {
        "at": FieldSpec("Tid", "Time", FieldType.DATETIME),
        "place": FieldSpec("Plats", "Place"),
        "state": FieldSpec("Läge", "State", words={"kept": ("genomfört", "kept"), "missed": ("uteblivet", "missed")}),
        "email": FieldSpec("E-post", "E-mail", FieldType.EMAIL),
    },
)


class Bookings:
    """Connector of the bookings. No base class: whatever has these members is a connector."""

    key: ClassVar[str] = "bookings"
    label_sv: ClassVar[str] = "Besöksbokning"
    label_en: ClassVar[str] = "Visit bookings"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset({IdentifierKind.EMAIL})
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (BASE_URL, API_KEY)
    categories: ClassVar[tuple[CategorySpec, ...]] = (VISITS,)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """What is missing is named; nothing is asked."""
        check_settings(self.settings_spec, settings, secrets)

    def collect(self, search: Search) -> Iterator[Page]:
        """A page of theirs is a page of ours. The cursor says where to go on: which address, which page."""
        http = _http(search.settings, search.secrets, search.limits, search.heartbeat)
        guard = PageGuard(search.limits)
        cursor = search.cursor or {"n": 0, "page": 1}
        n, page = cursor["n"], cursor["page"]
        while n < len(search.identifiers):
            one = search.identifiers[n]
            items = expect_objects(http.get("/visits", {"email": one.value, "page": page}), "visits")
            guard.saw(items)
            if not items:
                guard.next_step()
            n, page = (n, page + 1) if items else (n + 1, 1)
            own = [item for item in items if same(one.kind, expect_str(item, "email"), one.value)]
            yield Page(tuple(map(_visit, own)), {"n": n, "page": page} if n < len(search.identifiers) else None)

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Asks for nobody."""
        return tried(lambda: _http(settings, secrets, ONE_TRY), lambda http: http.get("/ping"))


def _visit(item: Mapping[str, Any]) -> Record:
    return Record(
        key=expect_str(item, "id"),
        category=VISITS.key,
        kind=VISITS.kind,
        occurred_at=moment(item.get("at")),
        fields=dict(item),
    )


def _http(
    settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, heartbeat: Any = lambda: None
) -> Http:
    check_settings((BASE_URL, API_KEY), settings, secrets)
    return Http(settings["base_url"], limits, heartbeat, headers={"X-Key": secrets["api_key"]})
