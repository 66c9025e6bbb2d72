"""Rows that many tests begin with, made once by the services in each test process and put back as rows after that.

Only for tests that run inside a transaction of the test database; everywhere else the services make them anew.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable

Row = tuple[Any, ...]
T = TypeVar("T")


@dataclass
class _Kept:
    before: dict[str, int]
    columns: dict[str, list[str]] = field(default_factory=dict)
    added: dict[str, list[Row]] = field(default_factory=dict)
    changed: dict[str, list[Row]] = field(default_factory=dict)
    result: Any = None


_kept: dict[tuple[str, str], _Kept] = {}


def _tables() -> dict[str, str]:
    """Tables by name with their primary key's column."""
    models = list(connection.introspection.get_migratable_models())
    return {model._meta.db_table: model._meta.pk.column for model in models if model._meta.managed} | {
        field.remote_field.through._meta.db_table: "id" for model in models for field in model._meta.local_many_to_many
    }


def _rows(table: str) -> tuple[list[str], list[Row]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return [column[0] for column in cursor.description], cursor.fetchall()


def _counts(tables: dict[str, str]) -> dict[str, int]:
    parts = [f"SELECT '{table}', count(*) FROM {connection.ops.quote_name(table)}" for table in sorted(tables)]
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts))
        return dict(cursor.fetchall())


def once(name: str, make: Callable[[], T]) -> T:
    """What ``make`` gives, with the rows it writes: made by it the first time, put back from memory when asked again.

    Made anew when the database does not hold just as many rows as it did the first time.
    """
    if not connection.in_atomic_block:
        return make()
    tables = _tables()
    before = _counts(tables)
    kept = _kept.get((connection.settings_dict["NAME"], name))
    if kept is not None and kept.before == before:
        _put_back(kept, tables)
        return copy.deepcopy(kept.result)  # type: ignore[no-any-return]
    held = {table: set(_rows(table)[1]) for table in tables}
    result = make()
    kept = _Kept(before)
    for table, key in tables.items():
        columns, rows = _rows(table)
        at = columns.index(key)
        known = {row[at] for row in held[table]}
        kept.columns[table] = columns
        kept.added[table] = [row for row in rows if row[at] not in known]
        kept.changed[table] = [row for row in rows if row[at] in known and row not in held[table]]
    kept.result = copy.deepcopy(result)
    _kept[connection.settings_dict["NAME"], name] = kept
    return result


def _put_back(kept: _Kept, tables: dict[str, str]) -> None:
    quote = connection.ops.quote_name
    with connection.cursor() as cursor:
        for table, key in tables.items():
            columns = kept.columns[table]
            if rows := kept.added[table]:
                marks = f"({', '.join(['%s'] * len(columns))})"
                names = ", ".join(quote(column) for column in columns)
                many = ", ".join([marks] * len(rows))
                cursor.execute(
                    f"INSERT INTO {quote(table)} ({names}) VALUES {many}", [value for row in rows for value in row]
                )
            for row in kept.changed[table]:
                sets = ", ".join(f"{quote(column)} = %s" for column in columns)
                cursor.execute(
                    f"UPDATE {quote(table)} SET {sets} WHERE {quote(key)} = %s", [*row, row[columns.index(key)]]
                )
