"""Whose data is it? The people of a database that the identifiers find, table by table, and what they are known by further on."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import or_, select

from requests_app.connectors.base import ConnectorError, Fault, Identifier
from requests_app.connectors.described.values import as_json
from requests_app.connectors.matching import Match, folded, new_identifiers, settle
from requests_app.connectors.sql import values
from requests_app.connectors.sql.faults import missing
from requests_app.connectors.sql.forms import fits, forms
from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from requests_app.connectors.base import Candidate, Derived, Search
    from requests_app.connectors.matching import Settled
    from requests_app.connectors.sql.database import Database
    from requests_app.connectors.sql.description import Entry
    from requests_app.connectors.sql.plan import Plan

MOST = 1_000
"""Rows of people that one search may find; more is no search for a person."""
_SHOWN = 200
"""Characters of a value somebody is shown to choose by."""
_ROUNDS = 4
"""How often a customer number that was found is searched by in turn."""
_DIGITS = (10, 12)


@dataclass(frozen=True)
class Found:
    """Who was found: per table of people the keys that are the person's, or somebody must choose."""

    who: Mapping[str, tuple[Any, ...]]
    candidates: tuple[Candidate, ...] = ()
    derived: tuple[Derived, ...] = ()
    more: tuple[str, ...] = ()
    """Customer numbers found on the way, by which the search went on."""


@dataclass
class _Person:
    """One person of one table: the rows that tell of it, and the identifiers that found it."""

    key: Any
    match: Match
    by: list[Identifier] = field(default_factory=list)
    known_by: dict[IdentifierKind, list[str]] = field(default_factory=dict)


def find(plan: Plan, database: Database, search: Search) -> Found:
    """Everybody the identifiers find. A customer number of somebody found by a strong identifier is searched by in turn."""
    more: list[Identifier] = []
    for _round in range(_ROUNDS):
        asked = replace(search, identifiers=(*search.identifiers, *more))
        found = {name: _people(plan, database, plan.entries[name], asked) for name in plan.description.people}
        settled = {name: settle(asked, _by_identifier(asked, people)) for name, people in found.items()}
        fresh = [one for one in _strong_numbers(asked, found, settled) if one not in more]
        if not fresh:
            break
        more += fresh
    return Found(
        who={name: _keys(found[name], settled[name]) for name in found if settled[name].taken},
        candidates=tuple(candidate for one in settled.values() for candidate in one.candidates),
        derived=tuple(_derived(search, found, settled)),
        more=tuple(one.value for one in more),
    )


def _people(plan: Plan, database: Database, entry: Entry, search: Search) -> dict[str, _Person]:
    """Everybody in one table whom some identifier finds."""
    used = plan.tables[entry.name].used()
    conditions = plan.asked(entry, used, search.identifiers)
    if not conditions:
        return {}
    own = [column for by in entry.by for column in by.columns]
    key = [entry.key] if entry.key else []
    # Without a key a person may have a million rows: what differs from row to row is then not asked for.
    names = list(dict.fromkeys([*key, *entry.names, *own, *(entry.show if key else ())]))
    statement = select(*(used.c[name] for name in names)).where(or_(*conditions)).distinct().limit(MOST + 1)
    if key:
        statement = statement.order_by(used.c[entry.key])

    def read(connection: Connection) -> list[dict[str, Any]]:
        return [dict(zip(names, row, strict=True)) for row in connection.execute(statement)]

    rows = database.ask(read, str(entry.table))
    if len(rows) > MOST:
        raise ConnectorError(Fault.TOO_LARGE, table=str(entry.table))
    people: dict[str, _Person] = {}
    for row in rows:
        if by := identified(plan, entry, row, search.identifiers):
            _add(people, entry, row, by)
    return people if key else dict(sorted(people.items()))


