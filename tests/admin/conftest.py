"""The world, and a way in for each of its people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from requests_app.models import User


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
