"""Masks over records: what is hidden is nowhere in the record any more, and whatever the data looks like nothing raises."""

from __future__ import annotations

import json
import time
import unicodedata
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from hypothesis import given, settings, strategies as st

from requests_app.domain.masks import (
    GROUP,
    SOURCE,
    WORDS,
    Laid,
    Place,
    Scope,
    apply,
    covers,
    find,
    fits,
    is_mask,
    merged,
    pattern_of,
    pieces,
    pointer,
    value_at,
    walk,
    whole,
)
from requests_app.domain.places import loose_pattern_of, parts_of, through_list
from requests_app.domain.records import Kind, Record
from requests_app.domain.rights import MASK_GROUNDS

NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
OTHER, SECRECY = "15_4", "dsl_5_1"
SV = WORDS["sv"]
HIDDEN = SV[OTHER]


def record(fields: dict[str, Any], kind: Kind = Kind.FACTS, **more: Any) -> Record:
    return Record("k", "c", kind, more.pop("at", NOON), fields, **more)


def value(path: str, ground: str = OTHER) -> Laid:
    return Laid(Place(Scope.VALUE, "k", path), ground)


def span(start: int, end: int, path: str = "/text", ground: str = OTHER) -> Laid:
    return Laid(Place(Scope.SPAN, "k", path, start, end), ground)


def test_every_ground_has_a_word_in_both_languages() -> None:
    for words in WORDS.values():
        assert set(words) == {ground.value for ground in MASK_GROUNDS}
        assert all(is_mask(word) for word in words.values())


@pytest.mark.parametrize("parts", [("a",), ("a/b", "~1", 0), ("", "~"), ("å ä", 12)])
def test_pointers_follow_the_standard_and_turn_back(parts: tuple[str | int, ...]) -> None:
    assert parts_of(pointer(*parts)) == tuple(map(str, parts))
    assert pointer("a/b", "c~d") == "/a~1b/c~0d"


def test_it_hides_a_value_and_nothing_else() -> None:
    held = record({"name": "Karl", "debt": 7, "list": [{"a": 1}, {"a": 2}]})
    shown = apply(held, [value("/name"), value("/list/1/a", SECRECY)], SV)
    assert shown.fields == {"name": HIDDEN, "debt": 7, "list": [{"a": 1}, {"a": SV[SECRECY]}]}
    assert held.fields == {"name": "Karl", "debt": 7, "list": [{"a": 1}, {"a": 2}]}
    assert shown.occurred_at == NOON


def test_it_hides_the_key_with_the_value_since_it_may_be_made_of_it() -> None:
    assert apply(record({"a": "x"}), [value("/a")], SV).key == HIDDEN
    assert apply(record({"a": "x"}), [], SV).key == "k"


def test_a_hidden_value_is_not_repeated_by_the_group_or_the_source() -> None:
    held = record({"who": "Karl Karlsson"}, group="Karl Karlsson", source="enligt Karl Karlsson")
    shown = apply(held, [value("/who")], SV)
    assert (shown.group, shown.source) == (HIDDEN, f"enligt {HIDDEN}")


@pytest.mark.parametrize(
    ("hidden", "beside"),
    [
        ("Karl Karlsson", "Chatt med {KARL KARLSSON}"),
        ("Karl Karlsson", "{karl  karlsson}s ärende"),
        ("070-123 45 67", "samtal {0701234567}"),
        ("070-123 45 67", "{+46701234567}"),
        ("+46701234567", "från {070-123 45 67}."),
        ("bo@example.com", "{Bo@Example.COM}"),
        ("Karl", "{Karl}ssons chatt med kvinnan"),
        ("Karl Karlsson", "Chatt med {Karlsson, Karl}"),
        ("Karl Karlsson", "{KARLSSON Karl}, Storgatan 1"),
        ("Karlsson, Karl", "Chatt med {Karl Karlsson}"),
        ("Karl Karlsson", "Lisa Karlsson, {Karl Karlsson}"),
        ("Carl von Linné", "{Linné, Carl von}"),
        ("Carl von Linné", "{von Linné, Carl}"),
        ("Åsa Öberg", unicodedata.normalize("NFD", "Chatt med {Åsa Öberg} idag")),
        (unicodedata.normalize("NFD", "Åsa Öberg"), "{ÅSA ÖBERG}s ärende"),
        (unicodedata.normalize("NFD", "Åsa Öberg"), unicodedata.normalize("NFD", "{Öberg, Åsa}")),
        ("Åsa", unicodedata.normalize("NFD", "{Åsa}klinten")),
    ],
)
def test_a_hidden_value_is_known_beside_however_it_is_written(hidden: str, beside: str) -> None:
    before, _brace, rest = beside.partition("{")
    said, _brace, after = rest.partition("}")
    held = record(
        {"who": hidden, "text": f"Ring {hidden}"}, group=f"{before}{said}{after}", source=f"{before}{said}{after}"
    )
    for laid in (value("/who"), span(5, 5 + len(hidden))):
        shown = apply(held, [laid], SV)
        assert (shown.group, shown.source) == (f"{before}{HIDDEN}{after}",) * 2


