"""Which statement reads which rows: a description laid over the tables as the database has them. Values are parameters, always."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, bindparam, exists, func, literal_column, or_, select, tuple_, types

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.sql.columns import Columns, columns_of
from requests_app.connectors.sql.forms import ANY, forms
from requests_app.connectors.sql.tables import looked_up
from requests_app.connectors.sql.ways import with_ways
from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import FromClause, Select

    from requests_app.connectors.base import Identifier
    from requests_app.connectors.described.categories import Category
    from requests_app.connectors.sql.database import Database
    from requests_app.connectors.sql.description import By, Description, Entry, Reference
    from requests_app.connectors.sql.tables import Table

KEY = "\0key"
"""Where an item's key stands: no column can have that name."""
UNTYPED = types.NullType()
"""Parameters go as the driver has them: a cast in the statement would keep the database from its index."""


@dataclass(frozen=True)
class Source:
    """The rows of one entry that are gathered, and how each becomes a record."""

    entry: Entry
    table: Table
    category: Category
    columns: Columns
    used: FromClause
    order: tuple[str, ...]
    proven: bool
    """Whether the database itself keeps the order's columns different in every row."""
    people: frozenset[str]
    """The entries of people that its rows can belong to."""
    within: str
    """What its keys begin with where several tables make one category."""

    @property
    def statement(self) -> Select[Any]:
        """Everything that is asked for, then the order's columns as they are."""
        return select(*self.columns.asked, *(self.used.c[name] for name in self.order)).select_from(self.used)


class Plan:
    """A description laid over a database. Making one raises MISCONFIGURED for every table or column that is not there."""

    def __init__(self, description: Description, database: Database) -> None:
        self.description = description
        self.database = database.target.database
        self.tables = {name: looked_up(database, entry.table) for name, entry in description.entries.items()}
        entries = with_ways(description, self.tables, lambda name: looked_up(database, name), self.tables)
        self.entries: dict[str, Entry] = entries
        for name, entry in self.entries.items():
            self._check(entry, self.tables[name])
        used = [entry.category for entry in self.entries.values()]
        shared = {category for category in used if used.count(category) > 1}
        self.sources = [
            self._source(entry, shared) for entry in self.entries.values() if entry.category in self.categories
        ]

    @property
    def categories(self) -> Mapping[str, Category]:
        """The description's categories."""
        return self.description.categories

    def _check(self, entry: Entry, table: Table) -> None:
        names = [
            *entry.columns,
            *entry.order,
            *entry.names,
            *entry.show,
            *(column for by in entry.by for column in by.columns),
        ]
        table.need([*names, *([entry.key] if entry.key else [])])
        for by in entry.by:
            for column in by.columns:
                table.sort(column)
        for reference in entry.references:
            table.need(reference.columns)
            self.tables[reference.to].need(reference.theirs)
            if entry.during:
                table.need([entry.during.column])
                self.tables[reference.to].need(filter(None, (entry.during.first, entry.during.last)))

    def _source(self, entry: Entry, shared: set[str]) -> Source:
        table, category = self.tables[entry.name], self.categories[entry.category]
        every = tuple(name for name in table.types if name not in category.leave_out)
        taken = tuple(name for name in (entry.columns or every) if name not in category.leave_out)
        hidden = [name for name in self._needed(entry, table, category) if name not in taken]
        used = table.used()
        order = entry.order or table.order
        return Source(
            entry=entry,
            table=table,
            category=replace(
                category, key=(KEY,), leave_out={**category.leave_out, **dict.fromkeys([*hidden, KEY], "")}
            ),
            columns=columns_of(table, used, (*taken, *hidden), self.database),
            used=used,
            order=order,
            proven=table.tells_apart(order),
            people=frozenset(self._people(entry)),
            within=entry.name if entry.category in shared else "",
        )

    def _needed(self, entry: Entry, table: Table, category: Category) -> list[str]:
        """Columns that are read though they are not gathered: by them a row is dated, named or known to be the person's."""
        places = [category.when, category.group, category.source, *category.places.values(), *category.key]
        places += [category.places.get(category.when, "")]
        own = [*entry.names, entry.key, *(column for by in entry.by for column in by.columns)]
        wanted = {name for name in table.types for place in places if place == name or place.startswith(f"{name}.")}
        return [name for name in table.types if name in wanted or name in own]

    def _people(self, entry: Entry) -> Iterable[str]:
        if entry.by:
            yield entry.name
        for reference in entry.references:
            yield from self._people(self.entries[reference.to])

    def theirs(self, source: Source, identifiers: Sequence[Identifier]) -> ColumnElement[bool]:
        """The condition under which a row of a source is a found person's; ``who`` gives its parameters."""
        if source.entry.by and not source.entry.key:
            return or_(*self.asked(source.entry, source.used, identifiers))
        return self._condition(source.entry, source.used)

    def _condition(self, entry: Entry, used: FromClause) -> ColumnElement[bool]:
        if entry.by:
            return used.c[entry.key].in_(_who(entry.name))
        return or_(*(self._refers(entry, one, used) for one in entry.references))

    def _refers(self, entry: Entry, reference: Reference, used: FromClause) -> ColumnElement[bool]:
        target = self.entries[reference.to]
        if target.by and reference.theirs == (target.key,) and not entry.during:
            return used.c[reference.columns[0]].in_(_who(target.name))
        other = self.tables[reference.to].used()
        inner = self._condition(target, other)
        own = [used.c[name] for name in reference.columns]
        theirs = [other.c[name] for name in reference.theirs]
        if entry.during:
            joined = [mine == their for mine, their in zip(own, theirs, strict=True)]
            return exists(
                select(literal_column("1")).select_from(other).where(*joined, *_during(entry, used, other), inner)
            )
        mine = own[0] if len(own) == 1 else tuple_(*own)
        return mine.in_(select(*theirs).select_from(other).where(inner))

    def asked(self, entry: Entry, used: FromClause, identifiers: Sequence[Identifier]) -> list[ColumnElement[bool]]:
        """One condition per column that some identifier can stand in."""
        table = self.tables[entry.name]
        found: list[ColumnElement[bool]] = []
        for by in entry.by:
            for name in by.columns:
                values = [
                    form
                    for one in identifiers
                    if one.kind is by.kind
                    for form in forms(one.kind, one.value, by.written, table.sort(name))
                ]
                if values:
                    column: Any = (
                        cleaned(by, used.c[name]) if ANY in by.written and _is_text(table, name) else used.c[name]
                    )
                    found.append(column.in_(bindparam(None, values, expanding=True, type_=UNTYPED)))
        return found


