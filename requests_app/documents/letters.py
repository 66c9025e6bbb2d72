"""The letters: a template for each in Swedish and English, and the elements that the law demands of each, as data.

An element is a place in the template marked ``data-element``. A letter whose facts lack one, or whose template lost it, cannot be
made: ``letter_html`` raises ``MissingElement``.
"""

from __future__ import annotations

from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import translation

from requests_app.documents import letter_values as values
from requests_app.documents.cleaning import cleaned
from requests_app.documents.formatting import format_number
from requests_app.documents.letter_specs import LETTERS, changed_fields, unchanged_fields
from requests_app.documents.words import WORDS, count_word

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.documents.letter_specs import LetterSpec
    from requests_app.documents.letter_values import LetterFacts
    from requests_app.documents.values import Lang


class MissingElement(ValueError):
    """A letter lacks something it must say. ``element`` is its name in the letter's specification."""

    def __init__(self, letter: str, element: str) -> None:
        super().__init__(f"The letter {letter!r} must state {element!r}.")
        self.letter = letter
        self.element = element


def letter_subject(letter: LetterFacts) -> str:
    """The letter's heading."""
    return LETTERS[type(letter)].subject(letter)[letter.case.lang]


def letter_html(letter: LetterFacts, wording: Mapping[str, str] | None = None) -> str:
    """The letter's body as HTML, in the wording we ship but for the passages in ``wording`` (name of the passage -> its text).

    Raises ``MissingElement`` when it does not state everything it must, ``WordingError`` when a passage cannot be filled in.
    """
    lang = letter.case.lang
    spec = LETTERS[type(letter)]
    context = {
        "letter": cleaned(letter),
        "subject": letter_subject(letter),
        "wording": wording or {},
        **_extra(letter, lang),
    }
    with translation.override(lang):
        html = render_to_string(f"documents/{lang}/letters/{spec.template}.html", context)
    _check(html, letter, spec)
    return html


def _extra(letter: LetterFacts, lang: Lang) -> dict[str, Any]:
    """What a template cannot work out by itself."""
    extra: dict[str, Any] = {}
    if isinstance(letter, values.AnswerLetter):
        names = cleaned(letter.systems)
        amount = _counted(letter.records, WORDS[lang].records, lang)
        if letter.pages:
            amount += f" {_ON[lang]} {_counted(letter.pages, _PAGES[lang], lang)}"
        count = f"{count_word(len(names), lang)} {_SYSTEMS[lang][len(names) != 1]}"
        extra |= {"systems_count": count, "systems_list": _listed(names, lang), "amount": amount}
    if isinstance(letter, values.RectificationLetter):
        extra |= {"changed": cleaned(changed_fields(letter)), "refused": cleaned(unchanged_fields(letter))}
    if isinstance(letter, values.RefusalLetter) and letter.fee_sek is not None:
        extra["fee"] = _counted(letter.fee_sek, _KRONOR[lang], lang)
    if isinstance(letter, values.PortabilityLetter):
        extra["portable"] = [
            (item, format_number(Decimal(item.records), lang, grouped=True)) for item in cleaned(letter.data)
        ]
    if nothing_in := getattr(letter, "nothing_in", ()):
        extra["nothing_in"] = _listed(cleaned(nothing_in), lang)
    return extra


_ON: dict[Lang, str] = {"sv": "på", "en": "on"}
_PAGES: dict[Lang, tuple[str, str]] = {"sv": ("sida", "sidor"), "en": ("page", "pages")}
_SYSTEMS: dict[Lang, tuple[str, str]] = {"sv": ("system", "system"), "en": ("system", "systems")}
_KRONOR: dict[Lang, tuple[str, str]] = {"sv": ("krona", "kronor"), "en": ("SEK", "SEK")}


def _counted(number: int, words: tuple[str, str], lang: Lang) -> str:
    """``1 uppgift``, ``2 467 uppgifter``."""
    return f"{format_number(Decimal(number), lang, grouped=True)} {words[number != 1]}"


def _listed(names: tuple[str, ...], lang: Lang) -> str:
    """``Mina sidor, Mitt HEM och Chatten``."""
    return f" {WORDS[lang].and_} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _check(html: str, letter: LetterFacts, spec: LetterSpec) -> None:
    found = stated(html)
    for element in spec.elements:
        if element.when(letter):
            texts = found.get(element.name, [])
            if not texts or not all(text.strip(" .,:") for text in texts):
                raise MissingElement(spec.template, element.name)


def stated(html: str) -> dict[str, list[str]]:
    """The text of every marked place of a letter, by its name."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


class _Reader(HTMLParser):
    """Collects the text inside elements that carry ``data-element``."""

    VOID = frozenset({"br", "col", "meta", "hr", "img", "wbr"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: dict[str, list[str]] = {}
        self._open: list[str | None] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a place."""
        if tag in self.VOID:
            return
        name = dict(attrs).get("data-element")
        self._open.append(name)
        if name:
            self.found.setdefault(name, []).append("")

    def handle_endtag(self, tag: str) -> None:
        """Close the place opened last."""
        if tag not in self.VOID and self._open:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        """Text belongs to every place that is open."""
        for name in self._open:
            if name:
                self.found[name][-1] += data
