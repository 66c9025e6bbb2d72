"""The kinds of files, what a folder may be, what a description may say, and what is proposed."""

from __future__ import annotations

import io
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from openpyxl import Workbook

from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind, settings_spec
from requests_app.connectors.described.text import Flawed
from requests_app.connectors.files import folder as folders
from requests_app.connectors.files.connector import Files
from requests_app.connectors.files.description import described
from requests_app.connectors.files.naming import Pattern

from . import exports
from .exports import ANNA, PER, fill, gather, keys, records, write

if TYPE_CHECKING:
    from pathlib import Path

NUMBER, EMAIL, PERSONNUMMER = IdentifierKind.CUSTOMER_NO, IdentifierKind.EMAIL, IdentifierKind.PERSONNUMMER


def one_file(**about: Any) -> dict[str, str]:
    """Settings with a description of a single file."""
    file = {"file": "*", "format": "csv", "by": {"customer_no": "Kundnr"}, "category": "rows"} | about
    said = {"files": {"rows": file}, "categories": {"rows": {"kind": "table", "label": "Rader"}}}
    return {"description": json.dumps(said)}


def workbook(*rows: list[Any], title: str = "Blad1") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["nothing here"])
    data = book.create_sheet(title)
    for row in rows:
        data.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def found(place: Path, *identifiers: Any, **about: Any) -> list[dict[str, Any]]:
    sought = identifiers or ((NUMBER, "1001"),)
    return [
        dict(record.fields) for record in records(gather(place, *sought, settings=one_file(**about), person_name=""))
    ]


def fault(place: Path, **about: Any) -> tuple[Fault, Any]:
    with pytest.raises(ConnectorError) as caught:
        found(place, **about)
    return caught.value.fault, caught.value.params


