"""The pages of one case. Each begins by fetching the case through the one door; not yours looks like not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.admin import case_context
from requests_app.admin.case_actions import ACTIONS, make_form, show_identifier
from requests_app.admin.desk import Desk
from requests_app.admin.doing import Doing
from requests_app.domain.states import CollectionState
from requests_app.models import Case, Render, StoredFile
from requests_app.services import access, cases, delivery, rendering
from requests_app.services.audit import unit
from requests_app.services.keys import KeyDestroyed
from requests_app.web.forms import MAX_UPLOAD, add_service_error
from requests_app.web.responses import download, inline_pdf

if TYPE_CHECKING:
    from django.http import HttpRequest

    from requests_app.admin.case_record import Bound

SHOWN_INLINE = frozenset({"preview", "extract", *rendering.SLUGS})
"""Kinds of file we have made ourselves as PDF."""


TAKES = {
    "identity",
    "ask-completion",
    "answer-completion",
    "identifiers",
    "upload",
    "nothing",
    "leave-out",
    "choose",
    "finish-review",
    "decide",
    "report",
    "dispatch",
}
"""Actions by which a case that nobody handles is taken by who works it, so that it stands on somebody's start page."""


def desk_of(request: HttpRequest, ref: str) -> Desk:
    """The case on the person's desk; 404 when it is not there and, just so, when it is not the person's."""
    access.remember(request.user)
    try:
        return Desk(request.user, access.case_get(request.user, ref))  # type: ignore[arg-type]
    except Case.DoesNotExist:
        raise Http404 from None


def url(case: Case, anchor: str = "") -> str:
    """The case's page, at a place on it."""
    return reverse("admin:requests_app_case_change", args=[case.ref]) + (f"#{anchor}" if anchor else "")


def _rendered(
    request: HttpRequest, desk: Desk, bound: Bound | None = None, shown: dict[int, str] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        **case_context.page(desk, bound or {}, shown or {}),
        "title": desk.case.diary_no,
        "opts": None,
    }
    return TemplateResponse(request, "admin/hemdsr/case.html", context, status=status)


@require_GET
def page(request: HttpRequest, ref: str) -> HttpResponse:
    """The case page."""
    desk = desk_of(request, ref)
    with unit(desk.actor) as work:
        work.event("case.viewed", desk.case, page="case")
    return _rendered(request, desk)


@require_GET
def progress(request: HttpRequest, ref: str) -> HttpResponse:
    """The part of the page that moves. When nothing moves any more the whole page is fetched again, since much may have changed."""
    desk = desk_of(request, ref)
    context = case_context.live(desk)
    if not context["moving"]:
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    return TemplateResponse(request, "admin/hemdsr/case/live.html", context)


@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, ref: str, action: str, key: str = "") -> HttpResponse:
    """Do something with the case. What was refused is shown where it was typed, with nothing lost."""
    desk = desk_of(request, ref)
    if action not in ACTIONS:
        raise Http404
    if request.method == "GET":  # a reloaded error page, or a login that ran out
        return redirect(url(desk.case, ACTIONS[action].anchor))
    form = make_form(desk, action, key, request.POST, request.FILES)
    if form.is_valid():
        try:
            said = ACTIONS[action].apply(Doing(desk, key, form))
            if action in TAKES:
                cases.take(actor=desk.actor, case=desk.case)
        except ValidationError as error:
            add_service_error(form, error)
        except KeyDestroyed:
            form.add_error(
                None, _("This cannot be done: data of the case that it needs has been erased. Nothing was changed.")
            )
        except PermissionDenied:
            form.add_error(None, _("You may not do this. Ask legal or the administrator."))
        else:
            if ACTIONS[action].page:
                return redirect(reverse(f"admin:{ACTIONS[action].page}", args=[ref]))
            messages.success(request, said)
            return redirect(url(desk.case, ACTIONS[action].anchor))
    if (
        "file" in form.fields
        and "file" not in request.FILES
        and int(request.META.get("CONTENT_LENGTH") or 0) > MAX_UPLOAD
    ):
        form.errors.pop("file", None)
        form.add_error(
            "file",
            _("We cannot take the file. It is larger than the limit of 25 MB. Everything else you wrote is kept."),
        )
    fresh = desk_of(request, ref)  # what the refused action had begun is rolled back; the page shows what holds
    bound_key = form.cleaned_data.get("key", key) if action == "replace-statement" and form.is_bound else key
    for error in form.errors.get("__all__", []):
        messages.error(request, error)
    form.focus_first_error()
    return _rendered(request, fresh, {(action, bound_key): form}, status=422)


@require_POST
def show(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """Show a personnummer in full, once, on a click that is logged."""
    desk = desk_of(request, ref)
    return _rendered(request, desk, shown=dict([show_identifier(desk, pk)]))


def _stored(desk: Desk, file_ref: str) -> Any:
    try:
        return delivery.staff_file(actor=desk.actor, case=desk.case, file_ref=file_ref)
    except (StoredFile.DoesNotExist, KeyDestroyed, FileNotFoundError):
        raise Http404 from None


@require_GET
def file(request: HttpRequest, ref: str, file_ref: str) -> HttpResponse:
    """A file of the case, always as a download."""
    opened, stored, name = _stored(desk_of(request, ref), file_ref)
    return download(opened, name, size=stored.size)


@require_GET
def pdf(request: HttpRequest, ref: str, file_ref: str) -> HttpResponse:
    """A PDF that we have made, shown in the browser. What somebody uploaded is never shown here."""
    desk = desk_of(request, ref)
    if not StoredFile.objects.filter(case=desk.case, ref=file_ref, kind__in=SHOWN_INLINE).exists():
        raise Http404
    opened, stored, name = _stored(desk, file_ref)
    return inline_pdf(opened, name, size=stored.size)


@require_GET
def preview(request: HttpRequest, ref: str) -> HttpResponse:
    """The preview of the extract: while it is made a line that looks again by itself, then the document."""
    desk = desk_of(request, ref)
    row = rendering.newest(desk.case, Render.PREVIEW)
    if row is None:
        return redirect(url(desk.case, "review"))
    context = {
        **admin.site.each_context(request),
        "title": _("Preview of %(diary_no)s") % {"diary_no": desk.case.diary_no},
        "case": desk.case,
        "render": row,
        "making": row.state in {CollectionState.PENDING.value, CollectionState.RUNNING.value},
    }
    if request.headers.get("HX-Request") and context["making"]:
        return TemplateResponse(request, "admin/hemdsr/case/making.html", context)
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response["HX-Refresh"] = "true"
        return response
    if row.pdf is not None:
        with unit(desk.actor) as work:
            work.event("data.previewed", desk.case, render=row.pk)
    return TemplateResponse(request, "admin/hemdsr/preview.html", context)
