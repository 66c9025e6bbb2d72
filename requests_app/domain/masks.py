"""What is withheld from an answer, laid over the records as they were gathered. The originals are never changed.

A mask is laid on a whole category, a record, a value in it or a stretch of a text. Whatever the data looks like, laying never
raises: what a mask cannot be fitted to is told by ``fits``, and hidden rather than shown where there is a doubt.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.places import (
    GROUP,
    MISSING,
    SHORTEST,
    SOURCE,
    Laid,
    Place,
    Scope,
    at,
    covers,
    find,
    fits,
    leaves,
    parts_of,
    pattern_of,
    pointer,
    spelled,
    text_of,
    through_list,
    tolerant,
    value_at,
    walk,
)
from requests_app.domain.records import Kind
from requests_app.domain.rights import Ground

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from requests_app.domain.records import Record, Value

WORDS: Mapping[str, Mapping[str, str]] = {
    "sv": {
        Ground.RIGHTS_OF_OTHERS.value: "[Maskerat: uppgift om annan person]",
        Ground.SECRECY.value: "[Maskerat: uppgift som omfattas av sekretess]",
        Ground.RUNNING_TEXT.value: "[Maskerat: utkast eller minnesanteckning]",
    },
    "en": {
        Ground.RIGHTS_OF_OTHERS.value: "[Masked: about another person]",
        Ground.SECRECY.value: "[Masked: covered by secrecy]",
        Ground.RUNNING_TEXT.value: "[Masked: draft or note]",
    },
}
"""What is read where something is withheld, by language and ground."""
SHORT: Mapping[str, str] = {"sv": "mask.", "en": "masked"}
"""The same in the cell of a narrow table."""
_SET_APART = 30
"""Signs that may set a number apart where it is hidden and are not written beside it."""
_MASK_TEXTS = frozenset(text for words in WORDS.values() for text in words.values())


def is_mask(value: Value) -> bool:
    """Whether a value is wholly withheld: what ``apply`` put in its place and nothing else."""
    return isinstance(value, str) and value in _MASK_TEXTS


# --- Laying ------------------------------------------------------------------------------------------------------------------


def whole(masks: Iterable[Laid]) -> Laid | None:
    """The mask that hides all of a record, if one does."""
    found = [laid for laid in masks if laid.place.scope in (Scope.CATEGORY, Scope.RECORD)]
    return min(found, key=lambda laid: laid.place.scope is not Scope.CATEGORY, default=None)


def apply(record: Record, masks: Sequence[Laid], words: Mapping[str, str]) -> Record:
    """The record as others may see it; ``words`` are those of one language (``WORDS[lang]``).

    The key goes with what is hidden: it may be made of it, and a hash of few possible contents can be guessed. The time stays unless
    it says the same as what is hidden. A span that no longer fits hides the whole value.
    """
    if not masks:
        return record
    all_of_it = whole(masks)
    if all_of_it is not None:
        return _covered(record, _word(all_of_it.ground, words))
    hidden = _Hiding(record, words)
    spans: dict[str, list[Laid]] = {}
    for laid in masks:
        if laid.place.scope is Scope.VALUE or not fits(record, laid.place):
            hidden.value(laid.place.path, laid.ground)
        else:
            spans.setdefault(laid.place.path, []).append(laid)
    for path, laid_there in spans.items():
        hidden.spans(path, laid_there)
    return hidden.record()


def _word(ground: str, words: Mapping[str, str]) -> str:
    return words.get(ground) or words[Ground.RIGHTS_OF_OTHERS.value]


def _covered(record: Record, word: str) -> Record:
    """A record that is hidden whole. In a conversation it is seen that something was said, and when."""
    said = record.kind is Kind.CONVERSATION
    return replace(
        record,
        key=word,
        fields={"text": word} if said else {},
        occurred_at=record.occurred_at if record.kind is not Kind.TIME_SERIES else None,
        group=record.group if said else "",
        source="",
        marks=(),
    )


class _Hiding:
    """A record on the way to being masked: what is hidden is taken out, and remembered, so that nothing beside it repeats it."""

    def __init__(self, record: Record, words: Mapping[str, str]) -> None:
        self._record = record
        self._words = words
        self._fields: Value = dict(record.fields)
        self._beside = {GROUP: record.group, SOURCE: record.source}
        self._values: list[str] = []
        self._texts: list[str] = []
        self._word = ""

    def value(self, path: str, ground: str) -> None:
        """Hide the value at a path; nothing happens when there is none or it is hidden already."""
        found = self._beside.get(path) or (at(replace(self._record, fields=self._fields), path))
        if found is MISSING or is_mask(found):
            return
        if self._record.kind is not Kind.TIME_SERIES or path != "/value":  # a reading is like many others
            self._values += [text_of(leaf) for leaf in leaves(found)]
        self._put(path, _word(ground, self._words))

    def spans(self, path: str, laid: list[Laid]) -> None:
        """Hide stretches of the text at a path; those that overlap become one, on the ground of the first."""
        text = self._beside.get(path) or at(replace(self._record, fields=self._fields), path)
        if not isinstance(text, str) or is_mask(text):
            return
        pieces, end = [], 0
        for first, last, ground in merged(laid):
            self._texts.append(text[first:last])
            pieces += [text[end:first], _word(ground, self._words)]
            end = last
        self._put(path, "".join((*pieces, text[end:])))

    def _put(self, path: str, new: str) -> None:
        self._word = self._word or new
        if path in self._beside:
            self._beside[path] = new
            return
        root: list[Value] = [self._fields]
        holder: Value = root
        step: Any = 0
        for part in parts_of(path):
            inner = holder[step]
            inner = holder[step] = dict(inner) if isinstance(inner, dict) else list(inner)
            holder, step = inner, part if isinstance(inner, dict) else int(part)
        holder[step] = new
        self._fields = root[0]

    def record(self) -> Record:
        """The record without what was hidden."""
        if not self._word:
            return self._record
        beside = {path: self._without_echo(text) for path, text in self._beside.items()}
        when = self._record.occurred_at
        if when is not None and any(says_the_day(text, when) for text in self._values):
            when = None
        word = next(iter(self._words.values()))
        return replace(
            self._record,
            key=word,
            fields=self._fields,
            group=beside[GROUP],
            source=beside[SOURCE],
            occurred_at=when,
        )

    def _without_echo(self, text: str) -> str:
        """The group or the source with what is hidden in the fields hidden there too."""
        if not text or is_mask(text):
            return text
        word = _word(Ground.RIGHTS_OF_OTHERS.value, self._words)
        if any(_same(text, said) for said in self._values):
            return word
        pattern = self._echo()
        return pattern.sub(word, text) if pattern else text

    def _echo(self) -> re.Pattern[str] | None:
        """What finds what is hidden in the group and the source, however it is written there: as ``pattern_of``, and within words too."""
        longest = max(map(len, self._beside.values()))
        found = {said.strip() for said in (*self._values, *self._texts) if len(said) <= 2 * longest + _SET_APART}
        patterns = [
            f"(?i:{wide})|{spelled(said)}" if (wide := tolerant(said)) else spelled(said)
            for said in sorted(found, key=len, reverse=True)
            if len(said) >= (5 if said.isdecimal() else SHORTEST)
        ]
        return re.compile("|".join(patterns)) if longest and patterns else None


def _same(one: str, other: str) -> bool:
    """Whether two texts differ in nothing but whether their letters are composed; the long ones are not looked at for nothing."""
    if one == other or one.isascii() or len(other) > 4 * len(one):
        return one == other
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def merged(laid: Iterable[Laid]) -> list[tuple[int, int, str]]:
    """Spans of one text in order, as start, end and ground; those that overlap are one."""
    found: list[tuple[int, int, str]] = []
    spans = ((item.place.start or 0, item.place.end or 0, item.ground) for item in laid)
    for first, last, ground in sorted(spans, key=lambda span: span[:2]):
        if found and first < found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last), found[-1][2])
        else:
            found.append((first, last, ground))
    return found


def pieces(masks: Iterable[Laid]) -> list[str]:
    """The grounds of what is hidden in a record that is not hidden whole, one for each value and stretch that a reader sees hidden."""
    laid = list(masks)
    values = {item.place.path: item for item in laid if item.place.scope is Scope.VALUE}
    outer = [item for path, item in values.items() if not any(path.startswith(other + "/") for other in values)]
    spans: dict[str, list[Laid]] = {}
    for item in laid:
        if item.place.scope is Scope.SPAN and not covers(values.values(), item.place):
            spans.setdefault(item.place.path, []).append(item)
    return [item.ground for item in outer] + [ground for there in spans.values() for _, _, ground in merged(there)]


def says_the_day(text: str, when: datetime) -> bool:
    """Whether a text says the time, or in Sweden the day, of ``when``."""
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        return False
    try:
        day: date = said.astimezone(STOCKHOLM).date() if said.tzinfo else said.date()
        return day == when.astimezone(STOCKHOLM).date()
    except (ValueError, OverflowError):
        return True


__all__ = [
    "GROUP",
    "SOURCE",
    "WORDS",
    "Laid",
    "Place",
    "Scope",
    "apply",
    "covers",
    "find",
    "fits",
    "is_mask",
    "merged",
    "pattern_of",
    "pieces",
    "pointer",
    "through_list",
    "value_at",
    "walk",
    "whole",
]
