"""What must never happen: a write, a statement without end, a name or value that becomes SQL, another's row, a leak."""

from __future__ import annotations

import logging
import time
import traceback
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind
from requests_app.connectors.sql.database import Database
from requests_app.connectors.sql.looking import may_write
from requests_app.connectors.sql.settings import target_of
from tests.connectors.sql.stores import ANNA, DESCRIPTION, EMAIL, ODD, PASSWORD, QUICK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.connectors.sql.stores import Store

ALMIGHTY = {"postgresql": "postgres", "mysql": "writer"}
SLOW = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
    "mysql": "SELECT count(*) FROM information_schema.columns a, information_schema.columns b, information_schema.columns c",
}
VIEW = "CREATE VIEW {view} AS SELECT id, {email} AS email, {worse} AS worse FROM {table}"
ONE_TABLE = """
people:
  odd: {table: %s, by: {email: %s}, key: %s, category: odd}
categories: {odd: {kind: table, label: Udda}}
"""


@pytest.fixture
def almighty(store: Store) -> Iterator[Database]:
    """The connector's own session, of somebody whom the database lets do everything."""
    settings = {**store.settings, "description": DESCRIPTION}
    if store.vendor in ALMIGHTY:
        settings["user"] = ALMIGHTY[store.vendor]
    if store.vendor == "mysql":
        with closing(store.admin()) as connection:
            connection.cursor().execute("CREATE OR REPLACE USER writer@'%%' IDENTIFIED BY %s", (PASSWORD,))
            connection.cursor().execute("GRANT ALL ON *.* TO writer@'%'")
    database = Database(target_of(settings, store.secrets), replace(QUICK, read_timeout=1))
    yield database
    database.close()


def test_a_user_who_may_do_more_than_read_is_told_of(store: Store, almighty: Database) -> None:
    mine = Database(target_of({**store.settings, "description": DESCRIPTION}, store.secrets), QUICK)

    assert may_write(almighty) is (store.vendor != "sqlite")
    assert not may_write(mine)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE customers SET name = 'x'",
        "DELETE FROM newsletter",
        "CREATE TABLE mine (id INTEGER)",
        "DROP TABLE visits",
    ],
)
def test_a_write_is_refused_by_the_session_itself(store: Store, almighty: Database, statement: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        almighty.ask(lambda connection: connection.exec_driver_sql(statement))

    assert caught.value.fault is Fault.FORBIDDEN
    assert store.gather().of("customer")[0].fields["name"] == ANNA.name


def test_a_statement_that_takes_too_long_is_broken_off(store: Store, almighty: Database) -> None:
    began = time.monotonic()
    with pytest.raises(ConnectorError) as caught:
        almighty.ask(lambda connection: connection.exec_driver_sql(SLOW[store.vendor]).all())

    assert caught.value.fault is Fault.TIMEOUT
    assert time.monotonic() - began < 30
    assert almighty.ask(lambda connection: connection.exec_driver_sql("SELECT 1").scalar()) == 1


@pytest.fixture
def odd(store: Store) -> Iterator[Store]:
    """A table whose name and columns would end a statement that does not quote them."""
    name, column = store.quoted(ODD), store.quoted(ODD)
    store.run(f"CREATE TABLE {name} (id INTEGER PRIMARY KEY, {column} VARCHAR(120), note VARCHAR(90))")
    try:
        yield store
    finally:
        store.run(f"DROP TABLE {name}")


@pytest.mark.parametrize(
    "value", ["o'brien@example.se", "a%b`c@example.se", "x\\y$z{0}@example.se", "a--b/*c@example.se"]
)
def test_hostile_names_and_values_stay_names_and_values(odd: Store, value: str) -> None:
    hostile = "'; DROP TABLE customers; --"
    for number, (email, note) in enumerate([(value, hostile), ("other@example.se", "another's")], 1):
        odd.insert(ODD, number, email, note)
    quoted = "'" + ODD.replace("'", "''") + "'"

    gathered = odd.gather(
        description=ONE_TABLE % (quoted, quoted, "id"), identifiers=(Identifier(IdentifierKind.EMAIL, value),)
    )

    assert [record.fields for record in gathered.records] == [{"id": 1, ODD: value, "note": hostile}]
    assert odd.gather().of("customer")


@pytest.mark.parametrize(
    "stored", ["ánna.lindqvist@example.se", "anna.lindqvist@exámple.se", "anna.lindqvist@example.sé"]
)
def test_what_the_database_takes_for_equal_is_not_taken_for_the_person(odd: Store, stored: str) -> None:
    odd.insert(ODD, 1, stored, "another's")
    quoted = "'" + ODD.replace("'", "''") + "'"

    assert odd.gather(description=ONE_TABLE % (quoted, quoted, "id")).records == []


def test_nothing_of_the_person_reaches_a_log_or_an_exception(odd: Store, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for name in ("sqlalchemy.engine", "sqlalchemy.pool", "psycopg"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    try:
        odd.gather(limits=replace(QUICK, read_timeout=4))
        failing = {"sqlite": "abs(-9223372036854775808)", "postgresql": "1 / (id - id)", "mysql": "exp(id + 1000)"}
        email, view = odd.quoted(ODD), odd.quoted("bad")
        odd.insert(ODD, 1, EMAIL, "x")
        odd.run(VIEW.format(view=view, email=email, worse=failing[odd.vendor], table=odd.quoted(ODD)))
        with pytest.raises(ConnectorError) as caught:
            odd.gather(description=ONE_TABLE % ("bad", "email", "worse"), limits=replace(QUICK, read_timeout=4))
    finally:
        for name in ("sqlalchemy.engine", "sqlalchemy.pool", "psycopg"):
            logging.getLogger(name).setLevel(logging.NOTSET)
        odd.run(f"DROP VIEW IF EXISTS {view}")

    error = caught.value
    told = caplog.text + repr(error) + repr(error.params) + "".join(traceback.format_exception(error))
    assert error.__cause__ is None
    assert error.__context__ is None
    hidden = (EMAIL, EMAIL.upper(), ANNA.last_name, "070-174", PASSWORD, "K-1044")
    assert [value for value in hidden if value in told] == []


def test_nobody_who_may_not_read_a_table_is_told_more_than_its_name(served: Store) -> None:
    served.run("CREATE TABLE hidden (id INTEGER PRIMARY KEY, email VARCHAR(90))")
    try:
        if served.vendor == "postgresql":
            served.run("REVOKE ALL ON hidden FROM reader")
            fault = served.tried(ONE_TABLE % ("hidden", "email", "id"))
            assert (fault.fault, fault.params["table"]) == (Fault.FORBIDDEN, "hidden")
        else:
            served.run("REVOKE SELECT ON business.* FROM reader@'%'")
            served.run("GRANT SELECT ON business.customers TO reader@'%'")
            fault = served.tried(ONE_TABLE % ("hidden", "email", "id"))
            assert fault.fault in {Fault.FORBIDDEN, Fault.MISCONFIGURED}
            assert fault.params["table"] == "hidden"
    finally:
        served.run("DROP TABLE hidden")
        if served.vendor == "mysql":
            served.run("GRANT SELECT ON business.* TO reader@'%'")


def test_a_reference_leads_only_to_rows_of_people_who_were_taken(store: Store) -> None:
    gathered = store.gather(person_name="Nadja Okänd", chosen=("newsletter:nobody",))

    assert gathered.of("invoices") == gathered.of("invoice_lines") == gathered.of("readings") == []
