"""The word lists that suggestions are made from: ``requests_app/data/suggest``, read once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

DATA = Path(__file__).parents[1] / "data" / "suggest"

FIRST, MAYBE_FIRST, LAST, MAYBE_LAST, NO_NAME = 1, 2, 4, 8, 16
"""What a word may be, as bits: a first name, a first name that is also a word, the same of last names, certainly no name.

Both bits of first names: a name wherever it has a capital, a word in lower case.
"""

_PREFIX_INDEX = 3


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of words as names; keys are in lower case, genitives included."""

    kinds: Mapping[str, int]
    sure_endings: tuple[str, ...]
    endings: tuple[str, ...]

    def kind(self, low: str) -> int:
        """The bits of a word; a double name is what its halves are together."""
        known = self.kinds.get(low)
        if known is not None:
            return known
        if "-" in low:
            halves = [self.kinds.get(half, 0) for half in low.split("-")]
            if all(half & (FIRST | MAYBE_FIRST) for half in halves):
                return FIRST
            if len(halves) == 2 and all(half & (LAST | MAYBE_LAST) or self.ends_like_one(low) for half in halves):
                return LAST
        return 0

    def ends_like_one(self, low: str, *, surely: bool = False) -> bool:
        """Whether a word that no list has ends as last names do."""
        stem = low[:-1] if low.endswith("s") and not low.endswith("ius") else low
        return len(stem) > 5 and stem.endswith(self.sure_endings if surely else self.endings)


@dataclass(frozen=True, slots=True)
class Look:
    """Words worth a look, by topic."""

    words: Mapping[str, str]
    prefixes: Mapping[str, tuple[tuple[str, str], ...]]
    inside: re.Pattern[str]
    inside_topics: Mapping[str, str]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]


def _lines(name: str) -> list[str]:
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _words(name: str) -> list[str]:
    return [word for line in _lines(name) for word in line.split()]


def _sections(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    section = ""
    for line in _lines(name):
        if line.startswith("["):
            section = line.strip("[]")
            found[section] = []
        else:
            found[section] += line.split()
    return found


@cache
def names() -> Names:
    """Names and what is none."""
    unsure = _sections("ambiguous_first_names.txt")
    unsure_first, in_lower_case = set(unsure["start"]), set(unsure["lower"])
    unsure_last = set(_words("ambiguous_last_names.txt"))
    kinds: dict[str, int] = {}

    def note(word: str, bit: int) -> None:
        kinds[word] = kinds.get(word, 0) | bit
        if bit != NO_NAME and not word.endswith(("s", "x", "z")):
            kinds[word + "s"] = kinds.get(word + "s", 0) | bit

    for word in unsure_first | in_lower_case | set(_words("first_names.txt")):
        note(word, MAYBE_FIRST if word in unsure_first else FIRST | MAYBE_FIRST if word in in_lower_case else FIRST)
    for word in unsure_last | set(_words("last_names.txt")):
        note(word, MAYBE_LAST if word in unsure_last else LAST)
    for word in _words("not_names.txt"):
        note(word, NO_NAME)
    sure, other = (tuple(line.split()) for line in _lines("last_name_endings.txt"))
    return Names(kinds, sure, sure + other)


@cache
def cues() -> Mapping[str, frozenset[str]]:
    """The words beside which a name or a number stands, by kind of cue."""
    return {kind: frozenset(words) for kind, words in _sections("cues.txt").items()}


@cache
def cue_of() -> Mapping[str, frozenset[str]]:
    """The kinds of cue a word is, by word; only the kinds that stand before a name."""
    found: dict[str, frozenset[str]] = {}
    for kind in ("relation", "title", "named", "signed", "staff", "contact", "ask"):
        for word in cues()[kind]:
            found[word] = found.get(word, frozenset()) | {kind}
    return found


@cache
def look() -> Look:
    """Words worth a look."""
    words: dict[str, str] = {}
    prefixes: dict[str, list[tuple[str, str]]] = {}
    inside: dict[str, str] = {}
    phrases: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for topic, entries in _sections("look.txt").items():
        for entry in entries:
            if "_" in entry:
                first, *rest = entry.split("_")
                phrases.setdefault(first, []).append((tuple(rest), topic))
            elif entry.startswith("*"):
                inside[entry.strip("*")] = topic
            elif entry.endswith("*"):
                prefixes.setdefault(entry[:_PREFIX_INDEX], []).append((entry.rstrip("*"), topic))
            else:
                words[entry] = topic
    return Look(
        words,
        {start: tuple(items) for start, items in prefixes.items()},
        re.compile("|".join(map(re.escape, sorted(inside, key=len, reverse=True)))),
        inside,
        {first: tuple(items) for first, items in phrases.items()},
    )
