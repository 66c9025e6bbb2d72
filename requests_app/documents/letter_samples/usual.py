"""Made-up letters that any case may need, and those of access, rectification and erasure."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from requests_app.documents import letter_values as letters
from requests_app.documents.letter_samples.facts import DONE, DUE, suppressed, told
from requests_app.documents.values import NotSearched, Withheld

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.letter_samples.facts import Facts, Made, Say


def _receipt(common: Facts, say: Say) -> Made:
    return (
        letters.ReceiptLetter(
            **common,
            understood=(
                say(
                    "Du vill ha en kopia av alla uppgifter som vi har om dig.",
                    "You want a copy of all data that we have about you.",
                ),
            ),
            due_on=DUE,
            identity_checked=say(
                "Du loggade in med BankID. Det räcker för oss.",
                "You logged in with BankID. That is enough for us.",
            ),
        ),
    )


def _completion(common: Facts, say: Say) -> Made:
    doubt = letters.CompletionLetter(
        **common,
        doubt=say(
            "Två kunder med samma namn står på den adress som du har angett.",
            "Two customers of the same name stand at the address that you gave.",
        ),
        needed=(say("Ditt kundnummer, som står på fakturan.", "Your customer number, which stands on the invoice."),),
        how_to_send=say(
            "Logga in på Dina personuppgifter, https://dina.hem.example, och svara där. Skicka inte svaret i ett vanligt mejl.",
            "Log in to Your personal data, https://dina.hem.example, and reply there. Do not send the reply in an ordinary e-mail.",
        ),
        reply_by=date(2026, 12, 9),
        due_on=DUE,
        clarification=(
            say(
                "Gäller din begäran också elmätaren i det tidigare huset?",
                "Is your request also about the electricity meter in the earlier house?",
            ),
        ),
    )
    return doubt, replace(doubt, clarification=()), replace(doubt, doubt="", needed=())


def _extension(common: Facts, say: Say) -> Made:
    part = letters.ExtensionLetter(
        **common,
        due_on=DUE,
        extended_due_on=date(2027, 2, 25),
        reasons=(
            say(
                "Uppgifterna finns i elva system och rör tre bostäder.",
                "The data is in eleven systems and concerns three homes.",
            ),
            say(
                "Chattarna innehåller uppgifter om andra personer.",
                "The chats hold data about other people.",
            ),
        ),
        delivered_now=say(
            "Du får redan nu uppgifterna från Mina sidor.", "You get the data from Mina sidor already now."
        ),
    )
    return part, replace(part, delivered_now="")


def _answer(common: Facts, say: Say) -> Made:
    found = letters.AnswerLetter(
        **common,
        systems=("Mina sidor", "Mitt HEM", say("Chatten", "The chat")),
        records=2467,
        pages=14,
        delivery=say(
            "Du hämtar filerna på Dina personuppgifter, https://dina.hem.example. De ligger kvar till den 18 mars 2027.",
            "You download the files from Your personal data, https://dina.hem.example. They stay there until 18 March 2027.",
        ),
        files=(
            say("Registerutdrag, PDF, 14 sidor", "Copy of your data, PDF, 14 pages"),
            say("Maskinläsbar kopia, ZIP med JSON och CSV", "Machine-readable copy, ZIP with JSON and CSV"),
        ),
    )
    partial = replace(
        found,
        systems=("Mina sidor",),
        records=1,
        pages=1,
        missing=(
            NotSearched(
                system=say("Mätsystemet", "The metering system"),
                reason=say("Svar väntas.", "We are waiting for it to reply."),
                missing=True,
            ),
        ),
        withheld=(
            Withheld(
                system=say("Chatten", "The chat"),
                category=say("Samtal", "Conversations"),
                count=1,
                ground=say("Uppgift om annan person (artikel 15.4)", "Data about another person (Article 15(4))"),
            ),
        ),
    )
    return found, partial, replace(found, systems=(), records=0, pages=1)


def _refusal(common: Facts, say: Say) -> Made:
    whole = letters.RefusalLetter(
        **common,
        items=(
            letters.RefusalItem(
                what=say("Radering av fakturor från 2021 till 2026", "Erasure of invoices from 2021 to 2026"),
                provision=say(
                    "Artikel 17.3 b i dataskyddsförordningen och 7 kap. 2 § bokföringslagen",
                    "Article 17(3)(b) of the GDPR and Chapter 7 Section 2 of the Bookkeeping Act",
                ),
                reasons=say(
                    "Bokföringslagen kräver att vi sparar fakturor i sju år. Den äldsta får tas bort 2029.",
                    "The Bookkeeping Act requires us to keep invoices for seven years. The oldest may be erased in 2029.",
                ),
            ),
        ),
        partial=False,
    )
    granted = say("Vi tar bort dina samtal i chatten.", "We erase your conversations in the chat.")
    facts = (
        say(
            "Du har gjort tolv likadana begäranden på tre veckor.",
            "You have made twelve identical requests in three weeks.",
        ),
    )
    return (
        whole,
        replace(whole, partial=True, granted=granted),
        replace(whole, secret=True, items=(_secret(say),)),
        replace(whole, excessive=True, items=(_again(say),), abuse_facts=facts),
        replace(whole, fee_sek=450, items=(_again(say),), abuse_facts=facts),
    )


def _secret(say: Say) -> letters.RefusalItem:
    return letters.RefusalItem(
        what=say("Uppgift om hur en anläggning bevakas", "Data on how a site is guarded"),
        provision=say(
            "5 kap. 1 § dataskyddslagen och 18 kap. 8 § offentlighets- och sekretesslagen",
            "Chapter 5 Section 1 of the Data Protection Act and Chapter 18 Section 8 of the Secrecy Act",
        ),
        reasons=say(
            "Uppgiften är hemlig även för dig. Annars kan skyddet av anläggningen försämras.",
            "The data is secret from you too. Otherwise the protection of the site could suffer.",
        ),
    )


def _again(say: Say) -> letters.RefusalItem:
    return letters.RefusalItem(
        what=say("Ännu en kopia av alla uppgifter", "Another copy of all data"),
        provision=say(
            "Artikel 12.5 i dataskyddsförordningen: begäran är orimlig",
            "Article 12(5) of the GDPR: the request is excessive",
        ),
        reasons=say(
            "Vi har redan svarat på samma sak, och inget har ändrats sedan dess.",
            "We have already answered the same thing, and nothing has changed since.",
        ),
    )


def _rectification(common: Facts, say: Say) -> Made:
    changed = letters.RectifiedField(
        system="Mina sidor",
        field=say("E-post", "E-mail"),
        old="anna@example.se",
        new="anna.andersson@example.se",
        changed_on=date(2026, 12, 3),
    )
    refused = letters.RectifiedField(
        system="Mitt HEM",
        field=say("Mätvärde 3 mars 2026 kl. 07", "Reading 3 March 2026 at 07"),
        old="2,41 kWh",
        new="0,41 kWh",
        refused=say("Vi har kontrollerat mätaren. Värdet stämmer.", "We have checked the meter. The reading is right."),
        provision=say(
            "Artikel 16 i dataskyddsförordningen: bara felaktiga uppgifter ska rättas",
            "Article 16 of the GDPR: only inaccurate data is to be corrected",
        ),
    )
    both = letters.RectificationLetter(**common, fields=(changed, refused), recipients=told(say))
    restricted = say(
        "Vi använde inte uppgiften medan vi kontrollerade den.", "We did not use the data while we checked it."
    )
    return (
        both,
        replace(
            both,
            fields=(changed,),
            recipients=(),
            nobody_received=True,
            restricted=restricted,
            nothing_in=("Mitt HEM",),
        ),
        replace(both, fields=(replace(refused, old="", new=""),), recipients=()),
        replace(both, fields=(), recipients=(), nothing_in=("Mina sidor", "Mitt HEM")),
    )


def _erasure(common: Facts, say: Say) -> Made:
    chat = say("Chatten", "The chat")
    part = letters.ErasureLetter(
        **common,
        erased=(
            letters.ErasedItem(
                system=say("Nyhetsbrev", "Newsletter"),
                what=say("E-postadress och utskick", "E-mail address and mailings"),
                erased_on=DONE,
            ),
            letters.ErasedItem(system=chat, what=say("Samtal 2024–2026", "Conversations 2024–2026"), erased_on=DONE),
        ),
        backups=say(
            "Uppgifterna finns kvar i säkerhetskopior i högst 35 dagar. Sedan skrivs kopiorna över.",
            "The data stays in backups for at most 35 days. Then these are overwritten.",
        ),
        kept=(
            letters.KeptItem(
                system="Mina sidor",
                what=say("Fakturor 2020–2026", "Invoices 2020–2026"),
                provision=say(
                    "Artikel 17.3 b i dataskyddsförordningen och 7 kap. 2 § bokföringslagen",
                    "Article 17(3)(b) of the GDPR and Chapter 7 Section 2 of the Bookkeeping Act",
                ),
                reasons=say(
                    "Bokföringslagen kräver att vi sparar fakturor i sju år.",
                    "The Bookkeeping Act requires us to keep invoices for seven years.",
                ),
                until=say("31 december 2033", "31 December 2033"),
            ),
        ),
        suppressed=suppressed(say),
        recipients=told(say)[:1],
    )
    return (
        part,
        replace(part, kept=(), suppressed="", recipients=(), nothing_in=("Mitt HEM", chat)),
        replace(part, erased=(), suppressed="", recipients=()),
        replace(part, erased=(), kept=(), suppressed="", recipients=(), nothing_in=(chat,)),
    )


def _not_identified(common: Facts, say: Say) -> Made:
    asked = letters.NotIdentifiedLetter(
        **common,
        tried=(
            say(
                "Vi har sökt på namnet och på mejladressen som du skrev från.",
                "We have searched for the name and for the e-mail address that you wrote from.",
            ),
        ),
        needed=(
            say(
                "Ditt kundnummer, eller att du loggar in med e-legitimation.",
                "Your customer number, or that you log in with eID.",
            ),
        ),
        asked_on=date(2026, 11, 27),
    )
    return asked, replace(asked, asked_on=None)


MAKERS: dict[str, Callable[[Facts, Say], Made]] = {
    "receipt": _receipt,
    "completion": _completion,
    "extension": _extension,
    "answer": _answer,
    "refusal": _refusal,
    "rectification": _rectification,
    "erasure": _erasure,
    "not_identified": _not_identified,
}
