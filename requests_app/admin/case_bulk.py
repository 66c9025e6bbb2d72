"""What is done with several cases of the list at once: each through the same door and service as one by itself.

What cannot be done with one case is said, and does not stop the others.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from requests_app.documents.package import safe_cell
from requests_app.models import Case, Team, User
from requests_app.services import access, cases, words
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.db.models import QuerySet
    from django.http import HttpRequest

    from requests_app.admin.case_list import CaseAdmin


def _user(request: HttpRequest) -> User:
    return cast("User", request.user)


def each(request: HttpRequest, refs: Iterable[str], do: Callable[[Case], None]) -> int:
    """Do something with each case that is the person's, say what was not done and why, and give how many were."""
    done = 0
    for ref in refs:
        try:
            case = access.case_get(request.user, ref)
        except Case.DoesNotExist:
            messages.error(request, _("One of the cases is not there any more."))
            continue
        try:
            do(case)
        except ValidationError as error:
            said = " ".join(error.messages)
            messages.error(request, _("%(number)s: %(reason)s") % {"number": case.diary_no, "reason": said})
        except PermissionDenied:
            messages.error(request, _("%(number)s: you may not do this.") % {"number": case.diary_no})
        else:
            done += 1
    return done


def _assign(request: HttpRequest, queryset: QuerySet[Case], handler: User | None) -> None:
    actor = Actor.staff(_user(request))
    refs = list(queryset.values_list("ref", flat=True))
    done = each(request, refs, lambda case: cases.assign(actor=actor, case=case, handler=handler))
    if done:
        said = (
            ngettext("%(name)s handles %(n)d case now.", "%(name)s handles %(n)d cases now.", done)
            if handler
            else ngettext("Nobody handles %(n)d case now.", "Nobody handles %(n)d cases now.", done)
        )
        messages.success(request, said % {"n": done, "name": handler.name if handler else ""})


@admin.action(description=gettext_lazy("Assign to me"))
def assign_to_me(model_admin: CaseAdmin, request: HttpRequest, queryset: QuerySet[Case]) -> None:
    """Take the chosen cases."""
    _assign(request, queryset, _user(request))


@admin.action(description=gettext_lazy("Assign to somebody …"))
def assign_to(model_admin: CaseAdmin, request: HttpRequest, queryset: QuerySet[Case]) -> HttpResponse | None:
    """Ask to whom, then hand the chosen cases over."""
    workers = _workers(queryset)
    if "handler" in request.POST:
        number = request.POST["handler"]
        handler = next((user for user in workers if str(user.pk) == number), None)
        if handler is not None or number == "nobody":
            _assign(request, queryset, handler)
            return None
        messages.error(request, _("Choose who is to handle the cases."))
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Who is to handle them?"),
        "chosen": list(queryset.values_list("pk", "diary_no")),
        "workers": workers,
    }
    return TemplateResponse(request, "admin/hemdsr/assign_many.html", context)


def _workers(queryset: QuerySet[Case]) -> list[User]:
    """Who works the cases of one of the teams at least; that each case may be theirs is seen when it is assigned."""
    found: dict[int, User] = {}
    for team in Team.objects.filter(pk__in=queryset.order_by().values("team")):
        found |= {user.pk: user for user in access.workers_of(team)}
    return sorted(found.values(), key=lambda user: user.name)


@admin.action(description=gettext_lazy("Export as CSV, without names"))
def export(model_admin: CaseAdmin, request: HttpRequest, queryset: QuerySet[Case]) -> HttpResponse:
    """The chosen cases as a table: numbers, dates and states, and nobody's name."""
    with unit(Actor.staff(_user(request))) as work:
        work.event("report.viewed", report="cases_csv")
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    writer.writerow([str(head) for head in _HEADS])
    for case in queryset.select_related("team").prefetch_related("rights"):
        writer.writerow([safe_cell(cell) for cell in _cells(case)])
    response = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="arenden-{timezone.localdate().isoformat()}.csv"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


_HEADS = (
    gettext_lazy("Diary number"),
    gettext_lazy("HEM's diary number"),
    gettext_lazy("Team"),
    gettext_lazy("Rights"),
    gettext_lazy("State"),
    gettext_lazy("Outcome"),
    gettext_lazy("Channel"),
    gettext_lazy("Arrived"),
    gettext_lazy("Last day to answer"),
    gettext_lazy("Last day with pauses"),
    gettext_lazy("Answered"),
    gettext_lazy("Closed on"),
)


def _cells(case: Case) -> list[str]:
    days = (timezone.localtime(at).date().isoformat() if at else "" for at in (case.dispatched_at, case.closed_at))
    return [
        case.diary_no,
        case.external_no,
        case.team.name,
        ", ".join(words.right(right.right) for right in case.rights.all()),
        words.state(case.state),
        words.word(words.OUTCOMES, case.closed_as) if case.closed_as else "",
        words.word(words.CHANNELS, case.channel),
        case.received_on.isoformat(),
        case.due_statutory_on.isoformat(),
        case.due_on.isoformat(),
        *days,
    ]


ACTIONS = (assign_to_me, assign_to, export)
