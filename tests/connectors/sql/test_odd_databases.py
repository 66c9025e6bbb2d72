"""Databases as they really are: without keys, in old encodings, with huge values, odd dates, and people who are hard to tell apart."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind
from requests_app.connectors.sql import reading
from requests_app.connectors.sql.columns import LARGEST_TEXT
from tests.connectors.sql.stores import ANNA, BO, EMAIL, QUICK, Store

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.postgres import Cluster

ROWS = """
people:
  rows: {table: %s, by: {email: email}, category: rows%s}
categories: {rows: {kind: table, label: Rader}}
"""


@pytest.fixture
def made(tmp_path: Path) -> Any:
    """Makes a SQLite database of a script and says how it is gathered."""

    def make(script: str) -> Store:
        path = tmp_path / "made.db"
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        return Store("sqlite", {"database": "sqlite", "name": str(path)}, {}, lambda: sqlite3.connect(path))

    return make


def test_an_order_that_does_not_tell_rows_apart_is_refused_rather_than_rows_missed(store: Store) -> None:
    with pytest.raises(ConnectorError) as caught:
        store.gather(description=ROWS % ("visits", ", order: happened"))

    assert caught.value.fault is Fault.MISCONFIGURED
    assert caught.value.params == {"setting": "description", "table": "visits", "needs": "order"}


def test_an_order_that_is_empty_in_a_row_is_refused(made: Any) -> None:
    store = made(f"CREATE TABLE t (email, n INTEGER); INSERT INTO t VALUES ('{EMAIL}', 1), ('{EMAIL}', NULL)")

    with pytest.raises(ConnectorError) as caught:
        store.gather(description=ROWS % ("t", ", order: n"))
    assert caught.value.params["needs"] == "order"


def test_rows_without_anything_to_order_by_are_read_at_once_and_equal_ones_kept(store: Store) -> None:
    gathered = store.gather(description=ROWS % ("visits", ""))

    assert len(gathered.records) == 40
    assert len(set(gathered.keys)) == 40
    assert gathered.records == store.gather(description=ROWS % ("visits", "")).records


def test_many_rows_without_anything_to_order_by_are_refused(made: Any) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001)"
    store = made(f"CREATE TABLE t (email, n); INSERT INTO t {numbers} SELECT '{EMAIL}', i FROM n")

    with pytest.raises(ConnectorError) as caught:
        store.gather(description=ROWS % ("t", ""))
    assert caught.value.params["needs"] == "order"


def test_pages_of_such_rows_can_be_taken_up_again(made: Any) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2500)"
    store = made(f"CREATE TABLE t (email, n); INSERT INTO t {numbers} SELECT '{EMAIL}', i % 2000 FROM n")
    whole = store.gather(description=ROWS % ("t", "")).pages

    rest = store.gather(description=ROWS % ("t", ""), cursor=whole[0].cursor).pages
    assert [len(page.records) for page in whole] == [1_000, 1_000, 500]
    assert [page.records for page in rest] == [page.records for page in whole[1:]]


def test_a_huge_text_is_told_by_its_size_and_large_rows_make_small_pages(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "FIRST_ROWS", 3)
    monkeypatch.setattr(reading, "_PAGE_CHARACTERS", 10_000)
    store.run("CREATE TABLE large (id INTEGER PRIMARY KEY, email VARCHAR(90), body " + _long(store) + ")")
    try:
        store.insert("large", 1, EMAIL, "å" * 450_000)
        store.insert("large", 2, EMAIL, "x" * (LARGEST_TEXT + 1))
        for number in range(3, 20):
            store.insert("large", number, EMAIL, "y" * 4_000)
        gathered = store.gather(description=ROWS % ("large", ""))
    finally:
        store.run("DROP TABLE large")

    assert [record.key for record in gathered.records] == [str(number) for number in range(1, 20)]
    assert gathered.records[0].fields["body"] == "å" * 450_000
    assert gathered.records[1].fields["body"] == {"bytes": LARGEST_TEXT + 1}
    assert [len(page.records) for page in gathered.pages][:5] == [3, 1, 2, 2, 2]


def _long(store: Store) -> str:
    return "LONGTEXT" if store.vendor == "mysql" else "TEXT"


def test_text_of_an_old_encoding_is_read(made: Any) -> None:
    store = made(f"CREATE TABLE t (email, name); INSERT INTO t VALUES ('{EMAIL}', CAST(x'C56B6573736F6E' AS TEXT))")

    assert store.gather(description=ROWS % ("t", "")).records[0].fields["name"] == "Åkesson"


@pytest.mark.processes
def test_text_of_a_database_without_an_encoding_is_read(cluster: Cluster) -> None:
    def connect(name: str) -> psycopg.Connection[Any]:
        return psycopg.connect(
            host=str(cluster.folder), user="postgres", dbname=name, autocommit=True, client_encoding="UTF8"
        )

    with closing(connect("postgres")) as connection:
        connection.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    with closing(connect("ascii")) as connection:
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, email TEXT, name TEXT)")
        connection.execute(
            f"INSERT INTO t VALUES (1, '{EMAIL}', convert_from('\\xC56B6573736F6E', 'SQL_ASCII')), (2, '{EMAIL}', 'Öhman')"
        )
    settings = {
        "database": "postgresql",
        "host": str(cluster.folder),
        "name": "ascii",
        "user": "postgres",
        "tls": "off",
    }
    store = Store("postgresql", settings, {}, None)

    names = [record.fields["name"] for record in store.gather(description=ROWS % ("t", "")).records]
    assert names == ["Åkesson", "Öhman"]


ODD_VALUES = {
    "sqlite": ("a DATETIME, b DATE, c NUMERIC", "'not a date', '0000-00-00', 'NaN'"),
    "postgresql": (
        "a TIMESTAMPTZ, b DATE, c NUMERIC, d UUID, e JSONB, f INTEGER[], g INET, h BYTEA, i INTERVAL",
        "'infinity', '0044-03-15 BC', 'NaN', '11111111-2222-3333-4444-555555555555', '{\"x\": [1, null]}', '{1,2}', "
        "'10.0.0.1', '\\x0102', '1 day'",
    ),
    "mysql": (
        "a TIMESTAMP NULL, b BIT(1), c BINARY(16), d YEAR, e TIME, f BLOB, g SET('x','y')",
        "'2026-07-01 10:00:00', b'1', unhex('11111111222233334444555555555555'), 2026, '100:00:00', 'abc', 'x,y'",
    ),
}
ODD_READ = {
    "sqlite": {"a": "not a date", "b": "0000-00-00", "c": "NaN"},
    "postgresql": {
        "a": "infinity",
        "b": "0044-03-15 BC",
        "c": "NaN",
        "d": "11111111-2222-3333-4444-555555555555",
        "e": {"x": [1, None]},
        "f": [1, 2],
        "g": "10.0.0.1",
        "h": {"bytes": 2},
        "i": 86400.0,
    },
    "mysql": {
        "b": 1,
        "c": "11111111222233334444555555555555",
        "d": 2026,
        "e": 360000.0,
        "f": {"bytes": 3},
        "g": "x,y",
    },
}


def test_every_sort_of_value_is_read(store: Store) -> None:
    columns, values = ODD_VALUES[store.vendor]
    store.run(f"CREATE TABLE odd_values (id INTEGER PRIMARY KEY, email VARCHAR(90), {columns})")
    try:
        store.run(f"INSERT INTO odd_values VALUES (1, '{EMAIL}', {values})")
        [record] = store.gather(description=ROWS % ("odd_values", "")).records
    finally:
        store.run("DROP TABLE odd_values")

    assert {name: record.fields[name] for name in ODD_READ[store.vendor]} == ODD_READ[store.vendor]
    if store.vendor == "mysql":
        assert str(record.fields["a"]).endswith("+00:00")


def test_several_people_under_one_address_are_asked_about(made: Any) -> None:
    store = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, email, name, city);"
        f"INSERT INTO t VALUES (1, '{EMAIL}', '{ANNA.name}', 'Halmstad'), (2, '{EMAIL}', '{BO.name}', 'Laholm')"
    )
    text = ROWS % ("t", ", key: id, name: name, show: city")

    asked = store.gather(description=text)
    assert [candidate.fields["city"] for candidate in asked.candidates] == ["Halmstad", "Laholm"]
    chosen = store.gather(description=text, chosen=("rows:2",))
    assert [record.key for record in chosen.records] == ["2"]


def test_rows_without_a_key_are_told_apart_by_name(made: Any) -> None:
    store = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, email, name);"
        f"INSERT INTO t VALUES (1, '{EMAIL}', '{ANNA.name}'), (2, '{EMAIL}', '{BO.name}'), (3, '{EMAIL}', '{ANNA.name.upper()}')"
    )
    text = ROWS % ("t", ", name: name")

    asked = store.gather(description=text)
    assert sorted(candidate.fields["name"] for candidate in asked.candidates) == sorted([ANNA.name, BO.name])
    annas = next(candidate.key for candidate in asked.candidates if candidate.fields["name"] == ANNA.name)
    assert [record.key for record in store.gather(description=text, chosen=(annas,)).records] == ["1", "3"]


def test_a_customer_number_found_on_the_way_leads_on(made: Any) -> None:
    store = made(
        "CREATE TABLE people (id INTEGER PRIMARY KEY, pnr, kundnr, name);"
        f"INSERT INTO people VALUES (1, '{ANNA.personnummer}', 'K-7', '{ANNA.name}'), (2, '{BO.personnummer}', 'K-8', 'Bo');"
        "CREATE TABLE cases (id INTEGER PRIMARY KEY, kundnr, what);"
        "INSERT INTO cases VALUES (1, 'K-7', 'mine'), (2, 'K-8', 'his')"
    )
    text = """
