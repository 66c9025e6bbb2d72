"""Made-up letters of restriction, objection, consent, portability, to recipients, and of requests joined or taken back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from requests_app.documents import letter_values as letters
from requests_app.documents.letter_samples.facts import DATED, DONE, DUE, suppressed, told

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.letter_samples.facts import Facts, Made, Say


def _recipient(common: Facts, say: Say) -> Made:
    address = ("Fakturabolaget AB", say("Dataskydd", "Data protection"), "Box 100", "111 11 Stockholm")
    mail = say("E-postadress", "E-mail address")
    corrected = letters.RecipientLetter(
        **{**common, "addressee": address},
        recipient="Fakturabolaget AB",
        person=say("Kundnummer 100482", "Customer number 100482"),
        action="rectify",
        items=(letters.RecipientItem(what=mail, done_on=DONE, old="anna@example.se", new="anna.andersson@example.se"),),
        processor=True,
    )
    plain = replace(corrected, items=(letters.RecipientItem(what=mail, done_on=DONE),))
    return (
        corrected,
        replace(corrected, processor=False),
        replace(plain, action="erase", processor=False),
        replace(plain, action="restrict"),
        replace(plain, action="lift"),
        replace(plain, action="stop"),
        replace(plain, action="stop", processor=False),
    )


def _restricted(say: Say) -> letters.RestrictedItem:
    return letters.RestrictedItem(
        system="Mitt HEM",
        what=say("Mätvärden mars 2026", "Readings March 2026"),
        restricted_on=DONE,
    )


def _restriction(common: Facts, say: Say) -> Made:
    part = letters.RestrictionLetter(
        **common,
        restricted=(_restricted(say),),
        ground=say(
            "Du anser att uppgifterna är fel, och vi kontrollerar om de stämmer.",
            "You say that the data is wrong, and we are checking whether it is.",
        ),
        until=say("Begränsningen gäller tills vi är klara.", "The restriction lasts until we have finished."),
        refused=(
            letters.NotDoneItem(
                system="Mina sidor",
                what=say("Fakturor", "Invoices"),
                provision=say(
                    "Artikel 18.1 i dataskyddsförordningen: inget av villkoren är uppfyllt",
                    "Article 18(1) of the GDPR: none of the conditions is met",
                ),
                reasons=say(
                    "Ingen har sagt att fakturorna är fel. Vi behöver dem för bokföringen.",
                    "Nobody has said that the invoices are wrong. We need them for our accounts.",
                ),
            ),
        ),
        recipients=told(say),
    )
    none = replace(part, restricted=(), ground="", until="", recipients=())
    return (
        part,
        replace(part, refused=(), recipients=(), nothing_in=(say("Chatten", "The chat"),)),
        none,
        replace(none, refused=(), nothing_in=("Mitt HEM", "Mina sidor")),
    )


def _restriction_lifting(common: Facts, say: Say) -> Made:
    return (
        letters.RestrictionLiftingLetter(
            **common,
            lifted_from=date(2027, 1, 11),
            items=(_restricted(say),),
            reasons=(
                say(
                    "Vi har kontrollerat mätaren. Uppgifterna stämmer.", "We have checked the meter. The data is right."
                ),
            ),
        ),
    )


def _stopped(say: Say) -> tuple[letters.StoppedItem, ...]:
    return (
        letters.StoppedItem(
            system=say("Nyhetsbrev", "Newsletter"),
            what=say("Utskick till din e-postadress", "Mailings to your e-mail address"),
            stopped_on=DONE,
        ),
        letters.StoppedItem(
            system=say("Annonser", "Advertisements"),
            what=say("Målgrupper och profilering", "Audiences and profiling"),
            stopped_on=DONE,
        ),
    )


def _objection(common: Facts, say: Say) -> Made:
    part = letters.ObjectionLetter(
        **common,
        stopped=_stopped(say),
        direct_marketing=True,
        refused=(
            letters.ObjectionRefusal(
                what=say("Kontroll av ovanligt hög förbrukning", "Checks for unusually high consumption"),
                interest=say(
                    "Vi måste kunna upptäcka läckor innan de skadar människor eller hus.",
                    "We must be able to find leaks before they harm people or houses.",
                ),
                weighing=say(
                    "Vi ser bara dygnsvärden, och ingen annan tar del av dem. Risken för skada väger tyngre.",
                    "We see only daily values, and nobody else sees them. The risk of harm weighs more.",
                ),
                provision=say(
                    "Artikel 21.1 i dataskyddsförordningen: tvingande berättigade skäl",
                    "Article 21(1) of the GDPR: compelling legitimate grounds",
                ),
            ),
        ),
        suppressed=suppressed(say),
    )
    refused = replace(part, stopped=(), direct_marketing=False, suppressed="")
    return (
        part,
        replace(part, refused=()),
        replace(part, refused=(), direct_marketing=False, suppressed="", nothing_in=("Mitt HEM",)),
        refused,
        replace(refused, refused=(), direct_marketing=True, nothing_in=(say("Nyhetsbrev", "Newsletter"),)),
    )


def _consent_withdrawal(common: Facts, say: Say) -> Made:
    stopped = letters.ConsentWithdrawalLetter(**common, stopped=_stopped(say), suppressed=suppressed(say))
    return (
        stopped,
        replace(stopped, suppressed=""),
        replace(stopped, stopped=(), suppressed="", nothing_in=(say("Nyhetsbrev", "Newsletter"),)),
    )


def _portability(common: Facts, say: Say) -> Made:
    part = letters.PortabilityLetter(
        **common,
        data=(
            letters.PortableItem(
                system="Mina sidor", what=say("Kunduppgifter och avtal", "Customer data and contracts"), records=14
            ),
            letters.PortableItem(system="Mitt HEM", what=say("Mätvärden", "Readings"), records=1031),
        ),
        files=(say("Dina uppgifter, ZIP med JSON och CSV", "Your data, ZIP with JSON and CSV"),),
        delivery=say(
            "Du hämtar filerna på Dina personuppgifter, https://dina.hem.example. De ligger kvar till den 18 mars 2027.",
            "You download the files from Your personal data, https://dina.hem.example. They stay there until 18 March 2027.",
        ),
        not_included=(
            letters.NotDoneItem(
                system="Mina sidor",
                what=say("Kreditupplysning", "Credit report"),
                provision=say("Artikel 20.1 i dataskyddsförordningen", "Article 20(1) of the GDPR"),
                reasons=say(
                    "Uppgiften kommer inte från dig utan från ett kreditupplysningsföretag.",
                    "The data does not come from you but from a credit bureau.",
                ),
            ),
        ),
    )
    return (
        part,
        replace(part, not_included=()),
        replace(part, data=(), files=(), delivery=""),
        replace(part, data=(), files=(), delivery="", not_included=()),
    )


def _joined(common: Facts, say: Say) -> Made:
    return (
        letters.JoinedLetter(
            **common,
            other_diary_no="DSR-2026-0039",
            other_received_on=date(2026, 11, 20),
            due_on=date(2026, 12, 21),
            asked=(say("Registerutdrag", "A copy of your data"),),
        ),
    )


def _withdrawn(common: Facts, say: Say) -> Made:
    whole = letters.WithdrawnLetter(
        **common, withdrawn_on=DATED, withdrawn=(say("Radering", "Erasure"), say("Rättelse", "Rectification"))
    )
    part = replace(whole, withdrawn=whole.withdrawn[:1], remaining=whole.withdrawn[1:], due_on=DUE)
    return whole, part


MAKERS: dict[str, Callable[[Facts, Say], Made]] = {
    "recipient": _recipient,
    "restriction": _restriction,
    "restriction_lifting": _restriction_lifting,
    "objection": _objection,
    "consent_withdrawal": _consent_withdrawal,
    "portability": _portability,
    "joined": _joined,
    "withdrawn": _withdrawn,
}
