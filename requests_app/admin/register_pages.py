"""The register of processing as its keepers edit it. Correcting a statement vouches for it; what is saved is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminCheckboxSelectMultiple

from requests_app.admin.connection_pages import ConnectionPages
from requests_app.admin.system_form import connector_label
from requests_app.admin.unlogged import RegisterAdmin, key_of
from requests_app.models import (
    DataCategory,
    ItemRecipient,
    Processing,
    ProcessingItem,
    Recipient,
    RegisterRow,
    RetentionRule,
    SearchProfile,
    System,
)
from requests_app.services import access, register
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import Field, ManyToManyField
    from django.forms import Field as FormField, ModelForm, ModelMultipleChoiceField
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

_OWNER = {"owner", "owner_name", "owner_email", "owner_phone", "owner_code"}
_SAYS_NOTHING = frozenset({"active", "at_once", "position", "needs_personnummer", "needs_cookie", *_OWNER})
"""Fields of a system that stand in no answer."""
VOUCHED = ("assumption", "confirmed_at", "confirmed_by", "rows")


class StatementAdmin(RegisterAdmin):
    """Something the register says. Saving a change through the form vouches for it, as ``register.correct`` has it."""

    readonly_fields = VOUCHED
    list_filter = ("assumption",)

    @display(description=gettext_lazy("Prints"), label={"yes": "success", "no": "warning"})
    def prints(self, obj: Any) -> tuple[str, str]:
        """Whether it may stand in an answer."""
        return ("yes", _("Yes")) if obj.printable else ("no", _("To be confirmed"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A key is never changed: data files and cases refer to it."""
        fixed = ("key",) if obj is not None and hasattr(obj, "key") else ()
        return (*fixed, *super().get_readonly_fields(request, obj))

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who has vouched for it is shown of what is there, not of what is being added."""
        made = super().get_fieldsets(request, obj)
        if obj is not None:
            return made
        kept = [
            (name, {**said, "fields": [one for one in said["fields"] if one not in VOUCHED]}) for name, said in made
        ]
        return [(name, said) for name, said in kept if said["fields"]]

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: bool) -> None:
        """Whoever changes what a statement says vouches for it."""
        with unit(Actor.staff(request.user)):  # type: ignore[arg-type]
            super().save_model(request, obj, form, change)
            if change and set(form.changed_data) - _SAYS_NOTHING:
                register.correct(actor=Actor.staff(cast("Any", request.user)), key=obj.statement_key, fields={})
                messages.info(request, _("What you corrected is noted as confirmed by you."))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """The same for the statements that stand below it."""
        actor = Actor.staff(cast("Any", request.user))
        with unit(actor) as work:
            super().save_formset(request, form, formset, change)
            for obj, fields in formset.changed_objects:
                work.event("register.changed", object=str(obj._meta.model_name), key=key_of(obj), fields=sorted(fields))
                register.correct(actor=actor, key=obj.statement_key, fields={})
            for obj in formset.new_objects:
                work.event("register.changed", object=str(obj._meta.model_name), key=key_of(obj), fields=["added"])
            for obj in formset.deleted_objects:
                work.event("register.changed", object=str(obj._meta.model_name), key=str(obj), fields=["deleted"])


class SystemAdmin(ConnectionPages, StatementAdmin):
    """Systems, and how each is gathered from."""

    list_display = ("name", "connector", "automatic", "owner_shown", "prints", "active")
    list_filter = ("active", "assumption")
    ordering = ("position", "key")
    fieldsets = (
        (None, {"fields": ("key", ("name_sv", "name_en"), "about_sv", "about_en", "controller")}),
        (
            gettext_lazy("Who and how"),
            {"fields": ("needs_personnummer", "needs_cookie", "active", "at_once", "position")},
        ),
        (
            gettext_lazy("The system's owner"),
            {
                "fields": (("owner", "owner_name"), ("owner_email", "owner_phone"), "owner_code"),
                "description": gettext_lazy(
                    "When a case needs data from a system that no program can ask, its owner gets a link by mail: to the "
                    "address here, else to the owner who logs in."
                ),
            },
        ),
        (gettext_lazy("Confirmed"), {"fields": VOUCHED}),
    )
    change_form_template = "admin/hemdsr/system_change.html"

    def get_urls(self) -> list[URLPattern]:
        """Beside the usual pages: how the system is gathered from, and a try of it."""
        return [*self.connection_urls(), *super().get_urls()]

    @display(description=gettext_lazy("System"), ordering="position")
    def name(self, obj: System) -> str:
        """In the language in use."""
        return str(obj)

    @display(description=gettext_lazy("Gathered by"))
    def connector(self, obj: System) -> str:
        """The connector's name."""
        versions = sorted(obj.versions.all(), key=lambda version: -version.n)
        return connector_label(versions[0].connector) if versions else _("Not set up")

    @display(description=gettext_lazy("Automatic"), boolean=True)
    def automatic(self, obj: System) -> bool:
        """Whether a program asks it."""
        from requests_app.services.gathering import connector_of

        versions = sorted(obj.versions.all(), key=lambda version: -version.n)
        connector = connector_of(versions[0]) if versions else None
        return bool(connector and connector.automatic)

    @display(description=gettext_lazy("Owner"))
    def owner_shown(self, obj: System) -> str:
        """A person or a role."""
        return obj.owner.name if obj.owner else obj.owner_name or "–"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list shows."""
        return super().get_queryset(request).select_related("owner", "confirmed_by").prefetch_related("versions")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        """With the way to the connection for those who may change it."""
        obj = options.get("obj")
        may = access.may(request.user, "add_system") or cast("Any", request.user).is_superuser
        context["connection_url"] = (
            reverse("admin:requests_app_system_connection", args=[obj.pk]) if obj and may else ""
        )
        return super().render_change_form(request, context, *args, **options)


class ProcessingAdmin(StatementAdmin):
    """Purposes with their legal basis."""

    list_display = ("purpose", "legal_basis", "marketing", "profiling", "prints")
    list_filter = ("marketing", "profiling", "assumption")
    search_fields = ("key", "purpose_sv", "purpose_en")

    @display(description=gettext_lazy("Purpose"))
    def purpose(self, obj: Processing) -> str:
        """In the language in use."""
        return str(obj)


class ItemRecipientInline(TabularInline):
    """Who gets an item."""

    model = ItemRecipient
    extra = 0
    fields = ("recipient", "transfer_sv", "transfer_en")

    def formfield_for_dbfield(self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any) -> FormField | None:
        """Each control says what it is: the table's heading is no label to a screen reader."""
        made = super().formfield_for_dbfield(db_field, request, **kwargs)
        if made is not None:
            made.widget.attrs["aria-label"] = str(made.label)
        return made


