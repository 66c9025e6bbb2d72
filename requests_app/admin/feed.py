"""Calendar feeds: the secret address a calendar program reads without a login, and where one gets and revokes it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.models import CalendarFeed, Case, Team
from requests_app.services import access, calendar_feed
from requests_app.services.audit import Actor
from requests_app.services.moves import Conflict

if TYPE_CHECKING:
    from django.http import HttpRequest

    from requests_app.models import User


@require_http_methods(["GET", "HEAD"])
def read(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar. What is unknown, revoked or of somebody who has left is not there; nothing else of the request is looked at."""
    feed = calendar_feed.feed_for(token)
    if feed is None:
        raise Http404

    def link(case: Case) -> str:
        return request.build_absolute_uri(reverse("admin:requests_app_case_change", args=[case.ref]))

    body = calendar_feed.calendar(feed, host="hemdsr", link=link)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag) or HttpResponse(
        body, content_type="text/calendar; charset=utf-8"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def page(request: HttpRequest, **more: Any) -> HttpResponse:
    """One's addresses. ``address`` is a new one, shown this once."""
    user = cast("User", request.user)
    feeds = {feed.team_id: feed for feed in calendar_feed.feeds_of(user)}
    teams = list(access.teams_with(user, access.WORK_TEAM))
    context = {
        **admin.site.each_context(request),
        "title": _("Due dates in your calendar"),
        "rows": [
            ("", _("The cases I handle"), feeds.get(None)),
            *((team.key, team.name, feeds.get(team.pk)) for team in teams),
        ],
        **more,
    }
    return TemplateResponse(request, "admin/hemdsr/my_calendar.html", context)


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's addresses, for those who work cases."""
    if not access.works(request.user):
        raise Http404
    return page(request)


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """A new address, shown once, in the place of the old one."""
    if not access.works(request.user):
        raise Http404
    key = request.POST.get("team", "")
    team = Team.objects.filter(key=key).first() if key else None
    if key and team is None:
        raise Http404
    try:
        made = calendar_feed.make(actor=Actor.staff(cast("User", request.user)), team=team)
    except ValidationError:
        raise Http404 from None
    return page(request, address=request.build_absolute_uri(reverse("calendar_feed", args=[made.token])), made=key)


@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Let an address stop working."""
    feed = CalendarFeed.objects.filter(pk=pk, user=request.user.pk).first()
    if feed is None:
        raise Http404
    try:
        calendar_feed.revoke(actor=Actor.staff(cast("User", request.user)), feed=feed)
    except Conflict as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("The address does not work any more."))
    return redirect("admin:my_calendar")
