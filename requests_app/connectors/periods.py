"""Stretches of time in which an agreement was the person's own, and the windows they are asked for in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.reading import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Period = tuple[datetime, datetime]
"""From, included, to, not included; aware."""


def own_period(item: Mapping[str, Any], until: datetime) -> Period:
    """``startDate`` to ``endDate`` of an agreement or service, ``until`` when it still runs.

    An end without a time of day means that whole day. Raises WRONG_TYPE without a start: whose readings they are is then not known.
    """
    start, end = moment(item.get("startDate")), moment(item.get("endDate"))
    if start is None:
        raise ConnectorError(Fault.WRONG_TYPE, field="startDate")
    if end is None and item.get("endDate") is not None:
        raise ConnectorError(Fault.WRONG_TYPE, field="endDate")
    if end is not None and len(str(item["endDate"]).strip()) <= len("2026-01-01"):
        end = moment((end + timedelta(days=1)).date().isoformat())
    return start, min(end or until, until)


def common(periods: Iterable[Period], whole: Period) -> list[Period]:
    """The parts of ``periods`` that lie in ``whole``, merged and in order."""
    merged: list[Period] = []
    for start, end in sorted((max(start, whole[0]), min(end, whole[1])) for start, end in periods):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def windows(periods: Iterable[Period], days: int, after: datetime | None = None) -> Iterator[Period]:
    """Windows of at most ``days`` over the periods, from ``after`` on.

    Days are counted in UTC, so that a window over the change of clocks is no longer than asked for.
    """
    width = timedelta(days=days)
    for start, end in periods:
        begin = max(start, after) if after else start
        begin = begin.astimezone(UTC)
        while begin < end:
            stop = min(begin + width, end.astimezone(UTC))
            yield begin, stop
            begin = stop
