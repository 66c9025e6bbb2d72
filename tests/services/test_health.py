"""How systems fare: tries by the hour, outages told once, keys that expire, and systems that are switched off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, Page, TestResult
from requests_app.models import Case, Collection, Event, Identifier, Notice, System, SystemCheck, SystemSecret
from requests_app.services import collection, gathering, register, sweeper, switching, words
from requests_app.services.audit import SYSTEM, Actor, unit
from requests_app.services.moves import Conflict, lock
from requests_app.services.register import health
from tests.world import World, identified, make_world, open_case

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(db: None, var: Path) -> World:
    return make_world()


@pytest.fixture
def system(world: World) -> System:
    """A system that a program asks."""
    found = world.systems["arkiv"]
    settings = {"profile": "mailchimp", "base_url": "https://us1.api.mailchimp.com/3.0"}
    register.configure(
        actor=SYSTEM, system=found, connector="newsletter", settings=settings, secrets={"api_key": "nyckel-us1"}
    )
    System.objects.exclude(pk=found.pk).update(active=False)
    return found


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """How the next tries go: a result, or what is raised."""
    left: list[Any] = []

    def test(_self: object, _settings: object, _secrets: object) -> TestResult:
        answer = left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        assert isinstance(answer, TestResult)
        return answer

    monkeypatch.setattr(type(registry.get("newsletter")), "test", test)
    return left


OK, BAD = TestResult(ok=True), TestResult(ok=False, fault=Fault.TIMEOUT)


def test_each_system_is_tried_once_an_hour(system: System, settings: Any) -> None:
    assert health.send_due() == [], "what was never tried is spread over the hour"
    System.objects.update(next_check_at=timezone.now() - timedelta(seconds=1))
    assert health.send_due() == [system.pk]
    assert health.send_due() == []
    system.refresh_from_db()
    left = system.next_check_at - timezone.now()
    assert timedelta(minutes=53) < left < timedelta(minutes=67)
    System.objects.update(next_check_at=timezone.now())
    settings.CHECK_MINUTES = 0
    assert health.send_due() == []


@pytest.mark.parametrize("why", ["off", "inactive", "by hand"])
def test_some_systems_are_not_tried(world: World, system: System, why: str) -> None:
    if why == "off":
        switching.switch_off(actor=Actor.staff(world.ada), system=system, reason="Flyttas")
    if why == "by hand":
        register.configure(actor=SYSTEM, system=system, connector="manual", settings={})
    System.objects.update(next_check_at=timezone.now() - timedelta(seconds=1))
    if why == "inactive":
        System.objects.update(active=False)
    assert health.send_due() == []
    health.check(10**9)


def test_an_outage_is_told_once_and_its_end_too(world: World, system: System, answers: list[Any]) -> None:
    answers += [OK, BAD, BAD, BAD, OK, OK, BAD, OK]
    for _ in range(8):
        health.check(system.pk)
    assert list(Notice.objects.filter(user=world.ada).order_by("pk").values_list("kind", flat=True)) == [
        "system_down",
        "system_back",
    ]
    assert SystemCheck.objects.filter(system=system, scheduled=True).count() == 8
    assert not Event.objects.filter(kind="system.tested").exists()


def test_a_second_outage_is_told_again(world: World, system: System, answers: list[Any]) -> None:
    answers += [BAD, BAD, OK, BAD, BAD]
    for _ in range(5):
        health.check(system.pk)
    assert Notice.objects.filter(user=world.ada, kind="system_down").count() == 2


def test_the_owner_is_told_too(world: World, system: System, answers: list[Any]) -> None:
    System.objects.filter(pk=system.pk).update(owner=world.lena)
    answers += [BAD, BAD]
    health.check(system.pk)
    health.check(system.pk)
    assert Notice.objects.filter(kind="system_down", user=world.lena).count() == 1


@pytest.mark.parametrize(
    ("raised", "fault"),
    [(ConnectorError(Fault.AUTH_REFUSED), "auth_refused"), (RuntimeError("nyckel-us1"), "unexpected")],
)
def test_a_try_that_breaks_is_a_failed_try(system: System, answers: list[Any], raised: Exception, fault: str) -> None:
    answers.append(raised)
    health.check(system.pk)
    made = SystemCheck.objects.get()
    assert (made.ok, made.fault, made.params) == (False, fault, {})


def certificate(until: date) -> str:
    """A certificate with its key, made for this."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "prov")])
    ends = datetime(until.year, until.month, until.day, 12, tzinfo=UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, ends - timedelta(days=90), ends)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    return made.decode()


