"""Mitt HEM: a client of Bright Kit. Readings are taken only for the time the agreement was the person's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors import mitt_hem_shape as shape
from requests_app.connectors.base import ConnectorError, Derived, Fault, IdentifierKind, Page, SettingSpec, SettingType
from requests_app.connectors.http import Http
from requests_app.connectors.matching import Match, new_identifiers, settle
from requests_app.connectors.periods import Period, common, own_period, windows
from requests_app.connectors.reading import (
    PageGuard,
    as_object,
    expect_id,
    expect_objects,
    moment,
    optional_objects,
    optional_str,
)
from requests_app.connectors.settings import BASE_URL, check_paths, check_settings, filled, setting
from requests_app.connectors.trial import ONE_TRY, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Identifier, Limits, Search, TestResult
    from requests_app.domain.records import CategorySpec, Record

_PATHS = {
    "search": (),
    "account": ("accountId",),
    "roles": ("accountId",),
    "locations": ("accountId",),
    "agreements": ("accountId", "serviceId"),
    "products": ("accountId", "serviceId"),
    "invoices": ("accountId",),
    "measurements": ("accountId", "measurementId"),
    "cost": ("accountId", "costId"),
}
_PARAMETERS = {
    IdentifierKind.PERSONNUMMER: "ssn",
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phonenumber",
}
_RESOLUTIONS = ("15min", "hour", "day", "month", "year")
PAGE_RECORDS = 500
"""Short windows are put together until a page holds this many records."""

PATHS = SettingSpec("paths", "Sökvägar per steg i Kit", "Paths by step of Kit", SettingType.JSON)
API_KEY = SettingSpec("api_key", "API-nyckel", "API key", secret=True)
RESOLUTION = SettingSpec(
    "resolution",
    "Mätvärdenas upplösning",
    "Resolution of readings",
    SettingType.CHOICE,
    required=False,
    default="hour",
    choices=_RESOLUTIONS,
)


def _width(key: str, sv: str, en: str, days: int) -> SettingSpec:
    return SettingSpec(
        key,
        f"Längsta fönster för {sv}, dagar",
        f"Longest window for {en}, days",
        SettingType.INTEGER,
        required=False,
        default=days,
    )


MAX_DAYS = _width("max_days", "timvärden", "hourly values", 31)
MAX_DAYS_DAILY = _width("max_days_daily", "dygnsvärden", "daily values", 366)
MAX_DAYS_MONTHLY = _width("max_days_monthly", "månads- och årsvärden", "monthly and yearly values", 3660)
_WIDTHS = {"day": MAX_DAYS_DAILY, "month": MAX_DAYS_MONTHLY, "year": MAX_DAYS_MONTHLY}


class MittHem:
    """Connector for the app and web pages Mitt HEM."""

    key: ClassVar[str] = "mitt_hem"
    label_sv: ClassVar[str] = "Mitt HEM (Bright Kit)"
    label_en: ClassVar[str] = "Mitt HEM (Bright Kit)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(_PARAMETERS)
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (
        BASE_URL,
        PATHS,
        RESOLUTION,
        MAX_DAYS,
        MAX_DAYS_DAILY,
        MAX_DAYS_MONTHLY,
        API_KEY,
    )
    categories: ClassVar[tuple[CategorySpec, ...]] = shape.CATEGORIES

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        check_settings(self.settings_spec, settings, secrets)
        check_paths(setting(PATHS, settings), _PATHS)

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield account by account: the account, its homes and services, its invoices, then readings window by window."""
        self.check(search.settings, search.secrets)
        kit = _Kit(search.settings, search.secrets, search.limits, search.heartbeat)
        cursor = search.cursor
        if not cursor or "who" not in cursor:
            settled = settle(search, _found(kit, search))
            if settled.candidates:
                yield Page(candidates=settled.candidates, cursor={})
                return
            if not settled.taken:
                return
            cursor = {"who": list(settled.taken), "until": search.now.isoformat(), "n": 0, "step": "account"}
        yield from _Walk(kit, search, cursor).pages()

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Search for an e-mail address that nobody has."""

        def client() -> Http:
            self.check(settings, secrets)
            return _client(settings, secrets, ONE_TRY, lambda: None)

        def call(http: Http) -> None:
            expect_objects(http.get(settings[PATHS.key]["search"], {"email": "nobody@invalid"}), "accounts")

        return tried(client, call)


def _client(
    settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, heartbeat: Callable[[], None]
) -> Http:
    return Http(settings[BASE_URL.key], limits, heartbeat, headers={"X-API-Key": secrets[API_KEY.key]})


class _Kit:
    """The steps of Kit by name."""

    def __init__(
        self, settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, heartbeat: Callable[[], None]
    ) -> None:
        self._http = _client(settings, secrets, limits, heartbeat)
        self._settings = settings
        self.resolution: str = setting(RESOLUTION, settings)

    def get(self, step: str, query: Mapping[str, str | int] | None = None, /, **places: str) -> dict[str, Any]:
        """The answer of one step."""
        return as_object(self._http.get(filled(self._settings[PATHS.key][step], **places), query))

    def width(self, resolution: str) -> int:
        """How many days one request may ask for."""
        days: int = setting(_WIDTHS.get(resolution, MAX_DAYS), self._settings)
        return days


def _found(kit: _Kit, search: Search) -> list[tuple[Identifier, list[Match]]]:
    """What each identifier finds; Kit gives account ids only, so each account is read for its name."""
    found = []
    for identifier in search.identifiers:
        if parameter := _PARAMETERS.get(identifier.kind):
            accounts = expect_objects(kit.get("search", {parameter: identifier.value}), "accounts")
            matches = [_match(kit.get("account", accountId=expect_id(one, "accountId"))) for one in accounts]
            found.append((identifier, matches))
    return found


def _match(account: Mapping[str, Any]) -> Match:
    names = " ".join((optional_str(account, "firstName"), optional_str(account, "lastName")))
    shown = {name: optional_str(account, name) for name in ("displayName", "createdAt", "lastSeenAt")}
    return Match(
        key=expect_id(account, "accountId"),
        name=names.strip() or optional_str(account, "displayName"),
        personnummer=optional_str(account, "personalId"),
        fields={name: value for name, value in shown.items() if value},
    )


@dataclass(frozen=True)
class _Series:
    """One row of readings or costs to fetch, as it stands in the cursor."""

    id: str
    is_cost: bool
    group: str
    resolution: str
    shared: bool
    periods: tuple[Period, ...]

    def to_json(self) -> list[Any]:
        spans = [[start.isoformat(), end.isoformat()] for start, end in self.periods]
        return [self.id, self.is_cost, self.group, self.resolution, self.shared, spans]

    @classmethod
    def from_json(cls, row: list[Any]) -> _Series:
        series_id, is_cost, group, resolution, shared, spans = row
        periods = tuple((datetime.fromisoformat(start), datetime.fromisoformat(end)) for start, end in spans)
        return cls(series_id, is_cost, group, resolution, shared, periods)


class _Walk:
    """The way through accounts and their steps, from a cursor on."""

    def __init__(self, kit: _Kit, search: Search, cursor: Mapping[str, Any]) -> None:
        self._kit = kit
        self._search = search
        self._guard = PageGuard(search.limits)
        self._cursor = dict(cursor)
        self._until = datetime.fromisoformat(cursor["until"])

    def pages(self) -> Iterator[Page]:
        """The remaining pages."""
        while self._cursor["n"] < len(self._cursor["who"]):
            account_id = self._cursor["who"][self._cursor["n"]]
            match self._cursor["step"]:
                case "account":
                    yield self._account(account_id)
                case "homes":
                    yield self._homes(account_id)
                case "invoices":
                    yield self._invoices(account_id)
                case _:
                    yield from self._readings(account_id)

    def _page(self, records: list[Record], derived: tuple[Derived, ...] = (), **cursor: Any) -> Page:
        self._cursor |= cursor
        over = self._cursor["n"] >= len(self._cursor["who"])
        return Page(tuple(records), None if over else dict(self._cursor), derived)

    def _account(self, account_id: str) -> Page:
        account = self._kit.get("account", accountId=account_id)
        roles = expect_objects(self._kit.get("roles", accountId=account_id), "roles")
        records = [shape.account_record(account)]
        shared: list[str] = []
        for role in roles:
            own = shape.is_own_role(role, account)
            records.append(shape.role_record(role, own=own))
            shared += [] if own else [str(place) for place in role.get("locationIds") or ()]
        derived = [
            *new_identifiers(self._search, IdentifierKind.EMAIL, [account.get("email")]),
            *new_identifiers(self._search, IdentifierKind.PHONE, [account.get("phoneNumber")]),
        ]
        return self._page(records, tuple(derived), step="homes", shared=sorted(set(shared)))

    def _homes(self, account_id: str) -> Page:
        records: list[Record] = []
        plan: dict[tuple[str, bool], _Series] = {}
        for location in expect_objects(self._kit.get("locations", accountId=account_id), "locations"):
            place = expect_id(location, "locationId")
            marks = shape.CO_HOLDER if place in self._cursor["shared"] else ()
            where = optional_str(location, "address") or optional_str(location, "city")
            records.append(shape.location_record(location, marks))
            for service in optional_objects(location, "services"):
                service_id = expect_id(service, "id")
                agreements, products = (
                    expect_objects(self._kit.get(step, accountId=account_id, serviceId=service_id), step)
                    for step in ("agreements", "products")
                )
                records.append(shape.service_record(service, marks, where))
                records += [
                    shape.row(shape.AGREEMENTS, one, expect_id(one, "agreementId"), marks) for one in agreements
                ]
                records += [
                    # A product is the same for everybody; the person's is told apart by the service.
                    shape.row(shape.PRODUCTS, one, f"{service_id}:{expect_id(one, 'productId')}", marks)
                    for one in products
                ]
                self._plan(plan, where, service, agreements, bool(marks))
        series = [one.to_json() for one in plan.values()]
        return self._page(records, step="invoices", plan=series)

    def _plan(
        self,
        plan: dict[tuple[str, bool], _Series],
        where: str,
        service: Mapping[str, Any],
        agreements: list[dict[str, Any]],
        shared: bool,
    ) -> None:
        """Add what of this service is measured to the plan; a meter that two services share is read once."""
        what = next((optional_str(one, "name") for one in agreements), "") or optional_str(service, "type")
        for name, resolution, is_cost in (
            ("measurementId", "measurementResolution", False),
            ("costId", "costResolution", True),
        ):
            if service.get(name) is None:
                continue
            series_id = expect_id(service, name)
            whole = own_period(service, self._until)
            periods = common((own_period(one, self._until) for one in agreements), whole) if agreements else [whole]
            if earlier := plan.get((series_id, is_cost)):
                periods = _merged((*earlier.periods, *periods))
            plan[series_id, is_cost] = _Series(
                id=series_id,
                is_cost=is_cost,
                group=earlier.group if earlier else f"{where} · {what} · {series_id[:8]}",
                resolution=_coarser(self._kit.resolution, optional_str(service, resolution)),
                shared=shared or bool(earlier and earlier.shared),
                periods=tuple(periods),
            )

    def _invoices(self, account_id: str) -> Page:
        invoices = expect_objects(self._kit.get("invoices", accountId=account_id), "invoices")
        return self._page([shape.invoice_record(one) for one in invoices], step="readings", i=0, after=None)

    def _readings(self, account_id: str) -> Iterator[Page]:
        plan = [_Series.from_json(row) for row in self._cursor["plan"]]
        for i in range(self._cursor["i"], len(plan)):
            series = plan[i]
            after = datetime.fromisoformat(self._cursor["after"]) if self._cursor["after"] else None
            records: list[Record] = []
            self._guard.next_step()
            for window in windows(series.periods, self._kit.width(series.resolution), after):
                records += self._window(account_id, series, window)
                if len(records) >= PAGE_RECORDS:
                    yield self._page(records, i=i, after=window[1].isoformat())
                    records = []
            if i + 1 < len(plan):
                yield self._page(records, i=i + 1, after=None)
            else:
                yield self._page(records, **self._next_account())
        if not plan:
            yield self._page([], **self._next_account())

    def _next_account(self) -> dict[str, Any]:
        return {"n": self._cursor["n"] + 1, "step": "account", "plan": [], "shared": []}

    def _window(self, account_id: str, series: _Series, window: Period) -> Iterator[Record]:
        """The values of one window; what lies outside it is not the person's, or is in another window."""
        query = {
            "fromDate": window[0].isoformat(),
            "toDate": window[1].isoformat(),
            "resolution": series.resolution,
        }
        if series.is_cost:
            answer = self._kit.get("cost", query, accountId=account_id, costId=series.id)
        else:
            answer = self._kit.get("measurements", query, accountId=account_id, measurementId=series.id)
        resolution = optional_str(answer, "resolution") or series.resolution
        values = expect_objects(answer, "values")
        self._guard.saw(values)
        records = shape.cost_record if series.is_cost else shape.reading_records
        for value in values:
            at = moment(expect_id(value, "date"))
            if at is None:
                raise ConnectorError(Fault.WRONG_TYPE, field="date")
            if window[0] <= at < window[1]:
                yield from records(value, series.id, series.group, resolution, shape.CO_HOLDER if series.shared else ())


def _coarser(asked: str, own: str) -> str:
    """The resolution to ask for: a meter cannot give a finer one than its own."""
    return max(asked, own, key=_RESOLUTIONS.index) if own in _RESOLUTIONS else asked


def _merged(periods: tuple[Period, ...]) -> list[Period]:
    return common(periods, (min(start for start, _ in periods), max(end for _, end in periods)))
