"""What is known of one case when it is counted, and what follows for the clock: answered or not, in time or not.

Rules (GDPR Article 12(3)-(4), Regulation 1182/71):

* Answered means dispatched. The first answer counts; that a case was taken up again changes nothing. What reached the wrong
  person, and was taken back, is no answer: the first that was sent after it and not taken back counts, late or not.
* The last day is that of the first month, or that of the third when an extension is in force: its notice left no later than the
  last day of the first month. A notice that left later, or never, extends nothing.
* That no action is taken (refused, another controller's matter, deceased, not a natural person) must be told by the last day of
  the first month, also when the time was extended and whatever pauses there were.
* Withdrawn, joined to another case and closed without having been able to identify the person are no answers: they stand outside
  every rate and are counted apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from requests_app.domain.deadlines import add_months, roll
from requests_app.domain.rights import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_ACTION = frozenset(
    {
        Outcome.REFUSED.value,
        Outcome.OTHER_CONTROLLER.value,
        Outcome.DECEASED.value,
        Outcome.NOT_NATURAL_PERSON.value,
    }
)
"""Outcomes that tell the person that nothing is done (Article 12(4)): within one month, extended or not."""

ANSWERED, OPEN, UNSENT = "answered", "open", "unsent"
WITHDRAWN, NOT_IDENTIFIED, JOINED = Outcome.WITHDRAWN.value, Outcome.NOT_IDENTIFIED.value, Outcome.JOINED.value
APART = frozenset({WITHDRAWN, NOT_IDENTIFIED, JOINED})


class CaseNo(NamedTuple):
    """A case as a report names it: our diary number and the controller's own."""

    diary_no: str
    external_no: str = ""


@lru_cache(maxsize=20_000)
def last_day(received: date, months: int, extra: int, eves_are_holidays: bool) -> date:
    """The last day of so many months from receipt, ``extra`` paused days added before it moves to a working day."""
    return roll(add_months(received, months) + timedelta(days=extra), eves_are_holidays)


@dataclass(slots=True)
class RightFacts:
    """One right of a case."""

    right: str
    outcome: str
    dispatched_on: date | None
    ground: str = ""


@dataclass(slots=True)
class CaseFacts:
    """One case, without a word about the person."""

    pk: int
    no: CaseNo
    team: int
    handler: int | None
    channel: str
    received_on: date
    due_on: date
    due_statutory_on: date
    eves: bool
    dispatched_on: date | None
    closed_on: date | None
    closed_as: str
    rights: list[RightFacts] = field(default_factory=list)
    extension_decided: bool = False
    notice_on: date | None = None
    paused_days: int = 0
    paused: bool = False

    @property
    def first_month(self) -> date:
        """The last day of the first month, without pauses: for notices of extension and of refusal."""
        if not self.extension_decided:
            return self.due_statutory_on
        return last_day(self.received_on, 1, 0, self.eves)

    def extension(self, today: date) -> str:
        """``in_force``, ``invalid`` (its notice left too late or never), ``waiting`` (there is, or was, still time), or nothing."""
        if not self.extension_decided:
            return ""
        if self.notice_on is not None:
            return "in_force" if self.notice_on <= self.first_month else "invalid"
        ended = self.dispatched_on or self.closed_on or today
        return "waiting" if ended <= self.first_month else "invalid"

    def last_days(self, outcome: str, today: date) -> tuple[date, date]:
        """The last day for an answer with this outcome: by law, and with pauses."""
        if outcome in NO_ACTION:
            return self.first_month, self.first_month
        extension = self.extension(today)
        if not extension:
            return self.due_statutory_on, self.due_on
        months = 3 if extension == "in_force" else 1
        by_law = last_day(self.received_on, months, 0, self.eves)
        return by_law, last_day(self.received_on, months, self.paused_days, self.eves)


class Item(NamedTuple):
    """What is counted once: a case, or one right of it. ``None`` stands for "outside the rate": apart, or not yet due."""

    case: CaseFacts
    rights: tuple[RightFacts, ...]
    standing: str
    answered_on: date | None
    in_time: bool | None
    in_time_paused: bool | None
    within_month: bool | None
    within_three: bool | None
    days: int | None
    """Calendar days from receipt to answer."""
    extension: str
    """``in_force``, ``invalid``, ``waiting`` or nothing."""


def _outside(case: CaseFacts, rights: tuple[RightFacts, ...], standing: str, today: date) -> Item:
    return Item(case, rights, standing, None, None, None, None, None, None, case.extension(today))


def of_right(case: CaseFacts, right: RightFacts, today: date) -> Item:
    """One right, judged by its own outcome and its own dispatch."""
    answered = right.dispatched_on or case.dispatched_on
    if answered and case.dispatched_on and case.dispatched_on < answered:
        answered = case.dispatched_on  # dispatched anew after the case was taken up again: the first answer counts
    if right.outcome in APART:  # nothing more was to leave for it, whatever its day says
        return _outside(case, (right,), right.outcome, today)
    if answered is None and case.closed_on is not None:
        return _outside(case, (right,), UNSENT, today)
    by_law, with_pauses = case.last_days(right.outcome, today)
    return Item(
        case,
        (right,),
        ANSWERED if answered else OPEN,
        answered,
        _kept(answered, by_law, today),
        _kept(answered, with_pauses, today),
        _kept(answered, last_day(case.received_on, 1, 0, case.eves), today),
        _kept(answered, last_day(case.received_on, 3, 0, case.eves), today),
        (answered - case.received_on).days if answered else None,
        case.extension(today),
    )


def of_case(case: CaseFacts, today: date, judged: Sequence[Item]) -> Item:
    """A case as a whole: in time when each of its rights was; late as soon as one of them is. ``judged``: its rights, one by one."""
    rights = tuple(case.rights)
    if case.dispatched_on is None and case.closed_on is not None:
        return _outside(case, rights, case.closed_as if case.closed_as in APART else UNSENT, today)
    if len(judged) == 1 and judged[0].standing in {ANSWERED, OPEN} and judged[0].answered_on == case.dispatched_on:
        return judged[0]  # as most are: what holds for the right holds for the case
    counted = [item for item in judged if item.standing in {ANSWERED, OPEN}]
    days = [item.answered_on for item in counted if item.answered_on]
    # a right that was taken back after the last answer had left does not make that answer later
    last = max(days, default=case.dispatched_on) if case.dispatched_on else None
    alone = of_right(replace(case, dispatched_on=last), RightFacts("", "", last), today)._replace(case=case)
    answered = bool(alone.answered_on)
    return alone._replace(
        rights=rights,
        in_time=_all([item.in_time for item in counted], alone.in_time, answered),
        in_time_paused=_all([item.in_time_paused for item in counted], alone.in_time_paused, answered),
    )


def _kept(answered: date | None, last: date, today: date) -> bool | None:
    if answered is not None:
        return answered <= last
    return False if today > last else None


def _all(judged: list[bool | None], alone: bool | None, answered: bool) -> bool | None:
    """Late when one right is late; in time only once the whole case is answered."""
    if not judged:
        return alone
    if False in judged:
        return False
    return True if answered else None
