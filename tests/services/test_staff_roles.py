"""What each role may do, that no role opens a case, and the teams an installation begins with."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from requests_app.models import Case, Team
from requests_app.services import staff

pytestmark = pytest.mark.django_db

STATEMENTS = ("system", "processing", "processingitem", "retentionrule", "recipient", "itemrecipient")


def held_by(role: str) -> set[str]:
    return set(Permission.objects.filter(group__name=role).values_list("codename", flat=True))


def test_every_installation_has_the_four_roles_from_its_first_migration() -> None:
    assert {role: held_by(role) for role in ("coordinator", "legal", "customer_service", "administrator")} == {
        role: set(what.permissions) for role, what in staff.ROLES.items()
    }


def test_no_role_opens_a_case() -> None:
    opens = {"work_case", "work_team", "oversee_team"} | {
        f"{verb}_{Case._meta.model_name}" for verb in ("view", "add", "change", "delete")
    }
    for role in staff.ROLES:
        assert not held_by(role) & opens


def test_legal_vouches_and_approves_but_does_not_configure() -> None:
    held = held_by("legal")
    assert {"view_reports", "approve_decision", "view_registerrow"} <= held
    assert {f"change_{name}" for name in STATEMENTS} <= held
    assert not held & {"add_system", "add_systemversion", "change_user", "register_case"}


def test_the_administrator_runs_register_and_staff_and_sees_no_report() -> None:
    held = held_by("administrator")
    assert {f"{verb}_{name}" for verb in ("view", "add", "change") for name in STATEMENTS} <= held
    assert {"add_user", "change_team", "change_searchprofile", "add_policy"} <= held
    assert not held & {"view_reports", "approve_decision", "register_case", "change_registerrow"}


def test_customer_service_registers_and_nothing_else() -> None:
    assert held_by("customer_service") == {"register_case"}


def test_making_the_roles_again_mends_what_was_changed_by_hand() -> None:
    group = Group.objects.get(name="customer_service")
    group.permissions.set(Permission.objects.filter(codename__in=["view_reports", "view_system"]))
    staff.ensure_roles()
    assert held_by("customer_service") == {"register_case"}


def test_teams_keep_the_names_staff_gave_them() -> None:
    staff.ensure_teams()
    Team.objects.filter(key="hr").update(name="HR")
    staff.ensure_teams()
    assert dict(Team.objects.values_list("key", "name")) == {"kund": "Kundservice", "hr": "HR"}
