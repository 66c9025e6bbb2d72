"""Identity numbers are cut down to the date of birth wherever they stand."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from requests_app.documents.masking import Tally, birth_part, mask_record, mask_text, mask_value
from requests_app.documents.package import csv_chunks
from requests_app.domain.records import FieldSpec, FieldType, Kind, Record
from tests.documents import world
from tests.documents.reading import build_package
from tests.documents.world import PERSONNUMMER

SPEC = FieldSpec("Personnummer", "Personal identity number", FieldType.PERSONNUMMER)


def test_a_coordination_number_shows_the_day_of_birth() -> None:
    assert birth_part("199004781234") == "19900418-****"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (PERSONNUMMER, "18900429-****"),
        (f"kund {PERSONNUMMER[:8]}-{PERSONNUMMER[8:]}, se avtal", "kund 18900429-****, se avtal"),
        ("ring 035-19 01 00 eller 0701740605", "ring 035-19 01 00 eller 0701740605"),
        ("mätare 735999114012345678", "mätare 735999114012345678"),
        ("", ""),
    ],
)
def test_text(text: str, shown: str) -> None:
    tally = Tally()
    assert mask_text(text, tally) == shown
    assert tally.shortened == (shown != text)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (PERSONNUMMER, "18900429-****"),
        (int(PERSONNUMMER), "18900429-****"),
        ("890429-9808", "890429-****"),  # not valid, and still no business of the paper's
        ("okänt nummer 12", "****"),
        ("saknas", "saknas"),
        (None, None),
    ],
)
def test_a_field_that_holds_identity_numbers(value: object, shown: object) -> None:
    assert mask_value(value, Tally(), SPEC) == shown


def test_nested_values_names_and_numbers() -> None:
    tally = Tally()
    value = {"owners": [{"id": PERSONNUMMER, PERSONNUMMER: 1}], "no": int(PERSONNUMMER), "kWh": 12.5, "ok": True}
    assert mask_value(value, tally) == {
        "owners": [{"id": "18900429-****", "18900429-****": 1}],
        "no": "18900429-****",
        "kWh": 12.5,
        "ok": True,
    }
    assert tally.shortened == 3


def test_two_names_that_look_alike_keep_both_values() -> None:
    other = "189004299806"
    masked = mask_value({PERSONNUMMER: 1, f"{PERSONNUMMER[:8]}-{PERSONNUMMER[8:]}": 2, other: 3}, Tally())
    assert sorted(masked.values()) == [1, 2, 3]


def test_key_group_and_source_are_masked_too() -> None:
    record = Record(PERSONNUMMER, "c", Kind.FACTS, None, {}, group=f"hushåll {PERSONNUMMER}", source=PERSONNUMMER)
    masked = mask_record(record, {}, Tally())
    assert (masked.key, masked.group, masked.source) == (
        "18900429-****",
        "hushåll 18900429-****",
        "18900429-****",
    )


def test_the_machine_readable_copies_are_masked_alike() -> None:
    extract = world.anna()
    section = replace(extract.sections[0], searched_by=(f"personnummer {PERSONNUMMER}",))
    extract = replace(extract, sections=(section,))
    table = b"".join(csv_chunks(section, section.categories[0], "sv")).decode("utf-8-sig")
    assert PERSONNUMMER[-4:] not in table
    assert table.count("18900429-****") == 1
    assert PERSONNUMMER.encode() not in build_package(extract, b"")
    from requests_app.documents.package import json_chunks

    copy = json.loads(b"".join(json_chunks(extract)))
    assert copy["systems"][0]["searched_by"] == ["personnummer 18900429-****"]
    assert copy["shortened_identity_numbers"] == 2
