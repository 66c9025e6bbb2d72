"""Bar and line charts as SVG, made here: no script, no style of their own, so that they stand under a strict CSP and in a PDF alike.

Colours are presentation attributes that a page's stylesheet may override by class. What is drawn is also said: a title and a
description go along for who cannot see it, and the same numbers always stand in a table beside the drawing. Two series differ in form
(filled and outlined, whole and dashed), never in colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Literal

from requests_app.documents.formatting import format_number
from requests_app.documents.safe_text import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.documents.values import Lang

WIDTH, HEIGHT = 494, 168
LEFT, RIGHT, TOP, BOTTOM = 34, 4, 22, 20
ROW, NAME = 17, 168
"""Height of a lying bar and room for its name."""
MAX_LABELS = 12
MAX_NAME = 34
INK, QUIET, GRID, FIRST, SECOND = "#1c2529", "#56676e", "#d5dde0", "#2b7a8b", "#8a4b00"
_EVEN, _STEPS = (2, 4, 6, 8, 10), (2, 3, 4, 5, 6, 8, 10)
"""Where a scale may end, below ten and above: half of it is a whole number too."""

_SAID = {
    "sv": (
        "{name}: lägst {low} ({low_at}), högst {high} ({high_at}).",
        "{name}: inga tal att visa.",
        "Talen står i tabellen.",
    ),
    "en": (
        "{name}: lowest {low} ({low_at}), highest {high} ({high_at}).",
        "{name}: no numbers to show.",
        "The numbers stand in the table.",
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One series: its name, a number (or a gap) for each label, and the same as people read it."""

    name: str
    numbers: tuple[Decimal | None, ...]
    said: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """What to draw. ``bar``: standing bars over time; ``line``: points joined; ``rows``: lying bars with long names, one series."""

    key: str
    """Unlike every other on the page: the ids of title and description are made of it."""
    title: str
    lang: Lang
    labels: tuple[str, ...]
    lines: tuple[Line, ...]
    shape: Literal["bar", "line", "rows"] = "bar"
    percent: bool = False
    """The scale ends at 100."""


def draw(drawing: Drawing) -> str:
    """The chart as one ``<svg>`` element. Text of the drawing is escaped; nothing in it is taken for markup."""
    if drawing.shape == "rows":
        height = TOP + ROW * len(drawing.labels) + 4
        body = "".join(_lying(drawing))
    else:
        height = HEIGHT
        body = "".join((*_legend(drawing), *_scale(drawing), *_labels(drawing), *_series(drawing)))
    key = _text(drawing.key)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="chart-drawing" role="img" aria-labelledby="{key}-t {key}-d" '
        f'viewBox="0 0 {WIDTH} {height}" width="{WIDTH}pt" height="{height}pt" font-family="Document Sans" font-size="8">'
        f'<title id="{key}-t">{_text(drawing.title)}</title><desc id="{key}-d">{_text(described(drawing))}</desc>{body}</svg>'
    )


def described(drawing: Drawing) -> str:
    """The chart in words: for each series where it is lowest and highest."""
    span, nothing, table = _SAID[drawing.lang]
    found = []
    for line in drawing.lines:
        known = [(number, at) for at, number in enumerate(line.numbers) if number is not None]
        if not known:
            found.append(nothing.format(name=line.name))
            continue
        (_, low), (_, high) = min(known), max(known, key=lambda pair: (pair[0], -pair[1]))
        found.append(
            span.format(
                name=line.name,
                low=line.said[low],
                low_at=drawing.labels[low],
                high=line.said[high],
                high_at=drawing.labels[high],
            )
        )
    return " ".join([*found, table])


def top_of(drawing: Drawing) -> Decimal:
    """The round number the scale ends with."""
    if drawing.percent:
        return Decimal(100)
    highest = max(
        (number for line in drawing.lines for number in line.numbers if number is not None), default=Decimal(0)
    )
    power = Decimal(1)
    while power * 10 < highest:
        power *= 10
    steps = _EVEN if power == 1 else _STEPS
    return next(power * step for step in steps if power * step >= highest)


def _text(text: str) -> str:
    return escape(clean(text))


def _legend(drawing: Drawing) -> Iterator[str]:
    x = LEFT
    for number, line in enumerate(drawing.lines):
        yield _mark(drawing, number, x, 6)
        name = line.name[:MAX_NAME]
        yield f'<text class="chart-text" x="{x + 18}" y="10" fill="{INK}">{_text(name)}</text>'
        x += 30 + 5 * len(name)


def _mark(drawing: Drawing, number: int, x: float, y: float) -> str:
    if drawing.shape == "line":
        return f'<path class="chart-line-{number}" d="M{x} {y + 1}h14" {_stroke(number)}/>' + _point(
            number, x + 7, y + 1
        )
    return f'<rect class="chart-bar-{number}" x="{x}" y="{y - 3}" width="12" height="8" {_fill(number)}/>'


