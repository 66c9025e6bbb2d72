"""Mina sidor: the customer, contracts, invoices, consents, log-ins and errands, searched by any strong or confirmed identifier."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from requests_app.connectors import mina_sidor_shape as shape
from requests_app.connectors.base import Derived, IdentifierKind, Page, SettingSpec, SettingType
from requests_app.connectors.http import Http
from requests_app.connectors.matching import Match, new_identifiers, same, settle
from requests_app.connectors.mina_sidor_people import carries, known_person
from requests_app.connectors.reading import PageGuard, expect_id, expect_int, expect_objects, optional_str
from requests_app.connectors.settings import BASE_URL, check_paths, check_settings, filled, misconfigured, setting
from requests_app.connectors.trial import ONE_TRY, tried

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.base import Identifier, KnownPerson, Limits, Search, TestResult
    from requests_app.domain.records import CategorySpec, Record

_PATHS = {
    "customers": (),
    "contracts": ("customerNumber",),
    "invoices": ("customerNumber",),
    "consents": ("customerNumber",),
    "logins": ("customerNumber",),
    "cases": ("customerNumber",),
}
STEPS = tuple(_PATHS)
_PARAMETERS = {
    IdentifierKind.PERSONNUMMER: "personalIdentityNumber",
    IdentifierKind.CUSTOMER_NO: "customerNumber",
    IdentifierKind.EMAIL: "email",
    IdentifierKind.PHONE: "phone",
}
PATHS = SettingSpec(
    "paths",
    "Sökvägar per slag av uppgift",
    "Paths by sort of data",
    SettingType.JSON,
    required=False,
    default={name: "/customers" if name == "customers" else f"/customers/{{customerNumber}}/{name}" for name in STEPS},
)
FIELDS = SettingSpec(
    "fields",
    "Systemets egna fältnamn, där de är andra än våra",
    "The system's own field names where they differ from ours",
    SettingType.JSON,
    required=False,
    default={},
)
PAGE_SIZE = SettingSpec(
    "page_size", "Uppgifter per sida", "Items per page", SettingType.INTEGER, required=False, default=100
)
TOKEN = SettingSpec("token", "Åtkomstnyckel (Bearer)", "Access token (Bearer)", secret=True)


class MinaSidor:
    """Connector for the customer and billing data behind Mina sidor."""

    key: ClassVar[str] = "mina_sidor"
    label_sv: ClassVar[str] = "Mina sidor"
    label_en: ClassVar[str] = "Mina sidor (customer portal)"
    automatic: ClassVar[bool] = True
    searches_by: ClassVar[frozenset[IdentifierKind]] = frozenset(_PARAMETERS)
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = (BASE_URL, PATHS, PAGE_SIZE, FIELDS, TOKEN)
    categories: ClassVar[tuple[CategorySpec, ...]] = shape.CATEGORIES
    finds_people_by: ClassVar[frozenset[IdentifierKind]] = frozenset(_PARAMETERS)

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Raise MISCONFIGURED or SECRET_MISSING."""
        check_settings(self.settings_spec, settings, secrets)
        check_paths(setting(PATHS, settings), _PATHS)
        names = setting(FIELDS, settings)
        if not isinstance(names, dict) or not all(isinstance(name, str) and name for name in names.values()):
            raise misconfigured(FIELDS.key)

    def collect(self, search: Search) -> Iterator[Page]:
        """Yield the person's data customer by customer and sort by sort, each list page by page."""
        self.check(search.settings, search.secrets)
        source = _Source(search.settings, search.secrets, search.limits, search.heartbeat)
        cursor = search.cursor
        if not cursor or "who" not in cursor:
            settled = settle(search, _found(source, search))
            if settled.candidates:
                yield Page(candidates=settled.candidates, cursor={})
                return
            if not settled.taken:
                return
            cursor = {
                "who": list(settled.taken),
                "strong": sorted(settled.strong),
                "n": 0,
                "step": STEPS[0],
                "page": 1,
                "shared": [],
            }
        yield from _Walk(source, search, cursor).pages()

    def find_people(self, search: Search) -> tuple[KnownPerson, ...]:
        """The customers with such a number, address or telephone: one page of the search, each checked against what was asked."""
        self.check(search.settings, search.secrets)
        source = _Source(search.settings, search.secrets, search.limits, search.heartbeat)
        found = {}
        for identifier in search.identifiers:
            if parameter := _PARAMETERS.get(identifier.kind):
                customers, _more = source.items("customers", 1, **{parameter: identifier.value})
                for customer in customers:
                    if carries(customer, identifier):
                        person = known_person(customer)
                        found[person.customer_no] = person
        return tuple(found.values())

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Ask for a customer number that nobody has."""

        def client() -> Http:
            self.check(settings, secrets)
            return _client(settings, secrets, ONE_TRY, lambda: None)

        def call(http: Http) -> None:
            _Source(settings, secrets, ONE_TRY, lambda: None, http).items("customers", 1, customerNumber="0")

        return tried(client, call)


def _client(
    settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, heartbeat: Callable[[], None]
) -> Http:
    headers = {"Authorization": f"Bearer {secrets[TOKEN.key]}"}
    return Http(settings[BASE_URL.key], limits, heartbeat, headers=headers)


class _Source:
    """The lists of Mina sidor, with our names for its fields."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, str],
        limits: Limits,
        heartbeat: Callable[[], None],
        http: Http | None = None,
    ) -> None:
        self._http = http or _client(settings, secrets, limits, heartbeat)
        self._paths = setting(PATHS, settings)
        self._page_size = setting(PAGE_SIZE, settings)
        self._theirs: dict[str, str] = setting(FIELDS, settings)
        self._ours = {theirs: ours for ours, theirs in self._theirs.items()}
        self.guard = PageGuard(limits)

    def items(self, step: str, page: int, **query: str) -> tuple[list[dict[str, Any]], bool]:
        """One page of a list and whether more follow. ``query`` fills the path's places; the rest is sent as parameters."""
        places = _PATHS[step]
        path = filled(self._paths[step], **{name: query[name] for name in places})
        parameters = {self._theirs.get(name, name): value for name, value in query.items() if name not in places}
        size = {"page": page, "pageSize": self._page_size}
        answer = self._renamed(self._http.get(path, {**parameters, **size}))
        items = expect_objects(answer, "items")
        self.guard.saw(items)
        total = expect_int(answer, "total")
        return items, bool(items) and page * max(1, expect_int(answer, "pageSize")) < total

    def all_items(self, step: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every item of a list."""
        self.guard.next_step()
        page, more = 0, True
        while more:
            page += 1
            items, more = self.items(step, page, **query)
            yield from items

    def _renamed(self, value: Any) -> Any:
        if not self._ours:
            return value
        if isinstance(value, list):
            return [self._renamed(item) for item in value]
        if isinstance(value, dict):
            return {self._ours.get(key, key): self._renamed(item) for key, item in value.items()}
        return value


def _found(source: _Source, search: Search) -> list[tuple[Identifier, list[Match]]]:
    """What each identifier finds."""
    found = []
    for identifier in search.identifiers:
        if parameter := _PARAMETERS.get(identifier.kind):
            matches = [_match(item) for item in source.all_items("customers", **{parameter: identifier.value})]
            if identifier.kind is IdentifierKind.CUSTOMER_NO:
                matches = [match for match in matches if same(identifier.kind, match.key, identifier.value)]
            found.append((identifier, matches))
    return found


def _match(customer: Mapping[str, Any]) -> Match:
    address = customer.get("address")
    names = [optional_str(customer, "firstName"), optional_str(customer, "lastName")]
    facts = {
        "firstName": names[0],
        "lastName": names[1],
        "city": optional_str(address, "city") if isinstance(address, dict) else "",
        "customerSince": optional_str(customer, "customerSince"),
    }
    return Match(
        key=expect_id(customer, "customerNumber"),
        name=" ".join(names),
        personnummer=optional_str(customer, "personalIdentityNumber"),
        fields={name: value for name, value in facts.items() if value},
    )


class _Walk:
    """The way through customers, sorts and pages, from a cursor on."""

    def __init__(self, source: _Source, search: Search, cursor: Mapping[str, Any]) -> None:
        self._source = source
        self._search = search
        self._who: list[str] = list(cursor["who"])
        self._strong = set(cursor["strong"])
        self._n: int = cursor["n"]
        self._step: str = cursor["step"]
        self._page: int = cursor["page"]
        self._shared = set(cursor["shared"])

    def pages(self) -> Iterator[Page]:
        """The remaining pages."""
        self._source.guard.next_step()
        while self._n < len(self._who):
            number = self._who[self._n]
            items, more = self._source.items(self._step, self._page, customerNumber=number)
            if self._step == "customers":
                # A system that does not heed the question answers with everybody: only the one asked for is taken.
                items = [item for item in items if expect_id(item, "customerNumber") == number]
            records = [record for item in items for record in self._records(item, number)]
            derived = tuple(self._derived(items, number)) if self._step == "customers" else ()
            self._advance(more)
            yield Page(tuple(records), self._cursor(), derived)

    def _advance(self, more: bool) -> None:
        if more:
            self._page += 1
            return
        self._page = 1
        self._source.guard.next_step()
        following = STEPS.index(self._step) + 1
        if following < len(STEPS):
            self._step = STEPS[following]
        else:
            self._step, self._n = STEPS[0], self._n + 1

    def _cursor(self) -> dict[str, Any] | None:
        if self._n >= len(self._who):
            return None
        return {
            "who": self._who,
            "strong": sorted(self._strong),
            "n": self._n,
            "step": self._step,
            "page": self._page,
            "shared": sorted(self._shared),
        }

    def _records(self, item: Mapping[str, Any], number: str) -> Iterator[Record]:
        match self._step:
            case "customers":
                yield from shape.customer_records(item)
            case "contracts":
                if not shape.held_earlier(item, set(self._who[: self._n])):
                    record = shape.contract_record(item, number)
                    self._shared |= {record.key} if record.marks else set()
                    yield record
            case "invoices":
                yield from shape.invoice_records(item, self._shared)
            case "consents":
                yield shape.consent_record(item)
            case "logins":
                yield shape.login_record(item)
            case _:
                yield from shape.case_records(item)

    def _derived(self, customers: list[dict[str, Any]], number: str) -> Iterator[Derived]:
        """Identifiers the system gave that were not searched by: the number at once, what people share after a click."""
        strong = number in self._strong
        yield from new_identifiers(self._search, IdentifierKind.CUSTOMER_NO, [number], strong=strong)
        for customer in customers:
            for kind, name in ((IdentifierKind.EMAIL, "emails"), (IdentifierKind.PHONE, "phones")):
                values = customer.get(name)
                yield from new_identifiers(self._search, kind, values if isinstance(values, list) else ())
