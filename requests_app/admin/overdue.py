"""What is overdue and why, for legal: diary numbers and dates, never a name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_GET

from requests_app.admin.due import Due, due
from requests_app.models import CaseExtension, CasePause
from requests_app.services import access, clock, words
from requests_app.services.audit import Actor, unit
from requests_app.services.next_step import facts_for, next_step

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case

SOON_DAYS = 14
SHOWN = 200
"""Rows of a list; the rest is counted and stands in the reports."""
BUCKETS = ((1, 7), (8, 30), (31, None))
"""Days late, first and last."""


@dataclass(frozen=True, slots=True)
class Row:
    """A case as legal sees it."""

    diary_no: str
    external_no: str
    team: str
    handler: str
    due_on: date
    due: Due
    state: str
    reason: str
    notes: list[str]


@dataclass(frozen=True, slots=True)
class Bucket:
    """Cases that are about as late: how many there are, and those shown."""

    label: str
    count: int
    rows: list[Row]


@require_GET
def overdue(request: HttpRequest) -> HttpResponse:
    """Overdue cases by how late they are, and those that soon will be."""
    if not access.may(request.user, "view_reports"):
        raise PermissionDenied
    today = timezone.localdate()
    opened = access.cases_overseen_by(request.user).filter(closed_at__isnull=True)
    window = (today, today + timedelta(days=SOON_DAYS))
    late, late_count = _first(opened.filter(due_statutory_on__lt=today))
    soon, soon_count = _first(opened.filter(due_statutory_on__range=window))
    with unit(Actor.staff(request.user)) as work:  # type: ignore[arg-type]
        work.event("report.viewed", report="overdue", period=today.isoformat(), format="page")
    context = {
        **admin.site.each_context(request),
        "title": _("Overdue"),
        "late": late,
        "late_count": late_count,
        "buckets": _buckets(late, opened, today),
        "soon": soon,
        "soon_count": soon_count,
        "soon_days": SOON_DAYS,
        "shown": SHOWN,
    }
    context["styles"] = [*context["styles"], static("admin_hemdsr/reports.css")]
    return TemplateResponse(request, "admin/hemdsr/overdue.html", context)


def _first(cases: QuerySet[Case]) -> tuple[list[Row], int]:
    """The first rows of a list, the longest overdue first, and how many there are in all."""
    found = cases.select_related("team", "handler").order_by("due_statutory_on", "id")
    return _rows(list(found[:SHOWN])), cases.count()


def _buckets(late: list[Row], opened: QuerySet[Case], today: date) -> list[Bucket]:
    found = []
    for first, last in reversed(BUCKETS):
        newest = today - timedelta(days=first)
        cases = opened.filter(due_statutory_on__lte=newest)
        rows = [row for row in late if row.due_on <= newest]
        if last is not None:
            oldest = today - timedelta(days=last)
            cases = cases.filter(due_statutory_on__gte=oldest)
            rows = [row for row in rows if row.due_on >= oldest]
        if last is None:
            label = _("More than %(n)d days late") % {"n": first - 1}
        else:
            label = _("%(first)d–%(last)d days late") % {"first": first, "last": last}
        found.append(Bucket(label, cases.count(), rows))
    return found


def _rows(cases: Sequence[Case]) -> list[Row]:
    facts = facts_for(cases)
    pks = [case.pk for case in cases]
    pauses: dict[int, int] = {}
    for pause in CasePause.objects.filter(case__in=pks):
        days = ((pause.answered_on or timezone.localdate()) - pause.asked_on).days
        pauses[pause.case_id] = pauses.get(pause.case_id, 0) + days
    extensions = {
        extension.case_id: extension
        for extension in CaseExtension.objects.filter(case__in=pks).select_related("case__policy")
    }
    return [
        Row(
            diary_no=case.diary_no,
            external_no=case.external_no,
            team=case.team.name,
            handler=str(case.handler or ""),
            due_on=case.due_statutory_on,
            due=due(case.due_statutory_on),
            state=words.state(case.state),
            reason=next_step(case, facts[case.pk]).sentence,
            notes=_notes(case, pauses.get(case.pk, 0), extensions.get(case.pk)),
        )
        for case in cases
    ]


def _notes(case: Case, paused: int, extension: CaseExtension | None) -> list[str]:
    notes = []
    if case.handler_id is None:
        notes.append(_("nobody handles it"))
    if paused:
        notes.append(ngettext("paused %(n)d day", "paused %(n)d days", paused) % {"n": paused})
    if extension is not None and clock.extension_holds(extension.case, extension):
        notes.append(_("extended once"))
    elif extension is not None and extension.notice_sent_at:
        notes.append(_("notice of extension sent too late"))
    elif extension is not None:
        notes.append(_("extension decided, notice not sent"))
    return notes
