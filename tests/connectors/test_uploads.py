"""Files that people upload: what old exports look like, and what somebody who means harm would send."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st
from openpyxl import Workbook

from requests_app.connectors import uploads
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.tabular import workbooks
from requests_app.connectors.tabular.heads import column_heads
from requests_app.connectors.uploads import MAX_BYTES, read_upload
from requests_app.domain.records import Kind


def fields(name: str, data: bytes) -> list[Any]:
    """The fields of each record."""
    return [dict(record.fields) for record in read_upload(name, data)]


def fault(name: str, data: bytes) -> tuple[Fault, Any]:
    """The fault a file is refused with."""
    with pytest.raises(ConnectorError) as caught:
        read_upload(name, data)
    assert caught.value.__cause__ is None
    return caught.value.fault, caught.value.params


def workbook(*rows: list[Any], title: str = "Blad1") -> bytes:
    """A workbook with one sheet."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(data: bytes, change: dict[str, bytes]) -> bytes:
    """The same workbook with some parts replaced or added."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change.get(part.filename, old.read(part)))
        for name in change.keys() - set(old.namelist()):
            new.writestr(name, change[name])
    return target.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_csv_of_old_swedish_exports_is_read(encoding: str, delimiter: str) -> None:
    text = f"Namn{delimiter}Ort\r\nÅsa Öberg{delimiter}Växjö\r\n\r\nEva{delimiter}Älmhult\r\n"

    assert fields("export.CSV", text.encode(encoding)) == [
        {"Namn": "Åsa Öberg", "Ort": "Växjö"},
        {"Namn": "Eva", "Ort": "Älmhult"},
    ]


def test_csv_says_its_delimiter_and_keeps_quotes_and_line_breaks() -> None:
    data = 'sep=|\nNamn|Text\n"A|B"|"rad ett\nrad ""två"""\n'.encode()

    assert fields("a.csv", data) == [{"Namn": "A|B", "Text": 'rad ett\nrad "två"'}]


def test_csv_heads_that_are_empty_or_repeated_get_names() -> None:
    assert fields("a.csv", b"Namn;;Namn\n1;2;3\n") == [{"Namn": "1", "Kolumn 2": "2", "Namn (2)": "3"}]


def test_heads_that_are_all_the_same_are_named_in_a_moment() -> None:
    heads = column_heads(["a", "a (2)", *["a"] * 100_000])
    assert heads[:4] == ["a", "a (2)", "a (3)", "a (4)"] and len(set(heads)) == 100_002


@pytest.mark.parametrize("data", [b"a;" * 500_000, b"a;b\n" + b"1;2\n" * 60])
def test_csv_with_more_columns_or_cells_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(uploads, "MAX_CELLS", 100)
    assert fault("a.csv", data)[0] is Fault.TOO_LARGE


def test_csv_with_a_row_that_is_too_long_names_its_line() -> None:
    assert fields("a.csv", b"a;b\n1;2;\n") == [{"a": "1", "b": "2"}]
    assert fault("a.csv", b"a;b\n1;2\n\n1;2;3\n") == (Fault.UNREADABLE, {"line": 4})


def test_csv_with_an_open_quote_names_the_line_it_began_on() -> None:
    assert fault("a.csv", b'a;b\n1;2\n"open;2\n3;4\n') == (Fault.UNREADABLE, {"line": 3})


def test_bytes_that_are_no_text_name_their_line() -> None:
    assert fault("a.csv", b"a;b\n1;\x81\n") == (Fault.UNREADABLE, {"line": 2})


def test_formulas_and_markup_stay_the_text_they_are() -> None:
    hostile = ["=1+1", "@SUM(A1)", "+46701740605", "<script>alert(1)</script>", "\u202eabc"]
    data = ("Text\n" + "\n".join(hostile)).encode()

    assert [row["Text"] for row in fields("a.csv", data)] == hostile


def test_json_may_be_a_list_an_object_or_lists_by_name() -> None:
    assert fields("a.json", b'[{"a": 1, "b": {"c": [1]}}]') == [{"a": 1, "b": {"c": [1]}}]
    assert fields("a.json", b'{"a": 1}') == [{"a": 1}]
    records = read_upload("a.json", b'{"avtal": [{"a": 1}], "fakturor": [{"b": 2}]}')
    assert [(record.group, dict(record.fields)) for record in records] == [("avtal", {"a": 1}), ("fakturor", {"b": 2})]


def test_json_that_cannot_be_read_names_line_or_row() -> None:
    assert fault("a.json", b'[\n{"a": 1},\n{"a" 1}]') == (Fault.UNREADABLE, {"line": 3})
    assert fault("a.json", b'[{"a": 1}, 2]') == (Fault.WRONG_TYPE, {"field": "row", "line": 2})
    assert fault("a.json", b'"text"') == (Fault.WRONG_TYPE, {"field": "file"})


