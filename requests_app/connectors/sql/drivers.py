"""One connection to a database: read-only, bounded in time, encrypted unless it stays on this machine."""

from __future__ import annotations

import socket
import sqlite3
import ssl
import time
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import certifi
import psycopg
import psycopg.types.datetime as pg_datetime
import psycopg.types.string as pg_string
import pymysql

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.sql.settings import MYSQL, POSTGRESQL
from requests_app.connectors.transport import numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from psycopg.abc import Buffer

    from requests_app.connectors.base import Limits
    from requests_app.connectors.sql.settings import Target

LARGEST_CELL = 64 * 1024 * 1024
"""Bytes of one value that SQLite hands out; the other kinds are asked for the size first (``columns``)."""
_OLD_ENCODING = "windows-1252"
_STEPS = 10_000
"""Instructions of SQLite's between two looks at the clock."""
_MOST_NUMBERS = 2
"""How many addresses of a name are tried, so that one connection takes two connect time-outs at most."""


def connecting(target: Target, limits: Limits) -> Callable[[], Any]:
    """What makes a connection of the driver's. It raises whatever the driver raises, and ``ConnectorError``."""
    if target.database == POSTGRESQL:
        return lambda: _postgresql(target, limits)
    if target.database == MYSQL:
        return lambda: _mysql(target, limits)
    return lambda: _sqlite(target, limits)


def text(value: bytes) -> str:
    """Text whose encoding the database does not know: UTF-8, else what Swedish systems wrote before it."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode(_OLD_ENCODING, "replace")


def _numbers(target: Target) -> list[str]:
    numbers = numbers_of(target.host, target.port)[:_MOST_NUMBERS]
    if not numbers:
        raise ConnectorError(Fault.UNREACHABLE)
    return numbers


def _postgresql(target: Target, limits: Limits) -> psycopg.Connection[Any]:
    place: dict[str, Any] = {"host": target.host, "sslmode": "disable"}
    if not target.by_socket:
        numbers = _numbers(target)
        place |= {"host": ",".join([target.host] * len(numbers)), "hostaddr": ",".join(numbers)}
    if target.tls:
        place |= {"sslmode": "verify-full", "sslrootcert": target.ca or certifi.where()}
    connection = psycopg.connect(
        **place,
        port=target.port,
        dbname=target.name,
        user=target.user,
        password=target.password or None,
        connect_timeout=max(2, round(limits.connect_timeout)),  # libpq takes no shorter one
        application_name="hemdsr",
        client_encoding="UTF8",
        gssencmode="disable",
        passfile="/nonexistent",  # no password but the system's own
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=2,
        tcp_user_timeout=round(limits.read_timeout * 1000),
        prepare_threshold=None,  # poolers between us and the server do not know prepared statements
        autocommit=True,
    )
    milliseconds = round(limits.read_timeout * 1000)
    connection.execute(
        f"SET default_transaction_read_only = on; SET statement_timeout = {milliseconds:d};"
        f" SET lock_timeout = {milliseconds:d}; SET idle_in_transaction_session_timeout = 300000;"
        " SET TimeZone = 'Europe/Stockholm'"
    )
    if connection.info.parameter_status("server_encoding") == "SQL_ASCII":
        connection.execute("SET client_encoding = 'LATIN1'")  # bytes then come as they are; UTF-8 would be insisted on
        for name in ("text", "varchar", "bpchar", "name"):
            connection.adapters.register_loader(name, _UnknownText)
    for name, loader in _DATES.items():
        connection.adapters.register_loader(name, loader)
    connection.autocommit = False
    connection.read_only = True  # each transaction begins with BEGIN READ ONLY
    return connection


class _UnknownText(pg_string.TextLoader):
    """Text of a database that never knew in which encoding it was written."""

    def load(self, data: Buffer) -> str:
        return text(bytes(data))


def _as_written(loader: type[Any]) -> type[Any]:
    """A loader that keeps as text what Python has no date for: infinity, and years before 1 or after 9999."""

    class _Kept(loader):  # type: ignore[misc]
        def load(self, data: Buffer) -> Any:
            try:
                return super().load(data)
            except psycopg.DataError:
                return bytes(data).decode()

    return _Kept


_DATES = {
    "date": _as_written(pg_datetime.DateLoader),
    "timestamp": _as_written(pg_datetime.TimestampLoader),
    "timestamptz": _as_written(pg_datetime.TimestamptzLoader),
    "time": _as_written(pg_datetime.TimeLoader),
    "interval": _as_written(pg_datetime.IntervalLoader),
}


def _mysql(target: Target, limits: Limits) -> Any:
    context = ssl.create_default_context(cafile=target.ca or certifi.where()) if target.tls else None
    connection: Any = pymysql.connect(
        host=target.host,
        unix_socket=target.host if target.by_socket else None,
        port=target.port,
        user=target.user,
        password=target.password.encode(),  # type: ignore[arg-type]  # pymysql itself would take Latin-1
        database=target.name,
        charset="utf8mb4",
        connect_timeout=limits.connect_timeout,  # type: ignore[arg-type]
        read_timeout=limits.read_timeout + 5,  # the server ends a statement before
        write_timeout=limits.read_timeout,
        ssl=context,  # type: ignore[arg-type]
        ssl_disabled=context is None,
        autocommit=False,
        defer_connect=True,
    )
    connection.connect(None if target.by_socket else _socket(_numbers(target), target.port, limits.connect_timeout))
    mariadb = "mariadb" in connection.get_server_info().lower()
    bound = (
        f"max_statement_time = {limits.read_timeout:f}"
        if mariadb
        else f"max_execution_time = {round(limits.read_timeout * 1000):d}"
    )
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION TRANSACTION READ ONLY")
        cursor.execute(f"SET SESSION {bound}, time_zone = '+00:00', lock_wait_timeout = {round(limits.read_timeout):d}")
    return connection


def _socket(numbers: list[str], port: int, seconds: float) -> socket.socket:
    """A connection to the first address that answers."""
    for number in numbers[:-1]:
        try:
            return socket.create_connection((number, port), seconds)
        except OSError:
            continue
    return socket.create_connection((numbers[-1], port), seconds)


class Timed(sqlite3.Connection):
    """A connection whose statements are broken off at the deadline, which is set before each."""

    deadline = float("inf")


def _sqlite(target: Target, limits: Limits) -> Timed:
    if not Path(target.name).is_file():
        raise ConnectorError(Fault.NOT_FOUND)
    connection = sqlite3.connect(
        f"file:{quote(target.name)}?mode=ro",
        uri=True,
        timeout=min(limits.connect_timeout, limits.read_timeout),
        check_same_thread=False,
        factory=Timed,
    )
    held = weakref.ref(connection)

    def late() -> bool:
        living = held()
        return living is None or time.monotonic() > living.deadline

    connection.text_factory = text
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_CELL)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.execute("PRAGMA query_only = ON")
    connection.execute("PRAGMA trusted_schema = OFF")  # the file's own views and triggers may not call everything
    connection.deadline = time.monotonic() + limits.read_timeout
    connection.set_progress_handler(late, _STEPS)
    return connection
