"""Places within a record: how they are named, and how a text is found again in all of them.

A place is named by the record's key and an RFC 6901 pointer into its fields; stretches of a text by code points.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

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

    Letters may be cased otherwise, stand in the genitive and be set apart by other spaces. Digits may be grouped otherwise; a telephone
    number may begin with 0, +46 or 0046, and an identity number may lack its century.
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
    if len(text) < SHORTEST or not any(sign.isalpha() for sign in text):
        return ""
    return r"(?<!\w)" + r"\s+".join(map(re.escape, text.split())) + r"(?=s?(?!\w))"


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
        found += numbers or [_SPACES.join(map(re.escape, text.split()))]
    return re.compile("|".join(found), re.IGNORECASE) if found else None


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
