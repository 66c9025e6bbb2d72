"""Saying who is meant while somebody is on the line: name, number and contact of a customer, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from requests_app.connectors import registry
from requests_app.connectors.base import Identifier, IdentifierKind, KnownPerson
from requests_app.domain.identifiers import birth_date
from sandbox.people import CAST

if TYPE_CHECKING:
    from tests.connectors.world import World

ANNA = CAST["anna"]
VALUES = {
    IdentifierKind.PERSONNUMMER: ANNA.personnummer,
    IdentifierKind.CUSTOMER_NO: ANNA.customer_no,
    IdentifierKind.PHONE: ANNA.phones[0],
}


def find(world: World, kind: IdentifierKind, value: str) -> tuple[KnownPerson, ...]:
    search = replace(world.search("mina_sidor", "anna"), identifiers=(Identifier(kind, value),))
    return registry.finders()["mina_sidor"].find_people(search)


def test_only_the_customer_system_declares_it() -> None:
    assert set(registry.finders()) == {"mina_sidor"}


@pytest.mark.parametrize("kind", VALUES)
def test_it_gives_who_somebody_is_by_each_value(world: World, kind: IdentifierKind) -> None:
    number, value = ANNA.customer_no, VALUES[kind]
    assert number is not None and value is not None
    born = birth_date(ANNA.personnummer)
    lines = f"{ANNA.street}\n{ANNA.postal_code} {ANNA.city}"
    known = KnownPerson(number, ANNA.name, born, tuple(ANNA.emails), tuple(ANNA.phones), address=lines)
    assert known in find(world, kind, value)


def test_a_shared_address_gives_both(world: World) -> None:
    one, other = CAST["couple_a"], CAST["couple_b"]
    (shared,) = set(one.emails) & set(other.emails)
    assert {person.name for person in find(world, IdentifierKind.EMAIL, shared)} == {one.name, other.name}


def test_of_protected_personal_data_only_the_number_is_given(world: World) -> None:
    number = CAST["protected"].customer_no
    assert number is not None
    assert find(world, IdentifierKind.CUSTOMER_NO, number) == (KnownPerson(number, protected=True),)


def test_nobody_is_nobody(world: World) -> None:
    assert find(world, IdentifierKind.EMAIL, "nobody@example.se") == ()
