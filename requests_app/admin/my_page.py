"""One's own settings: language, and how one is told about work. Name and roles are an administrator's: the log shows the name."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy, override
from django.views.decorators.http import require_http_methods

from requests_app.admin.forms import StyledForm
from requests_app.models import User
from requests_app.services import access, staff

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class MyForm(StyledForm):
    """What one sets for oneself."""

    language = forms.ChoiceField(label=gettext_lazy("Language of pages and mail"), widget=forms.RadioSelect)
    notify = forms.ChoiceField(
        label=gettext_lazy("Mail about work"),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("The daily mail comes at seven on working days. What is urgent always comes at once."),
    )

    def __init__(self, user: User, *args: object, **options: object) -> None:
        options["initial"] = {"language": user.language, "notify": user.notify}
        super().__init__(*args, **options)
        for name in ("language", "notify"):
            self.fields[name].choices = User._meta.get_field(name).choices  # type: ignore[attr-defined]


@require_http_methods(["GET", "POST"])
def my(request: HttpRequest) -> HttpResponse:
    """Show and save them."""
    user = cast("User", request.user)
    form = MyForm(user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        staff.set_preferences(user=user, language=form.cleaned_data["language"], notify=form.cleaned_data["notify"])
        with override(user.language):
            messages.success(request, _("Your settings are saved."))
        return redirect("admin:my")
    context = {**admin.site.each_context(request), "title": _("My settings"), "form": form, "works": access.works(user)}
    return TemplateResponse(request, "admin/hemdsr/my.html", context, status=422 if form.errors else 200)
