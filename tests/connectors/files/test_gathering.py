"""Whose rows are gathered from exports, page by page, and what is said of them."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import Connector, ConnectorError, Fault, IdentifierKind, ShapedBySettings, shape
from requests_app.connectors.files import walk
from requests_app.connectors.files.connector import Files
from requests_app.domain.records import Kind, Record

from . import exports
from .exports import ANNA, NOW, PER, fill, gather, keys, many, records, search, write

if TYPE_CHECKING:
    from pathlib import Path

EMAIL, PHONE, NUMBER = IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CUSTOMER_NO
PERSONNUMMER = IdentifierKind.PERSONNUMMER
ANNAS = [
    ("customers", "1001"),
    ("agreements", "A1"),
    ("agreements", "A3"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The usual exports."""
    return fill(tmp_path)


def fault(folder: Path, *identifiers: Any, **changes: Any) -> tuple[Fault, Any]:
    with pytest.raises(ConnectorError) as caught:
        gather(folder, *identifiers, **changes)
    return caught.value.fault, caught.value.params


def test_it_is_a_connector_that_its_description_shapes() -> None:
    assert isinstance(Files(), Connector) and isinstance(Files(), ShapedBySettings)
    told = shape(Files(), {"description": exports.DESCRIPTION})
    assert told.searches_by == {PERSONNUMMER, NUMBER, EMAIL, PHONE}
    assert [(spec.key, spec.kind) for spec in told.categories] == [
        ("customers", Kind.FACTS),
        ("agreements", Kind.TABLE),
        ("readings", Kind.TIME_SERIES),
    ]
    assert shape(Files(), {"description": "files:"}).searches_by == frozenset()


def test_a_person_is_found_and_what_refers_to_the_person_follows(folder: Path) -> None:
    pages = gather(folder)
    assert keys(pages)[:3] == ANNAS
    customer, *_agreements, first, second = records(pages)
    assert customer.fields["Förnamn"] == "Anna" and customer.fields["Ort"] == "Halmstad"
    assert (first.fields["value"], first.group, first.occurred_at) == (
        1234.5,
        "735",
        datetime.fromisoformat("2026-06-30T23:00+02:00"),
    )
    assert (second.fields["value"], second.group) == (0.5, "736")  # and not the reading of 735 after it became Per's
    assert pages[-1].cursor is None
    for record in records(pages):
        row = json.loads(json.dumps(record.to_row()))
        assert Record.from_row(row, category=record.category, kind=record.kind) == record


def test_nothing_of_anybody_else_leaves_the_connector(folder: Path) -> None:
    told = repr(gather(folder))
    assert "Anna" in told
    assert [word for word in ("Per", "Eva", PER[2:8], "1002", "1003", "A2", "12 34 56") if word in told] == []


@pytest.mark.parametrize(
    "sought",
    [(NUMBER, "1001"), (EMAIL, "anna@example.se"), (PHONE, "+46701740605")],
    ids=lambda one: one[0].value,
)
def test_every_identifier_finds_the_person_however_it_is_written(folder: Path, sought: Any) -> None:
    assert keys(gather(folder, sought))[:3] == ANNAS


def test_nobody_found_is_no_page(folder: Path) -> None:
    assert gather(folder, (EMAIL, "nobody@example.se")) == []
    assert gather(folder, (NUMBER, "100")) == []


def test_an_address_that_several_share_is_asked_about_and_the_answer_is_kept_to(folder: Path) -> None:
    shared = (EMAIL, "familjen@example.se")
    (page,) = gather(folder, shared)
    assert [dict(one.fields) for one in page.candidates] == [
        {"Förnamn": "Anna", "Efternamn": "Åkerblom", "Ort": "Halmstad"},
        {"Förnamn": "Per", "Efternamn": "Åkerblom", "Ort": "Halmstad"},
    ]
    assert page.records == () and page.cursor == {}
    per = page.candidates[1].key
    assert keys(gather(folder, shared, cursor={}, chosen=(per,))) == [
        ("customers", "1002"),
        ("agreements", "A2"),
        ("readings", records(gather(folder, shared, chosen=(per,)))[-1].key),
    ]
    assert gather(folder, shared, chosen=()) == []
    with_number = gather(folder, shared, (PERSONNUMMER, ANNA), person_name="Anna Åkerblom", chosen=())
    assert keys(with_number)[:3] == ANNAS


def test_a_single_match_under_another_name_is_asked_about(folder: Path) -> None:
    (page,) = gather(folder, (EMAIL, "eva@example.se"))
    assert [one.fields["Ort"] for one in page.candidates] == ["Växjö\n(södra)"]


def test_what_the_rows_tell_of_the_person_goes_back_strong_only_by_a_strong_match(folder: Path) -> None:
    derived = {(one.kind, one.value, one.strong) for page in gather(folder) for one in page.derived}
    assert derived == {
        (NUMBER, "1001", True),
        (EMAIL, "anna@example.se", False),
        (EMAIL, "familjen@example.se", False),
        (PHONE, "+46701740605", False),
    }
    weak = {(one.kind, one.strong) for page in gather(folder, (EMAIL, "anna@example.se")) for one in page.derived}
    assert (NUMBER, False) in weak and (NUMBER, True) not in weak


def test_it_pages_and_goes_on_from_every_cursor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {"description": many(tmp_path, 3_000)}
    monkeypatch.setattr(walk, "PAGE_RECORDS", 250)
    whole = gather(tmp_path, (NUMBER, "1001"), settings=settings)
    assert [len(page.records) for page in whole] == [250] * 6 + [0]
    assert len(set(keys(whole))) == 1_500
    for n, page in enumerate(whole[:-1], 1):
        cursor = json.loads(json.dumps(page.cursor))
        rest = gather(
            tmp_path, (NUMBER, "1002"), settings=settings, cursor=cursor
        )  # what was found out stands in the cursor
        assert keys(rest) == keys(whole[n:])