def test_the_end_of_a_key_is_told_at_each_step_once(
    world: World, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = timezone.localdate()
    last = today + timedelta(days=31)
    register.configure(
        actor=Actor.staff(world.ada),
        system=system,
        connector="newsletter",
        settings=register.current_version(system).settings,
        expiries={"api_key": last},
    )
    told = []
    for day in range(40):
        monkeypatch.setattr(timezone, "localdate", lambda *_, day=day: today + timedelta(days=day))
        health.tick()
        health.tick()
        told.append(Notice.objects.filter(kind="key_expires", user=world.ada).count())
    first = [told.index(n) for n in range(1, 6)]
    assert first == [1, 17, 24, 30, 32]
    assert told[-1] == 5
    assert [secret.name for secret in health.expiring()] == ["api_key"]


def test_the_end_of_a_key_is_logged_without_the_key(world: World, system: System) -> None:
    version = register.current_version(system)
    changes = {
        "actor": Actor.staff(world.ada),
        "system": system,
        "connector": "newsletter",
        "settings": version.settings,
    }
    register.configure(**changes, expiries={"api_key": date(2027, 1, 1)})
    register.configure(**changes, expiries={"api_key": date(2027, 1, 1)})
    assert register.current_version(system) == version
    assert Event.objects.filter(kind="system.expiry_set").count() == 1
    register.configure(**changes, expiries={"api_key": None})
    assert SystemSecret.objects.get(system=system).expires_on is None


def test_a_certificate_says_itself_when_it_ends(world: World, system: System) -> None:
    text = (
        "name: X\nsettings: {base_url: {label: A, type: url}}\n"
        "secrets: {cert: {label: C}, key: {label: K}}\n"
        'address: "{base_url}"\nauth: {certificate: {certificate: "{cert}", key: "{key}"}}\n'
        "test: {get: /}\ncategories: {items: {kind: table, label: S}}\n"
        "read: {items: {by: [email], get: '/{value}', items: items, category: items}}\n"
    )
    until = date(2027, 3, 4)
    settings = {"description": text, "base_url": "https://x.example"}
    secrets = {"cert": certificate(until), "key": "k"}
    register.configure(actor=SYSTEM, system=system, connector="rest", settings=settings, secrets=secrets)
    assert SystemSecret.objects.get(system=system, name="cert").expires_on == until


def test_old_tries_go(system: System) -> None:
    SystemCheck.objects.create(system=system, ok=True, milliseconds=1, at=timezone.now() - timedelta(days=400))
    SystemCheck.objects.create(system=system, ok=True, milliseconds=1)
    health.tick()
    assert SystemCheck.objects.count() == 1


# --- switched off --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def case(world: World, system: System) -> Case:
    made = identified(world, open_case(world))
    waiting = Identifier.objects.filter(party__case=made)
    gathering.decide_identifiers(actor=Actor.staff(world.karin), case=made, confirmed=waiting, rejected=[])
    return made


def gathered(case: Case, system: System) -> Collection:
    """The case begins to gather from the system; gives its row."""
    with unit(SYSTEM) as work:
        gathering.start_round(work, lock(case), [System.objects.get(pk=system.pk)])
    return Collection.objects.get(case=case, system=system, current=True)


def test_a_system_that_is_off_waits_for_a_person_with_its_reason(world: World, system: System, case: Case) -> None:
    switching.switch_off(actor=Actor.staff(world.ada), system=system, reason=" Flyttas till  nytt driftställe. ")
    row = gathered(case, system)
    assert (row.state, row.outcome) == ("waiting", "manual")
    row = Collection.objects.select_related("system").get(pk=row.pk)
    assert "Flyttas till nytt driftställe" in words.collection_sentence(row)
    with pytest.raises(Conflict):
        switching.switch_off(actor=Actor.staff(world.ada), system=system, reason="Igen")


def test_what_waits_its_turn_waits_for_a_person(
    world: World, system: System, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = gathered(case, system)
    assert row.state == "pending"
    switching.switch_off(actor=Actor.staff(world.ada), system=system, reason="Flyttas")
    row.refresh_from_db()
    assert (row.state, row.outcome) == ("waiting", "manual")
    Collection.objects.filter(pk=row.pk).update(state="pending", outcome="")
    monkeypatch.setattr(type(registry.get("newsletter")), "collect", lambda *_: pytest.fail("it was asked"))
    collection.run(row.pk)
    row.refresh_from_db()
    assert (row.state, row.outcome, row.token) == ("waiting", "manual", None)


def test_what_waited_is_searched_when_it_is_on_again(
    world: World, system: System, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = Actor.staff(world.ada)
    switching.switch_off(actor=ada, system=system, reason="Flyttas")
    gathered(case, system)
    system.refresh_from_db()
    assert switching.switch_on(actor=ada, system=system) == 1
    sweeper.sweep()
    row = Collection.objects.get(case=case, system=system, current=True)
    assert row.state == "pending"
    monkeypatch.setattr(type(registry.get("newsletter")), "collect", lambda *_: iter([Page()]))
    collection.run(row.pk)
    row.refresh_from_db()
    assert row.outcome == "nothing"
    with pytest.raises(Conflict):
        switching.switch_on(actor=ada, system=system)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 201])
def test_it_is_switched_off_with_a_reason(world: World, system: System, reason: str) -> None:
    with pytest.raises(ValidationError):
        switching.switch_off(actor=Actor.staff(world.ada), system=system, reason=reason)
    system.refresh_from_db()
    assert system.off_at is None


def test_what_was_left_to_a_person_too_late_is_searched_all_the_same(
    world: World, system: System, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that saw the system off writes its row after it was switched on."""
    row = gathered(case, system)
    Collection.objects.filter(pk=row.pk).update(state="waiting", outcome="manual")
    assert switching.resume() == 1
    assert switching.resume() == 0
    assert Collection.objects.get(case=case, system=system, current=True).state == "pending"


def test_what_a_person_looks_in_is_left_to_the_person(world: World, system: System, case: Case) -> None:
    register.configure(actor=SYSTEM, system=system, connector="manual", settings={})
    gathered(case, system)
    assert switching.resume() == 0


def test_a_failure_by_hand_is_no_outage(world: World, system: System, answers: list[Any]) -> None:
    answers += [BAD, BAD, BAD]
    for _ in range(3):
        register.test_connection(actor=Actor.staff(world.ada), system=system)
    system.refresh_from_db()
    assert system.down_since is None
    assert not Notice.objects.filter(kind="system_down").exists()


def test_an_old_failure_and_a_new_one_are_not_two_in_a_row(system: System, answers: list[Any]) -> None:
    answers += [BAD, BAD]
    health.check(system.pk)
    SystemCheck.objects.update(at=timezone.now() - timedelta(days=20))
    health.check(system.pk)
    assert not Notice.objects.filter(kind="system_down").exists()


def test_a_system_whose_package_is_gone_is_an_outage(
    world: World, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_key: str) -> None:
        raise LookupError

    monkeypatch.setattr(registry, "get", gone)
    for _ in range(2):
        System.objects.filter(pk=system.pk).update(next_check_at=timezone.now() - timedelta(seconds=1))
        for pk in health.send_due():
            health.check(pk)
    assert Notice.objects.filter(user=world.ada, kind="system_down").count() == 1
