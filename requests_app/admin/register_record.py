"""The record of processing (Art. 30) to read and to take along, and how each system is reached."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext as _
from django.views.decorators.http import require_GET

from requests_app.services import access, register
from requests_app.services.audit import Actor
from requests_app.services.register import wording
from requests_app.web.responses import download

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.documents.values import Lang
    from requests_app.models import User
    from requests_app.services.register import Reach
    from requests_app.services.register.record import Activity


def tabs(request: HttpRequest, here: str) -> list[tuple[str, str, bool]]:
    """The pages about the whole register that the person may see: title, address, whether it is the one shown."""
    pages = [("record", _("Record of processing")), ("record_systems", _("Systems"))]
    pages.append(("system_health", _("How they fare")))
    if access.may(request.user, "change_processingitem"):
        pages.append(("statements", _("Assumptions and gaps")))
    return [(title, reverse(f"admin:{name}"), name == here) for name, title in pages]


def styled(context: dict[str, Any]) -> dict[str, Any]:
    """A page's context with the style of these pages."""
    sheets = [static("admin_hemdsr/reports.css"), static("admin_hemdsr/register.css")]
    return {**context, "styles": [*context["styles"], *sheets]}


def _reader(request: HttpRequest) -> User:
    if not access.may_read_register(request.user):
        raise PermissionDenied
    return cast("User", request.user)


def _lang() -> Lang:
    return "en" if (get_language() or "sv").startswith("en") else "sv"


@require_GET
def record(request: HttpRequest) -> HttpResponse:
    """The whole record, by processing activity."""
    user = _reader(request)
    made = register.record(_lang())
    context = {
        **admin.site.each_context(request),
        "title": _("Record of processing (Article 30)"),
        "tabs": tabs(request, "record"),
        "record": made,
        "lead": register.lead(made),
        "controller": wording.controller_facts(made.controller),
        "security_note": register.security_note(made),
        "activities": [_shown(activity) for activity in made.activities],
        "files": [(ending.upper(), reverse("admin:record_file", args=[ending])) for ending in register.FORMATS],
        "may_correct": access.may(user, "change_processing"),
        "may_fill_in": access.may(user, "add_policy"),
    }
    return TemplateResponse(request, "admin/hemdsr/record.html", styled(context))


@require_GET
def file(request: HttpRequest, ending: str) -> HttpResponse:
    """The record as a file, in the person's language."""
    user = _reader(request)
    if ending not in register.FORMATS:
        raise Http404
    name, data = register.export(actor=Actor.staff(user), lang=_lang(), ending=ending)
    return download(io.BytesIO(data), name, size=len(data))


@require_GET
def systems(request: HttpRequest) -> HttpResponse:
    """Each system and how it is reached."""
    user = _reader(request)
    found = register.reaches()
    context = {
        **admin.site.each_context(request),
        "title": _("How each system is reached"),
        "tabs": tabs(request, "record_systems"),
        "systems": [_reached(reach) for reach in found],
        "counts": [
            (wording.way(way), count) for way in register.Way if (count := sum(reach.way is way for reach in found))
        ],
        "may_connect": access.may(user, "add_system"),
        "may_correct": access.may(user, "change_system"),
    }
    return TemplateResponse(request, "admin/hemdsr/record_systems.html", styled(context))


def _shown(activity: Activity) -> dict[str, Any]:
    return {
        "activity": activity,
        "standing": wording.standing(activity.standing),
        "subjects": wording.subjects(activity),
        "automated": wording.automated(activity),
        "transfers": wording.transfers(activity),
        "lines": [(line, wording.standing(line.standing)) for line in activity.lines],
    }


def _reached(reach: Reach) -> dict[str, Any]:
    bad = reach.way in {register.Way.UNSET, register.Way.OWNERLESS, register.Way.NOTHING}
    return {
        "reach": reach,
        "way": wording.way(reach.way),
        "bad": bad,
        "connector": wording.connector(reach),
        "tested": wording.tested(reach),
    }
