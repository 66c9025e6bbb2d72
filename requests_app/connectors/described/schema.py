"""Checking a description against the JSON Schema of its kind, with the line of everything that does not fit."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from requests_app.connectors.described.text import Flawed, load

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

    from requests_app.connectors.described.text import Document, Flaw, Path

MOST = 20
"""Flaws told at once."""
_TOLD = {
    "required": "missing",
    "additionalProperties": "unknown",
    "unevaluatedProperties": "unknown",
    "type": "wrong_type",
    "enum": "not_one_of",
    "const": "not_one_of",
    "pattern": "wrong_form",
    "minLength": "empty",
    "minItems": "empty",
    "minProperties": "empty",
    "oneOf": "not_one_form",
    "anyOf": "not_one_form",
    "minimum": "out_of_range",
    "maximum": "out_of_range",
    "maxItems": "out_of_range",
    "maxLength": "out_of_range",
    "propertyNames": "wrong_form",
}


@lru_cache(maxsize=8)
def schema(kind: str) -> dict[str, Any]:
    """The published JSON Schema (draft 2020-12) of a kind of description; ``common`` holds what they share."""
    path = files("requests_app.connectors.described") / "schemas" / f"{kind}.json"
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


@lru_cache(maxsize=8)
def _validator(kind: str) -> Draft202012Validator:
    common = schema("common")
    registry: Registry[Any] = Registry().with_resource(common["$id"], Resource.from_contents(common))
    return Draft202012Validator(schema(kind), registry=registry)


def read(text: str, kind: str) -> Document:
    """A description of a kind that fits its schema. Raises ``Flawed`` with everything that does not, in the order of the lines."""
    document = load(text)
    errors = [_deepest(error) for error in _validator(kind).iter_errors(document.value)]
    known = _names(kind)
    flaws = [flaw for error in errors if not _only_follows(error, errors) for flaw in _flaws(document, error, known)]
    if flaws:
        raise Flawed(*sorted(dict.fromkeys(flaws), key=lambda flaw: (flaw.line, flaw.place))[:MOST])
    return document


@lru_cache(maxsize=8)
def _names(kind: str) -> frozenset[str]:
    """Every name that stands anywhere in a description of the kind."""
    found, left = set[str](), [schema(kind), schema("common")]
    while left:
        here = left.pop()
        if isinstance(here, dict):
            found.update(here.get("properties", {}))
            left += here.values()
        elif isinstance(here, list):
            left += here
    return frozenset(found)


def _only_follows(error: ValidationError, errors: list[ValidationError]) -> bool:
    """Whether an object's keys are called unknown only because one of them is wrong: then that one is told alone."""
    path = list(error.absolute_path)
    return error.validator == "unevaluatedProperties" and any(
        other is not error and list(other.absolute_path)[: len(path)] == path and other.validator != error.validator
        for other in errors
    )


def _deepest(error: ValidationError) -> ValidationError:
    """Of a choice between forms, the fault of the form that was most likely meant: the one that fits the farthest."""
    while error.context:
        meant = [one for one in error.context if one.validator not in {"type", "const"} or len(one.path) > 0]
        if not meant:
            return error
        error = max(meant, key=lambda one: (len(one.path), one.validator == "additionalProperties"))
    return error


def _flaws(document: Document, error: ValidationError, known: frozenset[str]) -> list[Flaw]:
    path: Path = tuple(error.absolute_path)
    code = _TOLD.get(str(error.validator), "wrong_form")
    wanted: Any = error.validator_value
    given: Any = error.instance
    if code == "missing":
        return [document.flaw(code, path, key=name) for name in wanted if name not in given]
    if code == "unknown":
        around: Any = error.schema
        names = [name for name in given if name not in around.get("properties", {})]
        # one that is misspelt makes its neighbours unknown too: then it is told alone
        names = [name for name in names if name not in known] or names
        return [document.flaw(code, (*path, name), key=name) for name in names]
    if code == "wrong_type" and given is None:
        code = "empty"
    key = str(path[-1]) if path else ""
    if code == "not_one_of":
        allowed = wanted if isinstance(wanted, list) else [wanted]
        return [document.flaw(code, path, key=key, allowed=", ".join(map(str, allowed)))]
    return [document.flaw(code, path, key=key)]
