"""Text of a file line by line, with the place of each line so that reading can go on there, and bounds on what a line may be."""

from __future__ import annotations

import codecs
import io
from typing import TYPE_CHECKING, cast

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST = 25 * 1024 * 1024
"""Characters of one line."""
_BLOCK = 64 * 1024
Position = tuple[int, int]
"""A place between two lines as the text stream tells it, and how many lines are before it."""


class Lines:
    """The lines of ``source`` (seekable), each with its end as it stands there: LF, CR LF or CR."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._source = source
        self._encoding = encoding
        self._text = io.TextIOWrapper(cast("io.BufferedReader", source), encoding=encoding, newline="")
        self.read = 0
        """Lines read so far."""

    def next(self) -> str:
        """The next line, "" at the end. Raises UNREADABLE (line) for bytes that are no text, TOO_LARGE (line)."""
        try:
            line = self._text.readline(LONGEST + 1)
        except UnicodeError:
            line = None
        if line is None:
            raise ConnectorError(Fault.UNREADABLE, line=self._undecodable())
        if len(line) > LONGEST:
            raise ConnectorError(Fault.TOO_LARGE, line=self.read + 1)
        self.read += bool(line)
        return line

    def __iter__(self) -> Iterator[str]:
        readline = self._text.readline
        try:
            while line := readline(LONGEST + 1):
                if len(line) > LONGEST:
                    break
                self.read += 1
                yield line
            else:
                return
        except UnicodeError:
            line = ""
        if line:
            raise ConnectorError(Fault.TOO_LARGE, line=self.read + 1)
        raise ConnectorError(Fault.UNREADABLE, line=self._undecodable())

    def tell(self) -> Position:
        """Where the next line begins."""
        return self._text.tell(), self.read

    def go_to(self, position: Position) -> None:
        """Go on from a place that ``tell`` gave for the same content. Raises WRONG_TYPE (field: ``cursor``) for any other."""
        place, self.read = position
        try:
            self._text.seek(place)
            wrong = False
        except (ValueError, OverflowError, OSError):
            wrong = True
        if wrong:
            raise ConnectorError(Fault.WRONG_TYPE, field="cursor")

    def _undecodable(self) -> int:
        """The line of the first bytes that are no text; the decoder had read further than the line it failed on."""
        self._source.seek(0)
        decoder = codecs.getincrementaldecoder(self._encoding)()
        line, last = 1, ""
        while True:
            block = self._source.read(_BLOCK)
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                before = bytes(error.object[: error.start]).decode(self._encoding, "ignore")
                return line + _ends(last + before)
            except UnicodeError:  # the mark that the encoding begins with is missing
                return line
            line += _ends(last + text) - _ends(last)
            last = text[-1:] or last
            if not block:
                return line


def _ends(text: str) -> int:
    """How many lines end in a text."""
    return text.count("\n") + text.count("\r") - text.count("\r\n")
