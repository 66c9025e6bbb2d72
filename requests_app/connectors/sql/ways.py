"""Ways from a table to a person that the description leaves to the database: its own foreign keys, followed upwards."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.sql.description import Entry, Reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, MutableMapping

    from requests_app.connectors.sql.description import Description, TableName
    from requests_app.connectors.sql.tables import ForeignKey, Table

LONGEST = 6
"""Tables on the way to a person."""
Way = tuple["ForeignKey", ...]


def with_ways(
    description: Description,
    tables: Mapping[str, Table],
    look: Callable[[TableName], Table],
    known: MutableMapping[str, Table],
) -> dict[str, Entry]:
    """The entries with a reference for each ``follow``; tables on the way that are not described are added, without a category.

    Raises MISCONFIGURED (params: table, needs) when no way leads to a person, or two ways of the same length.
    """
    people = {tables[name].name: name for name, entry in description.people.items() if entry.key}
    entries: dict[str, Entry] = {}
    for name, entry in description.entries.items():
        if not entry.follow:
            entries[name] = entry
            continue
        ways = _shortest(tables[name], people, look)
        if len(ways) != 1:
            raise ConnectorError(Fault.MISCONFIGURED, setting="description", table=str(entry.table), needs="references")
        entries |= _as_entries(entry, ways[0], people, look, known)
    return entries


def _shortest(start: Table, people: Mapping[TableName, str], look: Callable[[TableName], Table]) -> list[Way]:
    """All shortest ways to a table of people."""
    ends: list[tuple[Table, Way]] = [(start, ())]
    for _step in range(LONGEST):
        further = [(key.to, (*way, key)) for table, way in ends for key in table.foreign]
        found = [way for to, way in further if to in people]
        if found:
            return found
        seen: set[TableName] = {start.name, *(key.to for _table, way in ends for key in way)}
        ends = [(look(to), way) for to, way in further if to not in seen]
    return []


def _as_entries(
    entry: Entry,
    way: Way,
    people: Mapping[TableName, str],
    look: Callable[[TableName], Table],
    known: MutableMapping[str, Table],
) -> dict[str, Entry]:
    """The entry, and one for each table between it and the person."""
    found: dict[str, Entry] = {}
    own = entry
    for step, key in enumerate(way):
        # a name that no description can have, so that it meets no other
        to = people[key.to] if step == len(way) - 1 else f"{entry.name}/{step}"
        found[own.name] = replace(own, references=(Reference(key.columns, to, key.theirs),))
        if to not in people.values():
            known[to] = look(key.to)
            own = Entry(name=to, table=key.to, category="", columns=(), order=())
    return found
