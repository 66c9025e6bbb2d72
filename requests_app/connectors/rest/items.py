"""The items of an answer: whose they are, what is kept of them, and what their fields and codes are called."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault, IdentifierKind
from requests_app.connectors.matching import same
from requests_app.connectors.rest.description import search
from requests_app.connectors.rest.lists import see_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from requests_app.connectors.base import Identifier
    from requests_app.connectors.http import Reply
    from requests_app.connectors.rest.client import Client
    from requests_app.connectors.rest.description import Said

_PLACE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
"""An expression that names a field, and does nothing else."""
Binding = dict[str, Any]
"""What requests are filled in with for one person or one item: ``value``, ``kind``, ``person`` and what was kept. JSON."""


def items_of(step: Said, reply: Reply) -> list[Any]:
    """The items of an answer: objects; none when the answer says so. Raises WRONG_TYPE when it has another shape than described."""
    nobody = step.get("nobody", {})
    if reply.status in nobody.get("status", ()) or reply.value is None:
        return []
    if "when" in nobody and search(nobody["when"], reply.value):
        return []
    found = search(step["items"], reply.value) if "items" in step else reply.value
    items = found if isinstance(found, list) else [found]  # nothing where items should be is another shape, not nobody
    if not all(isinstance(item, dict) for item in items):
        raise ConnectorError(Fault.WRONG_TYPE, field=step.get("items", "answer")[:80])
    return items


def kept(said: Mapping[str, str], item: Any) -> Binding:
    """What is kept of an item: texts, numbers, yes or no, or a list of such to compare with. Raises WRONG_TYPE for all else."""
    values = {name: search(place, item) for name, place in said.items()}
    for name, value in values.items():
        inner = value if isinstance(value, list) else [value]
        if any(isinstance(one, dict | list) for one in inner):
            raise ConnectorError(Fault.WRONG_TYPE, field=name)
    return values


def is_wanted(step: Said, binding: Binding, item: Any) -> bool:
    """Whether a read is about an item, by what was kept before it."""
    return "only" not in step or bool(search(step["only"], {"item": item, "kept": binding}))


def is_asked_for(person: Mapping[str, str], item: Any, one: Identifier) -> bool:
    """Whether an item is of the one who was asked for, as far as it says. What says nothing of that is believed."""
    if one.kind.value not in person:
        return True
    given = search(person[one.kind.value], item)
    values = given if isinstance(given, list) else [given]
    if any(_odd(value, one.kind) for value in values):
        raise ConnectorError(Fault.WRONG_TYPE, field=person[one.kind.value][:80])
    return any(same(one.kind, text_of(value), one.value) for value in values)


def see_that_it_is_said(person: Mapping[str, str], items: Sequence[Any], one: Identifier) -> None:
    """Raise WRONG_TYPE when none of the items has the field that says whose it is: it is misspelt, or the answer has another shape.

    Else nothing of them would be the person's, and nobody would know why. A field that is there and empty says that it is nobody's.
    """
    place = person.get(one.kind.value, "")
    if items and _PLACE.fullmatch(place) and not any(_has(item, place.split(".")) for item in items):
        raise ConnectorError(Fault.WRONG_TYPE, field=place[:80])


def _has(item: Any, names: list[str]) -> bool:
    """Whether an item has a place in it, whatever stands there; what is a list or empty on the way to it may have it."""
    for name in names:
        if item is None or isinstance(item, list):
            return True
        if not isinstance(item, dict) or name not in item:
            return False
        item = item[name]
    return True


def _odd(value: Any, kind: IdentifierKind) -> bool:
    """Whether a value cannot be an identifier: then the answer has another shape, and it is not for us to say whose it is."""
    return isinstance(value, bool | float | dict | list) or (kind is IdentifierKind.EMAIL and isinstance(value, int))


def text_of(value: Any) -> str:
    """A value as text: numbers as they are written, nothing for what is no single value."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def named(client: Client, step: Said, values: Mapping[str, Any], items: Sequence[Any]) -> list[Any]:
    """The items with their fields, or one field's codes, called what the system calls them; as they are where it does not say."""
    found = _called(client, step["names"], values, items) if "names" in step and items else list(items)
    see_fields(step, found)
    return found


def _called(client: Client, said: Said, values: Mapping[str, Any], items: Sequence[Any]) -> list[Any]:
    names = _names(client, said, values)
    if "value_of" not in said:
        return [_renamed(item, names) for item in items]
    field = said["value_of"]
    return [{**item, field: names.get(text_of(item[field]), item[field])} if field in item else item for item in items]


def _names(client: Client, said: Said, values: Mapping[str, Any]) -> Mapping[str, str]:
    """The names, asked for once in a run."""
    asked = json.dumps([said, values], sort_keys=True, default=str)
    if asked not in client.names:
        rows = items_of(said, client.send(said, values))
        pairs = ((text_of(search(said["from"], row)), text_of(search(said["to"], row))) for row in rows)
        client.names[asked] = {code: name for code, name in pairs if code and name}
    return client.names[asked]


def _renamed(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Two fields under one name both stay: the later under its own."""
    found: dict[str, Any] = {}
    for field, value in item.items():
        name = names.get(field, field)
        found[field if name in found or (name != field and name in item) else name] = value
    return found