people:
  people: {table: people, by: {personnummer: pnr, customer_no: kundnr}, key: id, name: name, category: rows}
  cases: {table: cases, by: {customer_no: kundnr}, category: cases}
categories: {rows: {kind: facts, label: Kund}, cases: {kind: table, label: Ärenden}}
"""
    by_number = (Identifier(IdentifierKind.PERSONNUMMER, ANNA.personnummer),)

    gathered = store.gather(description=text, identifiers=by_number)
    assert [record.fields["what"] for record in gathered.of("cases")] == ["mine"]
    rest = store.gather(description=text, identifiers=by_number, cursor=gathered.pages[0].cursor)
    assert [record.fields["what"] for record in rest.of("cases")] == ["mine"]


def test_numbers_that_lost_their_zeros_are_found(made: Any) -> None:
    store = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, email, pnr BIGINT, mobil BIGINT);"
        f"INSERT INTO t VALUES (1, 'x', {int(ANNA.personnummer)}, {int(ANNA.phones[0][3:])})"
    )
    text = ROWS.replace("email: email", "personnummer: pnr, phone: mobil") % ("t", ", key: id")

    for kind, value in ((IdentifierKind.PERSONNUMMER, ANNA.personnummer), (IdentifierKind.PHONE, ANNA.phones[0])):
        assert len(store.gather(description=text, identifiers=(Identifier(kind, value),)).records) == 1


def test_a_search_that_fits_a_crowd_is_refused(made: Any) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1001)"
    store = made(f"CREATE TABLE t (id INTEGER PRIMARY KEY, email); INSERT INTO t {numbers} SELECT i, '{EMAIL}' FROM n")

    with pytest.raises(ConnectorError) as caught:
        store.gather(description=ROWS % ("t", ", key: id"))
    assert caught.value.fault is Fault.TOO_LARGE


def test_what_is_described_but_left_out_or_not_taken_is_never_read(made: Any) -> None:
    store = made(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, email, at, hash, other);"
        f"INSERT INTO t VALUES (1, '{EMAIL}', '2026-01-01', 'secret', 'more')"
    )
    text = """
