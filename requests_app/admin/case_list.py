"""The list of cases: open ones by their statutory date, with the next step of each."""

from __future__ import annotations

import secrets
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, QuerySet
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import get_language, gettext as _, gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.views import ChangeList

from requests_app.admin import case_bulk, case_pages, data_masking, data_page, referring
from requests_app.admin.due import due
from requests_app.domain.deadline_words import format_day
from requests_app.domain.rights import FILED
from requests_app.domain.states import OPEN
from requests_app.models import Case, CaseRight, Team, User
from requests_app.services import access, people, words
from requests_app.services.next_step import facts_for, next_step

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

COUNTED = 1_000
"""Cases that are counted for the pages below a list; nobody turns more pages than that."""
FOUND = 500
"""Cases that a search keeps."""
SEARCH = "search_results"


class Capped(Paginator):
    """Pages of a list that may be very long: never counts all of it."""

    @cached_property
    def count(self) -> int:
        """How many there are, at most ``COUNTED``."""
        return self.object_list.order_by()[:COUNTED].count()  # type: ignore[union-attr]


class CaseChangeList(ChangeList):
    """Rows that know their next step, and addresses without ids."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        """What narrows the list, less the name of a kept search."""
        found: dict[str, Any] = super().get_filters_params(params)
        found.pop(SEARCH, None)
        return found

    def get_results(self, request: HttpRequest) -> None:
        """The rows of the page, with the facts of all of them read at once."""
        super().get_results(request)
        rows: list[Case] = list(self.result_list)
        facts = facts_for(rows)
        for case in rows:
            case.step = next_step(case, facts[case.pk])  # type: ignore[attr-defined]
        self.result_list = rows
        self.full_result_count = self.result_count  # the theme then offers no way to list everything

    def url_for_result(self, result: Model) -> str:
        """The case's page, at its next step."""
        case = cast("Case", result)
        return reverse("admin:requests_app_case_change", args=[case.ref])


class ClosedFilter(admin.SimpleListFilter):
    """Open cases unless something else is asked for."""

    title = pgettext_lazy("filter by", "open or closed")
    parameter_name = "closed"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Case]) -> list[tuple[str, str]]:
        """What can be chosen beside open."""
        return [("1", pgettext("cases", "Closed")), ("all", pgettext("cases", "All"))]

    def choices(self, changelist: ChangeList) -> Any:
        """Open first, as the choice that holds when nothing is chosen."""
        yield {
            "selected": self.value() is None,
            "query_string": changelist.get_query_string(remove=[self.parameter_name]),
            "display": pgettext("cases", "Open"),
        }
        for value, title in self.lookup_choices:
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": title,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow the list. What a search found is shown whether open or closed."""
        if self.value() == "all" or (SEARCH in request.GET and self.value() is None):
            return queryset
        return queryset.filter(closed_at__isnull=self.value() != "1")


