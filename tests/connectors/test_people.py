"""Whose data is it? The people of the sandbox that are there to be mixed up."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from requests_app.connectors.base import Derived, IdentifierKind
from requests_app.connectors.reading import SWEDEN
from sandbox.homes import FLAT_METER, MOVE_IN
from sandbox.people import CAST
from sandbox.texts import HOSTILE
from tests.connectors.world import SYSTEMS

if TYPE_CHECKING:
    from requests_app.domain.records import Record
    from tests.connectors.world import World

PN, NO, EMAIL, PHONE = (
    IdentifierKind.PERSONNUMMER,
    IdentifierKind.CUSTOMER_NO,
    IdentifierKind.EMAIL,
    IdentifierKind.PHONE,
)


@pytest.mark.parametrize("system", ["mina_sidor", "mitt_hem", "chatt"])
def test_an_address_that_a_couple_shares_waits_for_the_coordinator(world: World, system: str) -> None:
    gathered = world.gather(system, "couple_a", EMAIL)

    assert gathered.records == []
    assert len(gathered.candidates) >= 2
    assert {candidate.key for candidate in gathered.candidates}.isdisjoint({""})


@pytest.mark.parametrize("system", ["nyhetsbrev", "nyhetsbrev_gan"])
def test_a_subscription_under_the_spouses_name_waits_for_the_coordinator(world: World, system: str) -> None:
    assert world.gather(system, "couple_a").of("subscriber")

    spouse = world.gather(system, "couple_b")

    assert spouse.records == []
    assert [candidate.fields["full_name"] for candidate in spouse.candidates] == ["Per Sandberg"]
    assert world.gather(system, "couple_b", chosen=()).records == []


@pytest.mark.parametrize("system", ["mina_sidor", "mitt_hem"])
def test_exactly_the_chosen_candidate_is_collected(world: World, system: str) -> None:
    per = CAST["couple_a"].customer_no if system == "mina_sidor" else CAST["couple_a"].account_id
    assert per is not None

    chosen = world.gather(system, "couple_a", EMAIL, chosen=(per,))

    assert chosen.candidates == []
    assert {record.key for record in chosen.of("customer") + chosen.of("account")} == {per}
    assert world.gather(system, "couple_a", EMAIL, chosen=()).records == []


@pytest.mark.parametrize("system", ["mina_sidor", "mitt_hem"])
def test_a_spouse_with_a_personnummer_of_their_own_is_no_question(world: World, system: str) -> None:
    gathered = world.gather(system, "couple_b")

    assert gathered.candidates == []
    assert len(gathered.of("customer") + gathered.of("account")) == 1
    for value in (CAST["couple_a"].personnummer, CAST["couple_a"].phones[0]):
        assert str(value) not in gathered.text()


def test_a_contract_held_together_is_marked_and_only_the_name_of_the_other_stays(world: World) -> None:
    maria = world.gather("mina_sidor", "couple_b")
    shared = [record for record in maria.of("contracts") if "co_holder" in record.marks]
    alone = [record for record in maria.of("contracts") if not record.marks]

    assert [record.fields["coHolders"] for record in shared] == [["Per Sandberg"]]
    assert shared[0].fields["role"] == "coHolder"
    assert len(alone) == 1
    assert str(CAST["couple_a"].customer_no) not in repr([record.fields for record in shared]).replace(
        shared[0].key, ""
    )


def test_invoices_for_a_contract_held_together_are_marked(world: World) -> None:
    per = world.gather("mina_sidor", "couple_a")

    assert all(record.marks == ("co_holder",) for record in per.of("invoices"))
    resumed = world.gather("mina_sidor", "couple_a", cursor=per.pages[1].cursor)
    assert all(record.marks == ("co_holder",) for record in resumed.of("invoices"))


def test_readings_of_a_shared_home_are_marked_and_the_others_contact_details_left(world: World) -> None:
    per = world.gather("mitt_hem", "couple_a")
    other = next(record for record in per.of("roles") if record.marks)

    assert other.fields == {"displayName": "Maria Sandberg", "role": "resident"}
    assert all(record.marks == ("co_holder",) for record in per.of("energy"))
    assert "maria.sandberg@example.com" not in per.text()


def test_a_chosen_contact_brings_its_chats_and_not_the_spouses(world: World) -> None:
    candidates = world.gather("chatt", "couple_a").candidates
    per = next(one.key for one in candidates if one.fields.get("fullName") == "Per Sandberg")

    gathered = world.gather("chatt", "couple_a", chosen=(per,))

    assert [record.fields["fullName"] for record in gathered.of("contacts")] == ["Per Sandberg"]
    assert {record.fields["name"] for record in gathered.of("visits")} == {"Per Sandberg"}
    assert "Maria" not in repr([record.fields for record in gathered.of("visits")])


def test_a_choice_made_after_the_chats_were_looked_through_goes_on_from_there(world: World) -> None:
    asked = world.gather("chatt", "couple_a")
    per = next(one.key for one in asked.candidates if one.fields.get("fullName") == "Per Sandberg")

    resumed = world.gather("chatt", "couple_a", chosen=(per,), cursor=asked.pages[-1].cursor)

    assert resumed.keys == world.gather("chatt", "couple_a", chosen=(per,)).keys
    assert len(resumed.pages) < len(asked.pages)


def test_a_recycled_phone_number_does_not_bring_the_older_owners_data(world: World) -> None:
    asked = world.gather("chatt", "recycled_phone")
    assert asked.records == []
    assert {one.fields.get("fullName") or one.fields.get("name") for one in asked.candidates} == {"Gunnar Ståhl"}

    declined = world.gather("chatt", "recycled_phone", chosen=())

    assert declined.of("conversations") == []
    assert "Gunnar" not in declined.text()
    assert "gunnar.stahl@example.com" not in declined.text()


@pytest.mark.parametrize("system", ["mina_sidor", "mitt_hem"])
def test_a_recycled_phone_number_finds_its_new_owner_and_asks(world: World, system: str) -> None:
    gathered = world.gather(system, "older_contact")

    assert gathered.records == []
    assert len(gathered.candidates) == 1


def test_the_readings_end_when_the_tenant_moved_out(world: World) -> None:
    before, after = world.gather("mitt_hem", "moved_out"), world.gather("mitt_hem", "next_tenant")
    moved = datetime(MOVE_IN.year, MOVE_IN.month, MOVE_IN.day, tzinfo=SWEDEN)

    assert max(_times(before.of("energy"))) < moved <= min(_times(after.of("energy")))
    assert max(_times(before.of("costs"))) < moved <= min(_times(after.of("costs")))
    assert len(before.of("energy")) == 92
    assert FLAT_METER in world.gather("mina_sidor", "moved_out").text()


def _times(records: list[Record]) -> list[datetime]:
    return [record.occurred_at for record in records if record.occurred_at]


def test_hours_are_whole_when_the_clocks_change(world: World) -> None:
    energy = world.gather("mitt_hem", "lots").of("energy")
    hourly = [record for record in energy if record.fields["resolution"] == "hour"]
    per_day: dict[date, int] = {}
    for moment in _times(hourly):
        day = moment.astimezone(SWEDEN).date()
        per_day[day] = per_day.get(day, 0) + 1

    assert per_day[date(2025, 3, 30)] == 23
    assert per_day[date(2025, 10, 26)] == 25
    assert set(per_day.values()) == {23, 24, 25}
    assert len(per_day) == (date(2026, 11, 20) - date(2023, 11, 1)).days + 1


BY_LIST = {"nyhetsbrev", "nyhetsbrev_beskrivet", "nyhetsbrev_campaign"}
"""Newsletter tools in which somebody is a subscriber once for each list."""


@pytest.mark.parametrize("system", SYSTEMS)
def test_one_person_under_two_addresses_is_delivered_once(world: World, system: str) -> None:
    gathered = world.gather(system, "two_addresses", EMAIL)

    assert gathered.candidates == []
    assert len(set(gathered.keys)) == len(gathered.keys)
    wanted = 3 if system in BY_LIST else 2 if system.startswith("nyhetsbrev_") else 1
    first = {"mina_sidor": "customer", "mitt_hem": "account", "chatt": "contacts"}.get(system, "subscriber")
    assert len(gathered.of(first)) == wanted


@pytest.mark.parametrize("slug", ["samordning", "samordning_month_00", "samordning_day_60"])
def test_a_samordningsnummer_is_searched_like_any_other(world: World, slug: str) -> None:
    gathered = world.gather("mina_sidor", slug, PN)

    assert [record.fields["personalIdentityNumber"] for record in gathered.of("customer")] == [CAST[slug].personnummer]


def test_a_customer_number_from_the_system_that_knew_the_personnummer_is_strong(world: World) -> None:
    anna = CAST["anna"]
    derived = [one for page in world.gather("mina_sidor", "anna", PN).pages for one in page.derived]

    assert derived == [
        Derived(NO, str(anna.customer_no), strong=True),
        Derived(EMAIL, anna.emails[0]),
        Derived(PHONE, anna.phones[0]),
    ]


def test_a_customer_number_found_by_an_address_alone_is_weak(world: World) -> None:
    derived = [one for page in world.gather("mina_sidor", "anna", EMAIL).pages for one in page.derived]

    assert Derived(NO, str(CAST["anna"].customer_no), strong=False) in derived


def test_what_was_searched_by_is_not_derived_again(world: World) -> None:
    assert [one for page in world.gather("mina_sidor", "anna").pages for one in page.derived] == []


def test_a_chat_is_searched_in_a_window_and_says_so(world: World) -> None:
    gathered = world.usual("chatt")

    assert {(page.searched_from, page.searched_to) for page in gathered.pages} == {
        (date(2025, 11, 21), date(2026, 11, 21))
    }
    wider = world.gather("chatt", "anna", settings=world.settings("chatt") | {"window_days": 1200})
    assert len(wider.of("visits")) == CAST["anna"].chats > len(gathered.of("visits"))


def test_a_chat_keeps_nothing_of_other_visitors(world: World) -> None:
    gathered = world.usual("chatt")
    others = [person for slug, person in CAST.items() if slug != "anna"]

    assert {record.fields["email"].casefold() for record in gathered.of("visits")} == set(CAST["anna"].emails)
    text = gathered.text()
    assert [person.emails for person in others if person.emails and person.emails[0] in text] == []


def test_the_visitor_the_staff_and_the_system_are_told_apart(world: World) -> None:
    messages = world.usual("chatt").of("conversations")

    assert {record.fields["role"] for record in messages} == {"person", "staff", "system"}
    events = {record.fields["text"] for record in messages if record.fields["role"] == "system"}
    assert events == {"visitorIdentification", "conversationClosed"}


def test_an_address_from_the_population_register_says_so(world: World) -> None:
    gathered = world.usual("mina_sidor")

    assert [record.source for record in gathered.of("address")] == ["SPAR"]
    assert [record.source for record in gathered.of("credit_check")] == ["Påhittade Kreditupplysningen AB"]


def test_a_protected_person_has_no_address_anywhere(world: World) -> None:
    assert world.gather("mina_sidor", "protected").of("address") == []
    assert [record.fields["address"] for record in world.gather("mitt_hem", "protected").of("locations")] == [None]


def test_hostile_texts_come_through_whole(world: World) -> None:
    notes = {record.fields["text"] for record in world.gather("mina_sidor", "hostile").of("case_notes")}
    chats = {record.fields["text"] for record in world.gather("chatt", "hostile").of("conversations")}

    assert set(HOSTILE) <= notes
    assert set(HOSTILE[:5]) <= chats
