"""How the systems fare: which answer, which do not and since when, thirty days at a glance; and switching one off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from requests_app.admin.connection_pages import administers
from requests_app.admin.register_record import styled, tabs
from requests_app.admin.system_form import label_of
from requests_app.connectors import registry
from requests_app.connectors.base import settings_spec
from requests_app.models import System
from requests_app.services import access, gathering, switching, words
from requests_app.services.audit import Actor
from requests_app.services.moves import Conflict
from requests_app.services.register import over_time, wording
from requests_app.services.register.over_time import Fares, Standing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from requests_app.models import SystemSecret

STANDINGS = {
    Standing.FAILS: (gettext_lazy("Does not answer"), "late", "error"),
    Standing.NO_WAY: (gettext_lazy("Nothing is set up"), "late", "error"),
    Standing.OFF: (gettext_lazy("Switched off"), "soon", "pause_circle"),
    Standing.UNTESTED: (gettext_lazy("Not tested"), "soon", "help"),
    Standing.BY_HAND: (gettext_lazy("A person looks in it"), "quiet", "person"),
    Standing.WORKS: (gettext_lazy("Works"), "done", "check_circle"),
}
TRIES = 20
"""Tries that are listed."""


def _reader(request: HttpRequest) -> None:
    if not access.may_read_register(request.user):
        raise PermissionDenied


@require_GET
def systems(request: HttpRequest) -> HttpResponse:
    """Every system in use, those that need somebody first."""
    _reader(request)
    found = over_time.fares()
    needing = sum(one.needs_somebody for one in found)
    may = administers(request)
    context = {
        **admin.site.each_context(request),
        "title": _("How the systems fare"),
        "tabs": tabs(request, "system_health"),
        "rows": [_shown(one) for one in found],
        "lead": ngettext("%(n)d system needs somebody.", "%(n)d systems need somebody.", needing) % {"n": needing}
        if needing
        else _("Every system answers or has somebody who looks in it."),
        "broken": registry.broken_plugins() if may else (),
        "may_connect": may,
    }
    return TemplateResponse(request, "admin/hemdsr/health.html", styled(context))


@require_GET
def system(request: HttpRequest, key: str) -> HttpResponse:
    """One system: thirty days, its last tries, its keys, and the switch."""
    _reader(request)
    found = next((one for one in over_time.fares() if one.system.key == key), None)
    if found is None:
        raise Http404
    return _page(request, found)


def _page(request: HttpRequest, found: Fares, error: str = "", reason: str = "") -> HttpResponse:
    held = found.system
    context = {
        **admin.site.each_context(request),
        "title": str(held),
        "tabs": tabs(request, "system_health"),
        "row": _shown(found),
        "days": list(reversed(found.days)),
        "tries": [
            (one, words.fault_sentence(one.fault, one.params, system=str(held)) if not one.ok else "")
            for one in held.checks.order_by("-at", "-pk")[:TRIES]
        ],
        "keys": _keys(held, held.secrets.order_by("name")) if administers(request) else [],
        "may_connect": administers(request),
        "error": error,
        "reason": reason,
    }
    status = 422 if error else 200
    return TemplateResponse(request, "admin/hemdsr/health_system.html", styled(context), status=status)


@require_POST
def switch(request: HttpRequest, key: str) -> HttpResponse:
    """Switch a system off with a reason, or on again."""
    if not administers(request):
        raise PermissionDenied
    held = System.objects.filter(key=key, active=True).first()
    if held is None:
        raise Http404
    actor = Actor.staff(cast("Any", request.user))
    try:
        if request.POST.get("do") == "on":
            searched = switching.switch_on(actor=actor, system=held)
            told = ngettext(
                "%(system)s is switched on. %(n)d case searches it now.",
                "%(system)s is switched on. %(n)d cases search it now.",
                searched,
            )
            messages.success(request, told % {"system": held, "n": searched})
        else:
            switching.switch_off(actor=actor, system=held, reason=request.POST.get("reason", ""))
            messages.success(request, _("%(system)s is switched off.") % {"system": held})
    except Conflict:
        messages.warning(request, _("Somebody has switched it already."))
    except ValidationError as error:
        found = next(one for one in over_time.fares() if one.system.key == key)
        said = " ".join(error.messages)
        return _page(request, found, said, request.POST.get("reason", ""))
    return redirect("admin:system_health_one", key)


def _shown(found: Fares) -> dict[str, Any]:
    """A system as its row and its page show it."""
    word, css, sign = STANDINGS[found.standing]
    held = found.system
    needs = bool(found.fault) and (found.standing is Standing.FAILS or found.reach.failed_at is not None)
    return {
        "fares": found,
        "url": reverse("admin:system_health_one", args=[held.key]),
        "standing": word,
        "css": css,
        "sign": sign,
        "fault": words.fault_sentence(found.fault, found.fault_params, system=str(held)) if needs else "",
        "connector": wording.connector(found.reach),
        "way": wording.way(found.reach.way),
        "ending": _keys(held, found.ending),
        "strip": _("Of %(days)d days something failed on %(bad)d, and nothing was asked on %(quiet)d.")
        % {"days": len(found.days), "bad": found.bad_days, "quiet": found.quiet_days},
    }


def _keys(system: System, secrets: Iterable[SystemSecret]) -> list[dict[str, Any]]:
    """Secrets by what they are called, each with its last day."""
    version = max(system.versions.all(), key=lambda one: one.n, default=None)
    connector = gathering.connector_of(version)
    specs = settings_spec(connector, version.settings) if connector is not None and version is not None else ()
    called = {spec.key: label_of(spec) for spec in specs}
    return [{"label": called.get(one.name, one.name), "day": one.expires_on} for one in secrets]