class StateFilter(admin.SimpleListFilter):
    """By state."""

    title = pgettext_lazy("filter by", "state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Case]) -> list[tuple[str, str]]:
        """The states of an open case."""
        return [(state.value, str(words.STATES[state])) for state in OPEN]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow the list."""
        return queryset.filter(state=self.value()) if self.value() else queryset


class RightFilter(admin.SimpleListFilter):
    """By what is asked for."""

    title = pgettext_lazy("filter by", "right")
    parameter_name = "right"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Case]) -> list[tuple[str, str]]:
        """The rights that can be filed."""
        return [(right.value, words.right(right.value)) for right in FILED]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow the list."""
        if not self.value():
            return queryset
        return queryset.filter(Exists(CaseRight.objects.filter(case=OuterRef("pk"), right=self.value())))


class HandlerFilter(admin.SimpleListFilter):
    """By who handles the case."""

    title = pgettext_lazy("filter by", "handler")
    parameter_name = "handler"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Case]) -> list[tuple[str, str]]:
        """Me, nobody, and the colleagues who handle an open case that the person sees."""
        cases = access.cases_visible_to(request.user).filter(closed_at__isnull=True)
        others = User.objects.filter(cases__in=cases).exclude(pk=request.user.pk).distinct().order_by("name")
        return [("me", _("Me")), ("none", _("Nobody")), *((str(user.pk), user.name) for user in others)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow the list."""
        value = self.value() or ""
        if value == "me":
            return queryset.filter(handler=request.user.pk)
        if value == "none":
            return queryset.filter(handler__isnull=True)
        return queryset.filter(handler=int(value)) if value.isdecimal() and len(value) < 18 else queryset


class TeamFilter(admin.SimpleListFilter):
    """By team, for those who work for more than one."""

    title = pgettext_lazy("filter by", "team")
    parameter_name = "team"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Case]) -> list[tuple[str, str]]:
        """The teams the person works for."""
        teams = list(access.teams_with(cast("User", request.user), access.WORK_TEAM))
        return [(team.key, team.name) for team in teams] if len(teams) > 1 else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow the list."""
        return queryset.filter(team__in=Team.objects.filter(key=self.value())) if self.value() else queryset


class DueFilter(admin.SimpleListFilter):
    """By how near the statutory date is."""

    title = pgettext_lazy("filter by", "last day to answer")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Case]) -> list[tuple[str, str]]:
        """Late, soon, and the one day that the start page's calendar led to."""
        day = _day(request.GET.get(self.parameter_name))
        chosen = [(day.isoformat(), format_day(day, get_language() or "sv"))] if day else []
        return [("late", _("Overdue")), ("week", _("Within a week")), *chosen]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Case]) -> QuerySet[Case]:
        """Narrow the list."""
        today = timezone.localdate()
        if self.value() == "late":
            return queryset.filter(closed_at__isnull=True, due_statutory_on__lt=today)
        if self.value() == "week":
            week = today + timedelta(days=7)
            return queryset.filter(closed_at__isnull=True, due_statutory_on__range=(today, week))
        day = _day(self.value())
        return queryset.filter(closed_at__isnull=True, due_statutory_on=day) if day else queryset


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


