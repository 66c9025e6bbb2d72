"""When an answer is due, by GDPR Article 12(3) and Regulation (EEC, Euratom) 1182/71.

A period of months ends on the day with the same date as the day of receipt (Article 3(2)(c); CJEU C-171/03 Toeters,
paragraphs 33 and 36), on the last day of the month when there is no such date, and on the next working day when it
ends on a Saturday, Sunday or public holiday (Article 3(4)). The day is the calendar day in Sweden; days are counted,
never hours.

Two dates are kept side by side. ``due_statutory_on`` knows no pauses: the text of Article 12(3) has none, so
everything that protects the person (order of lists, reminders, overdue, notices) follows it. ``due_on`` adds the days
during which the controller waited for the person to complete the request, as EDPB Guidelines 01/2022 § 159 says *may*
be done. A pause that has not ended moves ``due_on`` from day to day, for display; it never moves the statutory date,
so a person who does not answer is still told within the month why nothing is done (Article 12(4)).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from requests_app.domain.calendar_se import is_working_day, why_not_working

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NO_TIME = time(12, 0, 0, 1)
"""Noon and a microsecond: what stands for a time of day that nobody knew; nobody types it."""
_DAY = timedelta(days=1)


class Rule(StrEnum):
    """Where a step of the reckoning stands written; ``deadline_words`` has its citation in both languages."""

    RECEIPT = "receipt"  # EDPB 01/2022 § 159
    ONE_MONTH = "one_month"  # 1182/71 3(2)(c)
    THREE_MONTHS = "three_months"  # GDPR 12(3), second sentence, and 1182/71 3(2)(c)
    WORKING_DAY = "working_day"  # 1182/71 3(4)
    ANSWER = "answer"  # GDPR 12(3)
    NOTICE = "notice"  # GDPR 12(3) and 12(4)
    PAUSE = "pause"  # EDPB 01/2022 § 159


@dataclass(frozen=True, slots=True)
class Pause:
    """Days of waiting for the person: when a completion was asked for and when a sufficient one came, if it has."""

    asked_on: date
    answered_on: date | None = None

    def __post_init__(self) -> None:
        if self.answered_on is not None and self.answered_on < self.asked_on:
            raise ValueError("A pause cannot end before it began.")


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the reckoning, to be put into words: what happened, with which dates and numbers, by which rule."""

    code: str
    params: Mapping[str, Any]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Clock:
    """The dates of one case and how they were reached. A date is a day in Sweden; its last hour is still in time."""

    received_on: date
    due_on: date
    """With pauses; the extended date once the extension is in force."""
    due_statutory_on: date
    """Without pauses; the extended date once the extension is in force."""
    extended_due_on: date
    """Three months from receipt, with pauses: what ``due_on`` is or would be with an extension."""
    extended_statutory_on: date
    """Three months from receipt, without pauses."""
    notice_by: date
    """One month from receipt, without pauses: last day to tell of an extension, a refusal or that nothing is done."""
    paused_days: int
    extended: bool
    steps: tuple[Step, ...] = field(repr=False)


def received_on(received_at: datetime) -> date:
    """The calendar day in Sweden on which the request reached an official channel, working day or not."""
    if received_at.tzinfo is None:
        raise ValueError("The time of receipt must say its time zone.")
    return received_at.astimezone(STOCKHOLM).date()


