"""A structured file on the page where it is checked: what its columns become, and its first rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from requests_app.services.owners import mapping

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict

    from requests_app.models import System
    from requests_app.services.owners.drafts import DraftFile

ROWS = 5
SAMPLE = 80
"""Characters of a value that are shown."""
USES = ((mapping.SHOWN, _("Include")), (mapping.DATE, _("Include, says when")), (mapping.HIDDEN, _("Leave out")))


@dataclass(frozen=True, slots=True)
class Cell:
    """One column with the ids of its fields and what stands in it."""

    id: str
    column: mapping.Column
    samples: list[str]
    uses: Any = USES
    """What it can become: one that holds something cannot stay out."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file of the draft; ``mapping`` is None for one that goes along as it is."""

    ref: str
    name: str
    size: int
    unread: str
    mapping: mapping.Mapping | None = None
    rows: int = 0
    cells: list[Cell] = field(default_factory=list)

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return f"file-{self.ref}"


def sheet(system: System, item: DraftFile, posted: Dict[str, str]) -> Sheet:
    """The file with the mapping that was sent, else the one that is proposed."""
    plain = Sheet(item.ref, item.name, len(item.data), item.unread)
    if item.records is None:
        return plain
    proposed = mapping.propose(system, item.records)
    columns = []
    cells = []
    for number, column in enumerate(proposed.columns, 1):
        place = f"{item.ref}-{number}"
        label, use = posted.get(f"label-{place}"), posted.get(f"use-{place}")
        made = replace(column, label=column.label if label is None else label, use=column.use if use is None else use)
        columns.append(made)
        values = [record.fields.get(column.name) for record in item.records[:ROWS]]
        uses = USES if mapping.is_empty(column.name, item.records) else USES[:2]
        cells.append(Cell(place, made, [_short(value) for value in values], uses))
    category = posted.get(f"category-{item.ref}") or proposed.category
    used = replace(proposed, columns=tuple(columns), category=category)
    return replace(plain, mapping=used, rows=len(item.records), cells=cells)


def _short(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= SAMPLE else text[:SAMPLE] + "…"