people:
  rows: {table: t, by: {email: email}, category: rows, columns: [id]}
categories: {rows: {kind: table, label: Rader, when: at, leave_out: {hash: inte en uppgift om personen}}}
"""

    [record] = store.gather(description=text).records
    assert record.fields == {"id": 1}
    assert record.occurred_at is not None


def test_a_table_that_changed_is_named(made: Any) -> None:
    store = made(f"CREATE TABLE t (id INTEGER PRIMARY KEY, email, note); INSERT INTO t VALUES (1, '{EMAIL}', 'x')")
    assert store.gather(description=ROWS % ("t", "")).records[0].fields["note"] == "x"
    store.run("ALTER TABLE t DROP COLUMN note")

    with pytest.raises(ConnectorError) as caught:
        store.gather(description=ROWS % ("t", ""))
    assert (caught.value.fault, caught.value.params["table"]) == (Fault.MISCONFIGURED, "t")
    assert "note" not in store.gather(description=ROWS % ("t", "")).records[0].fields


def test_a_run_past_its_pages_stops(made: Any) -> None:
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500)"
    store = made(f"CREATE TABLE t (id INTEGER PRIMARY KEY, email); INSERT INTO t {numbers} SELECT i, '{EMAIL}' FROM n")

    with pytest.raises(ConnectorError) as caught:
        store.gather(description=ROWS % ("t", ""), limits=replace(QUICK, max_pages=1))
    assert caught.value.fault is Fault.ENDLESS_PAGING
