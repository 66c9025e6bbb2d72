"""The address that word of a request is mailed to: asked for on the request's page, confirmed by the link that is mailed there."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from requests_app.portal.following import own_case
from requests_app.portal.forms import EmailLoginForm
from requests_app.portal.pages import for_visitors, language, page
from requests_app.services import notice_address, one_time
from requests_app.services.keys import Vault
from requests_app.web.forms import add_service_error
from requests_app.web.network import client_network

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import Case
    from requests_app.portal.session import Visitor


@require_http_methods(["GET", "HEAD", "POST"])
@for_visitors
def ask(request: HttpRequest, visitor: Visitor, ref: str) -> HttpResponse:
    """Write an address, or the same once more, and get a link there."""
    case = own_case(visitor, ref)
    now = notice_address.standing(case, Vault(case))
    if now is None or not now.changes or case.closed_at:
        raise Http404
    form = EmailLoginForm(request.POST if request.method == "POST" else None, initial={"email": now.address})
    if form.is_bound and form.is_valid():
        try:
            _ask(request, case, form.cleaned_data["email"])
            return redirect(f"{reverse('portal:case', args=[ref])}?lank#notices")
        except one_time.TooMany as error:
            response = page(request, "portal/address.html", 429, visitor=visitor, case=case, form=form, too_many=True)
            response["Retry-After"] = str(error.seconds)
            return response
        except ValidationError as error:
            add_service_error(form, error)
    return page(request, "portal/address.html", visitor=visitor, case=case, form=form)


def _ask(request: HttpRequest, case: Case, address: str) -> None:
    notice_address.ask(case=case, address=address, network=client_network(request), language=language())


def ask_at_filing(request: HttpRequest, case: Case) -> None:
    """Mail the link for the address that was written in a new request. Where none can go the request's page says so."""
    now = notice_address.standing(case, Vault(case))
    if now is not None and now.changes and now.address:
        with suppress(one_time.TooMany, ValidationError):
            _ask(request, case, now.address)


@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The page a link opens, and the button on it that confirms the address. Opening the page uses nothing up and shows nobody's case."""
    post = request.method == "POST"
    address = notice_address.confirm(secret) if post else notice_address.address_of(secret)
    if not address:
        return page(request, "portal/address_over.html", 410)
    return page(request, "portal/address_link.html", address=address, confirmed=post)
