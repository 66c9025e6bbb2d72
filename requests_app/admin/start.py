"""The start page: what the person who logged in has to do, in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Case as CaseWhen, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone
from django.utils.translation import get_language

from requests_app.admin import case_pages
from requests_app.admin.due import Due, due
from requests_app.domain.channels import MailState
from requests_app.domain.deadline_words import format_day
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.states import CollectionState
from requests_app.models import Case, Delivery, IncomingMail, Render, System
from requests_app.services import access, register, sending, words
from requests_app.services.case_facts import Facts, facts_for
from requests_app.services.mailbox.access import may_read
from requests_app.services.next_step import CLOSING_LETTERS, NextStep, next_step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.http import HttpRequest

    from requests_app.models import User

READ = 100
"""Cases of one's own that are looked at."""
SHOWN = 20
"""Cases in one list of the page; the rest is a click away."""
WEEKS = 5
FRIDAY = 4
BAR = 6
"""Last days in one day that fill its bar."""


@dataclass(frozen=True, slots=True)
class Todo:
    """A case to work, with its next step and where it is done."""

    case: Case
    rights: str
    step: NextStep
    due: Due
    url: str


@dataclass(frozen=True, slots=True)
class Listed:
    """The first of a list, and how many there are in all."""

    items: list[Todo]
    count: int

    @property
    def more(self) -> bool:
        """Whether the page shows only the first ones."""
        return self.count > len(self.items)


@dataclass(frozen=True, slots=True)
class Day:
    """A working day of the timeline. ``width`` is its bar's, of 100."""

    day: date
    count: int
    today: bool
    past: bool

    @property
    def label(self) -> str:
        """``16 nov``."""
        return format_day(self.day, get_language() or "sv", self.day).partition(" ")[2]

    @property
    def width(self) -> int:
        """How long the bar is, of 100."""
        return min(100, round(100 * self.count / BAR))


@dataclass(frozen=True, slots=True)
class Week:
    """A row of the timeline."""

    number: int
    days: list[Day]

    @property
    def current(self) -> bool:
        """Whether today is in it."""
        return any(item.today for item in self.days)


@dataclass(slots=True)
class Failed:
    """A system that could not be searched, with the cases that wait for it."""

    system: System
    sentence: str
    cases: list[tuple[Case, str]] = field(default_factory=list)


@dataclass(slots=True)
class Figures:
    """What is counted over all cases the person may work, and the mails that wait for anybody."""

    by_day: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    overdue: int = 0
    mine: int = 0
    unassigned: int = 0
    answered: int = 0
    in_time: int = 0
    mails: int = 0

    def next_due(self, today: date) -> date | None:
        """The next last day that is not past."""
        return min((day for day in self.by_day if day >= today), default=None)


def context(request: HttpRequest) -> dict[str, Any]:
    """Each role's part; one person may have several."""
    user = cast("User", request.user)
    access.remember(user)
    found: dict[str, Any] = {"works": access.works(user), "registers": access.may(user, "register_case")}
    may_confirm = access.may(user, "change_processingitem")
    systems: list[System] = []
    unconfirmed: Mapping[int, frozenset[str]] = {}
    if found["works"] or may_confirm:
        systems = list(System.objects.filter(active=True).order_by("position", "key"))
        unconfirmed = register.unconfirmed_by_system(systems)
        found |= {"to_confirm": len(frozenset().union(*unconfirmed.values())), "may_confirm": may_confirm}
    if found["works"]:
        found |= _coordinator(user, unconfirmed)
        found["reads_mail"] = may_read(user)
    if access.may(user, "approve_decision"):
        found["legal"] = True
    if access.may(user, "change_system") and access.may(user, "add_system"):
        found["systems"] = systems
    return found


def only_legal(found: dict[str, Any]) -> bool:
    """Whether deciding and overseeing is all the person does: then legal's desk is the start."""
    return "legal" in found and not found["works"] and not found["registers"] and "systems" not in found


def only_registers(found: dict[str, Any]) -> bool:
    """Whether registering is all the person does, as in customer service: then that page is the start."""
    return bool(found["registers"]) and not found["works"] and not found.keys() & {"legal", "systems", "to_confirm"}


def _coordinator(user: User, unconfirmed: Mapping[int, frozenset[str]]) -> dict[str, Any]:
    visible = access.cases_visible_to(user)
    today = timezone.localdate()
    figures = _figures(visible, user, today)
    rows = _rows(visible, user)
    facts = facts_for(rows, unconfirmed)
    todos = [_todo(case, facts[case.pk]) for case in rows]
    mine = [item for item in todos if item.case.handler_id == user.pk or item.case.closed_at]
    now = [item for item in mine if not item.step.waiting]
    waiting = [item for item in mine if item.step.waiting]
    unread = max(0, figures.mine - sum(not item.case.closed_at for item in mine))
    return {
        "todo": Listed(now[:SHOWN], len(now) + unread),
        "waiting": Listed(waiting[:SHOWN], len(waiting)),
        "unassigned": Listed(
            [item for item in todos if item.case.handler_id is None and not item.case.closed_at], figures.unassigned
        ),
        "figures": figures,
        "weeks": _weeks(figures, today),
        "next_due": figures.next_due(today),
        "failed": _failed(rows, facts),
    }


