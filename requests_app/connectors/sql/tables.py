"""What a database says of its own tables: every name of a description is looked up here before it stands in a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import inspect, types
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.sql.elements import quoted_name
from sqlalchemy.sql.expression import column as sql_column, table as sql_table

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.sql.description import TableName
from requests_app.connectors.sql.faults import missing
from requests_app.connectors.sql.forms import Sort
from requests_app.connectors.sql.settings import MYSQL, NAME, SQLITE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sqlalchemy import ColumnClause, Connection, FromClause, Inspector

    from requests_app.connectors.sql.database import Database

OWN = frozenset({"requests_app_casekey", "requests_app_eventpayload"})
"""Tables of the product's own database, which is no system to gather from."""


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """Columns that refer to another table's."""

    columns: tuple[str, ...]
    to: TableName
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table or view as it is now."""

    name: TableName
    types: Mapping[str, types.TypeEngine[Any]]
    """Of each column, in the table's order."""
    may_be_empty: frozenset[str]
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[ForeignKey, ...] = ()

    def need(self, names: Iterable[str]) -> None:
        """Raise MISCONFIGURED, naming the table and the column, for the first column that is not there."""
        for name in names:
            if name not in self.types:
                raise missing(str(self.name), name)

    def tells_apart(self, names: tuple[str, ...]) -> bool:
        """Whether the database itself sees to it that these columns differ in every row and are never empty."""
        keys = [key for key in (self.primary, *self.unique) if key]
        return not self.may_be_empty & set(names) and any(set(key) <= set(names) for key in keys)

    @property
    def order(self) -> tuple[str, ...]:
        """Columns that tell its rows apart; empty when it has none."""
        return next((key for key in (self.primary, *self.unique) if key and self.tells_apart(key)), self.primary)

    def sort(self, name: str) -> Sort:
        """What a column holds, for a search by it. Raises MISCONFIGURED for one that holds no identifiers."""
        kind = self.types[name]
        if isinstance(kind, postgresql.DOMAIN):
            kind = kind.data_type
        if isinstance(kind, types.Uuid):
            return Sort.UUID
        if isinstance(kind, types.Integer | types.Numeric):
            return Sort.INTEGER
        if isinstance(kind, types.String | types.Enum) or type(kind) is types.NullType:
            return Sort.UNTOLD if type(kind) is types.NullType else Sort.TEXT
        raise missing(str(self.name), name)

    def used(self) -> FromClause:
        """The table under a name of its own in a statement; every identifier is quoted, exactly as the database has it."""
        columns: list[ColumnClause[Any]] = [sql_column(quoted_name(name, quote=True)) for name in self.types]
        schema = quoted_name(self.name.schema, quote=True) if self.name.schema else None
        return sql_table(quoted_name(self.name.name, quote=True), *columns, schema=schema).alias()


def looked_up(database: Database, name: TableName) -> Table:
    """A table as it was within the last minute. Raises MISCONFIGURED, naming it, when it is not there."""
    return database.remembered(name, lambda: database.ask(lambda connection: _table(connection, name), str(name)))


def refuse_own(database: Database) -> None:
    """Raise MISCONFIGURED for the product's own database: cases are no system to gather from."""

    def look(connection: Connection) -> bool:
        return set(inspect(connection).get_table_names()) >= OWN

    if database.remembered("own", lambda: database.ask(look)):
        raise ConnectorError(Fault.MISCONFIGURED, setting=NAME.key)


def _table(connection: Connection, name: TableName) -> Table:
    inspector = inspect(connection)
    usual = inspector.default_schema_name
    schema = None if name.schema in ("", usual) else name.schema
    if not inspector.has_table(name.name, schema):
        raise NoSuchTableError
    plain = _doubled if connection.dialect.name == MYSQL else str
    columns = inspector.get_columns(name.name, schema)
    primary = tuple(map(plain, inspector.get_pk_constraint(name.name, schema).get("constrained_columns") or ()))
    own_number = connection.dialect.name == SQLITE and len(primary) == 1  # an INTEGER PRIMARY KEY is the row's own
    empty = {
        plain(column["name"])
        for column in columns
        if column["nullable"] and not (own_number and column["name"] in primary and _is_integer(column["type"]))
    }
    return Table(
        name=TableName(schema or "", name.name),
        types={plain(column["name"]): column["type"] for column in columns},
        may_be_empty=frozenset(empty),
        primary=primary,
        unique=tuple(tuple(map(plain, names)) for names in _unique(inspector, name.name, schema)),
        foreign=tuple(dict.fromkeys(_foreign(inspector, name.name, schema, usual))),
    )


def _doubled(name: str) -> str:
    """A name with a backtick, which SQLAlchemy leaves doubled, as SHOW CREATE TABLE has it."""
    return str(name).replace("``", "`")


def _is_integer(kind: types.TypeEngine[Any]) -> bool:
    return isinstance(kind, types.Integer)


def _unique(inspector: Inspector, name: str, schema: str | None) -> Iterable[tuple[str, ...]]:
    try:
        yield from (tuple(one["column_names"]) for one in inspector.get_unique_constraints(name, schema))
        for index in inspector.get_indexes(name, schema):
            names = tuple(index["column_names"])
            partial = any("where" in option for option in index.get("dialect_options", {}))
            if index["unique"] and not partial and all(names):
                yield tuple(str(name) for name in names)
    except NotImplementedError:
        return


def _foreign(inspector: Inspector, name: str, schema: str | None, usual: str | None) -> Iterable[ForeignKey]:
    for key in inspector.get_foreign_keys(name, schema):
        place = key["referred_schema"] or ""
        theirs = tuple(key["referred_columns"])
        if theirs:
            to = TableName("" if place == usual else place, key["referred_table"])
            yield ForeignKey(tuple(key["constrained_columns"]), to, theirs)


def all_names(connection: Connection) -> list[TableName]:
    """Every table of the database but its own housekeeping, the usual schema's first."""
    inspector = inspect(connection)
    usual = inspector.default_schema_name
    hidden = {"information_schema", "mysql", "performance_schema", "sys"}
    schemas: list[str | None] = [None]
    if connection.dialect.name == "postgresql":
        others = [name for name in inspector.get_schema_names() if name not in hidden and not name.startswith("pg_")]
        schemas += [name for name in sorted(others) if name != usual]
    return [TableName(schema or "", name) for schema in schemas for name in sorted(inspector.get_table_names(schema))]
