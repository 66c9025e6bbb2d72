"""Staff, teams and policy. Roles and teams are given here; a policy is never changed, only followed by a next version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from requests_app.admin.forms import StyledForm
from requests_app.admin.standing_rules import guard, in_words, rules_field
from requests_app.admin.unlogged import RegisterAdmin, Unlogged
from requests_app.models import Policy, Team, User
from requests_app.services import access, audience, clock, policy, staff, standing
from requests_app.services.audit import Actor
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


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


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


class PolicyForm(StyledForm):
    """A next version of the policy, filled in with the one in force."""

    eves_are_holidays = forms.BooleanField(
        label=gettext_lazy("Midsummer, Christmas and New Year's eve count as holidays"),
        required=False,
        help_text=gettext_lazy("Leave it unmarked for the earlier, safe date."),
    )
    pause_within_working_days = forms.IntegerField(
        label=gettext_lazy("Completion must be asked for within (working days) to pause the clock")
    )
    reminders = forms.CharField(
        label=gettext_lazy("Remind the handler (days before the last day)"),
        help_text=gettext_lazy("For example 14, 7, 3, 1"),
    )
    escalate_after_working_days = forms.IntegerField(
        label=gettext_lazy("Tell the substitute when an approval or a question has waited (working days)"),
        min_value=1,
        max_value=31,
    )
    four_eyes = forms.BooleanField(label=gettext_lazy("Refusals and erasure need a second person"), required=False)
    remind_unfetched_days = forms.IntegerField(
        label=gettext_lazy("Give an answer nobody has fetched back to the handler (days)"), min_value=1, max_value=365
    )
    gathered_key_days = forms.IntegerField(
        label=gettext_lazy("Gathered data is destroyed (days after closing)"), min_value=1, max_value=3650
    )
    default_team = forms.ChoiceField(label=gettext_lazy("Team for what nothing else has placed"))
    standing_masks = rules_field()
    sender_name = forms.CharField(label=gettext_lazy("Sender's name"))
    sender_unit_sv = forms.CharField(label=gettext_lazy("Unit, in Swedish"), required=False)
    sender_unit_en = forms.CharField(label=gettext_lazy("Unit, in English"), required=False)
    sender_address = forms.CharField(
        label=gettext_lazy("Address, one line each"), widget=forms.Textarea(attrs={"rows": 3})
    )
    sender_email = forms.CharField(label=gettext_lazy("E-mail"))
    sender_phone = forms.CharField(label=gettext_lazy("Telephone"), required=False)
    sender_web = forms.CharField(label=gettext_lazy("Web address"), required=False)
    sender_org_no = forms.CharField(label=gettext_lazy("Organisation number"), required=False)
    sender_dpo = forms.CharField(label=gettext_lazy("Data protection officer"), required=False)
    remedies_authority_sv = forms.CharField(label=gettext_lazy("Supervisory authority, in Swedish"))
    remedies_authority_en = forms.CharField(label=gettext_lazy("Supervisory authority, in English"))
    remedies_lines = forms.CharField(
        label=gettext_lazy("How to reach it, one line each"), widget=forms.Textarea(attrs={"rows": 4})
    )
    remedies_court_sv = forms.CharField(
        label=gettext_lazy("About the courts, in Swedish"), widget=forms.Textarea(attrs={"rows": 3})
    )
    remedies_court_en = forms.CharField(
        label=gettext_lazy("About the courts, in English"), widget=forms.Textarea(attrs={"rows": 3})
    )
    backups_sv = forms.CharField(
        label=gettext_lazy("About backups after erasure, in Swedish"), widget=forms.Textarea(attrs={"rows": 3})
    )
    backups_en = forms.CharField(
        label=gettext_lazy("About backups after erasure, in English"), widget=forms.Textarea(attrs={"rows": 3})
    )

    GROUPS = (
        (gettext_lazy("The clock"), ("eves_are_holidays", "pause_within_working_days", "reminders")),
        (
            gettext_lazy("Work"),
            ("four_eyes", "escalate_after_working_days", "default_team", "remind_unfetched_days", "gathered_key_days"),
        ),
        (
            gettext_lazy("Sender of the letters"),
            tuple(
                f"sender_{name}"
                for name in ("name", "unit_sv", "unit_en", "address", "email", "phone", "web", "org_no", "dpo")
            ),
        ),
        (
            gettext_lazy("Where the person can turn"),
            tuple(f"remedies_{name}" for name in ("authority_sv", "authority_en", "lines", "court_sv", "court_en")),
        ),
        (gettext_lazy("Backups"), ("backups_sv", "backups_en")),
    )

    def __init__(self, *args: Any, user: User | None = None, **options: Any) -> None:
        options["initial"] = _flat(policy.current()[1].as_json())
        super().__init__(*args, **options)
        guard(self.fields["standing_masks"], user)
        self.fields["default_team"].choices = [(team.key, team.name) for team in Team.objects.all()]  # type: ignore[attr-defined]

    def groups(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under their headings."""
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def clean_reminders(self) -> list[int]:
        """Whole numbers, the largest first."""
        parts = [part for part in self.cleaned_data["reminders"].replace(",", " ").split() if part]
        if not all(part.isdecimal() for part in parts):
            raise ValidationError(_("Write whole numbers with commas between, for example 14, 7, 3, 1."))
        return sorted({int(part) for part in parts}, reverse=True)

    def values(self) -> dict[str, Any]:
        """What ``policy.change`` is given."""
        data = self.cleaned_data
        text = lambda stem: {"sv": data[f"{stem}_sv"], "en": data[f"{stem}_en"]}  # noqa: E731
        plain = (
            "eves_are_holidays",
            "pause_within_working_days",
            "reminders",
            "four_eyes",
            "escalate_after_working_days",
            "default_team",
            "remind_unfetched_days",
            "gathered_key_days",
            "standing_masks",
        )
        sender = {name: data[f"sender_{name}"] for name in ("name", "email", "phone", "web", "org_no", "dpo")}
        return {
            **{name: data[name] for name in plain},
            "sender": {**sender, "unit": text("sender_unit"), "address": _lines(data["sender_address"])},
            "remedies": {
                "authority": text("remedies_authority"),
                "lines": _lines(data["remedies_lines"]),
                "court": text("remedies_court"),
            },
            "backups": text("backups"),
        }


