"""The systems that file and follow requests over the API: who they speak for, what they may do, and their secrets, shown once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.admin.forms import StyledForm
from requests_app.domain.channels import Scope
from requests_app.models import ApiClient
from requests_app.services import access, api_clients
from requests_app.services.audit import Actor
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import User

SCOPES = {
    Scope.FILE: gettext_lazy("File requests for its persons"),
    Scope.READ: gettext_lazy("Read its persons' requests and messages"),
    Scope.WRITE: gettext_lazy("Write messages for its persons and take their requests back"),
    Scope.FILES: gettext_lazy("Fetch the answers for its persons"),
}


class ClientForm(StyledForm):
    """What a system is called, whom it speaks for, and what it may do."""

    name = forms.CharField(label=pgettext_lazy("system", "Name"), max_length=80)
    issuer = forms.CharField(
        label=gettext_lazy("Issuer of the logins it speaks for"),
        max_length=200,
        help_text=gettext_lazy(
            "An address that begins with https://, exactly as it stands as iss in the tokens of those logins. "
            "The system reaches the requests of everybody who logs in there."
        ),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=[(scope.value, text) for scope, text in SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Calls per minute at most"),
        min_value=1,
        max_value=api_clients.MOST_PER_MINUTE,
        initial=120,
    )


class ChangeForm(ClientForm):
    """The same for one that is there, which can be stopped."""

    active = forms.BooleanField(label=gettext_lazy("The system is let in"), required=False)


def _may(request: HttpRequest, verb: str) -> None:
    if not access.may(request.user, f"{verb}_apiclient"):
        raise PermissionDenied


def _page(request: HttpRequest, template: str, status: int = 200, **context: Any) -> HttpResponse:
    return TemplateResponse(
        request, f"admin/hemdsr/{template}.html", {**admin.site.each_context(request), **context}, status=status
    )


def _client(client_id: str) -> ApiClient:
    found = ApiClient.objects.filter(client_id=client_id).first()
    if found is None:
        raise Http404
    return found


@require_GET
def clients(request: HttpRequest) -> HttpResponse:
    """The systems there are."""
    _may(request, "view")
    rows = [(client, [SCOPES[Scope(code)] for code in client.scopes]) for client in ApiClient.objects.all()]
    return _page(request, "api_clients", title=_("Systems that use the API"), rows=rows)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Let a system in; its secret is shown this once."""
    _may(request, "add")
    form = ClientForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = api_clients.create(actor=_actor(request), **form.cleaned_data)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            return _secret(request, made)
    title = _("Let a system in to the API")
    return _page(request, "api_client", 422 if form.errors else 200, title=title, form=form)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, client_id: str) -> HttpResponse:
    """Change what a system may do, or stop it."""
    _may(request, "change")
    client = _client(client_id)
    held = {name: getattr(client, name) for name in ChangeForm.base_fields}
    form = ChangeForm(request.POST if request.method == "POST" else None, initial=held)
    if request.method == "POST" and form.is_valid():
        try:
            api_clients.change(actor=_actor(request), client=client, **form.cleaned_data)
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("What the system may do is saved. It holds at once."))
            return redirect("admin:api_clients")
    status = 422 if form.errors else 200
    return _page(request, "api_client", status, title=client.name, form=form, client=client)


@require_POST
def secret(request: HttpRequest, client_id: str) -> HttpResponse:
    """Give a system a new secret, shown this once. The old one stops at once when it has been let out, else after a day."""
    _may(request, "change")
    at_once = "at_once" in request.POST
    made = api_clients.change_secret(actor=_actor(request), client=_client(client_id), at_once=at_once)
    return _secret(request, made, at_once=at_once)


def _secret(request: HttpRequest, made: api_clients.Made, **context: Any) -> HttpResponse:
    return _page(request, "api_secret", title=_("Secret of the system"), made=made, **context)


def _actor(request: HttpRequest) -> Actor:
    return Actor.staff(cast("User", request.user))
