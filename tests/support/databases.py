"""Databases with committed rows: copies of a migrated template, so that nothing is ever flushed past the log's triggers."""

from __future__ import annotations

import itertools
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dj_database_url
from django.core.management import call_command
from django.db import connections

from hemdsr.settings import _SQLITE_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
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
    """Migrated templates of both kinds, each made once when it is first needed, and copies of them."""

    def __init__(self, folder: Path, cluster: Cluster | None) -> None:
        self._folder = folder
        self._cluster = cluster
        self._made: set[str] = set()

    def copy(self, vendor: str, into: Path) -> Database:
        """A fresh migrated database; SQLite's file lies in the folder ``into``, where ``HEMDSR_VAR`` expects it."""
        if vendor == "sqlite":
            template = self._folder / "template.sqlite3"
            self._once(vendor, lambda: sqlite(template))
            target = into / "hemdsr.sqlite3"
            shutil.copyfile(template, target)
            return sqlite(target)
        assert self._cluster is not None
        cluster = self._cluster
        if vendor not in self._made:
            cluster.create_database(_TEMPLATE)
        self._once(vendor, lambda: postgresql(cluster, _TEMPLATE))
        name = f"hemdsr_{next(_numbers)}"
        cluster.create_database(name, _TEMPLATE)
        return postgresql(cluster, name)

    def empty(self, vendor: str, into: Path) -> Database:
        """A database without tables."""
        if vendor == "sqlite":
            return sqlite(into / "hemdsr.sqlite3")
        assert self._cluster is not None
        name = f"hemdsr_{next(_numbers)}"
        self._cluster.create_database(name)
        return postgresql(self._cluster, name)

    def _once(self, vendor: str, make: Any) -> None:
        if vendor in self._made:
            return
        with default_database(make()):
            call_command("migrate", verbosity=0)
            if vendor == "sqlite":
                with connections["default"].cursor() as cursor:
                    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._made.add(vendor)
