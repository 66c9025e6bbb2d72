"""Facts as tables of label and value. Two or three records stand side by side, so that what they have in common is read once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.documents.formatting import is_empty
from requests_app.documents.pieces import Piece, piece, without_value
from requests_app.documents.safe_text import cell, inline
from requests_app.documents.survey import GROUP, MARKS, SOURCE, WHEN, texts_of
from requests_app.documents.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from requests_app.documents.survey import Column, Survey
    from requests_app.documents.values import Lang
    from requests_app.domain.records import CategorySpec, Record

MOST_SIDE_BY_SIDE = 3
LONGEST_SIDE_BY_SIDE = 120
"""Characters of the longest value that is set in a third of the page."""


def in_order(columns: Iterable[Column], spec: CategorySpec) -> list[Column]:
    """Columns in the register's order, the unknown ones after the known, source and remarks last."""
    made = list(columns)
    order = [WHEN, GROUP, *spec.fields, *(c.name for c in made if c.name[0] != "@"), SOURCE, MARKS]
    return sorted(made, key=lambda column: order.index(column.name))


def fits_side_by_side(seen: Survey) -> bool:
    """Whether the records are few and short enough to stand beside each other."""
    return 1 < seen.count <= MOST_SIDE_BY_SIDE and all(c.longest <= LONGEST_SIDE_BY_SIDE for c in seen.columns.values())


def facts_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """Each record as a table of label and value, and a line with the fields that hold nothing."""
    if fits_side_by_side(seen):
        yield from side_by_side_pieces(records, spec, seen, lang)
        return
    for n, record in enumerate(records, 1):
        rows, empty = [], []
        for name, text in texts_of(record, spec, lang, dates_only=seen.dates_only).items():
            if name in seen.hidden:
                continue
            column = seen.columns[name]
            if name in record.fields and is_empty(record.fields[name]):
                empty.append(column)
                continue
            rows.append(f'<tr><th scope="row">{inline(column.label, lang)}</th><td>{cell(text, lang)}</td></tr>')
        title = f'<p class="nr">{WORDS[lang].record.format(n=n, count=seen.count)}</p>' if seen.count > 1 else ""
        table = f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>' if rows else ""
        yield piece(f"{title}{table}{without_value(empty, lang)}", 1)


def side_by_side_pieces(records: Iterable[Record], spec: CategorySpec, seen: Survey, lang: Lang) -> Iterator[Piece]:
    """A column for each record and a row for each field; a value that all share stands once, across the columns."""
    words = WORDS[lang]
    chosen = list(records)
    texts = [texts_of(record, spec, lang, dates_only=seen.dates_only) for record in chosen]
    rows, empty = [], []
    for column in in_order(seen.columns.values(), spec):
        values = [text.get(column.name, words.empty) for text in texts]
        if column.name[0] != "@" and all(is_empty(record.fields.get(column.name)) for record in chosen):
            empty.append(column)
            continue
        if len(set(values)) == 1:
            cells = f'<td colspan="{len(values)}">{cell(values[0], lang)}</td>'
        else:
            cells = "".join(f"<td>{cell(value, lang)}</td>" for value in values)
        rows.append(f'<tr><th scope="row">{inline(column.label, lang)}</th>{cells}</tr>')
    heads = "".join(
        f'<th scope="col">{words.record.format(n=n, count=seen.count)}</th>' for n in range(1, len(texts) + 1)
    )
    head = f'<thead><tr><th scope="col">{words.field}</th>{heads}</tr></thead>'
    table = f'<table class="facts beside">{head}<tbody>{"".join(rows)}</tbody></table>'
    yield piece(f"{table}{without_value(empty, lang)}", len(texts))
