"""Breaches for legal: what reached the wrong person, the hours left to report it, and legal's word on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.admin.delivery_forms import JudgeForm
from requests_app.services import access, breaches as service, words
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import Vault
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Breach


def _allowed(request: HttpRequest) -> None:
    if not access.may(request.user, "approve_decision"):
        raise PermissionDenied


def _row(breach: Breach) -> dict[str, Any]:
    left = service.left(breach)
    return {
        "breach": breach,
        "way": words.word(words.WAYS, breach.delivery.way),
        "late": left.late,
        "soon": left.hours < 24,
        "left": _hours(left.hours),
        "verdict": words.word(words.BREACH_VERDICTS, breach.verdict) if breach.verdict else "",
    }


def _hours(hours: int) -> str:
    if hours < 0:
        return ngettext("%(n)d hour late", "%(n)d hours late", -hours) % {"n": -hours}
    return ngettext("%(n)d hour left", "%(n)d hours left", hours) % {"n": hours}


@require_GET
def breaches(request: HttpRequest) -> HttpResponse:
    """Those that wait for a word, the most urgent first, and what has been judged."""
    _allowed(request)
    rows = [_row(breach) for breach in service.seen_by(request.user)]  # type: ignore[arg-type]
    context = {
        **admin.site.each_context(request),
        "title": _("Sent to the wrong person"),
        "open": [row for row in rows if not row["verdict"]],
        "judged": [row for row in reversed(rows) if row["verdict"]],
    }
    return TemplateResponse(request, "admin/hemdsr/breaches.html", context)


@require_http_methods(["GET", "POST"])
def breach(request: HttpRequest, pk: int) -> HttpResponse:
    """One breach: what happened, and legal's word. That it was read is logged."""
    _allowed(request)
    found = service.seen_by(request.user).filter(pk=pk).first()  # type: ignore[arg-type]
    if found is None:
        raise Http404
    actor = Actor.staff(request.user)  # type: ignore[arg-type]
    form = JudgeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            service.judge(
                actor=actor,
                breach=found,
                verdict=data["verdict"],
                reasons=data["reasons"],
                person_told=data["person_told"],
            )
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("Your word on %(diary_no)s is noted.") % {"diary_no": found.case.diary_no})
            return redirect("admin:breaches")
    with unit(actor) as work:
        work.event("case.viewed", found.case, page="breach")
    vault = Vault(found.case)
    form.focus_first_error()
    context = {
        **admin.site.each_context(request),
        "title": found.case.diary_no,
        **_row(found),
        "what": service.what_of(vault, found),
        "reasons": service.reasons_of(vault, found),
        "form": form,
    }
    return TemplateResponse(request, "admin/hemdsr/breach.html", context, status=422 if form.errors else 200)
