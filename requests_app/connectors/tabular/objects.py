"""Objects of JSON and JSON Lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import parse_json
from requests_app.connectors.tabular.lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from requests_app.connectors.tabular.lines import Position


def objects_of(items: list[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Number and object for each item. Raises WRONG_TYPE (field: ``row``, line) for one that is no object."""
    for n, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise ConnectorError(Fault.WRONG_TYPE, field="row", line=n)
        yield n, item


class JsonLines:
    """An object a line; empty lines are passed over."""

    def __init__(self, source: BinaryIO, encoding: str) -> None:
        self._lines = Lines(source, encoding)

    def rows(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Line and object. Raises UNREADABLE (line), WRONG_TYPE (field: ``row``, line), TOO_LARGE (line)."""
        for line in self._lines:
            if not line.strip():
                continue
            number = self._lines.read
            yield number, _object(line, number)

    def tell(self) -> Position:
        """The place after the row that came last."""
        return self._lines.tell()

    def go_to(self, position: Position) -> None:
        """Let ``rows`` go on from a place that ``tell`` gave."""
        self._lines.go_to(position)


def _object(line: str, number: int) -> dict[str, Any]:
    try:
        value = parse_json(line.encode("utf-8", "surrogatepass"))
    except ConnectorError:
        value = None
        fault = ConnectorError(Fault.UNREADABLE, line=number)
    else:
        fault = ConnectorError(Fault.WRONG_TYPE, field="row", line=number)
    if not isinstance(value, dict):
        raise fault
    return value
