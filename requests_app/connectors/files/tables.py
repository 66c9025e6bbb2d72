"""The rows of one export as its description says it is written, with places to go on from."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from jmespath.exceptions import JMESPathError

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.described.values import by_name
from requests_app.connectors.files.places import MAX_SIZE
from requests_app.connectors.http import parse_json
from requests_app.connectors.tabular.delimited import Delimited
from requests_app.connectors.tabular.encodings import NAMES, guess
from requests_app.connectors.tabular.objects import JsonLines, objects_of
from requests_app.connectors.tabular.workbooks import Bounds, Heads, read_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from requests_app.connectors.files.description import FileEntry
    from requests_app.connectors.files.places import Lying, Place

MAX_ROWS = 50_000_000
BOUNDS = Bounds(unpacked=4 * 1024**3, cells=200_000_000)
"""Of a workbook, whose sheets are read as a stream."""
Row = dict[str, Any]


class Reader(Protocol):
    """Rows in the order of the file."""

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Line or number, and what stands in the columns."""

    def tell(self) -> Any:
        """The place after the row that came last, as JSON."""

    def go_to(self, position: Any) -> None:
        """Let ``rows`` go on from such a place."""


@contextmanager
def opened(place: Place, entry: FileEntry, file: Lying, max_json: int) -> Iterator[Reader]:
    """The rows of a file. At the end it is looked whether the file is still the one that was listed (else CHANGED).

    Raises TOO_LARGE, and what reading raises: WRONG_TYPE, UNREADABLE; each with ``file``, the entry's name.
    """
    if file.size > (max_json if entry.format == "json" else MAX_SIZE):
        raise ConnectorError(Fault.TOO_LARGE, file=entry.key, limit=max_json if entry.format == "json" else MAX_SIZE)
    content = place.open(entry.folder, file)
    try:
        yield _reader(entry, content.buffered())
        content.check_unchanged()
    except ConnectorError as error:
        if error.fault in {Fault.WRONG_TYPE, Fault.UNREADABLE, Fault.TOO_LARGE}:
            error.params = {"file": entry.key, **error.params}
        raise
    finally:
        content.close()


def check_columns(entry: FileEntry, row: Row) -> None:
    """Raise WRONG_TYPE (field) for the first column that is needed and not there. In JSON a place may be left out where it is empty."""
    if missing := missing_columns(entry, row):
        raise ConnectorError(Fault.WRONG_TYPE, field=missing[0])


def missing_columns(entry: FileEntry, row: Row) -> list[str]:
    """The columns a file must have and has not, as far as a row of it tells."""
    return [] if entry.format in {"json", "jsonl"} else [column for column in entry.needed if column not in row]


def text(row: Row, column: str) -> str:
    """What stands in a column, as text: a workbook's whole numbers without a decimal point, "" where nothing stands."""
    value = by_name(row, column)
    if value is None or isinstance(value, bool | dict | list):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()


def _reader(entry: FileEntry, source: BinaryIO) -> Reader:
    if entry.format == "xlsx":
        return _Counted(_Workbook(entry, source))
    encoding = guess(source) if entry.encoding == "auto" else NAMES[entry.encoding]
    if entry.format == "jsonl":
        return JsonLines(source, encoding)
    if entry.format == "json":
        return _Counted(_Json(entry, source, encoding))
    table = Delimited(
        source,
        encoding,
        delimiter=entry.delimiter,
        quote=entry.quote,
        columns=entry.columns,
        header_row=entry.header_row,
    )
    check_columns(entry, dict.fromkeys(table.heads))
    return table


class _Workbook:
    """The rows of one sheet."""

    def __init__(self, entry: FileEntry, source: BinaryIO) -> None:
        self._entry, self._source = entry, source

    def rows(self) -> Iterator[tuple[int, Row]]:
        heads = Heads(self._entry.header_row, self._entry.columns)
        found = read_workbook(self._source, bounds=BOUNDS, sheet=self._entry.sheet, heads=heads)
        for n, (_sheet, number, row) in enumerate(found):
            if n == 0:
                check_columns(self._entry, row)
            yield number, row


class _Json:
    """The records of a JSON file, which is held as a whole."""

    def __init__(self, entry: FileEntry, source: BinaryIO, encoding: str) -> None:
        self._entry, self._source, self._encoding = entry, source, encoding

    def rows(self) -> Iterator[tuple[int, Row]]:
        value = self._value()
        if self._entry.records is not None:
            value = _found(self._entry.records, value)
        if not isinstance(value, list):
            raise ConnectorError(Fault.WRONG_TYPE, field="records")
        yield from objects_of(value)

    def _value(self) -> Any:
        data = self._source.read()
        if self._encoding.startswith("utf-8"):
            return parse_json(data)
        try:
            data = data.decode(self._encoding).encode()
        except UnicodeError:
            data = b""
        if not data:
            raise ConnectorError(Fault.UNREADABLE, line=1)
        return parse_json(data)


def _found(place: Any, value: Any) -> Any:
    """What stands at a JMESPath place; None where a function in it cannot take what is there."""
    try:
        return place.search(value)
    except (JMESPathError, RecursionError, TypeError, ValueError):
        return None


class _Rows(Protocol):
    def rows(self) -> Iterator[tuple[int, Row]]: ...


class _Counted:
    """A reader for what can only be read from the beginning: its places are numbers of rows."""

    def __init__(self, table: _Rows) -> None:
        self._table = table
        self._at = 0

    def rows(self) -> Iterator[tuple[int, Row]]:
        """See ``Reader``."""
        for number, row in self._table.rows():
            if number > self._at:
                self._at = number
                yield number, row

    def tell(self) -> Any:
        """See ``Reader``."""
        return self._at

    def go_to(self, position: Any) -> None:
        """See ``Reader``."""
        self._at = int(position)
