"""Who a customer of Mina sidor is, for the person who is on the line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import IdentifierKind, KnownPerson
from requests_app.connectors.matching import same
from requests_app.connectors.reading import expect_id, optional_str
from requests_app.domain.identifiers import InvalidIdentifier, birth_date, normalise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from requests_app.connectors.base import Identifier


def known_person(customer: Mapping[str, Any]) -> KnownPerson:
    """Who a customer is and how that one is reached. Of protected personal data only the number is taken."""
    number = expect_id(customer, "customerNumber")
    if customer.get("protectedIdentity"):
        return KnownPerson(number, protected=True)
    names = (optional_str(customer, "firstName"), optional_str(customer, "lastName"))
    return KnownPerson(
        number,
        name=" ".join(name for name in names if name),
        birth_date=_born(optional_str(customer, "personalIdentityNumber")),
        emails=_texts(customer, "emails"),
        phones=_texts(customer, "phones"),
        address=_postal(customer.get("address")),
    )


def carries(customer: Mapping[str, Any], identifier: Identifier) -> bool:
    """Whether a customer has the value that was asked for: a system that does not heed the question answers with everybody."""
    match identifier.kind:
        case IdentifierKind.PERSONNUMMER:
            held: tuple[str, ...] = (optional_str(customer, "personalIdentityNumber"),)
        case IdentifierKind.CUSTOMER_NO:
            held = (expect_id(customer, "customerNumber"),)
        case IdentifierKind.EMAIL:
            held = _texts(customer, "emails")
        case _:
            held = _texts(customer, "phones")
    return any(same(identifier.kind, text, identifier.value) for text in held)


def _texts(customer: Mapping[str, Any], name: str) -> tuple[str, ...]:
    values = customer.get(name)
    return tuple(value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _postal(address: object) -> str:
    """The address in lines; empty unless the street and the town are there."""
    if not isinstance(address, dict):
        return ""
    street, code, city = (optional_str(address, name).strip() for name in ("street", "postalCode", "city"))
    return f"{street}\n{f'{code} {city}'.strip()}" if street and city else ""


def _born(number: str) -> date | None:
    try:
        return birth_date(normalise(IdentifierKind.PERSONNUMMER, number))
    except InvalidIdentifier:
        return None
