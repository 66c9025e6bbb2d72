"""Leaving the newsletter without logging in: by the sealed link that came with it, by the mail program's own button, or by one's address.

Nothing here says whether an address is known, and nothing becomes a case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from requests_app.domain.channels import ChoiceSource, MarketingKind
from requests_app.portal.forms import PageForm, Text
from requests_app.portal.pages import language, page
from requests_app.services import marketing, throttle
from requests_app.services.audit import PERSON
from requests_app.web.forms import add_service_error
from requests_app.web.network import client_network

if TYPE_CHECKING:
    from django.http import HttpRequest

HOUR = 3600
LINK_LIMIT = 20
"""Times an hour that one address may be unsubscribed by its link."""
TYPED_LIMIT, TYPED_LIMIT_OF_ALL = 10, 300
"""Addresses an hour that may be typed in one network, and in all of them together."""


class UnsubscribeForm(PageForm):
    """The address that newsletters come to."""

    email = Text(
        limit=254,
        label=pgettext_lazy("portal", "Your e-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        missing=gettext_lazy("Write your e-mail address."),
    )


@csrf_exempt  # the link itself is the permission, and a mail program has no cookie (RFC 8058)
@require_http_methods(["GET", "HEAD", "POST"])
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    """The page behind a link, its button, and the one-click POST of RFC 8058. Opening the page changes nothing."""
    one_click = request.method == "POST" and request.POST.get("List-Unsubscribe") == "One-Click"
    link = marketing.opened(token)
    if link is None:
        if one_click:
            return _plain("This link cannot be read.\n", 404)
        return page(request, "portal/unsubscribe_typed.html", 404, form=UnsubscribeForm(), broken=True)
    if request.method != "POST":
        if _is_stopped(link.email):
            return page(request, "portal/unsubscribed.html", link=link, before=True)
        return page(request, "portal/unsubscribe.html", link=link)
    wait = throttle.hit("unsubscribe-link", link.email, limit=LINK_LIMIT, seconds=HOUR)
    if wait:
        return _later(_plain("Too many times.\n", 429), wait)
    key, source = ("one_click", ChoiceSource.ONE_CLICK) if one_click else ("link", ChoiceSource.LINK)
    try:
        _stop(link.email, source, key, link.system)
    except ValidationError:  # sealed by us, but no address: made from a list that held something else
        return _plain("This link cannot be read.\n", 404)
    if one_click:
        return _plain("Unsubscribed.\n")
    return page(request, "portal/unsubscribed.html", link=link)


@require_http_methods(["GET", "HEAD", "POST"])
def by_address(request: HttpRequest) -> HttpResponse:
    """For who has no link that works: the answer is the same for every address."""
    form = UnsubscribeForm(request.POST if request.method == "POST" else None)
    if not form.is_bound or not form.is_valid():
        return page(request, "portal/unsubscribe_typed.html", form=form)
    network = client_network(request)
    # what one network tries beyond its own limit does not count towards everybody's
    wait = throttle.hit("unsubscribe-typed", network, limit=TYPED_LIMIT, seconds=HOUR) or throttle.hit(
        "unsubscribe-typed", "", limit=TYPED_LIMIT_OF_ALL, seconds=HOUR
    )
    if wait:
        return _later(page(request, "portal/unsubscribe_typed.html", 429, form=form, too_many=True), wait)
    try:
        _stop(form.cleaned_data["email"], ChoiceSource.LINK, "link", "")
    except ValidationError as error:
        add_service_error(form, error)
        return page(request, "portal/unsubscribe_typed.html", form=form)
    return page(request, "portal/unsubscribed.html")


def _is_stopped(email: str) -> bool:
    try:
        return marketing.is_suppressed(marketing.address(email=email))
    except ValidationError:
        return False


def _stop(email: str, source: ChoiceSource, wording: str, system: str) -> None:
    marketing.choose(
        actor=PERSON,
        kind=MarketingKind.WITHDRAWN,
        source=source,
        email=email,
        wording=marketing.wording(wording, language()),
        system=system,
    )


def _plain(text: str, status: int = 200) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")


def _later(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response
