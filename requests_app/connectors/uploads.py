"""Reading a file that a person uploaded: CSV, JSON or XLSX. What it says it is, what it is, and how big it is are checked first."""

from __future__ import annotations

import csv
import io
from collections import Counter
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import parse_json
from requests_app.connectors.workbooks import MAX_CELLS, MAX_COLUMNS, column_heads, read_workbook
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
_DELIMITERS = ";\t,|"

csv.field_size_limit(MAX_BYTES)  # the module's own limit would refuse a long text in a cell

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
        return _records(read_workbook(data), category)
    if ending == ".json":
        return _records(_read_json(data), category)
    return _records(_read_csv(_text(data)), category)


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


def _text(data: bytes) -> str:
    """Text of an export: UTF-8, UTF-16 with its mark, or the Windows-1252 of older Swedish systems."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data:
        raise ConnectorError(Fault.WRONG_TYPE, field="file")
    else:
        encodings = ["utf-8-sig", "cp1252"]
    line = 1
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
    raise ConnectorError(Fault.UNREADABLE, line=line)


def _read_csv(text: str) -> Iterator[Row]:
    """Rows under their column heads. A row with more cells than heads, or a quote left open, names its line, as does one too many."""
    skipped, delimiter = 0, ""
    if text[:4].lower() == "sep=" and len(text) > 4:  # how Excel is told the delimiter
        delimiter, skipped = text[4], 1
        text = text.partition("\n")[2]
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True)
    heads: list[str] = []
    count = 0
    while True:
        start = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = None
        if cells is None:
            raise ConnectorError(Fault.UNREADABLE, line=start)
        count += len(cells)
        if len(cells) > MAX_COLUMNS or count > MAX_CELLS:
            raise ConnectorError(Fault.TOO_LARGE, line=start)
        if not any(cell.strip() for cell in cells):
            continue
        if not heads:
            heads = column_heads(cells)
            continue
        if any(cell.strip() for cell in cells[len(heads) :]):
            raise ConnectorError(Fault.UNREADABLE, line=start)
        yield "", start, dict(zip(heads, cells, strict=False))


def _delimiter(text: str) -> str:
    """The delimiter that the first line has most of outside quotes; semicolon when it has none (a single column)."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def _read_json(data: bytes) -> Iterator[Row]:
    """A list of objects, one object, or an object whose members are lists of objects (each a group)."""
    value = parse_json(data)
    if isinstance(value, list):
        yield from _objects("", value)
    elif isinstance(value, dict) and value and all(isinstance(inner, list) for inner in value.values()):
        for group, items in value.items():
            yield from _objects(group, items)
    elif isinstance(value, dict):
        yield "", 1, value
    else:
        raise ConnectorError(Fault.WRONG_TYPE, field="file")


def _objects(group: str, items: list[Any]) -> Iterator[Row]:
    for n, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise ConnectorError(Fault.WRONG_TYPE, field="row", line=n)
        yield group, n, item