class CaseAdmin(ModelAdmin):
    """The list of cases. A case's own page is ours; nothing is added, changed or deleted by a form of the model."""

    list_display = ("number", "asked", "step", "stage", "handled_by", "last_day")
    list_display_links = ("number",)
    list_filter = (ClosedFilter, DueFilter, HandlerFilter, StateFilter, RightFilter, TeamFilter)
    list_filter_sheet = False
    list_fullwidth = True
    list_per_page = 50
    list_max_show_all = 50
    list_select_related = ("handler", "team")
    ordering = ("due_statutory_on", "id")
    sortable_by = ("number", "last_day")
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = Capped
    actions = case_bulk.ACTIONS
    list_disable_select_all = True
    search_fields = ("diary_no",)
    search_help_text = gettext_lazy(
        "Diary number, name, e-mail, telephone, personal identity number or customer number"
    )
    change_list_template = "admin/hemdsr/cases.html"

    def get_urls(self) -> list[URLPattern]:
        """The list, the case's pages and what can be done there: by reference, never by id."""
        pages = case_pages
        routes = [
            ("", self.changelist_view, "changelist"),
            ("search/", require_POST(self.search), "search"),
            ("<str:ref>/", pages.page, "change"),
            ("<str:ref>/lage/", pages.progress, "progress"),
            ("<str:ref>/gor/<slug:action>/", pages.act, "act"),
            ("<str:ref>/gor/<slug:action>/<str:key>/", pages.act, "act"),
            ("<str:ref>/visa/<int:pk>/", pages.show, "show"),
            ("<str:ref>/fil/<str:file_ref>/", pages.file, "file"),
            ("<str:ref>/pdf/<str:file_ref>/", pages.pdf, "pdf"),
            ("<str:ref>/forhandsvisning/", pages.preview, "preview"),
            ("<str:ref>/uppgifter/<str:system>/<str:category>/", data_page.page, "data"),
            ("<str:ref>/uppgifter/<str:system>/<str:category>/dolj/", data_masking.act, "mask"),
            ("<str:ref>/uppgifter/<str:system>/<str:category>/fraga/", referring.ask, "refer"),
            ("<str:ref>/maskeringar/", data_masking.check, "masks"),
        ]
        return [
            path(route, self.admin_site.admin_view(view), name=f"requests_app_case_{name}")
            for route, view, name in routes
        ]

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Whether the person works cases at all."""
        return access.works(request.user)

    def has_view_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """As above; which cases is decided by the query."""
        return access.works(request.user)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A case comes from a request."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """Changes go through the case page."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Case | None = None) -> bool:
        """Nothing is deleted by hand."""
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Case]:
        """The cases the person may work."""
        found = access.cases_visible_to(request.user)
        kept = request.session.get(SEARCH) or {}
        if SEARCH in request.GET:
            refs = kept.get("refs", []) if kept.get("token") == request.GET[SEARCH] else []
            found = found.filter(ref__in=refs)
        return found.prefetch_related("rights")

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        """Our rows."""
        return CaseChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Only our own filters narrow the list: nobody feels their way through columns by address."""
        return lookup in {item.parameter_name for item in self.list_filter}

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Case], search_term: str
    ) -> tuple[QuerySet[Case], bool]:
        """By keyed hash; only whole words and exact values are found."""
        return people.search(queryset, search_term), False

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, or what a search found."""
        context = {"title": _("Cases"), "searched": SEARCH in request.GET, **(extra_context or {})}
        return super().changelist_view(request, context)

    def search(self, request: HttpRequest) -> HttpResponse:
        """Search without leaving what was typed in addresses, logs or the browser's history: only what was found is kept."""
        if not access.works(request.user):
            return redirect("admin:index")
        text = request.POST.get("text", "").strip()
        listed = reverse("admin:requests_app_case_changelist")
        if not text:
            return HttpResponseRedirect(listed)
        found = people.search(access.cases_visible_to(request.user), text).order_by(
            F("closed_at").desc(nulls_first=True)
        )
        refs = list(found.values_list("ref", flat=True)[:FOUND])
        if len(refs) == 1:
            return redirect("admin:requests_app_case_change", refs[0])
        token = secrets.token_urlsafe(9)
        request.session[SEARCH] = {"token": token, "refs": refs}
        return HttpResponseRedirect(f"{listed}?{SEARCH}={token}")

    @admin.display(description=gettext_lazy("Diary number"), ordering="received_at")
    def number(self, case: Case) -> str:
        """The diary number, with a sign for a protected case."""
        if not case.protected:
            return case.diary_no
        return format_html(
            '{} <span class="material-symbols-outlined dsr-sign" role="img" aria-label="{}">lock</span>',
            case.diary_no,
            _("Protected"),
        )

    @admin.display(description=gettext_lazy("Rights"))
    def asked(self, case: Case) -> str:
        """What is asked for."""
        return ", ".join(words.right(right.right) for right in case.rights.all())

    @admin.display(description=gettext_lazy("Next step"))
    def step(self, case: Case) -> str:
        """The next step, leading to where it is done."""
        step = case.step  # type: ignore[attr-defined]
        tone = "dsr-urgent" if step.urgent else "dsr-quiet" if step.waiting else ""
        return format_html(
            '<a class="dsr-step-link {}" href="{}">{}</a>', tone, case_pages.url(case, step.anchor), step.sentence
        )

    @admin.display(description=gettext_lazy("State"))
    def stage(self, case: Case) -> str:
        """The state in a word."""
        return words.state(case.state)

    @admin.display(description=gettext_lazy("Handler"))
    def handled_by(self, case: Case) -> str:
        """Who handles it."""
        return case.handler.name if case.handler else _("Nobody")

    @admin.display(description=gettext_lazy("Last day to answer"), ordering="due_statutory_on")
    def last_day(self, case: Case) -> str:
        """The date, and how near it is in words."""
        day = format_day(case.due_statutory_on, get_language() or "sv")
        stands = due(case.due_statutory_on, closed=bool(case.closed_at))
        if not stands.words:
            return format_html('<span class="dsr-date">{}</span>', day)
        icon = (
            format_html('<span class="material-symbols-outlined dsr-sign" aria-hidden="true">{}</span>', stands.icon)
            if stands.icon
            else ""
        )
        return format_html(
            '<span class="dsr-date">{}</span> <span class="dsr-due dsr-due-{}">{}{}</span>',
            day,
            stands.tone,
            icon,
            stands.words,
        )
