"""Exports of an energy company as its old systems write them, made up, and a search in them."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import Identifier, IdentifierKind, Page, Search
from requests_app.connectors.files.connector import Files

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.domain.records import Record

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MADE = datetime(2026, 11, 22, 2, 0, tzinfo=UTC)
ANNA, PER = "199004032398", "198003302398"  # Skatteverket's published test numbers
DESCRIPTION = """
fresh_days: 7
files:
  readings:
    file: "matvarden.csv"
    format: csv
    encoding: cp850
    decimal: ","
    references: {Anl: agreements.Anl}
    during: {column: Tid, from: Start, to: Slut}
    category: readings
  customers:
    file: "kunder_{date}.csv"
    format: csv
    by:
      personnummer: Pnr
      customer_no: Kundnr
      email: {column: E-post, separator: ","}
      phone: [Mobil, Telefon]
    name: [Förnamn, Efternamn]
    show: Ort
    category: customers
  agreements:
    file: "avtal.txt"
    format: csv
    delimiter: tab
    references: {Kund: customers.Kundnr}
    category: agreements
categories:
  customers:
    kind: facts
    label: {sv: Kunder, en: Customers}
    key: Kundnr
    fields:
      Kundnr: {sv: Kundnummer, en: Customer number}
      Ort: {sv: Ort, en: Town}
  agreements:
    kind: table
    label: {sv: Avtal, en: Agreements}
    key: Avtalsnr
    when: Start
    fields: {Start: {label: {sv: Från, en: From}, type: date}}
  readings:
    kind: time_series
    label: {sv: Mätvärden, en: Readings}
    when: Tid
    group: Anl
    fields: {value: {label: {sv: Värde, en: Value}, type: number, from: Värde, unit: kWh}}
"""
CUSTOMERS = """Kundnr;Förnamn;Efternamn;Pnr;E-post;Mobil;Telefon;Ort
1001;Anna;Åkerblom;900403-2398;anna@example.se, familjen@example.se;070-174 06 05;;Halmstad
1002;Per;Åkerblom;19800330-2398;familjen@example.se;;035-12 34 56;Halmstad
1003;Eva;Östlund;;EVA@example.se;0701740606;;"Växjö
(södra)"
"""
AGREEMENTS = (
    "Avtalsnr\tKund\tAnl\tStart\tSlut\n"
    "A1\t1001\t735\t2026-01-01\t2026-06-30\nA2\t1002\t735\t2026-07-01\t\nA3\t1001\t736\t2025-05-05\t\n"
)
READINGS = "Anl;Tid;Värde\n735;2026-06-30 23:00;1 234,5\n735;2026-07-01 00:00;7,0\n736;2026-07-01 00:00;0,5\n737;2026-07-01 00:00;9\n"


def write(folder: Path, name: str, content: bytes, made: datetime = MADE) -> Path:
    """A file of a certain age."""
    path = folder / name
    path.write_bytes(content)
    os.utime(path, (made.timestamp(), made.timestamp()))
    return path


def fill(folder: Path) -> Path:
    """The usual exports, each in an encoding of its own."""
    write(folder, "kunder_20261121.csv", b"Kundnr\n1\n")
    write(folder, "kunder_20261122.csv", CUSTOMERS.encode("cp1252"))
    write(folder, "avtal.txt", AGREEMENTS.encode("utf-8-sig"))
    write(folder, "matvarden.csv", READINGS.encode("cp850"))
    return folder


def many(folder: Path, rows: int) -> str:
    """An export in which every second row is Anna's, and the description of it."""
    lines = "".join(f"{1001 + n % 2};rad {n // 2 % 500};å\r\n" for n in range(rows))
    write(folder, "handelser.csv", ("Kundnr;Text;Ort\r\n" + lines).encode("cp850"))
    return """
files:
  events: {file: handelser.csv, format: csv, by: {customer_no: Kundnr}, category: events}
categories:
  events: {kind: table, label: Händelser}
"""


def search(folder: Path, *identifiers: tuple[IdentifierKind, str], **changes: Any) -> Search:
    """A search for Anna, by her personnummer unless told."""
    sought = identifiers or ((IdentifierKind.PERSONNUMMER, ANNA),)
    settings = {"place": "folder", "folder": str(folder), "description": DESCRIPTION} | changes.pop("settings", {})
    usual = Search(settings, {}, tuple(Identifier(*one) for one in sought), "Anna Åkerblom", NOW)
    return replace(usual, **changes)


def gather(folder: Path, *identifiers: tuple[IdentifierKind, str], **changes: Any) -> list[Page]:
    """The pages of such a search."""
    return list(Files().collect(search(folder, *identifiers, **changes)))


def records(pages: list[Page]) -> list[Record]:
    """All that was gathered."""
    return [record for page in pages for record in page.records]


def keys(pages: list[Page]) -> list[tuple[str, str]]:
    """What was gathered, by category and key."""
    return [(record.category, record.key) for record in records(pages)]
