"""The doors of this room for PDF: an extract or a letter in, a tagged and archivable document out."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils import translation

from requests_app.documents import extract as pages
from requests_app.documents.cleaning import cleaned
from requests_app.documents.engine import Part, PdfUnavailable, render_part, tuned_gc, warm_up
from requests_app.documents.join import Stamp, join
from requests_app.documents.letters import MissingElement, letter_html, letter_subject
from requests_app.documents.values import RenderedPdf
from requests_app.documents.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date

    from requests_app.documents.letter_values import LetterFacts
    from requests_app.documents.values import Extract, Lang

__all__ = ["MissingElement", "PdfUnavailable", "render_extract", "render_letter", "warm_up"]

USUAL_FRONT_PAGES = 2
"""The first guess: the contents name pages that depend on how many pages the contents take."""


def render_extract(extract: Extract, *, progress: Callable[[int, int], None] | None = None) -> RenderedPdf:
    """The registerutdrag. Large ones are laid out in parts, one after another, so that memory stays bounded.

    ``progress`` is told records laid out and records in all, once for each part. Two calls with the same values give the same bytes.
    Raises ``ValueError`` when ``case.answered_on`` is missing and ``PdfUnavailable`` when the layout libraries are.
    """
    if extract.case.answered_on is None:
        raise ValueError("An extract needs the date it is answered.")
    with translation.override(extract.case.lang), tuned_gc():
        return _render_extract(extract, progress)


def _render_extract(extract: Extract, progress: Callable[[int, int], None] | None) -> RenderedPdf:
    reading = pages.Reading()
    body: list[Part] = []
    for html in _body(extract, reading):
        if body:
            gc.collect()  # the last part's boxes, before the next one's are made
        body.append(render_part(_extract_document(html, extract, "data"), len(body) + 1))
        if progress:
            progress(reading.records, extract.count)
    parts = [_front(extract, body), *body]
    header = f"{extract.sender.name} · {WORDS[extract.case.lang].extract}"
    data = join(parts, Stamp(header=header, footer=extract.case.diary_no, lang=extract.case.lang))
    return RenderedPdf(data, sum(part.pages for part in parts))


def render_letter(letter: LetterFacts, wording: Mapping[str, str] | None = None) -> RenderedPdf:
    """A letter, in the wording we ship but for the passages in ``wording``. Two calls with the same values give the same bytes.

    Raises ``MissingElement`` when the letter does not state everything it must, ``WordingError`` when a passage cannot be filled in,
    ``PdfUnavailable`` when the layout libraries are missing.
    """
    lang, subject = letter.case.lang, letter_subject(letter)
    html = _document(
        letter_html(letter, wording),
        kind="letter",
        lang=lang,
        title=f"{subject} – {letter.case.diary_no}",
        made_on=letter.dated_on,
        author=letter.sender.name,
    )
    stamp = Stamp(header=f"{letter.sender.name} · {subject}", footer=letter.case.diary_no, lang=lang)
    with tuned_gc():
        part = render_part(html, 0)
        return RenderedPdf(join([part], stamp), part.pages)


def _document(body: str, *, kind: str, lang: Lang, title: str, made_on: date, author: str) -> str:
    """HTML with language, title and the fixed date that makes two renderings alike."""
    context = {
        "lang": lang,
        "title": cleaned(title),
        "created": made_on.isoformat(),
        "author": cleaned(author),
        "kind": kind,
        "body": body,
    }
    return render_to_string("documents/document.html", context)


def _extract_document(body: str, extract: Extract, kind: str) -> str:
    case = extract.case
    return _document(
        body,
        kind=kind,
        lang=case.lang,
        title=f"{WORDS[case.lang].extract} – {case.diary_no}",
        made_on=case.answered_on or case.received_on,
        author=extract.sender.name,
    )


def _body(extract: Extract, reading: pages.Reading) -> Iterator[str]:
    """Section 3 in parts, the last one together with sections 4 to 15."""
    held = None
    for html in pages.data_parts(extract, reading):
        if held is not None:
            yield held
        held = html
    yield (held or "") + pages.information(extract, reading)


def _front(extract: Extract, body: list[Part]) -> Part:
    """The front, laid out until its own pages are where its page numbers assumed them to be."""
    own, pages_of_front = {"s1": 0, "s2": USUAL_FRONT_PAGES - 1}, USUAL_FRONT_PAGES
    while True:
        known = {name: page + 1 for name, page in own.items()}
        total = pages_of_front
        for part in body:
            known |= {name: total + page + 1 for name, (page, _) in part.places.items()}
            total += part.pages
        places = pages.contents(extract, known)
        front = render_part(_extract_document(pages.front(extract, places, total), extract, "front"), 0)
        found = {name: page for name, (page, _) in front.places.items()}
        if (found, front.pages) == (own, pages_of_front):
            return front
        own, pages_of_front = found, front.pages
