"""What a description of the ``rest`` kind says, checked so far that nothing in it can fail for being misspelt."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from jmespath.exceptions import JMESPathError

from requests_app.connectors.base import ConnectorError, Fault, SettingSpec, SettingType
from requests_app.connectors.described.categories import bilingual, categories_of, specs_of
from requests_app.connectors.described.schema import read
from requests_app.connectors.described.text import Flaw, Flawed, load
from requests_app.connectors.newsletter_lists import OPERATIONAL
from requests_app.connectors.rest.functions import evaluated, expression
from requests_app.connectors.rest.templates import FILTERS, names
from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.described.categories import Category
    from requests_app.connectors.described.text import Document, Path
    from requests_app.domain.records import CategorySpec

METHODS = ("get", "post", "put", "patch", "delete")
ALWAYS = frozenset({"value", "kind", "today", "now", "uuid"})
"""Names every request may use: the identifier asked by, its kind, the day, the time, and a number of the run's own."""
WINDOW = frozenset({"from", "to"})
Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Description:
    """A description whose parts fit together. The parts stay as they are written; ``read`` in the order they are asked."""

    said: Said
    categories: Mapping[str, Category]
    settings: tuple[SettingSpec, ...]
    find: tuple[Said, ...] = ()
    read: Mapping[str, Said] = field(default_factory=dict)
    change: Mapping[str, list[Said]] = field(default_factory=dict)
    numbered: bool = False
    """Whether a request carries a number of the run's own."""

    @property
    def specs(self) -> tuple[CategorySpec, ...]:
        """The categories as a connector says them."""
        return specs_of(self.categories.values())

    @property
    def searches_by(self) -> frozenset[IdentifierKind]:
        """The identifiers some request takes."""
        steps = (*self.find, *self.read.values())
        return frozenset(IdentifierKind(kind) for step in steps for kind in step.get("by", ()))


@lru_cache(maxsize=64)
def described(text: str) -> Description:
    """The description of a text. Raises ``Flawed`` with everything that is wrong in it."""
    document = read(text, "rest")
    said: Said = document.value
    flaws = [*_expressions(document), *_references(document), *_in_the_open(document)]
    try:
        categories = categories_of(document)
    except Flawed as error:
        flaws += error.flaws
    if flaws:
        raise Flawed(*sorted(flaws, key=lambda flaw: (flaw.line, flaw.place)))
    settings = tuple(_settings(said))
    return Description(
        said, categories, settings, tuple(said.get("find", ())), said["read"], said.get("change", {}), "{uuid" in text
    )


def usable(text: Any) -> Description:
    """As ``described``; raises ``ConnectorError`` MISCONFIGURED, with the first line that is wrong."""
    if not isinstance(text, str) or not text:
        raise ConnectorError(Fault.MISCONFIGURED, setting="description")
    try:
        return described(text)
    except Flawed as error:
        line = error.flaws[0].line
    raise ConnectorError(Fault.MISCONFIGURED, setting="description", line=line)


def settings_asked(text: Any) -> tuple[SettingSpec, ...]:
    """The settings and secrets a description asks for, as far as they can be read while something else in it is wrong."""
    try:
        said = load(text).value if isinstance(text, str) else {}
        return tuple(_settings({key: said.get(key) or {} for key in ("settings", "secrets")}))
    except (Flawed, AttributeError, KeyError, TypeError, ValueError):
        return ()


def search(text: str, value: Any) -> Any:
    """What an expression finds. Raises WRONG_TYPE when the value is not what a function in it takes."""
    try:
        return evaluated(text, value)
    except (JMESPathError, RecursionError, TypeError, ValueError):
        pass
    raise ConnectorError(Fault.WRONG_TYPE, field=text[:80])


def _settings(said: Said) -> Iterator[SettingSpec]:
    for key, about in said.get("settings", {}).items():
        sv, en = bilingual(about["label"])
        choices = tuple(about.get("choices", ()))
        kind = SettingType(about.get("type", "choice" if choices else "text"))
        yield SettingSpec(key, sv, en, kind, about.get("required", True), about.get("default"), choices)
    for key, about in said.get("secrets", {}).items():
        sv, en = bilingual(about["label"])
        yield SettingSpec(key, sv, en, required=about.get("required", True), secret=True)


_EXPRESSIONS = frozenset(
    {
        "items",
        "next",
        "more",
        "total",
        "next_address",
        "ready",
        "failed",
        "expected",
        "nothing",
        "unless",
        "check",
        "when",
        "only",
        "from",
        "to",
    }
)
_EXPRESSION_MAPS = frozenset({"keep", "keep_ready", "person", "show", "derive", "tell"})
_SENT = frozenset({"query", "headers", "body", "form"})


def _expressions(document: Document) -> Iterator[Flaw]:
    """Flaws of every JMESPath expression in find, read and change."""
    for path, text in _written(document.value):
        inner = path[-2] if len(path) > 1 else ""
        if path[0] not in {"find", "read", "change"} or _SENT & set(path):
            continue
        if path[-1] in _EXPRESSIONS or inner in _EXPRESSION_MAPS:
            try:
                expression(text)
            except JMESPathError:
                yield document.flaw("not_jmespath", path, key=path[-1])


