"""Meter readings as HTML: a heading and a plot for each meter, then its values as compactly as their spacing allows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from requests_app.documents.formatting import format_time, local_time
from requests_app.documents.grid import MAX_TEXT, bare_text, fill, grid_html, month_title
from requests_app.documents.plot import ADDITIVE_UNITS, plot
from requests_app.documents.safe_text import cell, inline
from requests_app.documents.survey import GROUP, WHEN, Survey, texts_of
from requests_app.documents.tables import Piece, piece, same_for_all, table_pieces
from requests_app.documents.words import WORDS, short_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from requests_app.documents.survey import Column, Series
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record


def series_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """All meters of a category, each with its heading, its plot and its values."""
    begun: set[str] = set()
    for group, run in groupby(records, key=lambda record: record.group):
        series = seen.series[group]
        yield piece(_heading(series, spec, lang, again=group in begun), 0)
        begun.add(group)
        extras = _varying_extras(series)
        if _fits_grid(series, spec, extras):
            yield from _grids(run, spec, series, extras, lang)
        elif series.is_dense:
            yield from _dense_days(run, spec, series, extras, lang)
        else:
            yield from table_pieces(run, spec, _as_table(series, seen), lang)


def _heading(series: Series, spec: CategorySpec, lang: Lang, *, again: bool) -> str:
    words = WORDS[lang]
    category = spec.label_sv if lang == "sv" else spec.label_en
    title = words.series.format(group=inline(series.group, lang)) if series.group else inline(category, lang)
    if again:
        return f"<h5>{title} ({words.continued})</h5>"
    said = (GROUP, WHEN, "value")
    constants = [
        c for c in series.columns.values() if series.is_constant(c) and c.name not in said and c.only != words.empty
    ]
    same = same_for_all(constants, words.same_for_all_values, lang)
    usual = series.usual_flag
    if len(series.flags) > 1 and usual:
        label = inline(series.columns["flag"].label, lang)
        same += f'<p class="same">{words.usual_flag.format(label=label, flag=inline(usual, lang))}</p>'
    return f"<h5>{title}</h5>{same}{plot(series, _unit(series, spec), title, lang)}"


def _unit(series: Series, spec: CategorySpec) -> str:
    """The meter's unit: what every reading says, else what the register says of the value."""
    column = series.columns.get("unit")
    if column:
        return (column.only or "") if series.is_constant(column) else ""
    known = spec.fields.get("value")
    return known.unit if known else ""


def _varying_extras(series: Series) -> list[Column]:
    plain = ("value", "flag", GROUP, WHEN)
    return [column for column in series.columns.values() if column.name not in plain and not series.is_constant(column)]


def _fits_grid(series: Series, spec: CategorySpec, extras: list[Column]) -> bool:
    columns = [series.columns[name] for name in ("value",) if name in series.columns] + extras
    return (
        series.hourly and series.is_dense and bool(columns) and all(_bare_width(c, spec) <= MAX_TEXT for c in columns)
    )


def _bare_width(column: Column, spec: CategorySpec) -> int:
    """Length of the longest value without its unit."""
    known = spec.fields.get(column.name)
    return column.longest - (len(known.unit) + 1 if known and known.unit else 0)


def _as_table(series: Series, seen: Survey) -> Survey:
    """The meter as a category of its own, without what its heading has said."""
    columns = {
        name: column
        for name, column in series.columns.items()
        if name in (WHEN, "value") or (name != GROUP and not series.is_constant(column))
    }
    return Survey(count=2, columns=columns, repeats_time=seen.repeats_time)


def _grids(
    records: Iterable[Record], spec: CategorySpec, series: Series, extras: list[Column], lang: Lang
) -> Iterator[Piece]:
    unit = _unit(series, spec)
    for first, month in _months(records):
        value = fill(month, "value", spec.fields.get("value"), series.usual_flag, lang)
        total = value.total if unit in ADDITIVE_UNITS else None
        html = grid_html(value, month_title(first, "", unit, total, lang), lang)
        for column in extras:
            extra = fill(month, column.name, spec.fields.get(column.name), "", lang)
            known = spec.fields.get(column.name)
            html += grid_html(extra, month_title(first, column.label, known.unit if known else "", None, lang), lang)
        yield piece(html, len(month))


def _months(records: Iterable[Record]) -> Iterator[tuple[date, list[Record]]]:
    timed = ((local_time(record.occurred_at), record) for record in records if record.occurred_at)
    for _, run in groupby(timed, key=lambda pair: (pair[0].year, pair[0].month)):
        month = list(run)
        yield month[0][0].date(), [record for _, record in month]


def _dense_days(
    records: Iterable[Record], spec: CategorySpec, series: Series, extras: list[Column], lang: Lang
) -> Iterator[Piece]:
    """Several values a day that do not stand on the hour: each day's values on one row, with their times."""
    words = WORDS[lang]
    unit = _unit(series, spec)
    names = [column.name for column in extras]
    if len(series.flags) > 1:
        names.append("flag")
    head = f'<tr><th scope="col">{words.day}</th><th scope="col">{words.times_and_values}</th></tr>'
    for first, month in _months(records):
        rows = []
        for day, run in groupby(month, key=lambda record: record.occurred_at and local_time(record.occurred_at).date()):
            values = " · ".join(_timed_value(record, spec, names, lang) for record in run)
            rows.append(f'<tr><th scope="row">{short_day(day, lang) if day else ""}</th><td>{values}</td></tr>')
        title = month_title(first, "", unit, None, lang)
        table = f'<table class="days"><thead>{head}</thead><tbody>{"".join(rows)}</tbody></table>'
        yield piece(f"<h6>{title}</h6>{table}", len(month))


def _timed_value(record: Record, spec: CategorySpec, names: list[str], lang: Lang) -> str:
    texts = texts_of(record, spec, lang)
    more = [cell(texts[name], lang) for name in names if name in texts]
    when = format_time(record.occurred_at)[11:] if record.occurred_at else ""
    value, _ = bare_text(record, "value", spec.fields.get("value"), lang)
    return f"{when} <b>{cell(value, lang)}</b>{' (' + ', '.join(more) + ')' if more else ''}"
