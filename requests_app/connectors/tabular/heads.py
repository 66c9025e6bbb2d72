"""Names for columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def column_heads(cells: Iterable[Any]) -> list[str]:
    """Names for columns: empty ones get their number, repeated ones an ordinal."""
    heads: dict[str, None] = {}
    ordinals: dict[str, int] = {}  # the last one used for a name that is repeated
    for n, cell in enumerate(cells, 1):
        head = str(cell).strip() if cell is not None else ""
        head = unique = head or f"Kolumn {n}"
        while unique in heads:
            ordinals[head] = ordinals.get(head, 1) + 1
            unique = f"{head} ({ordinals[head]})"
        heads[unique] = None
    return list(heads)
