"""``manage.py load_register``: everything an installation begins with."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command

from requests_app.models import Event, Policy, RegisterRow, RetentionRule, System, Team
from requests_app.services.policy import PolicyValues

pytestmark = pytest.mark.django_db


def load(verbosity: int = 1) -> str:
    out = StringIO()
    call_command("load_register", stdout=out, verbosity=verbosity)
    return out.getvalue()


def test_it_makes_register_roles_teams_and_the_first_policy() -> None:
    assert "added" in load()
    assert RegisterRow.objects.count() == 184
    assert System.objects.filter(versions__n=1).count() == System.objects.count() == 25
    assert set(Team.objects.values_list("key", flat=True)) == {"kund", "hr"}
    assert {"coordinator", "legal", "customer_service", "administrator"} <= set(
        Group.objects.values_list("name", flat=True)
    )
    assert Policy.objects.get().values == PolicyValues().as_json()
    assert Event.objects.filter(kind="register.loaded", actor_ref="system").count() == 1


def test_run_again_it_says_what_it_left_alone_and_adds_nothing() -> None:
    load()
    RetentionRule.objects.filter(key="chatt").update(text_sv="Ett år.")
    output = load(verbosity=2)
    assert output.startswith("Register: 0 added, 0 updated, 1 left")
    assert "retentionrule:chatt" in output
    assert Policy.objects.count() == 1
    assert Event.objects.filter(kind="register.loaded").count() == 1
