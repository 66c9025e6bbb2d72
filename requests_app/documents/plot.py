"""A meter's readings as a bar chart in SVG, with its facts as text for who cannot see it."""

from __future__ import annotations

from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING

from requests_app.documents.formatting import format_number, unit_word
from requests_app.documents.words import WORDS, month_name, short_day

if TYPE_CHECKING:
    from datetime import date

    from requests_app.documents.survey import Series
    from requests_app.documents.values import Lang

ADDITIVE_UNITS = frozenset({"Wh", "kWh", "MWh", "m3", "m³", "l", "liter", "kg", "GJ", "MJ", "SEK", "kr"})
"""Units whose hourly values add up to something; of others (degrees, watts) the mean is shown."""
MAX_DAYS = 62
"""Longer periods are shown by month."""
MAX_BARS = 60
WIDTH, HEIGHT = 494, 118
LEFT, RIGHT, TOP, BOTTOM = 40, 2, 8, 18
_STYLE = 'font-family="Document Sans" font-size="7.5" fill="#56676e"'


def _bars(series: Series, unit: str) -> tuple[list[tuple[date, Decimal]], bool]:
    """The bars in order of time, and whether each is a month."""
    monthly = series.monthly or (max(series.days) - min(series.days)).days >= MAX_DAYS
    sums: dict[date, tuple[Decimal, int]] = {}
    for day, (amount, n) in sorted(series.days.items()):
        step = day.replace(day=1) if monthly else day
        total, count = sums.get(step, (Decimal(0), 0))
        sums[step] = (total + amount, count + n)
    additive = unit in ADDITIVE_UNITS
    return [(step, total if additive else total / count) for step, (total, count) in sums.items()], monthly


def _nice_top(highest: float) -> float:
    """The round number that the scale ends with."""
    power = 10.0 ** len(str(int(highest))) if highest >= 1 else 1.0
    return next((power * part for part in (0.1, 0.2, 0.25, 0.4, 0.5, 0.6, 0.8) if power * part >= highest), power)


def _round(number: Decimal) -> Decimal:
    """The charts' words and scale are about size, so three decimals are enough; the values themselves stand in the table."""
    return number.quantize(Decimal("0.001")).normalize() + Decimal(0)


def plot(series: Series, unit: str, name: str, lang: Lang) -> str:
    """The chart as a figure, or nothing when there is too little, too much or something that is not a number to show."""
    if not series.plottable or len(series.days) < 2:
        return ""
    bars, monthly = _bars(series, unit)
    lowest, highest = min(bars, key=lambda bar: bar[1]), max(bars, key=lambda bar: bar[1])
    if len(bars) > MAX_BARS or lowest[1] < 0 or highest[1] == 0 or highest[1] > 10**12:
        return ""
    words = WORDS[lang]
    shown_unit = escape(unit_word(unit, lang))
    step_name = month_name if monthly else short_day
    text = words.plot.format(
        name=name,
        unit=shown_unit,
        step=words.per_month if monthly else words.per_day,
        first=step_name(bars[0][0], lang),
        last=step_name(bars[-1][0], lang),
        how=words.plot_sum if unit in ADDITIVE_UNITS else words.plot_mean,
        low=format_number(_round(lowest[1]), lang, grouped=True),
        low_at=step_name(lowest[0], lang),
        high=format_number(_round(highest[1]), lang, grouped=True),
        high_at=step_name(highest[0], lang),
    )
    caption = f"{shown_unit} {words.per_month if monthly else words.per_day}".strip()
    svg = _svg(bars, float(highest[1]), monthly=monthly, lang=lang)
    return f'<div class="plot"><p class="nr">{caption}</p>{svg.replace("@title", text, 1)}</div>'


def _svg(bars: list[tuple[date, Decimal]], highest: float, *, monthly: bool, lang: Lang) -> str:
    top = _nice_top(highest)
    height, width = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - RIGHT) / len(bars)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}pt" height="{HEIGHT}pt" {_STYLE}>'
    ]
    parts.append("<title>@title</title>")
    for share in (0.0, 0.5, 1.0):
        y = TOP + height * (1 - share)
        label = format_number(_round(Decimal(str(top * share))), lang, grouped=True)
        parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#d5dde0" stroke-width="0.6"/>')
        parts.append(f'<text x="{LEFT - 5}" y="{y + 2.6:.1f}" text-anchor="end">{label}</text>')
    every = max(1, round(len(bars) / 12))
    for i, (step, amount) in enumerate(bars):
        x, tall = LEFT + i * width, height * float(amount) / top
        box = f'x="{x + width * 0.14:.1f}" y="{TOP + height - tall:.1f}" width="{width * 0.72:.1f}" height="{tall:.1f}"'
        parts.append(f'<rect {box} fill="#2b7a8b"/>')
        if i % every == 0:
            parts.append(
                f'<text x="{x + width / 2:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{_tick(step, monthly, lang)}</text>'
            )
    return "".join((*parts, "</svg>"))


def _tick(step: date, monthly: bool, lang: Lang) -> str:
    month = WORDS[lang].short_months[step.month - 1][:3]
    return f"{month} {step.year % 100:02d}" if monthly else f"{step.day} {month}"
