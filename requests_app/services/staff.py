"""Staff: what each role may do, and which teams' cases a person works or oversees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.utils.translation import pgettext_lazy
from guardian.shortcuts import assign_perm, remove_perm

from requests_app.models import Team, User
from requests_app.services import access
from requests_app.services.audit import Actor, unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.utils.functional import Promise

_STATEMENTS = ("system", "processing", "processingitem", "retentionrule", "recipient", "itemrecipient")
_SEEN = ("registerrow", "datacategory", "searchprofile")


@dataclass(frozen=True, slots=True)
class Role:
    """A role as the staff pages name it and what it may do; the group of the same key carries it."""

    label: str | Promise
    permissions: frozenset[str]


def _may(verbs: Iterable[str], models: Iterable[str]) -> frozenset[str]:
    names = tuple(models)
    return frozenset(f"{verb}_{name}" for verb in verbs for name in names)


ROLES: dict[str, Role] = {
    "coordinator": Role(pgettext_lazy("role", "Coordinator"), frozenset({"register_case", "view_incomingmail"})),
    "legal": Role(
        pgettext_lazy("role", "Legal"),
        frozenset({"view_reports", "approve_decision"})
        | _may(("view", "change"), _STATEMENTS)
        | _may(("view",), (*_SEEN, "policy"))
        | _may(("change",), ("registerrow",))
        | _may(("add",), ("policy", "disposaldecision", "checklist", "lettertemplate"))
        | _may(("view",), ("disposaldecision", "lettertemplate")),
    ),
    "customer_service": Role(pgettext_lazy("role", "Customer service"), frozenset({"register_case"})),
    "administrator": Role(
        pgettext_lazy("role", "Administrator"),
        _may(("view", "add", "change"), (*_STATEMENTS, "datacategory", "searchprofile", "user", "team"))
        | _may(("delete",), ("processingitem", "itemrecipient"))
        | _may(("view",), ("registerrow", "policy"))
        | _may(("add",), ("policy", "checklist", "lettertemplate"))
        | _may(("view",), ("disposaldecision", "lettertemplate"))
        | _may(("view", "add", "change"), ("apiclient",))
        | _may(("view", "change"), ("outgoingmail",))
        | _may(("view", "add", "change"), ("mailsource",)),
    ),
}
"""What a role may do everywhere. Whose cases a person works or oversees is given team by team."""


TEAMS = {"kund": "Kundservice", "hr": "Personal"}
"""Key and name of the teams an installation begins with; the policy's default team is one of them."""


def ensure_teams() -> None:
    """Make the teams an installation begins with; staff may have renamed them since."""
    for key, name in TEAMS.items():
        Team.objects.get_or_create(key=key, defaults={"name": name})


def ensure_roles(sender: Any = None, **_: Any) -> None:
    """Make the groups of the roles and give them exactly their permissions; runs after every migrate."""
    create_permissions(apps.get_app_config("requests_app"), verbosity=0)
    permissions = {item.codename: item for item in Permission.objects.filter(content_type__app_label="requests_app")}
    for key, role in ROLES.items():
        group, _made = Group.objects.get_or_create(name=key)
        group.permissions.set([permissions[codename] for codename in sorted(role.permissions)])


def access_of(user: User) -> list[str]:
    """What the person holds, as the log keeps it: ``role:legal``, ``work:kund``, ``oversee:hr``."""
    roles = [f"role:{name}" for name in user.groups.values_list("name", flat=True)]
    works = [f"work:{team.key}" for team in access.teams_with(user, access.WORK_TEAM)]
    oversees = [f"oversee:{team.key}" for team in access.teams_with(user, access.OVERSEE_TEAM)]
    return sorted([*roles, *works, *oversees])


def set_access(
    *, actor: Actor, user: User, roles: Iterable[str], works: Iterable[Team], oversees: Iterable[Team]
) -> bool:
    """Give a person exactly these roles (keys of ``ROLES``) and teams; the log keeps before and after. False when nothing changed."""
    with unit(actor) as work:
        before = access_of(user)
        user.groups.set(Group.objects.get(name=role) for role in roles)
        _set_teams(user, access.WORK_TEAM, {team.pk for team in works})
        _set_teams(user, access.OVERSEE_TEAM, {team.pk for team in oversees})
        after = access_of(user)
        if before == after:
            return False
        work.event("user.role_changed", user=user.pk, before=before, after=after)
        return True


def set_preferences(*, user: User, language: str, notify: str) -> None:
    """What a person sets for oneself: the language, and ``each`` or ``daily`` for mail. ``ValidationError`` for anything else."""
    user.language, user.notify = language, notify
    user.clean_fields(exclude={field.name for field in User._meta.fields} - {"language", "notify"})
    user.save(update_fields=["language", "notify"])


def _set_teams(user: User, permission: str, wanted: set[int]) -> None:
    held = set(access.teams_with(user, permission).values_list("pk", flat=True))
    for team in Team.objects.filter(pk__in=wanted ^ held):
        (assign_perm if team.pk in wanted else remove_perm)(permission, user, team)
