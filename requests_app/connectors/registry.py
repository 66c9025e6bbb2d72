"""Which connectors there are: ours, and those of other packages under the entry-point group ``hemdsr.connectors``.

An entry point names a class (or a callable) that takes no argument and gives a ``Connector``.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import (
    ChangesData,
    Connector,
    ConnectorError,
    FindsPeople,
    StopsBySettings,
    StopsMarketing,
)
from requests_app.connectors.chat import Chat
from requests_app.connectors.files.connector import Files
from requests_app.connectors.mailbox import MailboxSearch
from requests_app.connectors.manual import Manual
from requests_app.connectors.mina_sidor import MinaSidor
from requests_app.connectors.mitt_hem import MittHem
from requests_app.connectors.newsletter import Newsletter
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.sql.connector import Sql

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

GROUP = "hemdsr.connectors"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Found:
    connectors: dict[str, Connector]
    broken: tuple[str, ...]


def get(key: str) -> Connector:
    """The connector of a system. Raises ``LookupError`` when none has that key."""
    return _found().connectors[key]


def stopper(key: str, settings: Mapping[str, Any]) -> StopsMarketing | None:
    """What stops marketing in a system of the connector; None when nothing can, or the connector is not there."""
    connector = _found().connectors.get(key)
    if isinstance(connector, StopsBySettings):
        return connector.stopper_of(settings)
    return connector if isinstance(connector, StopsMarketing) else None


def changer(key: str, settings: Mapping[str, Any], verb: str) -> ChangesData | None:
    """What can be told ``verb`` in a system of the connector; None when nothing can, or the connector is not there."""
    connector = _found().connectors.get(key)
    if not isinstance(connector, ChangesData):
        return None
    try:
        return connector if verb in connector.changes_of(settings) else None
    except ConnectorError:
        return None


def finders() -> dict[str, FindsPeople]:
    """The connectors that can say who is meant, by their keys."""
    return {key: found for key, found in _found().connectors.items() if isinstance(found, FindsPeople)}


def all_connectors() -> tuple[Connector, ...]:
    """Every working connector, ours first."""
    return tuple(_found().connectors.values())


def broken_plugins() -> tuple[str, ...]:
    """Names of entry points that could not be used; they are skipped, so that one bad package cannot stop the others."""
    return _found().broken


def forget() -> None:
    """Look for plugins again at the next call: for tests."""
    _found.cache_clear()


@lru_cache(maxsize=1)
def _found() -> _Found:
    ours: tuple[Connector, ...] = (
        MinaSidor(),
        MittHem(),
        Chat(),
        Newsletter(),
        Rest(),
        Files(),
        MailboxSearch(),
        Sql(),
        Manual(),
    )
    connectors = {connector.key: connector for connector in ours}
    broken = []
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        connector = _loaded(entry.load)
        if connector is None or connector.key in connectors:
            logger.error("Connector plugin could not be used: %s", entry.name)
            broken.append(entry.name)
        else:
            connectors[connector.key] = connector
    return _Found(connectors, tuple(broken))


def _loaded(load: Callable[[], Any]) -> Connector | None:
    """The plugin's connector, None when it fails in any way. What failed may hold anything, so it is not logged."""
    try:
        connector = load()()
        if isinstance(connector, Connector):
            return connector
    except Exception:  # noqa: BLE001 (another package's code: any fault is possible)
        return None
    return None
