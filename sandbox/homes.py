"""Flats and houses with their meters, and the contracts people have for them: what Mina sidor and Mitt HEM agree on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from sandbox.people import CAST, FIRST_DAY, Person, everyone, stable_uuid

if TYPE_CHECKING:
    import random

FLAT_METER = "HEM730011223"
"""The meter that two tenants had one after the other."""
MOVE_OUT = date(2025, 5, 31)
MOVE_IN = date(2025, 6, 1)
DAILY_FROM = date(2026, 9, 1)
"""Most meters were changed for ones that report daily on this day; older readings are not in the systems."""


@dataclass(frozen=True)
class Meter:
    """A meter of a home. It knows nothing of who lives there."""

    id: str
    number: str
    service: str
    resolution: str
    installed: date


@dataclass(frozen=True)
class Home:
    """A place of delivery."""

    key: str
    street: str
    postal_code: str
    city: str
    kind: str
    residents: int
    size: int
    built: int
    meters: tuple[Meter, ...]

    @property
    def location_id(self) -> str:
        """Its id in Mitt HEM."""
        return stable_uuid("location", self.key)

    @property
    def site_id(self) -> str:
        """Its id in Mina sidor."""
        return "735999" + str(int(stable_uuid("site", self.key)[:8], 16)).zfill(12)

    def meter(self, service: str) -> Meter | None:
        """The meter of a service; grid and fibre have none of their own."""
        return next((meter for meter in self.meters if meter.service == service), None)


@dataclass(frozen=True)
class Contract:
    """Who gets what service where, from when to when."""

    id: str
    service: str
    product: str
    home: Home
    holders: tuple[Person, ...]
    start: date
    end: date | None = None

    @property
    def service_id(self) -> str:
        """Its service's id in Mitt HEM."""
        return stable_uuid("service", self.id)


PRODUCTS = {
    "electricity": ("Rörligt elpris", "Timpris el", "Fast elpris 1 år"),
    "grid": ("Elnät säkring 16 A", "Elnät säkring 20 A"),
    "districtHeating": ("Fjärrvärme Bas",),
    "water": ("Vatten och avlopp",),
    "waste": ("Avfall fyrfack", "Avfall sopkärl"),
    "fibre": ("Bredband 100/100", "Bredband 250/250"),
}
STARTS = {"anna": date(2025, 12, 1), "lots": date(2014, 5, 1), "daily": date(2016, 2, 1)}
INSTALLED = {"anna": date(2026, 11, 1), "lots": FIRST_DAY, "daily": FIRST_DAY}
SERVICES = {
    "anna": ("electricity", "grid", "waste"),
    "lots": ("electricity", "grid", "districtHeating", "waste", "water", "fibre"),
    "daily": ("electricity", "grid"),
    "hostile": ("electricity", "grid", "waste"),
    "english": ("electricity", "grid", "waste"),
}
"""Where the cast's contracts and meters are not left to chance."""
HEATED = ("electricity", "grid", "districtHeating", "waste")
RESOLUTIONS = {"electricity": "day", "districtHeating": "day", "water": "month", "waste": "month"}


def _home(key: str, person: Person, services: tuple[str, ...]) -> Home:
    chance = person.random(f"home/{key}")
    hourly = person.slug == "lots"
    house = hourly or chance.random() < 0.35
    meters = tuple(
        Meter(
            id=stable_uuid("meter", key, service),
            number=f"HEM{chance.randrange(10**8, 10**9)}",
            service=service,
            resolution="hour" if hourly and service == "electricity" else RESOLUTIONS[service],
            installed=FIRST_DAY if RESOLUTIONS[service] == "month" else INSTALLED.get(person.slug, DAILY_FROM),
        )
        for service in services
        if service in RESOLUTIONS
    )
    return Home(
        key=key,
        street=person.street,
        postal_code=person.postal_code,
        city=person.city,
        kind="house" if house else "apartment",
        residents=chance.randrange(1, 5),
        size=chance.randrange(95, 180) if house else chance.randrange(28, 110),
        built=chance.randrange(1924, 2021),
        meters=meters,
    )


def _contracts(person: Person, home: Home, services: tuple[str, ...], holders: tuple[Person, ...]) -> list[Contract]:
    chance = person.random(f"contracts/{home.key}")
    start = STARTS.get(person.slug) or date(chance.randrange(2012, 2024), chance.randrange(1, 13), 1)
    return [
        Contract(f"A{person.customer_no}-{i}", service, chance.choice(PRODUCTS[service]), home, holders, start)
        for i, service in enumerate(services, 1)
    ]


def _services(chance: random.Random) -> tuple[str, ...]:
    return chance.choice(
        (
            HEATED,
            ("electricity", "grid"),
            ("electricity", "grid", "waste", "fibre"),
            ("districtHeating", "waste"),
            ("fibre",),
        )
    )


def _couple() -> list[Contract]:
    per, maria = CAST["couple_a"], CAST["couple_b"]
    home = _home("couple", per, ("electricity", "grid", "waste"))
    contracts = _contracts(per, home, ("electricity", "grid", "waste"), (per,))
    shared = Contract(contracts[0].id, "electricity", "Rörligt elpris", home, (per, maria), date(2018, 5, 1))
    own = Contract(f"A{maria.customer_no}-1", "fibre", "Bredband 250/250", home, (maria,), date(2021, 9, 1))
    return [shared, *contracts[1:], own]


def _flat_with_two_tenants() -> list[Contract]:
    """The same meter before and after a removal, and where the first tenant lives now."""
    before, after = CAST["moved_out"], CAST["next_tenant"]
    flat = Home(
        "flat", after.street, after.postal_code, after.city, "apartment", 2, 64, 1971,
        (Meter(stable_uuid("meter", "flat", "electricity"), FLAT_METER, "electricity", "day", date(2025, 3, 1)),),
    )  # fmt: skip
    now = _home("moved_out", before, ("fibre",))
    return [
        Contract(
            f"A{before.customer_no}-1", "electricity", "Rörligt elpris", flat, (before,), date(2022, 8, 1), MOVE_OUT
        ),
        Contract(f"A{before.customer_no}-2", "fibre", "Bredband 100/100", now, (before,), date(2025, 6, 1)),
        Contract(f"A{after.customer_no}-1", "electricity", "Timpris el", flat, (after,), MOVE_IN),
    ]


@cache
def contracts() -> tuple[Contract, ...]:
    """Every contract."""
    result = _couple() + _flat_with_two_tenants()
    special = {person.slug for contract in result for person in contract.holders}
    for person in everyone():
        if person.customer_no is None or person.slug in special:
            continue
        services = SERVICES.get(person.slug) or _services(person.random("services"))
        home = _home(person.slug, person, services)
        result += _contracts(person, home, services, (person,))
    return tuple(result)


@cache
def _by_holder() -> dict[str, tuple[Contract, ...]]:
    found: dict[str, list[Contract]] = {}
    for contract in contracts():
        for person in contract.holders:
            found.setdefault(person.slug, []).append(contract)
    return {slug: tuple(held) for slug, held in found.items()}


def contracts_of(person: Person) -> tuple[Contract, ...]:
    """The contracts somebody holds, alone or together with others."""
    return _by_holder().get(person.slug, ())