def _rows(visible: QuerySet[Case], user: User) -> list[Case]:
    """One's own cases and those nobody handles, the most urgent of each; of the closed ones those with something left to send."""
    letters = Render.objects.filter(case=OuterRef("pk"), kind__in=CLOSING_LETTERS, superseded=False, pdf__isnull=False)
    unsent = letters.exclude(Exists(Delivery.objects.filter(file=OuterRef("pdf"))))
    opened = Q(closed_at__isnull=True)
    left_over = Exists(unsent) | sending.unsettled()
    mine = visible.filter(Q(handler=user) | Q(handler__isnull=True) & ~opened, opened | left_over)
    loose = visible.filter(opened, handler__isnull=True)
    urgent = ("due_statutory_on", "id")
    chosen = Q(pk__in=mine.order_by(*urgent).values("pk")[:READ]) | Q(
        pk__in=loose.order_by(*urgent).values("pk")[:SHOWN]
    )
    return list(Case.objects.filter(chosen).order_by(*urgent))


def _figures(visible: QuerySet[Case], user: User, today: date) -> Figures:
    """Open cases by their last day, and this year's answers by whether they left in time."""
    new_year = datetime.combine(today.replace(month=1, day=1), time.min, STOCKHOLM)
    stands = CaseWhen(
        When(Q(dispatched_at__isnull=True) | Q(dispatched_at__lt=new_year) | sending.unanswered(), then=Value(0)),
        When(sent_on__lte=F("due_statutory_on"), then=Value(1)),
        default=Value(2),
    )
    waiting = IncomingMail.objects.filter(state=MailState.PROPOSED.value)
    counted = (
        visible.filter(Q(closed_at__isnull=True) | Q(dispatched_at__gte=new_year))
        .annotate(sent_on=TruncDate("dispatched_at", tzinfo=STOCKHOLM))
        .annotate(
            opened=CaseWhen(When(closed_at__isnull=True, then=Value(1)), default=Value(0)),
            stands=stands,
        )
        .order_by()
        .values_list("due_statutory_on", "opened", "stands")
        .annotate(
            n=Count("pk"),
            mine=Count("pk", filter=Q(handler=user)),
            loose=Count("pk", filter=Q(handler__isnull=True)),
            mails=Coalesce(Subquery(waiting.order_by().values("state").annotate(n=Count("pk")).values("n")), 0),
        )
    )
    figures = Figures()
    for day, opened, answered, count, mine, loose, mails in counted:
        figures.mails = mails
        if opened:
            figures.by_day[day] += count
            figures.overdue += count if day < today else 0
            figures.mine += mine
            figures.unassigned += loose
        if answered:
            figures.answered += count
            figures.in_time += count if answered == 1 else 0
    if not counted:
        figures.mails = waiting.count()
    return figures


def _todo(case: Case, facts: Facts) -> Todo:
    step = next_step(case, facts)
    return Todo(
        case=case,
        rights=", ".join(words.right(right) for right in facts.rights),
        step=step,
        due=due(case.due_statutory_on, closed=bool(case.closed_at)),
        url=case_pages.url(case, step.anchor),
    )


def _weeks(figures: Figures, today: date) -> list[Week]:
    """The working days from this week's Monday on, from the next one at a weekend. A last day is never a Saturday or a Sunday."""
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=today.weekday() > FRIDAY)
    weeks = []
    for number in range(WEEKS):
        days = [monday + timedelta(weeks=number, days=day) for day in range(5)]
        shown = [Day(day, figures.by_day.get(day, 0), day == today, day < today) for day in days]
        weeks.append(Week(days[0].isocalendar().week, shown))
    return weeks


def _failed(cases: Sequence[Case], facts: Mapping[int, Facts]) -> list[Failed]:
    """The systems that could not be searched, each once, with what happened and the cases that wait."""
    found: dict[int, Failed] = {}
    for case in cases:
        for row in facts[case.pk].collections if not case.closed_at else ():
            if row.state == CollectionState.FAILED.value:
                said = words.fault_sentence(row.fault, {}, system=str(row.system))
                entry = found.setdefault(row.system_id, Failed(row.system, said))
                entry.cases.append((case, case_pages.url(case, f"system-{row.system.key}")))
    return list(found.values())