def _who(entry: str) -> Any:
    return bindparam(f"who_{entry}", expanding=True, type_=UNTYPED)


def _is_text(table: Table, name: str) -> bool:
    return isinstance(table.types[name], types.String) or type(table.types[name]) is types.NullType


def _during(entry: Entry, used: FromClause, other: FromClause) -> list[ColumnElement[bool]]:
    """Whole days, the last one counted. Without a first day nothing is the person's."""
    during = entry.during
    if during is None:
        return []
    day: Any = func.date(used.c[during.column])
    bounds = [day >= func.date(other.c[during.first])]
    if during.last:
        last = func.date(other.c[during.last])
        bounds.append(or_(other.c[during.last].is_(None), day <= last))
    return bounds


_LOOSE = {
    IdentifierKind.PERSONNUMMER: ("-", "+", " "),
    IdentifierKind.PHONE: ("-", " ", "(", ")", "/", ".", "\u00a0"),
    IdentifierKind.CUSTOMER_NO: (" ",),
    IdentifierKind.EMAIL: (),
}


def cleaned(by: By, column: Any) -> Any:
    """A column whose values are written in whatever way, in the form that is asked for."""
    for sign in _LOOSE[by.kind]:
        column = func.replace(column, sign, "")
    if by.kind is IdentifierKind.EMAIL:
        return func.lower(func.trim(column))
    return func.upper(column) if by.kind is IdentifierKind.CUSTOMER_NO else column


def need_order(source: Source) -> ConnectorError:
    """The fault of a table whose rows cannot be told apart."""
    return ConnectorError(Fault.MISCONFIGURED, setting="description", table=str(source.table.name), needs="order")
