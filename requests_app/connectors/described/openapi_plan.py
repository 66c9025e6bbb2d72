"""Which operations of an OpenAPI document find a person, and which are then asked about that person."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from requests_app.connectors.described.openapi_document import is_plain, one_line, type_of
from requests_app.connectors.described.openapi_guessing import (
    folded,
    identifier,
    identifier_of,
    items_in,
    key_in,
    person_in,
    spaced,
)

if TYPE_CHECKING:
    from requests_app.connectors.described.openapi_document import Api, Operation, Parameter, Said

MOST_READS = 20
MOST_SETTINGS = 8
_PLACE = re.compile(r"\{([^{}]*)\}")
_HARMLESS = re.compile(r"ping|health|status|version|whoami|/me$|account|info|discovery|authenticated", re.IGNORECASE)
_NO_DATA = re.compile(r"(count|export|content|download|verify|valid|exceeded|available|exists)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asking:
    """An operation as it is asked: what fills in each parameter, and what its answer holds."""

    operation: Operation
    path: str
    query: dict[str, str]
    kind: str
    """The sort of identifier it is asked by; empty when it hangs on the person found."""
    items: str
    properties: dict[str, Said]
    many: bool
    key: str

    @property
    def entity(self) -> str:
        """What the items are, by the last word of the path."""
        return entity_of(self.operation.path)

    @property
    def person(self) -> dict[str, str]:
        """Where an item says whose it is."""
        return person_in(self.properties, self.key)


@dataclass(slots=True)
class Plan:
    """What is asked, and the settings the paths need."""

    find: list[Asking] = field(default_factory=list)
    read: list[Asking] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    test: Asking | None = None
    unused: list[str] = field(default_factory=list)


def plan_of(api: Api) -> Plan:
    """The plan; without reads when no operation takes an identifier."""
    plan = Plan(settings=_settings(api))
    asked = [one for operation in api.operations for one in _by_identifier(api, operation, plan.settings)]
    plan.find = _finding(asked)
    if plan.find:
        found = plan.find[0]
        hung = [one for operation in api.operations if (one := _hung(api, operation, found, plan.settings))]
        itself = [one for one in hung if one.entity == found.entity and not one.many][:1] or plan.find
        kinds = {one.kind for one in plan.find}
        by_value = [one for one in asked if one.operation not in _operations(plan.find) and one.kind in kinds]
        plan.read = [*itself, *(one for one in hung if one not in itself), *by_value][:MOST_READS]
    else:
        plan.read = asked[:MOST_READS]
    plan.test = _test(api, plan)
    used = {operation.path for operation in _operations([*plan.find, *plan.read])}
    plan.unused = [operation.path for operation in api.operations if operation.path not in used][:40]
    return plan


def entity_of(path: str) -> str:
    """What a path is about, in the singular: the last word that is no parameter."""
    words = [part for part in path.split("/") if part and "{" not in part]
    words = [
        word for word in words if folded(word) not in {"search", "find", "lookup", "query", "list", "all"}
    ] or words
    last = folded(words[-1]) if words else ""
    return f"{last[:-3]}y" if last.endswith("ies") else last.removesuffix("s")


def _operations(asked: list[Asking]) -> list[Operation]:
    return [one.operation for one in asked]


def _settings(api: Api) -> dict[str, str]:
    """Parameters that most paths begin with, such as an account: by name, the setting each is filled in with."""
    found: dict[str, str] = {}
    paths = [operation.path for operation in api.operations]
    for path in paths:
        for place in _PLACE.finditer(path):
            start = path[: place.end()]
            shared = sum(other.startswith(start) for other in paths)
            alone = not _PLACE.search(path[: place.start()]) or place[1] in found
            if (
                shared > 2
                and shared * 2 >= len(paths)
                and alone
                and not identifier(place[1])
                and len(found) < MOST_SETTINGS
            ):
                found.setdefault(place[1], name_of(place[1], taken={"base_url", *found.values()}))
    return found


def name_of(text: str, *, taken: set[str]) -> str:
    """A name for a description, not taken yet."""
    slug = re.sub(r"[^a-z0-9]+", "_", spaced(text).lower()).strip("_")[:30].strip("_")
    slug = slug if slug[:1].isalpha() and slug.isascii() else f"x_{slug}".rstrip("_")
    n, found = 1, slug
    while found in taken:
        n += 1
        found = f"{slug}_{n}"
    return found


def _by_identifier(api: Api, operation: Operation, settings: dict[str, str]) -> list[Asking]:
    """The operation once for each sort of identifier it takes; by the parameter that is called that, if any is."""
    found: dict[str, Asking] = {}
    for parameter in sorted(operation.parameters, key=_unlike):
        kind = identifier_of(parameter)
        if kind and kind not in found and not _NO_DATA.search(operation.path):
            asking = _asking(api, operation, settings, parameter, kind)
            found |= {kind: asking} if asking else {}
    return list(found.values())


def _unlike(parameter: Parameter) -> tuple[bool, bool]:
    return not identifier(parameter.name), not folded(parameter.name).endswith("address")


def _asking(api: Api, operation: Operation, settings: dict[str, str], by: Parameter, kind: str) -> Asking | None:
    """The operation with one parameter from the person; None when another one cannot be filled in."""
    value = "{value}" if kind else "{person_key}"
    filled = {name: f"{{{setting}}}" for name, setting in settings.items()} | _sorts(operation, kind)
    filled |= {by.name: value} if by.where == "path" else {}
    if any(name not in filled for name in operation.in_path):
        return None
    path = _PLACE.sub(lambda place: filled[place[1]], operation.path)
    query: dict[str, str] = {}
    for one in operation.named("query"):
        if one is by:
            query[one.name] = value
        elif one.required:
            usual = _usual(one)
            if not usual:
                return None
            query[one.name] = usual
    if type_of(operation.answer) not in {"", "object", "array"}:
        return None
    items, properties, many = items_in(api, operation.answer)
    key = key_in(properties, entity_of(operation.path))
    return Asking(operation, path, query, kind, items, properties, many, key)


def _sorts(operation: Operation, kind: str) -> dict[str, str]:
    """Parameters that say the sort of identifier, such as email in ``/consent/email``."""
    examples = {one.name: one.schema.get("example") for one in operation.named("path")}
    return {
        name: text
        for name, text in examples.items()
        if kind and isinstance(text, str) and text.isalpha() and text.isascii() and identifier(text) == kind
    }


def _usual(parameter: Parameter) -> str:
    """What a parameter that must be there is usually; as a template writes it."""
    codes = parameter.schema.get("enum")
    first: Any = codes[0] if isinstance(codes, list) and codes else ""
    said = parameter.schema.get("default", first)
    text = str(said).lower() if isinstance(said, bool) else str(said) if isinstance(said, str | int) else ""
    return one_line(text, 80).replace("{", "{{").replace("}", "}}") if is_plain(text) else ""


def _finding(asked: list[Asking]) -> list[Asking]:
    """The operation that knows people best, by each identifier it takes; with others that give the same sort of item."""
    people = [one for one in asked if one.key and len(one.person) > 1]
    if not people:
        return []
    best = max(people, key=lambda one: (len(one.person), one.kind in one.person, -len(one.operation.in_path)))
    same = [one for one in people if one.key == best.key and one.entity == best.entity]
    kinds: dict[str, Asking] = {}
    for one in [*(one for one in same if one.operation is best.operation), *same]:
        kinds.setdefault(one.kind, one)
    return list(kinds.values())


def _hung(api: Api, operation: Operation, found: Asking, settings: dict[str, str]) -> Asking | None:
    """An operation that takes the key of whoever was found."""
    base = found.operation.path.rstrip("/")
    for parameter in operation.parameters:
        if parameter.where not in {"path", "query"} or identifier_of(parameter) in {"email", "phone", "personnummer"}:
            continue
        name = folded(parameter.name)
        whose = name in {f"{found.entity}{end}" for end in ("id", "key", "number", "no", "uuid")}
        whose = whose or (name == folded(found.key) and name != "id" and parameter.where == "path")
        below = operation.path.startswith(f"{base}/{{{parameter.name}}}") and "{" not in base.removesuffix("}")
        if (whose or below) and not _NO_DATA.search(operation.path):
            return _asking(api, operation, settings, parameter, "")
    return None


def _test(api: Api, plan: Plan) -> Asking | None:
    """A request that needs nothing of a person: one that tells how the system is, if there is one."""
    able = []
    about_people = _operations([one for one in (*plan.find, *plan.read) if one.kind])
    for operation in api.operations:
        needed = [one for one in operation.named("query") if one.required]
        if needed or operation in about_people or any(name not in plan.settings for name in operation.in_path):
            continue
        path = _PLACE.sub(lambda place: f"{{{plan.settings[place[1]]}}}", operation.path)
        harmless = bool(_HARMLESS.search(operation.path))
        able.append((harmless, -len(path), path, operation))
    if not able:
        return None
    *_rank, path, operation = max(able, key=lambda one: one[:2])
    return Asking(operation, path, {}, "", "", {}, False, "")
