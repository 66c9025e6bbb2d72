"""The rows of found people, table by table and page by page, in an order that a killed run can be taken up again in."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, func, or_, select

from requests_app.connectors.base import Identifier, Page
from requests_app.connectors.described.categories import Keys
from requests_app.connectors.described.values import as_json, by_name
from requests_app.connectors.reading import PageGuard
from requests_app.connectors.sql import values
from requests_app.connectors.sql.finding import identified, key_of
from requests_app.connectors.sql.plan import KEY, UNTYPED, need_order
from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection, Select

    from requests_app.connectors.base import Search
    from requests_app.connectors.sql.database import Database
    from requests_app.connectors.sql.finding import Found
    from requests_app.connectors.sql.plan import Plan, Source
    from requests_app.domain.records import Record

MOST_ROWS = 1_000
"""Rows of a page."""
FIRST_ROWS = 100
"""Rows of the first page of a table whose rows may be large."""
MOST_UNORDERED = 10_000
"""Rows of one person that are read from a table without anything to order by."""
_PAGE_CHARACTERS = 4 * 1024 * 1024
_GROWTH = 8
_MOST_PAGES_AT_ONCE = 8
"""Pages that one statement asks for once a person's rows turn out to be many."""


@dataclass(frozen=True)
class _Row:
    item: dict[str, Any]
    order: tuple[Any, ...]


def beginning(plan: Plan, found: Found) -> dict[str, Any]:
    """The cursor to begin with."""
    who = {name: [values.as_kept(key) for key in keys] for name, keys in found.who.items()}
    first = plan.sources[0].entry.name if plan.sources else ""
    return {"who": who, "more": list(found.more), "at": first, "after": None, "rows": 0, "skip": 0}