def _written(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in a description, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _written(item, (*path, key))


_BRACED = re.compile(r"\{(\w+)")
_KEPT_SECRET = {
    "basic": ("user", "password"),  # some put their key in the one, some in the other
    "bearer": ("token",),
    "key": ("value",),
    "oauth2": ("client_secret",),
    "jwt": ("key",),
    "certificate": ("key",),
}


def _in_the_open(document: Document) -> Iterator[Flaw]:
    """Flaws of keys that are written out, or are settings: a description and its settings are kept and shown as they are written."""
    said: Said = document.value
    for way, about in said.get("auth", {}).items():
        places = _KEPT_SECRET.get(way, ())
        named = {name for place in places for name in _BRACED.findall(about[place])}
        if places and named <= set(said.get("settings", {})):
            yield document.flaw("secret_in_the_open", ("auth", way, places[-1]), key=places[-1])


def _references(document: Document) -> Iterator[Flaw]:
    """Flaws of names: of categories, earlier reads, and whatever stands in braces."""
    said: Said = document.value
    fixed = {*said.get("settings", {}), *said.get("secrets", {})}
    yield from _names(document, fixed, said, (), ("address", "also_allowed", "auth", "headers"))
    yield from _names(document, fixed, said, (), ("test",))
    found = frozenset[str]().union(*(set(step.get("keep", {})) for step in said.get("find", ())))
    for n, step in enumerate(said.get("find", ())):
        yield from _person(document, step, ("find", n), said)
        yield from _names(document, fixed | ALWAYS, step, ("find", n), (*METHODS, "query", "headers", "body", "form"))
        yield from _names(document, fixed | ALWAYS | set(step.get("keep", {})), step, ("find", n), ("more",))
        yield from _names(document, fixed | ALWAYS, step.get("names", {}), ("find", n, "names"), (*METHODS, "query"))
    kept: dict[str, frozenset[str]] = {}
    for name, step in said["read"].items():
        path: Path = ("read", name)
        given = yield from _given(document, step, path, kept, found)
        given |= {"each"} if "each" in step else frozenset()
        yield from _read(document, step, path, said)
        known = fixed | ALWAYS | given | (WINDOW if "window" in step else frozenset())
        yield from _names(document, known, step, path, (*METHODS, "query", "headers", "body", "form"))
        yield from _names(document, known, step.get("names", {}), (*path, "names"), (*METHODS, "query"))
        yield from _names(document, {"value", *given}, step, path, ("group", "within"))
        for field_, name_ in step.get("add", {}).items():
            if isinstance(name_, str) and name_ not in given:
                yield document.flaw("no_such_name", (*path, "add", field_), key=name_)
        later = step.get("later", {})
        asked = known | set(later.get("keep", {}))
        yield from _names(document, asked, later, (*path, "later"), ("get",))
        yield from _names(document, asked | set(later.get("keep_ready", {})), later, (*path, "later"), ("result",))
        kept[name] = given | set(step.get("keep", {}))
    for verb, steps in said.get("change", {}).items():
        for n, step in enumerate(steps):
            given = yield from _given(document, step, ("change", verb, n), kept, found)
            for inner, name in step.get("spare", {}).items():
                if name not in given:
                    yield document.flaw("no_such_name", ("change", verb, n, "spare", inner), key=name)
            if "spare" in step and OPERATIONAL.key not in said.get("settings", {}):
                yield document.flaw("no_such_name", ("change", verb, n, "spare"), key=OPERATIONAL.key)
            known = fixed | ALWAYS | given | ({"field", "old", "new"} if verb == "rectify" else set())
            yield from _names(
                document, known, step, ("change", verb, n), (*METHODS, "query", "headers", "body", "form")
            )


def _given(
    document: Document, step: Said, path: Path, kept: Mapping[str, frozenset[str]], found: frozenset[str]
) -> Any:
    """The names a step is given by what it is asked for each of; yields the flaw of one that is not there."""
    before = step.get("for_each")
    if before is None:
        return found
    if before not in kept:
        yield document.flaw("no_such_read", (*path, "for_each"), key=before)
        return frozenset()
    return kept[before]


def _read(document: Document, step: Said, path: Path, said: Said) -> Iterator[Flaw]:
    if step.get("category") not in {None, *said["categories"]}:
        yield document.flaw("no_such_category", (*path, "category"), key=step["category"])
    if "category" not in step and "keep" not in step:
        yield document.flaw("read_for_nothing", path)
    if "find" not in said and "by" not in step and "for_each" not in step:
        yield document.flaw("asked_by_nothing", path)
    if step.get("each") not in {None, *said.get("settings", {})}:
        yield document.flaw("no_such_name", (*path, "each"), key=step["each"])
    yield from _person(document, step, path, said)


def _person(document: Document, step: Said, path: Path, said: Said) -> Iterator[Flaw]:
    """Flaws of settings that name the fields in which an item says whose it is."""
    for kind, about in step.get("person", {}).items():
        if isinstance(about, dict) and about["fields"] not in said.get("settings", {}):
            yield document.flaw("no_such_name", (*path, "person", kind, "fields"), key=about["fields"])


def _names(
    document: Document, known: set[str] | frozenset[str], said: Said, path: Path, keys: tuple[str, ...]
) -> Iterator[Flaw]:
    """Flaws of the templates under ``keys``."""
    for key in keys:
        if key not in said:
            continue
        for inner, text in _written(said[key], (*path, key)):
            try:
                for name, filters in names(text):
                    if name not in known:
                        yield document.flaw("no_such_name", inner, key=name)
                    for one in filters:
                        if one not in FILTERS:
                            yield document.flaw("no_such_filter", inner, key=one)
            except ValueError:
                yield document.flaw("brace", inner, key=key)
