"""Databases to gather from: a file, and real servers started once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.connectors.sql.stores import Store, mysql_store, postgresql_store, sqlite_store
from tests.support.mariadb import MariaDb

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VENDORS = [
    "sqlite",
    pytest.param("postgresql", marks=pytest.mark.processes),
    pytest.param("mysql", marks=pytest.mark.processes),
]


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """A MariaDB server for this test run."""
    server = MariaDb()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(scope="session")
def stores(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> _Stores:
    """The stores made so far."""
    return _Stores(request, tmp_path_factory.mktemp("stores"))


class _Stores:
    """Each sort of database, made when it is first asked for."""

    def __init__(self, request: pytest.FixtureRequest, folder: Path) -> None:
        self._request = request
        self._folder = folder
        self._made: dict[str, Store] = {}

    def of(self, vendor: str) -> Store:
        if vendor not in self._made:
            self._made[vendor] = self._make(vendor)
        return self._made[vendor]

    def _make(self, vendor: str) -> Store:
        if vendor == "sqlite":
            return sqlite_store(self._folder / "affärs%20system?.db")
        if vendor == "postgresql":
            return postgresql_store(self._request.getfixturevalue("cluster"), "business")
        return mysql_store(self._request.getfixturevalue("mariadb"), "business")


@pytest.fixture(params=VENDORS)
def store(request: pytest.FixtureRequest, stores: _Stores) -> Store:
    """The business in each sort of database. Tests leave it as it was."""
    return stores.of(request.param)


@pytest.fixture
def small(stores: _Stores) -> Store:
    """The business in SQLite, where the sort of database makes no difference."""
    return stores.of("sqlite")


@pytest.fixture(params=VENDORS[1:])
def served(request: pytest.FixtureRequest, stores: _Stores) -> Store:
    """The business in each sort of database that is a server."""
    return stores.of(request.param)
