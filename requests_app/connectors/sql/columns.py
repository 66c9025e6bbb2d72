"""What is asked of each column: its value, or its size alone where it may hold a file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import case, func, literal_column, types
from sqlalchemy.dialects import mysql

from requests_app.connectors.sql.settings import MYSQL, SQLITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, FromClause

    from requests_app.connectors.sql.tables import Table

LARGEST_TEXT = 1024 * 1024
"""Bytes of a text that is still read; of a longer one the size is told, as of a file."""
_WIDE = 4_000
"""Characters a row may declare before it counts as large."""
_SHORT = 64
"""Bytes of a binary column that holds a number, such as a UUID or an IP address, rather than a file."""


@dataclass(frozen=True, slots=True)
class Columns:
    """How a row of values becomes an item: by column name, JSON values aside."""

    names: tuple[str, ...]
    asked: tuple[ColumnElement[Any], ...]
    """The value of each name, then the sizes of ``guarded``."""
    files: tuple[str, ...]
    guarded: tuple[tuple[str, int], ...]
    """Names of texts without a longest length, and where in the row their size stands if it is too large."""
    utc: tuple[str, ...]
    wide: bool
    """Whether a row may be large."""

    def item(self, row: Sequence[Any]) -> dict[str, Any]:
        """A row as an item."""
        item = dict(zip(self.names, row, strict=False))
        for name in self.files:
            if item[name] is not None:
                item[name] = {"bytes": item[name]}
        for name, place in self.guarded:
            if row[place] is not None:
                item[name] = {"bytes": row[place]}
        for name in self.utc:
            if isinstance(item[name], datetime):
                item[name] = item[name].replace(tzinfo=UTC)
        return item


def columns_of(table: Table, used: FromClause, names: Iterable[str], database: str) -> Columns:
    """What to ask for these columns."""
    names = tuple(names)
    asked: list[ColumnElement[Any]] = []
    sizes: list[ColumnElement[Any]] = []
    files, guarded, utc = [], [], []
    for name in names:
        kind, column = table.types[name], used.c[name]
        if _is_number(kind, database):
            asked.append(func.lower(func.hex(column), type_=types.NullType()))
        elif _is_file(kind):
            files.append(name)
            asked.append(_size(column, kind, database))
        elif isinstance(kind, mysql.BIT):
            asked.append(column.op("+")(literal_column("0")))
        else:
            asked.append(column)
            if _is_endless(kind, database):
                size = _size(column, kind, database)
                guarded.append((name, len(names) + len(sizes)))
                sizes.append(case((size > LARGEST_TEXT, size)))
                asked[-1] = case((size <= LARGEST_TEXT, column))
            if isinstance(kind, types.TIMESTAMP) and database == MYSQL:
                utc.append(name)
    length = sum(getattr(table.types[name], "length", None) or 0 for name in names)
    wide = bool(guarded) or length > _WIDE
    return Columns(names, (*asked, *sizes), tuple(files), tuple(guarded), tuple(utc), wide)


def _is_file(kind: types.TypeEngine[Any]) -> bool:
    return isinstance(kind, types.LargeBinary | types._Binary)


def _is_number(kind: types.TypeEngine[Any], database: str) -> bool:
    return (
        database == MYSQL and isinstance(kind, types.BINARY | types.VARBINARY) and (kind.length or _SHORT + 1) <= _SHORT
    )


def _is_endless(kind: types.TypeEngine[Any], database: str) -> bool:
    """Whether a value may be of any length. SQLite keeps to none, whatever a column declares."""
    if database == SQLITE:
        return isinstance(kind, types.String | types.NullType | types.JSON)
    if isinstance(kind, types.Enum):
        return False
    longest = getattr(kind, "length", None)
    return isinstance(kind, types.JSON) or (
        isinstance(kind, types.String) and (longest or LARGEST_TEXT) * 4 > LARGEST_TEXT
    )


def _size(column: Any, kind: types.TypeEngine[Any], database: str) -> ColumnElement[int]:
    if database == SQLITE:
        return func.length(column, type_=types.Integer())
    if isinstance(kind, types.JSON) and database != MYSQL:
        return func.pg_column_size(column, type_=types.Integer())
    return func.octet_length(column, type_=types.Integer())
