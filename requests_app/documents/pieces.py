"""What a category is printed as: stretches of HTML between which a new part may begin, and the sentences that spare repetition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from requests_app.documents.safe_text import cell, inline
from requests_app.documents.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.documents.survey import Column
    from requests_app.documents.values import Lang


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
    """The sentences that say once what every row would have said, and what every row lacks."""
    words = WORDS[lang]
    every = list(columns)
    empty = [column for column in every if column.only == words.empty]
    filled = [column for column in every if column.only != words.empty]
    facts = "; ".join(f"{inline(column.label, lang)}: {cell(column.only or '', lang)}" for column in filled)
    said = [template.format(facts="@").replace("@", facts, 1)] if facts else []
    if empty:
        said.append(words.no_value_on_any.format(labels=labels_of(empty, lang)))
    return f'<div class="same">{" ".join(said)}</div>' if said else ""


def without_value(columns: list[Column], lang: Lang) -> str:
    """The line that names the fields in which the system holds nothing, instead of a row for each."""
    if not columns:
        return ""
    return f'<p class="note">{WORDS[lang].no_value.format(labels=labels_of(columns, lang))}</p>'


def labels_of(columns: list[Column], lang: Lang) -> str:
    """The columns' labels in a row, each once."""
    return ", ".join(dict.fromkeys(inline(column.label, lang) for column in columns))
