"""Mitt HEM: HEM's end of Bright Kit, with an API key in a header. Fields as documented, paths assumed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox import data_mitt_hem as data, readings
from sandbox.dates import read_moment
from sandbox.settings import MITT_HEM_KEY, WITHOUT_SCOPE
from sandbox.wire import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sandbox.homes import Contract
    from sandbox.people import Person

PREFIX = "/mitt-hem/kit/v1"
SEARCHES: dict[str, Callable[[Person, str], bool]] = {
    "ssn": lambda person, value: person.personnummer == value,
    "orgnumber": lambda person, value: False,
    "email": lambda person, value: value.casefold() in (email.casefold() for email in person.emails),
    "phonenumber": lambda person, value: value in person.phones,
}
CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "too_many_requests"}
MESSAGES = {401: "API key missing or invalid", 403: "The key lacks access", 429: "Too many requests"}


def answer(request: Request) -> Answer:
    """Answer a request."""
    _check_key(request)
    match request.parts:
        case ["accounts", "search"]:
            request.route = "search"
            return Answer(200, {"accounts": [{"accountId": person.account_id} for person in _search(request)]})
        case ["accounts", account_id, *rest]:
            return Answer(200, _of_account(request, _account(account_id), rest))
    raise Refused(404, "No such resource")


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    code = CODES.get(refused.status, "error") if refused.status != 400 else refused.code or CODES[400]
    message = refused.message or MESSAGES.get(refused.status, "")
    return Answer(refused.status, {"error": {"code": code, "message": message}})


def _of_account(request: Request, person: Person, rest: list[str]) -> dict[str, Any]:
    request.route = rest[2] if rest[:1] == ["services"] and len(rest) == 3 else (rest or ["account"])[0]
    match rest:
        case []:
            return data.account(person)
        case ["roles"]:
            return {"roles": data.roles(person)}
        case ["locations"]:
            return {"locations": data.locations(person)}
        case ["invoices"]:
            return {"invoices": data.account_invoices(person)}
        case ["services", service_id, "agreements"]:
            return {"agreements": data.agreements(_contract(person, service_id))}
        case ["services", service_id, "products"]:
            return {"products": data.products(_contract(person, service_id))}
        case ["measurements", measurement_id]:
            return _measurements(request, person, measurement_id)
        case ["costs", cost_id]:
            return _costs(request, person, cost_id)
    raise Refused(404, "No such resource")


def _check_key(request: Request) -> None:
    key = request.headers.get("x-api-key", "")
    if key == MITT_HEM_KEY + WITHOUT_SCOPE:
        raise Refused(403)
    if key != MITT_HEM_KEY:
        raise Refused(401)


def _search(request: Request) -> list[Person]:
    asked = [key for key in SEARCHES if request.query.get(key)]
    if len(asked) != 1:
        raise Refused(400, "Give exactly one of " + ", ".join(SEARCHES))
    return [person for person in data.accounts().values() if SEARCHES[asked[0]](person, request.query[asked[0]])]


def _account(account_id: str) -> Person:
    person = data.accounts().get(account_id)
    if person is None:
        raise Refused(404, "No such account")
    return person


def _contract(person: Person, service_id: str) -> Contract:
    contract = data.contract_of_service(person, service_id)
    if contract is None:
        raise Refused(404, "No such service")
    return contract


def _window(request: Request) -> tuple[datetime, datetime, str]:
    resolution = request.query.get("resolution", "day")
    if resolution not in readings.MAX_DAYS:
        raise Refused(400, "resolution must be one of " + ", ".join(readings.MAX_DAYS))
    try:
        start, end = read_moment(request.query["fromDate"]), read_moment(request.query["toDate"])
    except (KeyError, ValueError):
        raise Refused(400, "fromDate and toDate must be dates or date-times") from None
    days = readings.MAX_DAYS[resolution]
    # A window over the autumn change is an hour longer by the clock in UTC.
    if end - start > timedelta(days=days, hours=1):
        raise Refused(400, f"The window may be at most {days} days for this resolution", "window_too_wide")
    return start, end, resolution


def _measurements(request: Request, person: Person, measurement_id: str) -> dict[str, Any]:
    meter = data.meter_of(person, measurement_id)
    if meter is None or meter.id != measurement_id:
        raise Refused(404, "No such measurement")
    start, end, asked = _window(request)
    resolution = readings.coarser(asked, meter)
    return {
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "resolution": resolution,
        "comparisonProperties": [{"key": "degreeDay", "unit": "°Cd"}],
        "values": readings.values(meter, start, end, resolution),
    }


def _costs(request: Request, person: Person, cost_id: str) -> dict[str, Any]:
    meter = data.meter_of(person, cost_id)
    if meter is None or meter.id == cost_id:
        raise Refused(404, "No such cost")
    start, end, asked = _window(request)
    resolution = max(readings.coarser(asked, meter), "month", key=readings.ORDER.index)
    return {
        "startDate": start.isoformat(),
        "endDate": end.isoformat(),
        "resolution": resolution,
        "currency": "SEK",
        "values": readings.costs(meter, start, end, resolution),
    }
