"""Dates and times as the systems write them, in Swedish local time or UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    import random

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def local(day: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """A moment of a day in Swedish local time."""
    return datetime.combine(day, time(hour, minute, second), STOCKHOLM)


def utc_text(moment: datetime) -> str:
    """``2026-03-02T08:00:00.000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def any_time(chance: random.Random, first: date, last: date, hours: tuple[int, int] = (7, 22)) -> datetime:
    """Some moment between two days, both included, in the hours between (the last not included)."""
    day = first + timedelta(days=chance.randrange((last - first).days + 1))
    return local(day, chance.randrange(*hours), chance.randrange(60), chance.randrange(60))


def month_starts(first: date, last: date) -> list[date]:
    """The first days of the months from the month of ``first`` to the month of ``last``."""
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [date(n // 12, n % 12 + 1, 1) for n in months]


def next_month(day: date) -> date:
    """The first day of the month after."""
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def read_moment(text: str) -> datetime:
    """A date or date-time from a query; without an offset it is Swedish local time. Raises ``ValueError``."""
    # An unescaped plus sign of an offset reaches us as a space.
    moment = datetime.fromisoformat(text.strip().replace(" ", "+"))
    return moment if moment.tzinfo else moment.replace(tzinfo=STOCKHOLM)
