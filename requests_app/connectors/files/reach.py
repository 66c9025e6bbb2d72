"""What makes a row the person's in a file without the person: the values of rows that are, in the files it refers to."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.described.values import Meaning
from requests_app.connectors.files.tables import text
from requests_app.domain.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.files.description import During, FileEntry
    from requests_app.connectors.files.tables import Row

MOST = 50_000
"""Values one person's rows may have that others refer to; they stand in every cursor."""
_JOIN = "\x1f"
Spans = list[list[str | None]]
"""Times in which what is referred to was the person's, from and to; ISO 8601, None without an end."""


class Reach:
    """The values found so far, by the file that refers to them and the number of its reference."""

    def __init__(self, entries: Mapping[str, FileEntry], known: Mapping[str, dict[str, Spans]] | None = None) -> None:
        self._values: dict[str, dict[str, Spans]] = {key: dict(values) for key, values in (known or {}).items()}
        self._referring = {
            key: [
                (f"{other.key}.{n}", reference.theirs, other.during)
                for other in entries.values()
                for n, reference in enumerate(other.references)
                if reference.to == key
            ]
            for key in entries
        }
        self._n = sum(map(len, self._values.values()))

    def referred_to(self, entry: FileEntry) -> bool:
        """Whether other files refer to this one."""
        return bool(self._referring[entry.key])

    def to_json(self) -> dict[str, dict[str, Spans]]:
        """For the cursor."""
        return {key: dict(values) for key, values in self._values.items()}

    def see(self, entry: FileEntry, row: Row) -> None:
        """A row is the person's: note what others refer to in it. Raises TOO_LARGE past ``MOST``, WRONG_TYPE (field)."""
        for place, columns, during in self._referring[entry.key]:
            joined = _joined(row, columns)
            if not joined:
                continue
            values = self._values.setdefault(place, {})
            if joined not in values:
                self._n += 1
                if self._n > MOST:
                    raise ConnectorError(Fault.TOO_LARGE, limit=MOST)
            spans = values.setdefault(joined, [])
            if during and (span := _span(row, during)) not in spans:
                spans.append(span)

    def any_to(self, entry: FileEntry) -> bool:
        """Whether some row of a file may be the person's by what it refers to."""
        return any(self._values.get(f"{entry.key}.{n}") for n in range(len(entry.references)))

    def has(self, entry: FileEntry, row: Row) -> bool:
        """Whether a row refers to one of the person's, from the time when that was the person's. Raises WRONG_TYPE (field)."""
        for n, reference in enumerate(entry.references):
            values = self._values.get(f"{entry.key}.{n}")
            joined = _joined(row, reference.columns) if values else ""
            if values and joined in values and _within(row, entry.during, values[joined]):
                return True
        return False


def _joined(row: Row, columns: tuple[str, ...]) -> str:
    """The values of several columns as one, "" when one is empty: an empty cell refers to nothing."""
    parts = [text(row, column) for column in columns]
    return _JOIN.join(parts) if all(parts) else ""


def _span(row: Row, during: During) -> list[str | None]:
    """From and to, not included. A last day without a time of day counts as a whole."""
    first = _moment(row, during.first, during.format)
    if first is None:  # whose the rows are is then not known
        raise ConnectorError(Fault.WRONG_TYPE, field=during.first)
    last = _moment(row, during.last, during.format) if during.last else None
    if last is None and during.last and text(row, during.last):
        raise ConnectorError(Fault.WRONG_TYPE, field=during.last)
    if last is not None and (last.hour, last.minute, last.second) == (0, 0, 0):
        last = (last.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=last.tzinfo)
    return [first.isoformat(), last.isoformat() if last else None]


def _within(row: Row, during: During | None, spans: Spans) -> bool:
    if during is None:
        return True
    when = _moment(row, during.column, during.format)
    if when is None:
        raise ConnectorError(Fault.WRONG_TYPE, field=during.column)
    return any(
        datetime.fromisoformat(str(first)) <= when and (last is None or when < datetime.fromisoformat(last))
        for first, last in spans
    )


def _moment(row: Row, column: str, written: str) -> datetime | None:
    value: Any = text(row, column)
    return Meaning(FieldType.DATETIME, written).moment(value) if value else None
