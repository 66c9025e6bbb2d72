"""Legal's reports: figures with their definitions, tables, charts, the cases behind each number, and files to take along."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_GET

from requests_app.admin.report_form import QueryForm, query_of
from requests_app.services import access, reports
from requests_app.services.audit import Actor, unit
from requests_app.services.reports.charts import drawn
from requests_app.services.reports.export import period_words
from requests_app.web.responses import download

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import User
    from requests_app.services.reports import Query, Report, Value

PER_PAGE = 200
SHARED = "spridning"
"""Value of ``for`` in the address of a file that may leave legal's role."""


@dataclass(frozen=True, slots=True)
class Number:
    """A number on the page: how it reads, what it is reckoned from, and where its cases are listed."""

    said: str
    basis: str
    url: str


def _allowed(request: HttpRequest) -> User:
    if not access.may(request.user, "view_reports"):
        raise PermissionDenied
    return cast("User", request.user)


def _lang() -> str:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def _build(user: User, key: str, query: Query) -> Report:
    if key not in reports.PLANS:
        raise Http404
    return reports.build(user, key, query, _lang())


def _log(user: User, report: str, query: Query, form: str) -> None:
    with unit(Actor.staff(user)) as work:
        work.event("report.viewed", report=report, period=str(query.period), format=form)


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The overview."""
    return report(request, "overview")


@require_GET
def report(request: HttpRequest, key: str) -> HttpResponse:
    """One report for the period and the choice in the address."""
    user = _allowed(request)
    form = QueryForm(user, request.GET)
    query = query_of(form)
    made = _build(user, key, query)
    _log(user, key, query, "page")
    asked = _asked(query)
    context = {
        **admin.site.each_context(request),
        "title": _("Reports"),
        "report": made,
        "period": period_words(made),
        "form": form,
        "tabs": _tabs(key, asked),
        "presets": _presets(key, asked),
        "figures": [
            (item, _number(item.value, _cases_url(key, asked, figure=item.key), made.lang)) for item in made.figures
        ],
        "charts": [(chart, _drawing(svg)) for chart in made.charts if (svg := drawn(made, chart))],
        "tables": [(table, _rows(made, table, key, asked)) for table in made.tables],
        "files": [(ending.upper(), _file_url(key, ending, asked)) for ending in reports.FORMATS],
        "to_share": [(ending.upper(), _file_url(key, ending, {**asked, "for": SHARED})) for ending in reports.FORMATS],
        "why_not_shared": reports.why_not_shared(user, query),
    }
    context["styles"] = [*context["styles"], static("admin_hemdsr/reports.css")]
    status = 422 if form.is_bound and form.errors else 200
    return TemplateResponse(request, "admin/hemdsr/report.html", context, status=status)


@require_GET
def cases(request: HttpRequest, key: str) -> HttpResponse:
    """The diary numbers behind one number."""
    user = _allowed(request)
    query = query_of(QueryForm(user, request.GET))
    made = _build(user, key, query)
    label, means, value = _found(made, request)
    _log(user, key, query, "cases")
    asked = _asked(query)
    listed = [(no, True) for no in value.counted] + [(no, False) for no in value.rest]
    page = Paginator(listed, PER_PAGE).get_page(request.GET.get("page"))
    place = {name: request.GET[name] for name in ("figure", "table", "row", "column") if name in request.GET}
    context = {
        **admin.site.each_context(request),
        "title": label,
        "report": made,
        "period": period_words(made),
        "label": label,
        "means": means,
        "number": _number(value, "", made.lang),
        "split": bool(value.rest),
        "page": page,
        "counted": len(value.counted),
        "rest": len(value.rest),
        "back": _report_url(key, asked),
        "before": _cases_url(key, asked, **place, page=page.previous_page_number()) if page.has_previous() else "",
        "after": _cases_url(key, asked, **place, page=page.next_page_number()) if page.has_next() else "",
    }
    context["styles"] = [*context["styles"], static("admin_hemdsr/reports.css")]
    return TemplateResponse(request, "admin/hemdsr/report_cases.html", context)


@require_GET
def file(request: HttpRequest, key: str, ending: str) -> HttpResponse:
    """The report as a file: for legal as it stands, or ``?for=spridning``, of what may be distributed and as it may be."""
    user = _allowed(request)
    make = reports.FORMATS.get(ending)
    if make is None:
        raise Http404
    query = query_of(QueryForm(user, request.GET))
    made = _build(user, key, query)
    shared = request.GET.get("for") == SHARED
    if shared and (reason := reports.why_not_shared(user, query)):
        messages.error(request, reason)
        return redirect(_report_url(key, _asked(query)))
    if shared:
        made = reports.shared(made)
    data = make(made)
    _log(user, key, query, f"{ending}, shared" if shared else ending)
    return download(io.BytesIO(data), reports.file_name(made, ending), size=len(data))


def _found(made: Report, request: HttpRequest) -> tuple[str, str, Value]:
    """The number the address points at: a figure, or a cell of a table by the keys of row and column."""
    try:
        if "figure" in request.GET:
            item = made.figure(request.GET["figure"])
            return item.label, item.means, item.value
        table = made.table(request.GET.get("table", ""))
    except KeyError:
        raise Http404 from None
    row = next((item for item in table.rows if item.key == request.GET.get("row", "")), None)
    at = next((n for n, item in enumerate(table.columns) if item.key == request.GET.get("column", "")), None)
    if row is None or at is None:
        raise Http404
    column = table.columns[at]
    return f"{table.title}: {row.label}, {column.label}", column.means, row.values[at]


def _asked(query: Query) -> dict[str, str]:
    """The query as an address carries it; nothing that is not narrowed."""
    found = {"from": query.period.first.isoformat(), "to": query.period.last.isoformat()}
    chosen = {"right": query.right, "channel": query.channel, "team": query.team, "system": query.system}
    found |= {name: value for name, value in chosen.items() if value}
    return found | ({"handler": str(query.handler)} if query.handler is not None else {})


def _report_url(key: str, asked: dict[str, str]) -> str:
    return f"{reverse('admin:report', args=[key])}?{urlencode(asked)}"


def _cases_url(key: str, asked: dict[str, str], **place: object) -> str:
    return f"{reverse('admin:report_cases', args=[key])}?{urlencode({**asked, **place})}"


def _file_url(key: str, ending: str, asked: dict[str, str]) -> str:
    return f"{reverse('admin:report_file', args=[key, ending])}?{urlencode(asked)}"


def _number(value: Value, url: str, lang: str) -> Number:
    return Number(reports.shown(value, lang), reports.basis(value, lang), url if value.counted or value.rest else "")


def _rows(made: Report, table: Any, key: str, asked: dict[str, str]) -> list[tuple[Any, list[Number]]]:
    return [
        (
            row,
            [
                _number(value, _cases_url(key, asked, table=table.key, row=row.key, column=column.key), made.lang)
                for column, value in zip(table.columns, row.values, strict=True)
            ],
        )
        for row in table.rows
    ]


def _tabs(current: str, asked: dict[str, str]) -> list[tuple[str, str, bool]]:
    """The reports, each for the same period and choice."""
    return [(plan.title.say(_lang()), _report_url(key, asked), key == current) for key, plan in reports.PLANS.items()]


def _presets(key: str, asked: dict[str, str]) -> list[tuple[str, str, bool]]:
    names = {
        "month": _("This month"),
        "last_month": _("Last month"),
        "quarter": _("This quarter"),
        "year": _("This year"),
        "last_12": _("Twelve months"),
    }
    found = []
    for name in reports.PRESETS:
        period = reports.preset(name, timezone.localdate())
        days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        found.append((names[name], _report_url(key, {**asked, **days}), days.items() <= asked.items()))
    return found


def _drawing(svg: str) -> SafeString:
    """Our own drawing; its texts are escaped where it is made."""
    return mark_safe(svg)  # noqa: S308 - see above
