"""The newsletter tools that the product brings a description of: what the contract does not already try."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, StopStatus
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.rest.description import described
from sandbox.data_newsletter import campaigns, of_address
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
