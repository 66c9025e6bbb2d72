"""A description to start from: the tables that seem to hold people, and those that refer to them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from requests_app.connectors.described.text import LARGEST
from requests_app.connectors.sql import guessing
from requests_app.connectors.sql.tables import all_names, looked_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.sql.database import Database
    from requests_app.connectors.sql.description import TableName
    from requests_app.connectors.sql.tables import ForeignKey, Table

MOST_TABLES = 1_000
"""Tables that are looked at."""
MOST_ENTRIES = 100
"""Tables a proposal names: as many categories as a description may have."""
_LONGEST_NAME = 40


@dataclass
class _Guess:
    """The tables of a database, sorted into people, what refers to them, and the rest."""

    tables: Mapping[TableName, Table]
    names: dict[TableName, str] = field(default_factory=dict)
    people: list[Table] = field(default_factory=list)
    keyed: set[TableName] = field(default_factory=set)
    """Tables of people with a row for each: something refers to it, or an identifier stands in it once."""
    further: list[tuple[Table, list[ForeignKey]]] = field(default_factory=list)


def proposal(database: Database) -> str:
    """The description, with comments in Swedish and English. Raises ``ConnectorError``."""
    names = database.ask(all_names)[:MOST_TABLES]
    guess = _sorted({name: looked_up(database, name) for name in names})
    text = "\n".join(_lines(guess, fields=True)) + "\n"
    return text if len(text) <= LARGEST else "\n".join(_lines(guess, fields=False)) + "\n"


def _sorted(tables: Mapping[TableName, Table]) -> _Guess:
    guess = _Guess(tables)
    identified = {name for name, table in tables.items() if any(map(guessing.kind_of, table.types))}
    depth: dict[TableName, int] = {}
    for name in identified:
        if not _leads_to(tables, name, identified - {name}):
            guess.people.append(tables[name])
            if _has_keys(tables, tables[name]):
                guess.keyed.add(name)
                depth[name] = 0
    waiting = [table for name, table in tables.items() if name not in depth and table not in guess.people]
    for level in range(1, len(tables) + 1):
        reached = [table for table in waiting if any(key.to in depth and key.to != table.name for key in table.foreign)]
        if not reached:
            break
        waiting = [table for table in waiting if table not in reached]
        for table in reached:
            nearest = min(depth[key.to] for key in table.foreign if key.to in depth)
            keys = [key for key in table.foreign if depth.get(key.to) == nearest]
            guess.further.append((table, keys))
        depth |= {table.name: level for table in reached}
    guess.people.sort(key=lambda table: str(table.name))
    for table in [*guess.people, *(table for table, _keys in guess.further)][:MOST_ENTRIES]:
        guess.names[table.name] = _free_name(table.name, set(guess.names.values()))
    return guess


def _has_keys(tables: Mapping[TableName, Table], table: Table) -> bool:
    if len(table.primary) != 1:
        return False
    once = any(len(key) == 1 and guessing.kind_of(key[0]) for key in table.unique)
    return once or any(
        key.to == table.name and key.theirs == table.primary for one in tables.values() for key in one.foreign
    )


def _leads_to(tables: Mapping[TableName, Table], start: TableName, ends: set[TableName]) -> bool:
    """Whether foreign keys lead from a table to one of others."""
    seen, further = {start}, [start]
    while further:
        table = tables.get(further.pop())
        for key in table.foreign if table else ():
            if key.to in ends:
                return True
            if key.to not in seen:
                seen.add(key.to)
                further.append(key.to)
    return False


def _free_name(name: TableName, taken: set[str]) -> str:
    text = guessing.plain(name.name)
    text = (text if text[:1].isalpha() else f"t_{text}")[:_LONGEST_NAME]
    number, free = 1, text
    while free in taken:
        number += 1
        free = f"{text[: _LONGEST_NAME - 4]}_{number}"
    return free


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _listed(names: list[str]) -> str:
    return _quoted(names[0]) if len(names) == 1 else f"[{', '.join(map(_quoted, names))}]"


def _lines(guess: _Guess, *, fields: bool) -> Iterator[str]:
    yield "# Ett förslag att börja från, gissat av namnen i databasen. Gå igenom varje rad."
    yield "# A proposal to start from, guessed from the names in the database. Look through every line."
    yield "people:"
    people = [table for table in guess.people if table.name in guess.names]
    if not people:
        yield "  # Ingen kolumn ser ut att innehålla e-post, personnummer, kundnummer eller telefon. Fyll i själv."
        yield "  # No column seems to hold an e-mail address, personnummer, customer number or phone. Fill in yourself."
    for table in people:
        yield from _person(guess, table)
    further = [(table, keys) for table, keys in guess.further if table.name in guess.names]
    if further:
        yield "tables:"
    for table, keys in further:
        yield from _further(guess, table, keys)
    yield "categories:"
    for table in [*people, *(table for table, _keys in further)]:
        yield from _category(guess, table, fields=fields)
    left = sorted(str(name) for name in guess.tables if name not in guess.names)
    if left:
        yield "# Tabeller som inte leder till någon person / Tables that lead to no person:"
        yield from (f"#   {_quoted(name)}" for name in left)


def _person(guess: _Guess, table: Table) -> Iterator[str]:
    name = guess.names[table.name]
    yield f"  {name}:"
    yield f"    table: {_quoted(str(table.name))}"
    yield "    by:"
    found: dict[str, list[str]] = {}
    for column in table.types:
        kind = guessing.kind_of(column)
        if kind is not None:
            found.setdefault(kind.value, []).append(column)
    yield from (f"      {kind}: {_listed(columns)}" for kind, columns in found.items())
    if table.name in guess.keyed:
        yield f"    key: {_quoted(table.primary[0])}  # en rad, en person / one row, one person"
    names = guessing.name_columns(table)
    if names:
        yield f"    name: {_listed(names)}"
    yield f"    category: {name}"
    yield from _order(table)


def _further(guess: _Guess, table: Table, keys: list[ForeignKey]) -> Iterator[str]:
    name = guess.names[table.name]
    yield f"  {name}:"
    yield f"    table: {_quoted(str(table.name))}"
    usable = [key for key in keys if key.to in guess.names]
    if len(usable) > 1:
        yield "    # Flera vägar till en person: stryk dem som inte gör raden till personens egen."
        yield "    # Several ways to a person: strike those that do not make the row the person's own."
    yield "    references:"
    for key in usable:
        pairs = zip(key.columns, key.theirs, strict=True)
        said = ", ".join(f"{_quoted(own)}: {_quoted(f'{guess.names[key.to]}.{their}')}" for own, their in pairs)
        yield f"      - {{{said}}}"
    yield f"    category: {name}"
    yield from _order(table)


def _order(table: Table) -> Iterator[str]:
    if not table.order:
        yield "    # Tabellen har ingen nyckel. Finns kolumner som skiljer raderna åt: order: [kolumn]"
        yield "    # The table has no key. If some columns tell its rows apart: order: [column]"


def _category(guess: _Guess, table: Table, *, fields: bool) -> Iterator[str]:
    sv, en = guessing.label(table.name.name)
    kind = "facts" if table.name in guess.keyed else "table"
    yield f"  {guess.names[table.name]}:"
    yield f"    kind: {kind}"
    yield f"    label: {{sv: {_quoted(sv)}, en: {_quoted(en)}}}"
    when = guessing.date_column(table)
    if when:
        yield f"    when: {_quoted(when)}"
    secret = [column for column in table.types if guessing.is_secret(column)]
    if secret:
        yield "    leave_out:"
        yield from (f"      {_quoted(column)}: inloggningsuppgift, som inte lämnas ut" for column in secret)
    shown = [column for column in table.types if column not in secret]
    if fields and shown:
        yield "    fields:"
        for column in shown:
            sv, en = guessing.label(column)
            told = guessing.field_type(column, table.types[column])
            more = "" if told == "text" else f", type: {told}"
            yield f"      {_quoted(column)}: {{label: {{sv: {_quoted(sv)}, en: {_quoted(en)}}}{more}}}"
