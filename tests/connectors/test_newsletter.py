"""The newsletter connector's own promises: what was stored for it before its profiles were descriptions goes on working."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, settings_spec
from requests_app.connectors.descriptions import names
from requests_app.connectors.newsletter import PROFILES, Newsletter
from requests_app.domain.records import content_key

if TYPE_CHECKING:
    from tests.connectors.world import World

ANNA = "anna.lindqvist@example.se"
MEMBER = "6c477f737522e611c5a8a654e7847879"


def test_every_profile_has_a_description() -> None:
    assert set(PROFILES) <= set(names())


@pytest.mark.parametrize("profile", ["mailchimp", "getanewsletter"])
def test_settings_stored_before_are_all_that_is_asked_for(profile: str) -> None:
    specs = settings_spec(Newsletter(), {"profile": profile})

    assert [spec.key for spec in specs] == ["profile", "base_url", "operational_lists", "api_key"]
    Newsletter().check({"profile": profile, "base_url": "https://us21.api.example"}, {"api_key": "k"})


@pytest.mark.parametrize(
    ("profile", "wanted", "secrets"),
    [
        (None, {"profile", "base_url"}, {"api_key"}),
        ("rule", {"profile"}, {"api_key"}),
        ("apsis_one", {"profile", "section", "client_id"}, {"client_secret"}),
        ("optimizely_campaign", {"profile", "client_id", "user"}, {"password"}),
    ],
)
def test_each_profile_asks_for_what_its_vendor_wants(profile: Any, wanted: set[str], secrets: set[str]) -> None:
    specs = settings_spec(Newsletter(), {"profile": profile})

    assert {spec.key for spec in specs if spec.required and not spec.secret} == wanted
    assert {spec.key for spec in specs if spec.secret} == secrets


def test_the_keys_at_mailchimp_are_those_of_before(world: World) -> None:
    gathered = world.usual("nyhetsbrev")
    [note] = gathered.of("notes")

    assert {record.key for record in gathered.of("subscriber")} == {f"a1f0c3d2e4:{MEMBER}", f"b7c9e1f0a2:{MEMBER}"}
    assert note.key == f"a1f0c3d2e4:{MEMBER}:{content_key(note.fields)}"
    assert note.group == f"{ANNA} · Nyhetsbrev"
    for record in gathered.of("activity"):
        assert record.key == f"a1f0c3d2e4:{MEMBER}:{content_key(record.fields)}"


def test_the_keys_at_get_a_newsletter_are_those_of_before(world: World) -> None:
    gathered = world.usual("nyhetsbrev_gan")

    assert [record.key for record in gathered.of("subscriber")] == [ANNA]
    assert [record.key for record in gathered.of("subscriptions")] == [f"{ANNA}:6900", f"{ANNA}:6901"]
    assert gathered.of("activity")
    for record in gathered.of("activity"):
        assert record.key == f"{ANNA}:{content_key(record.fields)}"
        assert record.group == ANNA
        assert "url" not in record.fields
        assert record.occurred_at is not None
    assert "url" not in gathered.of("subscriber")[0].fields


def test_a_run_begun_before_is_begun_anew(world: World) -> None:
    earlier = {"who": [["a1f0c3d2e4", MEMBER, ANNA]], "n": 0, "step": "tags", "offset": 0}

    with pytest.raises(ConnectorError) as caught:
        world.gather("nyhetsbrev", "anna", cursor=earlier)
    assert (caught.value.fault, caught.value.transient) == (Fault.CHANGED, True)


def test_a_choice_made_before_is_asked_for_once_more(world: World) -> None:
    kept = world.gather("nyhetsbrev", "couple_b", chosen=("subscriber-0123456789abcdef",))
    assert kept.candidates and not kept.records

    chosen = tuple(candidate.key for candidate in kept.candidates)
    assert world.gather("nyhetsbrev", "couple_b", chosen=chosen).records


def test_a_profile_nobody_has_is_named(world: World) -> None:
    made = world.search("nyhetsbrev", "anna")

    with pytest.raises(ConnectorError) as caught:
        Newsletter().stop_marketing(replace(made, settings={**made.settings, "profile": "pigeon"}))
    assert caught.value.params == {"setting": "profile"}
