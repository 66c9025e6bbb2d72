"""Who is behind a chat: whether a visitor is the person, may be, or is somebody else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import IdentifierKind
from requests_app.connectors.chat_shape import addresses
from requests_app.connectors.matching import Match, folded, names_agree, same
from requests_app.connectors.reading import expect_id, optional_str

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.base import Search


class Whose(StrEnum):
    """Whose a conversation is."""

    MINE = "mine"
    UNSURE = "unsure"
    """Found by a shared sort of identifier, under another name: the coordinator says."""
    NAMELESS = "nameless"
    """Found by an address alone: it is the person's when the address is."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Hit:
    """A conversation that is or may be the person's. ``key`` is the candidate when unsure, the identifier's value when nameless."""

    conversation: str
    whose: Whose
    key: str = ""
    date: str = ""

    def to_json(self) -> list[str]:
        return [self.conversation, self.whose.value, self.key, self.date]

    @classmethod
    def from_json(cls, row: list[str]) -> Hit:
        return cls(row[0], Whose(row[1]), row[2], row[3])


def judge(visitor: Mapping[str, Any], search: Search) -> tuple[Whose, str]:
    """Whose conversation it is, with the key that ``Hit`` keeps.

    The person's own personnummer from an e-ID settles it. Another's is somebody else, or under the person's name a question, since a
    samordningsnummer is replaced by a personnummer. An e-mail address or a phone number is believed only under the person's name.
    """
    user = visitor.get("user")
    proven = optional_str(user, "personalNumber") if isinstance(user, dict) else ""
    numbers = [one.value for one in search.identifiers if one.kind is IdentifierKind.PERSONNUMMER]
    if proven and numbers:
        return (
            Whose.MINE if any(same(IdentifierKind.PERSONNUMMER, proven, one) for one in numbers) else Whose.OTHER
        ), ""
    value = _found_by(visitor, search)
    if not value:
        return Whose.OTHER, ""
    name = visitor_name(visitor)
    if not folded(name):
        return Whose.NAMELESS, value
    if names_agree(name, search.person_name):
        return Whose.MINE, ""
    return Whose.UNSURE, candidate_key(name)


def visitor_name(visitor: Mapping[str, Any]) -> str:
    """The name from the e-ID, else the one typed."""
    user = visitor.get("user")
    return (optional_str(user, "name") if isinstance(user, dict) else "") or optional_str(visitor, "name")


def candidate_key(name: str) -> str:
    """One key for all conversations under a name."""
    return "visitor-" + hashlib.sha256(folded(name).encode()).hexdigest()[:16]


def _found_by(visitor: Mapping[str, Any], search: Search) -> str:
    """The identifier the visitor gave, "" when none of the person's."""
    given = {
        IdentifierKind.EMAIL: optional_str(visitor, "email"),
        IdentifierKind.PHONE: optional_str(visitor, "phone"),
    }
    for one in search.identifiers:
        if one.kind in given and same(one.kind, given[one.kind], one.value):
            return one.value
    return ""


def contact_match(contact: Mapping[str, Any]) -> Match:
    """A contact of the chat as something a search found."""
    names = f"{optional_str(contact, 'firstName')} {optional_str(contact, 'lastName')}".strip()
    facts = {
        "fullName": optional_str(contact, "fullName") or names,
        "emails": ", ".join(addresses(contact, "emails")),
        "createdAt": optional_str(contact, "createdAt"),
    }
    return Match(
        key="contact-" + expect_id(contact, "id"),
        name=names or facts["fullName"],
        fields={name: value for name, value in facts.items() if value},
    )
