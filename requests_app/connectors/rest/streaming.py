"""The items of an answer that is too large to be held: read one by one, and taken up again by how many were delivered."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from contextlib import closing
from itertools import islice
from typing import TYPE_CHECKING, Any

import ijson

from requests_app.connectors import json_text
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import parse_json
from requests_app.connectors.tabular.lines import LONGEST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from requests_app.connectors.rest.description import Said
    from requests_app.connectors.streaming import Parts

WITHOUT_PAGE = 50_000
"""Items that may go by without any of the person's before a page says how far it has come."""
_BLOCK = 64 * 1024
_ENDS = ("parse error: premature", "Incomplete")
"""How the reader of JSON, in C or in Python, says that a text ends too early."""
_PLACE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")


def streams(step: Said) -> Callable[[bytes], bool] | None:
    """What says by the beginning of an answer whether its items can be read one by one; None when they never can.

    They can where nothing else of the answer is needed, and ``items`` is a plain place.
    """
    pages = step.get("pages", {})
    whole = {"cursor", "next_address", "odata"} & set(pages) or "more" in pages.get("number", {})
    if whole or "total" in pages.get("offset", {}) or "later" in step or "when" in step.get("nobody", {}):
        return None
    if step.get("answer", "json") != "json":
        return (lambda start: True) if "items" not in step else None
    if "items" not in step:
        return lambda start: _first(start) == b"["
    return (lambda start: _first(start) == b"{") if _PLACE.fullmatch(step["items"]) else None


def _first(start: bytes) -> bytes:
    return start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def streamed(step: Said, parts: Parts, largest: int) -> Iterator[dict[str, Any]]:
    """The items of an answer, each of at most ``largest`` bytes. Raises as ``items_of`` does, and TOO_LARGE."""
    kind = step.get("answer", "json")
    with closing(parts):
        source = _Source(parts, largest)
        found = _json(step, source) if kind == "json" else _lines(source) if kind == "jsonl" else _csv(step, source)
        for item in found:
            source.item()
            if not isinstance(item, dict):
                raise ConnectorError(Fault.WRONG_TYPE, field=step.get("items", "answer")[:80])
            yield item


def mark(item: Mapping[str, Any]) -> str:
    """What tells whether an item is the same one at another time."""
    return hashlib.sha256(json.dumps(item, sort_keys=True).encode()).hexdigest()[:24]


def pieces(items: Iterator[Any], size: int) -> Iterator[tuple[list[Any], bool]]:
    """So many items at a time, each with whether they are the last."""
    piece = list(islice(items, size))
    while piece:
        following = list(islice(items, size))
        yield piece, not following
        piece = following


def pass_over(items: Iterator[dict[str, Any]], delivered: Mapping[str, Any]) -> None:
    """Leave out what was delivered. Raises CHANGED when the answer is not the one it was."""
    if not delivered["n"]:
        return
    last = next(islice(items, delivered["n"] - 1, None), None)
    if last is None or mark(last) != delivered["mark"]:
        raise ConnectorError(Fault.CHANGED)


class _Source(io.RawIOBase):
    """Parts as a file. Raises TOO_LARGE when one item has no end."""

    def __init__(self, parts: Parts, largest: int) -> None:
        self._parts, self._left = iter(parts), b""
        self._all, self._largest, self._at = parts, largest, 0
        self.ends_by_closing = parts.ends_by_closing
        self.lines = 0
        """Ends of lines that were read."""

    def item(self) -> None:
        """One item has ended."""
        self._at = self._all.bytes

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes; none at the end."""
        part = self._left or self._next()
        size = min(len(part), len(buffer))
        buffer[:size] = part[:size]
        self._left = part[size:]
        return size

    def _next(self) -> bytes:
        first = not self._all.bytes
        part = next(self._parts, b"")
        if self._all.bytes - self._at > self._largest:
            raise ConnectorError(Fault.TOO_LARGE, limit=self._largest)
        self.lines += part.count(b"\n")
        return part.removeprefix(b"\xef\xbb\xbf") if first else part


def _json(step: Said, source: _Source) -> Iterator[Any]:
    place = f"{step['items']}.item" if "items" in step else "item"
    cut = False
    try:
        for item in ijson.items(source, place, use_float=True):
            if json_text.is_deep(item):
                raise ValueError
            yield item
    except ijson.IncompleteJSONError as error:
        cut = source.ends_by_closing and str(error).startswith(_ENDS)
    except (ijson.JSONError, UnicodeDecodeError, ValueError, RecursionError):
        pass
    else:
        return
    raise ConnectorError(Fault.CUT_OFF) if cut else ConnectorError(Fault.UNREADABLE, line=source.lines + 1)


def _texts(source: _Source, encoding: str) -> Iterator[str]:
    """The lines of a text. Raises UNREADABLE (line) for bytes that are none, TOO_LARGE (line)."""
    number = 0
    text = io.TextIOWrapper(io.BufferedReader(source, _BLOCK), encoding, newline="")
    try:
        while line := text.readline(LONGEST + 1):
            number += 1
            if len(line) > LONGEST:
                break
            yield line
        else:
            return
    except UnicodeError:
        line = ""
    if line:
        raise ConnectorError(Fault.TOO_LARGE, line=number)
    raise ConnectorError(Fault.UNREADABLE, line=number + 1)


def _lines(source: _Source) -> Iterator[Any]:
    for number, line in enumerate(_texts(source, "utf-8"), 1):
        if not line.strip():
            continue
        try:
            found = parse_json(line.encode(), may_be_cut=source.ends_by_closing)
        except ConnectorError as error:
            if error.fault is Fault.CUT_OFF:
                raise
        else:
            yield found
            continue
        raise ConnectorError(Fault.UNREADABLE, line=number)


def _csv(step: Said, source: _Source) -> Iterator[Any]:
    texts = _texts(source, step.get("encoding", "utf-8"))
    rows = csv.DictReader(texts, delimiter=step.get("delimiter", ","), strict=True)
    try:
        for row in rows:
            if None in row:
                break
            yield dict(row)
        else:
            return
    except csv.Error:
        pass
    raise ConnectorError(Fault.UNREADABLE, line=rows.line_num)