def add_months(day: date, months: int) -> date:
    """The same date that many months later, or the last day of that month when it has no such date."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month0 + 1, min(day.day, calendar.monthrange(year, month0 + 1)[1]))


def roll(day: date, eves_are_holidays: bool = False) -> date:
    """The day itself if it is a working day, else the next one (Regulation 1182/71 Article 3(4))."""
    while not is_working_day(day, eves_are_holidays):
        day += _DAY
    return day


def post_by(due_on: date, eves_are_holidays: bool = False, working_days: int = 3) -> date:
    """The last working day on which a letter is posted so that it should arrive by the due date: three working days before.

    "Answered" means dispatched; no source says whether a letter must also have arrived, so it is given the time to.
    """
    day = due_on
    for _ in range(working_days):
        day -= _DAY
        while not is_working_day(day, eves_are_holidays):
            day -= _DAY
    return day


def expires_at(day: date) -> datetime:
    """The instant after the last hour of a day in Sweden, in UTC: the answer is late from then on."""
    return datetime.combine(day + _DAY, time(), STOCKHOLM).astimezone(UTC)


def days_left(day: date, today: date) -> int:
    """Calendar days until the day; 0 on the day itself, negative when it has passed."""
    return (day - today).days


def can_pause(
    received_on: date,
    asked_on: date,
    authenticated_with_eid: bool,
    policy_working_days: int = 3,
    eves_are_holidays: bool = False,
) -> bool:
    """Whether waiting for the person may count as a pause.

    Only when the completion was asked for without undue delay, which the policy sets in working days after the day of
    receipt (EDPB 01/2022 § 159), and never when the person had logged in with eID: there is no doubt to remove (§ 73).
    """
    last = received_on
    for _ in range(policy_working_days):
        last = roll(last + _DAY, eves_are_holidays)
    return not authenticated_with_eid and received_on <= asked_on <= last


def may_extend(today: date, notice_by: date) -> bool:
    """Whether there is still time to tell of an extension: to the last day of the first month (GDPR Article 12(3))."""
    return today <= notice_by


def compute(
    received_on: date,
    pauses: Iterable[Pause] = (),
    extended: bool = False,
    eves_are_holidays: bool = False,
    today: date | None = None,
) -> Clock:
    """Reckon all dates of a case.

    ``pauses`` are those that may count (``can_pause``). The days of a pause are those after it was asked for, to and
    with the day of the answer; a day in two pauses counts once, days before receipt not at all, and they are added to
    the nominal date, before it is moved to a working day. A pause without an answer counts to and with ``today``, or
    not at all without it. The extended date is three months from receipt, not two from the due date, and moves both
    dates; ``notice_by`` stays.
    """
    known = tuple(sorted(pauses, key=lambda pause: pause.asked_on))
    paused = _paused_days(received_on, known, today)

    def after(months: int, days: int = 0) -> date:
        return roll(add_months(received_on, months) + timedelta(days), eves_are_holidays)

    months = 3 if extended else 1
    return Clock(
        received_on=received_on,
        due_on=after(months, paused),
        due_statutory_on=after(months),
        extended_due_on=after(3, paused),
        extended_statutory_on=after(3),
        notice_by=after(1),
        paused_days=paused,
        extended=extended,
        steps=(
            *_statutory_steps(received_on, extended, eves_are_holidays),
            *_pause_steps(add_months(received_on, months), known, paused, eves_are_holidays),
        ),
    )


def _paused_days(received: date, pauses: Iterable[Pause], today: date | None) -> int:
    """Days in at least one pause after receipt; ``pauses`` in the order they were asked for."""
    counted_to, total = received, 0
    for pause in pauses:
        start = max(pause.asked_on, counted_to)
        end = pause.answered_on or today
        if end is not None and end > start:
            total += (end - start).days
            counted_to = end
    return total


def _statutory_steps(received: date, extended: bool, eves_are_holidays: bool) -> Iterator[Step]:
    yield Step("received", {"day": received}, Rule.RECEIPT)
    yield from _month_steps(received, 1, Rule.ONE_MONTH, eves_are_holidays)
    first_month = roll(add_months(received, 1), eves_are_holidays)
    notice = Step("notice", {"day": first_month}, Rule.NOTICE)
    if extended:
        yield notice
        yield from _month_steps(received, 3, Rule.THREE_MONTHS, eves_are_holidays)
        yield Step("due", {"day": roll(add_months(received, 3), eves_are_holidays)}, Rule.ANSWER)
    else:
        yield Step("due", {"day": first_month}, Rule.ANSWER)
        yield notice


def _month_steps(received: date, months: int, rule: Rule, eves_are_holidays: bool) -> Iterator[Step]:
    nominal = add_months(received, months)
    missing = received.day if nominal.day != received.day else None
    yield Step("months", {"months": months, "day": nominal, "missing": missing}, rule)
    yield from _roll_steps(nominal, eves_are_holidays)


def _roll_steps(nominal: date, eves_are_holidays: bool) -> Iterator[Step]:
    skipped, day = [], nominal
    while reason := why_not_working(day, eves_are_holidays):
        skipped.append((day, reason))
        day += _DAY
    if skipped:
        yield Step("moved", {"skipped": tuple(skipped), "day": day}, Rule.WORKING_DAY)


def _pause_steps(nominal: date, pauses: tuple[Pause, ...], days: int, eves_are_holidays: bool) -> Iterator[Step]:
    for pause in pauses:
        yield Step("asked", {"asked_on": pause.asked_on, "answered_on": pause.answered_on}, Rule.PAUSE)
    if days:
        moved = nominal + timedelta(days)
        yield Step("paused", {"days": days, "from": nominal, "day": moved}, Rule.PAUSE)
        yield from _roll_steps(moved, eves_are_holidays)
        yield Step("due_with_pauses", {"day": roll(moved, eves_are_holidays)}, Rule.PAUSE)
    if days or any(pause.answered_on is None for pause in pauses):
        yield Step("statutory_leads", {"day": roll(nominal, eves_are_holidays)}, Rule.ANSWER)
    elif pauses:
        yield Step("not_paused", {}, Rule.PAUSE)
