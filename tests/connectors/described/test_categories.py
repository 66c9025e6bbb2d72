"""Categories of descriptions: labels, values and keys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from requests_app.connectors.described.categories import Category, Keys, categories_of
from requests_app.connectors.described.text import Flawed, load
from requests_app.connectors.described.values import as_json
from requests_app.domain.records import FieldType, Kind

TEXT = """
categories:
  bookings:
    kind: table
    label: {sv: Bokningar, en: Bookings}
    group_label: {sv: Mätare, en: Meter}
    key: id
    when: booked
    group: meter
    source: via
    leave_out: {hash: a password's hash}
    fields:
      booked: {label: {sv: Bokad, en: Booked}, type: datetime, format: "%d/%m/%Y %H:%M"}
      energy: {label: Energi, type: number, unit: kWh, decimal: ",", factor: 0.001}
      street: {label: {sv: Gata, en: Street}, from: address.street}
      paid: {label: Betald, type: boolean, "true": [J, 1], "false": [N, 0]}
      state: {label: Status, words: {p: {sv: betald, en: paid}}}
      note: {sv: Anteckning, en: Note}
"""


def category(text: str = TEXT) -> Category:
    return categories_of(load(text))["bookings"]


def item(**more: Any) -> dict[str, Any]:
    return {"id": 7, "booked": "02/11/2026 08:30", "meter": "M1", "via": "Riksbyggen", **more}


def test_it_describes_the_category() -> None:
    spec = category().spec
    assert (spec.key, spec.kind, spec.label_sv, spec.label_en) == ("bookings", Kind.TABLE, "Bokningar", "Bookings")
    assert spec.group == ("Mätare", "Meter")
    assert spec.fields["energy"].unit == "kWh"
    assert spec.fields["energy"].type is FieldType.NUMBER
    assert spec.fields["state"].words == {"p": ("betald", "paid")}
    assert (spec.fields["note"].label_sv, spec.fields["note"].label_en) == ("Anteckning", "Note")


def test_an_item_becomes_a_record() -> None:
    keys = Keys()
    record = category().record(
        item(energy="1 234,5", address={"street": "Storgatan 1", "zip": "302 43"}, paid="j", hash="x", odd=[1]),
        keys,
        within="c1",
    )
    assert record.key == "c1:7"
    assert record.occurred_at == datetime(2026, 11, 2, 7, 30, tzinfo=UTC)
    assert (record.group, record.source) == ("M1", "Riksbyggen")
    assert record.fields == {
        "street": "Storgatan 1",
        "id": 7,
        "booked": "2026-11-02T08:30:00+01:00",
        "meter": "M1",
        "via": "Riksbyggen",
        "energy": 1.2345,
        "address": {"street": "Storgatan 1", "zip": "302 43"},
        "paid": True,
        "odd": [1],
    }


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("booked", "i går", "i går"),
        ("booked", None, None),
        ("energy", "okänd", "okänd"),
        ("energy", "NaN", "NaN"),
        ("energy", True, True),
        ("paid", "kanske", "kanske"),
        ("paid", 0, False),
    ],
)
def test_a_value_that_does_not_fit_is_kept_as_it_came(name: str, value: object, kept: object) -> None:
    record = category().record(item() | {name: value}, Keys())
    assert record.fields[name] == kept


@pytest.mark.parametrize(
    ("said", "value", "when"),
    [
        ("", "2026-07-01", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("timezone: UTC", "2026-07-01T10:00", datetime(2026, 7, 1, 10, tzinfo=UTC)),
        ("timezone: UTC", "2026-07-01T10:00+02:00", datetime(2026, 7, 1, 8, tzinfo=UTC)),
        ('format: "%y%m%d"', "260701", datetime(2026, 6, 30, 22, tzinfo=UTC)),
        ("format: epoch", 1782864000, datetime(2026, 7, 1, tzinfo=UTC)),
        ("format: epoch_ms", "1782864000000", datetime(2026, 7, 1, tzinfo=UTC)),
        ("format: epoch", "för länge sedan", None),
    ],
)
def test_it_dates_a_record(said: str, value: object, when: datetime | None) -> None:
    told = f", {said}" if said else ""
    text = (
        "categories: {bookings: {kind: table, label: A, when: at, fields: {at: {label: A, type: datetime"
        + told
        + "}}}}"
    )
    assert category(text).occurred_at({"at": value}) == when


def test_records_without_a_key_are_told_apart_by_content_and_order() -> None:
    bare = category("categories: {bookings: {kind: table, label: A}}")
    keys = Keys()
    first = [bare.record({"a": n}, keys).key for n in (1, 1, 2)]
    assert len(set(first)) == 3
    assert first[0].endswith("-0") and first[1].endswith("-1")

    resumed = Keys(keys.counted)
    assert bare.record({"a": 1}, resumed).key == first[0][:-1] + "2"
    assert [bare.record({"a": n}, Keys()).key for n in (1, 2)] == [first[0], first[2]]


def test_a_key_that_is_not_the_only_one_is_numbered_and_a_missing_one_is_the_content() -> None:
    keys = Keys()
    made = [category().record(item(), keys).key, category().record(item(), keys).key]
    assert made == ["7", "7#2"]
    assert category().record({"booked": "x"}, keys).key.endswith("-0")


def test_an_unknown_time_zone_is_told_with_its_line() -> None:
    with pytest.raises(Flawed) as caught:
        category(TEXT.replace("note: {", "note2: {label: x, timezone: Mars/Olympus}\n      note: {"))
    (flaw,) = caught.value.flaws
    assert (flaw.code, flaw.place, flaw.line) == ("no_such_timezone", "categories.bookings.fields.note2.timezone", 18)


def test_values_of_databases_become_json() -> None:
    assert as_json(
        {
            "a": Decimal("12.50"),
            "b": Decimal("0.1000000000000000055"),
            "c": b"\x00\x01",
            "d": date(2026, 11, 23),
            "e": float("nan"),
            "f": (1, {2}),
        }
    ) == {"a": 12.5, "b": "0.1000000000000000055", "c": {"bytes": 2}, "d": "2026-11-23", "e": "nan", "f": [1, [2]]}
