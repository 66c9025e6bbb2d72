"""Whose a row is: the identifiers it holds, and what tells one person from another in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Fault, Identifier
from requests_app.connectors.described.values import by_name
from requests_app.connectors.files.tables import text
from requests_app.connectors.matching import Match, folded, names_agree, same
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from requests_app.connectors.base import Search
    from requests_app.connectors.files.description import FileEntry, Written
    from requests_app.connectors.files.tables import Row

MOST_PEOPLE = 1_000
"""Different people that one person's identifiers may find in a file."""
_NO_DIGITS = str.maketrans("", "", "".join(chr(n) for n in range(128) if not chr(n).isdigit()))
_TAIL = {IdentifierKind.PERSONNUMMER: 4, IdentifierKind.PHONE: 7}
"""Digits at the end that every way of writing has, also where leading zeros are lost."""
_STEADY = (IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO)


def written(row: Row, how: Written) -> Iterator[str]:
    """The identifiers of one sort that a row holds, each as text without what the export adds."""
    for column in how.columns:
        found = by_name(row, column)
        several = [str(one).strip() for one in found if isinstance(one, str | int)] if isinstance(found, list) else None
        for cell in [text(row, column)] if several is None else several:
            for part in cell.split(how.separator) if how.separator else (cell,):
                if plain := _plain(part.strip(), how):
                    yield plain


def _plain(cell: str, how: Written) -> str:
    if how.prefix and cell[: len(how.prefix)].casefold() == how.prefix.casefold():
        cell = cell[len(how.prefix) :].strip()
    return cell.zfill(how.digits) if how.digits and cell.isascii() and cell.isdigit() else cell


class Sought:
    """Identifiers looked for in the rows of one file. Most rows are somebody else's, so each is looked at roughly first."""

    def __init__(self, entry: FileEntry, identifiers: Iterable[Identifier]) -> None:
        by_kind: dict[IdentifierKind, list[Identifier]] = {}
        for one in identifiers:
            by_kind.setdefault(one.kind, []).append(one)
        self._wanted = [(how, by_kind[how.kind]) for how in entry.by if how.kind in by_kind]
        self._rough = [
            (column, how.kind, tuple(_trace(one, how) for one in wanted))
            for how, wanted in self._wanted
            for column in how.columns
        ]

    def __bool__(self) -> bool:
        """Whether the file can be searched by any of them."""
        return bool(self._wanted)

    def hits(self, row: Row) -> list[Identifier]:
        """Those that a row holds."""
        for column, kind, traces in self._rough:
            cell = row.get(column, _NOT_THERE)
            if cell and (cell.__class__ is not str or _may_hold(kind, traces, cell)):
                return self._exactly(row)
        return []

    def _exactly(self, row: Row) -> list[Identifier]:
        found: list[Identifier] = []
        for how, wanted in self._wanted:
            for cell in written(row, how):
                found += [one for one in wanted if one not in found and _is(one, cell, how)]
        return found


_NOT_THERE = object()
"""A column of another name: a place inside JSON, which is looked at exactly."""


def _trace(one: Identifier, how: Written) -> str:
    """What a cell of ASCII must have somewhere for holding an identifier, however it is written."""
    if one.kind is IdentifierKind.EMAIL:
        return one.value.partition("@")[0]
    if one.kind is IdentifierKind.CUSTOMER_NO:
        return _plain(one.value, how).upper().lstrip("0")
    return one.value[-_TAIL[one.kind] :]


def _may_hold(kind: IdentifierKind, traces: tuple[str, ...], cell: str) -> bool:
    if not cell.isascii():
        return True
    if kind is IdentifierKind.EMAIL:
        cell = cell.lower()
    elif kind is IdentifierKind.CUSTOMER_NO:
        cell = cell.replace(" ", "").upper()
    else:
        cell = cell.translate(_NO_DIGITS)
    return any(trace in cell for trace in traces) if len(traces) > 1 else traces[0] in cell


def _is(one: Identifier, cell: str, how: Written) -> bool:
    value = _plain(one.value, how).upper() if one.kind is IdentifierKind.CUSTOMER_NO else one.value
    return same(one.kind, cell, value)


