"""Tables as HTML. The cost of a page is the number of its cells, so what can be said once or in fewer cells is."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from requests_app.documents.facts import fits_side_by_side, in_order, side_by_side_pieces
from requests_app.documents.pieces import Piece, piece, same_for_all
from requests_app.documents.safe_text import MAX_BLOCK, cell, inline
from requests_app.documents.survey import WHEN, texts_of
from requests_app.documents.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from requests_app.documents.survey import Column, Survey
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record

ROWS_PER_TABLE = 150
"""A table's cost grows faster than its length."""
MAX_COLUMNS = 7
MAX_LINES = 3
PAGE_WIDTH = 96
"""Characters that fit across a page in a table."""
WIDEST_COLUMN = 36
NARROW_COLUMN = 28
"""The widest column when all must squeeze together."""


def _width(column: Column, widest: int = WIDEST_COLUMN) -> int:
    return max(min(column.longest, widest), max(map(len, column.label.split()), default=1), 4) + 2


def fitting_widths(columns: list[Column]) -> list[int] | None:
    """The widths, in characters, with which the columns stand side by side on a page; None when they do not fit."""
    if not 0 < len(columns) <= MAX_COLUMNS or any(column.longest > MAX_BLOCK for column in columns):
        return None
    for widest in (WIDEST_COLUMN, NARROW_COLUMN):
        widths = [_width(column, widest) for column in columns]
        if sum(widths) <= PAGE_WIDTH:
            return widths
    return None


def stacked(columns: list[Column]) -> list[list[Column]] | None:
    """More columns than fit side by side, two or three above one another in each; None when they do not fit so either.

    The order is kept line by line, except that long texts, which break, come last: else they would push the lines apart.
    """
    if any(column.longest > MAX_BLOCK for column in columns):
        return None
    ordered = sorted(columns, key=lambda column: column.longest > WIDEST_COLUMN)
    for lines in range(2, MAX_LINES + 1):
        across = -(-len(ordered) // lines)
        slots = [ordered[i::across] for i in range(across)]
        if across <= MAX_COLUMNS and sum(max(map(_width, slot)) for slot in slots) <= PAGE_WIDTH:
            return slots
    return None


def _align(column: Column) -> str:
    """Numbers line up to the right."""
    return ' class="num"' if column.numeric else ""


def _head(kind: str, widths: list[int], heads: str) -> str:
    cols = "".join(f'<col style="width:{100 * width / sum(widths):.1f}%">' for width in widths)
    across = min(100, round(130 * sum(widths) / PAGE_WIDTH))
    return (
        f'<table class="{kind}" style="width:{across}%"><colgroup>{cols}</colgroup>'
        f"<thead><tr>{heads}</tr></thead><tbody>"
    )


def table_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """The records as rows of a table; side by side or as paragraphs when their columns cannot stand in one."""
    constants = seen.constants()
    columns = in_order((column for column in seen.columns.values() if column not in constants), spec)
    widths = fitting_widths(columns)
    if widths is None and fits_side_by_side(seen):
        yield from side_by_side_pieces(records, spec, seen, lang)
        return
    same = same_for_all(constants, WORDS[lang].same_for_all, lang)
    if same:
        yield piece(same, 0)
    slots = stacked(columns) if widths is None else None
    if widths is not None:
        heads = "".join(f'<th scope="col"{_align(column)}>{inline(column.label, lang)}</th>' for column in columns)
        head = _head("rows", widths, heads)
        yield from _tables(records, spec, seen, head, lambda texts: _row(texts, columns, lang), lang)
    elif slots:
        heads = "".join(f'<th scope="col">{_lines([c.label for c in slot], lang)}</th>' for slot in slots)
        head = _head("rows stack", [max(map(_width, slot)) for slot in slots], heads)
        yield from _tables(records, spec, seen, head, lambda texts: _stacked_row(texts, slots, lang), lang)
    else:
        yield from _paragraphs(records, spec, seen, columns, lang)


def _tables(
    records: Iterable[Record],
    spec: CategorySpec,
    seen: Survey,
    head: str,
    row: Callable[[dict[str, str]], str],
    lang: Lang,
) -> Iterator[Piece]:
    done = 0
    source = iter(records)
    while chunk := list(islice(source, ROWS_PER_TABLE)):
        caption = ""
        if seen.count > ROWS_PER_TABLE:
            text = WORDS[lang].rows.format(first=done + 1, last=done + len(chunk), count=seen.count)
            caption = f'<p class="nr">{text}</p>'
        rows = "".join(row(texts_of(record, spec, lang, dates_only=seen.dates_only)) for record in chunk)
        done += len(chunk)
        yield piece(f"{caption}{head}{rows}</tbody></table>", len(chunk))


def _row(texts: dict[str, str], columns: list[Column], lang: Lang) -> str:
    empty = WORDS[lang].empty
    return "<tr>" + "".join(f"<td{_align(c)}>{cell(texts.get(c.name, empty), lang)}</td>" for c in columns) + "</tr>"


def _stacked_row(texts: dict[str, str], slots: list[list[Column]], lang: Lang) -> str:
    empty = WORDS[lang].empty
    cells = (_lines([texts.get(column.name, empty) for column in slot], lang) for slot in slots)
    return "<tr>" + "".join(f"<td>{lines}</td>" for lines in cells) + "</tr>"


def _lines(texts: list[str], lang: Lang) -> str:
    return "".join(f"<div>{cell(text, lang)}</div>" for text in texts)


def _paragraphs(
    records: Iterable[Record], spec: CategorySpec, seen: Survey, columns: list[Column], lang: Lang
) -> Iterator[Piece]:
    labels = {column.name: inline(column.label, lang) for column in columns if column.name != WHEN}
    for record in records:
        texts = texts_of(record, spec, lang, dates_only=seen.dates_only)
        head = f"<b>{texts[WHEN]}</b> " if WHEN in texts else ""
        body = " · ".join(
            f"<i>{labels[name]}:</i> {cell(text, lang)}" for name, text in texts.items() if name in labels
        )
        yield piece(f'<div class="item">{head}{body}</div>', 1)
