"""The database into one file and back, without the wrapped keys: those never enter a dump, not even for a moment."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from django.db import connection
from django.db.backends.postgresql.client import DatabaseClient

from requests_app.models import CaseKey

from .manifest import BackupError

if TYPE_CHECKING:
    from pathlib import Path

KEY_TABLE = CaseKey._meta.db_table
_CREATE = re.compile(r"^CREATE (UNIQUE )?(TABLE|INDEX|TRIGGER|VIEW) ")


def dump(folder: Path) -> Path:
    """Write one moment of the database into the folder and give the file; everybody goes on working meanwhile."""
    if connection.vendor == "sqlite":
        return _dump_sqlite(folder / "database.sqlite3")
    target = folder / "database.pgdump"
    # the dump's own snapshot makes it one moment; owners and grants belong to the server, not to the data
    _postgresql(
        "pg_dump",
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        f"--exclude-table-data={KEY_TABLE}",
        f"--file={target}",
    )
    return target


def load(file: Path) -> None:
    """Fill the empty database from a dump, whole or not at all."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as source:
            source.backup(connection.connection)
        return
    connection.close()
    _postgresql(
        "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", argument=str(file)
    )


def is_empty() -> bool:
    """Whether the database has no tables."""
    return not connection.introspection.table_names()


def _dump_sqlite(target: Path) -> Path:
    """Copy table by table inside one read transaction.

    SQLite's backup API copies pages, keys and all, and what is deleted from the copy afterwards can be found on the disk.
    """
    own = connection.copy()  # a connection of its own, so that the copy is not part of anybody's transaction
    own.ensure_connection()
    with closing(own.connection) as raw:
        raw.execute("PRAGMA foreign_keys = OFF")
        raw.execute("ATTACH DATABASE ? AS copy", [str(target)])
        raw.execute("BEGIN DEFERRED")  # readers see one moment; writers are not held up
        schema = raw.execute(
            "SELECT type, name, sql FROM main.sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
        for _kind, name, statement in [row for row in schema if row[0] == "table"]:
            raw.execute(_in_copy(statement))
            if name != KEY_TABLE:
                raw.execute(f'INSERT INTO copy."{name}" SELECT * FROM main."{name}"')  # noqa: S608 - names from the schema itself
        raw.execute("DELETE FROM copy.sqlite_sequence")
        raw.execute("INSERT INTO copy.sqlite_sequence SELECT * FROM main.sqlite_sequence")
        for _kind, _name, statement in [row for row in schema if row[0] != "table"]:
            raw.execute(_in_copy(statement))
        raw.execute("COMMIT")
        [[verdict]] = raw.execute("PRAGMA copy.quick_check").fetchall()
        raw.execute("DETACH DATABASE copy")
    if verdict != "ok":
        raise BackupError(f"The copy of the database is damaged: {verdict}")
    return target


def _in_copy(statement: str) -> str:
    return _CREATE.sub(lambda match: f"{match.group(0)}copy.", statement, count=1)


def _postgresql(program: str, *options: str, argument: str = "") -> None:
    """Run one of PostgreSQL's programs on the database of the settings; the password goes by the environment."""
    found = shutil.which(program)
    if found is None:
        raise BackupError(f"{program} is not installed (Debian: apt-get install postgresql-client).")
    psql, env = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    *where, name = psql[1:]
    command = [found, *options, "--no-password", *where, f"--dbname={name}", *([argument] if argument else [])]
    done = subprocess.run(command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise BackupError(f"{program} failed: {done.stderr.strip()[-2000:]}")
