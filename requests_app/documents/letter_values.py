"""What the letters are made of: plain frozen values in words of the letter's language, one class a letter.

Services fill these in from the database. ``letter_specs.LETTERS`` says what each letter must state, and on what ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import date

    from requests_app.documents.values import CaseFacts, NotSearched, Remedies, Sender, Withheld


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFacts:
    """What all letters have in common. ``addressee`` are the lines of name and address; ``note`` the handler's own paragraphs.

    A letter always speaks to the person the data is about; ``representative`` is who gets it in that one's stead, empty for nobody.

    Where a class has ``nothing_in``, it names the systems that were searched and held nothing about the person.
    """

    case: CaseFacts
    sender: Sender
    remedies: Remedies
    addressee: tuple[str, ...]
    dated_on: date
    note: tuple[str, ...] = ()
    representative: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptLetter(LetterFacts):
    """Bekräftelse: the request has arrived (EDPB 01/2022 § 57)."""

    understood: tuple[str, ...]
    """What the request is taken to ask for, one item each."""
    due_on: date
    identity_checked: str
    """How identity was checked, a whole sentence, or what remains to be done about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionLetter(LetterFacts):
    """Begäran om komplettering: more is needed to identify the person or find the data (Art. 12.6, 11.2)."""

    doubt: str
    """Why the controller doubts, a whole sentence; empty when only ``clarification`` is asked for."""
    needed: tuple[str, ...]
    """The least that is enough."""
    how_to_send: str
    """How to hand it in safely, a whole sentence."""
    reply_by: date
    due_on: date
    clarification: tuple[str, ...] = ()
    """Questions that are voluntary to answer (recital 63)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionLetter(LetterFacts):
    """Underrättelse om förlängning (Art. 12.3)."""

    due_on: date
    extended_due_on: date
    reasons: tuple[str, ...]
    delivered_now: str = ""
    """What is handed over already now, a whole sentence; empty when nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerLetter(LetterFacts):
    """Utlämnande: the cover letter of the extract (Art. 15)."""

    systems: tuple[str, ...]
    """Systems where data was found; empty when nothing was found anywhere."""
    records: int
    pages: int
    delivery: str
    """How the answer is delivered, a whole sentence."""
    files: tuple[str, ...]
    """What is delivered, one line each ("Registerutdrag, PDF, 24 sidor")."""
    missing: tuple[NotSearched, ...] = ()
    withheld: tuple[Withheld, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalItem:
    """One thing that is refused: what, the provision ("artikel 17.3 b i dataskyddsförordningen") and the concrete reasons."""

    what: str
    provision: str
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalLetter(LetterFacts):
    """Avslag, helt eller delvis (Art. 12.4, 12.5, 15.4, 17.3)."""

    items: tuple[RefusalItem, ...]
    partial: bool
    granted: str = ""
    """What is granted all the same, a whole sentence; required when ``partial``."""
    abuse_facts: tuple[str, ...] = ()
    """The facts that show the request to be manifestly unfounded or excessive; required when a provision is Art. 12.5."""
    excessive: bool = False
    """The ground is Art. 12.5: manifestly unfounded or excessive."""
    secret: bool = False
    """The ground is secrecy (Data Protection Act 5:1): the letter then says what that means and how it can be tried."""
    fee_sek: int | None = None
    """A fee instead of refusal (Art. 12.5 a): the amount; the letter then says that the request can be withdrawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientTold:
    """A recipient that was told about a change (Art. 19), or why it was not."""

    name: str
    told_on: date | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RectifiedField:
    """One value that was corrected, or was not: then ``refused`` says why and ``provision`` on what ground."""

    system: str
    field: str
    old: str
    new: str
    changed_on: date | None = None
    refused: str = ""
    provision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RectificationLetter(LetterFacts):
    """Rättelse genomförd eller ej (Art. 16, 18.1 a, 19)."""

    fields: tuple[RectifiedField, ...]
    recipients: tuple[RecipientTold, ...] = ()
    nobody_received: bool = False
    """Whether it is known that nobody has received the data; the letter says so only then."""
    restricted: str = ""
    """What was restricted while accuracy was checked, a whole sentence; empty when nothing was."""
    nothing_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedItem:
    """Data that was erased: where, what and when."""

    system: str
    what: str
    erased_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptItem:
    """Data that is kept: where, what, the provision, why in plain words and until when (a date or words)."""

    system: str
    what: str
    provision: str
    reasons: str
    until: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureLetter(LetterFacts):
    """Radering genomförd, helt eller delvis (Art. 17, 19)."""

    erased: tuple[ErasedItem, ...]
    backups: str
    """How and when the data leaves the backups, whole sentences."""
    kept: tuple[KeptItem, ...] = ()
    suppressed: str = ""
    """What stands in the suppression list so that no advertising is sent again, a whole sentence; empty when nothing."""
    recipients: tuple[RecipientTold, ...] = ()
    nobody_received: bool = False
    """Whether it is known that nobody has received the data; the letter says so only then."""
    nothing_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotIdentifiedLetter(LetterFacts):
    """Avslut utan identitet (Art. 11.2, 12.2): what was tried, and what would be needed."""

    tried: tuple[str, ...]
    needed: tuple[str, ...]
    asked_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientItem:
    """What was done to one piece of data: which data, when, and for a correction the old and the new value."""

    what: str
    done_on: date
    old: str = ""
    new: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientLetter(LetterFacts):
    """Underrättelse till mottagare (Art. 19; Art. 28.3 for a processor). Goes to the recipient, never to the person.

    ``addressee`` is the recipient. The letter prints neither the person's name nor the remedies: only ``person``.
    """

    recipient: str
    person: str
    """The person in the least identifying way that the recipient can use ("Kundnummer 100482")."""
    action: Literal["rectify", "erase", "restrict", "lift", "stop"]
    """What the controller has done and the recipient is to do; ``stop`` ends advertising, ``lift`` ends a restriction."""
    items: tuple[RecipientItem, ...]
    processor: bool = False
    """A processor is instructed (Art. 28.3); anybody else is told (Art. 19)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictedItem:
    """Data whose use is restricted: where, what and since when."""

    system: str
    what: str
    restricted_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDoneItem:
    """Data that a request does not reach: where, what, the provision and why in plain words."""

    system: str
    what: str
    provision: str
    reasons: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionLetter(LetterFacts):
    """Begränsning, helt eller delvis (Art. 18.1, 18.2, 19)."""

    restricted: tuple[RestrictedItem, ...]
    ground: str = ""
    """Which condition of Art. 18.1 is met, a whole sentence; required when something is restricted."""
    until: str = ""
    """How long it lasts, a whole sentence ("Begränsningen gäller medan ..."); required when something is restricted."""
    refused: tuple[NotDoneItem, ...] = ()
    recipients: tuple[RecipientTold, ...] = ()
    nobody_received: bool = False
    """Whether it is known that nobody has received the data; the letter says so only then."""
    nothing_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RestrictionLiftingLetter(LetterFacts):
    """Förvarning om att en begränsning upphör (Art. 18.3): sent before ``lifted_from``."""

    lifted_from: date
    items: tuple[RestrictedItem, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedItem:
    """A use of the data that has ended: where, what and when."""

    system: str
    what: str
    stopped_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionRefusal:
    """A use that goes on despite the objection (Art. 21.1). The burden is the controller's.

    ``interest`` are the compelling grounds, ``weighing`` how they were weighed against the person's interests.
    """

    what: str
    interest: str
    weighing: str
    provision: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectionLetter(LetterFacts):
    """Invändning, bifallen eller avslagen (Art. 21). What concerns direct marketing always stops (Art. 21.3)."""

    stopped: tuple[StoppedItem, ...]
    direct_marketing: bool = False
    """The objection concerned direct marketing or profiling for it: the letter says that it stops without conditions."""
    refused: tuple[ObjectionRefusal, ...] = ()
    suppressed: str = ""
    """What stands in the suppression list and why, a whole sentence; empty when nothing."""
    nothing_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWithdrawalLetter(LetterFacts):
    """Återkallat samtycke (Art. 7.3): what has stopped, where and when."""

    stopped: tuple[StoppedItem, ...]
    suppressed: str = ""
    """What stands in the suppression list and why, a whole sentence; empty when nothing."""
    nothing_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortableItem:
    """Data that is handed over in a machine-readable form: where, what and how many records."""

    system: str
    what: str
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PortabilityLetter(LetterFacts):
    """Dataportabilitet (Art. 20): the cover letter of the machine-readable copy."""

    data: tuple[PortableItem, ...]
    """Empty when there is nothing that Art. 20 covers."""
    files: tuple[str, ...] = ()
    """What is delivered and in which format, one line each ("Dina uppgifter, ZIP med JSON och CSV"); required with ``data``."""
    delivery: str = ""
    """How it is delivered, a whole sentence; required with ``data``."""
    not_included: tuple[NotDoneItem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedLetter(LetterFacts):
    """Two requests of the same kind are answered together: this case ends, the other one gives the answer."""

    other_diary_no: str
    other_received_on: date
    due_on: date
    """By when the other case is answered."""
    asked: tuple[str, ...]
    """What both requests ask for, one item each ("Registerutdrag")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawnLetter(LetterFacts):
    """Bekräftelse på att en begäran har tagits tillbaka, helt eller delvis."""

    withdrawn_on: date
    withdrawn: tuple[str, ...]
    """What is taken back, one item each ("Radering")."""
    remaining: tuple[str, ...] = ()
    """What the case still answers; empty when the whole request was taken back."""
    due_on: date | None = None
    """By when the rest is answered; required with ``remaining``."""
