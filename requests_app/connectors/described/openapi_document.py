"""An OpenAPI 3 or Swagger 2 document as its GET operations. Hostile ones end early: size, depth, and how far references lead."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import yaml

from requests_app.connectors.described import text as plain
from requests_app.connectors.described.text import DEEPEST, Flaw, Flawed

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGEST_JSON, LARGEST_YAML = 5_000_000, 1_000_000
"""Characters; YAML takes longer to read."""
MOST_OPERATIONS = 2_000
MOST_PROPERTIES = 60
_DEEPEST_JSON = 100
_HOPS = 20
_COMBINED = 20
_PATH = re.compile(r"/(?:[A-Za-z0-9_.~!$'()*+,;=:@/-]|\{[A-Za-z0-9_.~-]{1,80}\})*")
_PLACE = re.compile(r"\{([^{}]*)\}")
Said = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation."""

    name: str
    where: str
    required: bool
    about: str
    schema: Said


@dataclass(frozen=True, slots=True)
class Operation:
    """One GET operation: its path, parameters, and the schema of what it answers."""

    path: str
    parameters: tuple[Parameter, ...]
    answer: Said
    headers: tuple[str, ...] = ()
    summary: str = ""
    security: tuple[str, ...] | None = None

    @property
    def in_path(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(_PLACE.findall(self.path))

    def named(self, where: str) -> Iterator[Parameter]:
        """The parameters of one place."""
        return (one for one in self.parameters if one.where == where)


@dataclass(frozen=True, slots=True)
class Api:
    """What a document says, as far as it can be used."""

    whole: Said
    title: str
    servers: tuple[str, ...]
    schemes: dict[str, Said] = field(default_factory=dict)
    security: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()

    def properties(self, schema: Any) -> dict[str, Said]:
        """The properties of an object, with those of what it is combined from; of a choice the first."""
        found: dict[str, Said] = {}
        left, seen = [schema], 0
        while left and seen < _COMBINED and len(found) < MOST_PROPERTIES:
            one, seen = self.schema(left.pop(0)), seen + 1
            own = _mapping(one.get("properties"))
            for name in list(own)[:MOST_PROPERTIES]:
                if is_plain(name):
                    found.setdefault(name, self.schema(own[name]))
            left += [*_list(one.get("allOf"))[:_COMBINED], *_list(one.get("oneOf"))[:1], *_list(one.get("anyOf"))[:1]]
        return dict(list(found.items())[:MOST_PROPERTIES])

    def schema(self, said: Any) -> Said:
        """A schema with its reference followed; empty for one that leads nowhere."""
        return _followed(self.whole, said)


def read(text: str) -> Api:
    """The document of a text. Raises ``Flawed``."""
    whole = _loaded(text)
    if not isinstance(whole, dict):
        raise Flawed(Flaw("wrong_type"))
    version = str(whole.get("openapi") or whole.get("swagger") or "")
    if not version.startswith(("3.", "2.")):
        raise Flawed(Flaw("missing", params=(("key", "openapi"),)))
    if not isinstance(whole.get("paths"), dict) or not whole["paths"]:
        raise Flawed(Flaw("missing", params=(("key", "paths"),)))
    schemes = _mapping(_mapping(whole.get("components")).get("securitySchemes")) or _mapping(
        whole.get("securityDefinitions")
    )
    return Api(
        whole,
        one_line(_mapping(whole.get("info")).get("title"), 100),
        tuple(_servers(whole)),
        {name: _followed(whole, said) for name, said in schemes.items()},
        _security(whole) or (),
        tuple(_operations(whole)),
    )


def is_plain(text: Any, most: int = 80) -> bool:
    """Whether a name can stand in a description as it is."""
    return isinstance(text, str) and 0 < len(text) <= most and text.isprintable() and bool(text.strip())


def one_line(text: Any, most: int) -> str:
    """A text of the document on one line, cut; nothing for what is no text."""
    if not isinstance(text, str):
        return ""
    plain_ = "".join(letter if letter.isprintable() else " " for letter in text[: most * 4])
    return " ".join(re.sub(r"<[^<>]*>", " ", plain_).split())[:most].strip()


def type_of(schema: Said) -> str:
    """The type of a schema; of several the first that is not null."""
    said = schema.get("type")
    kinds = [kind for kind in _list(said) or [said] if isinstance(kind, str) and kind != "null"]
    if not kinds:
        return "object" if "properties" in schema else "array" if "items" in schema else ""
    return kinds[0]


class _Quick(yaml.CSafeLoader):
    """As descriptions are read (a date is a text), with the parser written in C."""

    yaml_implicit_resolvers = plain._Loader.yaml_implicit_resolvers


def _loaded(text: str) -> Any:
    text = text.removeprefix("\ufeff")
    if text.lstrip()[:1] in {"{", "["}:
        return _json(text)
    if len(text) > LARGEST_YAML:
        raise Flawed(Flaw("too_long"))
    try:
        _look_through(text)
        return yaml.load(text, _Quick)  # noqa: S506 (a loader of plain values)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
    except (yaml.YAMLError, RecursionError, ValueError, TypeError):
        line = 1
    raise Flawed(Flaw("not_yaml", line))


def _json(text: str) -> Any:
    if len(text) > LARGEST_JSON:
        raise Flawed(Flaw("too_long"))
    code, line = "not_yaml", 1
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        line = error.lineno
    except RecursionError:
        code = "too_deep"
    except ValueError:
        pass
    else:
        return found
    raise Flawed(Flaw(code, line))


def _look_through(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, _Quick):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise Flawed(Flaw("alias", line))
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > max(DEEPEST, _DEEPEST_JSON):
            raise Flawed(Flaw("too_deep", line))


def _mapping(value: Any) -> Said:
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _followed(whole: Said, said: Any) -> Said:
    for _hop in range(_HOPS):
        if not isinstance(said, dict):
            return {}
        link = said.get("$ref")
        if not isinstance(link, str):
            return _mapping(said)
        said = _at(whole, link)
    return {}


def _at(whole: Said, link: str) -> Any:
    """What a local reference leads to (RFC 6901); None for one out of the document."""
    if not link.startswith("#/"):
        return None
    found: Any = whole
    for part in link[2:].split("/")[:_HOPS]:
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found


def _servers(whole: Said) -> Iterator[str]:
    """The addresses, with their variables as usual. Swagger 2 has host and base path."""
    host = whole.get("host")
    if isinstance(host, str) and host:
        schemes = [one for one in _list(whole.get("schemes")) if isinstance(one, str)]
        scheme = "http" if schemes and "https" not in schemes else "https"
        base = whole.get("basePath")
        yield _address(f"{scheme}://{host}{base if isinstance(base, str) else ''}")
    for server in _list(whole.get("servers"))[:10]:
        said = _mapping(server)
        usual = {name: _mapping(one).get("default") for name, one in _mapping(said.get("variables")).items()}
        url = said.get("url")
        if isinstance(url, str):
            yield _address(_with_usual(url[:500], usual))


def _with_usual(url: str, usual: Said) -> str:
    return _PLACE.sub(lambda place: str(usual.get(place[1]) or place[0]), url)


def _address(url: str) -> str:
    """An address of http that has no odd sign in it, else nothing."""
    return url.rstrip("/") if re.fullmatch(r"https?://[A-Za-z0-9_.:/~-]{1,300}", url) else ""


def _security(said: Said) -> tuple[str, ...] | None:
    wanted = said.get("security")
    if not isinstance(wanted, list):
        return None
    return tuple(name for one in wanted[:10] for name in _mapping(one))


def _operations(whole: Said) -> Iterator[Operation]:
    for path, item in list(_mapping(whole["paths"]).items())[:MOST_OPERATIONS]:
        shared = _followed(whole, item)
        get = shared.get("get")
        if not isinstance(get, dict) or not _PATH.fullmatch(path) or len(path) > 500:
            continue
        said = _mapping(get)
        parameters = {
            (one.name, one.where): one
            for given in (shared, said)
            for one in _parameters(whole, _list(given.get("parameters"))[:100])
        }
        schema, headers = _answer(whole, said)
        summary = one_line(said.get("summary") or said.get("description"), 100)
        yield Operation(path, tuple(parameters.values()), schema, headers, summary, _security(said))


def _parameters(whole: Said, given: list[Any]) -> Iterator[Parameter]:
    for one in given:
        said = _followed(whole, one)
        name, where = said.get("name"), said.get("in")
        if not is_plain(name) or not isinstance(name, str) or where not in {"query", "path", "header"}:
            continue
        schema = _followed(whole, said.get("schema")) if "schema" in said else said
        about = one_line(said.get("description"), 300)
        if type_of(schema) == "object" and where == "query":
            yield from (Parameter(key, where, False, "", {}) for key in _inner(whole, said, schema))
        else:
            yield Parameter(name, where, said.get("required") is True, about, schema)


def _inner(whole: Said, said: Said, schema: Said) -> list[str]:
    """What an object that stands in the query is made of, by its schema or its examples."""
    names = list(_mapping(schema.get("properties")))
    for example in list(_mapping(said.get("examples")).values())[:10]:
        names += _mapping(_followed(whole, example).get("value"))
    return [name for name in dict.fromkeys(names) if is_plain(name)][:40]


def _answer(whole: Said, said: Said) -> tuple[Said, tuple[str, ...]]:
    """The schema of what comes when all is well, and the names of its headers; ``{"type": "file"}`` for what is no JSON."""
    answers = _mapping(said.get("responses"))
    for status in sorted(key for key in answers if re.fullmatch(r"2\d\d|2XX|default", key, re.IGNORECASE)):
        answer = _followed(whole, answers[status])
        content = _mapping(answer.get("content"))
        kind = next((one for one in content if "json" in one.lower() or one == "*/*"), "")
        if content and not kind:
            return {"type": "file"}, ()
        schema = _mapping(content.get(kind)).get("schema") if content else answer.get("schema")
        if isinstance(schema, dict):
            return _followed(whole, schema), tuple(name.lower() for name in _mapping(answer.get("headers")))
    return {}, ()
