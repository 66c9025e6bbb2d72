"""What the ``sql`` connector promises as every connector does, on each sort of database."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from requests_app.connectors.base import ConnectorError, Derived, Fault, Identifier, IdentifierKind, shape
from requests_app.connectors.sql.connector import Sql
from requests_app.domain.records import Record
from tests.connectors.sql.stores import ANNA, BO, DESCRIPTION, EMAIL, INVOICES, NOW, QUICK
from tests.connectors.world import Gathered

if TYPE_CHECKING:
    from tests.connectors.sql.stores import Store


TOLD = ("customers", "newsletter", "logins", "invoices", "invoice_lines", "agreements", "readings")


def test_it_finds_everything_of_the_person_and_nothing_of_another(store: Store) -> None:
    gathered = store.gather()

    counts = {category: len(gathered.of(category)) for category in {record.category for record in gathered.records}}
    assert counts == {
        "customer": 1,
        "newsletter": 2,
        "logins": 220,
        "invoices": INVOICES,
        "invoice_lines": 200,
        "agreements": 1,
        "readings": 6,
    }
    text = gathered.text()
    assert BO.last_name not in text
    assert "bo@example.se" not in text
    assert {record.fields["customer_id"] for record in gathered.of("invoices")} == {1}
    assert "password_hash" not in text
    assert len(set(gathered.keys)) == len(gathered.keys)


def test_it_delivers_wellformed_pages(store: Store) -> None:
    specs = {spec.key: spec for spec in shape(Sql(), store.search().settings).categories}
    gathered = store.gather()

    assert gathered.pages[-1].cursor is None
    assert all(page.cursor is not None for page in gathered.pages[:-1])
    assert max(len(page.records) for page in gathered.pages) <= 1_000
    for record in gathered.records:
        assert record.kind is specs[record.category].kind
        assert record.occurred_at is None or record.occurred_at.tzinfo is not None
        row = json.loads(json.dumps(record.to_row()))
        assert Record.from_row(row, category=record.category, kind=record.kind) == record


def test_values_keep_their_meaning(store: Store) -> None:
    gathered = store.gather()

    invoice = gathered.of("invoices")[0]
    assert (invoice.key, invoice.fields["total"], invoice.fields["note"]) == ("2", 0.5, "faktura 2")
    assert invoice.fields["pdf"] == {"bytes": 4}
    assert gathered.of("invoices")[1].fields["pdf"] == {"bytes": 4}
    assert gathered.of("invoices")[2].fields["pdf"] is None
    line = gathered.of("invoice_lines")[1]
    assert (line.key, line.fields["what"]) == ("2:2", "rad 2")
    [agreement] = gathered.of("agreements")
    assert (agreement.fields["starts"], agreement.fields["ends"]) == ("2026-02-01", "2026-04-28")
    reading = gathered.of("readings")[0]
    assert (reading.group, reading.fields["value"]) == ("M1", 2.01)
    assert reading.occurred_at == NOW.replace(month=2, day=1, hour=7)


def test_readings_are_the_persons_only_while_the_agreement_lasted(store: Store) -> None:
    days = [str(record.fields["read_at"])[:10] for record in store.gather().of("readings")]

    assert days == ["2026-02-01", "2026-02-28", "2026-03-01", "2026-03-28", "2026-04-01", "2026-04-28"]


def test_a_run_taken_up_at_any_cursor_delivers_exactly_the_rest(store: Store) -> None:
    whole = store.gather().pages

    assert len(whole) > 8
    for done, page in enumerate(whole[:-1], 1):
        kept = json.loads(json.dumps(page.cursor))
        rest = store.gather(cursor=kept, now=NOW + timedelta(days=30)).pages
        assert [one.records for one in rest] == [one.records for one in whole[done:]]
        assert rest[-1].cursor is None


def test_nobody_found_delivers_nothing(store: Store) -> None:
    nobody = (Identifier(IdentifierKind.EMAIL, "nobody@example.org"), Identifier(IdentifierKind.PHONE, "+46701740699"))

    assert store.gather(identifiers=nobody).pages == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (IdentifierKind.PERSONNUMMER, ANNA.personnummer),
        (IdentifierKind.CUSTOMER_NO, "K-1044"),
        (IdentifierKind.PHONE, "+46701740605"),
        (IdentifierKind.EMAIL, EMAIL),
    ],
)
def test_it_finds_by_every_sort_of_identifier(store: Store, kind: IdentifierKind, value: str) -> None:
    gathered = store.gather(identifiers=(Identifier(kind, value),))

    assert [record.key for record in gathered.of("customer")] == ["1"]
    assert len(gathered.of("invoices")) == INVOICES


def test_ten_digits_find_the_person_too(store: Store) -> None:
    gathered = store.gather(
        identifiers=(Identifier(IdentifierKind.PERSONNUMMER, BO.personnummer),), person_name=BO.name
    )

    assert [record.key for record in gathered.of("customer")] == ["2"]


def test_what_a_strong_match_is_known_by_comes_back(store: Store) -> None:
    found = store.gather(identifiers=(Identifier(IdentifierKind.PERSONNUMMER, ANNA.personnummer),))

    assert [one for page in found.pages for one in page.derived] == [
        Derived(IdentifierKind.CUSTOMER_NO, "K-1044", strong=True),
        Derived(IdentifierKind.EMAIL, EMAIL),
        Derived(IdentifierKind.PHONE, "+46701740605"),
    ]
    weak = store.gather(identifiers=(Identifier(IdentifierKind.EMAIL, EMAIL),))
    assert [one.strong for page in weak.pages for one in page.derived] == [False, False]


def test_another_name_is_asked_about_before_anything_is_taken(store: Store) -> None:
    gathered = store.gather(person_name="Nadja Okänd")

    assert gathered.records == []
    assert gathered.candidates[0].key == "customers:1"
    assert gathered.candidates[0].fields == {"name": ANNA.name, "city": "Halmstad"}
    labelled = {name for spec in shape(Sql(), store.search().settings).categories for name in spec.fields}
    assert {name for candidate in gathered.candidates for name in candidate.fields} <= labelled

    chosen = store.gather(person_name="Nadja Okänd", chosen=("customers:1",))
    assert len(chosen.of("invoices")) == INVOICES
    assert chosen.of("newsletter") == []
    assert store.gather(person_name="Nadja Okänd", chosen=()).of("customer") == []


def test_it_stops_at_the_page_limit(store: Store) -> None:
    with pytest.raises(ConnectorError) as caught:
        store.gather(limits=replace(QUICK, max_pages=2))

    assert caught.value.fault is Fault.ENDLESS_PAGING


def test_it_beats_before_everything_it_asks_and_stops_when_the_run_was_taken_over(store: Store) -> None:
    class TakenOverError(Exception):
        pass

    beats = 0

    def heartbeat() -> None:
        nonlocal beats
        beats += 1
        if beats == 5:
            raise TakenOverError

    with pytest.raises(TakenOverError):
        store.gather(heartbeat=heartbeat)
    assert beats == 5


def test_its_connection_can_be_tried_without_a_person(store: Store) -> None:
    result = store.tried()

    assert result.ok
    assert result.params == {"tables": 7}
    assert [sv for sv, _en in result.seen] == [f"Tabellen {name} kan läsas." for name in TOLD]


def test_trying_the_connection_names_what_is_missing(store: Store) -> None:
    no_table = store.tried(DESCRIPTION.replace("table: agreements", "table: agreement"))
    no_column = store.tried(DESCRIPTION.replace("name: name", "name: full_name", 1))

    assert (no_table.fault, no_table.params["table"]) == (Fault.MISCONFIGURED, "agreement")
    assert no_table.params["setting"] == "description"
    assert ("Tabellen agreement finns inte.", "The table agreement is not there.") in no_table.seen
    assert (no_column.fault, no_column.params["column"]) == (Fault.MISCONFIGURED, "full_name")


def test_a_proposal_can_be_used_as_it_is(store: Store) -> None:
    text = Sql().propose(store.settings, store.secrets)
    gathered = Gathered(list(Sql().collect(store.search(description=text))))

    assert len(gathered.of("invoices")) == INVOICES
    assert len(gathered.of("invoice_lines")) == 200
    assert "inloggningsuppgift" in text
    assert store.tried(text).ok
