"""Conversations as paragraphs: who, when and what was said, under a heading for each conversation and day."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from requests_app.documents.formatting import format_time, format_value, local_time
from requests_app.documents.pieces import Piece, piece, same_for_all
from requests_app.documents.safe_text import blocks, cell, inline
from requests_app.documents.survey import GROUP, WHEN, group_word, texts_of
from requests_app.documents.words import WORDS, long_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from requests_app.documents.survey import Survey
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record

MESSAGES_PER_PIECE = 150
SAID = ("from", "text", "role", GROUP, WHEN)
"""What stands in the message itself; the other fields follow it in brackets."""


def conversation_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """All conversations of a category, in order."""
    constants = [column for column in seen.constants() if column.name not in SAID]
    shown_once = seen.hidden | {column.name for column in constants}
    if constants:
        yield piece(same_for_all(constants, WORDS[lang].same_for_all, lang), 0)
    heading = None
    for (group, day), run in groupby(records, key=_day):
        lines = [] if (group, day) == heading else [_heading(group, day, spec, lang)]
        heading = (group, day)
        n = 0
        for record in run:
            lines.append(_message(record, spec, seen, shown_once, lang))
            n += 1
            if n == MESSAGES_PER_PIECE:
                yield piece("".join(lines), n)
                lines, n = [], 0
        if lines:
            yield piece("".join(lines), n)


def _day(record: Record) -> tuple[str, date | None]:
    return record.group, local_time(record.occurred_at).date() if record.occurred_at else None


def _heading(group: str, day: date | None, spec: CategorySpec, lang: Lang) -> str:
    words = WORDS[lang]
    kind = group_word(spec, lang) or words.conversation
    title = f"{inline(kind, lang)} {inline(group, lang)}" if group else words.conversation_plain
    return f"<h5>{', '.join((title, long_date(day, lang))) if day else title}</h5>"


def _message(record: Record, spec: CategorySpec, seen: Survey, shown_once: frozenset[str], lang: Lang) -> str:
    words = WORDS[lang]
    fields = record.fields
    role = fields.get("role")
    known = spec.fields if role == "system" else {}  # what a person wrote is never taken for a code
    who: str = inline(format_value(fields.get("from"), known.get("from"), lang), lang)
    if role:
        who = f"{who} ({inline(words.roles.get(str(role), str(role)), lang)})"
    when = format_time(record.occurred_at)[11:] if record.occurred_at else ""
    said = blocks(format_value(fields.get("text"), known.get("text"), lang), lang)
    more = [
        f"{inline(seen.columns[name].label, lang)}: {cell(text, lang)}"
        for name, text in texts_of(record, spec, lang).items()
        if name not in SAID and name not in shown_once
    ]
    kind = "me" if role == "person" else "you"
    tail = f' <span class="more">({"; ".join(more)})</span>' if more else ""
    lines = [f"<b>{when} {who}</b> {escape(said[0])}", *map(escape, said[1:])]
    between = f'</p><p class="msg {kind}">'
    return f'<p class="msg {kind}">{between.join(lines)}{tail}</p>'
