"""Keys of rows as JSON and back, without loss: they stand in cursors, and the next statement asks by them."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SORTS: dict[str, Callable[[str], Any]] = {
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "uuid": UUID,
    "bytes": bytes.fromhex,
}


def keepable(value: Any) -> bool:
    """Whether a key can be written down exactly."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, bool | int | str | datetime | date | Decimal | UUID | bytes)


def as_kept(value: Any) -> Any:
    """A key as JSON."""
    if isinstance(value, bool | int | str | float):
        return value
    if isinstance(value, datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    return {"decimal" if isinstance(value, Decimal) else "uuid": str(value)}


def as_read(kept: Any) -> Any:
    """Undo ``as_kept``."""
    if not isinstance(kept, dict):
        return kept
    [(sort, text)] = kept.items()
    return _SORTS[sort](text)


def text(value: Any) -> str:
    """A key as plain text."""
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, date) else str(value)


def joined(keys: Iterable[Any]) -> str:
    """Several keys as one text, that no other keys come to."""
    return ":".join(text(key).replace("\\", "\\\\").replace(":", "\\:") for key in keys)
