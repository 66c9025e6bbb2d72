"""The package: JSON by its published schema, CSV that no spreadsheet takes for formulas, the same bytes each time."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest

from requests_app.documents.package import csv_chunks, json_chunks, safe_cell, schema
from requests_app.domain.records import CategorySpec, FieldSpec, Kind, Record
from tests.documents import world
from tests.documents.reading import build_package


def read(package: bytes) -> dict[str, bytes]:
    """The files of a package."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_holds_pdf_json_schema_csv_and_readme() -> None:
    files = read(build_package(world.anna(), b"%PDF-"))
    assert list(files) == [
        "DSR-2026-0042.pdf",
        "DSR-2026-0042.json",
        "csv/mina_sidor-customer.csv",
        "csv/mina_sidor-invoices.csv",
        "csv/mina_sidor-logins.csv",
        "csv/mitt_hem-readings.csv",
        "csv/chat-chat.csv",
        "schema.json",
        "README.txt",
    ]
    assert files["DSR-2026-0042.pdf"] == b"%PDF-"
    assert "I Excel" in files["README.txt"].decode("utf-8-sig")
    assert "In Excel" in read(build_package(world.anna("en"), b""))["README.txt"].decode("utf-8-sig")


@pytest.mark.parametrize("extract", [world.anna(), world.anna("en"), world.bo(), world.mixed(100)])
def test_the_json_follows_its_schema(extract: object) -> None:
    validator = jsonschema.Draft202012Validator(json.loads(schema()))
    jsonschema.Draft202012Validator.check_schema(json.loads(schema()))
    copy = json.loads(b"".join(json_chunks(extract)))  # type: ignore[arg-type]
    assert list(validator.iter_errors(copy)) == []
    del copy["systems"][0]["name"]
    assert list(validator.iter_errors(copy))


def test_json_and_csv_hold_all_records_and_the_same_values() -> None:
    extract = world.anna()
    files = read(build_package(extract, b""))
    copy = json.loads(files["DSR-2026-0042.json"])
    for section in copy["systems"]:
        for category in section["categories"]:
            text = files[f"csv/{section['key']}-{category['key']}.csv"].decode("utf-8-sig")
            rows = list(csv.DictReader(io.StringIO(text, newline="")))
            assert len(rows) == len(category["records"])
            for row, record in zip(rows, category["records"], strict=True):
                assert row["occurred_at"] == (record["occurred_at"] or "")
                values = list(row.values())[5:]
                assert sorted(values) == sorted(safe_cell(value) for value in record["fields"].values())


def test_times_are_swedish_with_their_offset() -> None:
    copy = json.loads(b"".join(json_chunks(world.anna())))
    reading = copy["systems"][1]["categories"][0]["records"][0]
    assert reading["occurred_at"] == "2026-01-01T00:00:00+01:00"


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+46701740605", "'+46701740605"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
        ("\nx", "'\nx"),
        ("＝1", "'＝1"),
        ("-12.5", "-12.5"),
        (-12.5, "-12.5"),
        ("Storgatan 1", "Storgatan 1"),
        (None, ""),
        (True, "true"),
        ({"a": [1]}, '{"a": [1]}'),
    ],
)
def test_cells_never_start_a_formula(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_odd_text_survives_csv_and_json() -> None:
    spec = CategorySpec(
        "odd", Kind.TABLE, "Udda", "Odd", {"a": FieldSpec("Fält", "Field"), "b": FieldSpec("Fält", "Field")}
    )
    text = 'rad 1\nrad "2", åäö 👍 שלום'
    odd = Record("k", "odd", Kind.TABLE, datetime(2026, 1, 1, tzinfo=UTC), {"a": text, "b": "\ud800", "=c": 1})
    section = world.section("odd/../x", "Udda", world.category(spec, [odd]))
    extract = replace(world.bo(), sections=(section,))
    lines = list(
        csv.reader(
            io.StringIO(b"".join(csv_chunks(section, section.categories[0], "sv")).decode("utf-8-sig"), newline="")
        )
    )
    assert lines[0] == ["key", "occurred_at", "group", "source", "marks", "Fält", "Fält [b]", "'=c"]
    assert lines[1][5:] == [text, "\\ud800", "1"]
    copy = json.loads(b"".join(json_chunks(extract)))
    assert copy["systems"][0]["categories"][0]["records"][0]["fields"] == {"a": text, "b": "\ud800", "=c": 1}
    assert "csv/odd-x-odd.csv" in read(build_package(extract, b""))


def test_the_same_values_give_the_same_bytes() -> None:
    assert build_package(world.anna(), b"x") == build_package(world.anna(), b"x")


def test_a_package_without_answer_date_is_refused() -> None:
    with pytest.raises(ValueError, match="date it is answered"):
        build_package(replace(world.bo(), case=world.case(answered_on=None)), b"")
