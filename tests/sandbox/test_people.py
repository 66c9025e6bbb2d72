"""The made-up people: what is promised about the cast, and that nobody real can be meant."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox import data_imbox, data_mina_sidor, data_mitt_hem, data_newsletter
from sandbox.homes import MOVE_OUT, contracts_of
from sandbox.people import CAST, everyone

if TYPE_CHECKING:
    import httpx

    from tests.sandbox.conftest import Chat

ROOT = Path(__file__).resolve().parents[2]
FICTION = re.compile(
    r"\+46(701740(60[5-9]|6[1-9]\d)|313900(6\d\d)|406280(4\d\d)|846500(4\d\d)|980319(2\d\d))"
)  # PTS' series for fiction


def test_it_has_a_few_hundred_people_with_numbers_and_addresses_of_their_own() -> None:
    people = everyone()
    numbers = [person.personnummer for person in people if person.personnummer]
    assert len(people) == 300
    assert len(numbers) == len(set(numbers))
    assert len({person.slug for person in people}) == 300


def test_it_uses_only_published_test_numbers_fictional_phones_and_example_addresses() -> None:
    published = json.loads((ROOT / "sandbox" / "data" / "test_personnummer.json").read_text(encoding="utf-8"))
    known = set(published["personnummer"]) | set(published["samordningsnummer"])
    for person in everyone():
        assert person.personnummer is None or person.personnummer in known
        assert all(FICTION.fullmatch(phone) for phone in person.phones)
        assert all(re.fullmatch(r"[a-z0-9.-]+@example\.(se|com|org)", email) for email in person.emails)


def test_it_gives_the_cast_the_difficulties_they_are_there_for() -> None:
    assert CAST["nothing"].customer_no is None and not CAST["nothing"].emails
    assert len(CAST["two_addresses"].subscribes) == 2
    assert set(CAST["two_addresses"].subscribes) == set(CAST["two_addresses"].emails)
    assert CAST["couple_a"].emails[0] == CAST["couple_b"].emails[0]
    assert CAST["recycled_phone"].phones == CAST["older_contact"].phones
    assert 61 <= int((CAST["samordning"].personnummer or "")[6:8]) <= 91
    assert (CAST["samordning_month_00"].personnummer or "")[4:6] == "00"
    assert (CAST["samordning_day_60"].personnummer or "")[6:8] == "60"
    assert CAST["english"].language == "en"
    assert CAST["newsletter_only"].customer_no is None and CAST["newsletter_only"].subscribes


def test_it_gives_an_ordinary_person_something_in_every_system() -> None:
    anna = CAST["anna"]
    assert data_mina_sidor.invoices(anna) and data_mitt_hem.accounts()[anna.account_id] == anna
    assert any(chat.person == anna for chat in data_imbox.conversations().values())
    assert any(held.person == anna for held in data_newsletter.subscriptions())


def test_it_lets_a_couple_hold_one_contract_together() -> None:
    shared = set(contracts_of(CAST["couple_a"])) & set(contracts_of(CAST["couple_b"]))
    assert [contract.holders for contract in shared] == [(CAST["couple_a"], CAST["couple_b"])]


def test_it_leaves_the_meter_behind_when_the_tenant_moves() -> None:
    before = next(contract for contract in contracts_of(CAST["moved_out"]) if contract.end)
    after = contracts_of(CAST["next_tenant"])[0]
    assert before.end == MOVE_OUT < after.start
    assert before.home.meter("electricity") == after.home.meter("electricity")


def test_it_makes_the_same_data_in_every_process(
    mina_sidor: httpx.Client, mitt_hem: httpx.Client, chat: Chat, mailchimp: httpx.Client
) -> None:
    lots, account = CAST["lots"], f"/accounts/{CAST['lots'].account_id}"
    customer = mina_sidor.get(f"/customers/{lots.customer_no}").json()
    logins = mina_sidor.get(f"/customers/{lots.customer_no}/logins", params={"pageSize": 200}).json()["items"]
    tickets = chat.message("listTickets", limit=100).json()["json"]
    search = mailchimp.get("/search-members", params={"query": lots.emails[0]}).json()
    assert customer == data_mina_sidor.master_data(lots)
    assert logins == data_mina_sidor.logins(lots)[:200]
    assert mitt_hem.get(f"{account}/locations").json()["locations"] == data_mitt_hem.locations(lots)
    assert [ticket["ticketID"] for ticket in tickets] == [item["ticketID"] for item in data_imbox.tickets()[:100]]
    for conversation, known in list(data_imbox.conversations().items())[::40]:
        assert chat.message("grabConversation", conversation).json()["json"] == known.messages
        assert chat.message("grabVisitorInfo", conversation).json()["json"] == known.visitor
    members = [held for held in data_newsletter.subscriptions() if held.email == lots.emails[0]]
    assert [held.hash for held in members] == [member["id"] for member in search["exact_matches"]["members"]]
