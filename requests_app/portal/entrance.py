"""Logging in and out, and the pages that are open to all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.portal import demo, session
from requests_app.portal.forms import DemoLoginForm
from requests_app.portal.pages import page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def _next(request: HttpRequest) -> str:
    """Where to go after the login: an address of ours, never another's."""
    wanted = request.POST.get("next", request.GET.get("next", ""))
    known = url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    return wanted if known and wanted.startswith("/") else reverse("portal:start")


@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Log in. For a demonstration one chooses who to be; until a real login is set up the page says that there is none."""
    if not settings.DEMO:
        return page(request, "portal/no_login.html", 503)
    people = demo.people()
    form = DemoLoginForm(request.POST if request.method == "POST" and "person" not in request.POST else None)
    if request.method == "POST":
        chosen = next((person for person in people if person.slug == request.POST.get("person")), None)
        if chosen is not None:
            session.log_in(request, demo.visitor(chosen.name, chosen.personnummer))
            return redirect(_next(request))
        if form.is_bound and form.is_valid():
            session.log_in(request, demo.visitor(form.cleaned_data["person_name"], form.cleaned_data["personnummer"]))
            return redirect(_next(request))
    return page(
        request,
        "portal/login.html",
        form=form,
        people=people,
        next=_next(request),
        reason=request.GET.get("orsak", ""),
        unknown=request.method == "POST" and not form.is_bound,
    )


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the login."""
    session.log_out(request)
    return redirect(f"{reverse('portal:start')}?utloggad")


@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement (Act 2018:1937)."""
    return page(request, "portal/accessibility.html")


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """How the data of a request is handled."""
    return page(request, "portal/privacy.html")