def test_xlsx_keeps_numbers_dates_and_formulas() -> None:
    when = datetime(2026, 3, 1, 12, 30, tzinfo=UTC).replace(tzinfo=None)
    data = workbook(["Namn", "Antal", "Tid", "Formel"], ["Åsa", 3, when, "=1+1"], [None, None, None, None])

    records = read_upload("a.xlsx", data)

    assert [dict(record.fields) for record in records] == [
        {"Namn": "Åsa", "Antal": 3, "Tid": "2026-03-01T12:30:00", "Formel": "=1+1"}
    ]
    assert records[0].group == "Blad1"
    json.dumps(records[0].to_row())


def test_xlsx_with_a_cell_outside_its_heads_names_the_row() -> None:
    assert fault("a.xlsx", workbook(["a"], [1], [1, 2])) == (Fault.UNREADABLE, {"line": 3})


def test_xlsx_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_UNPACKED", 100_000)
    bomb = repacked(workbook(["a"]), {"xl/media/x.bin": b"\0" * 200_000})

    assert fault("a.xlsx", bomb)[0] is Fault.TOO_LARGE


def test_xlsx_with_more_cells_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MAX_CELLS", 5)

    assert fault("a.xlsx", workbook(["a", "b"], [1, 2], [3, 4]))[0] is Fault.TOO_LARGE


def test_xlsx_with_a_cell_far_out_is_refused() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:XFD1048576"/>'
        b'<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'
    )

    assert fault("a.xlsx", repacked(workbook(["a"]), {"xl/worksheets/sheet1.xml": sheet}))[0] is Fault.TOO_LARGE


@pytest.mark.parametrize(
    "xml",
    [
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>',
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x><x/>'.encode("utf-16"),
        b'<?xml version="1.0" encoding="IBM037"?><x/>',
    ],
)
def test_xlsx_with_entities_or_odd_encodings_is_refused(xml: bytes) -> None:
    data = repacked(workbook(["a"]), {"xl/sharedStrings.xml": xml})

    assert fault("a.xlsx", data) == (Fault.WRONG_TYPE, {"field": "file"})


def test_xlsx_with_macros_is_refused() -> None:
    data = repacked(workbook(["a"]), {"xl/vbaProject.bin": b"x"})

    assert fault("a.xlsx", data) == (Fault.WRONG_TYPE, {"field": "file"})


def test_xlsx_whose_xml_breaks_off_names_the_row() -> None:
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row><row r="2"><c r="A2"><v>1</v></c></row><row r="3"><c'
    )
    found, params = fault("a.xlsx", repacked(workbook(["a"]), {"xl/worksheets/sheet1.xml": sheet}))

    assert found is Fault.UNREADABLE
    assert set(params) == {"line"}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.exe", b"a;b"),
        ("a", b"a;b"),
        ("a.xls", b"\xd0\xcf\x11\xe0"),
        ("a.csv", b"PK\x03\x04"),
        ("a.csv", b"%PDF-1.7"),
        ("a.json", b"\x89PNG"),
        ("a.csv", b"a;b\n\x00\x01"),
        ("a.xlsx", b"a;b"),
        ("a.xlsx", b"PK\x03\x04 but no archive"),
        ("../../etc/passwd", b"a;b"),
    ],
)
def test_what_is_not_what_its_name_says_is_refused(name: str, data: bytes) -> None:
    assert fault(name, data) == (Fault.WRONG_TYPE, {"field": "file"})


def test_a_zip_that_is_no_workbook_is_refused() -> None:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.txt", "a")

    assert fault("a.xlsx", target.getvalue()) == (Fault.WRONG_TYPE, {"field": "file"})


def test_a_file_past_the_limit_tells_both_sizes() -> None:
    assert fault("a.csv", b"a" * (MAX_BYTES + 1)) == (Fault.TOO_LARGE, {"size": MAX_BYTES + 1, "limit": MAX_BYTES})


def test_more_rows_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_ROWS", 2)

    assert fault("a.csv", b"a\n1\n2\n3\n") == (Fault.TOO_LARGE, {"rows": 2})


def test_an_empty_file_holds_nothing() -> None:
    assert read_upload("a.csv", b"") == []
    assert read_upload("a.csv", b"Namn;Ort\n") == []
    assert fault("a.json", b"") == (Fault.UNREADABLE, {"line": 1})


def test_the_same_file_gives_the_same_keys_and_equal_rows_differ() -> None:
    data = b"a;b\n1;2\n1;2\n"
    first, second = read_upload("a.csv", data, "anteckningar"), read_upload("b.csv", data, "anteckningar")

    assert first == second
    assert len({record.key for record in first}) == 2
    assert {(record.category, record.kind) for record in first} == {("anteckningar", Kind.TABLE)}


@given(st.binary(max_size=400), st.sampled_from([".csv", ".json", ".xlsx"]))
def test_any_bytes_give_records_or_a_fault(data: bytes, ending: str) -> None:
    try:
        records = read_upload(f"x{ending}", data)
    except ConnectorError as error:
        assert error.fault in {Fault.UNREADABLE, Fault.WRONG_TYPE}
    else:
        assert all(isinstance(record.fields, dict) for record in records)


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), min_size=1, max_size=5))
def test_any_texts_in_json_come_through(rows: list[list[str]]) -> None:
    items = [{"a": a, "b": b} for a, b in rows]

    assert fields("x.json", json.dumps(items).encode()) == items
