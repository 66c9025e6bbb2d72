"""What the register only assumes: confirmed here in bulk, system by system; and what the guideline leaves open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.models import System
from requests_app.services import access, register
from requests_app.services.audit import Actor

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.services.register import UnconfirmedStatement


@require_http_methods(["GET", "POST"])
def to_confirm(request: HttpRequest) -> HttpResponse:
    """Statements nobody has confirmed, for one system at a time."""
    if not access.may(request.user, "change_processingitem"):
        raise PermissionDenied
    if request.method == "POST":
        return _confirm(request)
    systems = list(System.objects.filter(active=True))
    counts = {pk: len(keys) for pk, keys in register.unconfirmed_by_system(systems).items()}
    waiting = [system for system in systems if counts[system.pk]]
    chosen = next(
        (system for system in systems if system.key == request.GET.get("system")), waiting[0] if waiting else None
    )
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Statements to confirm"),
        "systems": [(system, counts[system.pk]) for system in waiting],
        "chosen": chosen,
        "statements": [(item, correct_url(item)) for item in register.unconfirmed_for([chosen])] if chosen else [],
    }
    return TemplateResponse(request, "admin/hemdsr/statements.html", context)


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
    system = request.POST.get("system", "")
    here = reverse("admin:statements")
    return redirect(f"{here}?system={system}" if System.objects.filter(key=system).exists() else here)


def correct_url(item: UnconfirmedStatement) -> str:
    """Where a statement is put right instead of confirmed."""
    model, _colon, number = item.key.partition(":")
    return (
        reverse(f"admin:requests_app_{model}_change", args=[number]) if item.confirmable and number.isdecimal() else ""
    )


@require_GET
def gaps(request: HttpRequest) -> HttpResponse:
    """What the guideline should say and does not."""
    if not access.may(request.user, "view_registerrow"):
        raise PermissionDenied
    context = {**admin.site.each_context(request), "title": _("Gaps in the guideline"), "rows": register.gaps()}
    return TemplateResponse(request, "admin/hemdsr/gaps.html", context)
