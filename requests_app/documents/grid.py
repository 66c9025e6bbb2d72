"""A month of hourly values: one row per day, six hours to a cell.

Twenty-four cells a day would be six times as slow to lay out. So each cell holds six values on lines of their own width, under a
heading with the hours in the same places. A day has 23 hours when summer time begins and 25 when it ends; both days say so. What
does not fit in the grid (the second 02 o'clock, a value more for the same hour, a mark such as "estimated") is written out below it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from requests_app.documents.formatting import (
    STOCKHOLM,
    as_decimal,
    format_number,
    format_value,
    local_time,
    number_text,
    unit_word,
)
from requests_app.documents.safe_text import clean, inline
from requests_app.documents.survey import flag_of
from requests_app.documents.words import WORDS, day_and_month, month_name, short_day
from requests_app.domain.masks import SHORT, is_mask

if TYPE_CHECKING:
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, FieldSpec, Record

HOURS_PER_CELL = 6
CELLS = [range(start, start + HOURS_PER_CELL) for start in range(0, 24, HOURS_PER_CELL)]
CELL_WIDTH, MARK_WIDTH, STAR_WIDTH, SPACE_WIDTH = 20.0, 0.45, 0.75, 0.4
"""Widths of a cell, a decimal mark, a star and a space, in digits of the font."""
FIGURE_SPACE, PUNCTUATION_SPACE = "\u2007", "\u2008"
"""As wide as a digit and as a decimal mark, so that values line up without a cell each."""
STAR_SPACE = PUNCTUATION_SPACE + "\u2009"
"""About as wide as a star."""
MAX_TEXT = 10
"""Longest value, in characters, that is set in a grid."""


@dataclass(slots=True)
class Grid:
    """One field of one meter in one month, ready to be set."""

    rows: dict[date, dict[int, str]] = field(default_factory=dict)
    starred: set[tuple[date, int]] = field(default_factory=set)
    flagged: dict[str, dict[date, list[int]]] = field(default_factory=dict)
    outside: list[str] = field(default_factory=list)
    total: Decimal | None = Decimal(0)
    """Sum of all values; None when one of them is not a number."""
    before: int = 2
    after: int = 0
    """Most characters before and after the decimal mark; the hours in the heading need two."""

    def add(self, when: datetime, text: str, number: Decimal | None, flag: str | None, lang: Lang) -> None:
        """Take in one value; ``flag`` is its mark when that is not the usual one."""
        self.total = None if self.total is None or number is None else self.total + number
        whole, decimals = _split(text)
        self.before, self.after = max(self.before, len(whole)), max(self.after, len(decimals))
        day, hour = when.date(), when.hour
        row = self.rows.setdefault(day, {})
        if hour in row:
            words = WORDS[lang]
            template = words.second_time if when.fold else words.more_values
            shown = text if flag is None else f"{text} ({flag or words.no_flag})"
            self.outside.append(
                template.format(day=short_day(day, lang), hour=f"{hour:02d}", value=inline(shown, lang))
            )
            return
        row[hour] = text
        if flag is not None:
            self.starred.add((day, hour))
            self.flagged.setdefault(flag, {}).setdefault(day, []).append(hour)


def _split(text: str) -> tuple[str, str]:
    """The text before its decimal mark, and from the mark on."""
    place = next((i for i, char in enumerate(text) if char in ",."), len(text))
    return text[:place], text[place:]


def bare_text(record: Record, name: str, spec: FieldSpec | None, lang: Lang) -> tuple[str, Decimal | None]:
    """The value without its unit, which stands in the heading."""
    value = record.fields.get(name)
    if is_mask(value):
        return SHORT[lang], None
    number = as_decimal(value)
    if number is not None:
        return number_text(number, spec, lang), number
    return clean(format_value(value, spec, lang)).replace("\n", " "), None


def fill(month: list[Record], name: str, spec: CategorySpec, usual_flag: str, lang: Lang) -> Grid:
    """One field of a month's records."""
    grid = Grid()
    for record in month:
        if record.occurred_at:
            text, number = bare_text(record, name, spec.fields.get(name), lang)
            flag = flag_of(record, spec, lang)
            unusual = name == "value" and flag != usual_flag
            grid.add(local_time(record.occurred_at), text, number, flag if unusual else None, lang)
    return grid


