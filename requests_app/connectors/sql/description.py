"""What a description of the ``sql`` kind says, checked so far that its parts fit together; the database itself is looked at later."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.described.categories import categories_of, specs_of
from requests_app.connectors.described.schema import read
from requests_app.connectors.described.text import Flaw, Flawed
from requests_app.connectors.sql.forms import USUAL
from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.described.categories import Category
    from requests_app.connectors.described.text import Document, Path
    from requests_app.domain.records import CategorySpec


@dataclass(frozen=True, slots=True)
class TableName:
    """A table or view; ``schema`` is empty for the one the database user looks in by itself."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class By:
    """Columns that hold one sort of identifier, and the forms it is written in there (``forms``)."""

    kind: IdentifierKind
    columns: tuple[str, ...]
    written: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """Own columns, what they refer to (an entry of the description), and the columns there."""

    columns: tuple[str, ...]
    to: str
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class During:
    """The column that dates a row, and the columns of what is referred to that say the first and the last day."""

    column: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of ``people`` or ``tables``."""

    name: str
    table: TableName
    category: str
    columns: tuple[str, ...]
    order: tuple[str, ...]
    by: tuple[By, ...] = ()
    key: str = ""
    names: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    follow: bool = False
    during: During | None = None


@dataclass(frozen=True, slots=True)
class Description:
    """A description whose parts fit together."""

    people: Mapping[str, Entry]
    tables: Mapping[str, Entry]
    categories: Mapping[str, Category]

    @property
    def specs(self) -> tuple[CategorySpec, ...]:
        """The categories as a connector says them."""
        return specs_of(self.categories.values())

    @property
    def searches_by(self) -> frozenset[IdentifierKind]:
        """The identifiers some table has."""
        return frozenset(by.kind for entry in self.people.values() for by in entry.by)

    @property
    def entries(self) -> dict[str, Entry]:
        """People first, then the further tables, in the order they are gathered."""
        return {**self.people, **self.tables}


@lru_cache(maxsize=64)
def described(text: str) -> Description:
    """The description of a text. Raises ``Flawed`` with everything that is wrong in it."""
    document = read(text, "sql")
    said = document.value
    people = {name: _entry(name, about) for name, about in said["people"].items()}
    tables = {name: _entry(name, about) for name, about in said.get("tables", {}).items()}
    flaws = list(_flaws(document, people, tables))
    categories: dict[str, Category] = {}
    try:
        categories = categories_of(document)
    except Flawed as error:
        flaws += error.flaws
    if flaws:
        raise Flawed(*sorted(flaws, key=lambda flaw: (flaw.line, flaw.place)))
    return Description(people, tables, categories)


def usable(text: Any) -> Description:
    """As ``described``; raises ``ConnectorError`` MISCONFIGURED, with the first line that is wrong."""
    line = 1
    if isinstance(text, str):
        try:
            return described(text)
        except Flawed as error:
            line = error.flaws[0].line
    raise ConnectorError(Fault.MISCONFIGURED, setting="description", line=line)


def _several(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _entry(name: str, about: Mapping[str, Any]) -> Entry:
    schema, _dot, table = about["table"].rpartition(".")
    references = about.get("references", [])
    during = about.get("during")
    return Entry(
        name=name,
        table=TableName(schema, table),
        category=about.get("category", ""),
        columns=_several(about.get("columns")),
        order=_several(about.get("order")),
        by=tuple(_by(IdentifierKind(kind), said) for kind, said in about.get("by", {}).items()),
        key=about.get("key", ""),
        names=_several(about.get("name")),
        show=_several(about.get("show")),
        references=tuple(_reference(one) for one in (references if isinstance(references, list) else [references])),
        follow=about.get("follow", False),
        during=During(during["column"], during["from"], during.get("to", "")) if during else None,
    )


def _by(kind: IdentifierKind, said: Any) -> By:
    more = said if isinstance(said, dict) else {"column": said}
    return By(kind, _several(more["column"]), _several(more.get("written")) or USUAL[kind])


def _reference(said: Mapping[str, str]) -> Reference:
    places = [place.partition(".") for place in said.values()]
    return Reference(tuple(said), places[0][0], tuple(place[2] for place in places))


def _flaws(document: Document, people: Mapping[str, Entry], tables: Mapping[str, Entry]) -> Iterator[Flaw]:
    categories = document.value["categories"]
    for part, entries in (("people", people), ("tables", tables)):
        for name, entry in entries.items():
            if part == "tables" and name in people:
                yield document.flaw("key_twice", (part, name), key=name)
            if entry.category and entry.category not in categories:
                yield document.flaw("no_such_category", (part, name, "category"), key=entry.category)
    for name, entry in tables.items():
        yield from _reference_flaws(document, name, entry, {**people, **tables})


def _reference_flaws(document: Document, name: str, entry: Entry, entries: Mapping[str, Entry]) -> Iterator[Flaw]:
    path: Path = ("tables", name, "references")
    said = document.value["tables"][name].get("references", [])
    for place, one in enumerate(said if isinstance(said, list) else [said]):
        where = (*path, place) if isinstance(said, list) else path
        targets = {column.partition(".")[0] for column in one.values()}
        if len(targets) > 1:
            yield document.flaw("several_targets", where)
        for target in sorted(targets):
            if target not in entries:
                yield document.flaw("no_such_table", where, key=target)
            elif entries[target].by and not entries[target].key:
                yield document.flaw("no_key", where, key=target)
    if _goes_round(name, entries, ()):
        yield document.flaw("goes_round", path, key=name)


def _goes_round(name: str, entries: Mapping[str, Entry], way: tuple[str, ...]) -> bool:
    """Whether a table's references lead back to itself."""
    if name in way:
        return name == way[0]
    found = entries.get(name)
    return found is not None and any(_goes_round(one.to, entries, (*way, name)) for one in found.references)
