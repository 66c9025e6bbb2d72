"""What Mitt HEM holds, in the words of the extract, and how the answers of Bright Kit become records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.matching import names_agree
from requests_app.connectors.reading import as_object, expect_id, moment, optional_str
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CO_HOLDER = ("co_holder",)

_FROM = FieldSpec("Från", "From", FieldType.DATE)
_TO = FieldSpec("Till", "To", FieldType.DATE)
_STATUS = FieldSpec(
    "Status",
    "Status",
    words={
        "active": ("aktiv", "active"),
        "inactive": ("inte aktiv", "not active"),
        "ended": ("avslutad", "ended"),
        "paid": ("betald", "paid"),
        "open": ("obetald", "unpaid"),
        "overdue": ("förfallen", "overdue"),
    },
)
SERVICES_IN_WORDS = {
    "consumption_trade": ("el", "electricity"),
    "consumption_grid": ("elnät", "electricity grid"),
    "consumption_heating": ("fjärrvärme", "district heating"),
    "consumption_water": ("vatten", "water"),
    "waste": ("avfall", "waste"),
    "broadband": ("bredband", "broadband"),
}
_RESOLUTIONS = {
    "15min": ("kvart", "quarter of an hour"),
    "hour": ("timme", "hour"),
    "day": ("dag", "day"),
    "month": ("månad", "month"),
    "year": ("år", "year"),
}
_NAME = FieldSpec("Visningsnamn", "Display name")
_SERVICE_ID = FieldSpec("Tjänstens id", "Service id")

ACCOUNT = CategorySpec(
    "account",
    Kind.FACTS,
    "Konto",
    "Account",
    {
        "displayName": _NAME,
        "firstName": FieldSpec("Förnamn", "First name"),
        "lastName": FieldSpec("Efternamn", "Last name"),
        "personalId": FieldSpec("Personnummer", "Personal identity number", FieldType.PERSONNUMMER),
        "orgNumber": FieldSpec("Organisationsnummer", "Organisation number"),
        "email": FieldSpec("E-post", "E-mail", FieldType.EMAIL),
        "phoneNumber": FieldSpec("Telefon", "Phone", FieldType.PHONE),
        "username": FieldSpec("Användarnamn", "User name"),
        "language": FieldSpec("Språk", "Language", words={"sv": ("svenska", "Swedish"), "en": ("engelska", "English")}),
        "createdAt": FieldSpec("Skapat", "Created", FieldType.DATETIME),
        "lastSeenAt": FieldSpec("Senast använt", "Last used", FieldType.DATETIME),
        "accountId": FieldSpec("Konto-id", "Account id"),
    },
)
ROLES = CategorySpec(
    "roles",
    Kind.TABLE,
    "Vilka som kan använda kontot",
    "Who may use the account",
    {
        "displayName": _NAME,
        "role": FieldSpec("Roll", "Role", words={"owner": ("ägare", "owner"), "resident": ("boende", "resident")}),
        "email": FieldSpec("E-post", "E-mail", FieldType.EMAIL),
        "username": FieldSpec("Användarnamn", "User name"),
        "userId": FieldSpec("Användar-id", "User id"),
        "locationIds": FieldSpec("Bostäder", "Homes", FieldType.LIST),
    },
)
LOCATIONS = CategorySpec(
    "locations",
    Kind.FACTS,
    "Bostad",
    "Home",
    {
        "address": FieldSpec("Adress", "Address"),
        "zipCode": FieldSpec("Postnummer", "Postal code"),
        "city": FieldSpec("Postort", "Town"),
        "propertyType": FieldSpec(
            "Typ av bostad", "Type of home", words={"house": ("hus", "house"), "apartment": ("lägenhet", "flat")}
        ),
        "numberOfResidents": FieldSpec("Antal boende", "Number of residents", FieldType.NUMBER),
        "size": FieldSpec("Boyta", "Living area", FieldType.NUMBER, "m²"),
        "houseAge": FieldSpec("Byggår", "Built in"),
        "wasteful": FieldSpec("Bedöms använda mycket energi", "Judged to use much energy", FieldType.BOOLEAN),
        "locationId": FieldSpec("Bostadens id", "Home id"),
    },
)
SERVICES = CategorySpec(
    "services",
    Kind.TABLE,
    "Tjänster",
    "Services",
    {
        "type": FieldSpec("Tjänst", "Service", words=SERVICES_IN_WORDS),
        "status": _STATUS,
        "startDate": _FROM,
        "endDate": _TO,
        "measurementResolution": FieldSpec("Mäts varje", "Measured every", words=_RESOLUTIONS),
        "costResolution": FieldSpec("Kostnad varje", "Cost every", words=_RESOLUTIONS),
        "showSpotPrice": FieldSpec("Visar spotpris", "Shows the spot price", FieldType.BOOLEAN),
        "showCost": FieldSpec("Visar kostnad", "Shows the cost", FieldType.BOOLEAN),
        "realtimeMeasurements": FieldSpec("Mätvärden i realtid", "Readings in real time", FieldType.BOOLEAN),
        "measurementId": FieldSpec("Mätpunktens id", "Metering point id"),
        "costId": FieldSpec("Kostnadens id", "Cost id"),
        "id": _SERVICE_ID,
    },
    group=("Bostad", "Home"),
)
AGREEMENTS = CategorySpec(
    "agreements",
    Kind.TABLE,
    "Avtal",
    "Agreements",
    {
        "name": FieldSpec("Avtal", "Agreement"),
        "type": FieldSpec(
            "Typ av avtal", "Type of agreement", words={"fixed": ("fast", "fixed"), "variable": ("rörligt", "variable")}
        ),
        "status": _STATUS,
        "startDate": _FROM,
        "endDate": _TO,
        "noticePeriodMonths": FieldSpec("Uppsägningstid, månader", "Notice period, months", FieldType.NUMBER),
        "agreementId": FieldSpec("Avtalsnummer", "Agreement number"),
        "serviceId": _SERVICE_ID,
    },
)
PRODUCTS = CategorySpec(
    "products",
    Kind.TABLE,
    "Produkter",
    "Products",
    {
        "name": FieldSpec("Produkt", "Product"),
        "description": FieldSpec("Beskrivning", "Description"),
        "startDate": _FROM,
        "endDate": _TO,
        "productId": FieldSpec("Produktens id", "Product id"),
        "serviceId": _SERVICE_ID,
    },
)
INVOICES = CategorySpec(
    "invoices",
    Kind.TABLE,
    "Fakturor i appen",
    "Invoices in the app",
    {
        "invoiceId": FieldSpec("Fakturanummer", "Invoice number"),
        "invoiceDate": FieldSpec("Fakturadatum", "Invoice date", FieldType.DATE),
        "dueDate": FieldSpec("Förfallodag", "Due date", FieldType.DATE),
        "amount": FieldSpec("Belopp", "Amount", FieldType.AMOUNT, "SEK"),
        "currency": FieldSpec("Valuta", "Currency"),
        "status": _STATUS,
        "ocr": FieldSpec("OCR-nummer", "OCR number"),
    },
)


def _readings(key: str, label_sv: str, label_en: str, unit: str) -> CategorySpec:
    fields = {
        "value": FieldSpec("Värde", "Value", FieldType.AMOUNT if unit == "SEK" else FieldType.NUMBER, unit),
        "unit": FieldSpec("Enhet", "Unit"),
        "resolution": FieldSpec("Mäts varje", "Measured every", words=_RESOLUTIONS),
        "flag": FieldSpec("Anmärkning", "Remark", words={MISSING: ("värde saknas", "value missing")}),
    }
    return CategorySpec(key, Kind.TIME_SERIES, label_sv, label_en, fields)


MISSING = "missing"
"""Flag of a reading the system lists without a value: the gap is part of the data."""
READINGS = {
    "energy": _readings("energy", "Energianvändning", "Energy use", "kWh"),
    "volume": _readings("volume", "Volym", "Volume", "m³"),
    "mass": _readings("mass", "Vikt", "Weight", "kg"),
    "cost": _readings("reading_costs", "Kostnad enligt mätvärden", "Cost by readings", "SEK"),
}
"""The category of each quantity a measurement may hold."""
COSTS = _readings("costs", "Kostnad per period", "Cost by period", "SEK")
CATEGORIES = (
    ACCOUNT,
    ROLES,
    LOCATIONS,
    SERVICES,
    AGREEMENTS,
    PRODUCTS,
    INVOICES,
    *READINGS.values(),
    COSTS,
)


def account_record(account: Mapping[str, Any]) -> Record:
    """The account."""
    return Record(expect_id(account, "accountId"), ACCOUNT.key, ACCOUNT.kind, moment(account.get("createdAt")), account)


def is_own_role(role: Mapping[str, Any], account: Mapping[str, Any]) -> bool:
    """Whether a role is the account holder's own: address and name both, since a couple may share the address."""
    own = {optional_str(account, "username"), optional_str(account, "email")} - {""}
    address = own & {optional_str(role, "username"), optional_str(role, "email")}
    return bool(address) and names_agree(optional_str(role, "displayName"), optional_str(account, "displayName"))


