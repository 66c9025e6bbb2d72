from __future__ import annotations

import base64

import pytest

from requests_app.crypto.errors import BadKeys, SealBroken, UnknownKey
from requests_app.crypto.keyring import Keyring, MacKeys, parse_keys

OLD, NEW, DATA = bytes(range(32)), bytes(range(32, 64)), bytes(range(100, 132))


def b64(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_it_gives_back_the_key_it_wrapped() -> None:
    ring = Keyring({"k1": OLD}, "k1")
    blob = ring.wrap(DATA, b"case 7")
    assert ring.unwrap(blob, b"case 7") == DATA
    assert ring.unwrap(memoryview(blob), b"case 7") == DATA
    assert DATA not in blob


def test_it_wraps_the_same_key_differently_each_time() -> None:
    ring = Keyring({"k1": OLD}, "k1")
    assert ring.wrap(DATA, b"x") != ring.wrap(DATA, b"x")


def test_it_refuses_a_wrapped_key_of_another_case() -> None:
    ring = Keyring({"k1": OLD}, "k1")
    with pytest.raises(SealBroken):
        ring.unwrap(ring.wrap(DATA, b"case 7"), b"case 8")


def test_it_opens_old_keys_after_the_master_key_was_changed_and_wraps_them_anew() -> None:
    before = Keyring({"k1": OLD}, "k1").wrap(DATA, b"x")
    ring = Keyring({"k2": NEW, "k1": OLD}, "k2")
    after = ring.rewrap(before, b"x")
    assert ring.unwrap(before, b"x") == DATA
    assert (Keyring.key_id(before), Keyring.key_id(after)) == ("k1", "k2")
    assert Keyring({"k2": NEW}, "k2").unwrap(after, b"x") == DATA


def test_it_names_the_master_key_that_is_missing() -> None:
    blob = Keyring({"k1": OLD}, "k1").wrap(DATA, b"x")
    with pytest.raises(UnknownKey) as caught:
        Keyring({"k2": NEW}, "k2").unwrap(blob, b"x")
    assert caught.value.key_id == "k1"


def test_it_does_not_accept_another_key_under_the_same_id() -> None:
    blob = Keyring({"k1": OLD}, "k1").wrap(DATA, b"x")
    with pytest.raises(SealBroken):
        Keyring({"k1": NEW}, "k1").unwrap(blob, b"x")


def test_it_notices_every_changed_bit_and_every_cut() -> None:
    ring = Keyring({"k1": OLD, "k3": NEW}, "k1")
    blob = ring.wrap(DATA, b"x")
    for place in range(len(blob) * 8):
        changed = bytearray(blob)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises((SealBroken, UnknownKey)):
            ring.unwrap(bytes(changed), b"x")
    for length in range(len(blob)):
        with pytest.raises(SealBroken):
            ring.unwrap(blob[:length], b"x")
    with pytest.raises(SealBroken):
        ring.unwrap(blob + b"\0", b"x")


@pytest.mark.parametrize(
    ("keys", "current"),
    [
        ({}, "k1"),
        ({"k1": OLD}, "k2"),
        ({"k1": b"short"}, "k1"),
        ({"": OLD}, ""),
        ({"å": OLD}, "å"),
        ({"x" * 17: OLD}, "x" * 17),
    ],
)
def test_it_refuses_rings_that_cannot_work(keys: dict[str, bytes], current: str) -> None:
    for ring in (Keyring, MacKeys):
        with pytest.raises(BadKeys):
            ring(keys, current)


def test_it_wraps_only_keys_of_the_right_length() -> None:
    with pytest.raises(BadKeys):
        Keyring({"k1": OLD}, "k1").wrap(b"short", b"x")


def test_it_never_shows_a_key() -> None:
    for ring in (Keyring({"k1": OLD}, "k1"), MacKeys({"k1": OLD}, "k1")):
        assert repr(ring) == f"<{type(ring).__name__} current='k1' of 1>"


def test_keyed_hashes_differ_by_key_purpose_and_value() -> None:
    macs = MacKeys({"m2": NEW, "m1": OLD}, "m2")
    old = MacKeys({"m1": OLD}, "m1")
    found = {
        macs.mac("email", "a@example.se"),
        macs.mac("email", "b@example.se"),
        macs.mac("name", "a@example.se"),
        old.mac("email", "a@example.se"),
        macs.mac("ema", "ila@example.se"),
    }
    assert len(found) == 5
    assert {len(mac) for mac in found} == {32}
    assert macs.mac("email", "a@example.se") == macs.mac("email", "a@example.se")


def test_it_looks_for_hashes_under_every_key_while_keys_are_changed() -> None:
    macs = MacKeys({"m1": OLD, "m2": NEW}, "m2")
    assert macs.current == "m2"
    assert macs.all_macs("phone", "+46") == [
        macs.mac("phone", "+46"),
        MacKeys({"m1": OLD}, "m1").mac("phone", "+46"),
    ]


def test_it_hashes_halves_of_characters_too() -> None:
    assert len(MacKeys({"m1": OLD}, "m1").mac("name", "\ud83d")) == 32


def test_it_reads_keys_from_text_and_the_first_is_current() -> None:
    keys, current = parse_keys(f" b:{b64(NEW)}, a:{b64(OLD)} ")
    assert (keys, current) == ({"b": NEW, "a": OLD}, "b")


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", 1),
        (b64(OLD), 1),
        (f"{b64(OLD)}:k1", 1),
        (f"k1:{b64(OLD)},k2:{b64(NEW)[:-4]}", 2),
        (f"k1:{b64(OLD)},k1:{b64(NEW)}", 2),
        (f"k1:{b64(OLD)},k2:{b64(OLD)}", 2),
        (f"k1:{b64(OLD)},", 2),
        (f"k1:{b64(OLD)}!", 1),
        ("k1:nyckel-på-svenska", 1),
    ],
)
def test_it_says_which_key_is_faulty_without_showing_it(text: str, place: int) -> None:
    with pytest.raises(BadKeys, match=rf"^Key {place}: ") as caught:
        parse_keys(text)
    message = str(caught.value)
    assert not any(part and part in message for entry in text.split(",") for part in entry.split(":") if len(part) > 6)
    assert caught.value.__cause__ is None
