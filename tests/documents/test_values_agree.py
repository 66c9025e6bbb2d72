"""Every value of the machine-readable copy stands in the PDF, and every reading in the PDF stands in the copy."""

from __future__ import annotations

import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from requests_app.documents import extract as extract_module
from requests_app.documents.pdf import render_extract
from requests_app.domain.records import Kind
from tests.documents import world
from tests.documents.reading import Block, build_package, read_blocks, rows

if TYPE_CHECKING:
    from requests_app.documents.values import Extract

MONTHS = {"jan": 1, "feb": 2, "mars": 3, "april": 4}
STOCKHOLM = ZoneInfo("Europe/Stockholm")


@pytest.fixture(scope="module", params=[2_000, 150], ids=["one part", "many parts"])
def both(request: pytest.FixtureRequest) -> tuple[dict[str, Any], list[Block]]:
    """A mixed answer as JSON and as the blocks of its PDF."""
    before = extract_module.MAX_WEIGHT
    extract_module.MAX_WEIGHT = request.param
    try:
        extract = _mixed_with_extras()
        rendered = render_extract(extract)
    finally:
        extract_module.MAX_WEIGHT = before
    with zipfile.ZipFile(io.BytesIO(build_package(extract, rendered.data))) as archive:
        return json.loads(archive.read("DSR-2026-0042.json")), read_blocks(rendered.data)


def _mixed_with_extras() -> Extract:
    """700 records of the usual mix and Anna's facts and invoices."""
    extract = world.mixed(700)
    more = world.category(world.CUSTOMER, [world.customer_record()]), world.category(world.INVOICES, world.invoices(20))
    first = replace(extract.sections[0], categories=(*more, *extract.sections[0].categories))
    return replace(extract, sections=(first, *extract.sections[1:]))


def _records(copy: dict[str, Any], kind: Kind) -> list[dict[str, Any]]:
    categories = [category for system in copy["systems"] for category in system["categories"]]
    return [record for category in categories if category["kind"] == kind.value for record in category["records"]]


def _local(record: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(record["occurred_at"]).astimezone(STOCKHOLM)


def test_every_reading_stands_in_its_place(both: tuple[dict[str, Any], list[Block]]) -> None:
    copy, blocks = both
    printed: dict[tuple[str, int], str] = {}
    for row in rows(blocks):
        if len(row) == 5 and re.fullmatch(r"(mån|tis|ons|tors|fre|lör|sön) \d+ \w+", row[0]):
            values = [value.rstrip("*") for cell in row[1:] for value in cell.split()]
            assert len(values) == 24
            printed |= {(row[0].split(" ", 1)[1], hour): value for hour, value in enumerate(values) if value != "–"}
    expected = {}
    for record in _records(copy, Kind.TIME_SERIES):
        when = _local(record)
        month = next(name for name, number in MONTHS.items() if number == when.month)
        expected[f"{when.day} {month}", when.hour] = str(record["fields"]["value"]).replace(".", ",")
    assert printed == expected
    assert len(expected) == 490


def test_every_mark_on_a_reading_is_told(both: tuple[dict[str, Any], list[Block]]) -> None:
    copy, blocks = both
    printed = set()
    for block in blocks:
        if block.text.startswith("* beräknat:"):
            for day, month, hours in re.findall(r"(\d+) (\w+) kl\. ([\d, –]+)", block.text):
                printed |= {(MONTHS[month], int(day), hour) for hour in _spelled_out(hours)}
    estimated = [
        _local(record) for record in _records(copy, Kind.TIME_SERIES) if record["fields"]["flag"] == "beräknat"
    ]
    assert printed == {(when.month, when.day, when.hour) for when in estimated}
    assert any("Kvalitet: uppmätt, om inget annat anges." in block.text for block in blocks)
    starred = sum(cell.count("*") for row in rows(blocks) if len(row) == 5 for cell in row[1:] if "," in cell)
    assert starred == len(estimated) == 13


def _spelled_out(hours: str) -> list[int]:
    found: list[int] = []
    for span in hours.split(", "):
        first, _, last = span.strip().partition("–")
        found += range(int(first), int(last or first) + 1)
    return found


def test_every_message_stands_in_order_with_who_and_when(both: tuple[dict[str, Any], list[Block]]) -> None:
    copy, blocks = both
    roles = {"person": "du", "staff": "personal"}
    expected = [
        f"{_local(record):%H:%M} {record['fields']['from']} ({roles[record['fields']['role']]}) {record['fields']['text']}"
        for record in _records(copy, Kind.CONVERSATION)
    ]
    printed = [
        " ".join(block.text.split()) for block in blocks if block.tag == "P" and re.match(r"\d\d:\d\d ", block.text)
    ]
    assert printed == expected
    assert len(expected) == 140


def test_every_row_of_the_tables_stands_in_order(both: tuple[dict[str, Any], list[Block]]) -> None:
    copy, blocks = both
    told = rows(blocks)
    for category, line in (("invoices", _invoice), ("logins", _login)):
        records = next(c["records"] for s in copy["systems"] for c in s["categories"] if c["key"] == category)
        expected = [line(record) for record in records]
        assert [row for row in told if row in expected] == expected
    assert any("Samma på alla rader: currency: SEK." in block.text for block in blocks)
    assert any("Samma på alla rader: Metod: BankID." in block.text for block in blocks)


def _invoice(record: dict[str, Any]) -> list[str]:
    fields = record["fields"]
    amount = f"{fields['amount']:,.2f}".replace(",", " ").replace(".", ",")
    paid = "Ja" if fields["paid"] else "Nej"
    when = f"{_local(record):%Y-%m-%d %H:%M}"
    return [when, fields["invoice_no"], f"{amount} kr", fields["due_on"], fields["status"], paid]


def _login(record: dict[str, Any]) -> list[str]:
    return [f"{_local(record):%Y-%m-%d %H:%M:%S}", record["fields"]["ip"], record["fields"]["device"]]


def test_every_fact_stands_with_its_label(both: tuple[dict[str, Any], list[Block]]) -> None:
    copy, blocks = both
    told = rows(blocks)
    for row in (
        ["Kundnummer", "100482"],
        ["Personnummer", "18900429-****"],
        ["Autogiro", "Ja"],
        ["Tjänster", "Elnät, Fjärrvärme, Avfall"],
        ["segment_code", "code: V2 reasons: villa reasons: fjärrvärme"],
        ["Källa", "Kundens anmälan"],
        ["Observera", "Fler än du står på avtalet."],
    ):
        assert row in told
    record = _records(copy, Kind.FACTS)[0]
    assert record["fields"]["personnummer"] == "18900429-****"
    assert record["marks"] == ["co_holder"]
    assert copy["shortened_identity_numbers"] == 2
