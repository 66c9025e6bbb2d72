"""What each letter must state, as data: its template, its heading in both languages, and its mandatory elements with their source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from requests_app.documents import letter_values as values

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.letter_values import LetterFacts
    from requests_app.documents.values import Lang


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


def changed_fields(letter: values.RectificationLetter) -> list[values.RectifiedField]:
    """The values that were corrected."""
    return [item for item in letter.fields if not item.refused]


def unchanged_fields(letter: values.RectificationLetter) -> list[values.RectifiedField]:
    """The values that were not."""
    return [item for item in letter.fields if item.refused]


def _rectification_subject(letter: values.RectificationLetter) -> dict[Lang, str]:
    if not changed_fields(letter):
        return {"sv": "Vi har inte rättat dina uppgifter", "en": "We have not corrected your data"}
    if unchanged_fields(letter):
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
            Element("system", "Art. 16", changed_fields),
            Element("old", "Art. 16", changed_fields),
            Element("new", "Art. 16", changed_fields),
            Element("changed_on", "Art. 16", changed_fields),
            Element("reasons", "Art. 12.4", lambda letter: unchanged_fields(letter) or not letter.fields),
            Element("provision", "Art. 12.4", unchanged_fields),
            Element("restriction", "Art. 18.1 a"),
            Element("recipients", "Art. 19", changed_fields),
            Element("may_ask_recipients", "Art. 19", changed_fields),
            *_remedies_when(unchanged_fields),
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
