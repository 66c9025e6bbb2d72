"""Suggestions for masking: what in a person's data may be about somebody else, with the reason, and words worth a look.

Nothing here masks anything: a person chooses, or a standing rule that legal approved. ``find`` reads one text, ``spot`` a record.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, name_tokens, normalise
from requests_app.domain.masks import GROUP, SOURCE, Place, Scope, pointer, through_list, walk
from requests_app.domain.records import FieldType, Kind
from requests_app.domain.rights import Ground
from requests_app.domain.suggest_contacts import find_emails, find_numbers, find_phones
from requests_app.domain.suggest_lists import FIRST, LAST, MAYBE_FIRST, MAYBE_LAST, names
from requests_app.domain.suggest_names import find_names
from requests_app.domain.suggest_values import (
    STAFF_REASONS,
    Found,
    Own,
    Setting,
    Spotted,
    Suggested,
    Why,
    Word,
    words_of,
)
from requests_app.domain.suggest_words import find_look

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from requests_app.domain.records import CategorySpec, Record, Value

_LINK = re.compile(r"(?:https?://|www\.)\S+")
_NO_SETTING = Setting()
EVERYTHING = frozenset(Suggested)
_NAMES = frozenset({Suggested.NAME, Suggested.STAFF_NAME})
_WORDS = _NAMES | {Suggested.LOOK}


def ground_of(kind: Suggested) -> Ground | None:
    """The ground that is proposed: the rights of others; none for what is only worth a look."""
    return None if kind is Suggested.LOOK else Ground.RIGHTS_OF_OTHERS


# --- One text ----------------------------------------------------------------------------------------------------------------


def find(text: str, own: Own, setting: Setting = _NO_SETTING, wanted: frozenset[Suggested] = EVERYTHING) -> list[Found]:
    """What a text holds of others, in order; stretches do not overlap, save that a word worth a look may stand in one.

    ``wanted`` leaves out what nobody asks for, and the time it takes; contact details are always looked for.
    """
    text = _without_runs(text)
    contacts = _contacts(text, own)
    if wanted.isdisjoint(_WORDS):
        return contacts
    words = words_of(text)
    taken = [(item.start, item.end) for item in contacts]
    if "/" in text or "www." in text:
        taken += [match.span() for match in _LINK.finditer(text)]
    if "@" in text:
        taken += [match.span() for match in _ADDRESS.finditer(text)]
    free = _outside(words, taken) if taken else words
    found = list(contacts)
    if not wanted.isdisjoint(_NAMES):
        found += find_names(text, free, own, setting)
    if Suggested.LOOK in wanted:
        found += find_look(free)
    found.sort(key=lambda item: (item.start, item.end))
    return found


_ADDRESS = re.compile(r"(?<!\S)[^\s@]+@\S+")
_LONGEST = 500
"""Characters without a space or a sign of punctuation that may still be words; more are a file or a key written as text."""
_RUN = re.compile(rf"(?<![\w+/=-])[\w+/=-]{{{_LONGEST + 1},}}")


def _without_runs(text: str) -> str:
    """The text with blanks for what is too long to be words, so that all else keeps its place."""
    if len(text) <= _LONGEST:
        return text
    return _RUN.sub(lambda run: " " * len(run[0]), text)


def _contacts(text: str, own: Own) -> list[Found]:
    text = _without_runs(text)
    kept: list[Found] = []
    for items in (find_numbers(text, own), find_emails(text, own), find_phones(text, own)):
        there = _Stretches((item.start, item.end) for item in kept)
        kept += [item for item in items if not there.meets(item.start, item.end)]
    return kept


def _outside(words: Iterable[Word], taken: list[tuple[int, int]]) -> list[Word]:
    there = _Stretches(taken)
    return [word for word in words if not there.hold(word.start, word.end)]


class _Stretches:
    """Stretches of a text, those that overlap as one; looked up by halving, since a long text may hold thousands."""

    def __init__(self, spans: Iterable[tuple[int, int]]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(spans):
            if self._ends and start < self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def meets(self, start: int, end: int) -> bool:
        """Whether one of them overlaps."""
        before = bisect_left(self._starts, end) - 1
        return before >= 0 and self._ends[before] > start

    def hold(self, start: int, end: int) -> bool:
        """Whether one of them covers all of it."""
        before = bisect_right(self._starts, start) - 1
        return before >= 0 and self._ends[before] >= end


# --- A record ----------------------------------------------------------------------------------------------------------------

_UNREAD = frozenset({FieldType.DATE, FieldType.DATETIME, FieldType.AMOUNT, FieldType.NUMBER, FieldType.BOOLEAN})
_STAFF_FIELDS = re.compile(
    r"(?:handl[aä]ggare|handledby|agent(?:name)?|tekniker|technician|mont[oö]r|installer|createdby|updatedby|modifiedby|changedby"
    r"|registeredby|closedby|answeredby|approvedby|assignee|assignedto|operat[oö]r|s[aä]ljare|seller|salesperson|registreradav|skapadav"
    r"|[aä]ndradav|uppdateradav|avslutadav|besvaradav|utf[oö]rdav|attesteradav|employee|staffname|signatur|handler|inspekt[oö]r"
    r"|by)(?:namn|name)?"
)
_PERSON_FIELDS = re.compile(
    r"(?:fullname|firstname|lastname|givenname|familyname|surname|f[oö]rnamn|efternamn|coholders?|displayname|identifiedname"
    r"|kontaktperson|contactperson|contactname|medkund|meds[oö]kande|granne|ombud|avtalspart|hyresg[aä]st|tenant|kundnamn|customername"
    r"|mottagarnamn|recipientname|betalare|payername|[aä]gare|owner)"
)
_PLACE_FIELDS = re.compile(
    r".*(?:address?|street|gata|city|ort|town|browser|useragent|url|link|product|produkt|tariff|status|type|model|pagetitle|campaign)"
)
_NOT_PEOPLE = frozenset(
    {
        *(
            "system",
            "systemet",
            "kund",
            "kunden",
            "customer",
            "person",
            "self",
            "user",
            "batch",
            "import",
            "api",
            "job",
            "auto",
            "admin",
        ),
        *(
            "automat",
            "automatisk",
            "automatic",
            "mina sidor",
            "mitt hem",
            "hem",
            "chatbot",
            "bot",
            "web",
            "webb",
            "app",
            "integration",
        ),
    }
)


def staff_words(records: Iterable[Record]) -> dict[str, frozenset[str]]:
    """Words of the employees' names in conversations, by group."""
    found: dict[str, set[str]] = {}
    for record in records:
        if record.kind is Kind.CONVERSATION and record.fields.get("role") == "staff":
            sender = record.fields.get("from")
            if isinstance(sender, str) and "@" not in sender:
                found.setdefault(record.group, set()).update(name_tokens(sender))
    return {group: frozenset(words) for group, words in found.items()}


