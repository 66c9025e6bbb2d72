"""A report as plain values, in one language: figures with their definitions, and tables of the same."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import TYPE_CHECKING, Literal

from requests_app.domain.rights import Outcome
from requests_app.services.reports.definitions import COUNT, DAYS, HOURS, LEAST, MEAN, SHARE, SUM_DAYS, Both, Definition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from requests_app.services.reports.facts import CaseNo
    from requests_app.services.reports.period import Period

NO_BREAK = "\u00a0"
HIDDEN = Both("dold", "hidden")
"""What stands in place of a number that could point at somebody, or give one away by subtraction."""


@dataclass(frozen=True, slots=True)
class Value:
    """A number with what it is made of. ``amount`` is None when there is nothing to reckon or too few to show."""

    kind: str
    amount: Decimal | None
    n: int
    """How many it is reckoned from; for a share the whole."""
    part: int = 0
    """For a share, how many of ``n``; for a sum of days, how many cases."""
    counted: tuple[CaseNo, ...] = ()
    """The cases that make up the number."""
    rest: tuple[CaseNo, ...] = ()
    """For a share: those of the whole that do not count."""
    hidden: bool = False

    def hide(self) -> Value:
        """The same place without its number."""
        return replace(self, amount=None, n=0, part=0, counted=(), rest=(), hidden=True)


def count(cases: Iterable[CaseNo]) -> Value:
    """So many; one case may stand for several."""
    found = tuple(cases)
    return Value(COUNT, Decimal(len(found)), len(found), len(found), found)


def share(counted: Iterable[CaseNo], rest: Iterable[CaseNo]) -> Value:
    """A part of a whole, as a number from 0 to 1."""
    yes, no = tuple(counted), tuple(rest)
    n = len(yes) + len(no)
    return Value(SHARE, Decimal(len(yes)) / n if n else None, n, len(yes), yes, no)


def middle(kind: str, numbers: Sequence[float], cases: Iterable[CaseNo]) -> Value:
    """The median of days or hours, from ``LEAST`` up."""
    enough = len(numbers) >= LEAST
    return Value(kind, _exact(median(numbers)) if enough else None, len(numbers), len(numbers), tuple(cases))


def ninetieth(kind: str, numbers: Sequence[float], cases: Iterable[CaseNo]) -> Value:
    """The 90th percentile (nearest rank: the smallest number that nine in ten do not exceed), from ``LEAST`` up."""
    rank = math.ceil(len(numbers) * 9 / 10)
    amount = _exact(sorted(numbers)[rank - 1]) if len(numbers) >= LEAST else None
    return Value(kind, amount, len(numbers), len(numbers), tuple(cases))


def mean(numbers: Sequence[float], cases: Iterable[CaseNo]) -> Value:
    """The mean, when there is anything."""
    amount = _exact(sum(numbers) / len(numbers)) if numbers else None
    return Value(MEAN, amount, len(numbers), len(numbers), tuple(cases))


def total_days(days: int, cases: Iterable[CaseNo]) -> Value:
    """A sum of days over some cases."""
    found = tuple(cases)
    return Value(SUM_DAYS, Decimal(days), len(found), len(found), found)


def _exact(number: float) -> Decimal:
    return Decimal(str(round(number, 4)))


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a report and what it means."""

    key: str
    label: str
    means: str
    value: Value


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table; ``key`` names its definition unless it is one of a family (``outcome:granted``)."""

    key: str
    label: str
    means: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table. ``last`` is the row of all, which the others add up to when the table is ``parted``."""

    key: str
    label: str
    values: tuple[Value, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Numbers by one thing. ``parted``: each case is in exactly one row, so that a hidden one could be reckoned from the sum."""

    key: str
    title: str
    head: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    parted: bool = True
    both_ways: bool = False
    """Whether the columns, too, are parts of one whole."""
    names: bool = False
    """Whether the rows name staff: such a table stays inside legal's role."""


@dataclass(frozen=True, slots=True)
class Chart:
    """Columns of a table to draw: ``bar`` for numbers over time, ``line`` for shares, ``rows`` for numbers by name.

    The table is the truth, the drawing a help.
    """

    key: str
    title: str
    table: str
    columns: tuple[str, ...]
    shape: Literal["bar", "line", "rows"] = "bar"


@dataclass(frozen=True, slots=True)
class Report:
    """A report in one language. ``narrowed`` says in words what it was narrowed to; ``shared``: fit to leave legal's role."""

    key: str
    title: str
    about: str
    lang: str
    period: Period
    narrowed: tuple[str, ...]
    figures: tuple[Figure, ...]
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    shared: bool = field(default=False)

    def figure(self, key: str) -> Figure:
        """One of its figures; ``KeyError`` when it has no such."""
        return next((item for item in self.figures if item.key == key), None) or _missing(key)

    def table(self, key: str) -> Table:
        """One of its tables; ``KeyError`` when it has no such."""
        found = next((item for item in self.tables if item.key == key), None)
        if found is None:
            raise KeyError(key)
        return found


def _missing(key: str) -> Figure:
    raise KeyError(key)


def figure(definition: Definition, value: Value, lang: str) -> Figure:
    """A figure under its definition."""
    return Figure(definition.key, definition.label.say(lang), definition.means.say(lang), value)


def column(definition: Definition, lang: str, *, key: str = "", label: str = "") -> Column:
    """A column under a definition, with a key and a heading of its own when it is one of a family."""
    return Column(key or definition.key, label or definition.label.say(lang), definition.means.say(lang))


def shown(value: Value, lang: str) -> str:
    """The number as people read it: ``1 284``, ``92,3 %``, ``9,5``, ``2,4 h``."""
    if value.hidden:
        return HIDDEN.say(lang)
    if value.amount is None:
        return "–"
    if value.kind == SHARE:
        percent = value.amount * 100
        return f"{_number(percent, lang, 0 if percent in {0, 100} else 1, fixed=True)}{'' if lang.startswith('en') else NO_BREAK}%"
    if value.kind == HOURS:
        return _duration(value.amount, lang)
    return _number(value.amount, lang, {COUNT: 0, SUM_DAYS: 0, DAYS: 1, MEAN: 1}[value.kind])


def basis(value: Value, lang: str) -> str:
    """What the number is reckoned from: ``12 av 13`` for a share, ``n = 25`` for a percentile; nothing for a count."""
    english = lang.startswith("en")
    if value.hidden or value.kind in {COUNT, SUM_DAYS}:
        return ""
    if value.kind == SHARE:
        return "" if not value.n else f"{value.part} {'of' if english else 'av'} {value.n}"
    return f"n{NO_BREAK}={NO_BREAK}{value.n}"


def _number(number: Decimal, lang: str, decimals: int, *, fixed: bool = False) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
    text = f"{rounded:,f}"
    if not fixed and text.endswith(".0"):
        text = text[:-2]
    return text if lang.startswith("en") else text.replace(",", NO_BREAK).replace(".", ",")


def _duration(hours: Decimal, lang: str) -> str:
    english = lang.startswith("en")
    if hours < 1:
        return f"{_number(hours * 60, lang, 0)}{NO_BREAK}min"
    if hours < 48:
        return f"{_number(hours, lang, 1)}{NO_BREAK}{'h' if english else 'tim'}"
    return f"{_number(hours / 24, lang, 1)}{NO_BREAK}{'days' if english else 'dagar'}"


DECIDED_RIGHTS = frozenset(
    {Outcome.GRANTED.value, Outcome.PARTLY_GRANTED.value, Outcome.REFUSED.value, Outcome.NOTHING_FOUND.value}
)
REFUSALS = frozenset({Outcome.REFUSED.value, Outcome.PARTLY_GRANTED.value})
