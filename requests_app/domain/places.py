"""Places within a record: how they are named, and how a text is found again in all of them.

A place is named by the record's key and an RFC 6901 pointer into its fields; stretches of a text by code points.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from requests_app.domain.records import Record, Value


class Scope(StrEnum):
    """How much one mask hides."""

    CATEGORY = "category"
    RECORD = "record"
    VALUE = "value"
    SPAN = "span"


GROUP, SOURCE = "@group", "@source"
"""Paths of the two texts that stand beside a record's fields. A pointer into the fields always begins with a slash."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mask is laid, within one category of one system.

    ``record`` is the record's key. ``path`` is an RFC 6901 pointer into ``Record.fields`` (``/contact/0/phone``), or ``GROUP`` or
    ``SOURCE``. ``start`` and ``end`` count code points of the text at the path. ``text`` is the text of a span, or of a value whose
    path leads through a list, as it was when the mask was laid: so it is noticed when something else stands there later.
    """

    scope: Scope
    record: str = ""
    path: str = ""
    start: int | None = None
    end: int | None = None
    text: str = ""

    @property
    def spot(self) -> tuple[str, str, str, int | None, int | None]:
        """What tells two places apart."""
        return self.scope.value, self.record, self.path, self.start, self.end

    def to_json(self) -> dict[str, Any]:
        """As it is sealed: only what the scope needs."""
        held = {"record": self.record, "path": self.path, "start": self.start, "end": self.end, "text": self.text}
        return {name: value for name, value in held.items() if value not in ("", None)}

    @classmethod
    def from_json(cls, scope: str, held: Mapping[str, Any] | None) -> Place:
        """Undo ``to_json``."""
        return cls(Scope(scope), **(held or {}))


@dataclass(frozen=True, slots=True)
class Laid:
    """A mask that is laid: where, on which ground, and the number of its row."""

    place: Place
    ground: str
    key: int = 0


# --- Pointers ----------------------------------------------------------------------------------------------------------------

MISSING = object()
"""What stands where nothing does."""


def pointer(*parts: str | int) -> str:
    """The path of names and list positions that lead to a value: ``("contact", 0)`` -> ``/contact/0``."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(path: str) -> tuple[str, ...]:
    """Undo ``pointer``; positions come back as text."""
    if not path.startswith("/"):
        return (path,)
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path[1:].split("/"))


def _inside(holder: Value, part: str) -> Value:
    if isinstance(holder, dict):
        return holder.get(part, MISSING)
    if isinstance(holder, list) and part.isascii() and part.isdecimal() and int(part[:9]) < len(holder):
        return holder[int(part)] if len(part) < 10 else MISSING
    return MISSING


def at(record: Record, path: str) -> Value:
    """The value at a path; ``MISSING`` when there is none."""
    if path == GROUP:
        return record.group or MISSING
    if path == SOURCE:
        return record.source or MISSING
    if not path.startswith("/"):
        return MISSING
    found: Value = dict(record.fields)
    for part in parts_of(path):
        found = _inside(found, part)
        if found is MISSING:
            break
    return found


def value_at(record: Record, path: str) -> Value:
    """The value at a path; ``LookupError`` when there is none."""
    found = at(record, path)
    if found is MISSING:
        raise LookupError("nothing stands there")
    return found


def through_list(record: Record, path: str) -> bool:
    """Whether a path leads through a list, whose order another gathering may change."""
    holder: Value = dict(record.fields)
    for part in parts_of(path):
        if isinstance(holder, list):
            return True
        holder = _inside(holder, part)
    return False