def role_record(role: Mapping[str, Any], *, own: bool) -> Record:
    """One who may use the account; of somebody else only the name and the role stay."""
    fields = dict(role) if own else {key: role[key] for key in ("displayName", "role") if key in role}
    return Record(expect_id(role, "userId"), ROLES.key, ROLES.kind, None, fields, marks=() if own else CO_HOLDER)


def location_record(location: Mapping[str, Any], marks: tuple[str, ...]) -> Record:
    """A home, without its services."""
    fields = {key: value for key, value in location.items() if key != "services"}
    return Record(expect_id(location, "locationId"), LOCATIONS.key, LOCATIONS.kind, None, fields, marks=marks)


def service_record(service: Mapping[str, Any], marks: tuple[str, ...], where: str) -> Record:
    """A service at a home, its properties laid flat."""
    properties = as_object(service.get("properties") or {}, "properties")
    fields = {**{key: value for key, value in service.items() if key != "properties"}, **properties}
    return row(SERVICES, fields, expect_id(service, "id"), marks, group=where)


def row(spec: CategorySpec, item: Mapping[str, Any], key: str, marks: tuple[str, ...], group: str = "") -> Record:
    """A service, agreement or product, dated by its start. ``group`` is the address of the home."""
    return Record(key, spec.key, spec.kind, moment(item.get("startDate")), item, group=group, marks=marks)