class ProcessingItemAdmin(StatementAdmin):
    """The map: which category, in which system, for which purpose, from whom and how long."""

    list_display = ("what", "system", "retention_rule", "prints")
    list_filter = ("system", "processing", "assumption")
    list_select_related = ("system", "processing", "category", "retention_rule")
    inlines = (ItemRecipientInline,)

    @display(description=gettext_lazy("Category and purpose"))
    def what(self, obj: ProcessingItem) -> str:
        """Category and purpose."""
        return f"{obj.category} · {obj.processing}"


class RecipientAdmin(StatementAdmin):
    """Who gets personal data."""

    list_display = ("name", "role", "country", "prints")
    list_filter = ("role", "assumption")

    @display(description=gettext_lazy("Recipient"))
    def name(self, obj: Recipient) -> str:
        """In the language in use."""
        return str(obj)


class ItemRecipientAdmin(StatementAdmin):
    """That a recipient gets an item; reached from the statements to confirm."""

    list_display = ("recipient", "item", "prints")
    list_select_related = ("recipient", "item__system", "item__category", "item__processing")


class RetentionRuleAdmin(StatementAdmin):
    """How long data is kept."""

    list_display = ("text", "law", "prints")

    @display(description=gettext_lazy("Kept"))
    def text(self, obj: RetentionRule) -> str:
        """In the language in use."""
        return str(obj)


class DataCategoryAdmin(RegisterAdmin):
    """Categories of personal data."""

    list_display = ("name", "special")
    exclude = ("rows",)
    readonly_fields = ("guideline_rows",)

    @display(description=gettext_lazy("Category"))
    def name(self, obj: DataCategory) -> str:
        """In the language in use."""
        return str(obj)

    @display(description=gettext_lazy("rows of the guideline"))
    def guideline_rows(self, obj: DataCategory) -> str:
        """The rows it rests on."""
        return ", ".join(obj.rows) or "–"


class SearchProfileAdmin(RegisterAdmin):
    """What kind of person asks, and which systems that means."""

    list_display = ("name", "count")

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField | None:
        """Boxes to tick: the two lists with a filter say to a screen reader what is not heard there."""
        return super().formfield_for_manytomany(
            db_field, request, **{**kwargs, "widget": UnfoldAdminCheckboxSelectMultiple}
        )

    @display(description=gettext_lazy("Search profile"))
    def name(self, obj: SearchProfile) -> str:
        """In the language in use."""
        return str(obj)

    @display(description=gettext_lazy("Systems"))
    def count(self, obj: SearchProfile) -> int:
        """How many it proposes."""
        return len(obj.systems.all())

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list shows."""
        return super().get_queryset(request).prefetch_related("systems")


class RegisterRowAdmin(RegisterAdmin):
    """The inventory of the guideline, as it was read. Nobody changes it here."""

    list_display = ("row_id", "kind", "name_sv", "section")
    list_filter = ("kind",)
    search_fields = ("row_id", "name_sv", "quote")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Rows come from the data file."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The guideline is not changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor is it deleted."""
        return False


PAGES = {
    System: SystemAdmin,
    Processing: ProcessingAdmin,
    ProcessingItem: ProcessingItemAdmin,
    Recipient: RecipientAdmin,
    ItemRecipient: ItemRecipientAdmin,
    RetentionRule: RetentionRuleAdmin,
    DataCategory: DataCategoryAdmin,
    SearchProfile: SearchProfileAdmin,
    RegisterRow: RegisterRowAdmin,
}


def register_pages(site: AdminSite) -> None:
    """Put the register's pages in the admin."""
    for model, page in PAGES.items():
        site.register(model, page)
