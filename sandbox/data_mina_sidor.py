"""What Mina sidor holds: customers, contracts, invoices, consents, log-ins and errands."""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.dates import any_time, local, month_starts, next_month
from sandbox.homes import contracts_of
from sandbox.people import FIRST_DAY, LAST_DAY, Person, everyone, staff
from sandbox.texts import HOSTILE, texts

if TYPE_CHECKING:
    from sandbox.homes import Contract

Item = dict[str, Any]
LOGINS = {"anna": 12, "lots": 240, "hostile": 6}
CASE_TEXTS = {"anna": (0, 3, 7)}
CASES = {"lots": 12, "hostile": 2, "english": 1}
UNITS = {
    "electricity": ("Elförbrukning", "kWh", 1.27),
    "grid": ("Elnätsavgift", "månad", 265.0),
    "districtHeating": ("Fjärrvärme", "kWh", 0.94),
    "water": ("Vatten", "m³", 38.5),
    "waste": ("Avfallshämtning", "månad", 189.0),
    "fibre": ("Bredband", "månad", 329.0),
}


@cache
def customers() -> tuple[Person, ...]:
    """Everybody with a customer number."""
    return tuple(person for person in everyone() if person.customer_no)


def customer(number: str) -> Person | None:
    """The customer with a number."""
    return _by_number().get(number)


@cache
def _by_number() -> dict[str, Person]:
    return {person.customer_no: person for person in customers() if person.customer_no}


def master_data(person: Person) -> Item:
    """The customer as Mina sidor shows them."""
    chance = person.random("customer")
    since = _since(person)
    address = {
        "street": person.street,
        "postalCode": person.postal_code,
        "city": person.city,
        "source": chance.choice(("SPAR", "SPAR", "customer")),
        "updatedAt": any_time(chance, _known_from(person), LAST_DAY, (2, 6)).isoformat(),
    }
    if person.slug == "anna":
        address["source"] = "SPAR"
    return {
        "customerNumber": person.customer_no,
        "customerType": "private",
        "personalIdentityNumber": person.personnummer,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "protectedIdentity": person.protected,
        "language": person.language,
        "emails": list(person.emails),
        "phones": list(person.phones),
        "address": None if person.protected else address,
        "customerSince": since.isoformat(),
        "customerUntil": None,
        "invoiceDelivery": chance.choice(("e-faktura", "e-post", "papper")),
        "paymentMethod": chance.choice(("autogiro", "bankgiro")),
        "creditCheck": {
            "checkedOn": (since - timedelta(days=5)).isoformat(),
            "provider": "Påhittade Kreditupplysningen AB",
            "result": "godkänd",
        },
        "updatedAt": any_time(chance, date(2026, 1, 1), LAST_DAY).isoformat(),
    }


def _since(person: Person) -> date:
    return min((contract.start for contract in contracts_of(person)), default=date(2022, 2, 1))


def _known_from(person: Person) -> date:
    """From when there can be anything about the person in the data."""
    return max(_since(person), FIRST_DAY)


def contract_items(person: Person) -> list[Item]:
    """The person's contracts, those held with others too."""
    return [_contract(contract) for contract in contracts_of(person)]


def _contract(contract: Contract) -> Item:
    meter = contract.home.meter(contract.service)
    protected = contract.holders[0].protected
    return {
        "contractId": contract.id,
        "service": contract.service,
        "product": contract.product,
        "status": "ended" if contract.end else "active",
        "startDate": contract.start.isoformat(),
        "endDate": contract.end.isoformat() if contract.end else None,
        "signedAt": local(contract.start - timedelta(days=14), 15, 20).isoformat(),
        "channel": "webb",
        "holders": [
            {"customerNumber": holder.customer_no, "name": holder.name, "role": "coHolder" if i else "holder"}
            for i, holder in enumerate(contract.holders)
        ],
        "site": {
            "siteId": contract.home.site_id,
            "street": None if protected else contract.home.street,
            "postalCode": contract.home.postal_code,
            "city": contract.home.city,
            "meterNumber": meter.number if meter else None,
        },
    }


@cache
def invoices(person: Person) -> list[Item]:
    """Invoices, newest first; the first holder of a contract gets them. One customer has one for each contract."""
    held = [contract for contract in contracts_of(person) if contract.holders[0] == person]
    groups = [[contract] for contract in held] if person.slug == "lots" else [held]
    found: list[Item] = []
    for month in month_starts(FIRST_DAY, LAST_DAY)[:-1]:
        for group in groups:
            current = [c for c in group if c.start <= month and (c.end is None or c.end >= month)]
            if current:
                found.append(_invoice(person, current, month, len(found) + 1))
    return found[::-1]


