"""How each figure is counted from cases (or rights) that are already judged. One function a figure; tables use the same ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.services.reports.definitions import DAYS
from requests_app.services.reports.facts import ANSWERED, JOINED, NOT_IDENTIFIED, OPEN, UNSENT, WITHDRAWN, CaseNo, Item
from requests_app.services.reports.values import Value, count, middle, ninetieth, share, total_days

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date

    Counting = Callable[[Sequence[Item], date], Value]


def _numbers(items: Iterable[Item]) -> list[CaseNo]:
    return [item.case.no for item in items]


def _standing(standing: str) -> Counting:
    return lambda items, today: count(_numbers(item for item in items if item.standing == standing))


def _judged(judge: Callable[[Item], bool | None]) -> Counting:
    """The share of those judged that were kept."""

    def counting(items: Sequence[Item], today: date) -> Value:
        verdicts = [(item.case.no, judge(item)) for item in items]
        return share((no for no, verdict in verdicts if verdict), (no for no, verdict in verdicts if verdict is False))

    return counting


def _late(items: Sequence[Item], today: date) -> Value:
    return count(_numbers(item for item in items if item.in_time is False))


def _median(items: Sequence[Item], today: date) -> Value:
    answered = [item for item in items if item.days is not None]
    return middle(DAYS, [item.days for item in answered if item.days is not None], _numbers(answered))


def _p90(items: Sequence[Item], today: date) -> Value:
    answered = [item for item in items if item.days is not None]
    return ninetieth(DAYS, [item.days for item in answered if item.days is not None], _numbers(answered))


def _extended(items: Sequence[Item], today: date) -> Value:
    held = [(item.case.no, item.extension == "in_force") for item in items]
    return share((no for no, holds in held if holds), (no for no, holds in held if not holds))


def _extension(state: str) -> Counting:
    return lambda items, today: count(_numbers(item for item in items if item.extension == state))


def _paused(items: Sequence[Item], today: date) -> Value:
    return count(_numbers(item for item in items if item.case.paused))


def _paused_days(items: Sequence[Item], today: date) -> Value:
    paused = [item.case for item in items if item.case.paused]
    return total_days(sum(case.paused_days for case in paused), (case.no for case in paused))


COUNTINGS: dict[str, Counting] = {
    "received": lambda items, today: count(_numbers(items)),
    "answered": _standing(ANSWERED),
    "open": _standing(OPEN),
    "withdrawn": _standing(WITHDRAWN),
    "not_identified": _standing(NOT_IDENTIFIED),
    "joined": _standing(JOINED),
    "unsent": _standing(UNSENT),
    "on_time": _judged(lambda item: item.in_time),
    "on_time_paused": _judged(lambda item: item.in_time_paused),
    "late": _late,
    "within_month": _judged(lambda item: item.within_month),
    "within_three": _judged(lambda item: item.within_three),
    "median": _median,
    "p90": _p90,
    "extended": _extended,
    "extension_invalid": _extension("invalid"),
    "extension_waiting": _extension("waiting"),
    "paused": _paused,
    "paused_days": _paused_days,
}
"""Key of a definition -> how it is counted."""
