"""Reading a description: YAML 1.2's JSON part (so JSON too), with the line of every value and nothing that can grow or run."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

LARGEST = 100_000
"""Characters of a description."""
DEEPEST = 30
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong in a description and where; ``code`` has its sentence in ``services.words``. Never holds a value."""

    code: str
    line: int = 1
    path: Path = ()
    params: tuple[tuple[str, str], ...] = ()

    @property
    def place(self) -> str:
        """The path as it is written: ``requests.0.get``."""
        return ".".join(map(str, self.path))


class Flawed(Exception):
    """A description that cannot be used, with everything that is wrong in it."""

    def __init__(self, *flaws: Flaw) -> None:
        super().__init__(flaws[0].code)
        self.flaws = flaws


@dataclass(frozen=True, slots=True)
class Document:
    """What a description says (JSON values), and at which line each of it stands."""

    value: Any
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line of a value, or of the nearest thing around it that is there."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def flaw(self, code: str, path: Path = (), **params: object) -> Flaw:
        """A flaw at a place of this description."""
        return Flaw(code, self.line(path), path, tuple((key, str(value)) for key, value in params.items()))


class _Loader(yaml.SafeLoader):
    """Words mean what JSON means by them: ``no`` is a text, and so is a date."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


for _tag, _pattern, _first in (
    ("bool", r"true|false", "tf"),
    ("null", r"null|~|", ["n", "~", ""]),
    ("int", r"-?(0|[1-9][0-9]{0,17})", "-0123456789"),
    ("float", r"-?(0|[1-9][0-9]{0,17})\.[0-9]{1,18}", "-0123456789"),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))

_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("bool", "null", "int", "float", "str", "map", "seq")}


def load(text: str) -> Document:
    """A description's value and lines. Raises ``Flawed``: too large or deep, no YAML, aliases, tags, a key twice."""
    if len(text) > LARGEST:
        raise Flawed(Flaw("too_long"))
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:  # a character that YAML does not hold
        raise Flawed(Flaw("not_yaml", text.count("\n", 0, error.position) + 1)) from None
    try:
        _look_through(text)
        node = loader.get_single_node()
        if node is None:
            raise Flawed(Flaw("empty"))
        lines: dict[Path, int] = {}
        return Document(_value(loader, node, (), lines), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Flawed(Flaw("not_yaml", mark.line + 1 if mark else 1)) from None
    except (yaml.YAMLError, RecursionError):
        raise Flawed(Flaw("not_yaml")) from None
    finally:
        loader.dispose()


def _look_through(text: str) -> None:
    """Refuse what could grow, before anything is built: aliases, and depth, which PyYAML takes a square of time for."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise Flawed(Flaw("alias", line))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Flawed(Flaw("too_deep", line))


def _value(loader: _Loader, node: yaml.Node, path: Path, lines: dict[Path, int]) -> Any:
    line = lines[path] = node.start_mark.line + 1
    if node.tag not in _TAGS:
        raise Flawed(Flaw("tag", line, path))
    if isinstance(node, yaml.MappingNode):
        return _mapping(loader, node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        return [_value(loader, item, (*path, place), lines) for place, item in enumerate(node.value)]
    found = loader.construct_object(node)
    return _whole(found, line, path) if isinstance(found, str) else found


def _whole(text: str, line: int, path: Path) -> str:
    """A text whose characters past U+FFFF were written as two escapes, as JSON does."""
    if not any("\ud800" <= letter <= "\udfff" for letter in text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise Flawed(Flaw("not_yaml", line, path)) from None


def _mapping(loader: _Loader, node: yaml.MappingNode, path: Path, lines: dict[Path, int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            raise Flawed(Flaw("key_not_text", line, path))
        key = _whole(str(key_node.value), line, path)
        if key in found:
            raise Flawed(Flaw("key_twice", line, (*path, key), (("key", key),)))
        found[key] = _value(loader, value_node, (*path, key), lines)
        lines[(*path, key)] = line
    return found


@runtime_checkable
class Described(Protocol):
    """A connector whose systems are described in a setting of the type ``DESCRIPTION``."""

    def flaws_of(self, text: str) -> tuple[Flaw, ...]:
        """Everything that is wrong in a description; nothing when it can be used."""


@runtime_checkable
class Proposes(Protocol):
    """A connector that can write a description to begin from, out of the names it finds in a system."""

    def propose(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> str:
        """The description as YAML, without a value of anybody's. Raises ``ConnectorError``."""


def flaws(described: Callable[[str], object], text: str) -> tuple[Flaw, ...]:
    """What ``described`` says is wrong."""
    try:
        described(text)
    except Flawed as error:
        return error.flaws
    return ()


def walk(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a description with its path, the outer before the inner."""
    yield path, value
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from walk(item, (*path, key))
