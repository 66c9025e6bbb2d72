"""Mina sidor: bearer token, one search, lists by page number. The shape is assumed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import data_mina_sidor as data
from sandbox.settings import MINA_SIDOR_TOKEN, WITHOUT_SCOPE
from sandbox.wire import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.people import Person

PREFIX = "/mina-sidor/v1"
LISTS: dict[str, Callable[[Person], list[data.Item]]] = {
    "contracts": data.contract_items,
    "invoices": data.invoices,
    "consents": data.consents,
    "logins": data.logins,
    "cases": data.cases,
}
SEARCHES: dict[str, Callable[[Person, str], bool]] = {
    "personalIdentityNumber": lambda person, value: person.personnummer == value,
    "customerNumber": lambda person, value: person.customer_no == value,
    "email": lambda person, value: value.casefold() in (email.casefold() for email in person.emails),
    "phone": lambda person, value: value in person.phones,
}
CODES = {400: "bad_request", 401: "unauthorized", 403: "forbidden", 404: "not_found", 429: "too_many_requests"}
MESSAGES = {
    401: "Åtkomstnyckeln saknas eller gäller inte.",
    403: "Åtkomstnyckeln saknar behörighet.",
    429: "För många anrop. Försök igen senare.",
}


def answer(request: Request) -> Answer:
    """Answer a request."""
    _check_token(request)
    match request.parts:
        case ["customers"]:
            request.route = "customers"
            return _page(request, [data.master_data(person) for person in _search(request)])
        case ["customers", number]:
            request.route = "customer"
            return Answer(200, data.master_data(_customer(number)))
        case ["customers", number, kind] if kind in LISTS:
            request.route = kind
            return _page(request, LISTS[kind](_customer(number)))
    raise Refused(404, "Adressen finns inte.")


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    headers = {"WWW-Authenticate": 'Bearer realm="mina-sidor"'} if refused.status == 401 else {}
    code, message = CODES.get(refused.status, "error"), refused.message or MESSAGES.get(refused.status, "")
    return Answer(refused.status, {"error": {"code": code, "message": message}}, headers)


def _check_token(request: Request) -> None:
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token == MINA_SIDOR_TOKEN + WITHOUT_SCOPE:
        raise Refused(403)
    if token != MINA_SIDOR_TOKEN:
        raise Refused(401)


def _search(request: Request) -> list[Person]:
    asked = [key for key in SEARCHES if request.query.get(key)]
    if len(asked) != 1:
        raise Refused(400, "Ange exakt ett sökvillkor.")
    return [person for person in data.customers() if SEARCHES[asked[0]](person, request.query[asked[0]])]


def _customer(number: str) -> Person:
    person = data.customer(number)
    if person is None:
        raise Refused(404, "Kunden finns inte.")
    return person


def _page(request: Request, items: list[data.Item]) -> Answer:
    page, size = max(request.number("page", 1), 1), max(request.number("pageSize", 50, 200), 1)
    total = len(items)
    if request.endless:
        return Answer(200, {"items": items[:size], "page": page, "pageSize": size, "total": 10**9})
    shown = items[(page - 1) * size : page * size]
    return Answer(200, {"items": shown, "page": page, "pageSize": size, "total": total})
