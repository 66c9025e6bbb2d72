"""The letters: a template for each in Swedish and English, and the elements that the law demands of each, as data.

An element is a place in the template marked ``data-element``. A letter whose facts lack one, or whose template lost it, cannot be
made: ``letter_html`` raises ``MissingElement``.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import translation

from requests_app.documents import values
from requests_app.documents.cleaning import cleaned
from requests_app.documents.formatting import format_number
from requests_app.documents.words import WORDS, count_word

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.values import Lang, LetterFacts


class MissingElement(ValueError):
    """A letter lacks something it must say. ``element`` is its name in the letter's specification."""

    def __init__(self, letter: str, element: str) -> None:
        super().__init__(f"The letter {letter!r} must state {element!r}.")
        self.letter = letter
        self.element = element


@dataclass(frozen=True, slots=True)
class Element:
    """Something a letter must state, where the law says so, and when (always, unless ``when`` tells)."""

    name: str
    source: str
    when: Callable[[Any], object] = lambda _: True


@dataclass(frozen=True, slots=True)
class LetterSpec:
    """A kind of letter: its template, its heading in both languages, and its mandatory elements."""

    template: str
    subject: Callable[[Any], dict[Lang, str]]
    elements: tuple[Element, ...]


_EVERY = (Element("diary_no", "OSL 5:2"), Element("contact", "Art. 12.2"))
_REMEDIES = (Element("authority", "Art. 12.4"), Element("court", "Art. 12.4, 79"))


def _remedies_when(when: Callable[[Any], object]) -> tuple[Element, ...]:
    return tuple(Element(element.name, element.source, when) for element in _REMEDIES)


def _refusal_subject(letter: values.RefusalLetter) -> dict[Lang, str]:
    if letter.fee_sek is not None:
        return {"sv": "Avgift för att behandla din begäran", "en": "A fee for dealing with your request"}
    if letter.partial:
        return {"sv": "Vi säger nej till en del av din begäran", "en": "We refuse part of your request"}
    return {"sv": "Vi säger nej till din begäran", "en": "We refuse your request"}


def _changed(letter: values.RectificationLetter) -> list[values.RectifiedField]:
    return [item for item in letter.fields if not item.refused]


def _unchanged(letter: values.RectificationLetter) -> list[values.RectifiedField]:
    return [item for item in letter.fields if item.refused]


def _rectification_subject(letter: values.RectificationLetter) -> dict[Lang, str]:
    if not _changed(letter):
        return {"sv": "Vi har inte rättat dina uppgifter", "en": "We have not corrected your data"}
    if _unchanged(letter):
        return {"sv": "Vi har rättat en del av dina uppgifter", "en": "We have corrected part of your data"}
    return {"sv": "Vi har rättat dina uppgifter", "en": "We have corrected your data"}


def _erasure_subject(letter: values.ErasureLetter) -> dict[Lang, str]:
    if not letter.erased:
        return {"sv": "Vi har inte tagit bort dina uppgifter", "en": "We have not erased your data"}
    if letter.kept:
        return {"sv": "Vi har tagit bort en del av dina uppgifter", "en": "We have erased part of your data"}
    return {"sv": "Vi har tagit bort dina uppgifter", "en": "We have erased your data"}