def test_references_go_on_from_a_cursor_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PAGE_RECORDS", 1)
    whole = gather(folder)
    assert len(whole) == 6
    for n, page in enumerate(whole[:-1], 1):
        assert keys(gather(folder, cursor=page.cursor)) == keys(whole[n:])


def test_a_file_that_was_replaced_is_noticed_before_a_record_more_is_taken(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "PAGE_RECORDS", 1)
    cursor = gather(folder)[1].cursor
    write(folder, "avtal.txt", exports.AGREEMENTS.encode("utf-16"))
    assert fault(folder, cursor=cursor) == (Fault.CHANGED, {})
    assert len(gather(folder)) == 6
    write(folder, "kunder_20261123.csv", exports.CUSTOMERS.encode())
    assert fault(folder, cursor=cursor)[0] is Fault.CHANGED


def test_a_file_that_is_written_to_while_it_is_read_is_noticed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "PAGE_RECORDS", 1)
    pages = Files().collect(search(folder))
    next(pages)
    with (folder / "kunder_20261122.csv").open("ab") as file:
        file.write(b"1004;Anna\n")
    with pytest.raises(ConnectorError) as caught:
        list(pages)
    assert caught.value.fault is Fault.CHANGED and caught.value.transient


def test_a_file_of_this_very_moment_may_not_be_whole(folder: Path) -> None:
    write(folder, "avtal.txt", exports.AGREEMENTS.encode(), NOW - timedelta(seconds=2))
    assert fault(folder)[0] is Fault.CHANGED
    assert gather(folder, now=NOW + timedelta(seconds=10))


def test_an_old_export_never_passes_for_today(folder: Path) -> None:
    late = NOW + timedelta(days=30)
    pages = gather(folder, now=late)
    assert {page.searched_to for page in pages} == {date(2026, 11, 22)}
    (empty,) = gather(folder, (EMAIL, "nobody@example.se"), now=late)
    assert (empty.records, empty.searched_to) == ((), date(2026, 11, 22))
    assert {page.searched_to for page in gather(folder)} == {None}


def test_a_missing_file_is_a_fault_unless_it_is_told_that_it_may_be(folder: Path) -> None:
    (folder / "matvarden.csv").unlink()
    assert fault(folder) == (Fault.NOT_FOUND, {"file": "readings"})
    optional = exports.DESCRIPTION.replace('file: "matvarden.csv"', 'file: "matvarden.csv"\n    optional: true')
    assert keys(gather(folder, settings={"description": optional})) == ANNAS


@pytest.mark.parametrize(
    ("name", "content", "wanted", "params"),
    [
        ("kunder_20261122.csv", b"Kundnr;Pnr\n1;2\n", Fault.WRONG_TYPE, {"file": "customers"}),
        ("kunder_20261122.csv", b"", Fault.WRONG_TYPE, {"file": "customers"}),
        ("avtal.txt", b"Avtalsnr\tKund\tAnl\tStart\tSlut\nA1\t10", None, {}),
        ("avtal.txt", b"Avtalsnr\tKund\tAnl\tStart\tSlut\n\"A1\t1001\n", Fault.UNREADABLE, {"file": "agreements", "line": 2}),
        ("avtal.txt", b"Avtalsnr\tKund\tAnl\tStart\tSlut\nA\t1001\t735\t\t\n", Fault.WRONG_TYPE, {"file": "agreements", "field": "Start"}),
        ("matvarden.csv", b"Anl;Tid;V\x84rde\n736;soon;1\n", Fault.WRONG_TYPE, {"file": "readings", "field": "Tid"}),
        ("matvarden.csv", b"PK\x03\x04\x00\x00;;;\n\x00", Fault.WRONG_TYPE, {"file": "readings"}),
    ],
)  # fmt: skip
def test_garbage_is_a_fault_that_names_the_file(
    folder: Path, name: str, content: bytes, wanted: Fault | None, params: dict[str, Any]
) -> None:
    write(folder, name, content)
    if wanted is None:
        assert keys(gather(folder)) == [("customers", "1001")]
        return
    found, told = fault(folder)
    assert found is wanted
    assert params.items() <= told.items()
    assert not any(str(folder) in str(value) for value in told.values())


def test_limits_hold(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk, "MAX_ROWS", 2)
    assert fault(folder)[0] is Fault.TOO_LARGE


def test_it_beats_while_it_reads_and_stops_when_the_run_was_taken_over(folder: Path) -> None:
    class TakenOverError(Exception):
        pass

    def heartbeat() -> None:
        raise TakenOverError

    with pytest.raises(TakenOverError):
        gather(folder, heartbeat=heartbeat)


def test_nothing_is_logged_and_no_fault_holds_a_value(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    import logging
    import traceback

    caplog.set_level(logging.DEBUG)
    write(folder, "avtal.txt", b"Avtalsnr\tKund\tAnl\tStart\tSlut\nhemligt\t1001\t735\themligt\t\n")
    with pytest.raises(ConnectorError) as caught:
        gather(folder)
    told = caplog.text + repr(caught.value.params) + "".join(traceback.format_exception(caught.value))
    assert [word for word in ("hemligt", "1001", ANNA, "Åkerblom", str(folder)) if word in told] == []
    assert caught.value.__cause__ is None
