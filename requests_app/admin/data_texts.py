"""Gathered values as staff reads them: in the reader's language, and harmless whatever they hold."""

from __future__ import annotations

import math
import unicodedata
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext as _

from requests_app.domain.deadline_words import format_day
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, display, normalise
from requests_app.domain.records import FieldType
from requests_app.services.numbers import UNBROKEN_SPACE
from requests_app.services.record_words import label

if TYPE_CHECKING:
    from requests_app.domain.records import FieldSpec

MAX_VALUE = 20_000
"""Signs of one value that are shown; the copy to the person holds all of it."""
_TURNING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Marks that turn the direction of the text after them."""


def number_of(value: Any) -> float | None:
    """The number a value is or spells out, when it is one that can be drawn."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def decimal(value: float, least: int = 0) -> str:
    """A number with at most three decimals and at least ``least``."""
    whole, _point, part = f"{value:,.3f}".partition(".")
    part = part.rstrip("0").ljust(least, "0")
    text = f"{whole}.{part}" if part else whole
    if (get_language() or "sv").startswith("sv"):
        text = text.replace(",", UNBROKEN_SPACE).replace(".", ",")
    return text


def said_when(when: datetime | None) -> str:
    """A time in Sweden; without the clock when it is midnight sharp."""
    if when is None:
        return ""
    local = localtime(when)
    day = format_day(local.date(), get_language() or "sv")
    return day if (local.hour, local.minute, local.second) == (0, 0, 0) else f"{day} {local:%H:%M}"


def said(value: Any, spec: FieldSpec | None) -> str:
    """A value as text in the reader's language; a personnummer only as a birth date."""
    kind = spec.type if spec else FieldType.TEXT
    if value is None:
        return ""
    if spec and spec.words and (pair := spec.words.get(str(value))):
        return pair[0] if (get_language() or "sv").startswith("sv") else pair[1]
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return clean(", ".join(said(item, None) for item in value))
    if isinstance(value, dict):
        return clean(", ".join(f"{key}: {said(item, None)}" for key, item in value.items()))
    if kind is FieldType.PERSONNUMMER:
        try:
            return display(IdentifierKind.PERSONNUMMER, normalise(IdentifierKind.PERSONNUMMER, str(value)))
        except InvalidIdentifier:
            return "****"
    if kind in {FieldType.DATE, FieldType.DATETIME}:
        return _date(str(value), kind)
    if kind in {FieldType.AMOUNT, FieldType.NUMBER} and (number := number_of(value)) is not None:
        text = decimal(number, least=2 if kind is FieldType.AMOUNT else 0)
        return f"{text}{UNBROKEN_SPACE}{spec.unit}" if spec and spec.unit else text
    return clean(str(value))


def _date(text: str, kind: FieldType) -> str:
    try:
        if kind is FieldType.DATE and len(text) == len("2026-11-25"):
            return format_day(date.fromisoformat(text), get_language() or "sv")
        when = datetime.fromisoformat(text)
        return said_when(when) if when.tzinfo else f"{format_day(when.date(), get_language() or 'sv')} {when:%H:%M}"
    except (ValueError, OverflowError):  # the last year there is cannot be moved to another time zone
        return clean(text)


def clean(text: str) -> str:
    """Text that cannot upset the page: no control characters, no marks that turn its direction, of a length that can be shown."""
    if len(text) <= MAX_VALUE and text.isprintable():
        return text
    shown = "".join(sign for sign, _place in _shown(text))
    return shown + (f" … ({len(text):,})" if len(text) > MAX_VALUE else "")


def _shown(text: str) -> list[tuple[str, int]]:
    """The signs of a text that are shown, each with its place in the text."""
    kept = []
    for place, sign in enumerate(text[:MAX_VALUE]):
        if sign not in "\n\t" and unicodedata.category(sign) in {"Cc", "Cs", "Co", "Cn"}:
            sign = "\ufffd"
        if unicodedata.bidirectional(sign) not in _TURNING:
            kept.append((sign, place))
    return kept


def original_span(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Where a stretch of the shown text stands in the text itself; None when it is empty or lies outside."""
    kept = _shown(text)
    if not 0 <= start < end <= len(kept):
        return None
    return kept[start][1], kept[end - 1][1] + 1


__all__ = ["clean", "decimal", "label", "number_of", "original_span", "said", "said_when"]
