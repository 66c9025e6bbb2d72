"""The diary as a list and as CSV: with names for who works the cases, and for the public without (OSL 5 kap. 2 §)."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_GET

from requests_app.admin.forms import StyledForm
from requests_app.services import access, diary_list
from requests_app.services.audit import Actor
from requests_app.web.forms import DayField
from requests_app.web.responses import download

if TYPE_CHECKING:
    from typing import Any

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

SHOWN = 300
"""Rows on the page; the CSV has them all."""


class PeriodForm(StyledForm):
    """Which days, and which version."""

    first = DayField(label=gettext_lazy("From"))
    last = DayField(label=gettext_lazy("To"))
    version = forms.ChoiceField(label=gettext_lazy("Version"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, named: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        public = ("public", _("For the public: without sender and receiver"))
        self.fields["version"].choices = [("full", _("With sender and receiver")), public] if named else [public]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A period that can be listed."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and first > last:
            self.add_error("last", _("The last day cannot be before the first."))
        elif first and last and (last - first).days > diary_list.MAX_DAYS:
            self.add_error("last", _("Choose at most three years at a time."))
        return data


@require_GET
def diary(request: HttpRequest) -> HttpResponseBase:
    """The list of a period, this month's unless another is asked for; ``format=csv`` downloads it."""
    if not diary_list.may_list(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
    named = access.works(request.user)
    today = timezone.localdate()
    usual = {"first": today.replace(day=1).isoformat(), "last": today.isoformat(), "version": "public"}
    form = PeriodForm({**usual, **request.GET.dict()}, named=named)
    rows: list[diary_list.Row] = []
    full = False
    if form.is_valid():
        data = form.cleaned_data
        full = data["version"] == "full"
        rows = diary_list.listed(
            actor=Actor.staff(request.user),  # type: ignore[arg-type]
            first=data["first"],
            last=data["last"],
            named=full,
        )
        if request.GET.get("format") == "csv":
            content = diary_list.as_csv(rows, named=full)
            name = f"diarium-{data['first']}-{data['last']}.csv"
            return download(io.BytesIO(content), name, size=len(content))
    context = {
        **admin.site.each_context(request),
        "title": _("Diary"),
        "form": form,
        "rows": rows[:SHOWN],
        "count": len(rows),
        "more": max(0, len(rows) - SHOWN),
        "full": full,
    }
    return TemplateResponse(request, "admin/hemdsr/diary.html", context, status=422 if form.errors else 200)
