"""The roles of staff and what each may do. What opens cases is given per person and team, never by a role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission

from requests_app.models import Team, User
from requests_app.services.access import OVERSEE_TEAM, WORK_TEAM
from requests_app.services.audit import unit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.services.audit import Actor

COORDINATOR = "coordinator"
LEGAL = "legal"
CUSTOMER_SERVICE = "customer_service"
ADMINISTRATOR = "administrator"

STATEMENTS = ("system", "processing", "processingitem", "retentionrule", "recipient", "itemrecipient")
"""Models whose rows are statements that somebody vouches for."""
REGISTER = (*STATEMENTS, "datacategory", "registerrow")


def _all(verbs: Iterable[str], names: Iterable[str]) -> frozenset[str]:
    names = tuple(names)
    return frozenset(f"{verb}_{name}" for verb in verbs for name in names)


ROLES: dict[str, frozenset[str]] = {
    COORDINATOR: _all(["view"], REGISTER),
    LEGAL: _all(["view"], [*REGISTER, "policy"]) | _all(["change"], STATEMENTS) | {"view_reports", "approve_decision"},
    CUSTOMER_SERVICE: frozenset({"register_case"}),
    ADMINISTRATOR: _all(
        ["view", "add", "change"],
        [
            *(name for name in REGISTER if name != "registerrow"),
            *("systemversion", "systemsecret", "searchprofile", "user", "team", "policy"),
        ],
    )
    | {"view_registerrow"},
}
"""Role to codenames of permissions in this app."""

TEAMS = {"kund": "Kundservice", "hr": "Personal"}
"""Key and name of the teams an installation begins with; the first is the policy's default."""


def ensure_roles() -> None:
    """Make the groups and give each exactly the permissions of its role; being run again mends what was changed by hand."""
    codenames = frozenset().union(*ROLES.values())
    found = {
        permission.codename: permission
        for permission in Permission.objects.filter(content_type__app_label="requests_app", codename__in=codenames)
    }
    if missing := codenames - set(found):
        raise LookupError(f"permissions not made yet (run migrate): {', '.join(sorted(missing))}")
    for role, wanted in ROLES.items():
        group, _made = Group.objects.get_or_create(name=role)
        if set(group.permissions.values_list("codename", flat=True)) != wanted:
            group.permissions.set([found[codename] for codename in wanted])


def ensure_teams() -> None:
    """Make the teams an installation begins with."""
    for key, name in TEAMS.items():
        Team.objects.get_or_create(key=key, defaults={"name": name})


def give_role(*, actor: Actor, user: User, role: str) -> None:
    """Make ``role`` the person's only one."""
    before = sorted(user.groups.filter(name__in=ROLES).values_list("name", flat=True))
    if before == [role]:
        return
    with unit(actor) as work:
        user.groups.remove(*Group.objects.filter(name__in=ROLES))
        user.groups.add(Group.objects.get(name=role))
        work.event("user.role_changed", user=user.pk, before=before, after=[role])


__all__ = [
    "ADMINISTRATOR",
    "COORDINATOR",
    "CUSTOMER_SERVICE",
    "LEGAL",
    "OVERSEE_TEAM",
    "REGISTER",
    "ROLES",
    "STATEMENTS",
    "TEAMS",
    "WORK_TEAM",
    "ensure_roles",
    "ensure_teams",
    "give_role",
]
