"""From the records a coordinator has ticked to a question to legal about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from requests_app.admin.case_actions import make_form
from requests_app.admin.case_pages import desk_of
from requests_app.admin.data_page import number_of_page
from requests_app.admin.data_shapes import handle_of
from requests_app.admin.data_texts import label
from requests_app.services import review
from requests_app.services.keys import KeyDestroyed

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_POST
def ask(request: HttpRequest, ref: str, system: str, category: str) -> HttpResponse:
    """The form of the question, with the ticked records in it; the case page takes it from there."""
    desk = desk_of(request, ref)
    row = desk.row(system)
    try:
        found = review.page_of(desk.case, row, category, number_of_page(request.POST.get("page")))
    except (ValidationError, KeyDestroyed):
        raise Http404 from None
    ticked = {handle for part in request.POST.getlist("record") for handle in part.split(",")}
    chosen = [record for record in found.records if handle_of(record) in ticked]
    if not chosen:
        messages.error(request, _("Choose the records to ask about first."))
        return redirect("admin:requests_app_case_data", ref, system, category)
    form = make_form(desk, "refer")
    form.initial["record"] = [f"{system}/{category}/{record.key}" for record in chosen]
    context = {
        **admin.site.each_context(request),
        "title": _("Question to legal"),
        "case": desk.case,
        "row": row,
        "category": label(found.spec),
        "count": len(chosen),
        "form": form,
    }
    return TemplateResponse(request, "admin/hemdsr/refer.html", context)
