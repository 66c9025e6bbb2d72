"""What suggestions for masking are made of: what was found, why, and whose data the person's own is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from requests_app.domain.masks import Place


class Suggested(StrEnum):
    """What a suggestion is about. ``look`` is no suggestion to mask: data about oneself is given out as a rule (OSL 12:1)."""

    EMAIL = "email"
    PHONE = "phone"
    PERSONNUMMER = "personnummer"
    NAME = "name"
    STAFF_NAME = "staff_name"
    LOOK = "look"


class Why(StrEnum):
    """Why something was found, as a code; a topic of ``look`` is its own reason."""

    EMAIL = "email"
    EMAIL_STAFF = "email_staff"
    PHONE = "phone"
    PHONE_LOCAL = "phone_local"
    NUMBER = "number"
    NUMBER_WRONG = "number_wrong"
    NUMBER_PART = "number_part"
    NAME_RELATION = "name_relation"
    NAME_NAMED = "name_named"
    NAME_SIGNED = "name_signed"
    NAME_FULL = "name_full"
    NAME_FIRST = "name_first"
    NAME_LAST = "name_last"
    NAME_FIELD = "name_field"
    STAFF_SENDER = "staff_sender"
    STAFF_FIELD = "staff_field"
    STAFF_SIGNED = "staff_signed"
    STAFF_MENTIONED = "staff_mentioned"
    HEALTH = "health"
    THREAT = "threat"
    SECURITY = "security"
    DISPUTE = "dispute"
    SOCIAL = "social"
    DISTRESS = "distress"
    UNION = "union"
    RELIGION = "religion"
    ETHNICITY = "ethnicity"
    POLITICS = "politics"
    SEXUAL = "sexual"
    BIOMETRIC = "biometric"
    CRIME = "crime"


STAFF_REASONS = frozenset({Why.EMAIL_STAFF, Why.STAFF_SENDER, Why.STAFF_FIELD, Why.STAFF_SIGNED, Why.STAFF_MENTIONED})
"""Reasons that say that somebody is an employee."""


@dataclass(frozen=True, slots=True)
class Own:
    """What is the person's own, and the controller's: never suggested. All in the normal forms of ``domain.identifiers``.

    ``names`` are the words of the person's names (``name_tokens``). ``public`` holds e-mail addresses and numbers of the controller,
    ``staff_domain`` its mail domain: other addresses there are employees'.
    """

    emails: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    public: frozenset[str] = frozenset()
    staff_domain: str = ""


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a text stands: who wrote it (``person``, ``staff``, ``system``, ``other`` or nothing), and words of employees' names around."""

    role: str = ""
    staff: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Found:
    """A stretch of a text, by code points."""

    start: int
    end: int
    kind: Suggested
    why: Why


@dataclass(frozen=True, slots=True)
class Spotted:
    """A place of a record with what was found there. ``text`` is what stands there."""

    place: Place
    kind: Suggested
    why: Why
    text: str


class Word(NamedTuple):
    """A word of a text; ``low`` is its composed lower-case form."""

    start: int
    end: int
    raw: str
    low: str


_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_MARKED = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+(?:['’-](?:[^\W\d_][\u0300-\u036f]*)+)*")


def words_of(text: str) -> list[Word]:
    """The words of a text with their places; letters may be composed or decomposed."""
    if unicodedata.is_normalized("NFC", text):
        return [Word(match.start(), match.end(), match[0], match[0].lower()) for match in _WORD.finditer(text)]
    return [
        Word(match.start(), match.end(), raw, raw.lower())
        for match in _MARKED.finditer(text)
        for raw in (unicodedata.normalize("NFC", match[0]),)
    ]
