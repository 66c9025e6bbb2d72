"""The way through the exports: which files, whose rows, page by page, from a cursor on."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Derived, Fault, Identifier, IdentifierKind, Page
from requests_app.connectors.described.categories import Keys
from requests_app.connectors.files.naming import Dated, fitting, is_stale
from requests_app.connectors.files.people import Found, Own, Sought, identifiers_of
from requests_app.connectors.files.places import Beat
from requests_app.connectors.files.reach import Reach
from requests_app.connectors.files.tables import MAX_ROWS, opened
from requests_app.connectors.matching import new_identifiers, settle
from requests_app.connectors.reading import SWEDEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from requests_app.connectors.base import Candidate, Search
    from requests_app.connectors.files.description import Description, FileEntry
    from requests_app.connectors.files.places import Place
    from requests_app.connectors.files.tables import Row
    from requests_app.domain.records import Record

PAGE_RECORDS = 1_000
STILL_WRITTEN = 5.0
"""Seconds since the last writing within which an export may not be whole yet."""
_ROWS_A_BEAT = 256
Chosen = dict[str, list[Dated]]


def chosen_files(description: Description, place: Place) -> Chosen:
    """The files of every entry. Raises NOT_FOUND (file) for one that must be there and is not."""
    listings: dict[str, Any] = {}
    chosen: Chosen = {}
    for entry in description.files.values():
        if entry.folder not in listings:
            listings[entry.folder] = _listing(place, entry)
        chosen[entry.key] = fitting(entry.pattern, listings[entry.folder], every=entry.take_all)
        if not chosen[entry.key] and not entry.optional:
            raise ConnectorError(Fault.NOT_FOUND, file=entry.key)
    return chosen


def _listing(place: Place, entry: FileEntry) -> Any:
    try:
        return place.listing(entry.folder)
    except ConnectorError as error:
        if error.fault is not Fault.NOT_FOUND or not (entry.optional and entry.folder):
            raise
    return []


class Walk:
    """One run over the files of one system."""

    def __init__(self, description: Description, place: Place, search: Search) -> None:
        self._description, self._place = description, place
        self._files = chosen_files(description, place)
        self._entries = list(description.files.values())
        cursor = search.cursor if search.cursor and "files" in search.cursor else None
        self._cursor: Mapping[str, Any] | None = cursor
        if cursor:
            known = tuple(Identifier(IdentifierKind(kind), value) for kind, value in cursor["by"])
            search = replace(search, identifiers=known, person_name=cursor["name"])
        self._search = search
        self._told: set[Derived] = set()
        self._beat = Beat(search.heartbeat)
        self._check_marks()

    def pages(self) -> Iterator[Page]:
        """Candidates, or the pages that are left. Raises ``ConnectorError``."""
        if self._cursor is None:
            who, strong, candidates = self._find()
            if candidates:
                yield Page(candidates=tuple(candidates), cursor={})
                return
            self._cursor = {"who": who, "strong": strong, "at": [0, 0, None]}
        yield from self._deliver(self._cursor)

    def _check_marks(self) -> None:
        """Raise CHANGED when a file is not the one of the cursor, or may still be being written."""
        if self._cursor is not None and self._cursor["files"] != self._marks():
            raise ConnectorError(Fault.CHANGED)
        for files in self._files.values():
            for one in files:
                if 0 <= (self._search.now - one.file.modified).total_seconds() < STILL_WRITTEN:
                    raise ConnectorError(Fault.CHANGED)

    def _marks(self) -> dict[str, list[list[str]]]:
        return {key: [[one.file.name, one.file.mark] for one in files] for key, files in self._files.items()}

    def _searched_to(self) -> date | None:
        """The day of the oldest export that is too old to answer for today, None when all are fresh."""
        stale = [
            one.made.astimezone(SWEDEN).date()
            for entry in self._entries
            for one in self._files[entry.key][-1:]  # of several parts the newest tells whether new ones still come
            if is_stale(one.made, self._search.now, entry.fresh_days)
        ]
        return min(stale, default=None)

    def _find(self) -> tuple[dict[str, list[str]], list[str], list[Candidate]]:
        """Who of each file is the person, by keys; which of them a strong identifier found; and who must be chosen among."""
        who: dict[str, list[str]] = {}
        strong: list[str] = []
        candidates: list[Candidate] = []
        for entry in self._entries:
            sought = Sought(entry, self._search.identifiers)
            if not sought:
                continue
            found = Found(entry, sought)
            for dated in self._files[entry.key]:
                with opened(self._place, entry, dated.file, self._search.limits.max_bytes) as reader:
                    for _number, row in _bounded(reader.rows(), self._beat):
                        found.see(row)
            settled = settle(self._search, found.by_identifier())
            who[entry.key] = list(settled.taken)
            strong += sorted(settled.strong & set(settled.taken))
            candidates += settled.candidates
        return who, strong, candidates

    def _deliver(self, cursor: Mapping[str, Any]) -> Iterator[Page]:
        counted = cursor.get("keys", {})
        self._keys = {key: Keys(*counted.get(key, ())) for key in self._description.categories}
        self._reach = Reach(self._description.files, cursor.get("reach"))
        self._strong = frozenset(cursor["strong"])
        who = {key: frozenset(keys) for key, keys in cursor["who"].items()}
        first_entry, first_file, position = cursor["at"]
        searched_to = self._searched_to()
        records: list[Record] = []
        derived: list[Derived] = []
        pages = 0
        for n, entry in enumerate(self._entries[first_entry:], first_entry):
            own = Own(entry, self._search, who.get(entry.key, frozenset()))
            if not self._worth_reading(entry, who):
                continue
            begin = first_file if n == first_entry else 0
            for m, dated in enumerate(self._files[entry.key][begin:], begin):
                with opened(self._place, entry, dated.file, self._search.limits.max_bytes) as reader:
                    if (n, m) == (first_entry, first_file) and position is not None:
                        reader.go_to(position)
                    for _number, row in _bounded(reader.rows(), self._beat):
                        if not self._is_own(entry, own, row, derived):
                            continue
                        if entry.category is not None:
                            records.append(entry.category.record(row, self._keys[entry.category.spec.key]))
                        if len(records) == PAGE_RECORDS:
                            pages += 1
                            if pages > self._search.limits.max_pages:
                                raise ConnectorError(
                                    Fault.TOO_LARGE, limit=self._search.limits.max_pages * PAGE_RECORDS
                                )
                            at = [n, m, reader.tell()]
                            yield Page(
                                tuple(records), self._cursor_at(cursor, at), tuple(derived), searched_to=searched_to
                            )
                            records, derived = [], []
        if records or derived or searched_to or pages or position is not None:
            yield Page(tuple(records), None, tuple(derived), searched_to=searched_to)

    def _worth_reading(self, entry: FileEntry, who: Mapping[str, frozenset[str]]) -> bool:
        wanted = entry.category is not None or self._reach.referred_to(entry)
        return wanted and bool(who.get(entry.key) or self._reach.any_to(entry))

    def _is_own(self, entry: FileEntry, own: Own, row: Row, derived: list[Derived]) -> bool:
        """Whether a row is the person's; if so, what other files refer to in it is noted, and the identifiers it gives."""
        person = own.person(row)
        if not person and not self._reach.has(entry, row):
            return False
        self._reach.see(entry, row)
        if person:
            for kind, value in identifiers_of(entry, row):
                strong = kind is IdentifierKind.CUSTOMER_NO and person in self._strong
                new = new_identifiers(self._search, kind, [value], strong=strong)
                derived += [one for one in new if one not in self._told]
                self._told.update(new)
        return True

    def _cursor_at(self, cursor: Mapping[str, Any], at: list[Any]) -> dict[str, Any]:
        return {
            "files": self._marks(),
            "by": [[one.kind.value, one.value] for one in self._search.identifiers],
            "name": self._search.person_name,
            "who": cursor["who"],
            "strong": cursor["strong"],
            "reach": self._reach.to_json(),
            "keys": {key: [keys.counted, keys.own] for key, keys in self._keys.items()},
            "at": at,
        }


def _bounded(rows: Iterator[tuple[int, Row]], beat: Beat) -> Iterator[tuple[int, Row]]:
    for n, found in enumerate(rows):
        if not n % _ROWS_A_BEAT:  # a block of a workbook holds more rows than are read in a second
            beat()
        if n >= MAX_ROWS:
            raise ConnectorError(Fault.TOO_LARGE, rows=MAX_ROWS)
        yield found
