"""How a system is configured and tried: checked by field, sealed, versioned and logged."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, TestResult
from requests_app.connectors.described.schema import _TOLD
from requests_app.connectors.described.text import Flaw
from requests_app.models import Event, EventPayload, System, SystemSecret, SystemVersion
from requests_app.services import register
from requests_app.services.audit import SYSTEM
from requests_app.services.flaw_words import flaw_sentence

pytestmark = pytest.mark.django_db

SETTINGS = {"profile": "mailchimp", "base_url": "https://us21.api.mailchimp.example/3.0"}
SECRETS = {"api_key": "not-a-real-key-us21"}


@pytest.fixture
def system(db: None) -> System:
    """The newsletter, gathered by hand until it is configured."""
    made = System.objects.create(key="nyhetsbrev", name_sv="Nyhetsbrev", name_en="Newsletter")
    SystemVersion.objects.create(system=made, n=1, connector="manual", settings={})
    return made


def configure(system: System, **changes: Any) -> SystemVersion:
    given = {"connector": "newsletter", "settings": SETTINGS, "secrets": SECRETS} | changes
    return register.configure(actor=SYSTEM, system=system, **given)


def payloads(kind: str) -> list[dict[str, Any]]:
    seqs = Event.objects.filter(kind=kind).values_list("seq", flat=True)
    return [payload.open for payload in EventPayload.objects.filter(seq__in=seqs).order_by("seq")]


def test_it_writes_a_next_version_and_seals_the_secrets(system: System) -> None:
    version = configure(system)
    assert (version.n, version.connector, version.settings) == (2, "newsletter", SETTINGS)
    assert register.current_version(system) == version
    assert SECRETS["api_key"].encode() not in bytes(SystemSecret.objects.get(system=system).enc)
    assert register.secrets_of(system) == SECRETS
    assert payloads("system.configured") == [{"system": "nyhetsbrev", "version": 2, "secrets": ["api_key"]}]


def test_the_same_again_writes_nothing(system: System) -> None:
    first = configure(system)
    assert configure(system) == first
    assert configure(system, secrets={}) == first
    assert len(payloads("system.configured")) == 1


def test_an_empty_secret_keeps_the_old_one_and_a_new_one_makes_a_version(system: System) -> None:
    configure(system)
    configure(system, secrets={"api_key": ""})
    assert register.secrets_of(system) == SECRETS
    assert configure(system, secrets={"api_key": "another-us21"}).n == 3
    assert register.secrets_of(system) == {"api_key": "another-us21"}


def test_another_connector_takes_no_secrets_along(system: System) -> None:
    configure(system)
    configure(system, connector="manual", settings={}, secrets=None)
    assert register.secrets_of(system) == {}


def test_a_version_is_never_changed(system: System) -> None:
    version = configure(system)
    version.settings = {}
    with pytest.raises(PermissionDenied):
        version.save()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"connector": "telepathy"}, "connector"),
        ({"settings": SETTINGS | {"base_url": ""}}, "base_url"),
        ({"settings": SETTINGS | {"base_url": "ftp://example.se"}}, "base_url"),
        ({"settings": SETTINGS | {"base_url": "http://example.se"}}, "base_url"),
        ({"settings": SETTINGS | {"profile": "pigeon"}}, "profile"),
        ({"settings": SETTINGS | {"colour": "blue"}}, "colour"),
        ({"settings": SETTINGS | {"api_key": "in the wrong place"}}, "api_key"),
        ({"secrets": {}}, "api_key"),
        ({"secrets": {"api_key": "with a\nline break"}}, "api_key"),
        ({"secrets": SECRETS | {"pin": "1234"}}, "pin"),
    ],
)
def test_what_cannot_work_is_said_at_its_field_and_nothing_is_written(
    system: System, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        configure(system, **changes)
    assert set(raised.value.message_dict) == {field}
    assert system.versions.count() == 1 and not system.secrets.exists()
    assert payloads("system.configured") == []


def test_every_fault_is_told_at_once_under_the_fields_label(system: System) -> None:
    with translation.override("en"), pytest.raises(ValidationError) as raised:
        configure(system, settings={"profile": "pigeon"}, secrets={})
    found = raised.value.message_dict
    assert set(found) == {"profile", "base_url", "api_key"}
    assert found["base_url"][0].startswith("Address of the system must be a whole address that begins with https://")


def test_no_message_repeats_a_secret(system: System) -> None:
    with pytest.raises(ValidationError) as raised:
        configure(system, secrets={"api_key": "hemlig\nnyckel"})
    assert "hemlig" not in str(raised.value.message_dict)


class _Tried:
    """A connector that answers a test as it is told."""

    def __init__(self, answer: TestResult | ConnectorError) -> None:
        self.answer = answer
        self.seen: tuple[Any, Any] = ({}, {})

    def test(self, settings: Any, secrets: Any) -> TestResult:
        self.seen = (settings, secrets)
        if isinstance(self.answer, ConnectorError):
            raise self.answer
        return self.answer


@pytest.mark.parametrize(
    ("answer", "ok", "fault"),
    [
        (TestResult(True, requests=2), True, ""),
        (TestResult(False, Fault.AUTH_REFUSED), False, "auth_refused"),
        (ConnectorError(Fault.TIMEOUT), False, "timeout"),
    ],
)
def test_a_test_of_the_connection_is_told_and_logged(
    system: System, monkeypatch: pytest.MonkeyPatch, answer: TestResult | ConnectorError, ok: bool, fault: str
) -> None:
    configure(system)
    tried = _Tried(answer)
    monkeypatch.setattr(registry, "get", lambda key: tried)
    assert register.test_connection(actor=SYSTEM, system=system).ok is ok
    assert tried.seen == (SETTINGS, SECRETS)
    assert payloads("system.tested") == [{"system": "nyhetsbrev", "ok": ok, "fault": fault}]


def test_a_connector_that_is_not_installed_any_more_is_a_fault_and_no_crash(system: System) -> None:
    SystemVersion.objects.create(system=system, n=2, connector="gone", settings={})
    result = register.test_connection(actor=SYSTEM, system=system)
    assert (result.ok, result.fault) == (False, Fault.MISCONFIGURED)


def test_every_flaw_of_a_description_is_told_with_its_line(system: System) -> None:
    text = (
        "name: Bokningar\naddress: https://x.example\n"
        "read: {a: {by: [email], get: '/{who}', category: b}}\n"
        "categories: {a: {kind: table, label: A}}\n"
    )
    with translation.override("en"), pytest.raises(ValidationError) as caught:
        configure(system, connector="rest", settings={"description": text}, secrets={})
    assert caught.value.message_dict["description"] == ["Line 1: test is missing in the description."]

    with translation.override("en"), pytest.raises(ValidationError) as caught:
        configure(system, connector="rest", settings={"description": text + "test: {get: /ping}\n"}, secrets={})
    assert caught.value.message_dict["description"] == [
        "Line 3: there is no category called b.",
        "Line 3: nothing is called who here. What stands in braces must be a setting, a secret or something that was kept.",
    ]
    assert system.versions.count() == 1


def test_every_flaw_a_description_can_have_has_a_sentence_of_its_own() -> None:
    source = "".join(path.read_text() for path in Path(registry.__file__).parent.rglob("*.py"))
    codes = {*re.findall(r'[fF]law\("([a-z_]+)"', source), *_TOLD.values()}
    assert len(codes) > 20
    with translation.override("en"):
        usual = flaw_sentence(Flaw("nothing of the sort"))
        assert [code for code in codes if flaw_sentence(Flaw(code)) == usual] == []


@pytest.mark.parametrize(("own", "expected"), [(None, 10), (3, 3)])
def test_a_system_is_given_the_vendors_limit_unless_it_has_one(system: System, own: int | None, expected: int) -> None:
    System.objects.filter(pk=system.pk).update(at_once=own)
    settings = {"profile": "mailchimp", "base_url": "https://us1.api.mailchimp.com/3.0"}
    register.configure(
        actor=SYSTEM, system=system, connector="newsletter", settings=settings, secrets={"api_key": "nyckel-us1"}
    )
    system.refresh_from_db()
    assert system.at_once == expected
