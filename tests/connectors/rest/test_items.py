"""What a description says of single items: which are meant, how their fields are called, what their keys begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind
from requests_app.connectors.rest.connector import Rest
from tests.connectors.rest.conftest import ANNA, describe

if TYPE_CHECKING:
    from tests.connectors.rest.conftest import System


def test_items_are_taken_by_what_was_kept_before(system: System) -> None:
    text = describe("""
find:
  - {by: [email], get: /people, person: {key: id, email: mail}, keep: {lists: "lists[].name", begun: since}}
read:
  reports:
    get: /reports
    only: "overlap(kept.lists, item.sent_to) && moment(item.at) >= moment(kept.begun)"
    category: items
""")
    since = "2024-02-01T00:00:00+01:00"
    system.answers["/v1/people"] = [{"id": 1, "mail": "anna@example.se", "lists": [{"name": "a"}], "since": since}]
    system.answers["/v1/reports"] = [
        {"id": 1, "sent_to": ["a", "b"], "at": "2024-01-31T23:30:00Z"},
        {"id": 2, "sent_to": ["b"], "at": "2024-03-01"},
        {"id": 3, "sent_to": None, "at": "2024-03-01"},
        {"id": 4, "sent_to": ["a"], "at": "2024-01-31"},
        {"id": 5, "sent_to": ["a"], "at": None},
    ]

    assert [record.fields["id"] for page in system.gather(text) for record in page.records] == [1]


def test_fields_and_codes_are_called_what_the_system_calls_them(system: System) -> None:
    text = describe("""
read:
  items:
    by: [email]
    get: /items
    category: items
    names: {get: /fields, items: "spread(defs, 'versions')", from: id, to: of.name}
  events:
    by: [email]
    get: /events
    category: items
    names: {get: /fields, items: "spread(defs, 'versions')", from: id, to: of.name, value_of: sort}
""")
    system.answers["/v1/items"] = [{"11": "Anna", "12": "A", "13": "x", "id": 1}]
    system.answers["/v1/events"] = [{"id": 2, "sort": 11}, {"id": 3, "sort": 99}, {"id": 4}]
    defs = [{"name": "first", "versions": [{"id": 11}, {"id": 12}]}, {"name": "id", "versions": [{"id": 13}]}, {}]
    system.answers["/v1/fields"] = {"defs": defs}

    records = [record.fields for page in system.gather(text) for record in page.records]

    assert records == [
        {"first": "Anna", "12": "A", "13": "x", "id": 1},
        {"id": 2, "sort": "first"},
        {"id": 3, "sort": 99},
        {"id": 4},
    ]
    assert len([path for path in system.paths() if path == "/v1/fields"]) == 2  # once for each use


def test_a_list_whose_items_must_be_asked_for_one_by_one_is_found_in(system: System) -> None:
    text = describe("""
find:
  - by: [email]
    get: /lists
    more: {get: "/lists/{list}/{value}", nobody: {status: [404]}}
    person: {key: mail, name: name, email: mail}
    keep: {list: id}
read:
  members: {get: "/lists/{list}/{value}", category: items, within: "{list}", add: {from: {is: here}, list: list}}
""")
    system.answers["/v1/lists"] = [{"id": "a", "name": "List"}, {"id": "b", "name": "Other"}]
    system.answers["/v1/lists/b/anna@example.se"] = {"id": 7, "mail": "anna@example.se", "name": "Anna Lindqvist"}

    [record] = [record for page in system.gather(text) for record in page.records]

    assert record.key == "b:7"
    assert (record.fields["list"], record.fields["from"]) == ("b", "here")


def test_a_wrong_address_of_the_system_is_not_taken_for_nobody(system: System) -> None:
    text = describe("""
find:
  - {by: [email], get: "/people/{value}", nobody: {status: [404]}, person: {key: id, email: mail}}
read:
  items: {get: /items, category: items}
""")
    with pytest.raises(ConnectorError) as caught:
        system.gather(text)
    assert caught.value.fault is Fault.NOT_FOUND

    system.answers["/v1/ping"] = {}
    assert system.gather(text) == []


def test_who_is_found_by_two_identifiers_is_read_once(system: System) -> None:
    text = describe("""
find:
  - {by: [email, phone], get: /people, query: {q: "{value}"}, person: {key: id, name: name}, keep: {who: id}}
