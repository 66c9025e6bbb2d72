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
    if letter.nothing_in and not letter.fields:
        return {"sv": "Vi hittade inga uppgifter att rätta", "en": "We found no data to correct"}
    if not changed_fields(letter):
        return {"sv": "Vi har inte rättat dina uppgifter", "en": "We have not corrected your data"}
    if unchanged_fields(letter):
        return {"sv": "Vi har rättat en del av dina uppgifter", "en": "We have corrected part of your data"}
    return {"sv": "Vi har rättat dina uppgifter", "en": "We have corrected your data"}


def _erasure_subject(letter: values.ErasureLetter) -> dict[Lang, str]:
    if letter.nothing_in and not letter.erased and not letter.kept:
        return {"sv": "Vi hittade inga uppgifter att ta bort", "en": "We found no data to erase"}
    if not letter.erased:
        return {"sv": "Vi har inte tagit bort dina uppgifter", "en": "We have not erased your data"}
    if letter.kept:
        return {"sv": "Vi har tagit bort en del av dina uppgifter", "en": "We have erased part of your data"}
    return {"sv": "Vi har tagit bort dina uppgifter", "en": "We have erased your data"}


def _recipient_subject(letter: values.RecipientLetter) -> dict[Lang, str]:
    subjects: dict[str, dict[Lang, str]] = {
        "rectify": {"sv": "Personuppgifter att rätta", "en": "Personal data to correct"},
        "erase": {"sv": "Personuppgifter att ta bort", "en": "Personal data to erase"},
        "restrict": {"sv": "Personuppgifter att begränsa", "en": "Personal data to restrict"},
        "lift": {"sv": "En begränsning har upphört", "en": "A restriction has ended"},
        "stop": {
            "sv": "Personuppgifter som inte får användas för reklam",
            "en": "Personal data not to be used for advertising",
        },
    }
    return subjects[letter.action]


def _restriction_subject(letter: values.RestrictionLetter) -> dict[Lang, str]:
    if letter.nothing_in and not letter.restricted and not letter.refused:
        return {"sv": "Vi hittade inga uppgifter att begränsa", "en": "We found no data to restrict"}
    if not letter.restricted:
        return {"sv": "Vi har inte begränsat dina uppgifter", "en": "We have not restricted your data"}
    if letter.refused:
        return {"sv": "Vi har begränsat en del av dina uppgifter", "en": "We have restricted part of your data"}
    return {"sv": "Vi har begränsat dina uppgifter", "en": "We have restricted your data"}


def _objection_subject(letter: values.ObjectionLetter) -> dict[Lang, str]:
    if not letter.stopped and not letter.refused:
        return {"sv": "Vi hittade inget att sluta med", "en": "We found nothing to stop"}
    if not letter.stopped:
        return {"sv": "Vi godtar inte din invändning", "en": "We do not accept your objection"}
    if letter.refused:
        return {"sv": "Vi godtar en del av din invändning", "en": "We accept part of your objection"}
    if letter.direct_marketing:
        return {
            "sv": "Vi har slutat använda dina uppgifter för reklam",
            "en": "We have stopped using your data for advertising",
        }
    return {"sv": "Vi godtar din invändning", "en": "We accept your objection"}


def _portability_subject(letter: values.PortabilityLetter) -> dict[Lang, str]:
    if not letter.data:
        return {"sv": "Vi har inga uppgifter att föra över", "en": "We hold no data to transfer"}
    return {"sv": "Dina uppgifter att ta med dig", "en": "Your data to take with you"}


