"""Connectors of other packages: found by their entry point, and skipped when they are broken."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors import registry
from requests_app.connectors.base import Connector
from requests_app.connectors.manual import Manual

if TYPE_CHECKING:
    from collections.abc import Iterator


class Other(Manual):
    """A connector of another package."""

    key = "other"


class Clash(Manual):
    """One that takes a key of ours."""

    key = "chat"


def explodes() -> Connector:
    """One that cannot even start."""
    raise RuntimeError("secret-detail")


def no_connector() -> Any:
    """Something else altogether."""
    return "no connector"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Entry points as other packages would declare them."""
    names = {"a": "Other", "b": "Clash", "c": "explodes", "d": "no_connector", "e": "missing"}
    points = [EntryPoint(name, f"{__name__}:{attribute}", registry.GROUP) for name, attribute in names.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    registry.forget()
    yield
    registry.forget()


@pytest.mark.usefixtures("plugins")
def test_a_plugin_is_found_and_broken_ones_are_reported(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)

    assert registry.get("other").key == "other"
    assert type(registry.get("chat")).__name__ == "Chat"
    assert registry.broken_plugins() == ("b", "c", "d", "e")
    assert len(caplog.records) == 4
    assert "secret-detail" not in caplog.text


def test_ours_are_there_without_plugins() -> None:
    keys = [connector.key for connector in registry.all_connectors()]
    assert keys[:4] == ["mina_sidor", "mitt_hem", "chat", "newsletter"]
    assert {"files", "mailbox"} <= set(keys)
    assert keys[-1] == "manual"
    assert all(isinstance(connector, Connector) for connector in registry.all_connectors())
    with pytest.raises(LookupError):
        registry.get("nothing")