def _stroke(number: int) -> str:
    return (
        f'fill="none" stroke="{FIRST}" stroke-width="1.6"'
        if number == 0
        else (f'fill="none" stroke="{SECOND}" stroke-width="1.6" stroke-dasharray="4 2"')
    )


def _fill(number: int) -> str:
    return f'fill="{FIRST}"' if number == 0 else f'fill="#fff" stroke="{SECOND}" stroke-width="1"'


def _point(number: int, x: float, y: float) -> str:
    if number == 0:
        return f'<circle class="chart-bar-0" cx="{x:.1f}" cy="{y:.1f}" r="2.4" fill="{FIRST}"/>'
    return f'<rect class="chart-bar-1" x="{x - 2.2:.1f}" y="{y - 2.2:.1f}" width="4.4" height="4.4" {_fill(1)}/>'


def _scale(drawing: Drawing) -> Iterator[str]:
    top, height = top_of(drawing), HEIGHT - TOP - BOTTOM
    for share in (Decimal(0), Decimal("0.5"), Decimal(1)):
        y = TOP + height * float(1 - share)
        label = format_number((top * share).normalize() + Decimal(0), drawing.lang, grouped=True)
        unit = " %" if drawing.percent else ""
        yield f'<path class="chart-grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="{GRID}" stroke-width="0.6"/>'
        yield f'<text class="chart-text" x="{LEFT - 4}" y="{y + 2.8:.1f}" text-anchor="end" fill="{QUIET}">{label}{unit}</text>'


def _labels(drawing: Drawing) -> Iterator[str]:
    every = max(1, -(-len(drawing.labels) // MAX_LABELS))
    for at, label in enumerate(drawing.labels):
        if at % every == 0:
            x = _middle(drawing, at)
            yield (
                f'<text class="chart-text" x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle" fill="{QUIET}">'
                f"{_text(_short(label))}</text>"
            )


def _short(label: str) -> str:
    """A month without its century: ``okt 26``."""
    month, _, year = label.rpartition(" ")
    return f"{month} {year[-2:]}" if month and len(year) == 4 and year.isdigit() else label[:12]


def _middle(drawing: Drawing, at: int) -> float:
    return LEFT + (at + 0.5) * (WIDTH - LEFT - RIGHT) / len(drawing.labels)


def _y(drawing: Drawing, number: Decimal) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - float(number / top_of(drawing)))


def _series(drawing: Drawing) -> Iterator[str]:
    for number, line in enumerate(drawing.lines):
        yield from (_joined if drawing.shape == "line" else _bars)(drawing, number, line)


def _bars(drawing: Drawing, number: int, line: Line) -> Iterator[str]:
    room = (WIDTH - LEFT - RIGHT) / len(drawing.labels) * 0.76
    wide = min(26.0, room / len(drawing.lines))
    for at, value in enumerate(line.numbers):
        if value:
            x, y = _middle(drawing, at) - wide * len(drawing.lines) / 2 + wide * number, _y(drawing, value)
            yield (
                f'<rect class="chart-bar-{number}" x="{x:.1f}" y="{y:.1f}" width="{wide - 1:.1f}" '
                f'height="{HEIGHT - BOTTOM - y:.1f}" {_fill(number)}/>'
            )


def _joined(drawing: Drawing, number: int, line: Line) -> Iterator[str]:
    """Neighbours are joined; a gap in the numbers is a gap in the line."""
    path, points, pen = [], [], "M"
    for at, value in enumerate(line.numbers):
        if value is None:
            pen = "M"
            continue
        x, y = _middle(drawing, at), _y(drawing, value)
        path.append(f"{pen}{x:.1f} {y:.1f}")
        points.append(_point(number, x, y))
        pen = "L"
    if path:
        yield f'<path class="chart-line-{number}" d="{"".join(path)}" {_stroke(number)}/>'
    yield from points


def _lying(drawing: Drawing) -> Iterator[str]:
    line, top = drawing.lines[0], top_of(drawing)
    yield f'<text class="chart-text" x="{NAME}" y="10" fill="{QUIET}">{_text(line.name)}</text>'
    for at, (label, value) in enumerate(zip(drawing.labels, line.numbers, strict=True)):
        y = TOP + ROW * at
        long = float((value or Decimal(0)) / top) * (WIDTH - NAME - 40)
        name = label if len(label) <= MAX_NAME else f"{label[: MAX_NAME - 1]}…"
        yield f'<text class="chart-text" x="{NAME - 6}" y="{y + 8.8}" text-anchor="end" fill="{INK}">{_text(name)}</text>'
        if value:
            yield f'<rect class="chart-bar-0" x="{NAME}" y="{y}" width="{long:.1f}" height="{ROW - 5}" {_fill(0)}/>'
        yield (
            f'<text class="chart-text" x="{NAME + long + 5:.1f}" y="{y + 8.8}" fill="{INK}">{_text(line.said[at])}</text>'
        )