def test_a_group_of_a_few_signs_is_hidden_when_it_is_what_is_hidden() -> None:
    assert apply(record({"no": "12"}, group="12", source="1234"), [value("/no")], SV).group == HIDDEN


def test_a_group_of_a_few_signs_is_known_in_decomposed_letters() -> None:
    held = record({"no": "Ö"}, group=unicodedata.normalize("NFD", "Ö"))
    assert apply(held, [value("/no")], SV).group == HIDDEN


def test_a_long_hidden_text_costs_the_group_nothing() -> None:
    started = time.process_time()
    apply(record({"who": "Karl 070-123 45 67 " * 100_000}, group="Karl"), [value("/who")], SV)
    assert time.process_time() - started < 0.5


def test_the_group_of_a_reading_is_kept_when_a_value_is_like_it() -> None:
    held = record({"value": 1}, Kind.TIME_SERIES, group="1")
    shown = apply(held, [value("/value")], SV)
    assert (shown.group, shown.fields) == ("1", {"value": HIDDEN})


@pytest.mark.parametrize("said", ["2026-03-02", "2026-03-02T12:00:00+01:00", "2026-03-02T11:00:00Z"])
def test_the_time_goes_with_a_hidden_value_that_says_it(said: str) -> None:
    assert apply(record({"born": said}), [value("/born")], SV).occurred_at is None
    assert apply(record({"born": "2026-03-03"}), [value("/born")], SV).occurred_at == NOON


def test_the_group_and_the_source_can_be_hidden_by_themselves() -> None:
    shown = apply(record({"a": 1}, group="g", source="s"), [value(GROUP), value(SOURCE)], SV)
    assert (shown.group, shown.source, shown.fields) == (HIDDEN, HIDDEN, {"a": 1})


def test_spans_that_overlap_become_one_on_the_ground_of_the_first() -> None:
    held = record({"text": "Ring Karl Karlsson nu"})
    shown = apply(held, [span(10, 18, ground=SECRECY), span(5, 12), span(19, 21, ground=SECRECY)], SV)
    assert shown.fields["text"] == f"Ring {HIDDEN} {SV[SECRECY]}"
    assert merged([span(3, 5), span(0, 3)]) == [(0, 3, OTHER), (3, 5, OTHER)]


def test_spans_are_counted_in_code_points() -> None:
    assert apply(record({"text": "🙂🙂 Karl"}), [span(3, 7)], SV).fields["text"] == f"🙂🙂 {HIDDEN}"


def test_a_span_that_no_longer_fits_hides_the_whole_value() -> None:
    gone = Laid(Place(Scope.SPAN, "k", "/text", 5, 9, "Karl"), OTHER)
    held = record({"text": "Ring nu Karl"})
    assert not fits(held, gone.place)
    assert apply(held, [gone], SV).fields["text"] == HIDDEN


def test_a_value_hides_what_is_masked_within_it() -> None:
    masks = [value("/a/b"), value("/a"), span(0, 1, "/a/c")]
    assert apply(record({"a": {"b": "x", "c": "yz"}}), masks, SV).fields == {"a": HIDDEN}
    assert pieces(masks) == [OTHER]
    assert pieces([value("/a"), value("/ab"), span(0, 2), span(1, 3), span(5, 6)]) == [OTHER] * 4


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("scope", [Scope.RECORD, Scope.CATEGORY])
def test_a_record_hidden_whole_keeps_nothing_but_that_something_was_said(kind: Kind, scope: Scope) -> None:
    held = record({"text": "Karl", "value": 7}, kind, source="Karl", marks=("Karl",), group="samtal")
    masks = [Laid(Place(scope, "k"), SECRECY), value("/text")]
    shown = apply(held, masks, SV)
    assert whole(masks) == masks[0]
    assert "Karl" not in repr(shown)
    assert 7 not in shown.fields.values()
    assert (shown.occurred_at is None) == (kind is Kind.TIME_SERIES)


