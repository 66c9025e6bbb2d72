"""``{name}`` in addresses, parameters and bodies: filled in, in the form the system wants it.

``{name|filter|filter}``: ``lower``, ``upper``, ``md5``, ``sha256``, ``base64``, ``digits`` (only those), ``first`` (of several
separated by commas), and for a personnummer
``short`` (YYMMDDNNNN), ``dashed`` (YYYYMMDD-NNNN) and ``short_dashed`` (YYMMDD-NNNN); for a phone number ``national`` (0701234567).
``{{`` and ``}}`` are the signs themselves.
"""

from __future__ import annotations

import base64
import hashlib
import re
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_PLACE = re.compile(r"\{\{|\}\}|\{([a-z][a-z0-9_]*)((?:\|[a-z0-9_]+)*)\}|[{}]")


def _personnummer(text: str, *, century: bool, dash: str) -> str:
    digits = _digits(text)
    if len(digits) != 12:
        return text
    return f"{digits[0 if century else 2 : 8]}{dash}{digits[8:]}"


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


FILTERS: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "md5": lambda text: hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
    "sha256": lambda text: hashlib.sha256(text.encode()).hexdigest(),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "digits": _digits,
    "first": lambda text: text.split(",")[0].strip(),
    "short": lambda text: _personnummer(text, century=False, dash=""),
    "dashed": lambda text: _personnummer(text, century=True, dash="-"),
    "short_dashed": lambda text: _personnummer(text, century=False, dash="-"),
    "national": lambda text: f"0{text.removeprefix('+46')}" if text.startswith("+46") else text,
}


def names(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The names a template needs, each with its filters. Raises ``ValueError`` for a brace that is no place."""
    for place in _PLACE.finditer(text):
        if place[0] in {"{", "}"}:
            raise ValueError
        if place[1]:
            yield place[1], tuple(filter(None, place[2].split("|")))


def fill(text: str, values: Mapping[str, Any], *, path: bool = False) -> str:
    """A template with its places filled. ``path``: each value becomes one segment that cannot climb or add to the path."""

    def put(place: re.Match[str]) -> str:
        if not place[1]:
            return place[0][:1]
        value = _value(place, values)
        return segment(value) if path else value

    return _PLACE.sub(put, text)


def fill_in(value: Any, values: Mapping[str, Any]) -> Any:
    """A body with its texts filled; a text that is one place alone, without filters, becomes the value itself."""
    if isinstance(value, str):
        whole = _PLACE.fullmatch(value)
        if whole and whole[1] and not whole[2]:
            return values.get(whole[1])
        return fill(value, values)
    if isinstance(value, dict):
        return {key: fill_in(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_in(item, values) for item in value]
    return value


def _value(place: re.Match[str], values: Mapping[str, Any]) -> str:
    value = values.get(place[1])
    if value is None or isinstance(value, dict | list):
        raise ConnectorError(Fault.WRONG_TYPE, field=place[1])
    text = str(value).lower() if isinstance(value, bool) else str(value)
    for name in filter(None, place[2].split("|")):
        text = FILTERS[name](text)
    return text
