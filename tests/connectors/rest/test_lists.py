"""Lists in settings: what a read is asked of, and the fields that say whose an item is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.connectors.base import StopStatus
from requests_app.connectors.described.text import Flawed
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.rest.description import described

if TYPE_CHECKING:
    from tests.connectors.rest.conftest import System

TEXT = """
name: Test
settings:
  base_url: {label: Adress, type: url}
  areas: {label: Delar}
  mail_fields: {label: Fält}
address: "{base_url}"
test: {get: /ping}
read:
  entries:
    by: [email]
    each: areas
    get: "/areas/{each}"
    person: {email: {fields: mail_fields}}
    names: {get: /names, from: code, to: name}
    keep: {entry: id}
    category: entries
  notes:
    for_each: entries
    get: "/areas/{each}/{entry}/notes"
    category: notes
change:
  erase:
    - {for_each: entries, delete: "/areas/{each}/{entry}"}
categories:
  entries: {kind: table, label: Poster, key: id}
  notes: {kind: table, label: Anteckningar, key: id}
"""
SETTINGS = {
    "description": TEXT,
    "base_url": "https://system.example",
    "areas": "a,b,a",
    "mail_fields": 'Mejl "privat", mail',
}


@pytest.fixture
def entries(system: System) -> System:
    """A system in two parts, that calls one field by another name than it is answered under."""
    system.answers = {
        "/names": [{"code": "f1", "name": 'Mejl "privat"'}],
        "/areas/a": [{"id": 1, "f1": "Anna@example.se"}, {"id": 2, "f1": "hanna@example.se"}],
        "/areas/b": [{"id": 3, "mail": "anna@example.se"}],
        "/areas/a/1/notes": [{"id": 4}],
        "/areas/b/3/notes": [{"id": 5}],
        "/areas/a/1": {"gone": True},
        "/areas/b/3": {"gone": True},
    }
    return system


def test_a_read_is_asked_of_each_and_what_hangs_on_it_too(entries: System) -> None:
    pages = entries.gather(TEXT, settings=SETTINGS)
    records = [record for page in pages for record in page.records]
    assert [(record.category, record.fields["id"]) for record in records] == [
        ("entries", 1),
        ("entries", 3),
        ("notes", 4),
        ("notes", 5),
    ]
    entries.resumed(TEXT, pages, settings=SETTINGS)


def test_what_is_changed_for_each_is_the_persons_alone(entries: System) -> None:
    evidence = Rest().change(entries.search(TEXT, settings=SETTINGS), "erase", {})
    assert evidence.status is StopStatus.STOPPED
    assert [request.url.path for request in entries.asked if request.method == "DELETE"] == ["/areas/a/1", "/areas/b/3"]


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("each: areas", "each: aeras", "no_such_name", "read.entries.each"),
        ("fields: mail_fields", "fields: mali", "no_such_name", "read.entries.person.email.fields"),
        ("    each: areas\n", "", "no_such_name", "read.entries.get"),
        ("fields: mail_fields", "felds: mail_fields", "unknown", "read.entries.person.email.felds"),
    ],
)
def test_a_list_that_no_setting_has_is_told(old: str, new: str, code: str, place: str) -> None:
    assert old in TEXT
    with pytest.raises(Flawed) as caught:
        described(TEXT.replace(old, new))
    assert (code, place) in {(flaw.code, flaw.place) for flaw in caught.value.flaws}