def _withdrawn_subject(letter: values.WithdrawnLetter) -> dict[Lang, str]:
    if letter.remaining:
        return {"sv": "Du har tagit tillbaka en del av din begäran", "en": "You have withdrawn part of your request"}
    return {"sv": "Du har tagit tillbaka din begäran", "en": "You have withdrawn your request"}


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
            Element("due_on", "Art. 12.3"),
            Element("no_reply", "Art. 11.2, 12.2"),
            Element("voluntary", "skäl 63", lambda letter: letter.clarification),
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
            Element("secrecy", "DSL 5:1, OSL 6:3", lambda letter: letter.secret),
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
            Element(
                "reasons",
                "Art. 12.4",
                lambda letter: unchanged_fields(letter) or not (letter.fields or letter.nothing_in),
            ),
            Element("provision", "Art. 12.4", unchanged_fields),
            Element("nothing_in", "Art. 12.3", lambda letter: letter.nothing_in),
            Element("restriction", "Art. 18.1 a", lambda letter: letter.fields),
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
            Element("system", "Art. 17", lambda letter: letter.erased or not (letter.kept or letter.nothing_in)),
            Element("erased", "Art. 17", lambda letter: letter.erased),
            Element("erased_on", "Art. 17", lambda letter: letter.erased),
            Element("backups", "Art. 17, 12.1", lambda letter: letter.erased),
            Element("kept", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("reasons", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("provision", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("until", "Art. 17.3, 12.4", lambda letter: letter.kept),
            Element("nothing_in", "Art. 12.3", lambda letter: letter.nothing_in),
            Element("suppressed", "Art. 12.1, 21.3", lambda letter: letter.suppressed),
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
    values.RecipientLetter: LetterSpec(
        "recipient",
        _recipient_subject,
        (
            *_EVERY,
            Element("action", "Art. 19"),
            Element("person", "Art. 19, 5.1 c"),
            Element("what", "Art. 19"),
            Element("new", "Art. 16, 19", lambda letter: letter.action == "rectify"),
            Element("done_on", "Art. 19"),
            Element("basis", "Art. 19, 28.3"),
            Element("acknowledge", "Art. 5.2, 19"),
        ),
    ),
    values.RestrictionLetter: LetterSpec(
        "restriction",
        _restriction_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 18"),
            Element(
                "system", "Art. 18.1", lambda letter: letter.restricted or not (letter.refused or letter.nothing_in)
            ),
            Element("restricted", "Art. 18.1", lambda letter: letter.restricted),
            Element("restricted_on", "Art. 18.1", lambda letter: letter.restricted),
            Element("ground", "Art. 18.1", lambda letter: letter.restricted),
            Element("until", "Art. 12.1, 18.1", lambda letter: letter.restricted),
            Element("meaning", "Art. 18.2", lambda letter: letter.restricted),
            Element("before_lifting", "Art. 18.3", lambda letter: letter.restricted),
            Element("nothing_in", "Art. 12.3", lambda letter: letter.nothing_in),
            Element("refused", "Art. 12.4", lambda letter: letter.refused),
            Element("reasons", "Art. 12.4", lambda letter: letter.refused),
            Element("provision", "Art. 12.4", lambda letter: letter.refused),
            Element("recipients", "Art. 19", lambda letter: letter.restricted),
            Element("may_ask_recipients", "Art. 19", lambda letter: letter.restricted),
            *_remedies_when(lambda letter: letter.refused),
        ),
    ),
    values.RestrictionLiftingLetter: LetterSpec(
        "restriction_lifting",
        lambda _: {"sv": "Begränsningen av dina uppgifter upphör", "en": "The restriction of your data ends"},
        (
            *_EVERY,
            Element("lifted_from", "Art. 18.3"),
            Element("reasons", "Art. 18.3, 12.1"),
            Element("system", "Art. 18.3"),
            Element("what", "Art. 18.3"),
            Element("meaning", "Art. 18.3"),
            *_REMEDIES,
        ),
    ),
    values.ObjectionLetter: LetterSpec(
        "objection",
        _objection_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 21"),
            Element("system", "Art. 21", lambda letter: letter.stopped or not (letter.refused or letter.nothing_in)),
            Element("stopped", "Art. 21.1, 21.3", lambda letter: letter.stopped),
            Element("stopped_on", "Art. 21.1, 21.3", lambda letter: letter.stopped),
            Element("marketing", "Art. 21.2, 21.3", lambda letter: letter.direct_marketing and letter.stopped),
            Element("suppressed", "Art. 12.1, 21.3", lambda letter: letter.suppressed),
            Element("nothing_in", "Art. 12.3", lambda letter: letter.nothing_in),
            Element("what", "Art. 12.4, 21.1", lambda letter: letter.refused),
            Element("interest", "Art. 21.1", lambda letter: letter.refused),
            Element("weighing", "Art. 21.1", lambda letter: letter.refused),
            Element("provision", "Art. 12.4, 21.1", lambda letter: letter.refused),
            *_remedies_when(lambda letter: letter.refused),
        ),
    ),
    values.ConsentWithdrawalLetter: LetterSpec(
        "consent_withdrawal",
        lambda _: {"sv": "Du har tagit tillbaka ditt samtycke", "en": "You have withdrawn your consent"},
        (
            *_EVERY,
            Element("received_on", "Art. 7.3"),
            Element("system", "Art. 7.3", lambda letter: letter.stopped or not letter.nothing_in),
            Element("stopped", "Art. 7.3", lambda letter: letter.stopped),
            Element("stopped_on", "Art. 7.3", lambda letter: letter.stopped),
            Element("nothing_in", "Art. 12.3", lambda letter: letter.nothing_in),
            Element("suppressed", "Art. 12.1, 21.3"),
            Element("lawful_before", "Art. 7.3"),
        ),
    ),
    values.PortabilityLetter: LetterSpec(
        "portability",
        _portability_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 20"),
            Element("result", "Art. 20.1"),
            Element("system", "Art. 20.1", lambda letter: letter.data),
            Element("what", "Art. 20.1", lambda letter: letter.data),
            Element("files", "Art. 20.1", lambda letter: letter.data),
            Element("format", "Art. 20.1", lambda letter: letter.data),
            Element("delivery", "Art. 12.1, 20.1", lambda letter: letter.data),
            Element("not_included", "Art. 12.4, 20.1", lambda letter: letter.not_included),
            Element("reasons", "Art. 12.4, 20.1", lambda letter: letter.not_included),
            Element("provision", "Art. 12.4, 20.1", lambda letter: letter.not_included),
            *_remedies_when(lambda letter: letter.not_included),
        ),
    ),
    values.JoinedLetter: LetterSpec(
        "joined",
        lambda _: {"sv": "Vi svarar på dina två begäranden samtidigt", "en": "We answer your two requests together"},
        (
            *_EVERY,
            Element("received_on", "Art. 12.3"),
            Element("other_received_on", "Art. 12.3"),
            Element("asked", "Art. 12.1"),
            Element("other_diary_no", "Art. 12.1"),
            Element("due_on", "Art. 12.3"),
            Element("nothing_lost", "Art. 12.2"),
        ),
    ),
    values.WithdrawnLetter: LetterSpec(
        "withdrawn",
        _withdrawn_subject,
        (
            *_EVERY,
            Element("received_on", "Art. 12.3"),
            Element("withdrawn_on", "Art. 12.1"),
            Element("withdrawn", "Art. 12.1"),
            Element("remaining", "Art. 12.3", lambda letter: letter.remaining),
            Element("due_on", "Art. 12.3", lambda letter: letter.remaining),
            Element("new_request", "Art. 12.2"),
        ),
    ),
}
"""Every kind of letter with what it must state."""
