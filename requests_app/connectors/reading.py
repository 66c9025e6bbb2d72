"""Reading what a system answered: each reader says what it expects and raises WRONG_TYPE with the field's name, never its value."""

from __future__ import annotations

import hashlib
import json
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.base import Limits

SWEDEN = ZoneInfo("Europe/Stockholm")
_MISSING = object()


def _wrong(field: str) -> ConnectorError:
    return ConnectorError(Fault.WRONG_TYPE, field=field)


def as_object(value: Any, name: str = "answer") -> dict[str, Any]:
    """``value`` if it is a JSON object."""
    if not isinstance(value, dict):
        raise _wrong(name)
    return value


def _expect(container: Any, name: str) -> Any:
    value = as_object(container).get(name, _MISSING)
    if value is _MISSING:
        raise _wrong(name)
    return value


def expect_object(container: Any, name: str) -> dict[str, Any]:
    """The object under ``name``."""
    return as_object(_expect(container, name), name)


def expect_list(container: Any, name: str) -> list[Any]:
    """The list under ``name``."""
    value = _expect(container, name)
    if not isinstance(value, list):
        raise _wrong(name)
    return value


def expect_objects(container: Any, name: str) -> list[dict[str, Any]]:
    """The list of objects under ``name``."""
    return [as_object(item, name) for item in expect_list(container, name)]


def expect_str(container: Any, name: str) -> str:
    """The text under ``name``."""
    value = _expect(container, name)
    if not isinstance(value, str):
        raise _wrong(name)
    return value


def expect_int(container: Any, name: str) -> int:
    """The whole number under ``name``."""
    value = _expect(container, name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(name)
    return value


def expect_id(container: Any, name: str) -> str:
    """The id under ``name``, as text: vendors give numbers and texts."""
    value = _expect(container, name)
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise _wrong(name)
    return str(value)


def optional_str(container: Mapping[str, Any], name: str) -> str:
    """The text under ``name``, "" when it is missing or null."""
    value = container.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong(name)
    return value


def optional_objects(container: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    """The list of objects under ``name``, empty when it is missing or null."""
    return [] if container.get(name) is None else expect_objects(container, name)


def moment(value: Any) -> datetime | None:
    """A vendor's date or time as an aware datetime, Swedish time when it has no zone; None when it is not one.

    None is no error: the text stays in the record. The first and the last year there is stand for "never" in many
    systems, and cannot be moved between time zones.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _epoch(value)
    try:
        when = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    if when.year in {MINYEAR, MAXYEAR}:
        return None
    return when if when.tzinfo else when.replace(tzinfo=SWEDEN)


def _epoch(value: float) -> datetime | None:
    """Seconds or milliseconds since 1970."""
    try:
        return datetime.fromtimestamp(value / 1000 if abs(value) >= 1e11 else value, UTC)
    except (OverflowError, ValueError, OSError):
        return None


class PageGuard:
    """Sees that paging ends. Raises ENDLESS_PAGING for a page seen before in this step or one page too many."""

    def __init__(self, limits: Limits) -> None:
        self._left = limits.max_pages
        self._seen: set[bytes] = set()

    def next_step(self) -> None:
        """Another list begins; an equal page there is no repetition."""
        self._seen.clear()

    def saw(self, items: list[Any]) -> None:
        """Count a page, and remember what stood on it. Empty pages are only counted."""
        self._left -= 1
        text = json.dumps(items, sort_keys=True).encode()
        mark = hashlib.sha256(text).digest()
        if self._left < 0 or (items and mark in self._seen):
            raise ConnectorError(Fault.ENDLESS_PAGING)
        self._seen.add(mark)