class Reading:
    """The way through the tables, from a cursor on."""

    def __init__(self, plan: Plan, database: Database, search: Search, cursor: Mapping[str, Any]) -> None:
        self._plan = plan
        self._database = database
        self._guard = PageGuard(search.limits)
        self._cursor = dict(cursor)
        self._who = {name: [values.as_read(key) for key in keys] for name, keys in cursor["who"].items()}
        more = (Identifier(IdentifierKind.CUSTOMER_NO, number) for number in cursor["more"])
        self._identifiers = (*search.identifiers, *more)
        self._known: dict[tuple[Any, ...], bool] = {}

    def pages(self) -> Iterator[Page]:
        """The remaining pages, each with the cursor behind it; the last one's leads nowhere."""
        names = [source.entry.name for source in self._plan.sources]
        at = self._cursor["at"]
        for source in self._plan.sources[names.index(at) :] if at in names else ():
            if source.people & self._who.keys():
                self._guard.next_step()
                yield from self._ordered(source) if source.order else self._unordered(source)
            self._cursor |= {"after": None, "rows": 0, "skip": 0}

    def _page(self, source: Source, records: list[Record], mark: list[Any], **cursor: Any) -> Page:
        """A page; ``cursor`` says what follows in this table, and is empty when nothing does."""
        self._guard.saw(mark)
        names = [one.entry.name for one in self._plan.sources]
        following = [*names[names.index(source.entry.name) + 1 :], ""][0]
        self._cursor |= (
            {"at": source.entry.name, **cursor} if cursor else {"at": following, "after": None, "rows": 0, "skip": 0}
        )
        return Page(tuple(records), dict(self._cursor))

    def _ordered(self, source: Source) -> Iterator[Page]:
        if not source.proven:
            self._prove(source)
        rows = self._cursor["rows"] or (FIRST_ROWS if source.columns.wide else MOST_ROWS)
        after = self._cursor["after"]
        last = tuple(values.as_read(key) for key in after) if after else None
        held: list[_Row] = []
        pages, over = 1, False
        while True:
            while len(held) <= rows and not over:
                fresh = self._read(source, held[-1].order if held else last, rows * pages + 1)
                over = len(fresh) <= rows * pages
                held += fresh
            page, held = held[:rows], held[rows:]
            if not page:
                return
            last = page[-1].order
            kept = [row.item for row in page if self._is_theirs(source, row.item)]
            now, size = rows, _size(kept) if source.columns.wide else 0
            if source.columns.wide:
                rows = _next_rows(rows, size, len(page))
            small = size * _MOST_PAGES_AT_ONCE <= _PAGE_CHARACTERS
            pages = min(_MOST_PAGES_AT_ONCE, pages * 2) if small and now == MOST_ROWS else 1
            following = {"after": [values.as_kept(key) for key in last], "rows": rows, "skip": 0}
            yield self._page(
                source,
                self._records(source, kept, page),
                [values.joined(last)],
                **(following if held or not over else {}),
            )
            if over and not held:
                return

    def _read(self, source: Source, last: tuple[Any, ...] | None, most: int) -> list[_Row]:
        statement = source.statement.where(self._plan.theirs(source, self._identifiers))
        order = [source.used.c[name] for name in source.order]
        if last is not None:
            statement = statement.where(_behind(order, last))
        statement = statement.order_by(*order).limit(most)
        columns, length = source.columns, len(source.order)

        def read(connection: Connection) -> list[_Row]:
            rows: Any = connection.execute(statement, self._parameters(source))
            return [_Row(columns.item(row), tuple(row)[-length:]) for row in rows.all()]

        found = self._database.ask(read, str(source.entry.table))
        if found and not all(map(values.keepable, found[-1].order)):
            raise need_order(source)
        return found

    def _parameters(self, source: Source) -> dict[str, Any]:
        return {f"who_{name}": self._who.get(name, []) for name in source.people}

    def _prove(self, source: Source) -> None:
        """Raise MISCONFIGURED when two of the person's rows are one in the order, or one is nowhere in it: a page could miss it."""
        order = [source.used.c[name] for name in source.order]
        theirs = self._plan.theirs(source, self._identifiers)
        twice = select(*order).where(theirs).group_by(*order).having(func.count() > 1).limit(1)
        nowhere = select(*order).where(theirs, or_(*(column.is_(None) for column in order))).limit(1)
        for statement in (twice, nowhere):
            if self._database.ask(self._first(statement, source), str(source.entry.table)) is not None:
                raise need_order(source)

    def _first(self, statement: Select[Any], source: Source) -> Any:
        return lambda connection: connection.execute(statement, self._parameters(source)).first()

    def _is_theirs(self, source: Source, item: Mapping[str, Any]) -> bool:
        """Whether a row of people is of one that was taken: the database may take for equal what is not."""
        entry = source.entry
        if not entry.by:
            return True
        taken = self._who.get(entry.name, [])
        if entry.key:
            # of texts alone: numbers and the like are equal or they are not
            return not isinstance(taken[0], str) or item[entry.key] in taken
        told_by = (
            entry.name,
            *(str(item[name]) for name in (*entry.names, *(name for by in entry.by for name in by.columns))),
        )
        if told_by not in self._known:
            if len(self._known) >= MOST_ROWS:
                self._known.clear()
            named = identified(self._plan, entry, item, self._identifiers)
            self._known[told_by] = bool(named) and key_of(entry, item) in taken
        return self._known[told_by]

    def _records(self, source: Source, kept: list[dict[str, Any]], page: list[_Row]) -> list[Record]:
        own = self._plan.categories[source.entry.category].key
        keys = Keys()
        orders = {id(row.item): row.order for row in page}
        found = []
        for item in kept:
            named = [as_json(by_name(item, name)) for name in own]
            more = orders[id(item)] if not set(source.order) <= set(own) else ()
            item[KEY] = values.joined([*(value for value in named if value is not None), *more])
            found.append(source.category.record(item, keys, within=source.within))
        return found

    def _unordered(self, source: Source) -> Iterator[Page]:
        """A small table without a key: all of the person's rows at once, ordered by what they say."""
        rows = [row.item for row in self._all(source) if self._is_theirs(source, row.item)]
        rows.sort(key=lambda item: json.dumps(as_json(item), sort_keys=True, default=str))
        category = replace(source.category, key=self._plan.categories[source.entry.category].key)
        keys = Keys()
        records = [category.record(item, keys, within=source.within) for item in rows]
        for start in range(self._cursor["skip"], len(records), MOST_ROWS):
            end = start + MOST_ROWS
            yield self._page(source, records[start:end], [end], **({"skip": end} if end < len(records) else {}))

    def _all(self, source: Source) -> list[_Row]:
        statement = source.statement.where(self._plan.theirs(source, self._identifiers)).limit(MOST_UNORDERED + 1)

        def read(connection: Connection) -> list[_Row]:
            rows = connection.execute(statement, self._parameters(source)).all()
            return [_Row(source.columns.item(row), ()) for row in rows]

        found = self._database.ask(read, str(source.entry.table))
        if len(found) > MOST_UNORDERED:
            raise need_order(source)
        return found


def _behind(order: list[Any], last: tuple[Any, ...]) -> ColumnElement[bool]:
    """Rows that come after one in the order. Its first column is bounded by itself too, which is what an index serves."""
    held = [bindparam(f"after_{place}", value, type_=UNTYPED) for place, value in enumerate(last)]
    if len(order) == 1:
        after: ColumnElement[bool] = order[0] > held[0]
        return after
    steps = [
        and_(
            *(column == value for column, value in zip(order[:place], held[:place], strict=True)),
            order[place] > held[place],
        )
        for place in range(len(order))
    ]
    return and_(order[0] >= held[0], or_(*steps))


def _size(items: list[dict[str, Any]]) -> int:
    """Characters of the texts in some rows."""
    return sum(len(value) for item in items for value in item.values() if type(value) is str)


def _next_rows(rows: int, size: int, read: int) -> int:
    """Rows of the next page, so that it holds at most a few megabytes."""
    fitting = _PAGE_CHARACTERS * read // max(size, 1)
    return max(1, min(MOST_ROWS, rows * _GROWTH, fitting))