LETTERS: dict[type[LetterFacts], LetterSpec] = {
    values.ReceiptLetter: LetterSpec(
        "receipt",
        lambda _: {"sv": "Vi har fått din begäran", "en": "We have received your request"},
        (
            *_EVERY,
            Element("received_on", "EDPB 01/2022 § 57"),
            Element("understood", "EDPB 01/2022 § 57"),
            Element("due_on", "Art. 12.3"),
            Element("identity_checked", "Art. 12.6"),
            Element("public_document", "TF 2 kap."),
        ),
    ),
    values.CompletionLetter: LetterSpec(
        "completion",
        lambda _: {"sv": "Vi behöver veta mer för att kunna svara", "en": "We need to know more to be able to answer"},
        (
            *_EVERY,
            Element("why", "Art. 12.6"),
            Element("needed", "Art. 12.6, EDPB 01/2022 § 65", lambda letter: letter.doubt or not letter.clarification),
            Element("may_mask", "EDPB 01/2022 § 76", lambda letter: letter.doubt or letter.needed),
            Element("how_to_send", "EDPB 01/2022 § 70"),
            Element("reply_by", "Art. 12.3"),
            Element("pause", "EDPB 01/2022 § 159"),
            Element("no_reply", "Art. 11.2, 12.2"),
            Element("voluntary", "recital 63", lambda letter: letter.clarification),
        ),
    ),
    values.ExtensionLetter: LetterSpec(
        "extension",
        lambda _: {"sv": "Vi behöver mer tid för att svara", "en": "We need more time to answer"},
        (
            *_EVERY,
            Element("extended_due_on", "Art. 12.3"),
            Element("reasons", "Art. 12.3"),
            Element("delivered_now", "EDPB 01/2022 § 158"),
            *_REMEDIES,
        ),
    ),
    values.AnswerLetter: LetterSpec(
        "answer",
        lambda _: {
            "sv": "Svar på din begäran om registerutdrag",
            "en": "Answer to your request for a copy of your data",
        },
        (
            *_EVERY,
            Element("received_on", "Art. 12.3"),
            Element("result", "Art. 15.1"),
            Element("files", "Art. 15.3"),
            Element("delivery", "Art. 12.1, 15.3"),
            Element("missing", "Art. 12.4", lambda letter: letter.missing),
            Element("withheld", "Art. 12.4, 15.4", lambda letter: letter.withheld),
            Element("rights", "Art. 15.1 e"),
            *_REMEDIES,
        ),
    ),
    values.RefusalLetter: LetterSpec(
        "refusal",
        _refusal_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 12.4"),
            Element("what", "Art. 12.4"),
            Element("provision", "Art. 12.4"),
            Element("reasons", "Art. 12.4"),
            Element("granted", "Art. 12.4, 15.4", lambda letter: letter.partial),
            Element("abuse_facts", "Art. 12.5", lambda letter: letter.excessive or letter.fee_sek is not None),
            Element("fee", "Art. 12.5 a", lambda letter: letter.fee_sek is not None),
            Element("may_withdraw", "EDPB 01/2022 § 194", lambda letter: letter.fee_sek is not None),
            *_REMEDIES,
        ),
    ),
    values.RectificationLetter: LetterSpec(
        "rectification",
        _rectification_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 16"),
            Element("system", "Art. 16", _changed),
            Element("old", "Art. 16", _changed),
            Element("new", "Art. 16", _changed),
            Element("changed_on", "Art. 16", _changed),
            Element("reasons", "Art. 12.4", lambda letter: _unchanged(letter) or not letter.fields),
            Element("provision", "Art. 12.4", _unchanged),
            Element("restriction", "Art. 18.1 a"),
            Element("recipients", "Art. 19", _changed),
            Element("may_ask_recipients", "Art. 19", _changed),
            *_remedies_when(_unchanged),
        ),
    ),
    values.ErasureLetter: LetterSpec(
        "erasure",
        _erasure_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 17"),
            Element("system", "Art. 17", lambda letter: letter.erased or not letter.kept),
            Element("erased", "Art. 17", lambda letter: letter.erased),
            Element("erased_on", "Art. 17", lambda letter: letter.erased),
            Element("backups", "Art. 17, 12.1", lambda letter: letter.erased),
            Element("kept", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("reasons", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("provision", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("until", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("recipients", "Art. 19", lambda letter: letter.erased),
            Element("may_ask_recipients", "Art. 19", lambda letter: letter.erased),
            *_remedies_when(lambda letter: letter.kept),
        ),
    ),
    values.NotIdentifiedLetter: LetterSpec(
        "not_identified",
        lambda _: {"sv": "Vi avslutar ärendet", "en": "We are closing the case"},
        (
            *_EVERY,
            Element("received_on", "Art. 12.4"),
            Element("not_identified", "Art. 11.2, 12.2"),
            Element("tried", "Art. 12.2"),
            Element("needed", "Art. 11.2"),
            Element("new_request", "Art. 11.2"),
            *_REMEDIES,
        ),
    ),
}
"""Every kind of letter with what it must state."""


def letter_subject(letter: LetterFacts) -> str:
    """The letter's heading."""
    return LETTERS[type(letter)].subject(letter)[letter.case.lang]


def letter_html(letter: LetterFacts) -> str:
    """The letter's body as HTML. Raises ``MissingElement`` when it does not state everything it must."""
    lang = letter.case.lang
    spec = LETTERS[type(letter)]
    context = {"letter": cleaned(letter), "subject": letter_subject(letter), **_extra(letter, lang)}
    with translation.override(lang):
        html = render_to_string(f"documents/{lang}/letters/{spec.template}.html", context)
    _check(html, letter, spec)
    return html


def _extra(letter: LetterFacts, lang: Lang) -> dict[str, Any]:
    """What a template cannot work out by itself."""
    if isinstance(letter, values.AnswerLetter):
        names = [cleaned(name) for name in letter.systems]
        listed = f" {WORDS[lang].and_} ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
        count = format_number(Decimal(letter.records), lang, grouped=True)
        return {"systems_word": count_word(len(names), lang), "systems_list": listed, "records": count}
    if isinstance(letter, values.RectificationLetter):
        return {"changed": cleaned(_changed(letter)), "refused": cleaned(_unchanged(letter))}
    return {}


def _check(html: str, letter: LetterFacts, spec: LetterSpec) -> None:
    stated = _stated(html)
    for element in spec.elements:
        if element.when(letter):
            texts = stated.get(element.name, [])
            if not texts or not all(text.strip(" .,:") for text in texts):
                raise MissingElement(spec.template, element.name)


def _stated(html: str) -> dict[str, list[str]]:
    """The text of every marked place, by its name."""
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
