"""One made-up letter of each kind, and variants of those that have them."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from requests_app.documents.letter_values import (
    AnswerLetter,
    CompletionLetter,
    ErasedItem,
    ErasureLetter,
    ExtensionLetter,
    KeptItem,
    LetterFacts,
    NotIdentifiedLetter,
    ReceiptLetter,
    RecipientTold,
    RectificationLetter,
    RectifiedField,
    RefusalItem,
    RefusalLetter,
)
from tests.documents.world import REMEDIES, REMEDIES_EN, SENDER, case

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.values import Lang


def common(lang: Lang = "sv") -> dict[str, Any]:
    """What all letters have in common."""
    return {
        "case": case(lang),
        "sender": SENDER,
        "remedies": REMEDIES if lang == "sv" else REMEDIES_EN,
        "addressee": ("Anna Andersson", "Storgatan 1 lgh 1102", "302 43 Halmstad"),
        "dated_on": date(2026, 12, 18),
    }


def receipt(lang: Lang = "sv", **changes: Any) -> ReceiptLetter:
    """A request that was filed behind a log-in."""
    facts = {
        "understood": ("Du vill ha en kopia av alla uppgifter som vi har om dig.",),
        "due_on": date(2026, 12, 28),
        "identity_checked": "Du loggade in på Mina sidor med BankID. Det räcker för oss.",
    }
    return ReceiptLetter(**common(lang) | facts | changes)


def completion(lang: Lang = "sv", **changes: Any) -> CompletionLetter:
    """Two people share the name and the address."""
    facts = {
        "doubt": "Två kunder med samma namn står på den adress som du har angett.",
        "needed": ("Ditt kundnummer, som står på fakturan.",),
        "how_to_send": "Logga in på Mina sidor och svara där. Skicka inte svaret i ett vanligt mejl.",
        "reply_by": date(2026, 12, 9),
        "due_on": date(2026, 12, 28),
        "clarification": ("Gäller din begäran också elmätaren i det tidigare huset?",),
    }
    return CompletionLetter(**common(lang) | facts | changes)


def extension(lang: Lang = "sv", **changes: Any) -> ExtensionLetter:
    """Readings of many years."""
    facts = {
        "due_on": date(2026, 12, 28),
        "extended_due_on": date(2027, 2, 25),
        "reasons": (
            "Uppgifterna finns i elva system och rör tre bostäder.",
            "Chattarna innehåller uppgifter om andra personer.",
        ),
        "delivered_now": "Du får redan nu uppgifterna från Mina sidor.",
    }
    return ExtensionLetter(**common(lang) | facts | changes)


def answer(lang: Lang = "sv", **changes: Any) -> AnswerLetter:
    """Data in three systems."""
    facts = {
        "systems": ("Mina sidor", "Mitt HEM", "Chatten"),
        "records": 2467,
        "pages": 14,
        "delivery": "Du hämtar filerna på Mina sidor. De ligger kvar till den 18 mars 2027.",
        "files": ("Registerutdrag, PDF, 14 sidor", "Maskinläsbar kopia, ZIP med JSON och CSV"),
    }
    return AnswerLetter(**common(lang) | facts | changes)


def refusal(lang: Lang = "sv", **changes: Any) -> RefusalLetter:
    """A whole refusal on the right to information of another person."""
    facts = {
        "items": (
            RefusalItem(
                what="Radering av fakturor från 2021 till 2026",
                provision="Artikel 17.3 b i dataskyddsförordningen och 7 kap. 2 § bokföringslagen",
                reasons="Bokföringslagen kräver att vi sparar fakturor i sju år. Den äldsta får tas bort 2029.",
            ),
        ),
        "partial": False,
    }
    return RefusalLetter(**common(lang) | facts | changes)


def rectification(lang: Lang = "sv", **changes: Any) -> RectificationLetter:
    """One value corrected, one not."""
    facts = {
        "fields": (
            RectifiedField(
                system="Mina sidor",
                field="E-post",
                old="anna@example.se",
                new="anna.andersson@example.se",
                changed_on=date(2026, 12, 3),
            ),
            RectifiedField(
                system="Mitt HEM",
                field="Mätvärde 3 mars 2026 kl. 07",
                old="2,41 kWh",
                new="0,41 kWh",
                refused="Vi har kontrollerat mätaren. Värdet stämmer.",
                provision="Artikel 16 i dataskyddsförordningen: bara felaktiga uppgifter ska rättas",
            ),
        ),
        "recipients": (
            RecipientTold(name="Fakturabolaget AB", told_on=date(2026, 12, 3)),
            RecipientTold(name="Gamla Tryckeriet AB", reason="Företaget finns inte längre."),
        ),
    }
    return RectificationLetter(**common(lang) | facts | changes)


def erasure(lang: Lang = "sv", **changes: Any) -> ErasureLetter:
    """Some erased, some kept by law."""
    facts = {
        "erased": (
            ErasedItem(system="Nyhetsbrev", what="E-postadress och utskick", erased_on=date(2026, 12, 4)),
            ErasedItem(system="Chatten", what="Samtal 2024–2026", erased_on=date(2026, 12, 4)),
        ),
        "backups": "Uppgifterna finns kvar i säkerhetskopior i högst 35 dagar. Sedan skrivs kopiorna över.",
        "kept": (
            KeptItem(
                system="Mina sidor",
                what="Fakturor 2020–2026",
                provision="Artikel 17.3 b i dataskyddsförordningen och 7 kap. 2 § bokföringslagen",
                reasons="Bokföringslagen kräver att vi sparar fakturor i sju år.",
                until="31 december 2033",
            ),
        ),
        "suppressed": "Vi sparar din e-postadress i en spärrlista. Det gör vi bara för att aldrig skicka reklam till den igen.",
        "recipients": (RecipientTold(name="Nyhetsbyrån AB", told_on=date(2026, 12, 4)),),
    }
    return ErasureLetter(**common(lang) | facts | changes)


def not_identified(lang: Lang = "sv", **changes: Any) -> NotIdentifiedLetter:
    """Nobody could tell whose cookies they were."""
    facts = {
        "tried": ("Vi har sökt på namnet och på mejladressen som du skrev från.",),
        "needed": ("Ditt kundnummer, eller att du loggar in på Mina sidor.",),
        "asked_on": date(2026, 11, 27),
    }
    return NotIdentifiedLetter(**common(lang) | facts | changes)


MAKERS: tuple[Callable[..., LetterFacts], ...] = (
    receipt,
    completion,
    extension,
    answer,
    refusal,
    rectification,
    erasure,
    not_identified,
)


def all_letters(lang: Lang = "sv") -> list[LetterFacts]:
    """One of each kind."""
    return [make(lang) for make in MAKERS]
