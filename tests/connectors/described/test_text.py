"""Reading descriptions: what YAML may say here, and where a fault stands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from requests_app.connectors.described.text import DEEPEST, LARGEST, Flawed, load, walk

TEXT = """\
# what we know
label:
  sv: Bokningar
  en: "Bookings"
when: 2026-11-23
open: no
steps:
  - get: /a
  - get: /b
    pages: 3
"""
TEXTS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=100
)  # json writes DEL as it is, YAML refuses it
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=12,
)


def test_it_knows_the_line_of_every_value() -> None:
    document = load(TEXT)
    assert document.line(("label", "en")) == 4
    assert document.line(("steps", 1, "pages")) == 10
    assert document.line(("steps", 1, "nothing", "here")) == 9
    assert document.line(("nothing",)) == 2
    assert {path for path, _value in walk(document.value)} == set(document.lines)


def test_words_and_dates_are_texts_as_in_json() -> None:
    assert load(TEXT).value["when"] == "2026-11-23"
    assert load(TEXT).value["open"] == "no"
    assert load("[true, null, 010, 1.5, 0x1f, 1e3, .inf, 12:30:00]").value == [
        True,
        None,
        "010",
        1.5,
        "0x1f",
        "1e3",
        ".inf",
        "12:30:00",
    ]


@given(JSON)
def test_json_reads_as_json(value: object) -> None:
    text = json.dumps({"value": value})
    assert load(text).value == {"value": value}


@pytest.mark.parametrize(
    ("text", "code", "line"),
    [
        ("", "empty", 1),
        ("a: 1\nb: [", "not_yaml", 2),
        ("a: 1\na: 2", "key_twice", 2),
        ("a: &x [1]\nb: *x", "alias", 2),
        ("a: 1\nb: !!python/object/apply:os.system [ls]", "tag", 2),
        ("b: !!binary aGVq", "tag", 1),
        ("? [1, 2]\n: 3", "key_not_text", 1),
        ("a: \x01", "not_yaml", 1),
        ("[" * (DEEPEST + 5) + "]" * (DEEPEST + 5), "too_deep", 1),
        ("[" * LARGEST, "too_deep", 1),
        ("a" * (LARGEST + 1), "too_long", 1),
        ('a: "\\ud800"', "not_yaml", 1),
        ("a: 1\n---\nb: 2", "not_yaml", 2),
    ],
)
def test_it_says_what_is_wrong_and_where(text: str, code: str, line: int) -> None:
    with pytest.raises(Flawed) as caught:
        load(text)
    assert [(flaw.code, flaw.line) for flaw in caught.value.flaws] == [(code, line)]


@given(st.text(max_size=200))
def test_rubbish_is_read_or_refused(text: str) -> None:
    try:
        load(text)
    except Flawed as error:
        assert error.flaws
