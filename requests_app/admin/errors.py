"""Pages for what is not there: staff see it in the admin's dress, everybody else in the portal's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.defaults import page_not_found

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Nothing here, or nothing of yours: the same page, which says neither."""
    user = getattr(request, "user", None)
    if not request.path.startswith("/admin/") or user is None or not user.is_authenticated or not user.is_staff:
        return page_not_found(request, exception)
    context = {**admin.site.each_context(request), "title": _("The page is not there")}
    return TemplateResponse(request, "admin/hemdsr/404.html", context, status=404).render()
