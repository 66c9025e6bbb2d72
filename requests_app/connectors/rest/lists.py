"""What a description leaves to lists in its settings: what a read is asked of, and the fields that say whose an item is."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from requests_app.connectors.rest.description import Description, Said
    from requests_app.connectors.rest.items import Binding


def listed(values: Mapping[str, Any], setting: str) -> list[str]:
    """The parts of a setting that are separated by commas, each once. Raises MISCONFIGURED when there is none."""
    parts = dict.fromkeys(part.strip() for part in str(values.get(setting) or "").split(","))
    parts.pop("", None)
    if not parts:
        raise ConnectorError(Fault.MISCONFIGURED, setting=setting)
    return list(parts)


def for_each_listed(step: Said, values: Mapping[str, Any], bindings: Iterable[Binding]) -> list[Binding]:
    """Whom a read is asked for, once for each part of the setting it names, if it names one."""
    if "each" not in step:
        return list(bindings)
    parts = listed(values, step["each"])
    return [binding | {"each": part} for binding in bindings for part in parts]


def with_fields(description: Description, values: Mapping[str, Any]) -> Description:
    """The description with the fields that its settings name put where they say whose an item is. Raises MISCONFIGURED."""
    return replace(
        description,
        find=tuple(_with_fields(step, values) for step in description.find),
        read={name: _with_fields(step, values) for name, step in description.read.items()},
    )


def _with_fields(step: Said, values: Mapping[str, Any]) -> Said:
    person = step.get("person", {})
    settings = {kind: said["fields"] for kind, said in person.items() if isinstance(said, dict)}
    if not settings:
        return step
    fields = {setting: listed(values, setting) for setting in settings.values()}
    # a quoted name in JMESPath is written as JSON writes a text
    expressions = {
        kind: f"[{', '.join(json.dumps(name, ensure_ascii=False) for name in fields[setting])}]"
        for kind, setting in settings.items()
    }
    return {**step, "person": {**person, **expressions}, "fields": fields}


def see_fields(step: Said, items: Sequence[Mapping[str, Any]]) -> None:
    """Raise MISCONFIGURED when no item has a field that its setting names: nobody's would then be taken for not there."""
    for setting, fields in step.get("fields", {}).items():
        if items and not any(field in item for item in items for field in fields):
            raise ConnectorError(Fault.MISCONFIGURED, setting=setting)