def person_key(entry: FileEntry, row: Row, found_by: Identifier) -> str:
    """What tells the person of a row from others in the file, the same for all rows of one person."""
    if entry.person_key and (value := text(row, entry.person_key)):
        return f"{entry.key}:key:{value}"
    for kind in _STEADY:
        if value := _first(entry, row, kind):
            return f"{entry.key}:{kind}:{value}"
    if name := folded(name_of(entry, row)):
        return f"{entry.key}:name:{name}"
    return f"{entry.key}:{found_by.kind}:{found_by.value}"


def name_of(entry: FileEntry, row: Row) -> str:
    """The person's name in a row."""
    return " ".join(filter(None, (text(row, column) for column in entry.names)))


def match(entry: FileEntry, row: Row, key: str) -> Match:
    """The person of a row, as the coordinator is shown it."""
    shown = {}
    for column in (*entry.names, *entry.show):
        if value := text(row, column):
            shown[_field(entry, column)] = value[:200]
    return Match(key, name_of(entry, row), _number(entry, row), shown)


class Found:
    """The people that identifiers find in a file, row by row."""

    def __init__(self, entry: FileEntry, sought: Sought) -> None:
        self._entry, self._sought = entry, sought
        self._matches: dict[Identifier, dict[str, Match]] = {}

    def see(self, row: Row) -> None:
        """Look at a row. Raises TOO_LARGE when too many people are found: the file is not one of people."""
        for one in self._sought.hits(row):
            matches = self._matches.setdefault(one, {})
            key = person_key(self._entry, row, one)
            if key not in matches or not matches[key].name:
                matches[key] = match(self._entry, row, key)
            if len(matches) > MOST_PEOPLE:
                raise ConnectorError(Fault.TOO_LARGE, limit=MOST_PEOPLE)

    def by_identifier(self) -> list[tuple[Identifier, list[Match]]]:
        """What each identifier found, as ``settle`` takes it."""
        return [(one, list(matches.values())) for one, matches in self._matches.items()]


class Own:
    """Tells the rows of the people who were taken, in one file."""

    def __init__(self, entry: FileEntry, search: Search, who: frozenset[str]) -> None:
        self._entry, self._who, self._name = entry, who, search.person_name
        self._sought = Sought(entry, search.identifiers)
        self._also = Sought(entry, _identifiers(entry, who))
        self._numbers = [one.value for one in search.identifiers if one.kind is IdentifierKind.PERSONNUMMER]

    def person(self, row: Row) -> str:
        """The key of the taken person whose row it is, "" for somebody else's.

        Rows without any identifier we search by are the person's too when they have the same key, personnummer or customer number.
        """
        keys = [person_key(self._entry, row, one) for one in self._sought.hits(row)]
        if self._entry.person_key:
            keys.append(f"{self._entry.key}:key:{text(row, self._entry.person_key)}")
        else:
            keys += [person_key(self._entry, row, one) for one in self._also.hits(row)]
        found = next((key for key in keys if key in self._who), "")
        return "" if found and self._is_others(row) else found

    def _is_others(self, row: Row) -> bool:
        """Whether personnummer and name say that a row under a shared key is another person's."""
        number = _number(self._entry, row)
        if (
            not number
            or not self._numbers
            or any(same(IdentifierKind.PERSONNUMMER, number, one) for one in self._numbers)
        ):
            return False
        return not names_agree(name_of(self._entry, row), self._name)


def identifiers_of(entry: FileEntry, row: Row) -> Iterator[tuple[IdentifierKind, str]]:
    """Every identifier in a row of the person's own."""
    for how in entry.by:
        for value in written(row, how):
            yield how.kind, value


def _identifiers(entry: FileEntry, keys: Iterable[str]) -> Iterator[Identifier]:
    for key in keys:
        _file, sort, value = key.split(":", 2)
        if sort in _STEADY and not entry.person_key:
            yield Identifier(IdentifierKind(sort), value)


def _first(entry: FileEntry, row: Row, kind: IdentifierKind) -> str:
    for how in entry.by:
        if how.kind is kind:
            for value in written(row, how):
                try:
                    return normalise(kind, value)
                except InvalidIdentifier:
                    continue
    return ""


def _number(entry: FileEntry, row: Row) -> str:
    return next(
        (value for how in entry.by if how.kind is IdentifierKind.PERSONNUMMER for value in written(row, how)), ""
    )


def _field(entry: FileEntry, column: str) -> str:
    """The field of the category that a column is shown as."""
    places = entry.category.places if entry.category else {}
    return next((name for name, place in places.items() if place == column), column)
