"""Pages beside the case page: everything to print as one PDF, the password of a mailed answer, addresses for legal to confirm."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.admin.actions_delivery import delivery_of
from requests_app.admin.case_actions import make_form
from requests_app.admin.case_pages import desk_of, url
from requests_app.services import access, contacts, delivery, encrypted_pdf, words
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import KeyDestroyed, vaults
from requests_app.services.moves import Conflict
from requests_app.web.responses import inline_pdf

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.http.response import HttpResponseBase

    from requests_app.models import ContactConfirmation


@require_GET
def bundle(request: HttpRequest, ref: str, right: str) -> HttpResponseBase:
    """The documents of an answer as one PDF, to print."""
    desk = desk_of(request, ref)
    try:
        made = delivery.bundle(actor=desk.actor, case=desk.case, right=right)
    except (ValidationError, KeyDestroyed, FileNotFoundError):
        raise Http404 from None
    return inline_pdf(io.BytesIO(made), f"{desk.case.diary_no}.pdf", size=len(made))


@require_POST
def secret(request: HttpRequest, ref: str, pk: int) -> HttpResponse:
    """The password of a mailed answer, on a click that is logged. It stands on this page alone, which no browser keeps."""
    desk = desk_of(request, ref)
    found = delivery_of(desk, str(pk))
    try:
        password = encrypted_pdf.show(actor=desk.actor, delivery=found)
    except Conflict:
        messages.error(request, _("The password has been given and erased."))
        return redirect(url(desk.case, "sent"))
    context = {
        **admin.site.each_context(request),
        "title": _("Password for %(diary_no)s") % {"diary_no": desk.case.diary_no},
        "case": desk.case,
        "lead": found,
        "password": password,
        "form": make_form(desk, "secret-given", str(pk)),
    }
    return TemplateResponse(request, "admin/hemdsr/secret.html", context, headers={"Cache-Control": "no-store"})


def _waiting(request: HttpRequest) -> list[ContactConfirmation]:
    if not access.may(request.user, "approve_decision"):
        raise PermissionDenied
    return list(contacts.pending_for_legal(request.user))  # type: ignore[arg-type]


@require_http_methods(["GET", "POST"])
def addresses(request: HttpRequest) -> HttpResponse:
    """Addresses that wait for a second person, for legal: the case's number, the way and the address, nothing else of the case."""
    waiting = _waiting(request)
    actor = Actor.staff(request.user)  # type: ignore[arg-type]
    if request.method == "POST":
        return _answer(request, actor, waiting)
    with unit(actor) as work:
        for item in waiting:
            work.event("case.viewed", item.case, page="address")
    opened = vaults(item.case for item in waiting)
    shown: list[dict[str, Any]] = [
        {
            "asked": item,
            "way": words.word(words.WAYS, item.way),
            "address": contacts.address_of(opened[item.case_id], item),
            "basis": words.word(words.CONTACT_BASES, item.basis),
        }
        for item in waiting
    ]
    context = {**admin.site.each_context(request), "title": _("Addresses to confirm"), "waiting": shown}
    return TemplateResponse(request, "admin/hemdsr/addresses.html", context)


def _answer(request: HttpRequest, actor: Actor, waiting: list[ContactConfirmation]) -> HttpResponse:
    asked = next((item for item in waiting if str(item.pk) == request.POST.get("asked")), None)
    verdict = request.POST.get("verdict")
    if asked is None or verdict not in {"confirm", "refuse"}:
        raise Http404
    try:
        contacts.answer(actor=actor, confirmation=asked, confirmed=verdict == "confirm")
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        said = _("The address is confirmed.") if verdict == "confirm" else _("The address is not confirmed.")
        messages.success(request, said)
    return redirect("admin:contact_checks")
