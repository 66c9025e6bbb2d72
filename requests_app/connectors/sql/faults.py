"""What the drivers raise, as faults of ours. The exception itself ends here: its text may hold a statement and what it asked for."""

from __future__ import annotations

import re
import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql
from sqlalchemy.exc import DBAPIError, NoSuchTableError, TimeoutError as PoolTimeoutError

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_SQLSTATES: Mapping[str, Fault] = {
    "57014": Fault.TIMEOUT,  # cancelled by the statement time-out
    "55P03": Fault.TIMEOUT,  # a lock was not free in time
    "25P03": Fault.TIMEOUT,
    "42501": Fault.FORBIDDEN,
    "25006": Fault.FORBIDDEN,  # a write
    "42P01": Fault.MISCONFIGURED,
    "42703": Fault.MISCONFIGURED,
    "42883": Fault.MISCONFIGURED,  # no such comparison: a column of another sort than described
    "42804": Fault.MISCONFIGURED,
    "3F000": Fault.MISCONFIGURED,
    "3D000": Fault.NOT_FOUND,
    "57P01": Fault.UNREACHABLE,  # the server is being shut down
    "57P02": Fault.UNREACHABLE,
    "57P03": Fault.UNREACHABLE,
}
_CLASSES: Mapping[str, Fault] = {
    "08": Fault.UNREACHABLE,
    "28": Fault.AUTH_REFUSED,
    "40": Fault.SERVER_ERROR,  # such as a replica that had to go on replaying
    "53": Fault.SERVER_ERROR,  # too many connections, no memory, no disk
    "55": Fault.SERVER_ERROR,
    "57": Fault.SERVER_ERROR,
    "58": Fault.SERVER_ERROR,
    "XX": Fault.SERVER_ERROR,
    "22": Fault.WRONG_TYPE,
}
_MYSQL: Mapping[int, Fault] = {
    1045: Fault.AUTH_REFUSED,
    1698: Fault.AUTH_REFUSED,
    1251: Fault.AUTH_REFUSED,
    2059: Fault.AUTH_REFUSED,
    1044: Fault.FORBIDDEN,
    1142: Fault.FORBIDDEN,
    1143: Fault.FORBIDDEN,
    1227: Fault.FORBIDDEN,
    1792: Fault.FORBIDDEN,  # a write
    1049: Fault.NOT_FOUND,
    1054: Fault.MISCONFIGURED,
    1146: Fault.MISCONFIGURED,
    1205: Fault.TIMEOUT,
    1317: Fault.TIMEOUT,
    1969: Fault.TIMEOUT,  # MariaDB's max_statement_time
    3024: Fault.TIMEOUT,  # MySQL's max_execution_time
    1226: Fault.RATE_LIMITED,
    1040: Fault.SERVER_ERROR,
    1203: Fault.SERVER_ERROR,
    1213: Fault.SERVER_ERROR,
    1053: Fault.UNREACHABLE,
    2002: Fault.UNREACHABLE,
    2003: Fault.UNREACHABLE,
    2006: Fault.CUT_OFF,
    2013: Fault.CUT_OFF,
    2026: Fault.UNREACHABLE,  # no TLS, or none that is verified
}
_SQLITE: Mapping[int, Fault] = {
    sqlite3.SQLITE_INTERRUPT: Fault.TIMEOUT,
    sqlite3.SQLITE_BUSY: Fault.SERVER_ERROR,
    sqlite3.SQLITE_LOCKED: Fault.SERVER_ERROR,
    sqlite3.SQLITE_IOERR: Fault.SERVER_ERROR,
    sqlite3.SQLITE_NOMEM: Fault.SERVER_ERROR,
    sqlite3.SQLITE_PERM: Fault.FORBIDDEN,
    sqlite3.SQLITE_AUTH: Fault.FORBIDDEN,
    sqlite3.SQLITE_READONLY: Fault.FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: Fault.FORBIDDEN,
    sqlite3.SQLITE_NOTADB: Fault.UNREADABLE,
    sqlite3.SQLITE_CORRUPT: Fault.UNREADABLE,
    sqlite3.SQLITE_FORMAT: Fault.UNREADABLE,
    sqlite3.SQLITE_TOOBIG: Fault.TOO_LARGE,
}
_NO_ENTRY = re.compile(
    r"pg_hba\.conf|authentication|autentisering|password|lösenord|role .* does not exist", re.IGNORECASE
)
_NO_DATABASE = re.compile(r"(database|databasen) .* (does not exist|finns inte|existerar inte)", re.IGNORECASE)
_LATE = re.compile(r"timeout|timed out", re.IGNORECASE)


def fault_of(error: Exception, table: str = "") -> ConnectorError:
    """The fault of an exception, raised while a table was read or (without one) while connecting.

    A missing table or column is the description's; its params name the table, never a value.
    """
    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, PoolTimeoutError):
        return ConnectorError(Fault.RATE_LIMITED)
    if isinstance(error, NoSuchTableError):
        return missing(table)
    cause: Any = error.orig if isinstance(error, DBAPIError) else error
    fault = _of_driver(cause)
    if fault is Fault.MISCONFIGURED:
        return missing(table)
    if fault is Fault.WRONG_TYPE:
        return ConnectorError(fault, field=table)
    return ConnectorError(fault, table=table) if table and fault is Fault.FORBIDDEN else ConnectorError(fault)


def missing(table: str, column: str = "") -> ConnectorError:
    """A table or column that the description names and the database has not."""
    said: dict[str, str] = {"table": table, "column": column}
    params: dict[str, Any] = {key: value for key, value in said.items() if value}
    return ConnectorError(Fault.MISCONFIGURED, setting="description", **params)


def _of_driver(error: Any) -> Fault:
    if isinstance(error, psycopg.Error):
        return _of_postgresql(error)
    if isinstance(error, pymysql.err.MySQLError):
        return _of_mysql(error)
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
        return _SQLITE.get(code, Fault.MISCONFIGURED if code == sqlite3.SQLITE_ERROR else Fault.UNEXPECTED)
    if isinstance(error, UnicodeDecodeError):
        return Fault.WRONG_TYPE
    if isinstance(error, TimeoutError):
        return Fault.TIMEOUT
    return Fault.UNREACHABLE if isinstance(error, OSError) else Fault.UNEXPECTED


def _of_postgresql(error: psycopg.Error) -> Fault:
    if error.sqlstate:
        return _SQLSTATES.get(error.sqlstate) or _CLASSES.get(error.sqlstate[:2], Fault.UNEXPECTED)
    if isinstance(error, psycopg.errors.ConnectionTimeout):
        return Fault.TIMEOUT
    if isinstance(error, psycopg.OperationalError):
        # libpq tells why a connection failed in words alone, which the server writes in its own language
        said = str(error)
        asked = error.pgconn is not None and error.pgconn.needs_password
        if asked or _NO_ENTRY.search(said):
            return Fault.AUTH_REFUSED
        if _NO_DATABASE.search(said):
            return Fault.NOT_FOUND
        return Fault.TIMEOUT if _LATE.search(said) else Fault.UNREACHABLE
    return Fault.WRONG_TYPE if isinstance(error, psycopg.DataError) else Fault.UNEXPECTED


def _of_mysql(error: pymysql.err.MySQLError) -> Fault:
    code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
    fault = _MYSQL.get(code, Fault.UNEXPECTED)
    late = fault in {Fault.UNREACHABLE, Fault.CUT_OFF} and _LATE.search(str(error))
    return Fault.TIMEOUT if late else fault
