"""What a description of the ``files`` kind says, checked so far that its parts fit together; the files are looked at later."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import jmespath
from jmespath.exceptions import JMESPathError

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.described.categories import Category, categories_of, specs_of
from requests_app.connectors.described.schema import read
from requests_app.connectors.described.text import Flaw, Flawed
from requests_app.connectors.files.naming import Pattern
from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.described.text import Document
    from requests_app.domain.records import CategorySpec

FRESH_DAYS = 7
_QUOTES = {"double": '"', "single": "'", "none": ""}


@dataclass(frozen=True, slots=True)
class Written:
    """Columns with one sort of identifier, and how it is written there."""

    kind: IdentifierKind
    columns: tuple[str, ...]
    separator: str = ""
    prefix: str = ""
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Reference:
    """Own columns, the file they refer to, and the columns there."""

    columns: tuple[str, ...]
    to: str
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class During:
    """The column that dates a row, and the columns of what is referred to that say the first and the last day."""

    column: str
    first: str
    last: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry of ``files``."""

    key: str
    pattern: Pattern
    format: str
    folder: str = ""
    take_all: bool = False
    optional: bool = False
    fresh_days: int = FRESH_DAYS
    encoding: str = "auto"
    delimiter: str = ""
    quote: str = '"'
    header_row: int = 0
    columns: tuple[str, ...] = ()
    sheet: str | None = None
    records: Any = None
    """A compiled JMESPath, or None for the whole file."""
    by: tuple[Written, ...] = ()
    person_key: str = ""
    names: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()
    during: During | None = None
    category: Category | None = None

    @property
    def needed(self) -> tuple[str, ...]:
        """The columns without which the file cannot be searched."""
        own = [self.person_key, *self.names, *(column for by in self.by for column in by.columns)]
        own += [column for reference in self.references for column in reference.columns]
        own += [self.during.column] if self.during else []
        return tuple(dict.fromkeys(column for column in own if column))


@dataclass(frozen=True, slots=True)
class Description:
    """A description whose parts fit together; ``files`` has what is referred to before what refers to it."""

    files: Mapping[str, FileEntry]
    categories: Mapping[str, Category] = field(default_factory=dict)

    @property
    def specs(self) -> tuple[CategorySpec, ...]:
        """The categories as a connector says them."""
        return specs_of(self.categories.values())

    @property
    def searches_by(self) -> frozenset[IdentifierKind]:
        """The identifiers some file has."""
        return frozenset(by.kind for entry in self.files.values() for by in entry.by)


@lru_cache(maxsize=64)
def described(text: str) -> Description:
    """The description of a text. Raises ``Flawed`` with everything that is wrong in it."""
    document = read(text, "files")
    said = document.value
    flaws = [flaw for key in said["files"] for flaw in _flaws(document, key)]
    categories: dict[str, Category] = {}
    try:
        categories = categories_of(document)
    except Flawed as error:
        flaws += error.flaws
    if flaws:
        raise Flawed(*sorted(flaws, key=lambda flaw: (flaw.line, flaw.place)))
    entries = {key: _entry(key, about, said, categories) for key, about in said["files"].items()}
    return Description({key: entries[key] for key in _ordered(entries)}, categories)


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


def _entry(
    key: str, about: Mapping[str, Any], said: Mapping[str, Any], categories: Mapping[str, Category]
) -> FileEntry:
    delimiter = about.get("delimiter", "auto")
    during = about.get("during")
    category = categories[about["category"]] if "category" in about else None
    if category and "decimal" in about:
        category = _with_decimal(category, said["categories"][about["category"]], about["decimal"])
    return FileEntry(
        key=key,
        pattern=Pattern.of(about["file"], about.get("date", "%Y%m%d")),
        format=about["format"],
        folder=about.get("folder", ""),
        take_all=about.get("take") == "all",
        optional=about.get("optional", False),
        fresh_days=about.get("fresh_days", said.get("fresh_days", FRESH_DAYS)),
        encoding=about.get("encoding", "auto"),
        delimiter={"auto": "", "tab": "\t"}.get(delimiter, delimiter),
        quote=_QUOTES[about.get("quote", "double")],
        header_row=about.get("header_row", 0),
        columns=_several(about.get("columns")),
        sheet=about.get("sheet"),
        records=jmespath.compile(about["records"]) if "records" in about else None,
        by=tuple(_by(IdentifierKind(kind), how) for kind, how in about.get("by", {}).items()),
        person_key=about.get("key", ""),
        names=_several(about.get("name")),
        show=_several(about.get("show")),
        references=tuple(_reference(one) for one in _references(about)),
        during=During(during["column"], during["from"], during.get("to", ""), during.get("format", ""))
        if during
        else None,
        category=category,
    )


def _by(kind: IdentifierKind, said: Any) -> Written:
    more = said if isinstance(said, dict) else {"column": said}
    columns = _several(more["column"])
    return Written(kind, columns, more.get("separator", ""), more.get("prefix", ""), more.get("digits", 0))


def _references(about: Mapping[str, Any]) -> list[Mapping[str, str]]:
    said = about.get("references", [])
    return said if isinstance(said, list) else [said]


def _reference(said: Mapping[str, str]) -> Reference:
    places = [place.partition(".") for place in said.values()]
    return Reference(tuple(said), places[0][0], tuple(place[2] for place in places))


def _with_decimal(category: Category, said: Mapping[str, Any], decimal: str) -> Category:
    """The category as a file with this decimal sign writes it; a field's own word goes before the file's."""
    own = {name for name, about in said.get("fields", {}).items() if isinstance(about, dict) and "decimal" in about}
    meanings = {
        name: meaning if name in own else replace(meaning, decimal=decimal)
        for name, meaning in category.meanings.items()
    }
    return replace(category, meanings=meanings)


def _flaws(document: Document, key: str) -> Iterator[Flaw]:
    files: Mapping[str, Any] = document.value["files"]
    about, path = files[key], ("files", key)
    if "category" in about and about["category"] not in document.value["categories"]:
        yield document.flaw("no_such_category", (*path, "category"), key=about["category"])
    if not Pattern.fits_together(about["file"], about.get("date", "%Y%m%d")):
        yield document.flaw("wrong_form", (*path, "file"), key="file")
    if "during" in about and "references" not in about:
        yield document.flaw("missing", path, key="references")
    if "records" in about:
        try:
            jmespath.compile(about["records"])
        except (JMESPathError, RecursionError):
            yield document.flaw("not_jmespath", (*path, "records"), key="records")
    for place, one in enumerate(_references(about)):
        where = (*path, "references", place) if isinstance(about["references"], list) else (*path, "references")
        targets = {column.partition(".")[0] for column in one.values()}
        if len(targets) > 1:
            yield document.flaw("several_targets", where)
        for target in sorted(targets - set(files)):
            yield document.flaw("no_such_file", where, key=target)
    if key in _reached(files, key):
        yield document.flaw("goes_round", (*path, "references"), key=key)


def _reached(files: Mapping[str, Any], key: str) -> set[str]:
    """The files that one refers to, directly and by others."""
    found: set[str] = set()
    waiting = [key]
    while waiting:
        for one in _references(files[waiting.pop()]):
            targets = {column.partition(".")[0] for column in one.values()} & set(files)
            waiting += targets - found
            found |= targets
    return found


def _ordered(entries: Mapping[str, FileEntry]) -> list[str]:
    """Keys with what is referred to first, else as they are written."""
    order: dict[str, None] = {}

    def put(key: str) -> None:
        if key not in order:
            for reference in entries[key].references:
                put(reference.to)
            order[key] = None

    for key in entries:
        put(key)
    return list(order)