def invoice_record(invoice: Mapping[str, Any]) -> Record:
    """An invoice as the app shows it."""
    when = moment(invoice.get("invoiceDate"))
    return Record(expect_id(invoice, "invoiceId"), INVOICES.key, INVOICES.kind, when, invoice)


def reading_records(
    value: Mapping[str, Any], series: str, group: str, resolution: str, marks: tuple[str, ...]
) -> Iterator[Record]:
    """One record per quantity of a measurement; a quantity without a value is a gap, kept as one."""
    quantities = [name for name in READINGS if name in value] or ["energy"]
    rest = {key: one for key, one in value.items() if key not in READINGS and key != "date"}
    for name in quantities:
        yield _reading(READINGS[name], value, name, {**rest, "resolution": resolution}, series, group, marks)
        rest = {}


def cost_record(
    value: Mapping[str, Any], series: str, group: str, resolution: str, marks: tuple[str, ...]
) -> Iterator[Record]:
    """What a period cost."""
    rest = {key: one for key, one in value.items() if key not in {"date", "cost"}}
    yield _reading(COSTS, value, "cost", {**rest, "resolution": resolution}, series, group, marks)


def _reading(
    spec: CategorySpec,
    value: Mapping[str, Any],
    name: str,
    rest: Mapping[str, Any],
    series: str,
    group: str,
    marks: tuple[str, ...],
) -> Record:
    amount = value.get(name)
    if amount is not None and (isinstance(amount, bool) or not isinstance(amount, int | float)):
        raise ConnectorError(Fault.WRONG_TYPE, field=name)
    unit = spec.fields["value"].unit
    fields = {"value": amount, "unit": unit, **({"flag": MISSING} if amount is None else {}), **rest}
    date = expect_id(value, "date")
    return Record(f"{series}:{date}", spec.key, spec.kind, moment(date), fields, group=group, marks=marks)
