"""The newsletter tools that the product brings a description of: what the contract does not already try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, StopStatus
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.rest.description import described
from sandbox.data_newsletter import campaigns, events, of_address, subscriptions
from sandbox.people import CAST

if TYPE_CHECKING:
    from requests_app.connectors.base import Evidence, Search
    from tests.connectors.world import Sandbox, World

TOOLS = {
    "mailchimp": "nyhetsbrev",
    "getanewsletter": "nyhetsbrev_gan",
    "rule": "nyhetsbrev_rule",
    "apsis_one": "nyhetsbrev_apsis",
    "optimizely_campaign": "nyhetsbrev_campaign",
}
"""Each description and the system of the sandbox that it fits."""
every_tool = pytest.mark.parametrize("name", TOOLS)


def search(world: World, name: str, slug: str = "anna", **changes: Any) -> Search:
    """A search for somebody in one of the tools, as described."""
    fitting = world.systems[TOOLS[name]]
    own = {key: value for key, value in fitting["settings"].items() if key != "profile"}
    made = replace(world.search("nyhetsbrev", slug), secrets=fitting["secrets"])
    return replace(made, settings={**own, "description": shipped(name)}, **changes)


def erase(world: World, name: str, slug: str = "anna") -> Evidence:
    return Rest().change(search(world, name, slug), "erase", {})


def gathered(world: World, name: str, slug: str = "anna", **changes: Any) -> list[Any]:
    return [record for page in Rest().collect(search(world, name, slug, **changes)) for record in page.records]


@every_tool
def test_it_can_stop_marketing_and_erase(name: str) -> None:
    assert set(described(shipped(name)).change) == {"stop_marketing", "erase"}


@every_tool
def test_every_field_has_a_label_of_its_own_in_both_languages(name: str) -> None:
    for category in described(shipped(name)).specs:
        for key, field in category.fields.items():
            assert key not in {field.label_sv, field.label_en}, (category.key, key)


@every_tool
def test_erasing_leaves_nothing_and_can_be_done_again(world: World, name: str) -> None:
    assert gathered(world, name)

    evidence = erase(world, name)

    assert evidence.status is StopStatus.STOPPED
    assert "anna" not in repr(evidence)
    assert gathered(world, name) == []
    assert erase(world, name).status is StopStatus.UNKNOWN


@every_tool
def test_erasing_touches_nobody_else(world: World, name: str) -> None:
    before = gathered(world, name, "two_addresses")
    erase(world, name)

    assert before
    assert gathered(world, name, "two_addresses") == before


@every_tool
def test_who_may_be_another_is_not_erased(world: World, name: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        Rest().change(search(world, name, person_name="Nadja Okänd"), "erase", {})

    assert caught.value.fault is Fault.SEVERAL
    assert gathered(world, name)


@every_tool
def test_a_wrong_address_of_the_tool_is_not_taken_for_nobody_found(world: World, name: str) -> None:
    made = search(world, name)
    settings = {**made.settings, "base_url": f"{made.settings['base_url']}/elsewhere"}

    with pytest.raises(ConnectorError) as caught:
        list(Rest().collect(replace(made, settings=settings)))
    assert caught.value.fault is Fault.NOT_FOUND


@every_tool
def test_what_is_gone_when_it_is_read_is_no_fault(world: World, name: str) -> None:
    pages = Rest().collect(search(world, name))
    next(pages)
    erase(world, name)

    assert {record.category for page in pages for record in page.records} <= {"blocklist"}


def test_reports_of_other_lists_and_from_before_are_not_asked(world: World, sandbox: Sandbox) -> None:
    gathered(world, "getanewsletter", "english")

    begun = min(found.created for found in of_address(CAST["english"].emails[0]))
    since = [campaign for campaign in campaigns() if campaign.sent >= begun]
    assert sandbox.routes("getanewsletter")["unsubscribed"] == len(since) < len(campaigns())


def test_a_subscribers_own_fields_stand_under_their_group(world: World) -> None:
    details = [record.fields for record in gathered(world, "rule") if record.category == "details"]

    assert [(one["of.name"], one["name"], one["value"]) for one in details] == [
        ("Kontakt", "FirstName", "Anna"),
        ("Kontakt", "LastName", "Lindqvist"),
        ("Kundservice", "Anteckning", "Vill gärna ha tips om solceller."),
    ]


def test_a_profiles_attributes_and_events_have_the_names_of_the_account(world: World) -> None:
    records = gathered(world, "apsis_one")

    [profile] = [record.fields for record in records if record.category == "subscriber"]
    assert profile == {
        "com.apsis1.attributes.email": "anna.lindqvist@example.se",
        "com.apsis1.attributes.firstname": "Anna",
        "com.apsis1.attributes.lastname": "Lindqvist",
        "com.apsis1.attributes.mobile": CAST["anna"].phones[0],
        "anteckning": "Vill gärna ha tips om solceller.",
    }
    events = [record for record in records if record.category == "events"]
    assert {record.fields["version_id"] for record in events} <= {"sent", "open", "click"}
    assert all(record.occurred_at for record in events)
    assert [record.fields["topic"] for record in records if record.category == "consents"] == [
        "Nyhetsbrev",
        "Driftinformation",
    ]


def test_an_opt_out_leaves_the_profile_and_other_topics(world: World) -> None:
    asked = search(world, "apsis_one")

    evidence = Rest().change(asked, "stop_marketing", {})

    assert [item["status"] for item in evidence.items] == ["opt-out"]
    left = gathered(world, "apsis_one")
    assert [record.fields["topic"] for record in left if record.category == "consents"] == ["Driftinformation"]
    assert [record.category for record in left].count("subscriber") == 1


def test_a_recipient_is_told_list_by_list_with_all_fields_and_the_opt_in(world: World) -> None:
    records = gathered(world, "optimizely_campaign")

    members = [record.fields for record in records if record.category == "subscriber"]
    assert [member["list_name"] for member in members] == ["Nyhetsbrev", "Driftinformation"]
    assert members[0]["anteckning"] == "Vill gärna ha tips om solceller."
    assert all(member["optInMailId"] and member["firstname"] == "Anna" for member in members)
    assert [record.fields["valid"] for record in records if record.category == "validity"] == [True, True]


def test_bounces_and_unsubscriptions_of_a_recipient_stand_under_their_list(world: World) -> None:
    for status, category in (("cleaned", "responses"), ("unsubscribed", "unsubscribes")):
        held = next(one for one in subscriptions() if one.status == status and (category != "responses" or events(one)))
        asked = Identifier(IdentifierKind.EMAIL, held.email)
        records = gathered(world, "optimizely_campaign", identifiers=(asked,), person_name=held.person.name)
        found = [record.fields for record in records if record.category == category]
        assert [one["recipientListId"] for one in found] == [held.list.name]
        assert found[0]["recipientId"] == held.email


def test_what_is_held_of_an_address_on_no_list_is_found_too(world: World) -> None:
    held = next(one for one in subscriptions() if one.status == "unsubscribed")
    asked = Identifier(IdentifierKind.EMAIL, held.email)
    text = shipped("optimizely_campaign").replace(
        'get: "/recipients/{list}/{value}"', 'get: "/recipients/{list}/x{value}"', 1
    )
    usual = search(world, "optimizely_campaign", identifiers=(asked,))
    pages = Rest().collect(replace(usual, settings={**usual.settings, "description": text}))
    records = [record for page in pages for record in page.records]
    assert [record.category for record in records] == ["unsubscribes"]


def test_suppressing_leaves_what_is_transactional(world: World) -> None:
    Rest().change(search(world, "rule"), "stop_marketing", {})

    [block] = [record.fields for record in gathered(world, "rule") if record.category == "suppressions"]
    assert (block["dispatcher_type"], block["message_type"]) == ("campaign", "email")
