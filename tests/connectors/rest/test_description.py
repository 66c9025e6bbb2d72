"""What a description of the ``rest`` kind may say, and how it is told what is wrong in it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, SettingType
from requests_app.connectors.described.text import Flawed
from requests_app.connectors.descriptions import names, shipped
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.rest.description import described
from requests_app.connectors.rest.templates import fill, fill_in

TEXT = """\
name: {sv: Bokningar, en: Bookings}
settings:
  base_url: {label: Adress, type: url}
  area: {label: Område, choices: [norr, syd], default: norr}
secrets:
  token: {label: Nyckel}
address: "{base_url}"
auth: {bearer: {token: "{token}"}}
test: {get: /ping}
find:
  - by: [email, customer_no]
    get: /people
    query: {q: "{value}", area: "{area}"}
    items: people
    person: {key: id, name: name}
    keep: {who: id}
read:
  visits:
    get: "/people/{who}/visits"
    items: visits
    pages: {number: {in: page}}
    category: visits
    keep: {visit: id}
  notes:
    for_each: visits
    get: "/visits/{visit}/notes"
    category: notes
categories:
  visits: {kind: table, label: Besök, key: id}
  notes: {kind: table, label: Anteckningar}
"""


def test_it_says_what_to_fill_in_and_what_is_searched() -> None:
    rest, settings = Rest(), {"description": TEXT}
    specs = {spec.key: spec for spec in rest.settings_of(settings)}
    assert list(specs) == ["description", "base_url", "area", "token"]
    assert specs["base_url"].type is SettingType.URL
    assert (specs["area"].type, specs["area"].choices, specs["area"].default) == (
        SettingType.CHOICE,
        ("norr", "syd"),
        "norr",
    )
    assert specs["token"].secret
    shape = rest.shape_of(settings)
    assert shape.searches_by == {IdentifierKind.EMAIL, IdentifierKind.CUSTOMER_NO}
    assert [spec.key for spec in shape.categories] == ["visits", "notes"]
    assert rest.changes_of(settings) == frozenset()


@pytest.mark.parametrize("name", names())
def test_every_shipped_description_can_be_used(name: str) -> None:
    description = described(shipped(name))
    labels = [text for spec in description.settings for text in (spec.label_sv, spec.label_en)]
    labels += [text for spec in description.specs for text in (spec.label_sv, spec.label_en)]
    assert all(labels)
    assert description.searches_by


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("test: {get: /ping}\n", "", [("missing", 1, "")]),
        ("test:", "tset: 1\ntest:", [("unknown", 9, "tset")]),
        ("kind: table, label: Besök", "kind: tabell, label: Besök", [("not_one_of", 29, "categories.visits.kind")]),
        ("items: people", "items: 'people['", [("not_jmespath", 14, "find.0.items")]),
        ('"/people/{who}/visits"', '"/people/{whom}/visits"', [("no_such_name", 19, "read.visits.get")]),
        ('"/people/{who}/visits"', '"/people/{who|rot13}/visits"', [("no_such_filter", 19, "read.visits.get")]),
        ('"/people/{who}/visits"', '"/people/{who/visits"', [("brace", 19, "read.visits.get")]),
        ('"/people/{who}/visits"', '"/people/{token}/{now}"', []),
        ('"/people/{who}/visits"', '"/people/{from}"', [("no_such_name", 19, "read.visits.get")]),
        ("for_each: visits", "for_each: notes", [("no_such_read", 25, "read.notes.for_each"), ("no_such_name", 26, "read.notes.get")]),
        ("category: notes", "category: nots", [("no_such_category", 27, "read.notes.category")]),
        ("    category: notes\n", "", [("read_for_nothing", 24, "read.notes")]),
        ("label: Anteckningar", "label: {sv: , en: Notes}", [("empty", 30, "categories.notes.label.sv")]),
        ("    category: visits\n", "    categori: visits\n", [("unknown", 22, "read.visits.categori")]),
        ('auth: {bearer: {token: "{token}"}}', "auth: {bearer: {token: abc123}}", [("secret_in_the_open", 8, "auth.bearer.token")]),
        ('bearer: {token: "{token}"}', 'basic: {user: "{area}", password: x}', [("secret_in_the_open", 8, "auth.basic.password")]),
        ("pages: {number: {in: page}}", "pages: {numbers: {in: page}}", [("unknown", 21, "read.visits.pages.numbers")]),
        ("get: /people\n", "get: /people\n    post: /people\n", [("not_one_form", 11, "find.0")]),
        ("bearer: {token: \"{token}\"}", "bearer: {token: \"{tokn}\"}", [("no_such_name", 8, "auth.bearer.token")]),
    ],
)  # fmt: skip
def test_it_is_told_what_is_wrong_and_on_which_line(old: str, new: str, told: list[tuple[str, int, str]]) -> None:
    assert old in TEXT
    flaws: list[Any] = []
    try:
        described(TEXT.replace(old, new, 1))
    except Flawed as error:
        flaws = [(flaw.code, flaw.line, flaw.place) for flaw in error.flaws]
    assert flaws == told


def test_a_description_that_cannot_be_used_names_the_line() -> None:
    with pytest.raises(ConnectorError) as caught:
        Rest().check({"description": TEXT.replace("kind: table, label: Besök", "kind: x, label: Besök")}, {})
    assert caught.value.fault is Fault.MISCONFIGURED
    assert caught.value.params == {"setting": "description", "line": 29}


def test_what_the_description_asks_for_is_checked_too() -> None:
    good = {"description": TEXT, "base_url": "https://system.example"}
    Rest().check(good, {"token": "x"})
    for settings, secrets, params in (
        (good | {"base_url": "http://system.example"}, {"token": "x"}, {"setting": "base_url"}),
        (good | {"area": "öst"}, {"token": "x"}, {"setting": "area"}),
        (good, {}, {"secret": "token"}),
    ):
        with pytest.raises(ConnectorError) as caught:
            Rest().check(settings, secrets)
        assert caught.value.params == params


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("/x/{value}", "/x/199001189811"),
        ("{value|short}", "9001189811"),
        ("{value|dashed}", "19900118-9811"),
        ("{value|short_dashed}", "900118-9811"),
        ("{mail|lower|md5}", "55502f40dc8b7c769880b10874abc9d0"),
        ("{mail|sha256}", "2e99758548972a8e8822ad47fa1017ff72f06f3ff6a016851f45c398732bc50c".replace("2e9975", "2e9975")),
        ("{phone|national}", "0701740605"),
        ("{phone|digits}", "46701740605"),
        ("{{{n}}}", "{7}"),
        ("{yes}", "true"),
    ],
)  # fmt: skip
def test_templates_are_filled(template: str, filled: str) -> None:
    values = {"value": "199001189811", "mail": "test@example.com", "phone": "+46701740605", "n": 7, "yes": True}
    if "sha256" in template:
        assert len(fill(template, values)) == 64
    else:
        assert fill(template, values) == filled


def test_nothing_in_a_value_climbs_out_of_its_segment() -> None:
    assert fill("/a/{x}/b", {"x": "../c?d#e"}, path=True) == "/a/..%2Fc%3Fd%23e/b"
    for value in ("..", ".", "", None):
        with pytest.raises(ConnectorError):
            fill("/a/{x}/b", {"x": value}, path=True)


def test_a_body_keeps_what_values_are() -> None:
    values = {"n": 7, "value": 'a"b'}
    assert fill_in({"id": "{n}", "text": "nr {n}", "list": ["{value}", True, None]}, values) == {
        "id": 7,
        "text": "nr 7",
        "list": ['a"b', True, None],
    }


def test_the_example_of_the_documentation_can_be_used() -> None:
    text = (Path(__file__).parents[3] / "docs" / "connectors.md").read_text("utf-8")
    (example,) = [block for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "X-Api-Key" in block]
    assert described(example).searches_by == {IdentifierKind.EMAIL}
