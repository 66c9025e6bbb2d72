"""The policy: a version is never changed, only followed by a next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from unfold.admin import ModelAdmin

from requests_app.admin.forms import StyledForm
from requests_app.admin.standing_rules import guard, in_words, rules_field
from requests_app.admin.unlogged import Unlogged
from requests_app.models import Policy, Team, User
from requests_app.services import clock, policy, standing
from requests_app.services.audit import Actor
from requests_app.web.forms import add_service_error

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite
    from django.http import HttpRequest, HttpResponse


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
    owner_link_days = forms.IntegerField(
        label=gettext_lazy("A link to a system's owner runs out (days)"), min_value=1, max_value=92
    )
    owner_remind_after_working_days = forms.IntegerField(
        label=gettext_lazy("Remind a system's owner every (working days)"), min_value=1, max_value=31
    )
    owner_last_reminder_working_days = forms.IntegerField(
        label=gettext_lazy(
            "Last reminder to a system's owner, and word to the handler (working days before the last day)"
        ),
        min_value=1,
        max_value=20,
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
            gettext_lazy("Owners of systems"),
            ("owner_link_days", "owner_remind_after_working_days", "owner_last_reminder_working_days"),
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
        self.fields["default_team"].choices = [(team.key, team.name) for team in Team.objects.all()]

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

        def text(stem: str) -> dict[str, str]:
            return {"sv": data[f"{stem}_sv"], "en": data[f"{stem}_en"]}

        plain = (
            "eves_are_holidays",
            "pause_within_working_days",
            "reminders",
            "four_eyes",
            "escalate_after_working_days",
            "default_team",
            "remind_unfetched_days",
            "gathered_key_days",
            "owner_link_days",
            "owner_remind_after_working_days",
            "owner_last_reminder_working_days",
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


def _in_groups(values: dict[str, Any]) -> list[tuple[Any, list[tuple[str, str]]]]:
    """The values of a version with their labels, under the headings of the form; a value it no longer asks for stands last."""
    rules = (gettext_lazy("Standing rules for masking"), ("standing_masks",))
    asked = [*PolicyForm.GROUPS, rules]
    known = {name for _title, names in asked for name in names}
    asked.append((gettext_lazy("Other"), tuple(name for name in values if name not in known)))
    groups = [
        (title, [(_label(name), _said(name, values[name])) for name in names if name in values])
        for title, names in asked
    ]
    return [(title, pairs) for title, pairs in groups if pairs]


class PolicyAdmin(Unlogged, ModelAdmin):
    """Versions of the policy: read, and followed by a next. Open cases move to it at once, their old dates staying in the log."""

    list_display = ("version", "valid_from", "by")
    list_select_related = ("by",)
    actions = None

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A version is never changed."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nor deleted."""
        return False

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **options: Any) -> HttpResponse:
        """Read a version; there is nothing to send in."""
        shown = self.get_object(request, object_id)
        if request.method not in {"GET", "HEAD"} or not self.has_view_permission(request, shown):
            raise PermissionDenied
        if shown is None:
            return redirect("admin:requests_app_policy_changelist")
        context = {
            **self.admin_site.each_context(request),
            "title": _("Version %(number)d of the policy") % {"number": shown.version},
            "policy": shown,
            "newest": not Policy.objects.filter(version__gt=shown.version).exists(),
            "may_add": self.has_add_permission(request),
            "groups": _in_groups(_flat(shown.values)),
        }
        return TemplateResponse(request, "admin/hemdsr/policy_version.html", context)

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
                standing.sweep()
                messages.success(request, _("Policy version %(version)d holds now.") % {"version": made.version})
                if moved:
                    said = ngettext("%(n)d open case got another date.", "%(n)d open cases got another date.", moved)
                    messages.warning(request, said % {"n": moved})
                return redirect("admin:requests_app_policy_changelist")
        context = {**self.admin_site.each_context(request), "title": _("New version of the policy"), "form": form}
        context["rules"] = standing.rules()
        return TemplateResponse(request, "admin/hemdsr/policy.html", context, status=422 if form.errors else 200)


def register_pages(site: AdminSite) -> None:
    """Put the policy in the admin."""
    site.register(Policy, PolicyAdmin)
