"""Fixtures that most tests of services begin with; a module that needs another world has its own."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.models import User
from requests_app.services.audit import SYSTEM
from requests_app.services.staff import set_access
from tests.support.clamav import Clamd
from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def world(db: None, var: Path) -> World:
    """Staff in every role and two systems, with a folder for case files."""
    return make_world()


@pytest.fixture
def bo(world: World) -> User:
    """A colleague of Karin's."""
    user = User.objects.create_user("bo@example.se", name="Bo", language="sv")
    set_access(actor=SYSTEM, user=user, roles=["coordinator"], works=[world.kund], oversees=[])
    return user


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """The daemon, started once for these tests."""
    folder = Path(tempfile.mkdtemp(prefix="c", dir="/tmp"))
    daemon = Clamd(folder)
    yield daemon
    daemon.stop()
    shutil.rmtree(folder)


@pytest.fixture
def scanned(settings: Any, clamd: Clamd) -> Clamd:
    """The installation uses it."""
    settings.CLAMD = clamd.socket
    return clamd