def spot(
    record: Record,
    spec: CategorySpec,
    own: Own,
    staff: Mapping[str, frozenset[str]] | None = None,
    wanted: frozenset[Suggested] = EVERYTHING,
) -> Iterator[Spotted]:
    """What a record holds of others and what is worth a look. Readings are left alone; ``staff`` is what ``staff_words`` gave."""
    if record.kind is Kind.TIME_SERIES:
        return
    role = record.fields.get("role") if record.kind is Kind.CONVERSATION else ""
    setting = Setting(str(role or ""), (staff or {}).get(record.group, frozenset()))
    for path, leaf in _leaves(record.fields):
        if leaf is None or isinstance(leaf, bool | float) or leaf == "":
            continue
        name = str(path[0])
        field = spec.fields.get(name)
        if field is not None and (field.type in _UNREAD or (field.words and str(leaf) in field.words)):
            continue
        where = pointer(*path)
        if not isinstance(leaf, str):
            yield from _whole_number(record, where, leaf, own, field.type if field else None)
            continue
        spotted = _in_text(record, path, where, leaf, own, setting, wanted)
        yield from (item for item in spotted if item.kind in wanted)
    for where, text in ((GROUP, record.group), (SOURCE, record.source)):
        for item in _contacts(text, own) if text else ():
            yield _spotted(record, where, text, item, through=False)


