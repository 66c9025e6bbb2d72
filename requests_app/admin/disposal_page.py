"""Decisions on disposal: entered with reference and date, read, and followed by a next; never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy
from unfold.admin import ModelAdmin

from requests_app.admin.forms import StyledForm
from requests_app.admin.unlogged import Unlogged
from requests_app.models import DisposalDecision
from requests_app.services import access, retention
from requests_app.services.audit import Actor
from requests_app.web.forms import DayField, add_service_error

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest, HttpResponse

    from requests_app.models import User


class DisposalForm(StyledForm):
    """A next decision."""

    covers = forms.ChoiceField(label=gettext_lazy("What may be destroyed"), choices=DisposalDecision.CLASSES)
    reference = forms.CharField(
        label=gettext_lazy("Reference of the decision"),
        required=False,
        help_text=gettext_lazy("The diary number of the decision on disposal (gallringsbeslut)."),
    )
    decided_on = DayField(label=gettext_lazy("Decided on"), required=False)
    keep_months = forms.IntegerField(
        label=gettext_lazy("Kept after closing (months)"),
        required=False,
        help_text=gettext_lazy("Leave it empty to stop an earlier decision: nothing more is destroyed."),
    )


class DisposalAdmin(Unlogged, ModelAdmin):
    """The decisions. A new one rests a day before it is carried out."""

    list_display = ("covers", "reference", "decided_on", "keep_months", "by", "at")
    list_select_related = ("by",)
    actions = None
    fields = ("covers", "reference", "decided_on", "keep_months", "by", "at")
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By role alone: being superuser decides over no data."""
        return access.may(request.user, "add_disposaldecision")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A decision is never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor deleted."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Enter a next decision."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = DisposalForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                retention.decide(actor=Actor.staff(cast("User", request.user)), **form.cleaned_data)
            except ValidationError as error:
                add_service_error(form, error)
            else:
                messages.success(request, _("The decision is entered. It is carried out from tomorrow on."))
                return redirect("admin:requests_app_disposaldecision_changelist")
        context = {**self.admin_site.each_context(request), "title": _("New decision on disposal"), "form": form}
        return TemplateResponse(request, "admin/hemdsr/disposal.html", context, status=422 if form.errors else 200)


def register_pages(site: AdminSite) -> None:
    """Put them in the admin."""
    site.register(DisposalDecision, DisposalAdmin)
