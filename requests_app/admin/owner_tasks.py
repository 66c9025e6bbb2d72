"""What a member of staff who owns systems has to answer: the list of the own tasks, and each with the same pages as the link has.

The case stays closed: only the question of the one system is shown. Who works the case may answer here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.admin.due import due
from requests_app.services import access
from requests_app.services.audit import Actor
from requests_app.services.owners import links, tasks
from requests_app.web import owner_pages
from requests_app.web.owner_pages import Task

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import User


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The open tasks of one's own systems, those due first."""
    if not tasks.owns_systems(request.user):
        raise PermissionDenied
    days = [(row, tasks.last_day(row, link)) for row, link in tasks.of_owner(request.user)]
    found = [{"row": row, "on": day, "due": due(day)} for row, day in days]
    context = {**admin.site.each_context(request), "title": _("My systems' tasks"), "tasks": found}
    return TemplateResponse(request, "admin/hemdsr/owner_tasks.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def task(request: HttpRequest, ref: str, system: str, page: str = "") -> HttpResponse:
    """A page of one task; not there for who neither owns the system nor works the case."""
    row = tasks.for_staff(request.user, ref, system)
    if row is None:
        raise Http404
    user = cast("User", request.user)
    works = access.cases_visible_to(user).filter(pk=row.case_id).exists()
    home = reverse("admin:requests_app_case_change", args=[ref]) if works else reverse("admin:owner_tasks")

    def url(name: str) -> str:
        args = [ref, system, *([name] if name else [])]
        return reverse("admin:owner_page" if name else "admin:owner_task", args=args)

    def done(request: HttpRequest, what: str) -> HttpResponse:
        said = {
            "answered": _("Your answer about %(system)s is saved."),
            "nothing": _("Noted: nothing was found in %(system)s."),
            "not_theirs": _("Noted: somebody else must be asked about %(system)s."),
        }[what]
        messages.success(request, said % {"system": row.system})
        return redirect(home)

    frame: dict[str, Any] = {
        "staff": True,
        "back": home,
        "back_text": _("Back to the case") if works else _("My systems' tasks"),
    }
    last_on = tasks.last_day(row, links.living(row))
    return owner_pages.show(request, Task(row, None, Actor.staff(user), url, last_on, done, frame), page)


def only_owns(request: HttpRequest, found: dict[str, Any]) -> bool:
    """Whether answering for own systems is all the person does: then the list of tasks is the start."""
    does = found.get("works") or found.get("registers") or found.keys() & {"legal", "systems", "to_confirm"}
    return not does and tasks.owns_systems(request.user)