def identified(plan: Plan, entry: Entry, row: Mapping[str, Any], identifiers: Sequence[Identifier]) -> list[Identifier]:
    """The identifiers that stand in a row. What the database took for equal need not be."""
    found = []
    for one in identifiers:
        places = [
            (name, forms(one.kind, one.value, by.written, plan.tables[entry.name].sort(name)))
            for by in entry.by
            if by.kind is one.kind
            for name in by.columns
        ]
        if any(fits(one.kind, one.value, asked, row[name]) for name, asked in places):
            found.append(one)
    return found


def _add(people: dict[str, _Person], entry: Entry, row: Mapping[str, Any], by: list[Identifier]) -> None:
    key = key_of(entry, row)
    if key is None:  # its rows could not be asked for: better told than left out
        raise missing(str(entry.table), entry.key)
    name = f"{entry.name}:{values.text(key)}"
    person = people.setdefault(name, _Person(key, _match(entry, name, row, by)))
    person.by += [one for one in by if one not in person.by]
    for said in entry.by:
        held = person.known_by.setdefault(said.kind, [])
        held += [str(row[column]) for column in said.columns if row[column] is not None]


def key_of(entry: Entry, row: Mapping[str, Any]) -> Any:
    """What tells a row's person from others: the key, else name and personnummer."""
    if entry.key:
        return row[entry.key]
    text = f"{folded(_name(entry, row))}\n{_personnummer(entry, row)}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _name(entry: Entry, row: Mapping[str, Any]) -> str:
    return " ".join(str(row[name]).strip() for name in entry.names if row[name])


def _personnummer(entry: Entry, row: Mapping[str, Any]) -> str:
    """As the table has it; a number's lost zeros are put back."""
    for by in entry.by:
        if by.kind is IdentifierKind.PERSONNUMMER:
            for name in by.columns:
                if row[name] not in (None, ""):
                    text = str(row[name]).strip()
                    return text.zfill(_DIGITS[0]) if text.isdecimal() and len(text) < _DIGITS[0] else text
    return ""


def _match(entry: Entry, name: str, row: Mapping[str, Any], by: Sequence[Identifier]) -> Match:
    shown = {column: as_json(row[column]) for column in (*entry.names, *entry.show) if column in row}
    written = _personnummer(entry, row)
    return Match(
        key=name,
        name=_name(entry, row),
        personnummer=written,
        fields={column: str(value)[:_SHOWN] for column, value in shown.items() if value not in (None, "")},
    )


def _by_identifier(search: Search, people: Mapping[str, _Person]) -> list[tuple[Identifier, list[Match]]]:
    return [(one, [person.match for person in people.values() if one in person.by]) for one in search.identifiers]


def _keys(people: Mapping[str, _Person], settled: Settled) -> tuple[Any, ...]:
    return tuple(people[name].key for name in settled.taken)


def _strong_numbers(
    search: Search, found: Mapping[str, Mapping[str, _Person]], settled: Mapping[str, Settled]
) -> list[Identifier]:
    """Customer numbers of those who are surely the person, that were not searched by."""
    kind = IdentifierKind.CUSTOMER_NO
    texts = [
        text
        for name, people in found.items()
        for key in settled[name].strong
        for text in people[key].known_by.get(kind, ())
    ]
    return [Identifier(kind, one.value) for one in new_identifiers(search, kind, texts)]


def _derived(
    search: Search, found: Mapping[str, Mapping[str, _Person]], settled: Mapping[str, Settled]
) -> Iterator[Derived]:
    """What the person is known by in this system besides what was asked: a strong match's customer number is strong."""
    told: set[tuple[IdentifierKind, str]] = set()
    for kind in (IdentifierKind.CUSTOMER_NO, IdentifierKind.EMAIL, IdentifierKind.PHONE):
        for strong in (True, False):
            texts = [
                text
                for name, people in found.items()
                for key in settled[name].taken
                if (key in settled[name].strong) is strong
                for text in people[key].known_by.get(kind, ())
            ]
            sure = strong and kind is IdentifierKind.CUSTOMER_NO
            for one in new_identifiers(search, kind, texts, strong=sure):
                if (kind, one.value) not in told:
                    told.add((kind, one.value))
                    yield one
