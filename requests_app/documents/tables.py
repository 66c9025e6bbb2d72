"""Facts, tables and conversations as HTML. The cost of a page is the number of its cells, so what can be a paragraph is one."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import groupby, islice
from typing import TYPE_CHECKING

from requests_app.documents.formatting import format_time, format_value, local_time
from requests_app.documents.safe_text import MAX_BLOCK, blocks, cell, inline
from requests_app.documents.survey import GROUP, MARKS, SOURCE, WHEN, texts_of
from requests_app.documents.words import WORDS, long_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from requests_app.documents.survey import Column, Survey
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record

ROWS_PER_TABLE = 150
"""A table's cost grows faster than its length."""
MAX_COLUMNS = 7
PAGE_WIDTH = 96
"""Characters that fit across a page in a table."""
WIDEST_COLUMN = 36


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of HTML that may be followed by a new part, how many records it prints and how much it weighs for the layout."""

    html: str
    records: int
    weight: int


def piece(html: str, records: int) -> Piece:
    """A piece whose weight counts long texts too."""
    return Piece(html, records, max(records, len(html) // 400))


def same_for_all(columns: Iterable[Column], template: str, lang: Lang) -> str:
    """The sentence that says once what every row would have said."""
    facts = "; ".join(f"{inline(column.label, lang)}: {cell(column.only or '', lang)}" for column in columns)
    return f'<div class="same">{template.format(facts="@").replace("@", facts, 1)}</div>' if facts else ""


# --- Facts -------------------------------------------------------------------------------------------------------------------


def facts_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """Each record as a table of label and value."""
    hidden = seen.repeats_time or set()
    for n, record in enumerate(records, 1):
        texts = texts_of(record, spec, lang)
        rows = "".join(
            f'<tr><th scope="row">{inline(seen.columns[name].label, lang)}</th><td>{cell(text, lang)}</td></tr>'
            for name, text in texts.items()
            if name not in hidden
        )
        title = f'<p class="nr">{WORDS[lang].record.format(n=n, count=seen.count)}</p>' if seen.count > 1 else ""
        yield piece(f'{title}<table class="facts"><tbody>{rows}</tbody></table>', 1)


# --- Tables ------------------------------------------------------------------------------------------------------------------


def _widths(columns: list[Column]) -> list[int]:
    return [max(min(c.longest, WIDEST_COLUMN), max(map(len, c.label.split()), default=1), 4) + 2 for c in columns]


def fits_table(columns: list[Column]) -> bool:
    """Whether the columns can stand side by side on a page."""
    return (
        0 < len(columns) <= MAX_COLUMNS
        and sum(_widths(columns)) <= PAGE_WIDTH
        and all(column.longest <= MAX_BLOCK for column in columns)
    )


def _align(column: Column) -> str:
    """Numbers line up to the right."""
    return ' class="num"' if column.numeric else ""


def _table_head(columns: list[Column], lang: Lang) -> str:
    widths = _widths(columns)
    cols = "".join(f'<col style="width:{100 * width / sum(widths):.1f}%">' for width in widths)
    heads = "".join(f'<th scope="col"{_align(column)}>{inline(column.label, lang)}</th>' for column in columns)
    narrow = min(100, round(130 * sum(widths) / PAGE_WIDTH))
    return (
        f'<table class="rows" style="width:{narrow}%"><colgroup>{cols}</colgroup><thead><tr>{heads}</tr></thead><tbody>'
    )


def table_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """The records as rows of a table, or as paragraphs when their columns cannot stand side by side."""
    constants = seen.constants()
    columns = [column for column in seen.columns.values() if column not in constants]
    order = [WHEN, GROUP, *(n for n in spec.fields), *(c.name for c in columns if c.name[0] != "@"), SOURCE, MARKS]
    columns.sort(key=lambda column: order.index(column.name))
    if constants:
        yield piece(same_for_all(constants, WORDS[lang].same_for_all, lang), 0)
    if not fits_table(columns):
        yield from _paragraphs(records, spec, columns, lang)
        return
    head = _table_head(columns, lang)
    done = 0
    source = iter(records)
    while chunk := list(islice(source, ROWS_PER_TABLE)):
        caption = ""
        if seen.count > ROWS_PER_TABLE:
            text = WORDS[lang].rows.format(first=done + 1, last=done + len(chunk), count=seen.count)
            caption = f'<p class="nr">{text}</p>'
        rows = "".join(_row(texts_of(record, spec, lang), columns, lang) for record in chunk)
        done += len(chunk)
        yield piece(f"{caption}{head}{rows}</tbody></table>", len(chunk))


def _row(texts: dict[str, str], columns: list[Column], lang: Lang) -> str:
    empty = WORDS[lang].empty
    return "<tr>" + "".join(f"<td{_align(c)}>{cell(texts.get(c.name, empty), lang)}</td>" for c in columns) + "</tr>"


def _paragraphs(records: Iterable[Record], spec: CategorySpec, columns: list[Column], lang: Lang) -> Iterator[Piece]:
    labels = {column.name: inline(column.label, lang) for column in columns if column.name != WHEN}
    for record in records:
        texts = texts_of(record, spec, lang)
        head = f"<b>{texts[WHEN]}</b> " if WHEN in texts else ""
        body = " · ".join(
            f"<i>{labels[name]}:</i> {cell(text, lang)}" for name, text in texts.items() if name in labels
        )
        yield piece(f'<div class="item">{head}{body}</div>', 1)


# --- Conversations -----------------------------------------------------------------------------------------------------------


def conversation_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """Conversations as paragraphs: who, when and what was said, under a heading for each conversation and day."""
    constants = [column for column in seen.constants() if column.name not in ("from", "text", "role", GROUP, WHEN)]
    shown_once = {column.name for column in constants} | (seen.repeats_time or set())
    if constants:
        yield piece(same_for_all(constants, WORDS[lang].same_for_all, lang), 0)
    heading = None
    for (group, day), run in groupby(records, key=_conversation_day):
        lines = [] if (group, day) == heading else [_conversation_heading(group, day, lang)]
        heading = (group, day)
        n = 0
        for record in run:
            lines.append(_message(record, spec, seen, shown_once, lang))
            n += 1
            if n == ROWS_PER_TABLE:
                yield piece("".join(lines), n)
                lines, n = [], 0
        if lines:
            yield piece("".join(lines), n)


def _conversation_day(record: Record) -> tuple[str, date | None]:
    return record.group, local_time(record.occurred_at).date() if record.occurred_at else None


def _conversation_heading(group: str, day: date | None, lang: Lang) -> str:
    words = WORDS[lang]
    title = words.conversation.format(group=inline(group, lang)) if group else words.conversation_plain
    return f"<h5>{', '.join((title, long_date(day, lang))) if day else title}</h5>"


def _message(record: Record, spec: CategorySpec, seen: Survey, shown_once: set[str], lang: Lang) -> str:
    words = WORDS[lang]
    fields = record.fields
    role = fields.get("role")
    who: str = inline(format_value(fields.get("from"), None, lang), lang)
    if role:
        who = f"{who} ({inline(words.roles.get(str(role), str(role)), lang)})"
    when = format_time(record.occurred_at)[11:] if record.occurred_at else ""
    said = blocks(format_value(fields.get("text"), spec.fields.get("text"), lang), lang)
    more = [
        f"{inline(seen.columns[name].label, lang)}: {cell(text, lang)}"
        for name, text in texts_of(record, spec, lang).items()
        if name not in ("from", "text", "role", GROUP, WHEN) and name not in shown_once
    ]
    kind = "me" if role == "person" else "you"
    tail = f' <span class="more">({"; ".join(more)})</span>' if more else ""
    lines = [f"<b>{when} {who}</b> {escape(said[0])}", *map(escape, said[1:])]
    between = f'</p><p class="msg {kind}">'
    return f'<p class="msg {kind}">{between.join(lines)}{tail}</p>'