def text_of(value: Value) -> str:
    """A value as the text that is kept to know it again: a string as it is, all else as JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    except (RecursionError, ValueError):
        return repr(type(value))


def fits(record: Record, place: Place) -> bool:
    """Whether what the mask was laid on still stands in the record (whose key must be the place's)."""
    if place.scope in (Scope.CATEGORY, Scope.RECORD):
        return True
    found = at(record, place.path)
    if found is MISSING:
        return False
    if place.scope is Scope.VALUE:
        return not place.text or text_of(found) == place.text
    if not isinstance(found, str) or place.start is None or place.end is None:
        return False
    return 0 <= place.start < place.end <= len(found) and (
        not place.text or found[place.start : place.end] == place.text
    )


# --- Finding -----------------------------------------------------------------------------------------------------------------


def walk(value: Value) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    """The simple values of a nested one with what leads to them, in order. Iterative: depth is up to the vendor."""
    stack: list[tuple[tuple[str | int, ...], Value]] = [((), value)]
    while stack:
        path, item = stack.pop()
        if isinstance(item, Mapping):
            stack.extend(((*path, str(name)), inner) for name, inner in reversed(list(item.items())))
        elif isinstance(item, list):
            stack.extend(((*path, place), inner) for place, inner in reversed(list(enumerate(item))))
        else:
            yield path, item


def leaves(value: Value) -> Iterator[Value]:
    """The simple values of a nested one."""
    return (item for _path, item in walk(value))


SHORTEST = 3
"""Characters of a text that is looked for where it may be repeated; shorter ones stand everywhere."""


def pattern_of(*texts: str) -> re.Pattern[str] | None:
    """What finds texts again however they are written; None when all are too short to say anything.

    Letters may be cased otherwise, be composed or decomposed, stand in the genitive and be set apart by other spaces. Words that may
    be a name may stand in its other orders: *Andersson, Anna*. Digits may be grouped otherwise; a telephone number may begin with 0,
    +46 or 0046, and an identity number may lack its century.
    """
    found = dict.fromkeys(pattern for text in texts if (pattern := tolerant(text)))
    return re.compile("|".join(found), re.IGNORECASE) if found else None


_SIGNS = "()/.\u2010-\u2015\u2212-"
_GAP = rf"[\s{_SIGNS}]*"
_GROUPING = re.compile(rf"[\s+{_SIGNS}]")
_LONG_NUMBER = re.compile(r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])\d{6}")
_SHORT_NUMBER = re.compile(r"\d\d(?:0[1-9]|1[0-2])\d{6}")
_MOBILE = re.compile(r"7[02369]\d{7}")
_ABROAD = rf"(?:\+|0{_GAP}0{_GAP})?"


def tolerant(text: str) -> str:
    """The pattern of ``pattern_of`` for one text, to be used for letters of either case; empty when it is too short to say anything."""
    text = text.strip()
    numbers = _numbers(text)
    if numbers:
        return "|".join(rf"(?<!\d){before}{_GAP.join(digits)}(?!\d)" for before, digits in numbers)
    if len(unicodedata.normalize("NFC", text)) < SHORTEST or not any(sign.isalpha() for sign in text):
        return ""
    orders = _orders(text)
    if len(orders) == 1:
        return _within(_SPACE.join(map(spelled, orders[0][0])))
    found = []
    for first, rest in orders:
        said = _within(_APART.join(map(spelled, (*first, *rest))))
        # "Karlsson, Karl" in "Lisa Karlsson, Karl Karlsson" is the end of one name and the beginning of another
        again = _SPACE.join(map(spelled, first))
        found.append(rf"{said}(?!\s+{again}{_ENDS})" if rest else said)
    return "|".join(found)


def _within(said: str) -> str:
    """A pattern of words that are no part of longer ones, but for the genitive."""
    return rf"(?<![\w{_MARKS}]){said}{_ENDS}"


_MARKS = "\u0300-\u036f"
"""Marks of decomposed letters. They belong to a word, but count as no sign of one for the pattern."""
_ENDS = rf"(?=s?(?![\w{_MARKS}]))"
_SPACE, _APART = r"\s+", r"(?:\s+|\s*,\s*)"
"""What stands between words, and between those of what may be a name."""
_NAME_WORD = re.compile(r"[^\W\d_]{2,}(?:['\u2019-][^\W\d_]+)*")
_MOST_NAMES = 4
_Words = tuple[str, ...]


def _orders(text: str) -> list[tuple[_Words, _Words]]:
    """The orders in which the words of a text may stand, each as what comes first and what was moved to its end.

    What may be a name, a few words of letters with or without a comma, may begin with any of its words: that covers names of two
    words of either kind, and *von Linné, Carl* as well as *Linné, Carl von*.
    """
    words = tuple(text.replace(",", " ").split())
    may_be_name = 1 < len(words) <= _MOST_NAMES and text.count(",") < 2
    if not may_be_name or not all(_NAME_WORD.fullmatch(unicodedata.normalize("NFC", word)) for word in words):
        return [(tuple(text.split()), ())]
    return [(words[first:], words[:first]) for first in range(len(words))]


def spelled(text: str) -> str:
    """The pattern of a text as it stands, but for that each letter may be composed or decomposed.

    It is the pattern that gives way, not the text that is searched: there, places are counted in code points.
    """
    if text.isascii():
        return re.escape(text) + (f"(?![{_MARKS}])" if text[-1:].isalpha() else "")
    composed = unicodedata.normalize("NFC", text)
    found = "".join(map(_letter, composed)) + f"(?![{_MARKS}])"
    if text in (composed, unicodedata.normalize("NFD", composed)):
        return found
    return f"(?:{found}|{re.escape(text)})"


@lru_cache(maxsize=1024)
def _letter(sign: str) -> str:
    decomposed = unicodedata.normalize("NFD", sign)
    return re.escape(sign) if decomposed == sign else f"(?:{re.escape(sign)}|{re.escape(decomposed)})"


