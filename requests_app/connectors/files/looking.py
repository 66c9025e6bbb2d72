"""What "Test connection" says of exports: which are there, how old they are and whether they have their columns. Nobody's data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Fault, TestResult
from requests_app.connectors.files.naming import fitting, is_stale
from requests_app.connectors.files.tables import missing_columns, opened
from requests_app.connectors.reading import SWEDEN
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from requests_app.connectors.files.description import Description, FileEntry
    from requests_app.connectors.files.places import Lying, Place

Told = tuple[str, str]


def look(description: Description, place: Place) -> TestResult:
    """Look at every entry. The first that gathering would fail on is the fault; one that is too old is one here, too."""
    now = datetime.now(UTC)
    seen: list[Told] = []
    first: ConnectorError | None = None
    for entry in description.files.values():
        try:
            seen.append(_entry(entry, place, now))
        except ConnectorError as error:
            first = first or error
            seen.append(_faulty(entry, error))
    requests = len(description.files)
    if first is None:
        return TestResult(ok=True, requests=requests, seen=tuple(seen))
    return TestResult(ok=False, fault=first.fault, params=first.params, requests=requests, seen=tuple(seen))


def _entry(entry: FileEntry, place: Place, now: datetime) -> Told:
    files = fitting(entry.pattern, place.listing(entry.folder), every=entry.take_all)
    if not files:
        if entry.optional:
            return f"{entry.key}: ingen fil, vilket är tillåtet.", f"{entry.key}: no file, which is allowed."
        raise ConnectorError(Fault.NOT_FOUND, file=entry.key)
    columns = _columns(entry, place, files[-1].file)
    made = files[-1].made.astimezone(SWEDEN).date().isoformat()
    if is_stale(files[-1].made, now, entry.fresh_days):
        raise ConnectorError(Fault.STALE, file=entry.key, day=made)
    return (
        f"{entry.key}: {len(files)} fil{'er' if len(files) > 1 else ''}, senast från {made}, {columns} kolumner.",
        f"{entry.key}: {len(files)} file{'s' if len(files) > 1 else ''}, the latest of {made}, {columns} columns.",
    )


def _columns(entry: FileEntry, place: Place, file: Lying) -> int:
    """How many columns the first row has. Raises WRONG_TYPE (field) when one that is needed is missing."""
    with opened(place, entry, file, ONE_TRY.max_bytes) as reader:
        for _number, row in reader.rows():
            if missing := missing_columns(entry, row):
                raise ConnectorError(Fault.WRONG_TYPE, field=missing[0])
            return len(row)
    return 0


def _faulty(entry: FileEntry, error: ConnectorError) -> Told:
    field, day = error.params.get("field"), error.params.get("day")
    if error.fault is Fault.NOT_FOUND:
        return f"{entry.key}: ingen fil passar.", f"{entry.key}: no file fits."
    if error.fault is Fault.STALE:
        return f"{entry.key}: filen är för gammal, från {day}.", f"{entry.key}: the file is too old, of {day}."
    if error.fault is Fault.WRONG_TYPE and field:
        return f"{entry.key}: {field} saknas eller är fel.", f"{entry.key}: {field} is missing or wrong."
    return f"{entry.key}: filen går inte att läsa.", f"{entry.key}: the file cannot be read."
