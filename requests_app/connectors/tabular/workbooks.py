"""Reading an XLSX file that nobody vouches for: a ZIP of XML, both of which can be made to burst."""

from __future__ import annotations

import re
import warnings
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.tabular.delimited import MAX_COLUMNS
from requests_app.connectors.tabular.heads import column_heads

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

MAX_UNPACKED = 250 * 1024 * 1024
MAX_HELD = 100 * 1024 * 1024
"""Unpacked bytes of the texts that cells share, which are all held while the sheets are read."""
MAX_PARTS = 2_000
MAX_CELLS = 5_000_000
_REQUIRED = {"[Content_Types].xml", "xl/workbook.xml"}
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")
_BLOCK = 1024 * 1024
_LONGEST_MARK = len(b"<!DOCTYPE") - 1


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a workbook may be at most: bytes unpacked, and cells."""

    unpacked: int
    cells: int


@dataclass(frozen=True, slots=True)
class Heads:
    """Where the heads of columns stand: row ``row``, or the first that is not empty (0); or ``columns`` for sheets without."""

    row: int = 0
    columns: Sequence[str] = ()


def read_workbook(
    source: BinaryIO, *, bounds: Bounds | None = None, sheet: str | None = "", heads: Heads | None = None
) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Sheet, row number and cells under their heads, sheet by sheet; formulas stay as the text they are.

    ``source`` must be seekable. ``sheet`` names the only one that is read, None is the first, "" all. Raises WRONG_TYPE (field:
    ``file`` when it is no plain workbook, ``sheet`` when there is none of that name), TOO_LARGE when it unpacks to too much,
    UNREADABLE (params: line). What ``source`` itself raises comes through as it is.
    """
    limits = bounds or Bounds(MAX_UNPACKED, MAX_CELLS)
    _check_parts(source, limits)
    book = _opened(source)
    cells = 0
    try:
        for one in _chosen(book, sheet):
            one.reset_dimensions()  # what the file claims its size to be is not believed
            table = _Sheet(heads or Heads())
            for number, values in _rows(source, one):
                cells += len(values)
                if len(values) > MAX_COLUMNS or cells > limits.cells:
                    raise ConnectorError(Fault.TOO_LARGE, line=number)
                fields = table.row(number, values)
                if fields is not None:
                    yield one.title, number, fields
    finally:
        book.close()


class _Sheet:
    """The rows of one sheet under its heads."""

    def __init__(self, heads: Heads) -> None:
        self._first = heads.row
        self._heads = list(heads.columns)

    def row(self, number: int, values: list[Any]) -> dict[str, Any] | None:
        """The cells of a row by column, None for what is no row of data."""
        if number < self._first or all(value in (None, "") for value in values):
            return None
        if not self._heads:
            while values[-1] in (None, ""):
                values.pop()
            self._heads = column_heads(values)
            return None
        if any(value not in (None, "") for value in values[len(self._heads) :]):
            raise ConnectorError(Fault.UNREADABLE, line=number)
        return dict(zip_longest(self._heads, values[: len(self._heads)]))


def _chosen(book: Any, sheet: str | None) -> list[Any]:
    sheets = list(book.worksheets)
    if sheet == "":
        return sheets
    chosen = [one for one in sheets if one.title == sheet] if sheet else sheets[:1]
    if not chosen:
        raise ConnectorError(Fault.WRONG_TYPE, field="sheet")
    return chosen


def _opened(source: BinaryIO) -> Any:
    # Slow to import, and most processes never read a workbook.
    from openpyxl import load_workbook

    source.seek(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles it does not know, with parts of the content
        try:
            return load_workbook(source, read_only=True, data_only=False, keep_links=False)
        except Exception as error:  # noqa: BLE001 (openpyxl raises whatever the broken XML leads to, content in the message)
            fault = _fault(source, error, 1)
    raise fault


def _rows(source: BinaryIO, sheet: Any) -> Iterator[tuple[int, list[Any]]]:
    """Number and cells of each row; UNREADABLE with the row's number when the XML breaks off."""
    rows = sheet.iter_rows(values_only=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(rows)
        except StopIteration:
            return
        except Exception as error:  # noqa: BLE001 (see _opened)
            fault = _fault(source, error, number)
            break
        yield number, [_plain(cell) for cell in row]
    raise fault


def _fault(source: BinaryIO, error: Exception, line: int) -> Exception:
    """What the file itself raised while it was read (a lost connection, a run that was taken over), else UNREADABLE."""
    own = getattr(getattr(source, "raw", source), "failed", None)
    return own if own is error and isinstance(own, Exception) else ConnectorError(Fault.UNREADABLE, line=line)


def _check_parts(source: BinaryIO, limits: Bounds) -> None:
    """Look at the ZIP before anything unpacks it: number and size of its parts, no macros, no entities, one encoding."""
    wrong = ConnectorError(Fault.WRONG_TYPE, field="file")
    source.seek(0)
    if source.read(4) != b"PK\x03\x04":
        raise wrong
    archive = _archive(source)
    if archive is None:
        raise wrong
    parts = archive.infolist()
    names = [part.filename for part in parts]
    if (
        not set(names) >= _REQUIRED
        or len(set(names)) < len(names)
        or any(name.endswith(".bin") and "vba" in name.lower() for name in names)
    ):
        raise wrong
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > limits.unpacked:
        raise ConnectorError(Fault.TOO_LARGE, limit=limits.unpacked)
    if any(part.file_size > MAX_HELD for part in parts if not part.filename.startswith("xl/worksheets/")):
        raise ConnectorError(Fault.TOO_LARGE, limit=MAX_HELD)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_xml(source, archive, part)


def _archive(source: BinaryIO) -> zipfile.ZipFile | None:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        return None


def _check_xml(source: BinaryIO, archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a document type (where entities are declared) and encodings in which one could hide."""
    wrong = False
    fault: Exception | None = None
    try:
        # A part cannot unpack to more than it declares: zipfile stops there.
        with archive.open(part) as content:
            block = content.read(_BLOCK)
            declared = _DECLARED.match(block.removeprefix(b"\xef\xbb\xbf"))
            odd = declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}
            wrong = bool(odd) or b"\x00" in block[:200]
            before = b""
            while block and not wrong:
                around = before + block
                wrong = b"<!DOCTYPE" in around or b"<!ENTITY" in around
                before = around[-_LONGEST_MARK:]
                block = content.read(_BLOCK)
    except Exception as error:  # noqa: BLE001 (BadZipFile, EOFError, zlib.error and lzma errors, by compression method)
        fault = _fault(source, error, 1)
    if fault is not None:
        raise fault
    if wrong:
        raise ConnectorError(Fault.WRONG_TYPE, field="file")


def _plain(cell: Any) -> Any:
    """A cell's value as JSON knows it; dates as ISO 8601, a formula as its text."""
    if cell is None or isinstance(cell, str | bool | int | float):
        return cell
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    if isinstance(cell, Decimal):
        return float(cell)
    # Array formulas and the like are objects with the formula's text.
    return str(getattr(cell, "text", None) or getattr(cell, "ref", "") or "")
