"""Whose data is it? What a search found, and whether it may be taken or the coordinator must choose.

A personnummer or a customer number belongs to one person: what it finds is taken at once. E-mail addresses are shared and phone
numbers are recycled: what they find is taken only when it is one person and nothing about it speaks of somebody else.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from requests_app.connectors.base import Candidate, Derived
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from requests_app.connectors.base import Identifier, Search

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Match:
    """One account, customer or contact that a search found."""

    key: str
    name: str = ""
    personnummer: str = ""
    """As the system has it; empty when it does not say."""
    fields: Mapping[str, str] = field(default_factory=dict)
    """What the coordinator is shown to choose by."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Which matches are the person's (in the order found, each once) and which somebody must choose among."""

    taken: tuple[str, ...]
    strong: frozenset[str]
    """Those of ``taken`` that a strong identifier found."""
    candidates: tuple[Candidate, ...] = ()


def settle(search: Search, found: Sequence[tuple[Identifier, Sequence[Match]]]) -> Settled:
    """Sort matches into taken and doubtful; with ``search.chosen`` the doubtful ones that were chosen are taken too."""
    known = {identifier.value for identifier in search.identifiers if identifier.kind is IdentifierKind.PERSONNUMMER}
    strong = {
        match.key
        for identifier, matches in found
        for match in matches
        if identifier.kind is IdentifierKind.CUSTOMER_NO or _proven(match, identifier, known)
    }
    taken: list[str] = []
    doubtful: dict[str, Match] = {}
    for _identifier, everybody in found:
        matches = [match for match in everybody if match.key in strong or not _proven_other(match, search, known)]
        others = {match.key for match in matches if match.key not in strong}
        for match in matches:
            alone = len(others) == 1 and len(matches) == 1
            if match.key in strong or (alone and not _is_somebody_else(match, search.person_name, known)):
                taken.append(match.key)
            else:
                doubtful.setdefault(match.key, match)
    # What one address finds alone and another finds among several is doubtful: the address is shared.
    taken = [key for key in dict.fromkeys(taken) if key in strong or key not in doubtful]
    open_ones = [match for key, match in doubtful.items() if key not in taken]
    if search.chosen is not None:
        return Settled((*taken, *(match.key for match in open_ones if match.key in search.chosen)), frozenset(strong))
    return Settled(tuple(taken), frozenset(strong), tuple(Candidate(match.key, match.fields) for match in open_ones))


def _proven(match: Match, identifier: Identifier, known: set[str]) -> bool:
    """Whether a personnummer ties the match to the person. A system that answers with another number is not believed."""
    if not match.personnummer:
        return identifier.kind is IdentifierKind.PERSONNUMMER
    return _is_known(match.personnummer, known)


def _proven_other(match: Match, search: Search, known: set[str]) -> bool:
    """Whether both personnummer and name are another person's: no question to put to the coordinator.

    A differing number alone proves nothing, since a samordningsnummer is replaced by a personnummer.
    """
    if not known or not match.personnummer or _is_known(match.personnummer, known):
        return False
    return not names_agree(match.name, search.person_name)


def _is_known(personnummer: str, known: set[str]) -> bool:
    return any(same(IdentifierKind.PERSONNUMMER, personnummer, one) for one in known)


def _is_somebody_else(match: Match, person_name: str, known: set[str]) -> bool:
    """Whether a single weak match speaks of another person."""
    if match.personnummer and known and not _is_known(match.personnummer, known):
        return True
    return not names_agree(match.name, person_name)


def names_agree(one: str, other: str) -> bool:
    """Whether two names can be one person's: the words of the shorter all stand in the longer, initials counted; unknown agrees.

    "Anna" and "A. Lindqvist" agree with "Anna-Karin Lindqvist"; "Per Sandberg" and "Maria Sandberg" do not.
    """
    short, long = sorted((_words(one), _words(other)), key=len)
    return all(_stands_in(word, long) for word in short)


def _stands_in(word: str, words: Iterable[str]) -> bool:
    return any(word == other or (1 in (len(word), len(other)) and word[0] == other[0]) for other in words)


def _words(name: str) -> list[str]:
    """The words of a name without case and accents, so that Åkerblom and Akerblom are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return _WORD.findall(plain)


def folded(name: str) -> str:
    """A name in the form two spellings of it share."""
    return " ".join(_words(name))


def same(kind: IdentifierKind, text: str, normal: str) -> bool:
    """Whether a value as a system or a visitor wrote it (``070-174 06 05``) is the normalised one."""
    return _normal(kind, text) == normal


def new_identifiers(
    search: Search, kind: IdentifierKind, values: Iterable[object], *, strong: bool = False
) -> list[Derived]:
    """What a system gave that the person was not searched by, normalised, each once; what is no identifier is left out."""
    known = {one.value for one in search.identifiers if one.kind is kind}
    normal = dict.fromkeys(_normal(kind, value) for value in values if isinstance(value, str))
    return [Derived(kind, value, strong) for value in normal if value and value not in known]


def _normal(kind: IdentifierKind, text: str) -> str:
    try:
        return normalise(kind, text)
    except InvalidIdentifier:
        return ""
