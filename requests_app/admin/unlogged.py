"""Pages of models whose changes stand in our own log, not in Django's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.admin import ShowFacets
from django.core.validators import RegexValidator, slug_re, validate_slug
from django.db.models import SlugField
from django.shortcuts import redirect
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from requests_app.services import access
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from django.db.models import Model
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse


class Unlogged:
    """Django's own log of changes is off for our models: the chained log says what happened, and holds no copies."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """Nothing."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:
        """Nothing."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The list, headed by what it lists: Django's own heading tells one to choose."""
        title = capfirst(self.opts.verbose_name_plural)
        return super().changelist_view(request, {"title": title, **(extra_context or {})})

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The form, headed by what it is about."""
        title = {"title": capfirst(self.opts.verbose_name)} if object_id else {}
        return super().changeform_view(request, object_id, form_url, {**title, **(extra_context or {})})

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """There is none."""
        return redirect("admin:index")


class RegisterAdmin(Unlogged, ModelAdmin):
    """A list and a form of one model of the register; every change is an event that names object, key and fields."""

    list_per_page = 50
    show_facets = ShowFacets.NEVER
    actions = None
    compressed_fields = True
    warn_unsaved_form = True

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """A key in words: what it is for and how it is written."""
        made = super().formfield_for_dbfield(db_field, request, **options)
        if made is not None and isinstance(db_field, SlugField):
            made.help_text = _("A short name that stands in the log and is never changed, such as visit_booking.")
            said = _("Write it with the letters a to z, digits, hyphens and underscores, without spaces.")
            made.validators = [
                RegexValidator(slug_re, said, "invalid") if one is validate_slug else one for one in made.validators
            ]
        return made

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """An empty choice in words."""
        made = super().formfield_for_foreignkey(db_field, request, **options)
        if getattr(made, "empty_label", None):
            made.empty_label = _("Nothing chosen") if db_field.blank else _("Choose …")
        return made

    def _may(self, request: HttpRequest, verb: str) -> bool:
        return access.may(request.user, f"{verb}_{self.opts.model_name}")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """By role: being superuser vouches for nothing."""
        return self._may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By role."""
        return self._may(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """By role."""
        return self._may(request, "delete")

    def save_model(self, request: HttpRequest, obj: Model, form: ModelForm[Any], change: bool) -> None:
        """Save, and say so in the log."""
        with unit(Actor.staff(request.user)) as work:  # type: ignore[arg-type]
            super().save_model(request, obj, form, change)
            if form.changed_data:
                work.event(
                    "register.changed",
                    object=str(obj._meta.model_name),
                    key=key_of(obj),
                    fields=sorted(form.changed_data),
                )

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        """Delete, and say so in the log."""
        with unit(Actor.staff(request.user)) as work:  # type: ignore[arg-type]
            work.event("register.changed", object=str(obj._meta.model_name), key=key_of(obj), fields=["deleted"])
            super().delete_model(request, obj)


def key_of(obj: Any) -> str:
    """What the log calls an object of the register."""
    return str(getattr(obj, "statement_key", None) or getattr(obj, "key", None) or obj.pk)
