"""Mailboxes for administrators: where requests by mail are taken from, whether that works, and a try of it. No mail is shown here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from requests_app.admin.forms import StyledForm
from requests_app.models import MailSource
from requests_app.services import access
from requests_app.services.audit import Actor
from requests_app.services.mailbox import sources, words
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import User


class MailboxForm(StyledForm):
    """The settings of a mailbox. The password is written, never read."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    host = forms.CharField(label=gettext_lazy("Server"), max_length=200)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65535, initial=993)
    security = forms.ChoiceField(
        label=gettext_lazy("Encryption"), choices=list(words.SECURITY.items()), initial="tls", widget=forms.RadioSelect
    )
    user = forms.CharField(
        label=gettext_lazy("User name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    secret = forms.CharField(
        label=gettext_lazy("Password"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    folder = forms.CharField(
        label=gettext_lazy("Folder"),
        max_length=200,
        help_text=gettext_lazy(
            "Best a folder of its own, to which customer service moves requests. INBOX reads everything that comes in."
        ),
    )
    done_folder = forms.CharField(
        label=gettext_lazy("Move taken mails to"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Empty: they stay where they are, with a mark that most mail programs do not show."),
    )
    active = forms.BooleanField(label=gettext_lazy("Look into it every minute"), required=False, initial=True)

    def __init__(self, *args: Any, source: MailSource | None, **options: Any) -> None:
        if source is not None:
            options["initial"] = {name: getattr(source, name) for name in sources.FIELDS}
        super().__init__(*args, **options)
        known = source is not None and bool(source.secret_enc)
        self.fields["secret"].help_text = (
            _(
                "A value is set. Leave the field empty to keep it, unless you change server, port, encryption or user name."
            )
            if known
            else _("No value is set.")
        )


def _administrator(request: HttpRequest, verb: str) -> User:
    if not access.may(request.user, f"{verb}_mailsource"):
        raise PermissionDenied
    return cast("User", request.user)


@require_GET
def mailboxes(request: HttpRequest) -> HttpResponse:
    """Which there are, and how each of them does."""
    _administrator(request, "view")
    rows = [(row, words.fault(row.fault) if row.fault else "") for row in MailSource.objects.all()]
    context = {**admin.site.each_context(request), "title": _("Mailboxes"), "rows": rows}
    return TemplateResponse(request, "admin/hemdsr/mailboxes.html", context)


@require_http_methods(["GET", "POST"])
def mailbox(request: HttpRequest, pk: int | None = None) -> HttpResponse:
    """The settings of one, or of a new one."""
    user = _administrator(request, "change")
    source = get_object_or_404(MailSource, pk=pk) if pk is not None else None
    form = MailboxForm(request.POST or None, source=source)
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in sources.FIELDS}
        try:
            saved = sources.save(
                actor=Actor.staff(user), source=source, values=values, secret=form.cleaned_data["secret"]
            )
        except ValidationError as error:
            add_service_error(form, error)
        else:
            messages.success(request, _("The settings are saved. Test the connection."))
            return redirect("admin:mailbox", saved.pk)
    return _page(request, source, form)


def _page(request: HttpRequest, source: MailSource | None, form: MailboxForm, **found: Any) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": source.name if source else _("New mailbox"),
        "source": source,
        "form": form,
        "fault": words.fault(source.fault) if source and source.fault else "",
        **found,
    }
    return TemplateResponse(request, "admin/hemdsr/mailbox.html", context, status=422 if form.errors else 200)


@require_POST
def test(request: HttpRequest, pk: int) -> HttpResponse:
    """Try the connection as it is saved; what it gave stands above the settings."""
    user = _administrator(request, "change")
    source = get_object_or_404(MailSource, pk=pk)
    tried = sources.test(actor=Actor.staff(user), source=source)
    return _page(request, source, MailboxForm(source=source), tried=tried, tried_fault=words.fault(tried.fault))
