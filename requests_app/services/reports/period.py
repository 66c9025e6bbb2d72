"""What a report is asked for: a period and what it is narrowed to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from requests_app.domain.deadlines import STOCKHOLM, add_months

if TYPE_CHECKING:
    from collections.abc import Iterator

PRESETS = ("month", "last_month", "quarter", "year", "last_12")
"""Periods one click away; every other is given by its first and last day."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both counted, as days in Sweden."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    @property
    def begins_at(self) -> datetime:
        """The first instant of the period."""
        return datetime.combine(self.first, time(), STOCKHOLM)

    @property
    def ends_before(self) -> datetime:
        """The instant after its last."""
        return datetime.combine(self.last + timedelta(days=1), time(), STOCKHOLM)

    def months(self) -> Iterator[date]:
        """The first day of each month the period touches."""
        month = self.first.replace(day=1)
        while month <= self.last:
            yield month
            month = add_months(month, 1)


def preset(name: str, today: date) -> Period:
    """A named period that ends today or, ``last_month``, with the month before; ``last_12`` are twelve whole or begun months."""
    month = today.replace(day=1)
    if name == "last_month":
        return Period(add_months(month, -1), month - timedelta(days=1))
    first = {
        "month": month,
        "quarter": date(today.year, (today.month - 1) // 3 * 3 + 1, 1),
        "year": date(today.year, 1, 1),
    }.get(name, add_months(month, -11))
    return Period(first, today)


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What a report counts: cases received in the period, narrowed to one right, channel, team, handler or system when given."""

    period: Period
    right: str = ""
    channel: str = ""
    team: str = ""
    """Key of the team."""
    handler: int | None = None
    """Primary key of the handler; 0 for cases nobody handles."""
    system: str = ""
    """Key of the system."""
