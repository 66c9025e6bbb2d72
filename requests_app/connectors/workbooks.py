"""Reading an XLSX file that nobody vouches for: a ZIP of XML, both of which can be made to burst."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_UNPACKED = 250 * 1024 * 1024
MAX_PARTS = 2_000
MAX_COLUMNS = 1_000
MAX_CELLS = 5_000_000
_REQUIRED = {"[Content_Types].xml", "xl/workbook.xml"}
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")


def read_workbook(data: bytes) -> Iterator[tuple[str, int, dict[str, Any]]]:
    """Sheet, row number and cells under their heads, sheet by sheet; formulas stay as the text they are.

    Raises WRONG_TYPE (field: ``file``) when it is no plain workbook, TOO_LARGE when it unpacks to too much, UNREADABLE (params: line).
    """
    _check_parts(data)
    # Slow to import, and most processes never read a workbook.
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles it does not know, with parts of the content
        try:
            book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
        except Exception:  # noqa: BLE001 (openpyxl raises whatever the broken XML leads to, content in the message)
            book = None
        if book is None:
            raise ConnectorError(Fault.UNREADABLE, line=1)
        cells = 0
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file claims its size to be is not believed
            rows = sheet.iter_rows(values_only=True)
            heads: list[str] = []
            number = 0
            while (row := _next_row(rows, number)) is not None:
                number += 1
                cells += len(row)
                if len(row) > MAX_COLUMNS or cells > MAX_CELLS:
                    raise ConnectorError(Fault.TOO_LARGE, line=number)
                values = [_plain(cell) for cell in row]
                if all(value in (None, "") for value in values):
                    continue
                if not heads:
                    while values[-1] in (None, ""):
                        values.pop()
                    heads = column_heads(values)
                    continue
                if any(value not in (None, "") for value in values[len(heads) :]):
                    raise ConnectorError(Fault.UNREADABLE, line=number)
                yield sheet.title, number, dict(zip(heads, values, strict=False))
        book.close()


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


def _next_row(rows: Iterator[tuple[Any, ...]], number: int) -> tuple[Any, ...] | None:
    """The next row, None at the end; UNREADABLE with the row's number when the XML breaks off."""
    try:
        return next(rows)
    except StopIteration:
        return None
    except Exception:  # noqa: BLE001 (see read_workbook)
        fault = ConnectorError(Fault.UNREADABLE, line=number + 1)
    raise fault


def _check_parts(data: bytes) -> None:
    """Look at the ZIP before anything unpacks it: number and size of its parts, no macros, no entities, one encoding."""
    wrong = ConnectorError(Fault.WRONG_TYPE, field="file")
    if not data.startswith(b"PK\x03\x04"):
        raise wrong
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        archive = None
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
    if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
        raise ConnectorError(Fault.TOO_LARGE, limit=MAX_UNPACKED)
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            _check_xml(archive, part)


def _check_xml(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Refuse a document type (where entities are declared) and encodings in which one could hide."""
    try:
        # A part cannot unpack to more than it declares: zipfile stops there.
        content = archive.read(part)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, OSError, EOFError, ValueError):
        content = None
    except Exception:  # noqa: BLE001 (zlib.error and lzma errors, by compression method)
        content = None
    if content is None:
        raise ConnectorError(Fault.UNREADABLE, line=1)
    declared = _DECLARED.match(content.removeprefix(b"\xef\xbb\xbf"))
    odd = declared and declared[1].lower() not in {b"utf-8", b"us-ascii"}
    if odd or b"\x00" in content[:200] or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
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
