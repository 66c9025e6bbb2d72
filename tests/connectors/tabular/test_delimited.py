"""Delimited text in the encodings of old exports, read row by row and gone on with anywhere."""

from __future__ import annotations

import csv
import io
from itertools import islice
from typing import Any

import pytest
from hypothesis import given, strategies as st

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.tabular import lines
from requests_app.connectors.tabular.delimited import Delimited
from requests_app.connectors.tabular.encodings import NAMES, guess
from requests_app.connectors.tabular.objects import JsonLines

TEXT = "Namn;Ort;Summa\r\nÅsa Öberg;Växjö;1 234,50\r\nRené Müller;Älmhult;0,5\r\n"
CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


def rows(data: bytes, encoding: str = "", **how: Any) -> list[tuple[int, dict[str, Any]]]:
    source = io.BytesIO(data)
    return list(Delimited(source, encoding or guess(source), **how).rows())


def fault(data: bytes, encoding: str = "", **how: Any) -> tuple[Fault, Any]:
    with pytest.raises(ConnectorError) as caught:
        rows(data, encoding, **how)
    assert caught.value.__cause__ is None
    return caught.value.fault, caught.value.params


@pytest.mark.parametrize("encoding", [*NAMES.values(), "utf-8", "utf-16-le", "utf-16-be", "utf-32"])
def test_swedish_letters_come_out_of_every_encoding_without_being_told_which(encoding: str) -> None:
    assert [fields["Namn"] for _line, fields in rows(TEXT.encode(encoding))] == ["Åsa Öberg", "René Müller"]


def test_the_encoding_is_found_where_the_first_letter_that_tells_is_far_down() -> None:
    text = "Namn\n" + "Eva\n" * 20_000 + "Åsa Öberg\n"
    for encoding in ("utf-8", "cp1252", "cp850", "mac_roman"):
        assert rows(text.encode(encoding))[-1] == (20_002, {"Namn": "Åsa Öberg"})


def test_typographic_signs_are_no_swedish_letters() -> None:
    text = "Text\n“Hej” – sa hon … ‘och’ gick\n"
    assert rows(text.encode("cp1252"))[0][1]["Text"] == text.split("\n")[1]


def test_bytes_that_are_no_text_in_what_was_told_name_their_line() -> None:
    head = "Namn;Ort\r\n" + "Eva;Ekeby\r\n" * 3000
    assert fault(head.encode() + "Åsa;Lund\r\n".encode("cp1252"), "utf-8") == (Fault.UNREADABLE, {"line": 3002})
    assert fault(b"a\r1\r2\r\xff\r", "utf-8") == (Fault.UNREADABLE, {"line": 4})


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_line_breaks_of_every_system_and_within_quotes_are_read(ends: str) -> None:
    text = ends.join(["a;b", '1;"x', 'y"', "", "2;z", ""])
    assert rows(text.encode()) == [(2, {"a": "1", "b": f"x{ends}y"}), (5, {"a": "2", "b": "z"})]


def test_a_preamble_columns_without_heads_and_loose_quotes_can_be_told() -> None:
    data = b'Utdrag 2026-11-20\nSystemet\tX\tY\t\n\nKundnr\tNamn\n1\t"Kalle" Ek\n'
    assert rows(data, header_row=4, quote="") == [(5, {"Kundnr": "1", "Namn": '"Kalle" Ek'})]
    assert rows(b"1;Eva\n2;Per\n", columns=["nr", "namn"]) == [
        (1, {"nr": "1", "namn": "Eva"}),
        (2, {"nr": "2", "namn": "Per"}),
    ]
    assert rows(b"sep=,\na,b;c\n1,2\n") == [(3, {"a": "1", "b;c": "2"})]


def test_a_line_without_end_and_too_many_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fault(b"a\n" + b"1;" * 2_000 + b"\n") == (Fault.TOO_LARGE, {"line": 2})
    monkeypatch.setattr(lines, "LONGEST", 100)
    assert fault(b"a\n" + b"x" * 200) == (Fault.TOO_LARGE, {"line": 2})


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp850"])
def test_reading_goes_on_after_any_row(encoding: str) -> None:
    text = "a;b\r\n" + "".join(f'{n};"å{n}\r\nö"\r\n' for n in range(50))
    data = text.encode(encoding)
    whole = rows(data, encoding)
    for row in range(50):
        first = Delimited(io.BytesIO(data), encoding)
        taken = list(islice(first.rows(), row + 1))
        later = Delimited(io.BytesIO(data), encoding)
        later.go_to(first.tell())
        assert [*taken, *later.rows()] == whole


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=6), st.sampled_from(";\t,|"))
def test_what_was_written_as_csv_is_read_as_it_was(table: list[list[str]], delimiter: str) -> None:
    target = io.StringIO(newline="")
    csv.writer(target, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows([["a", "b"], *table])
    read = rows(target.getvalue().encode("utf-8-sig"), delimiter=delimiter)
    assert [list(fields.values()) for _line, fields in read] == [row for row in table if any(map(str.strip, row))]


@given(st.binary(max_size=300))
def test_any_bytes_are_rows_or_a_fault(data: bytes) -> None:
    for read in (rows, lambda data: list(JsonLines(io.BytesIO(data), "utf-8-sig").rows())):
        try:
            assert all(isinstance(fields, dict) for _line, fields in read(data))
        except ConnectorError as error:
            assert error.fault in {Fault.UNREADABLE, Fault.WRONG_TYPE}


def test_json_lines_name_the_line_of_what_is_no_object() -> None:
    def lines_of(data: bytes) -> list[Any]:
        return list(JsonLines(io.BytesIO(data), "utf-8-sig").rows())

    assert lines_of('{"a": "å"}\n\n{"a": 2}'.encode()) == [(1, {"a": "å"}), (3, {"a": 2})]
    for data, wanted in ((b'{"a": 1}\n{"a": ', Fault.UNREADABLE), (b'{"a": 1}\n[1]\n', Fault.WRONG_TYPE)):
        with pytest.raises(ConnectorError) as caught:
            lines_of(data)
        assert (caught.value.fault, caught.value.params["line"]) == (wanted, 2)
        assert caught.value.__cause__ is None and caught.value.__context__ is None
