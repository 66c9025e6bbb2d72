"""How each system has fared over thirty days: what gatherings came to, how the tries of its connection went, how long they took."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max
from django.db.models.functions import TruncDate
from django.utils import timezone
from django.utils.timezone import localtime

from requests_app.domain.states import CollectionOutcome, CollectionState
from requests_app.models import Collection, SystemCheck
from requests_app.services.register import health
from requests_app.services.register.kept_open import held_systems
from requests_app.services.register.reach import LATELY, Reach, Way, reaches

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.models import System, SystemSecret

DAYS = 30


class Standing(StrEnum):
    """How a system stands now, the worst first."""

    FAILS = "fails"  # its last try failed
    NO_WAY = "no_way"  # nothing is set up, or what is lacks something
    OFF = "off"
    UNTESTED = "untested"
    BY_HAND = "by_hand"
    WORKS = "works"


@dataclass(frozen=True, slots=True)
class Day:
    """One day: gatherings that were done, done in part, and failed; tries that were answered, and not."""

    day: date
    done: int = 0
    in_part: int = 0
    failed: int = 0
    answered: int = 0
    silent: int = 0

    @property
    def level(self) -> str:
        """``bad`` when something failed, ``part`` when something was searched in part, ``good``, or ``none``."""
        if self.failed or self.silent:
            return "bad"
        return "part" if self.in_part else "good" if self.done or self.answered else "none"


@dataclass(frozen=True, slots=True)
class Fares:
    """One system. Times are milliseconds of the tries of the last seven days."""

    reach: Reach
    standing: Standing
    days: tuple[Day, ...]
    since: datetime | None = None
    fault: str = ""
    fault_params: dict[str, Any] = field(default_factory=dict)
    median: int | None = None
    slowest: int | None = None
    ending: tuple[SystemSecret, ...] = ()
    held: int = 0
    """Open cases for whose sake routine deletion must wait in it."""

    @property
    def system(self) -> System:
        """The system itself."""
        return self.reach.system

    @property
    def bad_days(self) -> int:
        """Days on which something failed."""
        return sum(day.level == "bad" for day in self.days)

    @property
    def quiet_days(self) -> int:
        """Days on which nothing was asked."""
        return sum(day.level == "none" for day in self.days)

    @property
    def needs_somebody(self) -> bool:
        """Whether a person should look."""
        return self.standing in {Standing.FAILS, Standing.NO_WAY} or bool(self.reach.failed_at or self.ending)


def fares() -> list[Fares]:
    """Every system in use, those that need somebody first, in a fixed number of queries."""
    today = timezone.localdate()
    gathered = _gathered(today)
    tries = _tries(today)
    last = _last_tries()
    failures = _failures()
    ending: dict[int, list[SystemSecret]] = defaultdict(list)
    for secret in health.expiring():
        ending[secret.system_id].append(secret)
    held = held_systems()
    found = []
    for reach in reaches():
        if not reach.system.active:
            continue
        pk = reach.system.pk
        checked = last.get(pk)
        standing = _standing(reach, checked)
        told: SystemCheck | Collection | None = checked if checked is not None and not checked.ok else failures.get(pk)
        took = [ms for day, _ok, ms in tries[pk] if day > today - timedelta(days=7)]
        found.append(
            Fares(
                reach,
                standing,
                tuple(_day(today - timedelta(days=back), gathered[pk], tries[pk]) for back in range(DAYS - 1, -1, -1)),
                since=(reach.system.down_since or checked.at) if standing is Standing.FAILS and checked else None,
                fault=told.fault if told is not None else "",
                fault_params=_params(told),
                median=round(median(took)) if took else None,
                slowest=max(took, default=None),
                ending=tuple(ending[pk]),
                held=held[pk],
            )
        )
    order = list(Standing)
    return sorted(found, key=lambda one: (not one.needs_somebody, order.index(one.standing)))


def _standing(reach: Reach, last: SystemCheck | None) -> Standing:
    if reach.system.off_at is not None:
        return Standing.OFF
    if reach.way in {Way.BY_HAND, Way.OWNERLESS}:
        return Standing.BY_HAND
    if reach.way is not Way.CONNECTOR:
        return Standing.NO_WAY
    if last is not None:
        return Standing.WORKS if last.ok else Standing.FAILS
    return Standing.WORKS if reach.succeeded_at else Standing.UNTESTED


def _params(told: SystemCheck | Collection | None) -> dict[str, Any]:
    if told is None:
        return {}
    return dict(told.params if isinstance(told, SystemCheck) else told.fault_params)


def _gathered(today: date) -> dict[int, Counter[tuple[date, str]]]:
    """Gatherings that ended, by system, day and what they came to."""
    newest = Collection.objects.aggregate(last=Max("pk"))["last"] or 0
    rows = (
        Collection.objects.filter(
            pk__gt=newest - LATELY, ended_at__date__gt=today - timedelta(days=DAYS), system_version__isnull=False
        )
        .order_by()
        .annotate(day=TruncDate("ended_at"))
        .values_list("system_id", "day", "state", "outcome")
        .annotate(n=Count("pk"))
    )
    found: dict[int, Counter[tuple[date, str]]] = defaultdict(Counter)
    for system, day, state, outcome, n in rows:
        found[system][day, _sort(state, outcome)] += n
    return found


def _sort(state: str, outcome: str) -> str:
    if state == CollectionState.FAILED.value:
        return "failed"
    if outcome == CollectionOutcome.PARTIAL.value:
        return "in_part"
    return "done" if outcome in {CollectionOutcome.FOUND.value, CollectionOutcome.NOTHING.value} else ""


def _tries(today: date) -> dict[int, list[tuple[date, bool, int]]]:
    """Tries of each connection: day, whether it answered, milliseconds."""
    rows = SystemCheck.objects.filter(at__date__gt=today - timedelta(days=DAYS)).order_by()
    found: dict[int, list[tuple[date, bool, int]]] = defaultdict(list)
    for system, at, ok, took in rows.values_list("system_id", "at", "ok", "milliseconds").iterator(chunk_size=5_000):
        found[system].append((localtime(at).date(), ok, took))
    return found


def _last_tries() -> dict[int, SystemCheck]:
    last = SystemCheck.objects.order_by().values("system_id").annotate(last=Max("pk")).values("last")
    return {row.system_id: row for row in SystemCheck.objects.filter(pk__in=last)}


def _failures() -> dict[int, Collection]:
    """The last gathering of each system that stands failed and waits for a person."""
    last = (
        Collection.objects.filter(current=True, state=CollectionState.FAILED.value)
        .order_by()
        .values("system_id")
        .annotate(last=Max("pk"))
        .values("last")
    )
    return {row.system_id: row for row in Collection.objects.filter(pk__in=last)}


def _day(day: date, gathered: Counter[tuple[date, str]], tries: Iterable[tuple[date, bool, int]]) -> Day:
    answers = Counter(ok for when, ok, _took in tries if when == day)
    return Day(
        day,
        done=gathered[day, "done"],
        in_part=gathered[day, "in_part"],
        failed=gathered[day, "failed"],
        answered=answers[True],
        silent=answers[False],
    )
