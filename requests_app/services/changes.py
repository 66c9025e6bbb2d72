"""What has happened in the requests that a client filed, in the order of the log. Asked often, so it reads little."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from requests_app.models import Case, Event

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.models import ApiClient

SEEN = frozenset(
    {
        "case.opened",
        "case.moved",
        "case.closed",
        "case.withdrawn",
        "case.reopened",
        "case.right_added",
        "case.right_removed",
        "case.right_withdrawn",
        "clock.recalculated",
        "clock.paused",
        "clock.resumed",
        "document.rendered",
        "delivery.dispatched",
        "delivery.revoked",
        "message.posted",
        "message.read",
        "representation.checked",
        "retention.destroyed",
    }
)
"""Kinds of events after which the person sees something else; what staff looks at or notes is not told."""


@dataclass(frozen=True, slots=True)
class Changed:
    """A case, and when something last happened in it within this stretch of the log."""

    case: Case
    at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the log. ``last`` is the number of its last event, or where it began when there was none."""

    items: list[Changed]
    last: int
    more: bool


def after(*, client: ApiClient, seq: int, limit: int) -> Page:
    """What happened after an event; at most ``limit`` events are read. Two queries, one when nothing happened."""
    mine = Case.objects.filter(client=client).values("ref")
    events = Event.objects.filter(seq__gt=seq, kind__in=SEEN, case_ref__in=mine).order_by("seq")
    found = list(events.values_list("seq", "case_ref", "at")[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    if not found:
        return Page([], seq, False)
    newest = {ref: at for _seq, ref, at in found}  # in the order of the first event, with the time of the last
    cases = {
        case.ref: case
        for case in Case.objects.filter(ref__in=newest).select_related("representation").prefetch_related("rights")
    }
    return Page([Changed(cases[ref], at) for ref, at in newest.items()], found[-1][0], more)


def before(at: datetime) -> int:
    """The number of the last event before a time; 0 when there is none. Read from the log's end, since it is asked about lately."""
    return Event.objects.filter(at__lt=at).order_by("-seq").values_list("seq", flat=True).first() or 0
