"""Versions of the policy: strict to read, only ever followed by a next, and what documents take from them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.models import Event, EventPayload, Policy, Team, User
from requests_app.services import policy as policies
from requests_app.services.audit import SYSTEM, Actor
from requests_app.services.policy import PolicyError, PolicyValues, read


@pytest.fixture
def teams(db: None) -> None:
    Team.objects.create(key="kund", name="Kundservice")
    Team.objects.create(key="hr", name="Personal")


def payloads() -> list[dict[str, Any]]:
    seqs = Event.objects.filter(kind="policy.changed").values_list("seq", flat=True)
    return [payload.open for payload in EventPayload.objects.filter(seq__in=seqs).order_by("seq")]


def test_the_defaults_are_what_the_law_and_the_guideline_say() -> None:
    values = PolicyValues()
    assert not values.eves_are_holidays  # the earlier date
    assert values.pause_within_working_days == 3
    assert values.reminders == (14, 7, 3, 1)
    assert values.four_eyes
    assert values.sender.address == ("Box 31", "301 02 Halmstad")


def test_values_survive_being_written_and_read() -> None:
    assert read(PolicyValues().as_json()) == PolicyValues()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("eves_are_holidays", "yes"),
        ("eves_are_holidays", 1),
        ("pause_within_working_days", True),
        ("pause_within_working_days", -1),
        ("reminders", "14"),
        ("reminders", [1, 3]),
        ("reminders", [7, 7]),
        ("reminders", [7, 0]),
        ("sender", "HEM"),
        ("sender.email", ""),
        ("sender.address", []),
        ("sender.address", [31]),
        ("remedies.court.en", " "),
        ("unheard_of", 1),
        ("sender.fax", "1"),
    ],
)
def test_a_value_of_the_wrong_shape_is_named(path: str, value: Any) -> None:
    raw = PolicyValues().as_json()
    place, *names = raw, *path.split(".")
    for name in names[:-1]:
        place = place[name]
    place[names[-1]] = value
    with pytest.raises(PolicyError) as raised:
        read(raw)
    assert raised.value.path.startswith(path)


@pytest.mark.parametrize("path", ["four_eyes", "sender.web"])
def test_a_version_older_than_a_value_has_its_default(path: str) -> None:
    raw = PolicyValues().as_json()
    place, *names = raw, *path.split(".")
    for name in names[:-1]:
        place = place[name]
    del place[names[-1]]
    assert read(raw) == PolicyValues()


@pytest.mark.parametrize("path", ["remedies.court.en", "backups.sv"])
def test_a_missing_value_without_default_is_named(path: str) -> None:
    raw = PolicyValues().as_json()
    place, *names = raw, *path.split(".")
    for name in names[:-1]:
        place = place[name]
    del place[names[-1]]
    with pytest.raises(PolicyError) as raised:
        read(raw)
    assert raised.value.path == path


@pytest.mark.django_db
def test_version_1_is_written_once() -> None:
    first = policies.ensure_policy()
    assert policies.ensure_policy() == first
    assert Policy.objects.count() == 1
    assert policies.current() == (first, PolicyValues())


def test_a_change_is_a_next_version_and_the_old_one_stays(teams: None) -> None:
    first = policies.ensure_policy()
    user = User.objects.create_user("ada@hem.example", name="Ada")
    second = policies.change(
        actor=Actor.staff(user), values={"eves_are_holidays": True, "sender": {"phone": "035-19 01 90"}}
    )
    assert (second.version, second.by) == (2, user)
    policy, values = policies.current()
    assert policy == second and values.eves_are_holidays
    assert values.sender.phone == "035-19 01 90" and values.sender.email == "info@hem.se"
    assert policies.values_of(Policy.objects.get(pk=first.pk)) == PolicyValues()
    assert payloads() == [{"version": 2, "keys": ["eves_are_holidays", "sender"]}]


def test_nothing_changed_writes_nothing(teams: None) -> None:
    first = policies.ensure_policy()
    assert policies.change(actor=SYSTEM, values={"four_eyes": True}) == first
    assert Policy.objects.count() == 1 and payloads() == []


@pytest.mark.parametrize("values", [{"reminders": [1, 14]}, {"sender": {"email": ""}}, {"default_team": "moon"}])
def test_a_change_that_cannot_be_is_refused_in_words(teams: None, values: dict[str, Any]) -> None:
    policies.ensure_policy()
    with pytest.raises(ValidationError):
        policies.change(actor=SYSTEM, values=values)
    assert Policy.objects.count() == 1 and payloads() == []


def test_a_version_that_is_not_valid_yet_does_not_rule(teams: None) -> None:
    first = policies.ensure_policy()
    later = policies.change(actor=SYSTEM, values={"four_eyes": False})
    Policy.objects.filter(pk=later.pk).update(valid_from=timezone.now() + timedelta(days=1))
    assert policies.current()[0] == first


@pytest.mark.parametrize(("lang", "unit"), [("sv", "Personuppgiftssamordnare"), ("en", "Personal data coordinator")])
def test_the_sender_is_in_the_language_of_the_letter(lang: Any, unit: str) -> None:
    sender = policies.sender(PolicyValues(), lang)
    assert (sender.name, sender.unit, sender.email) == ("Halmstads Energi och Miljö AB", unit, "info@hem.se")


@pytest.mark.parametrize("lang", ["sv", "en"])
def test_remedies_are_imy_and_the_district_court_never_the_administrative_one(lang: Any) -> None:
    remedies = policies.remedies(PolicyValues(), lang)
    assert "IMY" in remedies.authority
    assert "imy@imy.se" in remedies.authority_lines and "Box 8114, 104 20 Stockholm" in remedies.authority_lines
    assert "tingsrätten" in remedies.court
    assert "79" in remedies.court and "82" in remedies.court
    assert "förvaltningsrätt" not in remedies.court and "administrative court" not in remedies.court