ODD = [
    value("/nope"),
    value("/text/0/x"),
    value("/list/9"),
    value("/list/-"),
    value("/list/01x"),
    value("/list/" + "9" * 30),
    value(""),
    value("text"),
    value("/"),
    value("@other"),
    span(0, 3, "/list"),
    span(-1, 2),
    span(3, 2),
    span(0, 10**9),
    Laid(Place(Scope.SPAN, "k", "/text"), "no such ground"),
]


@pytest.mark.parametrize("laid", ODD)
def test_masks_that_fit_nothing_raise_nothing(laid: Laid) -> None:
    held = record({"text": "Hej", "list": [1], "n": None})
    apply(held, [laid], SV)
    assert not fits(held, laid.place)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=6), JSON, max_size=5), st.data())
def test_whatever_the_data_a_hidden_leaf_is_gone_and_the_rest_is_as_it_was(fields: dict[str, Any], data: Any) -> None:
    held = record(fields)
    paths = [pointer(*path) for path, _leaf in walk(fields)]
    if not paths:
        return
    path = data.draw(st.sampled_from(paths))
    before = repr(fields)
    shown = apply(held, [value(path)], SV)
    assert value_at(shown, path) == HIDDEN
    assert repr(fields) == before
    rest = [(p, repr(leaf)) for p, leaf in walk(fields) if pointer(*p) != path]
    assert [(p, repr(leaf)) for p, leaf in walk(dict(shown.fields)) if pointer(*p) != path] == rest


def test_values_nested_past_any_stack_are_reached() -> None:
    deep: Any = "Karl"
    for _ in range(5_000):
        deep = {"a": deep}
    held = record({"a": deep})
    shown = apply(held, [value("/a" * 5_001)], SV)
    assert value_at(shown, "/a" * 5_001) == HIDDEN


def test_a_value_in_a_list_is_known_again_by_its_text() -> None:
    held = record({"list": [{"a": "Anna"}, {"a": "Karl"}]})
    assert through_list(held, "/list/1/a")
    assert not through_list(held, "/list")
    assert fits(held, Place(Scope.VALUE, "k", "/list/1/a", text="Karl"))
    assert not fits(held, Place(Scope.VALUE, "k", "/list/0/a", text="Karl"))


@pytest.mark.parametrize(
    ("sought", "text", "found"),
    [
        ("Karl", "karl, KARL och Karlsson", [(0, 4), (6, 10)]),
        ("070-123 45 67", "ring 0701234567 nu", [(5, 15)]),
        ("070-123 45 67", "10701234567", []),
        ("a.b@c.se", "xa.b@c.se a.b@c.se", [(10, 18)]),
        ("Ö", "Ö Ö", []),
        ("12345", "12345", []),
        ("(Karl)", "hej (Karl) då", [(4, 10)]),
        ("Karl Ek", "KARL\u00a0EKs och karl  ek", [(0, 7), (13, 21)]),
        ("070-123 45 67", "+46701234567", [(0, 12)]),
        ("070-123 45 67", "0046 (0)70\u2013123 45 67", [(0, 20)]),
        ("+46 70 123 45 67", "0701234567", [(0, 10)]),
        ("004670-1234567", "701234567", [(0, 9)]),
        ("08-123 456 78", "+46812345678 812345678", [(0, 12)]),
        ("+47 12 34 56 78", "004712345678", [(0, 12)]),
        ("19900118-9811", "900118-9811", [(0, 11)]),
        ("9001189811", "19900118-9811", [(0, 13)]),
        ("070118-9811", "20070118-9811, +46 70 118 98 11", [(0, 13), (15, 31)]),
        ("Anna Ek", "Ek, Anna; EK Anna, Ek ,Anna", [(0, 8), (10, 17), (19, 27)]),
        ("Ek, Anna", "Anna Ek och Ek Anna", [(0, 7), (12, 19)]),
        ("Anna Maria Ek", "Ek, Anna Maria och Bo Ek, Anna Maria Ek", [(0, 14), (26, 39)]),
        ("Anna Ek", "Eken, Anna; Ek, Annas; Ek. Anna", [(12, 20)]),
        ("två ord, tre", "tre, två ord", [(0, 12)]),
        ("1 av 2", "2 1 av", []),
        ("Åsa", "A\u030asa, A\u030asas, Asa", [(0, 4), (6, 10)]),
        ("A\u030asa", "Åsa ÅSA", [(0, 3), (4, 7)]),
        ("Asa", "A\u030asa Asa", [(5, 8)]),
        ("berg", "sta\u030aberg berg sa\u030a\u030berg", [(9, 13)]),
        ("Ola", "Ola\u030a Olas", [(5, 8)]),
        ("\ufa0esigt", "\ufa0esigt", [(0, 5)]),
    ],
)
def test_a_text_is_found_again_however_it_is_cased_or_spaced(
    sought: str, text: str, found: list[tuple[int, int]]
) -> None:
    pattern = pattern_of(sought)
    places = find(record({"text": "Se: " + text}), pattern) if pattern else []
    assert [((p.start or 0) - 4, (p.end or 0) - 4) for p in places] == found