def grid_html(grid: Grid, title: str, lang: Lang) -> str:
    """Heading, table and notes."""
    width = (
        grid.before
        + (grid.after - 1 + MARK_WIDTH if grid.after else 0)
        + (STAR_WIDTH if grid.starred else 0)
        + SPACE_WIDTH
    )
    per_line = next((n for n in (6, 3, 2) if n * width <= CELL_WIDTH), 1)
    heads = "".join(
        f'<th scope="col">{_lines([_pad(f"{h:02d}", grid) for h in hours], per_line)}</th>' for hours in CELLS
    )
    rows = "".join(_row(day, row, grid, per_line, lang) for day, row in grid.rows.items())
    notes = [*_clock_changes(grid, lang), *grid.outside, *_flag_notes(grid, lang)]
    note = f'<p class="note">{" ".join(notes)}</p>' if notes else ""
    return (
        f'<h6>{title}</h6><table class="grid"><thead><tr><th scope="col">{WORDS[lang].day}</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table>{note}"
    )


def month_title(day: date, label: str, unit: str, total: Decimal | None, lang: Lang) -> str:
    """``November 2026, kWh · totalt 812,4 kWh``; ``total`` None when values are not summed."""
    return titled(month_name(day, lang), label, unit, total, lang)


def titled(period: str, label: str, unit: str, total: Decimal | None, lang: Lang) -> str:
    """The heading of a period's values: what they are and, unless ``total`` is None, what they come to."""
    unit = inline(unit_word(unit, lang), lang)
    parts = [period, *([inline(label, lang)] if label else []), *([unit] if unit else [])]
    if total is None:
        return ", ".join(parts)
    told = WORDS[lang].total.format(sum=format_number(total, lang, grouped=True), unit=unit)
    return f"{', '.join(parts)} · {told}"


def _pad(text: str, grid: Grid, *, star: bool = False) -> str:
    """The text with its decimal mark right below those of the other values, with room for a star where some have one."""
    whole, decimals = _split(text)
    missing = grid.after - len(decimals)
    tail = "*" if star else ""
    if missing and not decimals:
        tail += PUNCTUATION_SPACE + FIGURE_SPACE * (missing - 1)
    else:
        tail += FIGURE_SPACE * missing
    if grid.starred and not star:
        tail += STAR_SPACE
    return FIGURE_SPACE * (grid.before - len(whole)) + whole + decimals + tail


def _lines(texts: list[str], per_line: int) -> str:
    lines = (texts[start : start + per_line] for start in range(0, len(texts), per_line))
    return escape("\n".join(" ".join(line).rstrip() for line in lines))


def _row(day: date, row: dict[int, str], grid: Grid, per_line: int, lang: Lang) -> str:
    cells = "".join(
        f"<td>{_lines([_pad(row.get(h, '–'), grid, star=(day, h) in grid.starred) for h in hours], per_line)}</td>"
        for hours in CELLS
    )
    return f'<tr><th scope="row">{short_day(day, lang)}</th>{cells}</tr>'


# --- Notes -------------------------------------------------------------------------------------------------------------------


def day_length(day: date) -> int:
    """Hours between midnight and midnight in Swedish local time: 23, 24 or 25."""
    start = datetime.combine(day, time(), STOCKHOLM)
    end = datetime.combine(day + timedelta(days=1), time(), STOCKHOLM)
    return round((end.timestamp() - start.timestamp()) / 3600)


def _clock_changes(grid: Grid, lang: Lang) -> list[str]:
    words = WORDS[lang]
    templates = {23: words.to_summer_time, 25: words.to_winter_time}
    lengths = ((day, day_length(day)) for day in grid.rows)
    return [templates[length].format(day=short_day(day, lang)) for day, length in lengths if length in templates]


def _flag_notes(grid: Grid, lang: Lang) -> list[str]:
    words = WORDS[lang]
    notes = []
    for flag, days in grid.flagged.items():
        places = "; ".join(f"{day_and_month(day, lang)} {_hours(hours, day, lang)}" for day, hours in days.items())
        notes.append(words.flag_note.format(flag=inline(flag or words.no_flag, lang), places=places))
    return notes


def _hours(hours: list[int], day: date, lang: Lang) -> str:
    """``kl. 03–05, 13``, or that all of the day is meant."""
    words = WORDS[lang]
    if len(hours) >= min(day_length(day), 24):
        return words.whole_day
    runs = [
        [hour for _, hour in run] for _, run in groupby(enumerate(sorted(hours)), key=lambda pair: pair[1] - pair[0])
    ]
    spans = [f"{run[0]:02d}–{run[-1]:02d}" if len(run) > 1 else f"{run[0]:02d}" for run in runs]
    return words.at_hours.format(hours=", ".join(spans))
