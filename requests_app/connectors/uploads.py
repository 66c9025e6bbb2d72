"""Reading a file that a person uploaded: CSV, JSON or XLSX. What it says it is, what it is, and how big it is are checked first."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import parse_json
from requests_app.connectors.tabular.delimited import Delimited
from requests_app.connectors.tabular.encodings import guess
from requests_app.connectors.tabular.objects import objects_of
from requests_app.connectors.tabular.workbooks import MAX_CELLS, read_workbook
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record, content_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_BYTES = 25 * 1024 * 1024
MAX_ROWS = 200_000
UPLOAD = CategorySpec("upload", Kind.TABLE, "Uppladdade uppgifter", "Uploaded data")
TYPED = CategorySpec("typed", Kind.FACTS, "Uppgifter som systemägaren skrivit av", "Data the owner of the system typed")
ENCLOSED = CategorySpec(
    "enclosed",
    Kind.TABLE,
    "Bifogade filer",
    "Enclosed files",
    {"name": FieldSpec("Fil", "File"), "bytes": FieldSpec("Storlek (byte)", "Size (bytes)", FieldType.NUMBER)},
)
PLACE = "place"
"""Field of an enclosed file's record, in an answer alone: where the file lies in the package, or that it is withheld."""
BY_HAND = (UPLOAD, TYPED, ENCLOSED)
"""Categories of what people answer with, whatever the system."""
TYPES = (".csv", ".txt", ".json", ".xlsx")
_NOT_TEXT = (
    b"PK\x03\x04",
    b"%PDF",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"\x1f\x8b",
    b"GIF8",
    b"Rar!",
    b"MZ",
)

Row = tuple[str, int, dict[str, Any]]
"""Sheet (or list) name, line or row number, and what stood in the columns."""


def enclosed_key(name: str, size: int, sha256: str) -> str:
    """The key of the record that names an enclosed file: the same name and content give the same key."""
    return content_key({"name": name, "bytes": size, "sha256": sha256})


def read_upload(name: str, data: bytes, category: str = UPLOAD.key) -> list[Record]:
    """The records of an uploaded file, in its order; the same file gives the same keys.

    ``name`` decides the type by its ending and is used for nothing else. Raises TOO_LARGE (params: size, limit), WRONG_TYPE
    (field: ``file``, the type is not taken or the content is not what the name says; ``row`` with the line of an item that is
    no object) or UNREADABLE (params: line).
    """
    if len(data) > MAX_BYTES:
        raise ConnectorError(Fault.TOO_LARGE, size=len(data), limit=MAX_BYTES)
    ending = PurePath(name).suffix.lower()
    if ending not in TYPES or (ending != ".xlsx" and data.startswith(_NOT_TEXT)):
        raise ConnectorError(Fault.WRONG_TYPE, field="file")
    if ending == ".xlsx":
        return _records(read_workbook(io.BytesIO(data)), category)
    if ending == ".json":
        return _records(_read_json(data), category)
    return _records(_read_csv(data), category)


def _records(rows: Iterable[Row], category: str) -> list[Record]:
    records: list[Record] = []
    seen: Counter[str] = Counter()
    for group, _line, fields in rows:
        if len(records) >= MAX_ROWS:
            raise ConnectorError(Fault.TOO_LARGE, rows=MAX_ROWS)
        alike = content_key({"group": group, **fields})
        key = content_key({"group": group, **fields}, seen[alike])
        seen[alike] += 1
        records.append(Record(key, category, UPLOAD.kind, None, fields, group=group))
    return records


def _read_csv(data: bytes) -> Iterator[Row]:
    """Rows under their column heads. A row with more cells than heads, or a quote left open, names its line, as does one too many."""
    source = io.BytesIO(data)
    cells = 0
    for line, fields in Delimited(source, guess(source, len(data))).rows():
        cells += len(fields)
        if cells > MAX_CELLS:
            raise ConnectorError(Fault.TOO_LARGE, line=line)
        yield "", line, fields


def _read_json(data: bytes) -> Iterator[Row]:
    """A list of objects, one object, or an object whose members are lists of objects (each a group)."""
    value = parse_json(data)
    if isinstance(value, list):
        yield from _grouped("", value)
    elif isinstance(value, dict) and value and all(isinstance(inner, list) for inner in value.values()):
        for group, items in value.items():
            yield from _grouped(group, items)
    elif isinstance(value, dict):
        yield "", 1, value
    else:
        raise ConnectorError(Fault.WRONG_TYPE, field="file")


def _grouped(group: str, items: list[Any]) -> Iterator[Row]:
    return ((group, n, item) for n, item in objects_of(items))
