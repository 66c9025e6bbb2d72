"""``manage.py demo_data``: staff of each role, systems joined to the sandbox, and what the demo's cases print confirmed."""

from __future__ import annotations

import stat
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from requests_app.management import demo_data
from requests_app.models import Event, ProcessingItem, System, SystemVersion, Team, User
from requests_app.services import access, audit, register
from sandbox.settings import systems as sandbox_systems

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

URL = "http://127.0.0.1:8099"


@pytest.fixture
def demo(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A demo installation with its register loaded, beside a sandbox."""
    settings.DEMO, settings.SANDBOX_URL, settings.VAR = True, URL, tmp_path
    monkeypatch.setattr(demo_data, "sandbox_settings", sandbox_systems)
    call_command("load_register", stdout=StringIO())
    return tmp_path


def run() -> str:
    out = StringIO()
    call_command("demo_data", stdout=out)
    return out.getvalue()


@pytest.mark.parametrize(("is_demo", "url"), [(False, URL), (True, "")])
def test_it_refuses_outside_a_demo(demo: Path, settings: Any, is_demo: bool, url: str) -> None:
    settings.DEMO, settings.SANDBOX_URL = is_demo, url
    with pytest.raises(CommandError, match="HEMDSR_DEMO"):
        run()
    assert not User.objects.exists() and not (demo / "demo").exists()


def test_it_says_so_when_the_sandbox_does_not_answer(demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(url: str) -> Any:
        raise TimeoutError("the sandbox does not answer")

    monkeypatch.setattr(demo_data, "sandbox_settings", silent)
    with pytest.raises(CommandError, match="does not answer"):
        run()


def test_an_address_where_nothing_listens_runs_out_of_time() -> None:
    with pytest.raises(TimeoutError):
        demo_data.sandbox_settings("http://127.0.0.1:1", seconds=0)


def test_each_role_gets_a_login_that_works_and_its_teams(demo: Path) -> None:
    output = run()
    word = (demo / "demo" / "password").read_text("utf-8").strip()
    assert len(word) >= 12 and f"all with the password {word}" in output
    people = {user.email: user for user in User.objects.all()}
    assert set(people) == {member.email for member in demo_data.STAFF}
    for member in demo_data.STAFF:
        user = people[member.email]
        assert member.email in output and user.check_password(word) and user.is_staff and not user.is_superuser
        assert [group.name for group in user.groups.all()] == [member.role]
    kund, hr = Team.objects.get(key="kund"), Team.objects.get(key="hr")
    assert list(access.teams_with(people["karin.coordinator@hem.example"], access.WORK_TEAM)) == [kund]
    assert list(access.teams_with(people["anders.coordinator@hem.example"], access.WORK_TEAM)) == [hr]
    assert set(access.teams_with(people["lena.legal@hem.example"], access.OVERSEE_TEAM)) == {kund, hr}
    assert not access.teams_with(people["ada.admin@hem.example"], access.WORK_TEAM)


def test_only_its_owner_can_read_the_password(demo: Path) -> None:
    run()
    assert stat.S_IMODE((demo / "demo" / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE((demo / "demo").stat().st_mode) == 0o700


def test_the_four_systems_are_joined_to_the_sandbox(demo: Path) -> None:
    run()
    wanted = sandbox_systems(URL)
    for key, connector in demo_data.CONNECTORS.items():
        system = System.objects.get(key=key)
        version = register.current_version(system)
        assert (version.connector, version.settings) == (connector, wanted[key]["settings"])
        assert version.by is not None and version.by.email == demo_data.ADMIN_USER
        assert register.secrets_of(system) == wanted[key]["secrets"]


def test_an_ordinary_customers_answer_waits_for_no_statement(demo: Path) -> None:
    run()
    chosen = register.profile_systems("customer")
    assert register.unconfirmed_for(chosen) == []
    facts = register.facts_for(chosen, "sv")
    assert {fact.system_key for fact in facts} == {system.key for system in chosen}
    by_legal = ProcessingItem.objects.filter(confirmed_by__email=demo_data.LEGAL_USER)
    assert by_legal.exists()


def test_recipients_and_the_credit_bureau_are_named(demo: Path) -> None:
    run()
    facts = register.facts_for(register.profile_systems("customer"), "sv")
    names = {recipient.name for fact in facts for recipient in fact.recipients}
    assert {"Mailchimp (Intuit)", "Påhittade Kreditupplysningen AB", "Imbox Sweden"} <= names
    assert "Påhittade Kreditupplysningen AB" in {fact.source for fact in facts}


def test_statements_of_other_systems_stay_unconfirmed(demo: Path) -> None:
    run()
    assert register.unconfirmed_for(System.objects.filter(key="rekrytering"))


def test_run_again_it_changes_nothing(demo: Path) -> None:
    first = run()
    before = (Event.objects.count(), SystemVersion.objects.count(), list(User.objects.values_list("password")))
    assert run() == first
    assert (Event.objects.count(), SystemVersion.objects.count(), list(User.objects.values_list("password"))) == before
    assert audit.verify().ok


def test_a_lost_password_file_gives_everybody_a_new_password(demo: Path) -> None:
    run()
    (demo / "demo" / "password").unlink()
    run()
    word = (demo / "demo" / "password").read_text("utf-8").strip()
    assert all(user.check_password(word) for user in User.objects.all())
