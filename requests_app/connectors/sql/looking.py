"""What "Test connection" sees of a database: which of the described tables can be read, and whether the user may do more than read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import false, select, text

from requests_app.connectors.base import ConnectorError, Fault, TestResult
from requests_app.connectors.sql.plan import Plan
from requests_app.connectors.sql.settings import SQLITE
from requests_app.connectors.sql.tables import looked_up, refuse_own

if TYPE_CHECKING:
    from requests_app.connectors.sql.database import Database
    from requests_app.connectors.sql.description import Description, TableName

_MAY_WRITE = {
    "postgresql": "SELECT bool_or(has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE')) FROM pg_class c"
    " JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'",
    "mysql": "SELECT count(*) FROM (SELECT privilege_type FROM information_schema.user_privileges"
    " UNION ALL SELECT privilege_type FROM information_schema.schema_privileges"
    " UNION ALL SELECT privilege_type FROM information_schema.table_privileges) p"
    " WHERE privilege_type IN ('INSERT', 'UPDATE', 'DELETE')",
}
_TOLD = {
    Fault.MISCONFIGURED: ("Tabellen %s finns inte.", "The table %s is not there."),
    Fault.FORBIDDEN: ("Tabellen %s får vi inte läsa.", "We may not read the table %s."),
}
_READ = ("Tabellen %s kan läsas.", "The table %s can be read.")
_OTHERWISE = ("Tabellen %s kunde inte läsas.", "The table %s could not be read.")
_WRITES = (
    "Databasanvändaren får också ändra. Ge den bara rätt att läsa (SELECT).",
    "The database user may also change data. Give it the right to read alone (SELECT).",
)
_NONE_OF_A_TABLE = frozenset({Fault.MISCONFIGURED, Fault.FORBIDDEN, Fault.WRONG_TYPE, Fault.UNEXPECTED})


def looked_at(database: Database, description: Description) -> TestResult:
    """Read no row of every table that is described; the first fault is the result's.

    Raises ``ConnectorError`` when nothing can be asked.
    """
    refuse_own(database)
    seen: list[tuple[str, str]] = []
    faults: list[ConnectorError] = []
    for name in dict.fromkeys(entry.table for entry in description.entries.values()):
        fault = _fault(database, name)
        if fault is not None and fault.fault not in _NONE_OF_A_TABLE:
            raise fault
        sv, en = _READ if fault is None else _TOLD.get(fault.fault, _OTHERWISE)
        seen.append((sv % name, en % name))
        faults += [fault] if fault else []
    if not faults:
        Plan(description, database)
    read = len(seen)
    if may_write(database):
        seen.append(_WRITES)
    if faults:
        first = faults[0]
        return TestResult(False, first.fault, first.params, database.statements, tuple(seen))
    return TestResult(True, params={"tables": read}, requests=database.statements, seen=tuple(seen))


def _fault(database: Database, name: TableName) -> ConnectorError | None:
    try:
        used = looked_up(database, name).used()
        statement = select(*used.c).where(false())
        database.ask(lambda connection: connection.execute(statement).all(), str(name))
    except ConnectorError as error:
        return error
    return None


def may_write(database: Database) -> bool:
    """Whether the database would let its user write, were the session not read-only. A file is opened so that nobody can."""
    kind = database.target.database
    if kind == SQLITE:
        return False
    return bool(database.ask(lambda connection: connection.execute(text(_MAY_WRITE[kind])).scalar()))