@pytest.mark.parametrize("between", [" ", ", ", ",", " ,", "\n"])
@pytest.mark.parametrize("sought", ["Karl Karlsson", "Karlsson, Karl", "Åsa Maria Öberg", "k" * 20 + " " + "ö" * 20])
def test_a_long_text_is_searched_for_a_name_in_a_moment(sought: str, between: str) -> None:
    pattern, loose = pattern_of(sought), loose_pattern_of(sought)
    assert pattern
    assert loose
    first = sought.replace(",", "").split()[0]
    for text in (f"{first}{between}" * 20_000, f"{first}{between * 40_000}x", f"{first},{' ' * 40_000}", "ö" * 20_000):
        started = time.process_time()
        for form in ("NFC", "NFD"):
            assert not pattern.search(unicodedata.normalize(form, text))
            loose.search(unicodedata.normalize(form, text))
        assert time.process_time() - started < 0.5


def test_a_whole_value_is_found_as_a_value_and_a_number_too() -> None:
    pattern = pattern_of("100482", "Karl")
    assert pattern
    held = record({"no": 100482, "who": ["Karl"], "said": "Karl 100482"}, group="Karl")
    assert [(place.scope, place.path) for place in find(held, pattern)] == [
        (Scope.VALUE, GROUP),
        (Scope.VALUE, "/no"),
        (Scope.VALUE, "/who/0"),
        (Scope.SPAN, "/said"),
        (Scope.SPAN, "/said"),
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(
        [
            "070-123 45 67",
            "+46 70 123 45 67",
            "19900118-9811",
            "Karl Öqvist",
            "Öqvist, Karl",
            unicodedata.normalize("NFD", "Karl Öqvist"),
            "a.b@c.se",
            "O'Brien",
            'Karl "Kalle"',
            "100482",
            "x\\y z",
        ]
    ),
    st.text(max_size=8),
    st.sampled_from(["", " ", "\u00a0", "-", "\n", "\x0b", "\t", ",", " , "]),
    st.sampled_from(["NFC", "NFD"]),
    st.booleans(),
)
def test_what_passes_over_records_passes_over_nothing_that_is_found(
    sought: str, around: str, between: str, form: Literal["NFC", "NFD"], turned: bool
) -> None:
    text = (
        around
        + sought.upper().replace("-", between).replace(" ", between or " " if sought[0] == "K" else between)
        + around
    )
    text = unicodedata.normalize(form, " ".join(reversed(text.split(" "))) if turned else text)
    pattern, loose = pattern_of(sought), loose_pattern_of(sought)
    held = json.dumps({"a": text}, ensure_ascii=False)
    if pattern and pattern.search(text) and loose:
        assert loose.search(held)


def test_what_is_hidden_already_is_known() -> None:
    place = Place(Scope.SPAN, "k", "/text", 3, 5)
    assert covers([span(2, 6)], place)
    assert covers([value("/text")], place)
    assert covers([Laid(Place(Scope.RECORD, "k"), OTHER)], place)
    assert not covers([span(4, 6), span(2, 6, "/other"), value("/tex")], place)


def test_a_place_is_sealed_as_it_is() -> None:
    place = Place(Scope.SPAN, "k", "/text", 0, 3, "Hej")
    assert Place.from_json("span", json.loads(json.dumps(place.to_json()))) == place
    assert Place.from_json("category", None) == Place(Scope.CATEGORY)
