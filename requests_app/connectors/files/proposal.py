"""A description to begin from, by the heads of the columns of what lies in a folder. No value of a file ever stands in it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.files.description import FileEntry
from requests_app.connectors.files.guessing import IDENTIFIERS, NAMES, Column, columns_of, is_heads
from requests_app.connectors.files.naming import Pattern
from requests_app.connectors.files.tables import opened
from requests_app.connectors.trial import ONE_TRY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.connectors.files.places import Lying, Place

FORMATS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".xlsx": "xlsx",
}
MOST = 30
"""Files that are looked into."""
_ROWS = 200
_DATES = (
    (re.compile(r"(?<!\d)20\d\d-[01]\d-[0-3]\d(?!\d)"), "%Y-%m-%d"),
    (re.compile(r"(?<!\d)20\d\d[01]\d[0-3]\d(?!\d)"), "%Y%m%d"),
)
_NUMBER = re.compile(r"\d{4,}")


@dataclass(slots=True)
class _Export:
    """What is seen of one sort of file."""

    key: str
    pattern: str
    date: str
    format: str
    columns: list[Column] = field(default_factory=list)
    headless: bool = False

    def of(self, kind: str) -> list[str]:
        """The columns of one sort of identifier, or of names."""
        return [column.name for column in self.columns if column.kind == kind]

    @property
    def by(self) -> dict[str, list[str]]:
        """The columns that hold identifiers."""
        return {kind: names for kind in IDENTIFIERS if (names := self.of(kind))}


def proposal(place: Place) -> str:
    """YAML that fits the schema. Raises NOT_FOUND when nothing that lies there can be searched, and what listing raises."""
    exports, unread = _exports(place)
    numbers: dict[str, _Export] = {}
    for export in sorted(
        exports, key=lambda one: -len(one.by)
    ):  # whoever has the most identifiers is the register of people
        for column in export.columns:
            if column.kind == "customer_no":
                numbers.setdefault(column.folded, export)
    reached = [export for export in exports if export.by or _references(export, numbers)]
    if not reached:
        raise ConnectorError(Fault.NOT_FOUND)
    lines = [
        "# Proposed from the heads of the columns. Check every line: which columns identify a person, what refers to what,",
        "# what the categories and fields are called in both languages, and how often the exports are made.",
        "fresh_days: 7",
        "files:",
        *(line for export in reached for line in _file_lines(export, numbers)),
        "categories:",
        *(line for export in reached for line in _category_lines(export)),
    ]
    lines += [
        f"# Not searched, since no column identifies anybody: {_quoted(one.pattern)}"
        for one in exports
        if one not in reached
    ]
    lines += [f"# Could not be read: {pattern}" for pattern in unread]
    return "\n".join(lines) + "\n"


def _exports(place: Place) -> tuple[list[_Export], list[str]]:
    """Each sort of file once, looked into the newest; and the patterns of what could not be read."""
    newest: dict[tuple[str, str], Lying] = {}
    for file in sorted(place.listing(""), key=lambda file: (file.modified, file.name)):
        ending = _ending(file.name)
        if ending in FORMATS and file.size:
            newest[_pattern(file.name)] = file
    exports: list[_Export] = []
    unread: list[str] = []
    keys: Counter[str] = Counter()
    for (pattern, date), file in sorted(newest.items())[:MOST]:
        export = _Export("", pattern, date, FORMATS[_ending(file.name)])
        try:
            _look_into(place, export, file)
        except ConnectorError as error:
            if error.transient:
                raise
            unread.append(json.dumps(pattern, ensure_ascii=False))
            continue
        stem = _slug(pattern[: -len(_ending(pattern))].replace("{date}", ""))
        keys[stem] += 1
        export.key = stem if keys[stem] == 1 else f"{stem[:36]}_{keys[stem]}"
        exports.append(export)
    return exports, unread


def _look_into(place: Place, export: _Export, file: Lying) -> None:
    rows = _rows(place, export, file)
    if rows and not is_heads(list(rows[0])) and export.format in {"csv", "xlsx"}:
        export.headless = True  # the first row is a person's: its cells must not become names
        names = [f"kolumn_{n}" for n in range(1, len(rows[0]) + 1)]
        rows = [dict(zip(names, row.values(), strict=False)) for row in rows]
    export.columns = columns_of(rows)


def _rows(place: Place, export: _Export, file: Lying) -> list[dict[str, Any]]:
    entry = FileEntry(key="file", pattern=Pattern.of(export.pattern, export.date), format=export.format)
    found: list[dict[str, Any]] = []
    with opened(place, entry, file, ONE_TRY.max_bytes) as reader:
        for _number, row in reader.rows():
            found.append(row)
            if len(found) == _ROWS:
                break
    return found


def _references(export: _Export, numbers: dict[str, _Export]) -> dict[str, str]:
    """The customer number, where another file knows more of who has it."""
    for column in export.columns:
        other = numbers.get(column.folded)
        if column.kind == "customer_no" and other is not None and len(other.by) > len(export.by):
            theirs = next(one.name for one in other.columns if one.folded == column.folded)
            return {column.name: f"{other.key}.{theirs}"}
    return {}


def _file_lines(export: _Export, numbers: dict[str, _Export]) -> Iterator[str]:
    yield f"  {export.key}:"
    yield f"    file: {_quoted(export.pattern)}"
    if "{date}" in export.pattern and export.date != "%Y%m%d":
        yield f"    date: {_quoted(export.date)}"
    yield f"    format: {export.format}"
    if any(column.comma for column in export.columns):
        yield '    decimal: ","'
    if export.headless:
        yield f"    columns: {_quoted([column.name for column in export.columns])}"
    if export.by:
        yield "    by:"
        for kind, names in export.by.items():
            yield f"      {kind}: {_quoted(names[0] if len(names) == 1 else names)}"
    if names := export.of(NAMES):
        yield f"    name: {_quoted(names[0] if len(names) == 1 else names)}"
    if references := _references(export, numbers):
        yield f"    references: {_quoted(references)}"
    yield f"    category: {export.key}"


def _category_lines(export: _Export) -> Iterator[str]:
    yield f"  {export.key}:"
    yield "    kind: table"
    yield f"    label: {_quoted(_label(export.key))}"
    if key := next((column.name for column in export.columns if column.is_key), ""):
        yield f"    key: {_quoted(key)}"
    if when := next((column.name for column in export.columns if column.type in {"date", "datetime"}), ""):
        yield f"    when: {_quoted(when)}"
    yield "    fields:"
    for column in export.columns:
        about: dict[str, Any] = {"label": column.label}
        if column.type != "text":
            about["type"] = column.type
        if column.format:
            about["format"] = column.format
        yield f"      {_quoted(column.name)}: {_quoted(about)}"


def _pattern(name: str) -> tuple[str, str]:
    """A file's name without what differs from one export to the next, and how its date is written."""
    for expression, date in _DATES:
        if expression.search(name):
            before, after = expression.split(name, maxsplit=1)
            return f"{_starred(before)}{{date}}{_starred(after)}", date
    return _starred(name), "%Y%m%d"


def _starred(text: str) -> str:
    """Long numbers are times, or somebody's."""
    return _NUMBER.sub("*", text.replace("*", "?"), count=1)


def _ending(name: str) -> str:
    return f".{name.rpartition('.')[2].lower()}" if "." in name else ""


def _slug(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    slug = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:40].rstrip("_")
    return slug if slug[:1].isalpha() else f"export_{slug}"[:40].rstrip("_")


def _label(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _quoted(value: Any) -> str:
    """A value as JSON, which is YAML too."""
    return json.dumps(value, ensure_ascii=False)