read:
  items: {get: "/people/{who}/items", category: items}
""")
    both = (*ANNA, Identifier(IdentifierKind.PHONE, "+46701740605"))
    system.answers["/v1/people"] = [{"id": 1, "name": "Anna Lindqvist"}]
    system.answers["/v1/people/1/items"] = [{"id": 7}]

    records = [record for page in system.gather(text, identifiers=both) for record in page.records]

    assert [record.fields["id"] for record in records] == [7]
    assert system.paths().count("/v1/people/1/items") == 1


def test_what_is_asked_by_the_identifier_is_asked_by_each(system: System) -> None:
    text = describe("""
find:
  - {by: [email, phone], get: /people, query: {q: "{value}"}, person: {key: id, name: name}, keep: {who: id}}
read:
  items: {get: "/people/{who}/items", query: {to: "{value}"}, category: items}
""")
    both = (*ANNA, Identifier(IdentifierKind.PHONE, "+46701740605"))
    system.answers["/v1/people"] = [{"id": 1, "name": "Anna Lindqvist"}]
    system.answers["/v1/people/1/items"] = []

    system.gather(text, identifiers=both)

    assert len([path for path in system.paths() if path.startswith("/v1/people/1/items")]) == 2


def test_a_nested_field_under_a_name_that_is_taken_stays_too(system: System) -> None:
    text = describe("read: {items: {by: [email], get: /items, category: items}}").replace(
        "key: id", "key: id, flatten: [more]"
    )
    system.answers["/v1/items"] = [{"id": 1, "name": "a", "more": {"name": "b", "town": "c"}}]

    [record] = [record for page in system.gather(text) for record in page.records]

    assert record.fields == {"id": 1, "name": "a", "more.name": "b", "town": "c"}


@pytest.mark.parametrize(
    "said",
    [
        'only: "["',
        'names: {get: /x, from: "[", to: name}',
        'names: {get: "/x/{nothing}", from: id, to: name}',
        'within: "{nothing}"',
        "add: {a: {is: 3}}",
    ],
)
def test_what_is_misspelt_in_the_newer_words_is_told(said: str) -> None:
    text = describe(f"read: {{items: {{by: [email], get: /items, category: items, {said}}}}}")

    assert Rest().flaws_of(text)


def test_who_is_found_by_two_identifiers_is_erased_once(system: System) -> None:
    text = describe("""
find:
  - {by: [email, phone], get: /people, query: {q: "{value}"}, person: {key: id, name: name}, keep: {who: id}}
read:
  items: {get: "/people/{who}/items", category: items}
change:
  erase: [{delete: "/people/{who}", done: [404]}]
""")
    both = (*ANNA, Identifier(IdentifierKind.PHONE, "+46701740605"))
    system.answers["/v1/people"] = [{"id": 1, "name": "Anna Lindqvist"}]

    assert len(Rest().change(system.search(text, identifiers=both), "erase", {}).items) == 1
    by_address = text.replace('delete: "/people/{who}"', 'delete: "/addresses/{value}"')
    assert len(Rest().change(system.search(by_address, identifiers=both), "erase", {}).items) == 2


@pytest.mark.parametrize(
    "more",
    [
        "find: [{by: [email], get: /people, person: {key: id, email: contact.mejl}}]\nread: {items: {get: /items, category: items}}",
        "read: {items: {by: [email], get: /people, person: {email: contact.mejl}, category: items}}",
    ],
    ids=["find", "read"],
)
def test_a_field_that_no_item_has_is_a_fault_and_not_nobody(system: System, more: str) -> None:
    """Misspelt in the description, or renamed by the vendor: a silent "nothing found" would be a false answer."""
    text = describe(more)
    system.answers["/v1/items"] = []
    system.answers["/v1/people"] = [{"id": 1, "contact": {"mail": "anna@example.se"}}]
    with pytest.raises(ConnectorError) as raised:
        system.gather(text)
    assert (raised.value.fault, raised.value.params) == (Fault.WRONG_TYPE, {"field": "contact.mejl"})
    for others in (
        [],
        [{"id": 1, "contact": {"mejl": None}}],
        [{"id": 1, "contact": None}],
        [{"id": 1}, {"contact": {"mejl": "x@y.se"}}],
    ):
        system.answers["/v1/people"] = others
        assert not [record for page in system.gather(text) for record in page.records]
