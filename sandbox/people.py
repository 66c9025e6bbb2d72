"""The made-up people. Personnummer are Skatteverket's test numbers, phone numbers PTS' numbers for fiction.

``CAST`` holds the people who are there for a reason, by slug; ``everyone()`` is they and the crowd around them.
"""

from __future__ import annotations

import json
import random
import unicodedata
from functools import cache
from pathlib import Path

from sandbox.cast import CAST
from sandbox.person import FIRST_DAY, LAST_DAY, Person, phone, stable_uuid

__all__ = ["CAST", "FIRST_DAY", "LAST_DAY", "Person", "by_slug", "everyone", "phone", "stable_uuid", "staff"]

CROWD = 282
_DATA = Path(__file__).with_name("data")


def _numbers() -> list[tuple[str, bool]]:
    """The test numbers the cast left, personnummer first, with whether the holder is a woman."""
    data = json.loads((_DATA / "test_personnummer.json").read_text(encoding="utf-8"))
    taken = {person.personnummer for person in CAST.values()}
    numbers = [n for n in data["personnummer"] + data["samordningsnummer"][:16] if n not in taken]
    random.Random("numbers").shuffle(numbers)
    return [(n, int(n[10]) % 2 == 0) for n in numbers]


def _ascii(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if c.isascii() and c.isalnum())


@cache
def everyone() -> tuple[Person, ...]:
    """All made-up people: the cast, then the crowd, of whom some are customers and the rest subscribe or chat."""
    numbers = _numbers()
    names = json.loads((_DATA / "names.json").read_text(encoding="utf-8"))
    used: set[str] = {email for person in CAST.values() for email in person.emails}
    crowd = []
    for i in range(CROWD):
        chance = random.Random(f"crowd/{i}")
        number, female = numbers[i] if i < len(numbers) else (None, chance.random() < 0.5)
        first, last = chance.choice(names["female" if female else "male"]), chance.choice(names["last"])
        host = chance.choice(("example.se", "example.com", "example.org"))
        email = f"{_ascii(first)}.{_ascii(last)}@{host}"
        if email in used:
            email = f"{_ascii(first)}.{_ascii(last)}{i}@{host}"
        used.add(email)
        customer = number is not None
        crowd.append(
            Person(
                slug=f"p{i:03d}",
                first_name=first,
                last_name=last,
                personnummer=number,
                customer_no=str(204201 + i) if customer else None,
                emails=(email,),
                phones=(phone(20 + i),) if customer or chance.random() < 0.4 else (),
                language="en" if chance.random() < 0.03 else "sv",
                street=f"{chance.choice(names['streets'])} {chance.randrange(801, 1000)}" if customer else "",
                postal_code=chance.choice(names["postal_codes"]),
                app=customer and chance.random() < 0.6,
                chats=chance.choice((0, 0, 1, 2)) if customer else chance.choice((0, 1)),
                subscribes=(email,) if chance.random() < (0.4 if customer else 0.8) else (),
            )
        )
    return (*CAST.values(), *crowd)


def by_slug(slug: str) -> Person:
    """One person, of the cast or the crowd."""
    return _index()[slug]


@cache
def _index() -> dict[str, Person]:
    return {person.slug: person for person in everyone()}


@cache
def staff() -> tuple[str, ...]:
    """Employees in customer service, made up like everybody else; agent ``n`` is number ``n - 1``."""
    return tuple(json.loads((_DATA / "names.json").read_text(encoding="utf-8"))["staff"])
