"""What stands out in a try of a system: pages that were not asked for, fields without a name, other people's data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from requests_app.domain.personnummer import find_personnummer
from requests_app.domain.records import FieldType, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from requests_app.connectors.base import Shape
    from requests_app.domain.records import CategorySpec, Record

    Answers = Sequence[tuple[str, Mapping[str, str], Any]]

_NEXT = re.compile(r"(?i)^(?:@odata\.)?(?:next|next_?link|next_?page|next_?page_?token|next_?cursor|has_?more|more)$")
_TOTAL = re.compile(r"(?i)^(?:total|count|total_?(?:items|count|results|records)|@odata\.count)$")
_USUAL_SIZES = frozenset({10, 15, 20, 25, 30, 40, 50, 100, 200, 250, 500, 1000})
_OWN_WORDS = {
    Kind.CONVERSATION: frozenset({"from", "text", "role"}),
    Kind.TIME_SERIES: frozenset({"value", "unit", "flag"}),
}
_CONTENT_KEY = re.compile(r"(?:^|:)[0-9a-f]{24}-\d+$")
_MAIL = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,190}")


@dataclass(frozen=True, slots=True)
class Warned:
    """Something an administrator should look at; ``code`` has its sentence in ``services.register``. Holds names, never values."""

    code: str
    params: Mapping[str, str | int] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    """Fields or paths it is about."""


def warnings_of(shape: Shape, records: Iterable[Record], answers: Answers, mine: frozenset[str]) -> tuple[Warned, ...]:
    """Everything that stands out; ``mine`` are the test person's addresses and numbers."""
    by_category: dict[str, list[Record]] = {}
    for record in records:
        by_category.setdefault(record.category, []).append(record)
    found = list(_paging(answers))
    specs = {spec.key: spec for spec in shape.categories}
    for key, held in by_category.items():
        found += (
            _of_category(specs[key], held, mine) if key in specs else [Warned("unknown_category", {"category": key})]
        )
    return tuple(found)


def _of_category(spec: CategorySpec, records: list[Record], mine: frozenset[str]) -> Iterator[Warned]:
    known = {"category": spec.key}
    own = _OWN_WORDS.get(spec.kind, frozenset())
    unnamed: dict[str, None] = {}
    odd: dict[str, None] = {}
    strange: dict[str, None] = {}
    for record in records:
        for name, value in record.fields.items():
            if value in (None, "", [], {}):
                continue
            if name not in spec.fields and name not in own:
                unnamed[name] = None
            elif name in spec.fields and _is_odd(spec.fields[name].type, value):
                odd[name] = None
            if _names_others(value, mine):
                strange[name] = None
    if strange:
        yield Warned("others", known, tuple(strange))
    if unnamed:
        yield Warned("unnamed", known, tuple(unnamed))
    if odd:
        yield Warned("odd_values", known, tuple(odd))
    if len(records) > 1 and all(_CONTENT_KEY.search(record.key) for record in records):
        yield Warned("no_key", known)
    if len(records) > 1 and spec.kind is not Kind.FACTS and not any(record.occurred_at for record in records):
        yield Warned("no_time", known)


def _is_odd(kind: FieldType, value: Any) -> bool:
    """Whether a value is not what its type says, so that it is printed as it came."""
    if kind in {FieldType.DATE, FieldType.DATETIME}:
        return not (isinstance(value, str) and _is_moment(value))
    if kind in {FieldType.NUMBER, FieldType.AMOUNT}:
        return not isinstance(value, int | float) or isinstance(value, bool)
    return kind is FieldType.BOOLEAN and not isinstance(value, bool)


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _names_others(value: Any, mine: frozenset[str]) -> bool:
    if isinstance(value, dict):
        return any(_names_others(item, mine) for item in value.values())
    if isinstance(value, list):
        return any(_names_others(item, mine) for item in value)
    if not isinstance(value, str):
        return False
    mails = {mail.casefold().rstrip(".,;:)") for mail in _MAIL.findall(value)}
    return bool(mails - mine) or any(number not in mine for _start, _end, number in find_personnummer(value))


def _paging(answers: Answers) -> Iterator[Warned]:
    """Paths whose last answer says that there is more, or is so full that there may be."""
    lists: dict[str, int] = {}
    last: dict[str, tuple[Mapping[str, str], Any]] = {}
    for path, headers, value in answers:
        lists[path] = lists.get(path, 0) + _longest(value)
        last[path] = (headers, value)
    for path, (headers, value) in last.items():
        if _says_more(headers, value) or (_total(value) or 0) > lists[path]:
            yield Warned("more_pages", {}, (path,))
        elif _longest(value) in _USUAL_SIZES and _total(value) is None:
            yield Warned("full_page", {"n": _longest(value)}, (path,))


def _heads(value: Any) -> Iterator[tuple[str, Any]]:
    """Names and values at the top of an answer, and one step below (``meta.next``)."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name, inner
            if isinstance(inner, dict):
                yield from inner.items()


def _says_more(headers: Mapping[str, str], value: Any) -> bool:
    if 'rel="next"' in headers.get("link", "") or "rel=next" in headers.get("link", ""):
        return True
    return any(_NEXT.match(name) and inner not in (None, "", False, 0, {}, []) for name, inner in _heads(value))


def _total(value: Any) -> int | None:
    totals = [
        inner
        for name, inner in _heads(value)
        if _TOTAL.match(name) and isinstance(inner, int) and not isinstance(inner, bool)
    ]
    return max(totals) if totals else None


def _longest(value: Any) -> int:
    """How many items the longest list of an answer has."""
    if isinstance(value, list):
        return len(value)
    return max((len(inner) for _name, inner in _heads(value) if isinstance(inner, list)), default=0)
