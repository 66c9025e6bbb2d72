"""The start page: what the person who logged in has to do, in a fixed number of queries."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from requests_app.admin import case_pages
from requests_app.admin.due import Due, due
from requests_app.models import Case, Delivery, System
from requests_app.services import access, decisions, register, words
from requests_app.services.next_step import NextStep, facts_for, next_step

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest

    from requests_app.models import User

SHOWN = 40
WEEKS = 4


@dataclass(frozen=True, slots=True)
class Todo:
    """A case to work, with its next step and where it is done."""

    case: Case
    rights: str
    step: NextStep
    due: Due
    url: str


def context(request: HttpRequest) -> dict[str, Any]:
    """Each role's part; one person may have several."""
    user = cast("User", request.user)
    found: dict[str, Any] = {"works": access.works(user), "registers": access.may(user, "register_case")}
    if found["works"]:
        found |= _coordinator(user)
    if access.may(user, "view_reports"):
        found |= _legal(user)
    if access.may(user, "change_processingitem"):
        found["to_confirm"] = _to_confirm()
    if access.may(user, "change_system") and access.may(user, "add_system"):
        found["systems"] = list(System.objects.filter(active=True).order_by("position", "key"))
    return found


def only_registers(found: dict[str, Any]) -> bool:
    """Whether registering is all the person does, as in customer service: then that page is the start."""
    return bool(found["registers"]) and not found["works"] and not found.keys() & {"legal", "systems", "to_confirm"}


def _to_confirm() -> int:
    systems = list(System.objects.filter(active=True))
    return len(frozenset().union(*register.unconfirmed_by_system(systems).values())) if systems else 0


def _coordinator(user: User) -> dict[str, Any]:
    visible = access.cases_visible_to(user)
    opened = visible.filter(closed_at__isnull=True)
    unsent = Q(closed_as="not_identified") & ~Exists(Delivery.objects.filter(case=OuterRef("pk")))
    mine = visible.filter(Q(closed_at__isnull=True) | unsent, handler=user)
    rows = list(
        mine.select_related("handler", "team").prefetch_related("rights").order_by("due_statutory_on", "id")[:SHOWN]
    )
    todos = todos_of(rows)
    today = timezone.localdate()
    dates = list(
        opened.filter(due_statutory_on__lt=today + timedelta(weeks=WEEKS)).values_list("due_statutory_on", flat=True)
    )
    unassigned = list(
        opened.filter(handler__isnull=True).prefetch_related("rights").order_by("due_statutory_on", "id")[:SHOWN]
    )
    following = (
        opened.filter(due_statutory_on__gte=today)
        .order_by("due_statutory_on")
        .values_list("due_statutory_on", flat=True)
        .first()
    )
    return {
        "todo": [item for item in todos if not item.step.waiting],
        "waiting": [item for item in todos if item.step.waiting],
        "unassigned": todos_of(unassigned),
        "overdue_count": sum(day < today for day in dates),
        "weeks": _weeks([day for day in dates if day >= today]),
        "next_due": following,
    }


def todos_of(cases: list[Case]) -> list[Todo]:
    """The cases with their next steps; a fixed number of queries for all of them."""
    facts = facts_for(cases)
    found = []
    for case in cases:
        step = next_step(case, facts[case.pk])
        found.append(
            Todo(
                case=case,
                rights=", ".join(words.right(right.right) for right in case.rights.all()),
                step=step,
                due=due(case.due_statutory_on, closed=bool(case.closed_at)),
                url=case_pages.url(case, step.anchor),
            )
        )
    return found


def _weeks(dates: list[date]) -> list[tuple[int, int]]:
    """The coming weeks by number, and how many last days fall in each."""
    today = timezone.localdate()
    monday = today - timedelta(days=today.weekday())
    starts = [monday + timedelta(weeks=number) for number in range(WEEKS)]
    return [
        (start.isocalendar().week, sum(start <= day < start + timedelta(weeks=1) for day in dates)) for start in starts
    ]


def _legal(user: User) -> dict[str, Any]:
    overseen = access.cases_overseen_by(user).filter(closed_at__isnull=True)
    today = timezone.localdate()
    late = list(
        overseen.filter(due_statutory_on__lt=today).select_related("team").order_by("due_statutory_on", "id")[:SHOWN]
    )
    return {
        "legal": True,
        "late": [(case, due(case.due_statutory_on)) for case in late],
        "approvals": [
            (
                approval,
                words.right(approval.decision.case_right.right),
                due(approval.decision.case_right.case.due_statutory_on),
            )
            for approval in decisions.approvals_for(user)
        ],
    }
