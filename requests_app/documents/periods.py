"""Readings of whole days and months: a calendar row for each week, or a row for each year with its twelve months."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from requests_app.documents.formatting import local_time
from requests_app.documents.grid import bare_text, titled
from requests_app.documents.pieces import Piece, piece
from requests_app.documents.plot import ADDITIVE_UNITS
from requests_app.documents.safe_text import cell, inline
from requests_app.documents.survey import flag_of
from requests_app.documents.words import WORDS, day_and_month

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from requests_app.documents.survey import Series
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record

MONTHS_PER_ROW_TEXT = 6
"""Longest value, in characters, with which twelve months fit on one row; longer ones stand in two lines of six."""


@dataclass(slots=True)
class _Year:
    """A year's values by day, the sum if they have one, and where which unusual mark stands."""

    values: dict[date, str] = field(default_factory=dict)
    total: Decimal | None = Decimal(0)
    flagged: dict[str, list[date]] = field(default_factory=dict)

    def text(self, day: date, lang: Lang) -> str:
        """What stands in the day's cell; a dash when the system has nothing."""
        star = "*" if any(day in days for days in self.flagged.values()) else ""
        return cell(self.values.get(day, WORDS[lang].empty), lang) + star


def period_pieces(
    records: Iterable[Record], spec: CategorySpec, series: Series, unit: str, lang: Lang
) -> Iterator[Piece]:
    """A meter's daily values, a table for each year, or its monthly values in one. ``series`` must be ``daily``, its values short."""
    years: dict[int, _Year] = {}
    for record in records:
        if record.occurred_at:
            day = local_time(record.occurred_at).date()
            year = years.setdefault(day.year, _Year())
            text, amount = bare_text(record, "value", spec.fields.get("value"), lang)
            year.values[day] = text
            year.total = None if year.total is None or amount is None else year.total + amount
            flag = flag_of(record, spec, lang)
            if flag != series.usual_flag:
                year.flagged.setdefault(flag, []).append(day)
    if series.monthly:
        yield piece(_months(years, unit, lang), series.count)
        return
    for number, year in years.items():
        title = _title(str(number), [year], unit, lang)
        yield piece(f"{title}{_weeks(year, lang)}{_notes(year, lang, monthly=False)}", len(year.values))


def _title(period: str, years: list[_Year], unit: str, lang: Lang) -> str:
    totals = [year.total for year in years]
    several = sum(len(year.values) for year in years) > 1
    known = [total for total in totals if total is not None]
    total = sum(known, Decimal(0)) if several and unit in ADDITIVE_UNITS and len(known) == len(totals) else None
    return f"<h6>{titled(period, '', unit, total, lang)}</h6>"


def _notes(year: _Year, lang: Lang, *, monthly: bool) -> str:
    words = WORDS[lang]
    notes = []
    for flag, days in year.flagged.items():
        places = (
            f"{words.short_months[day.month - 1]} {day.year}" if monthly else day_and_month(day, lang)
            for day in sorted(days)
        )
        told = words.flag_note.format(flag=inline(flag or words.no_flag, lang), places=", ".join(places))
        notes.append(told)
    return f'<p class="note">{" ".join(notes)}</p>' if notes else ""


# --- Days --------------------------------------------------------------------------------------------------------------------


def _weeks(year: _Year, lang: Lang) -> str:
    words = WORDS[lang]
    first, last = min(year.values), max(year.values)
    heads = "".join(f'<th scope="col">{weekday}</th>' for weekday in words.weekdays)
    rows = []
    monday = first - timedelta(days=first.weekday())
    while monday <= last:
        days = [monday + timedelta(days=i) for i in range(7)]
        inside = [day for day in days if first <= day <= last]
        if any(day in year.values for day in inside):
            cells = "".join(f"<td>{year.text(day, lang) if day in inside else ''}</td>" for day in days)
            rows.append(f'<tr><th scope="row">{_span(inside, lang)}</th>{cells}</tr>')
        monday += timedelta(days=7)
    return (
        f'<table class="weeks"><thead><tr><th scope="col">{words.week}</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def _span(days: list[date], lang: Lang) -> str:
    """``2–8 nov``, ``30 nov–6 dec`` or, for one day, ``1 nov``."""
    first, last = days[0], days[-1]
    if first == last:
        return day_and_month(last, lang)
    if first.month == last.month:
        return f"{first.day}–{day_and_month(last, lang)}"
    return f"{day_and_month(first, lang)}–{day_and_month(last, lang)}"


# --- Months ------------------------------------------------------------------------------------------------------------------


def _months(years: dict[int, _Year], unit: str, lang: Lang) -> str:
    words = WORDS[lang]
    first, last = min(years), max(years)
    longest = max(len(text) for year in years.values() for text in year.values.values())
    across = 12 if longest <= MONTHS_PER_ROW_TEXT else 6
    names = [month.capitalize() for month in words.short_months]
    heads = "".join(f'<th scope="col">{_lines(names[i::across])}</th>' for i in range(across))
    begin, end = min(years[first].values), max(years[last].values)
    rows = ""
    for number in sorted(years):
        months = (date(number, month, 1) for month in range(1, 13))
        texts = [years[number].text(day, lang) if begin <= day <= end else "" for day in months]
        cells = "".join(f"<td>{_lines(texts[i::across])}</td>" for i in range(across))
        rows += f'<tr><th scope="row">{number}</th>{cells}</tr>'
    title = _title(str(first) if first == last else f"{first}–{last}", list(years.values()), unit, lang)
    notes = "".join(_notes(year, lang, monthly=True) for year in years.values())
    return (
        f'{title}<table class="months"><thead><tr><th scope="col">{words.year}</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{notes}"
    )


def _lines(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else "".join(f"<div>{text}</div>" for text in texts)