def _invoice(person: Person, billed: list[Contract], month: date, n: int) -> Item:
    chance = person.random(f"invoice/{n}")
    lines = []
    for contract in billed:
        text, unit, price = UNITS[contract.service]
        quantity = (
            1.0 if unit == "månad" else float(chance.randrange(8, 20) if unit == "m³" else chance.randrange(180, 900))
        )
        lines.append({"text": text, "quantity": quantity, "unit": unit, "amount": round(quantity * price, 2)})
    if person.slug == "hostile" and n % 6 == 0:
        lines.append({"text": HOSTILE[n % len(HOSTILE)], "quantity": 1.0, "unit": "st", "amount": -25.0})
    amount = round(sum(float(str(line["amount"])) for line in lines), 2)
    issued = next_month(month) + timedelta(days=4)
    due = (next_month(month) + timedelta(days=29)) if issued.month != 2 else issued.replace(day=28)
    paid = due - timedelta(days=chance.randrange(0, 9)) if chance.random() < 0.95 else due + timedelta(days=12)
    open_ = paid > LAST_DAY
    number = f"7{person.customer_no}{n:03d}"
    return {
        "invoiceNumber": number,
        "contractIds": [contract.id for contract in billed],
        "invoiceDate": issued.isoformat(),
        "dueDate": due.isoformat(),
        "periodFrom": month.isoformat(),
        "periodTo": (next_month(month) - timedelta(days=1)).isoformat(),
        "amount": amount,
        "vat": round(amount / 5, 2),
        "currency": "SEK",
        "ocr": number + str(sum(map(int, number)) % 10),
        "status": "open" if open_ else "paid",
        "paidOn": None if open_ else paid.isoformat(),
        "delivery": "e-faktura",
        "lines": lines,
    }


def consents(person: Person) -> list[Item]:
    """Consents, given and withdrawn."""
    chance = person.random("consents")
    found = []
    for n, (purpose, text) in enumerate(texts()["consents"].items(), 1):
        if person.slug != "anna" and chance.random() < 0.4:
            continue
        given_at = any_time(chance, _known_from(person), date(2026, 3, 31))
        given_at + timedelta(days=chance.randrange(20, 200))
        withdrawn = person.slug != "anna" and chance.random() < 0.25
        found.append(
            {
                "consentId": f"S{person.customer_no}-{n}",
                "purpose": purpose,
                "text": text,
                "given": not withdrawn,
                "givenAt": given_at.isoformat(),
                "withdrawnAt": (given_at + timedelta(days=chance.randrange(20, 200))).isoformat()
                if withdrawn
                else None,
                "channel": "Mina sidor",
            }
        )
    return found


@cache
def logins(person: Person) -> list[Item]:
    """Log-ins, newest first."""
    chance = person.random("logins")
    count = LOGINS.get(person.slug, chance.randrange(2, 12))
    moments = sorted(any_time(chance, _known_from(person), LAST_DAY) for _ in range(count))
    items = [
        {
            "loginId": f"L{person.customer_no}-{n:04d}",
            "at": moment.isoformat(),
            "method": chance.choice(("BankID", "BankID", "BankID", "Freja+")),
            "ipAddress": f"192.0.2.{chance.randrange(1, 255)}",
            "userAgent": chance.choice(texts()["user_agents"]),
            "result": "failed" if chance.random() < 0.05 else "success",
        }
        for n, moment in enumerate(moments, 1)
    ]
    return items[::-1]


def cases(person: Person) -> list[Item]:
    """Errands at customer service with the notes staff made."""
    chance = person.random("cases")
    count = CASES.get(person.slug, chance.choice((0, 0, 1, 1, 2)))
    picks = CASE_TEXTS.get(person.slug) or [chance.randrange(len(texts()["cases"])) for _ in range(count)]
    return [_case(person, n, pick) for n, pick in enumerate(picks, 1)]


def _case(person: Person, n: int, pick: int) -> Item:
    chance = person.random(f"case/{n}")
    template = texts()["cases"][pick]
    notes = list(HOSTILE) if person.slug == "hostile" and n == 1 else template["notes"]
    handler = chance.choice(staff())
    created = any_time(chance, _known_from(person), date(2026, 11, 1), (8, 15))
    moments = [created + timedelta(minutes=12 + 50 * i) for i in range(len(notes))]
    return {
        "caseId": f"K{person.customer_no}-{n}",
        "createdAt": created.isoformat(),
        "closedAt": (moments[-1] + timedelta(minutes=3)).isoformat(),
        "channel": chance.choice(("telefon", "chatt", "e-post", "besök")),
        "subject": HOSTILE[4] if person.slug == "hostile" and n == 1 else template["subject"],
        "status": "closed",
        "handledBy": handler,
        "notes": [
            {
                "noteId": f"K{person.customer_no}-{n}-{i}",
                "at": at.isoformat(),
                "by": handler,
                "text": text,
            }
            for i, (at, text) in enumerate(zip(moments, notes, strict=True), 1)
        ],
    }
