"""What the made-up letters have in common."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Protocol

from requests_app.documents.letter_values import LetterFacts, RecipientTold
from requests_app.documents.values import CaseFacts

if TYPE_CHECKING:
    from requests_app.documents.values import Lang

RECEIVED, DUE, DATED, DONE = date(2026, 11, 25), date(2026, 12, 28), date(2026, 12, 18), date(2026, 12, 4)

Facts = dict[str, Any]
Made = tuple[LetterFacts, ...]


class Say(Protocol):
    """Chooses between a Swedish and an English text."""

    def __call__(self, sv: str, en: str) -> str: ...


def case_facts(lang: Lang) -> CaseFacts:
    """The case they all belong to."""
    return CaseFacts(
        diary_no="DSR-2026-0042",
        received_on=RECEIVED,
        answered_on=DATED,
        lang=lang,
        handler="Karin Ek",
        person_name="Anna Andersson",
        rights=("tillgång",) if lang == "sv" else ("access",),
    )


def told(say: Say) -> tuple[RecipientTold, ...]:
    """One recipient that was told and one that could not be."""
    return (
        RecipientTold(name="Fakturabolaget AB", told_on=DONE),
        RecipientTold(
            name="Gamla Tryckeriet AB",
            reason=say("Företaget finns inte längre.", "The company no longer exists."),
        ),
    )


def suppressed(say: Say) -> str:
    """What is kept so that no advertising is sent."""
    return say(
        "Vi sparar din e-postadress i en spärrlista. Det gör vi bara för att aldrig skicka reklam till den igen.",
        "We keep your e-mail address in a suppression list. We do so only in order never to send advertising to it again.",
    )