def _numbers(text: str) -> list[tuple[str, str]]:
    """What a text of digits may stand for: the pattern of what may stand before, and the digits that are always written."""
    digits = _GROUPING.sub("", text)
    if len(digits) < 6 or not (digits.isascii() and digits.isdecimal()):
        return []
    if _LONG_NUMBER.fullmatch(digits):
        return [(rf"(?:{_GAP.join(digits[:2])}{_GAP})?", digits[2:])]
    found = []
    if _SHORT_NUMBER.fullmatch(digits):
        found.append((rf"(?:(?:18|19|20){_GAP})?", digits))
    try:
        phone = normalise(IdentifierKind.PHONE, text)
    except InvalidIdentifier:
        return found or [(r"\+?", digits)]
    if not phone.startswith("+46"):
        return [*found, (_ABROAD, phone[1:])]
    zero = "?" if _MOBILE.fullmatch(phone[3:]) else ""  # a spreadsheet takes the zero of a mobile number away
    return [*found, (rf"(?:{_ABROAD}4{_GAP}6{_GAP}(?:0{_GAP})?|0{_GAP}){zero}", phone[3:])]


_ESCAPED = r"\\u00[01][0-9a-f]"
_BETWEEN = rf"(?:{_ESCAPED}|[^0-9])*"
"""Whatever may stand between digits in JSON: no digit, but for the escapes of control characters."""
_SPACES = rf"(?:\s|\\[nrtf]|{_ESCAPED})+"


def loose_pattern_of(*texts: str) -> re.Pattern[str] | None:
    """What finds at least all that ``pattern_of`` finds, in records written as JSON; None when that cannot be promised.

    For passing over the many records that hold nothing, without taking them apart.
    """
    found: list[str] = []
    for text in filter(tolerant, map(str.strip, texts)):
        if not text.isprintable() or '"' in text or "\\" in text:
            return None
        numbers = [_BETWEEN.join(digits) for _before, digits in _numbers(text)]
        found += numbers or [_loose_words(_orders(text))]
    return re.compile("|".join(found), re.IGNORECASE) if found else None


def _loose_words(orders: Sequence[tuple[_Words, _Words]]) -> str:
    """The words in a row; of a name, whose words may stand in several orders, the longest one says enough."""
    words = orders[0][0]
    return _loosely(max(words, key=len)) if len(orders) > 1 else _SPACES.join(map(_loosely, words))


def _loosely(text: str) -> str:
    """The pattern of a text whose letters may lack their marks, or have them composed or decomposed: quicker than ``spelled``."""
    composed = unicodedata.normalize("NFC", text)
    found = "".join(map(_loose_letter, composed))
    return found if re.fullmatch(found, text, re.IGNORECASE) else f"(?:{found}|{re.escape(text)})"


@lru_cache(maxsize=1024)
def _loose_letter(sign: str) -> str:
    decomposed = unicodedata.normalize("NFD", sign)
    if decomposed == sign:
        return re.escape(sign)
    return f"[{re.escape(sign)}{re.escape(decomposed[0])}]" + "".join(f"{re.escape(mark)}?" for mark in decomposed[1:])


def find(record: Record, pattern: re.Pattern[str]) -> list[Place]:
    """Every place of a record where the text stands: whole values, and stretches of longer texts."""
    places = []
    for path, text in ((GROUP, record.group), (SOURCE, record.source)):
        if pattern.search(text):
            places += _in_text(record, path, text, pattern)
    for steps, leaf in walk(record.fields):
        text = leaf if isinstance(leaf, str) else "" if leaf is None or isinstance(leaf, bool) else str(leaf)
        if pattern.search(text):
            places += _in_text(record, pointer(*steps), text, pattern)
    return places


def _in_text(record: Record, path: str, text: str, pattern: re.Pattern[str]) -> list[Place]:
    spans = [match.span() for match in pattern.finditer(text) if match[0]]
    if spans[:1] == [(0, len(text))] or not isinstance(at(record, path), str):
        return [Place(Scope.VALUE, record.key, path, text=text if through_list(record, path) else "")]
    return [Place(Scope.SPAN, record.key, path, first, last, text[first:last]) for first, last in spans]


def covers(masks: Iterable[Laid], place: Place) -> bool:
    """Whether masks of the place's record hide all of it already."""
    for laid in masks:
        other = laid.place
        if other.scope in (Scope.CATEGORY, Scope.RECORD):
            return True
        if other.scope is Scope.VALUE and (place.path == other.path or place.path.startswith(other.path + "/")):
            return True
        both_spans = other.scope is Scope.SPAN and place.scope is Scope.SPAN and other.path == place.path
        if both_spans and (other.start or 0) <= (place.start or 0) and (other.end or 0) >= (place.end or 0):
            return True
    return False
