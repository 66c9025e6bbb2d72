"""What every page of the portal has: the visitor, the sender in the foot, and who may come in."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from requests_app.portal import session
from requests_app.services import policy as policies

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from requests_app.portal.session import Visitor


def language() -> str:
    """The language of the page: ``sv`` or ``en``."""
    return "en" if (get_language() or "sv").startswith("en") else "sv"


def page(request: HttpRequest, template: str, status: int = 200, /, **context: Any) -> HttpResponse:
    """A page with what its frame needs."""
    visitor = context.pop("visitor", None) or session.visitor_of(request)
    _, values = policies.current()
    lang = language()
    frame = {
        "visitor": visitor,
        "sender": values.sender,
        "sender_unit": values.sender.unit[lang],
        "authority": values.remedies.authority[lang],
        "authority_lines": values.remedies.lines,
        "lang": lang,
        "demo": settings.DEMO,
    }
    return render(request, template, frame | context, status=status)


def next_page(request: HttpRequest) -> str:
    """Where to go after the login: an address of ours, never another's."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    known = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if known and wanted.startswith("/") else reverse("portal:start")


def to_login(request: HttpRequest, *, reason: str = "", then: str = "") -> HttpResponse:
    """To the login, and back to ``then`` after it."""
    query = {"next": then or request.get_full_path()} | ({"orsak": reason} if reason else {})
    return redirect(f"{reverse('portal:login')}?{urlencode(query)}")


def for_visitors(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Only for who is logged in; the view gets the visitor after the request. Others go by the login and come back."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        visitor: Visitor | None = session.visitor_of(request)
        if visitor is not None:
            return view(request, visitor, *args, **kwargs)
        reason = "inaktiv" if session.end_idle(request) else ""
        return to_login(request, reason=reason, then="" if request.method == "GET" else reverse("portal:start"))

    return guarded