def _leaves(fields: Mapping[str, Value]) -> Iterator[tuple[tuple[str | int, ...], Value]]:
    for name, value in fields.items():
        if isinstance(value, dict | list):
            yield from (((name, *path), leaf) for path, leaf in walk(value))
        else:
            yield (name,), value


def _spotted(record: Record, where: str, text: str, item: Found, *, through: bool) -> Spotted:
    said = text[item.start : item.end]
    if (item.start, item.end) == (0, len(text)):
        place = Place(Scope.VALUE, record.key, where, text=text if through else "")
    else:
        place = Place(Scope.SPAN, record.key, where, item.start, item.end, said)
    return Spotted(place, item.kind, item.why, said)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name.lower())


def _in_text(
    record: Record,
    path: tuple[str | int, ...],
    where: str,
    text: str,
    own: Own,
    setting: Setting,
    wanted: frozenset[Suggested],
) -> Iterator[Spotted]:
    through = len(path) > 1 and through_list(record, where)
    plain = _plain(next((part for part in reversed(path) if isinstance(part, str)), ""))
    whole = _whole_name(record, path, plain, text, own)
    if whole is not None:
        yield _spotted(record, where, text, Found(0, len(text), *whole), through=through)
        return
    if _PLACE_FIELDS.fullmatch(plain) and plain != "text":
        items: Iterable[Found] = _contacts(text, own)
    else:
        items = find(text, own, setting, wanted)
    for item in items:
        yield _spotted(record, where, text, item, through=through)


def _whole_name(
    record: Record, path: tuple[str | int, ...], plain: str, text: str, own: Own
) -> tuple[Suggested, Why] | None:
    """What the field says that its value is: an employee or somebody's name."""
    sender = record.kind is Kind.CONVERSATION and path == ("from",)
    if sender and record.fields.get("role") != "staff":
        return None
    is_staff, is_person = sender or bool(_STAFF_FIELDS.fullmatch(plain)), bool(_PERSON_FIELDS.fullmatch(plain))
    if not (is_staff or is_person) or not _may_be_a_person(
        text, own, listed=not is_staff and plain in ("owner", "ägare", "agare")
    ):
        return None
    if not is_staff:
        return Suggested.NAME, Why.NAME_FIELD
    return Suggested.STAFF_NAME, Why.STAFF_SENDER if sender else Why.STAFF_FIELD


def _may_be_a_person(text: str, own: Own, *, listed: bool) -> bool:
    if len(text) > 80 or text.strip().lower() in _NOT_PEOPLE or sum(sign.isalpha() for sign in text) < 2:
        return False
    if "@" in text:
        try:
            return normalise(IdentifierKind.EMAIL, text) not in own.emails | own.public
        except InvalidIdentifier:
            return True
    tokens = name_tokens(text)
    if all(token in own.names for token in tokens):
        return False
    return not listed or any(names().kind(token) & (FIRST | MAYBE_FIRST | LAST | MAYBE_LAST) for token in tokens)


def _whole_number(record: Record, where: str, leaf: int, own: Own, kind: FieldType | None) -> Iterator[Spotted]:
    """A number that a spreadsheet made of a telephone or identity number."""
    text = str(leaf)
    if kind is FieldType.PHONE:
        text = text if text.startswith("46") else f"0{text}"
    elif kind is not FieldType.PERSONNUMMER and len(text) != 12:
        return
    for item in _contacts(text, own):
        if (item.start, item.end) == (0, len(text)):
            yield Spotted(Place(Scope.VALUE, record.key, where), item.kind, item.why, str(leaf))


__all__ = [
    "STAFF_REASONS",
    "Found",
    "Own",
    "Setting",
    "Spotted",
    "Suggested",
    "Why",
    "find",
    "ground_of",
    "spot",
    "staff_words",
]
