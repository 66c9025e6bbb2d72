"""A report as a file: XLSX, CSV or PDF, each with the same numbers and every definition."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from requests_app.documents.package import safe_cell
from requests_app.documents.report import (
    ChartFacts,
    FigureFacts,
    ReportFacts,
    TableFacts,
    render_report,
)
from requests_app.domain.deadline_words import format_day
from requests_app.services import policy as policies
from requests_app.services.reports.charts import drawn
from requests_app.services.reports.definitions import COUNT, DAYS, HOURS, LEAST, MEAN, SHARE, SUM_DAYS, Both
from requests_app.services.reports.values import Report, Table, Value, basis, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests_app.documents.values import Lang

_HEADS = (
    Both("Tabell", "Table"),
    Both("Rad", "Row"),
    Both("Mått", "Measure"),
    Both("Värde", "Value"),
    Both("Enhet", "Unit"),
    Both("Del", "Part"),
    Both("n", "n"),
    Both("Definition", "Definition"),
)
_UNITS = {
    COUNT: Both("antal", "number"),
    SHARE: Both("procent", "per cent"),
    DAYS: Both("dagar", "days"),
    SUM_DAYS: Both("dagar", "days"),
    HOURS: Both("timmar", "hours"),
    MEAN: Both("medel", "mean"),
}
KEY_FIGURES = Both("Nyckeltal", "Key figures")
INTERNAL = Both("Internt för juristen", "Internal, for legal")
SHARED = Both(
    "För spridning: små tal är dolda, övriga antal avrundade till närmaste femtal och andelar räknade på dem. Görs bara av en hel, "
    "avslutad kalendermånad eller ett helt, avslutat kalenderår, utan urval och för alla team.",
    "For distribution: small numbers are hidden, other numbers rounded to the nearest five and shares reckoned from those. Made only of "
    "one whole, ended calendar month or year, with nothing narrowed and for every team.",
)
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")


def period_words(report: Report) -> str:
    """``tors 1 okt 2026 – lör 31 okt 2026``."""
    return " – ".join(format_day(day, report.lang) for day in (report.period.first, report.period.last))


def audience_words(report: Report) -> str:
    """Whom the file is for."""
    return (SHARED if report.shared else INTERNAL).say(report.lang)


def file_name(report: Report, ending: str) -> str:
    """``rapport-times-2026-10-01-2026-10-31.xlsx``."""
    kind = Both("rapport", "report").say(report.lang)
    return f"{kind}-{report.key}-{report.period.first}-{report.period.last}.{ending}"


def _plain(value: Value) -> Any:
    """The number of a cell: per cent as 0 to 1, everything else as it is; None when there is none."""
    if value.hidden or value.amount is None:
        return None
    return int(value.amount) if value.kind in {COUNT, SUM_DAYS} else float(value.amount)


def _lines(report: Report) -> Iterator[tuple[str, str, str, Value, str]]:
    """Table, row, measure, value and definition of every number of the report."""
    for item in report.figures:
        yield KEY_FIGURES.say(report.lang), "", item.label, item.value, item.means
    for table in report.tables:
        for row in table.rows:
            for column, value in zip(table.columns, row.values, strict=True):
                yield table.title, row.label, column.label, value, column.means


def as_csv(report: Report) -> bytes:
    """One number a line, under heads; UTF-8 with a byte order mark, semicolons, cells that never start a formula."""
    lang = report.lang
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";")
    about = (Both("Rapport", "Report"), Both("Period", "Period"), Both("Urval", "Narrowed to"), Both("Avsedd", "Meant"))
    writer.writerow([head.say(lang) for head in (*about, *_HEADS)])
    beside = [report.title, str(report.period), ", ".join(report.narrowed), audience_words(report)]
    for table, row, measure, value, means in _lines(report):
        number = shown(value, lang) if value.hidden else _csv_number(value, lang)
        hidden = value.hidden or value.kind not in {SHARE}
        cells = [table, row, measure, number, _UNITS[value.kind].say(lang), "" if hidden else value.part]
        cells += ["" if value.hidden else value.n, means]
        writer.writerow([safe_cell(cell) for cell in (*beside, *cells)])
    return out.getvalue().encode("utf-8-sig")


def _csv_number(value: Value, lang: str) -> str:
    number = _plain(value)
    if number is None:
        return ""
    text = f"{number * 100:.1f}" if value.kind == SHARE else f"{number:g}" if isinstance(number, float) else str(number)
    return text if lang.startswith("en") else text.replace(".", ",")


def as_xlsx(report: Report) -> bytes:
    """A workbook: key figures, a sheet for each table, and the definitions."""
    from openpyxl import Workbook  # slow to import, and most processes never write a workbook

    book = Workbook(write_only=True)
    book.properties.title = report.title
    book.properties.creator = "hemdsr"
    lang, taken = report.lang, set[str]()
    about = [report.title, period_words(report), *report.narrowed, audience_words(report)]
    first = _sheet(book, KEY_FIGURES.say(lang), taken, widths=(34, 12, 10, 10, 100))
    for line in about:
        first.append([_text(first, line)])
    first.append([])
    first.append([_text(first, head.say(lang), bold=True) for head in (*_HEADS[2:4], *_HEADS[5:])])
    for item in report.figures:
        value = item.value
        part = value.part if value.kind == SHARE and not value.hidden else None
        n = None if value.hidden else value.n
        first.append([_text(first, item.label), _cell(first, value, lang), part, n, _text(first, item.means)])
    for table in report.tables:
        _table_sheet(book, table, taken, lang)
    last = _sheet(book, Both("Definitioner", "Definitions").say(lang), taken, widths=(34, 34, 100))
    last.append([_text(last, head.say(lang), bold=True) for head in (_HEADS[0], _HEADS[2], _HEADS[7])])
    for title, label, means in dict.fromkeys((table, measure, means) for table, _, measure, _, means in _lines(report)):
        last.append([_text(last, cell) for cell in (title, label, means)])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _table_sheet(book: Any, table: Table, taken: set[str], lang: str) -> None:
    sheet = _sheet(book, table.title, taken, widths=(34, *(18 for _ in range(3 * len(table.columns)))))
    heads: list[str] = [table.head]
    for at, column in enumerate(table.columns):
        kinds = {row.values[at].kind for row in table.rows}
        heads.append(column.label)
        if SHARE in kinds:
            heads.append(f"{column.label}, {_HEADS[5].say(lang).lower()}")
        if kinds - {COUNT, SUM_DAYS}:
            heads.append(f"{column.label}, n")
    sheet.append([_text(sheet, head, bold=True) for head in heads])
    for row in table.rows:
        cells: list[Any] = [_text(sheet, row.label, bold=row.whole)]
        for value in row.values:
            cells.append(_cell(sheet, value, lang))
            if value.kind == SHARE:
                cells.append(None if value.hidden else value.part)
            if value.kind not in {COUNT, SUM_DAYS}:
                cells.append(None if value.hidden else value.n)
        sheet.append(cells)


def _sheet(book: Any, name: str, taken: set[str], *, widths: tuple[int, ...]) -> Any:
    """A sheet with a name Excel takes (31 signs, each name once), its first column kept in sight."""
    base = _NOT_IN_SHEET_NAMES.sub(" ", name).strip("' ")[:28] or "-"
    name = next(found for n in range(1, 100) if (found := base if n == 1 else f"{base} {n}").lower() not in taken)
    taken.add(name.lower())
    sheet = book.create_sheet(name)
    for at, width in enumerate(widths):
        sheet.column_dimensions[chr(ord("A") + at) if at < 26 else f"A{chr(ord('A') + at - 26)}"].width = width
    return sheet


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    cell = WriteOnlyCell(sheet, value=safe_cell(text))
    if bold:
        cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Value, lang: str) -> Any:
    if value.hidden:
        return shown(value, lang)
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, value=_plain(value))
    formats = {COUNT: "#,##0", SUM_DAYS: "#,##0", SHARE: "0.0%", DAYS: "0.0", HOURS: "0.00", MEAN: "0.0"}
    cell.number_format = formats[value.kind]
    return cell


def as_pdf(report: Report) -> bytes:
    """A tagged document under the controller's head."""
    lang: Lang = "en" if report.lang.startswith("en") else "sv"
    _, values = policies.current()

    facts = ReportFacts(
        lang=lang,
        sender=policies.sender(values, lang),
        title=report.title,
        about=report.about,
        period=period_words(report),
        narrowed=report.narrowed,
        audience=audience_words(report),
        made_on=timezone.localdate(),
        least=LEAST,
        figures=tuple(
            FigureFacts(item.label, shown(item.value, lang), basis(item.value, lang), item.means)
            for item in report.figures
        ),
        charts=tuple(ChartFacts(chart.title, svg) for chart in report.charts if (svg := drawn(report, chart))),
        tables=tuple(
            TableFacts(
                title=table.title,
                head=table.head,
                columns=tuple(column.label for column in table.columns),
                rows=tuple(
                    (row.label, tuple((shown(value, lang), basis(value, lang)) for value in row.values))
                    for row in table.rows
                ),
                meanings=_meanings(table),
            )
            for table in report.tables
        ),
    )
    return render_report(facts).data


def _meanings(table: Table) -> tuple[tuple[str, str], ...]:
    """The definitions of the columns; one that holds for all of them is said once, under no name."""
    found = [(column.label, column.means) for column in table.columns]
    if len(found) > 1 and len({means for _, means in found}) == 1:
        return (("", found[0][1]),)
    return tuple(found)


FORMATS: dict[str, Callable[[Report], bytes]] = {"xlsx": as_xlsx, "csv": as_csv, "pdf": as_pdf}
"""Ending of the file -> how it is made."""
