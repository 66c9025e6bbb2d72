"""Databases with committed rows: copies of a migrated template, so that nothing is ever flushed past the log's triggers.

Migrating from nothing takes half a minute. The first process of a test run that needs it does it and leaves what came of it for the others.
"""

from __future__ import annotations

import fcntl
import itertools
import shutil
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dj_database_url
from django.core.management import call_command
from django.db import connections

from hemdsr.settings import _SQLITE_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.postgres import Cluster

_numbers = itertools.count(1)
_TEMPLATE = "template_hemdsr"


@dataclass(frozen=True)
class Database:
    """One database and how to reach it: ``url`` is what ``DATABASE_URL`` takes, empty for SQLite at ``path``."""

    vendor: str
    url: str
    path: Path | None
    settings: dict[str, Any]


def sqlite(path: Path) -> Database:
    """SQLite in a file, with the product's own options."""
    return Database(
        "sqlite", "", path, {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": _SQLITE_OPTIONS}
    )


def postgresql(cluster: Cluster, name: str) -> Database:
    """A database of the throw-away cluster."""
    url = cluster.url(name)
    return Database("postgresql", url, None, dict(dj_database_url.parse(url)))


@contextmanager
def default_database(database: Database) -> Iterator[None]:
    """Make Django's ``default`` this database, and put the other back afterwards."""
    before = connections.settings["default"]
    connection_before = connections["default"]
    connections.settings["default"] = database.settings
    connections.configure_settings(connections.settings)
    connections["default"] = connections.create_connection("default")
    try:
        yield
    finally:
        connections["default"].close()
        connections.settings["default"] = before
        connections["default"] = connection_before


class Templates:
    """Migrated templates of both kinds, each made once in a test run when it is first needed, and copies of them."""

    def __init__(self, shared: Path, cluster: Cluster | None) -> None:
        self._shared = shared
        self._cluster = cluster
        self._ready: set[str] = set()

    def copy(self, vendor: str, into: Path) -> Database:
        """A fresh migrated database; SQLite's file lies in the folder ``into``, where ``HEMDSR_VAR`` expects it."""
        if vendor == "sqlite":
            target = into / "hemdsr.sqlite3"
            shutil.copyfile(self.of_sqlite(), target)
            return sqlite(target)
        name = f"hemdsr_{next(_numbers)}"
        assert self._cluster is not None
        self._cluster.create_database(name, self.of_postgresql())
        return postgresql(self._cluster, name)

    def empty(self, vendor: str, into: Path) -> Database:
        """A database without tables."""
        if vendor == "sqlite":
            return sqlite(into / "hemdsr.sqlite3")
        assert self._cluster is not None
        name = f"hemdsr_{next(_numbers)}"
        self._cluster.create_database(name)
        return postgresql(self._cluster, name)

    def of_sqlite(self) -> Path:
        """The file of the migrated template."""
        return self._once("template.sqlite3", _migrated_sqlite)

    def of_postgresql(self) -> str:
        """The name of the migrated template in this process's cluster."""
        cluster = self._cluster
        assert cluster is not None
        if _TEMPLATE not in self._ready:
            dump = self._once("template.sql", lambda target: _migrated_postgresql(cluster, target))
            cluster.create_database(_TEMPLATE)
            cluster.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", str(dump), _TEMPLATE)
            self._ready.add(_TEMPLATE)
        return _TEMPLATE

    def _once(self, name: str, make: Callable[[Path], None]) -> Path:
        """The shared file, made by whichever process comes first."""
        made = self._shared / name
        with (self._shared / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                unfinished = made.with_name(f"{name}.unfinished")
                unfinished.unlink(missing_ok=True)
                make(unfinished)
                unfinished.rename(made)
        return made


def _migrated_sqlite(target: Path) -> None:
    with default_database(sqlite(target)):
        call_command("migrate", verbosity=0)
        with connections["default"].cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _migrated_postgresql(cluster: Cluster, target: Path) -> None:
    cluster.create_database("migrated")
    with default_database(postgresql(cluster, "migrated")):
        call_command("migrate", verbosity=0)
    cluster.run("pg_dump", "-f", str(target), "migrated")
    cluster.drop_database("migrated")


def memory_from(template: Path) -> sqlite3.Connection:
    """Fill the database in memory that Django's tests run on; it lasts as long as the connection."""
    memory = sqlite3.connect("file:memorydb_default?mode=memory&cache=shared", uri=True)
    with closing(sqlite3.connect(template)) as source:
        source.backup(memory)
    return memory
