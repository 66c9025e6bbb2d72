"""Staff and teams. Roles and teams are given here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from requests_app.admin.unlogged import RegisterAdmin, Unlogged
from requests_app.models import Team, User
from requests_app.services import access, audience, staff
from requests_app.services.audit import Actor

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest


class AccessFields(forms.Form):
    """Roles and teams, beside the fields of the account."""

    roles = forms.MultipleChoiceField(label=gettext_lazy("Roles"), required=False, widget=forms.CheckboxSelectMultiple)
    works = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Works the cases of"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    oversees = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Sees when the cases are due of"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


def _offer(form: Any, user: User | None) -> None:
    """Fill in what can be given and what the person has."""
    form.fields["roles"].choices = [(key, role.label) for key, role in staff.ROLES.items()]
    for name in ("works", "oversees"):
        form.fields[name].queryset = Team.objects.all()
    if user is None or user.pk is None:
        return
    form.fields["roles"].initial = list(user.groups.values_list("name", flat=True))
    form.fields["works"].initial = list(access.teams_with(user, access.WORK_TEAM).values_list("pk", flat=True))
    form.fields["oversees"].initial = list(access.teams_with(user, access.OVERSEE_TEAM).values_list("pk", flat=True))


class StaffForm(UserChangeForm, AccessFields):
    """An account with its access."""

    class Meta:
        model = User
        fields = ("email", "name", "language", "is_active", "password")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self, self.instance)


class NewStaffForm(UserCreationForm, AccessFields):
    """A new account."""

    class Meta:
        model = User
        fields = ("email", "name", "language")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        _offer(self, None)


class RoleFilter(admin.SimpleListFilter):
    """By role, in words."""

    title = gettext_lazy("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The roles there are."""
        return [(key, str(role.label)) for key, role in staff.ROLES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        """Narrow the list."""
        return queryset.filter(groups__name=self.value()) if self.value() else queryset


class UserAdmin(Unlogged, DjangoUserAdmin, ModelAdmin):
    """Members of staff. Being superuser is not given here: it opens no case, and is for the first login only."""

    form = StaffForm
    add_form = NewStaffForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("name", "email", "shown_roles", "is_active")
    list_filter = ("is_active", RoleFilter)
    search_fields = ("name", "email")
    ordering = ("name",)
    filter_horizontal = ()
    actions = None
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("name", "email", "password", "language", "is_active")}),
        (gettext_lazy("What the person may do"), {"fields": ("roles", "works", "oversees")}),
        (gettext_lazy("Account"), {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("name", "email", "language", "usable_password", "password1", "password2")}),
        (gettext_lazy("What the person may do"), {"fields": ("roles", "works", "oversees")}),
    )

    @display(description=gettext_lazy("Roles"))
    def shown_roles(self, obj: User) -> str:
        """The roles in words."""
        return (
            ", ".join(str(staff.ROLES[group.name].label) for group in obj.groups.all() if group.name in staff.ROLES)
            or "–"
        )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With what the list shows."""
        return super().get_queryset(request).prefetch_related("groups")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Roles and teams go through the service, which tells the log."""
        super().save_related(request, form, formsets, change)
        data = form.cleaned_data
        if {"roles", "works", "oversees"} <= set(data):
            staff.set_access(
                actor=Actor.staff(cast("User", request.user)),
                user=form.instance,
                roles=data["roles"],
                works=data["works"],
                oversees=data["oversees"],
            )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An account is made inactive: the log and the decisions refer to it."""
        return False


class TeamAdmin(RegisterAdmin):
    """Teams."""

    list_display = ("name", "key", "approver", "substitute")
    list_select_related = ("approver", "substitute")

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """Who approves and who stands in is chosen among those of legal who oversee the team: nobody does before there is one."""
        form = super().get_form(request, obj, change, **kwargs)
        able = {user.pk for user in audience.approvers_of(obj)} if obj else set()
        for name in ("approver", "substitute"):
            if name in form.base_fields:
                held = {getattr(obj, f"{name}_id")} - {None} if obj else set()
                form.base_fields[name].queryset = User.objects.filter(pk__in=able | held)
        return form

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """A key is never changed: the policy refers to it."""
        return ("key",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Cases belong to it."""
        return False


def register_pages(site: AdminSite) -> None:
    """Put staff and teams in the admin."""
    site.unregister(Group)  # Django's own page of users brings it along; what a role may do is not edited
    site.register(User, UserAdmin)
    site.register(Team, TeamAdmin)
