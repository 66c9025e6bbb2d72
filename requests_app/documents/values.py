"""What the documents are made of: plain frozen values, already in words of the answer's language where they are words.

Services fill these in from the database; this room knows neither models nor services. Every text that is not marked otherwise is
in ``CaseFacts.lang``. Only categories (``CategorySpec``) and their fields carry both languages with them. Masks are laid by the
services before the records come here: a masked value is the text ``[Maskerat: ...]``, and ``Withheld`` says how many there are and why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from requests_app.domain.records import CategorySpec, Record

if TYPE_CHECKING:
    from datetime import date, datetime

Lang = Literal["sv", "en"]
RecordSource = Callable[[], Iterable[Record]]
"""Gives a category's records in order, anew at every call, so that 50,000 of them need not be in memory at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """The controller as it stands in the head of every document. ``unit`` is who answers ("Personuppgiftssamordnare")."""

    name: str
    org_no: str
    address: tuple[str, ...]
    email: str
    phone: str
    web: str
    unit: str = ""
    dpo: str = ""
    """How the data protection officer is reached, when there is one: "dataskyddsombud@..."."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """Where the person can turn (Art. 12.4, 13.2 d, 15.1 f). Texts are policy, for the controller's lawyer to settle.

    ``authority`` is the supervisory authority's name, ``authority_lines`` how it is reached, ``court`` the sentence about the
    judicial remedy (for a municipally owned company the district court, never the administrative court).
    """

    authority: str
    authority_lines: tuple[str, ...]
    court: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """The case as the reader is told about it. ``*_on`` are Swedish local dates; ``rights`` are in words ("tillgång")."""

    diary_no: str
    received_on: date
    lang: Lang
    handler: str
    person_name: str
    answered_on: date | None = None
    external_no: str = ""
    birth_date: date | None = None
    rights: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryData:
    """One category of one system. ``count`` must be what ``records`` yields; the dates are the first and last ``occurred_at``."""

    spec: CategorySpec
    records: RecordSource
    count: int
    first_on: date | None = None
    last_on: date | None = None
    withheld: int = 0
    """Records that are left out because they are withheld whole; not part of ``count``."""


class SearchOutcome(StrEnum):
    """How the search of one system ended. Systems that were never searched are ``NotSearched``."""

    FOUND = "found"
    NOTHING_FOUND = "nothing_found"
    PARTIAL = "partial"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSection:
    """One system that was searched and what it held.

    ``searched_by`` are the search terms in words ("kundnummer 100482"), ``searched_at`` is when the copy was taken (aware).
    ``searched_from``/``searched_to`` is the window when the system was searched by date. ``note`` is printed as it stands and is
    required for ``PARTIAL``: what was not searched, and why.
    """

    key: str
    name: str
    outcome: SearchOutcome
    searched_at: datetime
    searched_by: tuple[str, ...] = ()
    searched_from: date | None = None
    searched_to: date | None = None
    note: str = ""
    description: str = ""
    controller: str = ""
    """Filled in when somebody other than the sender is the controller of the system."""
    categories: tuple[CategoryData, ...] = ()

    @property
    def count(self) -> int:
        """Number of records in all categories."""
        return sum(category.count for category in self.categories)

    @property
    def withheld(self) -> int:
        """Number of records that are left out because they are withheld."""
        return sum(category.withheld for category in self.categories)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipientFact:
    """Somebody who has been given the data, by name (Art. 15.1 c, C-154/21).

    ``role`` in words ("personuppgiftsbiträde"). ``disclosed`` says when, in words. ``country`` is filled in, and with it
    ``safeguard`` (Art. 46), when the data goes outside the EU/EEA (``third_country``).
    """

    name: str
    role: str
    disclosed: str = ""
    country: str = ""
    third_country: bool = False
    safeguard: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingFact:
    """Why a system holds the data, from the confirmed part of the register (Art. 15.1 a-d, g, h and 15.2)."""

    system_key: str
    purpose: str
    legal_basis: str
    categories: tuple[str, ...]
    source: str
    retention: str
    recipients: tuple[RecipientFact, ...] = ()
    automated_decision: str = ""
    """Empty: no such decision. Else what is decided, the logic and what it means for the person."""
    profiling: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """Data that is not handed out: what, how many places, and the ground in words with its provision.

    ``whole``: the count is of records that are left out, not of places that are hidden in records. ``file``: it is of files.
    """

    system: str
    category: str
    count: int
    ground: str
    whole: bool = False
    file: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSearched:
    """A system that is not part of the answer, and why. ``missing`` when the answer is partial and the rest will follow."""

    system: str
    reason: str
    missing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file that goes out as it came: where it lies in the package (``Extract.enclosed_in`` and a safe name), and its content."""

    path: str
    chunks: Callable[[], Iterable[bytes]]


ENCLOSED_IN: dict[Lang, str] = {"sv": "bilagor", "en": "enclosures"}
"""The folder of the package that enclosures lie in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """Everything a registerutdrag says. ``case.answered_on`` must be set. ``remarks`` are the handler's own paragraphs to the person."""

    case: CaseFacts
    sender: Sender
    remedies: Remedies
    sections: tuple[SystemSection, ...]
    processings: tuple[ProcessingFact, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    not_searched: tuple[NotSearched, ...] = ()
    remarks: tuple[str, ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
    enclosures_withheld: int = 0
    """Files that the systems hold and that are not handed out."""

    @property
    def enclosed_in(self) -> str:
        """The folder of the enclosures."""
        return ENCLOSED_IN[self.case.lang]

    @property
    def count(self) -> int:
        """Number of records in all systems."""
        return sum(section.count for section in self.sections)


@dataclass(frozen=True, slots=True)
class RenderedPdf:
    """A finished PDF and its number of pages."""

    data: bytes
    pages: int
