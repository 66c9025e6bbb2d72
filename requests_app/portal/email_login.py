"""Logging in without eID: a link to an e-mail address, asked for here and used here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from requests_app.portal import session
from requests_app.portal.forms import EmailLoginForm
from requests_app.portal.pages import language, next_page, page
from requests_app.portal.session import Visitor
from requests_app.services import email_login, one_time
from requests_app.services.people import EMAIL_ISSUER
from requests_app.web.forms import add_service_error
from requests_app.web.network import client_network

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a link. The answer is the same for every address."""
    form = EmailLoginForm(request.POST if request.method == "POST" else None)
    then = next_page(request)
    if form.is_bound and form.is_valid():
        try:
            email_login.ask(
                address=form.cleaned_data["email"], network=client_network(request), language=language(), then=then
            )
            return redirect("portal:email_sent")
        except one_time.TooMany as error:
            response = page(request, "portal/email_login.html", 429, form=form, next=then, too_many=True)
            response["Retry-After"] = str(error.seconds)
            return response
        except ValidationError as error:
            add_service_error(form, error)
    return page(request, "portal/email_login.html", form=form, next=then)


@require_GET
def sent(request: HttpRequest) -> HttpResponse:
    """What comes after asking, whatever the address was."""
    return page(request, "portal/email_sent.html")


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The page a link opens, and the button on it that logs in. Opening the page uses nothing up."""
    if request.method != "POST":
        address = email_login.address_of(secret)
        if address:
            return page(request, "portal/email_link.html", address=address)
        return page(request, "portal/email_over.html", 410)
    used = email_login.use(secret)
    if used is None:
        return page(request, "portal/email_over.html", 410)
    address, then = used
    session.log_in(request, Visitor(issuer=EMAIL_ISSUER, subject=address, name="", personnummer="", level=EMAIL_ISSUER))
    return redirect(then or reverse("portal:start"))
