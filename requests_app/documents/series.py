"""Meter readings as HTML: a heading and a plot for each meter, then its values as compactly as their spacing allows."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from requests_app.documents.formatting import format_time, local_time, unit_word
from requests_app.documents.grid import MAX_TEXT, bare_text, fill, grid_html, month_title
from requests_app.documents.periods import period_pieces
from requests_app.documents.pieces import Piece, piece, same_for_all
from requests_app.documents.plot import ADDITIVE_UNITS, plot
from requests_app.documents.safe_text import cell, inline
from requests_app.documents.survey import GROUP, WHEN, Survey, group_word, texts_of
from requests_app.documents.tables import table_pieces
from requests_app.documents.words import WORDS, short_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from requests_app.documents.survey import Column, Series
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record


def series_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """All meters of a category, each with its heading, its plot and its values."""
    begun: set[str] = set()
    for group, run in groupby(records, key=lambda record: record.group):
        series = seen.series[group]
        extras = _varying_extras(series)
        layout = _layout(series, spec, extras, lang)
        yield piece(_heading(series, spec, lang, again=group in begun, unit_shown=layout is not None), 0)
        begun.add(group)
        if layout:
            yield from layout(run, spec, series, extras, lang)
        else:
            yield from table_pieces(run, spec, _as_table(series, seen), lang)


def _layout(
    series: Series, spec: CategorySpec, extras: list[Column], lang: Lang
) -> Callable[..., Iterator[Piece]] | None:
    """The most compact form that the meter's readings fit in; None when only a table with a row for each will do."""
    columns = [series.columns[name] for name in ("value",) if name in series.columns] + extras
    narrow = bool(columns) and all(_bare_width(column, spec, lang) <= MAX_TEXT for column in columns)
    if series.hourly and series.is_dense and narrow:
        return _grids
    if series.daily and narrow and not extras:
        return _periods
    return _dense_days if series.is_dense else None


def _heading(series: Series, spec: CategorySpec, lang: Lang, *, again: bool, unit_shown: bool) -> str:
    words = WORDS[lang]
    title = _title(series, spec, lang)
    if again:
        return f"<h5>{title} ({words.continued})</h5>"
    said = {GROUP, WHEN, "value", *(["unit"] if unit_shown else []), *(["flag"] if not series.usual_flag else [])}
    constants = [c for c in series.columns.values() if series.is_constant(c) and c.name not in said]
    same = same_for_all(constants, words.same_for_all_values, lang)
    usual = series.usual_flag
    if len(series.flags) > 1 and usual:
        label = inline(series.columns["flag"].label, lang)
        same += f'<p class="same">{words.usual_flag.format(label=label, flag=inline(usual, lang))}</p>'
    return f"<h5>{title}</h5>{same}{plot(series, _unit(series, spec), title, lang)}"


def _title(series: Series, spec: CategorySpec, lang: Lang) -> str:
    """``Mätare 735999114012345678``; a group that is named in words stands as it is, and without groups the category does."""
    if not series.group:
        return inline(spec.label_sv if lang == "sv" else spec.label_en, lang)
    kind = group_word(spec, lang) or ("" if " " in series.group else WORDS[lang].series)
    return inline(f"{kind} {series.group}".strip(), lang)


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


def _bare_width(column: Column, spec: CategorySpec, lang: Lang) -> int:
    """Length of the longest value without its unit."""
    known = spec.fields.get(column.name)
    return column.longest - (len(unit_word(known.unit, lang)) + 1 if known and known.unit else 0)


def _as_table(series: Series, seen: Survey) -> Survey:
    """The meter as a category of its own, without what its heading has said."""
    columns = {
        name: column
        for name, column in series.columns.items()
        if name in (WHEN, "value") or (name != GROUP and not series.is_constant(column))
    }
    return Survey(count=2, columns=columns, hidden=seen.hidden, dates_only=seen.dates_only)


def _periods(
    records: Iterable[Record], spec: CategorySpec, series: Series, extras: list[Column], lang: Lang
) -> Iterator[Piece]:
    yield from period_pieces(records, spec, series, _unit(series, spec), lang)


def _grids(
    records: Iterable[Record], spec: CategorySpec, series: Series, extras: list[Column], lang: Lang
) -> Iterator[Piece]:
    unit = _unit(series, spec)
    for first, month in _months(records):
        value = fill(month, "value", spec, series.usual_flag, lang)
        total = value.total if unit in ADDITIVE_UNITS else None
        html = grid_html(value, month_title(first, "", unit, total, lang), lang)
        for column in extras:
            extra = fill(month, column.name, spec, "", lang)
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
