"""Values as a reader sees them: in the answer's language, in Swedish local time, never rounded."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from requests_app.documents.safe_text import MAX_VALUE
from requests_app.documents.words import WORDS
from requests_app.domain.records import FieldSpec, FieldType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.documents.values import Lang
    from requests_app.domain.records import Value

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NARROW_SPACE = "\u202f"
MAX_DEPTH = 8
"""Levels of a nested value that are named in its printed path."""
MIDNIGHT = " 00:00"

_NUMBER = re.compile(r"-?\d{1,30}(\.\d{1,30})?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def local_time(when: datetime) -> datetime:
    """An aware time in Swedish local time; a naive one as it stands."""
    return when.astimezone(STOCKHOLM) if when.tzinfo else when


def format_time(when: datetime) -> str:
    """``2026-11-25 14:03``, with seconds only when there are any."""
    local = local_time(when)
    return local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")


def as_decimal(value: Value) -> Decimal | None:
    """The number that a JSON value is or spells out, or None."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        return number if number.is_finite() else None
    if isinstance(value, str) and _NUMBER.fullmatch(value):
        try:
            return Decimal(value)
        except InvalidOperation:  # pragma: no cover - the pattern leaves nothing that is not a number
            return None
    return None


def format_number(number: Decimal, lang: Lang, *, grouped: bool = False) -> str:
    """All digits of the number with the language's decimal mark; ``grouped`` sets off thousands by a narrow space."""
    text = format(number, ",f" if grouped else "f")
    return text.replace(",", NARROW_SPACE).replace(".", WORDS[lang].decimal)


def without_midnight(text: str) -> str:
    """A time as a date when it is midnight and so says nothing more than the date does."""
    return text.removesuffix(MIDNIGHT)


def _format_datetime(value: str) -> str:
    try:
        return value if _DATE.fullmatch(value) else format_time(datetime.fromisoformat(value))
    except (ValueError, OverflowError):  # the last year there is cannot be moved to another time zone
        return value


def is_empty(value: Value) -> bool:
    """Whether the system holds the field but nothing in it."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or (isinstance(value, dict | list) and not value)


def unit_word(unit: str, lang: Lang) -> str:
    """The unit as it is printed: ``kr`` for ``SEK``."""
    return WORDS[lang].currency.get(unit, unit)


def in_words(code: Value, spec: FieldSpec | None, lang: Lang) -> str | None:
    """What the system's code means in the answer's language, or None when the register has no words for it."""
    if spec is None or isinstance(code, bool) or not isinstance(code, str | int):
        return None
    found = spec.words.get(str(code))
    return None if found is None else found[lang == "en"]


def number_text(number: Decimal, spec: FieldSpec | None, lang: Lang) -> str:
    """A number without its unit: money with at least two decimals and thousands set off, all else as it stands."""
    money = spec is not None and spec.type is FieldType.AMOUNT
    if money and spec and spec.unit in WORDS[lang].currency and int(number.as_tuple().exponent) > -2:
        number = number.quantize(Decimal("0.01"))
    return format_number(number, lang, grouped=money)


def format_scalar(value: Value, spec: FieldSpec | None, lang: Lang) -> str:
    """One simple value as text; ``spec`` None for a field the register does not know."""
    words = WORDS[lang]
    if is_empty(value):
        return words.empty
    if isinstance(value, bool):
        return words.yes if value else words.no
    meaning = in_words(value, spec, lang)
    if meaning is not None:
        return meaning
    kind = spec.type if spec else FieldType.TEXT
    if kind in (FieldType.DATETIME, FieldType.DATE) and isinstance(value, str):
        text = _format_datetime(value)
        return without_midnight(text) if kind is FieldType.DATE else text
    number = as_decimal(value) if kind in (FieldType.AMOUNT, FieldType.NUMBER) or not isinstance(value, str) else None
    if number is None:
        return str(value)
    text = number_text(number, spec, lang)
    return f"{text} {unit_word(spec.unit, lang)}" if spec and spec.unit else text


def leaves(value: Value) -> Iterator[tuple[tuple[str, ...], Value]]:
    """The simple values of a nested one with the names that lead to them, in order. Iterative: depth is up to the vendor."""
    stack: list[tuple[tuple[str, ...], Value]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, dict) and item:
            stack.extend(((*path, str(key))[-MAX_DEPTH:], inner) for key, inner in reversed(item.items()))
        elif isinstance(item, list) and item:
            stack.extend((path, inner) for inner in reversed(item))
        else:
            yield path, "" if isinstance(item, dict | list) else item


def format_value(value: Value, spec: FieldSpec | None, lang: Lang) -> str:
    """Any JSON value as text: a list of simple values on one line, a nested one as ``name › name: value`` line by line."""
    if not isinstance(value, dict | list):
        return format_scalar(value, spec, lang)
    lines: list[str] = []
    length = 0
    for path, item in leaves(value):
        text = format_scalar(item, spec, lang)
        names = (in_words(name, spec, lang) or name for name in path)
        lines.append(f"{' › '.join(names)}: {text}" if path else text)
        length += len(lines[-1]) + 2
        if length > MAX_VALUE:
            break
    return ("\n" if any(": " in line for line in lines) else ", ").join(lines)


def label_of(name: str, spec: FieldSpec | None, lang: Lang) -> str:
    """The field's label in the answer's language; a field the register does not know keeps the vendor's name."""
    if spec is None:
        return name
    return spec.label_sv if lang == "sv" else spec.label_en
