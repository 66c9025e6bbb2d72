"""Logging in with eID and out again, and the pages that are open to all."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.portal import demo, eid, session
from requests_app.portal.forms import DemoLoginForm
from requests_app.portal.pages import language, next_page, page
from requests_app.services import throttle
from requests_app.services.audit import PERSON, unit
from requests_app.web.network import client_network

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.domain.eid import EidProvider


LOGGED_REFUSALS = 60
"""Failed logins an hour of one network that the log takes down: it cannot be shortened, and anybody can fail."""
FAILED = {
    eid.CANCELLED: _("You did not finish the login. You can try again."),
    eid.TOO_LATE: _("The login took too long, or the page had been opened before. Try again."),
    eid.UNAVAILABLE: _("The login service does not answer right now. Try again in a while, or use another way."),
    eid.REFUSED: _(
        "We could not log you in: the answer from the login service could not be used. Try again or use another way."
    ),
    eid.LEVEL: _("Your eID does not show surely enough who you are. Use another one, or contact us."),
}
"""``orsak`` in the address of the login page -> what is told about a login that failed."""


@require_http_methods(["GET", "HEAD", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """How one can log in: the providers as buttons, or straight on to the only one; an e-mail address is always a way.

    For a demonstration one may also choose who to be.
    """
    then, reason = next_page(request), request.GET.get("orsak", "")
    providers = [(item.key, item.name(language())) for item in settings.EID_PROVIDERS]
    if settings.DEMO:
        return _demo(request, then, reason, providers)
    if len(providers) == 1 and not reason and request.method != "POST":
        return redirect(_start(providers[0][0], then))
    return page(request, "portal/login.html", providers=_buttons(providers, then), next=then, **_why(reason))


def _why(reason: str) -> dict[str, Any]:
    return {"reason": reason, "failed": FAILED.get(reason, "")}


def _start(key: str, then: str) -> str:
    return f"{reverse('portal:eid', args=[key])}?{urlencode({'next': then})}"


def _buttons(providers: list[tuple[str, str]], then: str) -> list[tuple[str, str]]:
    return [(_start(key, then), name) for key, name in providers]


def _demo(request: HttpRequest, then: str, reason: str, providers: list[tuple[str, str]]) -> HttpResponse:
    people = demo.people()
    form = DemoLoginForm(request.POST if request.method == "POST" and "person" not in request.POST else None)
    if request.method == "POST":
        chosen = next((person for person in people if person.slug == request.POST.get("person")), None)
        if chosen is not None:
            session.log_in(request, demo.visitor(chosen.name, chosen.personnummer))
            return redirect(then)
        if form.is_bound and form.is_valid():
            session.log_in(request, demo.visitor(form.cleaned_data["person_name"], form.cleaned_data["personnummer"]))
            return redirect(then)
    return page(
        request,
        "portal/login.html",
        form=form,
        people=people,
        providers=_buttons(providers, then),
        next=then,
        **_why(reason),
        unknown=request.method == "POST" and not form.is_bound,
    )


def _provider(key: str) -> EidProvider:
    found = eid.provider_of(key)
    if found is None:
        raise Http404
    return found


@require_GET
def to_provider(request: HttpRequest, key: str) -> HttpResponse:
    """On to a provider."""
    found, then = _provider(key), next_page(request)
    try:
        return eid.begin(request, found, then=then)
    except eid.Refused as error:
        return _refused(request, key, error, then)


@require_GET
def from_provider(request: HttpRequest, key: str) -> HttpResponse:
    """Back from a provider: logged in, or at the page of logins with a word about why not."""
    try:
        entered = eid.complete(request, _provider(key))
    except eid.Refused as error:
        return _refused(request, key, error, error.then)
    session.log_in(request, entered.visitor, asdict(entered.farewell) if entered.farewell else None)
    return redirect(entered.then or reverse("portal:start"))


def _refused(request: HttpRequest, key: str, error: eid.Refused, then: str) -> HttpResponse:
    if not throttle.hit("login-refused", client_network(request), limit=LOGGED_REFUSALS, seconds=3600):
        with unit(PERSON) as work:
            work.event("login.refused", provider=key, reason=error.why)
    query = {"orsak": error.reason} | ({"next": then} if then else {})
    return redirect(f"{reverse('portal:login')}?{urlencode(query)}")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """End the login, at the provider too when that is set up.

    The page sends the browser on by itself: our policy of contents, rightly, lets no form of ours lead elsewhere.
    """
    farewell = session.log_out(request)
    if farewell is None:
        return redirect("portal:logged_out")
    return page(request, "portal/leaving.html", url=eid.farewell_address(request, eid.Farewell(**farewell)))


@require_GET
def logged_out(request: HttpRequest) -> HttpResponse:
    """Where a logout ends, with us or by way of the provider."""
    return redirect(f"{reverse('portal:start')}?utloggad")


@require_GET
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement (Act 2018:1937)."""
    return page(request, "portal/accessibility.html")
