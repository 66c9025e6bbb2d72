"""Meter readings and costs, worked out from the meter and the hour: the same for ever, and nothing to store."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.dates import STOCKHOLM, local, next_month
from sandbox.homes import FLAT_METER, MOVE_IN
from sandbox.people import LAST_DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.homes import Meter

ORDER = ("15min", "hour", "day", "month", "year")
MAX_DAYS = {"15min": 31, "hour": 31, "day": 366, "month": 3660, "year": 3660}
"""The widest window one request may ask for."""

_SHAPE = (3, 2, 2, 2, 2, 3, 5, 8, 7, 5, 4, 5, 6, 5, 4, 5, 7, 10, 12, 11, 9, 8, 6, 4)
_END = datetime(LAST_DAY.year, LAST_DAY.month, LAST_DAY.day, tzinfo=STOCKHOLM) + timedelta(days=1)


def coarser(asked: str, meter: Meter) -> str:
    """The resolution that can be answered: the one asked for, or the meter's own when that is coarser."""
    return max(asked, meter.resolution, key=ORDER.index)


def periods(meter: Meter, start: datetime, end: datetime, resolution: str) -> Iterator[datetime]:
    """The starts of the hours, days, months or years in ``[start, end)`` that the meter has readings for."""
    first, last = max(start, local(meter.installed)), min(end, _END)
    if resolution == "hour":
        # Hours are counted in UTC, so that the day of the change has 23 or 25 of them.
        moment = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if moment < first:
            moment += timedelta(hours=1)
        while moment < last:
            yield moment.astimezone(STOCKHOLM)
            moment += timedelta(hours=1)
        return
    day = _floor(first.astimezone(STOCKHOLM).date(), resolution)
    while (moment := local(day)) < last:
        if moment >= first:
            yield moment
        day = _next(day, resolution)


def values(meter: Meter, start: datetime, end: datetime, resolution: str) -> list[dict[str, Any]]:
    """Readings as Mitt HEM gives them: kWh, m³ or kg, and the cost in SEK."""
    seed = _seed(meter.id)
    return [_value(meter, seed, moment, resolution) for moment in periods(meter, start, end, resolution)]


def costs(meter: Meter, start: datetime, end: datetime, resolution: str) -> list[dict[str, Any]]:
    """What the readings cost, in SEK."""
    return [{"date": value["date"], "cost": value["cost"]} for value in values(meter, start, end, resolution)]


def _value(meter: Meter, seed: int, moment: datetime, resolution: str) -> dict[str, Any]:
    noise = 0.6 + 0.8 * ((seed * 2654435761 + int(moment.timestamp()) // 3600 * 40503) % 99991) / 99991
    winter = _winter(moment.month, moment.day)
    if resolution == "hour":
        amount = 0.16 * _SHAPE[moment.hour] * winter * noise
    else:
        amount = (
            15.0 * {"day": 1, "month": 30, "year": 365}[resolution] * (1 if resolution == "year" else winter) * noise
        )
    if meter.number == FLAT_METER and moment.date() >= MOVE_IN:
        amount *= 2.5  # the next tenant uses far more, so that a mix-up shows
    date_text = moment.isoformat()
    if meter.service == "water":
        return {"date": date_text, "volume": round(amount / 80, 2), "cost": round(amount / 80 * 38.5, 2)}
    if meter.service == "waste":
        return {"date": date_text, "mass": round(amount / 30, 1), "cost": round(amount / 30 * 2.1, 2)}
    value = {"date": date_text, "energy": round(amount, 3), "cost": round(amount * 1.27, 2)}
    if meter.service == "districtHeating":
        value["volume"] = round(amount / 48, 3)
    return value


@cache
def _winter(month: int, day: int) -> float:
    """How much more is used in winter: 1.5 in mid January, 0.5 in mid July."""
    return 1 + 0.5 * math.cos(2 * math.pi * (month - 1 + (day - 15) / 30) / 12)


@cache
def _seed(meter_id: str) -> int:
    return int(meter_id[:8], 16)


def _floor(day: date, resolution: str) -> date:
    if resolution == "year":
        return day.replace(month=1, day=1)
    return day.replace(day=1) if resolution == "month" else day


def _next(day: date, resolution: str) -> date:
    if resolution == "year":
        return day.replace(year=day.year + 1)
    return next_month(day) if resolution == "month" else day + timedelta(days=1)
