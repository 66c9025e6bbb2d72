"""What a value in a system means, by what the description says of its field: dates, numbers and yes or no in one form.

A value that does not fit what is said of it is kept as it came: it is the person's, also when it is odd.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import jmespath
from jmespath.exceptions import JMESPathError

from requests_app.connectors.reading import SWEDEN, moment
from requests_app.domain.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

_EPOCHS = {"epoch": 1.0, "epoch_ms": 1000.0}
_BEYOND_NAMES = re.compile(r"[\[\](){}|&@]")
_AS_IT_IS = frozenset({str, int, bool, type(None)})
_GROUPING = str.maketrans("", "", " \u00a0\u202f'")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What is said of one field beside its label."""

    type: FieldType = FieldType.TEXT
    format: str = ""
    zone: ZoneInfo = SWEDEN
    decimal: str = "."
    factor: float | None = None
    true: frozenset[str] = frozenset()
    false: frozenset[str] = frozenset()

    def read(self, value: Any) -> Any:
        """The value as JSON in the form records have: ISO 8601 dates, numbers, booleans; else as it came."""
        plain = as_json(value)
        if self.type is FieldType.TEXT:  # most are, of the many values of a large system
            return plain
        if self.type in {FieldType.DATE, FieldType.DATETIME}:
            return self._date(plain)
        if self.type in {FieldType.NUMBER, FieldType.AMOUNT}:
            return self._number(plain)
        if self.type is FieldType.BOOLEAN:
            return self._yes_no(plain)
        return plain

    def moment(self, value: Any) -> datetime | None:
        """When it was, aware; None when it says no time."""
        plain = as_json(value)
        when = self._written(plain) if self.format else moment(plain)
        if when is None or isinstance(value, datetime) or not isinstance(plain, str) or self.format:
            return when
        naive = _naive(plain)
        return naive.replace(tzinfo=self.zone) if naive is not None else when

    def _written(self, value: Any) -> datetime | None:
        if self.format in _EPOCHS:
            try:
                return datetime.fromtimestamp(float(value) / _EPOCHS[self.format], UTC)
            except (TypeError, ValueError, OverflowError, OSError):
                return None
        try:
            when = datetime.strptime(str(value).strip(), self.format)
        except ValueError:
            return None
        return when if when.tzinfo else when.replace(tzinfo=self.zone)

    def _date(self, value: Any) -> Any:
        if not self.format:
            return value
        when = self._written(value)
        if when is None:
            return value
        return when.date().isoformat() if self.type is FieldType.DATE else when.isoformat()

    def _number(self, value: Any) -> Any:
        if isinstance(value, bool) or value is None:
            return value
        try:
            number = Decimal(str(value).translate(_GROUPING).replace(self.decimal, "."))
        except InvalidOperation:
            return value
        if not number.is_finite():
            return value
        if self.factor is not None:
            number *= Decimal(str(self.factor))
        whole = number == number.to_integral_value() and abs(number) < 2**53
        return int(number) if whole else float(number)

    def _yes_no(self, value: Any) -> Any:
        text = str(value).strip().casefold()
        return True if text in self.true else False if text in self.false else value


def _naive(text: str) -> datetime | None:
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return when if when.tzinfo is None else None


def as_json(value: Any) -> Any:
    """A value from a database or a workbook as JSON: dates in ISO 8601, exact numbers as they are written, bytes by their size.

    A file's content is no value of a record; what it holds is told by its length, so that a person can ask for it.
    """
    if value.__class__ in _AS_IT_IS or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Decimal):
        return _exact(value)
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return {"bytes": len(value)}
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [as_json(item) for item in value]
    return str(value)


def _exact(value: Decimal) -> Any:
    if not value.is_finite():
        return str(value)
    if value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    number = float(value)
    return number if Decimal(str(number)) == value else str(value)


@lru_cache(maxsize=2_000)
def _compiled(place: str) -> Any:
    """A place that is more than names with dots, as JMESPath; None when it is neither."""
    try:
        return jmespath.compile(place)
    except JMESPathError:
        return None


def by_name(fields: Mapping[str, Any], place: str) -> Any:
    """The value at a name, a dotted place (``address.street``) or a JMESPath one (``tags[].name``); None when it is not there."""
    if place in fields:
        return fields[place]
    if _BEYOND_NAMES.search(place):
        found = _compiled(place)
        try:
            return found.search(fields) if found is not None else None
        except (JMESPathError, RecursionError, TypeError, ValueError):
            return None
    inner: Any = fields
    for name in place.split("."):
        if not isinstance(inner, dict) or name not in inner:
            return None
        inner = inner[name]
    return inner
