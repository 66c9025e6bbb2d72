"""The steps of the procedure, right by right: read, and written as a next version by legal or the administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.domain.rights import Right
from requests_app.services import access, checklists, words
from requests_app.services.audit import Actor
from requests_app.services.moves import Conflict

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, QueryDict

SPARE = 3
"""Empty rows below the steps, for new ones."""


def _allowed(request: HttpRequest) -> None:
    if not access.may(request.user, "add_checklist"):
        raise PermissionDenied


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """All rights with their steps."""
    _allowed(request)
    current = checklists.newest_by_right()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Checklists"),
        "lists": [(current[right.value], words.right(right.value)) for right in Right if right.value in current],
        "known": checklists.KNOWN,
    }
    return TemplateResponse(request, "admin/hemdsr/checklists.html", context)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, right: str) -> HttpResponse:
    """The steps of one right, to be written as the next version."""
    _allowed(request)
    held = checklists.newest_by_right().get(right)
    if held is None:
        raise Http404
    rows, error = [dict(step) for step in held.steps], ""
    if request.method == "POST":
        rows = _rows(request.POST)
        try:
            made = checklists.change(
                actor=Actor.staff(request.user),  # type: ignore[arg-type]
                right=right,
                steps=rows,
                version=int(version) if (version := request.POST.get("version", "")).isdecimal() else 0,
            )
        except Conflict:
            error = _("Somebody else has written a version meanwhile. Look at it, and make your change again.")
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            said = _("Version %(n)d is saved. New cases use it; open cases keep the one they began with.")
            messages.success(request, said % {"n": made.version})
            return redirect("admin:checklists")
    blank = {"key": "", "sv": "", "en": ""}
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": _("Checklist: %(right)s") % {"right": words.right(right)},
        "held": held,
        "rows": [
            row | {"known": row["key"] in checklists.KNOWN, "place": number}
            for number, row in enumerate([*rows, *[dict(blank) for _spare in range(SPARE)]], start=1)
        ],
        "error": error,
        "versions": checklists.versions(right),
    }
    return TemplateResponse(request, "admin/hemdsr/checklist_edit.html", context, status=422 if error else 200)


def _rows(data: QueryDict) -> list[dict[str, str]]:
    """The rows as they were typed, in the order of their numbers."""
    columns = [data.getlist(name) for name in ("place", "key", "sv", "en")]
    typed = [
        (_place(place, number), number, {"key": key, "sv": sv, "en": en})
        for number, (place, key, sv, en) in enumerate(zip(*columns, strict=False))
    ]
    return [row for _place_, _number, row in sorted(typed, key=lambda item: item[:2]) if row["sv"] or row["en"]]


def _place(text: str, number: int) -> float:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return number + 1