def test_a_workbook_is_read_by_sheet_and_row_of_heads(tmp_path: Path) -> None:
    when = datetime(2026, 3, 1, 12, 30, tzinfo=UTC).replace(tzinfo=None)
    data = workbook(
        ["Utdrag"], ["Kundnr", "Tid", "Not"], [1001, when, None], [1002, None, "x"], [1001.0], title="Kunder"
    )
    write(tmp_path, "k.xlsx", data)
    told = {"format": "xlsx", "sheet": "Kunder", "header_row": 2}
    assert found(tmp_path, **told) == [
        {"Kundnr": 1001, "Tid": "2026-03-01T12:30:00", "Not": None},
        {"Kundnr": 1001, "Tid": None, "Not": None},
    ]
    assert fault(tmp_path, format="xlsx", sheet="Andra") == (Fault.WRONG_TYPE, {"file": "rows", "field": "sheet"})
    assert fault(tmp_path, **told, name="Namn") == (Fault.WRONG_TYPE, {"file": "rows", "field": "Namn"})
    write(tmp_path, "k.xlsx", data[: len(data) // 2])
    assert fault(tmp_path, **told) == (Fault.WRONG_TYPE, {"file": "rows", "field": "file"})


def test_json_and_json_lines_are_read_with_places_inside(tmp_path: Path) -> None:
    people = [
        {"contact": {"mail": ["other@example.se", "ANNA@example.se"]}, "n": 1},
        {"contact": {"mail": []}, "n": 2},
        {"n": 3},
    ]
    wrapped = json.dumps({"data": {"people": people}}).encode()
    write(tmp_path, "p.json", wrapped)
    sought = (EMAIL, "anna@example.se")
    told = {"by": {"email": "contact.mail"}, "format": "json"}
    assert [item["n"] for item in found(tmp_path, sought, **told, records="data.people")] == [1]
    assert fault(tmp_path, **told | {"by": {"customer_no": "n"}}) == (
        Fault.WRONG_TYPE,
        {"file": "rows", "field": "records"},
    )
    write(tmp_path, "p.json", "\n".join(map(json.dumps, people)).encode("utf-16"))
    assert [item["n"] for item in found(tmp_path, sought, **told | {"format": "jsonl"})] == [1]
    write(tmp_path, "p.json", wrapped[:-9])
    assert fault(tmp_path, **told | {"by": {"customer_no": "n"}})[0] is Fault.UNREADABLE


def test_identifiers_are_found_however_an_export_spoils_them(tmp_path: Path) -> None:
    write(tmp_path, "a.csv", b"Kundnr;Pnr\nK-000123;1042381\nK-1001;9004032398\n")
    by = {"customer_no": {"column": "Kundnr", "prefix": "K-", "digits": 6}}
    assert [row["Kundnr"] for row in found(tmp_path, (NUMBER, "123"), by=by)] == ["K-000123"]
    assert [row["Kundnr"] for row in found(tmp_path, (NUMBER, "1001"), by=by)] == ["K-1001"]
    by_number = {"personnummer": {"column": "Pnr", "digits": 10}}
    assert [row["Kundnr"] for row in found(tmp_path, (PERSONNUMMER, "200001042381"), by=by_number)] == ["K-000123"]
    assert found(tmp_path, (PERSONNUMMER, PER), by=by_number) == []


def test_a_row_of_another_under_a_shared_key_stays(tmp_path: Path) -> None:
    write(
        tmp_path,
        "a.csv",
        f"Kundnr;Pnr;Namn;Epost\n7;{ANNA};Anna Ek;a@example.se\n7;{PER};Per Ek;\n7;;Anna Ek;\n".encode(),
    )
    told = {"by": {"personnummer": "Pnr", "email": "Epost"}, "key": "Kundnr", "name": "Namn"}
    (page,) = gather(tmp_path, (PERSONNUMMER, ANNA), settings=one_file(**told), person_name="Anna Ek")
    assert [(record.fields["Namn"], record.fields["Pnr"]) for record in page.records] == [
        ("Anna Ek", ANNA),
        ("Anna Ek", ""),
    ]


def test_all_files_of_a_pattern_or_the_newest_by_the_date_in_the_name(tmp_path: Path) -> None:
    for day, old in (("2026-10-31", 1), ("2026-11-20", 9), ("2026-13-01", 0)):
        write(tmp_path, f"H_{day}.CSV", f"Kundnr;Dag\n1001;{day}\n".encode(), exports.NOW - timedelta(days=old))
    told = {"file": "h_{date}.csv", "date": "%Y-%m-%d"}
    assert [row["Dag"] for row in found(tmp_path, **told)] == ["2026-11-20"]
    assert [row["Dag"] for row in found(tmp_path, **told, take="all")] == ["2026-10-31", "2026-11-20"]


def test_a_pattern_means_only_what_it_says() -> None:
    assert Pattern.of("a?.(1)*.csv", "%Y%m%d").day("ab.(1)x.CSV") is None
    with pytest.raises(ValueError):
        Pattern.of("a.csv", "%Y%m%d").day("axcsv")
    assert not Pattern.fits_together("*a*b*c*d", "%Y")
    assert not Pattern.fits_together("{date}", "%A")


@pytest.mark.parametrize("place", ["/", "/etc", "/proc/self", "/sys/kernel", "/dev/shm", "relative", "/etc/../etc/ssl"])
def test_folders_that_hold_no_exports_are_refused(place: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        Files().check({"place": "folder", "folder": place, "description": exports.DESCRIPTION}, {})
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": "folder"})


def test_the_products_own_folder_is_refused_also_by_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    (tmp_path / "link").symlink_to(settings.VAR)
    monkeypatch.setattr(folders, "_own", set(folders._own))
    folders.keep_out_of(tmp_path / "own")
    for place in (
        settings.VAR,
        settings.VAR / "case_files",
        settings.BASE_DIR,
        tmp_path / "link",
        tmp_path / "own" / "x",
    ):
        with pytest.raises(ConnectorError):
            folders.usable_folder(str(place))
    assert folders.usable_folder(str(tmp_path)) == str(tmp_path)


def test_links_and_pipes_are_no_exports(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = write(tmp_path_factory.mktemp("outside"), "a.csv", b"Kundnr\n1001\n")
    (tmp_path / "a.csv").symlink_to(outside)
    os.mkfifo(tmp_path / "b.csv")
    assert fault(tmp_path) == (Fault.NOT_FOUND, {"file": "rows"})
    (tmp_path / "sub").symlink_to(outside.parent)
    assert fault(tmp_path, folder="sub") == (Fault.NOT_FOUND, {})
    below = tmp_path / "ut" / "nu"
    below.mkdir(parents=True)
    write(below, "a.csv", b"Kundnr\n1001\n")
    assert found(tmp_path, folder="ut/nu") == [{"Kundnr": "1001"}]


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (('format: csv\n    encoding: cp850', 'format: csv\n    encoding: ebcdic'), "not_one_of", 7),
        (("category: readings", "category: nothing"), "no_such_category", 11),
        (("customers.Kundnr", "people.Kundnr"), "no_such_file", 27),
        (("name: [Förnamn, Efternamn]", "references: {Kundnr: readings.Anl}"), "goes_round", None),
        (('file: "avtal.txt"', 'file: "../avtal.txt"'), "wrong_form", 24),
        (('file: "avtal.txt"', 'file: "a*b*c*d*"'), "wrong_form", 24),
        (("format: csv\n    delimiter: tab", "format: json\n    records: 'a['"), "not_jmespath", 26),
        (("references: {Kund: customers.Kundnr}\n", "\n"), "missing", 23),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_description_is_told_with_its_line(
    change: tuple[str, str], code: str, line: int | None
) -> None:
    assert change[0] in exports.DESCRIPTION
    text = exports.DESCRIPTION.replace(*change)
    with pytest.raises(Flawed) as caught:
        described(text)
    told = {flaw.code: flaw.line for flaw in caught.value.flaws}
    assert code in told
    assert line is None or told[code] == line
    with pytest.raises(ConnectorError) as refused:
        Files().check({"place": "folder", "folder": "/srv", "description": text}, {})
    assert refused.value.params["setting"] == "description"


def test_a_server_has_settings_of_its_own() -> None:
    assert [spec.key for spec in settings_spec(Files(), {"place": "folder"})] == ["place", "folder", "description"]
    on_server = {
        "place": "sftp",
        "host": "sftp.example.se",
        "user": "hem",
        "host_key": "SHA256:" + "A" * 43,
        "folder": "/ut",
        "description": exports.DESCRIPTION,
    }
    Files().check(on_server, {"password": "lösenord"})
    for key, wrong in (
        ("host", "a b"),
        ("host_key", "SHA256:x"),
        ("host_key", "ssh-rsa AAAA"),
        ("port", 70_000),
        ("folder", "ut"),
    ):
        with pytest.raises(ConnectorError) as caught:
            Files().check(on_server | {key: wrong}, {"password": "x"})
        assert caught.value.params == {"setting": key}
    with pytest.raises(ConnectorError) as caught:
        Files().check(on_server, {})
    assert (caught.value.fault, caught.value.params) == (Fault.SECRET_MISSING, {"secret": "password"})


def test_trying_it_tells_of_every_file_without_anybodys_data(tmp_path: Path) -> None:
    fill(tmp_path)
    settings = {"place": "folder", "folder": str(tmp_path), "description": exports.DESCRIPTION}
    for name in ("kunder_20261122.csv", "avtal.txt", "matvarden.csv"):
        os.utime(tmp_path / name)
    fresh = exports.DESCRIPTION.replace("fresh_days: 7", "fresh_days: 36500")
    result = Files().test(settings | {"description": fresh}, {})
    assert result.ok and "8 columns" in result.seen[0][1] and "2026-11-22" in result.seen[0][0]
    assert not any(word in repr(result) for word in ("Anna", "1001", "Halmstad"))
    write(tmp_path, "avtal.txt", b"Kundnr\n1\n")
    write(tmp_path, "kunder_20261122.csv", exports.CUSTOMERS.encode(), datetime(2020, 1, 1, tzinfo=UTC))
    result = Files().test(settings | {"description": fresh}, {})
    assert (result.fault, result.params) == (Fault.WRONG_TYPE, {"file": "agreements", "field": "Kund"})
    (tmp_path / "kunder_20261122.csv").rename(tmp_path / "kunder_20200101.csv")
    (tmp_path / "kunder_20261121.csv").unlink()
    result = Files().test(settings, {})
    assert result.fault is Fault.STALE and result.params["day"] == "2020-01-01"


def test_a_description_is_proposed_that_can_be_used_at_once(tmp_path: Path) -> None:
    fill(tmp_path)
    write(
        tmp_path,
        "fakturor 2026-11-22.csv",
        b"Fakturanr;Kundnr;Belopp;Datum\n1;1001;1 234,50;20261101\n2;1002;5,00;20261102\n",
    )
    write(tmp_path, "utan_rubriker.csv", f"1000;{PER};Per\n1001;{ANNA};Anna\n1002;{PER};Per\n".encode())
    write(tmp_path, "skrap.csv", b"\x00\x01\x02")
    settings = {"place": "folder", "folder": str(tmp_path)}
    text = Files().propose(settings, {})
    said = described(text)
    assert {"kunder", "fakturor", "utan_rubriker"} <= set(said.files)
    assert (
        said.files["fakturor"].references[0].to == "kunder"
        and said.files["fakturor"].pattern.text == "fakturor {date}.csv"
    )
    assert said.categories["fakturor"].when == "Datum"
    assert not any(word in text for word in ("Anna", ANNA, "1001", "Halmstad"))
    assert "skrap.csv" in text
    got = gather(tmp_path, settings=settings | {"description": text})
    assert {"kunder", "fakturor", "utan_rubriker"} == {category for category, _key in keys(got)}
    with pytest.raises(ConnectorError):
        Files().propose({"place": "folder", "folder": str(tmp_path / "nothing")}, {})


def test_the_example_of_the_documentation_can_be_used() -> None:
    from django.conf import settings

    section = (settings.BASE_DIR / "docs" / "connectors.md").read_text().partition("## Files\n")[2]
    example = section.partition("```yaml\n")[2].partition("```")[0]
    said = described(example)
    assert list(said.files) == ["customers", "agreements", "readings"]
    assert said.files["readings"].take_all and said.files["readings"].during
