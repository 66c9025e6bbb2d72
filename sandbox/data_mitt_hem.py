"""What Mitt HEM holds: accounts, roles, locations with their services, agreements, products and meters."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.data_mina_sidor import invoices
from sandbox.dates import any_time, local
from sandbox.homes import contracts_of
from sandbox.people import FIRST_DAY, LAST_DAY, Person, everyone, stable_uuid

if TYPE_CHECKING:
    from sandbox.homes import Contract, Home, Meter

Item = dict[str, Any]
TYPES = {
    "electricity": "consumption_trade",
    "grid": "consumption_grid",
    "districtHeating": "consumption_heating",
    "water": "consumption_water",
    "waste": "waste",
    "fibre": "broadband",
}


@cache
def accounts() -> dict[str, Person]:
    """The people with an account, by account id."""
    return {person.account_id: person for person in everyone() if person.app}


def account(person: Person) -> Item:
    """The account itself."""
    chance = person.random("account")
    return {
        "accountId": person.account_id,
        "displayName": person.name,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "language": person.language,
        "username": person.emails[0],
        "personalId": person.personnummer,
        "orgNumber": None,
        "email": person.emails[0],
        "phoneNumber": person.phones[0],
        "createdAt": any_time(chance, FIRST_DAY, date(2025, 12, 31)).isoformat(),
        "lastSeenAt": any_time(chance, date(2026, 9, 1), LAST_DAY).isoformat(),
    }


def roles(person: Person) -> list[Item]:
    """Everybody who may use the account: the owner, and who holds a contract with them."""
    users = [person]
    for contract in contracts_of(person):
        users += [holder for holder in contract.holders if holder not in users]
    return [
        {
            "userId": stable_uuid("user", user.slug),
            "role": "owner" if user == person else "resident",
            "displayName": user.name,
            "username": user.emails[0],
            "email": user.emails[0],
            "locationIds": [home.location_id for home in homes(user)],
        }
        for user in users
    ]


def homes(person: Person) -> list[Home]:
    """The places where somebody has or had a contract."""
    found: list[Home] = []
    for contract in contracts_of(person):
        if contract.home not in found:
            found.append(contract.home)
    return found


def locations(person: Person) -> list[Item]:
    """The places and the services there."""
    return [
        {
            "locationId": home.location_id,
            "address": None if person.protected else home.street,
            "zipCode": home.postal_code,
            "city": home.city,
            "propertyType": home.kind,
            "numberOfResidents": home.residents,
            "size": home.size,
            "houseAge": home.built,
            "wasteful": home.residents > 3,
            "services": [_service(contract) for contract in contracts_of(person) if contract.home == home],
        }
        for home in homes(person)
    ]


def _service(contract: Contract) -> Item:
    meter = contract.home.meter(contract.service)
    return {
        "id": contract.service_id,
        "type": TYPES[contract.service],
        "status": "inactive" if contract.end else "active",
        "measurementResolution": meter.resolution if meter else None,
        "measurementId": meter.id if meter else None,
        "costResolution": "month" if meter else None,
        "costId": stable_uuid("cost", meter.id) if meter else None,
        "properties": {
            "showSpotPrice": contract.product == "Timpris el",
            "showCost": True,
            "realtimeMeasurements": False,
        },
        **_period(contract),
    }


def _period(contract: Contract) -> Item:
    return {
        "startDate": local(contract.start).isoformat(),
        "endDate": local(contract.end, 23, 59, 59).isoformat() if contract.end else None,
    }


def agreements(contract: Contract) -> list[Item]:
    """The agreement behind a service."""
    return [
        {
            "agreementId": contract.id,
            "serviceId": contract.service_id,
            "name": contract.product,
            "type": "fixed" if "Fast" in contract.product else "variable",
            "status": "ended" if contract.end else "active",
            **_period(contract),
            "noticePeriodMonths": 1,
        }
    ]


def products(contract: Contract) -> list[Item]:
    """The product of a service."""
    return [
        {
            "productId": stable_uuid("product", contract.product),
            "serviceId": contract.service_id,
            "name": contract.product,
            "description": f"{contract.product}, Halmstads Energi och Miljö",
            **_period(contract),
        }
    ]


def account_invoices(person: Person) -> list[Item]:
    """The invoices of Mina sidor as the app shows them."""
    kept = ("invoiceDate", "dueDate", "amount", "currency", "status", "ocr")
    return [{"invoiceId": item["invoiceNumber"], **{key: item[key] for key in kept}} for item in invoices(person)]


def contract_of_service(person: Person, service_id: str) -> Contract | None:
    """The person's contract for a service."""
    return next((contract for contract in contracts_of(person) if contract.service_id == service_id), None)


def meter_of(person: Person, meter_id: str) -> Meter | None:
    """A meter of a place where the person has or had the service it measures."""
    for contract in contracts_of(person):
        meter = contract.home.meter(contract.service)
        if meter and meter_id in (meter.id, stable_uuid("cost", meter.id)):
            return meter
    return None
