from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, strategies as st

from requests_app.crypto.aad import encode_aad
from requests_app.crypto.errors import BadKeys, SealBroken
from requests_app.crypto.sealing import DataKey

KEY = DataKey(bytes(range(32)))

any_text = st.text(st.characters())  # lone surrogates included
parts = st.lists(st.one_of(any_text, st.integers()), max_size=4)
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), any_text),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(any_text, inner, max_size=3)),
    max_leaves=8,
)


@given(st.binary(), parts)
def test_it_opens_what_it_sealed(plaintext: bytes, aad: list[str | int]) -> None:
    assert KEY.open(KEY.seal(plaintext, *aad), *aad) == plaintext


@given(json_values)
def test_any_json_value_survives(value: Any) -> None:
    assert KEY.open_json(KEY.seal_json(value, "x"), "x") == value


@given(st.lists(st.lists(json_values, max_size=3), max_size=3))
def test_any_rows_survive(rows: list[list[Any]]) -> None:
    assert KEY.open_rows(KEY.seal_rows(rows, "x", 1), "x", 1) == rows


@given(parts, parts)
def test_different_places_never_look_the_same(one: list[str | int], other: list[str | int]) -> None:
    same = [(type(part), part) for part in one] == [(type(part), part) for part in other]
    assert (encode_aad(*one) == encode_aad(*other)) == same


@pytest.mark.parametrize("aad", [(), ("case", 8), ("case", "7"), ("case7",), ("case", 7, 0), (7, "case")])
def test_it_refuses_a_value_moved_to_another_place(aad: tuple[str | int, ...]) -> None:
    with pytest.raises(SealBroken):
        KEY.open(KEY.seal(b"text", "case", 7), *aad)


def test_it_refuses_another_key() -> None:
    with pytest.raises(SealBroken):
        DataKey.generate().open(KEY.seal(b"text"))


def test_it_notices_every_changed_bit_and_every_cut() -> None:
    blob = KEY.seal(b"text", "x")
    for place in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(SealBroken):
            KEY.open(bytes(changed), "x")
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            KEY.open(blob[:length], "x")


def test_it_does_not_take_one_shape_for_another() -> None:
    blobs = {KEY.open: KEY.seal(b"[]"), KEY.open_json: KEY.seal_json([]), KEY.open_rows: KEY.seal_rows([])}
    for opener, own in blobs.items():
        for blob in blobs.values():
            if blob is own:
                opener(blob)
                continue
            relabelled = own[:1] + blob[1:]
            for foreign in (blob, relabelled):
                with pytest.raises(SealBroken):
                    opener(foreign)


def test_a_batch_of_alike_rows_is_small() -> None:
    rows = [[f"k{n}", "2026-01-01T00:00:00+00:00", {"value": n, "unit": "kWh"}] for n in range(1000)]
    assert len(KEY.seal_rows(rows)) < 15_000


def test_it_opens_what_a_database_gives_as_a_memoryview() -> None:
    assert KEY.open(memoryview(KEY.seal(b"text"))) == b"text"


def test_it_never_shows_the_key() -> None:
    key = DataKey.generate()
    assert repr(key) == str(key) == f"{key}" == "<DataKey>"
    assert len(bytes(key)) == 32
    assert DataKey(bytes(key)).open(key.seal(b"text")) == b"text"


def test_it_refuses_keys_of_a_wrong_length() -> None:
    with pytest.raises(BadKeys):
        DataKey(b"short")


def test_a_keyed_hash_is_the_same_for_the_same_place_under_the_same_key_only() -> None:
    key = DataKey.generate()
    again = DataKey(bytes(key))
    assert key.mac("mask-record", "m1") == again.mac("mask-record", "m1")
    found = {key.mac("mask-record", "m1"), key.mac("mask-recordm", "1"), key.mac("m1"), DataKey.generate().mac("m1")}
    assert len(found) == 4
    assert all(len(mac) == 32 for mac in found)