def _flat(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"sender": {"unit": {"sv": ...}}}`` as the form's names."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}_")
        elif name == "standing_masks":
            flat[name] = value
        elif name == "reminders":
            flat[name] = ", ".join(str(day) for day in value)
        else:
            flat[f"{prefix}{name}"] = "\n".join(value) if isinstance(value, list) else value
    return flat


def _label(name: str) -> str:
    field = PolicyForm.base_fields.get(name)
    return str(field.label) if field else name


def _said(name: str, value: Any) -> str:
    if name == "standing_masks":
        return in_words(value)
    return (_("Yes") if value else _("No")) if isinstance(value, bool) else str(value)


class PolicyAdmin(Unlogged, ModelAdmin):
    """Versions of the policy: read, and followed by a next. Open cases move to it at once, their old dates staying in the log."""

    list_display = ("version", "valid_from", "by")
    list_select_related = ("by",)
    actions = None
    fields = ("version", "valid_from", "by", "approved_by", "shown")
    readonly_fields = fields

    @display(description=gettext_lazy("Values"))
    def shown(self, obj: Policy) -> str:
        """The values, one a line."""
        return "\n".join(f"{_label(name)}: {_said(name, value)}" for name, value in _flat(obj.values).items())

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version is never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor deleted."""
        return False

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Write a next version."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PolicyForm(request.POST or None, user=cast("User", request.user))
        if request.method == "POST" and form.is_valid():
            actor = Actor.staff(cast("User", request.user))
            try:
                made = policy.change(actor=actor, values=form.values())
            except ValidationError as error:
                add_service_error(form, error)
            else:
                moved = clock.recalculate_open(actor=actor, policy=made)
                messages.success(request, _("Policy version %(version)d holds now.") % {"version": made.version})
                if moved:
                    said = ngettext("%(n)d open case got another date.", "%(n)d open cases got another date.", moved)
                    messages.warning(request, said % {"n": moved})
                return redirect("admin:requests_app_policy_changelist")
        context = {**self.admin_site.each_context(request), "title": _("New version of the policy"), "form": form}
        context["rules"] = standing.rules()
        return TemplateResponse(request, "admin/hemdsr/policy.html", context, status=422 if form.errors else 200)


def register_pages(site: AdminSite) -> None:
    """Put staff, teams and policy in the admin."""
    site.unregister(Group)  # Django's own page of users brings it along; what a role may do is not edited
    site.register(User, UserAdmin)
    site.register(Team, TeamAdmin)
    site.register(Policy, PolicyAdmin)
