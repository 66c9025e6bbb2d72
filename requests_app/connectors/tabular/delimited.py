"""Delimited text: CSV as Swedish Excel, old systems and everybody else write it."""

from __future__ import annotations

import csv
from itertools import chain
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.tabular.heads import column_heads
from requests_app.connectors.tabular.lines import LONGEST, Lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import BinaryIO

    from requests_app.connectors.tabular.lines import Position

MAX_COLUMNS = 1_000
DELIMITERS = ";\t,|"

csv.field_size_limit(LONGEST)  # the module's own limit would refuse a long text in a cell


class Delimited:
    """The rows of a delimited text under their column heads.

    ``delimiter`` "" is the one the first line has most of, or says by ``sep=``. ``quote`` "" takes quotes for letters. ``columns``
    names the columns of a file without heads; else they stand in row ``header_row``, or in the first that is not empty (0).
    """

    def __init__(
        self,
        source: BinaryIO,
        encoding: str,
        *,
        delimiter: str = "",
        quote: str = '"',
        columns: Sequence[str] = (),
        header_row: int = 0,
    ) -> None:
        self._lines = Lines(source, encoding)
        self._before = 0
        """Lines before those the present reader was given."""
        first = self._first(header_row)
        if first[:4].lower() == "sep=" and len(first.rstrip("\r\n")) == 5:  # how Excel is told the delimiter
            delimiter = delimiter or first[4]
            first = self._first(0)
        self._delimiter = delimiter or _most_of(first)
        self._quote = quote
        self._before = self._lines.read - bool(first)
        self._reader = self._over(chain([first] if first else [], self._lines))
        self.heads: list[str] = list(columns) or self._heads()

    def _first(self, row: int) -> str:
        """The line of the heads: the one asked for, else the first that says something."""
        line = self._lines.next()
        while line and (self._lines.read < row if row else not line.strip()):
            line = self._lines.next()
        return line

    def _over(self, lines: Iterator[str]) -> Any:
        # The two forms differ only in that quotes mean nothing in the second.
        if self._quote:
            return csv.reader(lines, delimiter=self._delimiter, quotechar=self._quote, strict=True)
        return csv.reader(lines, delimiter=self._delimiter, quoting=csv.QUOTE_NONE, strict=True)

    def _heads(self) -> list[str]:
        _line, cells = self._next()
        return column_heads(cells) if cells else []

    def _next(self) -> tuple[int, list[str] | None]:
        """The line a row begins on, and its cells; None at the end."""
        start = self._before + self._reader.line_num + 1
        fault = Fault.UNREADABLE
        try:
            cells: list[str] = next(self._reader)
            if len(cells) <= MAX_COLUMNS:
                return start, cells
            fault = Fault.TOO_LARGE
        except StopIteration:
            return start, None
        except csv.Error as error:
            if str(error).startswith("field larger"):
                fault = Fault.TOO_LARGE
        raise ConnectorError(fault, line=start)

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line and cells by column, row by row; empty rows are passed over.

        Raises UNREADABLE (line) for a row with more cells than heads and for a quote left open, TOO_LARGE (line).
        """
        heads, width = self.heads, len(self.heads)
        while True:
            line, cells = self._next()
            if cells is None:
                return
            if not (cells and cells[0].strip()) and not any(cell.strip() for cell in cells):
                continue
            if len(cells) > width and any(cell.strip() for cell in cells[width:]):
                raise ConnectorError(Fault.UNREADABLE, line=line)
            yield line, dict(zip(heads, cells, strict=False))

    def tell(self) -> Position:
        """The place after the row that came last."""
        return self._lines.tell()

    def go_to(self, position: Position) -> None:
        """Let ``rows`` go on from a place that ``tell`` gave."""
        self._lines.go_to(position)
        self._before = self._lines.read
        self._reader = self._over(iter(self._lines))


def _most_of(line: str) -> str:
    """The delimiter that a line has most of outside quotes; semicolon when it has none (a single column)."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)
