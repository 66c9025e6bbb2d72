"""The portal with a demo login and one made-up system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.portal.world import ANNA, Customer
from tests.services.fakes import World, page

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, var: Path, settings: Any) -> World:
    """One system, a place for files and the demo login."""
    settings.DEMO = True
    made = World(monkeypatch, "alfa")
    made.script("alfa", page(0, 1, 2, last=True))
    return made


@pytest.fixture
def anna(db: None, world: World) -> Customer:
    """Anna, logged in, in English."""
    customer = Customer()
    customer.log_in(*ANNA)
    return customer
