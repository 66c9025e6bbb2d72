"""A described database as a system of the register: gathered through a worker, sealed, and told of when it fails."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from django.utils import translation

from requests_app.models import SystemVersion
from requests_app.services import collection, people, words
from requests_app.services.batches import records_of
from requests_app.services.keys import Vault
from tests.services.fakes import PERSONNUMMER, World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db
TEXT = """
people: {kunder: {table: kunder, by: {personnummer: pnr, customer_no: nr}, key: id, category: kund}}
tables: {avtal: {table: avtal, references: {kund: kunder.id}, category: avtal}}
categories: {kund: {kind: facts, label: Kund}, avtal: {kind: table, label: Avtal}}
"""


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """One system, which is a database of the person and another."""
    path = tmp_path / "kunder.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE kunder (id INTEGER PRIMARY KEY, pnr TEXT, nr TEXT);"
            "CREATE TABLE avtal (id INTEGER PRIMARY KEY, kund INTEGER, vad TEXT);"
            "INSERT INTO kunder VALUES (1, NULL, 'K-1'), (2, '198001019999', 'K-2');"
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2400)"
            " INSERT INTO avtal SELECT i, 1 + i % 2, 'avtal ' || i FROM n"
        )
        connection.execute("UPDATE kunder SET pnr = ? WHERE id = 1", (PERSONNUMMER,))
        connection.commit()
    made = World(monkeypatch)
    made.add("kunder", connector="sql")
    SystemVersion.objects.update(settings={"database": "sqlite", "name": str(path), "description": TEXT})
    return made


def test_a_worker_gathers_what_the_description_says(world: World) -> None:
    case = world.open()
    [row] = case.collections.select_related("system", "system_version", "case")
    collection.run(row.pk)
    row.refresh_from_db()

    records = list(records_of(row, Vault(case)))
    assert (row.state, row.outcome, row.records) == ("done", "found", 1_201)
    assert {record.fields["kund"] for record in records if record.category == "avtal"} == {1}
    assert "customer_no" in people.usable_kinds(people.subject_of(case).identifiers.all())


def test_a_table_that_is_gone_is_told_of_by_name(world: World, tmp_path: Path) -> None:
    case = world.open()
    with closing(sqlite3.connect(tmp_path / "kunder.db")) as connection:
        connection.execute("DROP TABLE avtal")
    [row] = case.collections.select_related("system", "system_version", "case")
    collection.run(row.pk)
    row.refresh_from_db()

    assert row.state == "failed"
    with translation.override("en"):
        assert "names the table avtal" in words.collection_sentence(row)
