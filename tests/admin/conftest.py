"""The world, and a way in for each of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from requests_app.models import User
    from tests.support.databases import Database


@pytest.fixture
def world(db: None, var: Path) -> World:
    """A fresh world, with a folder of its own for case files."""
    return make_world()


@pytest.fixture
def browse() -> Callable[[User], Client]:
    """A logged-in browser of somebody."""

    def made(user: User) -> Client:
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return made


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for what a browser shows."""
    return "sqlite"


@pytest.fixture
def people(committed_db: Database, var: Path) -> World:
    """Staff in every role, systems that people look in."""
    return make_world()


@pytest.fixture
def site(people: World) -> Iterator[str]:
    """The admin, served from this process on a database of its own."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture
def site_alone(committed_db: Database, var: Path) -> Iterator[str]:
    """The admin without anybody in it yet."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()
