"""How identifiers are written in a column: the forms asked for as parameters, and whether what came back is what was asked for.

All forms are asked for at once (``IN``), so that an index on the column serves. What a database takes for equal (case, accents,
trailing blanks, by its collation) need not be the same person's: every row found is compared again here.
"""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from requests_app.connectors.matching import same
from requests_app.domain.identifiers import IdentifierKind, national_phone, written_forms

if TYPE_CHECKING:
    from collections.abc import Iterable

ANY = "any"
USUAL: dict[IdentifierKind, tuple[str, ...]] = {
    IdentifierKind.EMAIL: (ANY,),
    IdentifierKind.CUSTOMER_NO: ("plain",),
    IdentifierKind.PERSONNUMMER: ("YYYYMMDDNNNN", "YYYYMMDD-NNNN", "YYMMDDNNNN", "YYMMDD-NNNN"),
    IdentifierKind.PHONE: ("international", "digits", "grouped"),
}
"""The forms asked for when the description names none."""
_LONGEST_INTEGER = 18
_OLD = 100


class Sort(Enum):
    """What a column holds, as far as a search by it goes."""

    TEXT = "text"
    INTEGER = "integer"
    UUID = "uuid"
    UNTOLD = "untold"
    """A column of SQLite without a type: text and numbers side by side."""


def forms(kind: IdentifierKind, value: str, written: Iterable[str], sort: Sort) -> list[Any]:
    """Everything to ask a column for; empty when it cannot hold the identifier. ``value`` is normalised."""
    texts = list(dict.fromkeys(text for form in written for text in _texts(kind, value, form)))
    if sort is Sort.TEXT:
        return list(texts)
    if sort is Sort.UUID:
        return _uuids(texts)
    numbers = _numbers(texts)
    return [*texts, *numbers] if sort is Sort.UNTOLD else numbers


def fits(kind: IdentifierKind, value: str, asked: Iterable[Any], found: Any) -> bool:
    """Whether a value found is the identifier asked for."""
    if found is None or isinstance(found, bool):
        return False
    if found in asked:
        return True
    text = str(found)
    return text.rstrip() in asked or same(kind, text, value)


def _numbers(texts: Iterable[str]) -> list[int]:
    """Forms of digits alone as a column of numbers has them: without zeros in front."""
    plain = (text.lstrip("+") for text in texts)
    numbers = [int(text) for text in plain if text.isascii() and text.isdecimal() and len(text) <= _LONGEST_INTEGER]
    return list(dict.fromkeys(numbers))


def _uuids(texts: Iterable[str]) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _texts(kind: IdentifierKind, value: str, form: str) -> tuple[str, ...]:
    if kind is IdentifierKind.PERSONNUMMER:
        return _personnummer(value, form)
    if kind is IdentifierKind.PHONE:
        return _phone(value, form)
    if kind is IdentifierKind.CUSTOMER_NO:
        return (value,) if form == ANY else (value, value.lower())
    plain = written_forms(kind, value)
    # Of a value in any case the database makes lower case before it compares, but some know ASCII alone.
    return (*plain, "".join(c if c.isascii() else c.upper() for c in value)) if form == ANY else plain


def _personnummer(value: str, form: str) -> tuple[str, ...]:
    # From the year in which somebody turns 100 a plus sign stands for the hyphen; many systems never learnt it.
    old = date.today().year - int(value[:4]) >= _OLD if value[:4].isdecimal() else False
    hyphens = ("-", "+") if old else ("-",)
    match form:
        case "YYYYMMDDNNNN":
            return (value,)
        case "YYYYMMDD-NNNN":
            return tuple(f"{value[:8]}{hyphen}{value[8:]}" for hyphen in hyphens)
        case "YYMMDDNNNN":
            return (value[2:],)
        case "YYMMDD-NNNN":
            return tuple(f"{value[2:8]}{hyphen}{value[8:]}" for hyphen in hyphens)
        case _:
            return value, value[2:]


def _phone(value: str, form: str) -> tuple[str, ...]:
    digits = value[1:]
    if form == "international":
        return value, digits, f"00{digits}"
    national = national_phone(value)
    plain = f"0{value[3:]}" if value.startswith("+46") else value
    if form == "digits":
        return (plain,)
    if form == ANY:
        return value, digits, f"00{digits}", plain, f"460{value[3:]}" if value.startswith("+46") else value
    if national == value:
        return (value,)
    area, _hyphen, rest = national.partition("-")
    joined = rest.replace(" ", "")
    ways = [
        f"{before}{between}{number}"
        for before in (area, f"+46 {area[1:]}", f"+46{area[1:]}", f"+46 (0){area[1:]}", f"+46(0){area[1:]}")
        for between in ("-", " ", " - ")
        for number in (rest, joined, f"{joined[:3]} {joined[3:]}", f"{joined[:-4]} {joined[-4:-2]} {joined[-2:]}")
    ]
    # Mobile numbers as they were divided when they were new: 0701-74 06 05.
    ways += [f"{plain[:4]}-{plain[4:]}", f"{plain[:4]}-{plain[4:6]} {plain[6:8]} {plain[8:]}", f"+46 {value[3:]}"]
    return tuple(dict.fromkeys(ways))
