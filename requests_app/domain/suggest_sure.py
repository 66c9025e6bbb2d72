"""What of the suggestions is sure enough to be masked by a standing rule, which nobody looks at one by one.

The person's own data must never be withheld by a rule: what may be the person's own, or nobody's name, stays a suggestion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, name_tokens, normalise
from requests_app.domain.places import Scope, at, leaves, parts_of
from requests_app.domain.records import FieldType, Kind
from requests_app.domain.suggest_lists import FIRST, LAST, MAYBE_FIRST, MAYBE_LAST, NO_NAME, names
from requests_app.domain.suggest_values import STAFF_REASONS, Own, Spotted, Why, words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.domain.records import CategorySpec, Record

_CONTACTS = frozenset({FieldType.EMAIL, FieldType.PHONE})
_NAMED_BY_FIELD = frozenset({Why.STAFF_FIELD, Why.STAFF_SENDER})
_USER_NAME = re.compile(
    r"(?:user|login|logon|account|konto|anv[aä]ndar|inloggnings?)(?:name|namn|id|e)?|alias|nickname|smeknamn|signum"
)
_RUNNING = 3
"""Words beside what was found in a value of facts that make it running text, rather than one of several contact details."""


def user_names(records: Iterable[Record]) -> frozenset[str]:
    """What the person is called as a user, by the facts about the person; case folded."""
    found: set[str] = set()
    for record in records:
        if record.kind is not Kind.FACTS:
            continue
        for name, value in record.fields.items():
            if _USER_NAME.fullmatch(re.sub(r"[\W_]", "", name.lower())):
                found.update(
                    str(leaf).strip().casefold() for leaf in leaves(value) if leaf not in (None, "", True, False)
                )
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Sure:
    """Says what is sure, for one person; ``users`` is what ``user_names`` gave."""

    own: Own
    users: frozenset[str] = field(default=frozenset())

    def staff(self, record: Record, item: Spotted) -> bool:
        """Whether what was found is an employee's: a name that is known as one, or an address of the controller's own."""
        said = item.text.strip()
        if item.why not in STAFF_REASONS or self._is_own(said):
            return False
        if item.why in _NAMED_BY_FIELD:
            return self._at_home(said) if "@" in said else is_a_name(said)
        return item.why is not Why.EMAIL_STAFF or not _is_fact(record, item)

    def contact(self, record: Record, spec: CategorySpec, item: Spotted) -> bool:
        """Whether what was found is a contact detail of somebody else: one that is told of, not one that a system keeps of the person."""
        if item.why not in (Why.EMAIL, Why.PHONE) or self._is_own(item.text.strip()):
            return False
        known = spec.fields.get(parts_of(item.place.path)[0])
        if record.kind is Kind.FACTS and known is not None and known.type in _CONTACTS:
            return False
        sender = record.kind is Kind.CONVERSATION and item.place.path == "/from"
        return not (_is_fact(record, item) or (sender and record.fields.get("role") == "person"))

    def _is_own(self, said: str) -> bool:
        return said.casefold() in self.users | self.own.emails | self.own.phones | self.own.numbers

    def _at_home(self, address: str) -> bool:
        try:
            domain = normalise(IdentifierKind.EMAIL, address).partition("@")[2]
        except InvalidIdentifier:
            return False
        home = self.own.staff_domain
        return bool(home) and (domain == home or domain.endswith("." + home))


def _is_fact(record: Record, item: Spotted) -> bool:
    """Whether what was found is a value of facts, or all but one: facts are the person's own until somebody says otherwise."""
    if record.kind is not Kind.FACTS:
        return False
    held = at(record, item.place.path)
    if item.place.scope is not Scope.SPAN or not isinstance(held, str):
        return True
    rest = f"{held[: item.place.start]} {held[item.place.end :]}"
    plain = " ".join(part for part in rest.split() if "@" not in part)
    return len(words_of(plain)) < _RUNNING


def is_a_name(text: str) -> bool:
    """Whether the lists know a word of a text as a name; two words or more where each may also be another word."""
    words = [(token, names().kind(token)) for token in name_tokens(text)]
    if any(kind & (FIRST | LAST) and not kind & (MAYBE_FIRST | MAYBE_LAST | NO_NAME) for _token, kind in words):
        return True
    return sum(1 for _token, kind in words if kind & (FIRST | MAYBE_FIRST | LAST | MAYBE_LAST)) > 1


__all__ = ["Sure", "is_a_name", "user_names"]
