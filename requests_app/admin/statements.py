"""What the register only assumes and what the guideline leaves open, in one list: confirmed, corrected, or settled with a note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from requests_app.admin.forms import StyledForm
from requests_app.admin.register_record import styled, tabs
from requests_app.models import System
from requests_app.services import access, register
from requests_app.services.audit import Actor
from requests_app.services.register import wording
from requests_app.services.register.tasks import GAP, MAX_NOTE, NOTE, SILENT
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest, HttpResponse

    from requests_app.services.register import Task

PER_PAGE = 50
STATEMENTS = "statements"
"""Value of ``kind`` for everything that is settled by confirming."""
_MODELS = ("system", "processing", "retentionrule", "recipient", "processingitem", "itemrecipient")


class FilterForm(StyledForm):
    """What of the list is shown; anything unknown in the address shows all that is open."""

    kind = forms.ChoiceField(label=gettext_lazy("What"), required=False)
    system = forms.ChoiceField(label=gettext_lazy("System"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("Standing"),
        required=False,
        choices=[("", gettext_lazy("To settle")), ("done", gettext_lazy("Settled")), ("all", gettext_lazy("Both"))],
    )

    def __init__(self, data: Mapping[str, Any], systems: list[System]) -> None:
        super().__init__(data)
        kinds = [("", _("Everything")), (STATEMENTS, _("Statements to confirm"))]
        self.fields["kind"].choices = kinds + [(code, wording.kind(code)) for code in (GAP, NOTE, SILENT, *_MODELS)]  # type: ignore[attr-defined]
        self.fields["system"].choices = [("", _("All systems")), *((system.key, str(system)) for system in systems)]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, str]:
        """What is narrowed to, of what there is to choose from."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class NoteForm(StyledForm):
    """What was decided about rows of the guideline."""

    note = forms.CharField(
        label=gettext_lazy("What was decided"),
        max_length=MAX_NOTE,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("It stands in the record with your name and the day. Write nothing about a customer."),
    )


@require_http_methods(["GET", "POST"])
def to_settle(request: HttpRequest) -> HttpResponse:
    """The list, narrowed by kind, system and standing; a POST confirms the chosen statements."""
    _allowed(request)
    if request.method == "POST":
        return _confirm(request)
    return _page(request, request.GET)


@require_POST
def close(request: HttpRequest) -> HttpResponse:
    """Settle the chosen rows of the guideline with a note."""
    _allowed(request, "change_registerrow")
    form, rows = NoteForm(request.POST), request.POST.getlist("rows")
    if not rows:
        messages.warning(request, _("Choose at least one gap or remark."))
    elif form.is_valid():
        try:
            done = register.close_rows(
                actor=Actor.staff(request.user),  # type: ignore[arg-type]
                rows=rows,
                note=form.cleaned_data["note"],
            )
        except ValidationError as error:
            add_service_error(form, error)
        else:
            said = ngettext("%(n)d row is settled.", "%(n)d rows are settled.", len(done)) % {"n": len(done)}
            messages.success(request, said)
            return _back(request)
    return _page(request, request.POST, form, rows, status=422)


@require_POST
def reopen(request: HttpRequest, row: str) -> HttpResponse:
    """Put a settled row back on the list."""
    _allowed(request, "change_registerrow")
    try:
        register.reopen_row(actor=Actor.staff(request.user), row=row)  # type: ignore[arg-type]
    except ValidationError as error:
        messages.error(request, error.messages[0])
    else:
        messages.success(request, _("%(row)s is on the list again.") % {"row": row})
    return _back(request)


def _allowed(request: HttpRequest, permission: str = "change_processingitem") -> None:
    if not access.may(request.user, permission):
        raise PermissionDenied


def _page(
    request: HttpRequest,
    asked: Mapping[str, Any],
    note: NoteForm | None = None,
    chosen: list[str] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    everything = register.tasks()
    form = FilterForm(asked, list(System.objects.order_by("position", "key")))
    narrowed = form.chosen()
    page = Paginator([task for task in everything if _matches(task, narrowed)], PER_PAGE).get_page(asked.get("page"))
    left = [task for task in everything if not task.done]
    may_close = access.may(request.user, "change_registerrow")
    shown = list(page)
    context = {
        **admin.site.each_context(request),
        "title": _("Assumptions and gaps"),
        "tabs": tabs(request, "statements"),
        "filter": form,
        "narrowed": narrowed,
        "page": page,
        "tasks": [(task, wording.kind(task.kind), _correct_url(request, task)) for task in shown],
        "left": len(left),
        "parts": _parts(left),
        "confirms": any(task.confirmable and not task.done for task in shown),
        "closes": may_close and any(task.is_row and not task.done for task in shown),
        "may_close": may_close,
        "note": note or NoteForm(),
        "chosen": chosen or [],
        "before": _url(narrowed, page.previous_page_number()) if page.has_previous() else "",
        "after": _url(narrowed, page.next_page_number()) if page.has_next() else "",
    }
    return TemplateResponse(request, "admin/hemdsr/statements.html", styled(context), status=status)


def _matches(task: Task, narrowed: Mapping[str, str]) -> bool:
    kind, state = narrowed.get("kind", ""), narrowed.get("state", "")
    fits = not kind or task.kind == kind or (kind == STATEMENTS and not task.is_row)
    here = not narrowed.get("system") or narrowed["system"] in {system.key for system in task.systems}
    return fits and here and (state == "all" or task.done == (state == "done"))


def _parts(left: list[Task]) -> list[tuple[str, int, str]]:
    """What is left by sort: its name, how many, where they are listed."""
    rows = {kind: sum(task.kind == kind for task in left) for kind in (GAP, NOTE)}
    found = [(_("Statements to confirm"), len(left) - sum(rows.values()), _url({"kind": STATEMENTS}))]
    return found + [(wording.kind(kind), count, _url({"kind": kind})) for kind, count in rows.items()]


def _confirm(request: HttpRequest) -> HttpResponse:
    keys = request.POST.getlist("keys")
    try:
        done = register.confirm_many(actor=Actor.staff(request.user), keys=keys)  # type: ignore[arg-type]
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    else:
        if done:
            said = ngettext("%(n)d statement is confirmed.", "%(n)d statements are confirmed.", len(done)) % {
                "n": len(done)
            }
            messages.success(request, said)
        else:
            messages.warning(request, _("Choose at least one statement."))
    return _back(request)


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was narrowed."""
    form = FilterForm(request.POST, list(System.objects.order_by("position", "key")))
    return redirect(_url(form.chosen()))


def _url(narrowed: Mapping[str, str], page: int = 1) -> str:
    asked = {**narrowed, **({"page": str(page)} if page > 1 else {})}
    return reverse("admin:statements") + (f"?{urlencode(asked)}" if asked else "")


def _correct_url(request: HttpRequest, task: Task) -> str:
    """Where a statement is put right instead of confirmed, or the register is told what a system is for."""
    if task.kind == SILENT and access.may(request.user, "add_processingitem"):
        return reverse("admin:requests_app_processingitem_add") + f"?system={task.systems[0].pk}"
    model, _colon, number = task.key.partition(":")
    return reverse(f"admin:requests_app_{model}_change", args=[number]) if task.confirmable else ""
