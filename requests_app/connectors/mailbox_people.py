"""Whose a mail is that a search in a mailbox found: the person's, perhaps the person's, or somebody else's.

A server finds parts of words (``anna@`` in ``hanna@``), and names and texts too. What counts are the addresses in the headers. A
mailbox may be shared: where a mail gives the address a name that cannot be the person's, the coordinator is asked.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from requests_app.connectors.base import IdentifierKind
from requests_app.connectors.matching import folded, names_agree
from requests_app.domain.identifiers import InvalidIdentifier, normalise, written_forms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.mail.heads import Head, Party

_LETTER = re.compile(r"[^\W\d_]")


class Whose(StrEnum):
    """Whose a mail is."""

    MINE = "mine"
    UNSURE = "unsure"
    """The person's address under another name, or the person's customer number in the text: the coordinator says."""
    NAMELESS = "nameless"
    """The person's address alone."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Whose a mail is; for ``UNSURE`` the name it gives the address. ``address`` is the person's it was found by."""

    whose: Whose
    address: str
    name: str = ""


def candidate_key(*told: str) -> str:
    """One key for all mails under a name, or from an address."""
    return "mail-" + hashlib.sha256("\0".join(told).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def normal(address: str) -> str:
    """The address in its one form, "" when it is none."""
    try:
        return normalise(IdentifierKind.EMAIL, address)
    except InvalidIdentifier:
        return ""


class People:
    """Who is who in a header: the person, the organisation, others."""

    def __init__(self, addresses: Iterable[str], person_name: str, own: Iterable[str]) -> None:
        self._addresses = tuple(addresses)
        self._forms = {
            form.lower(): one for one in self._addresses for form in written_forms(IdentifierKind.EMAIL, one)
        }
        self._name = person_name
        self._own = frozenset(text.lower().lstrip("@") for text in own)
        self._known: dict[str, str] = {}

    def person(self, party: Party) -> str:
        """The person's address that this is, "" when it is another's."""
        quick = self._forms.get(party.address.lower())
        return quick or self._forms.get(self._normal(party.address), "")

    def own(self, party: Party) -> bool:
        """Whether it is the organisation's: an address or a domain of its own, or below one."""
        address = self._normal(party.address)
        domain = address.rpartition("@")[2]
        parts = domain.split(".")
        return bool(address) and (
            address in self._own or any(".".join(parts[n:]) in self._own for n in range(len(parts)))
        )

    def _normal(self, address: str) -> str:
        if address not in self._known:
            self._known[address] = normal(address)
        return self._known[address]

    def judge(self, head: Head) -> Judged | None:
        """Whose the mail is by its headers; None when none of the person's addresses stands there as an address."""
        wrote = [party for party in head.writers if self.person(party)]
        got = [party for party in (*head.reply_to, *head.receivers) if self.person(party)]
        if not wrote and not got:
            past = next((one for form, one in self._forms.items() if head.mentions(form)), "")
            return Judged(Whose.NAMELESS, past) if past else None
        met = wrote or got  # who wrote knows the own name best
        address = self.person(met[0])
        names = [party.name for party in met if "@" not in party.name and _LETTER.search(party.name)]
        if not names:
            return Judged(Whose.NAMELESS, address)
        if any(names_agree(name, self._name) for name in names):
            return Judged(Whose.MINE, address)
        return Judged(Whose.UNSURE, address, names[0])

    def role(self, head: Head) -> str:
        """In which role somebody wrote: ``person``, ``staff``, ``system`` or ``other``."""
        if any(self.person(party) for party in head.writers):
            return "person"
        if any(self.own(party) for party in head.writers):
            # a form on the web is sent by the organisation's own server, to be answered to who filled it in
            if head.reply_to and all(self.person(party) for party in head.reply_to):
                return "person"
            return "system" if head.automatic else "staff"
        return "other"

    def strangers(self, head: Head) -> int:
        """How many others than the person and the organisation the mail names as receivers."""
        told = {party.address.lower() for party in head.receivers if not self.person(party) and not self.own(party)}
        past = head.rest.count("@") - sum(head.mentions(form) for form in self._forms)
        return len(told) + max(0, past)


def other_name(name: str) -> str:
    """A name in the form two spellings of it share."""
    return folded(name) or name
