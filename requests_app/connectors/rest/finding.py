"""Who of a described system's people is meant, and what later requests need of each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Derived, Fault, IdentifierKind
from requests_app.connectors.matching import Match, folded, new_identifiers, same, settle
from requests_app.connectors.reading import PageGuard
from requests_app.connectors.rest.description import search
from requests_app.connectors.rest.paging import following, parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Candidate, Identifier, Search
    from requests_app.connectors.http import Reply
    from requests_app.connectors.rest.client import Client
    from requests_app.connectors.rest.description import Description, Said
    from requests_app.connectors.rest.paging import Place

Binding = dict[str, Any]
"""What requests are filled in with for one person or one item: ``value``, ``kind``, ``person`` and what was kept. JSON."""
MOST = 2_000
"""People, or items that further requests hang on, in one run."""


@dataclass(frozen=True, slots=True)
class Who:
    """What finding came to: whom to read, or among whom somebody must choose."""

    bindings: tuple[Binding, ...] = ()
    derived: tuple[Derived, ...] = ()
    candidates: tuple[Candidate, ...] = ()


@dataclass(slots=True)
class _Found:
    """Everybody a run has found so far."""

    matches: list[tuple[Identifier, list[Match]]] = field(default_factory=list)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    gave: dict[str, list[tuple[IdentifierKind, str]]] = field(default_factory=dict)


def find(client: Client, description: Description, search_: Search) -> Who:
    """Ask for everybody the identifiers fit, and settle whose data it is. Raises ``ConnectorError``."""
    if not description.find:
        return Who(tuple(_itself(one) for one in search_.identifiers if one.kind in description.searches_by))
    found = _Found()
    for step in description.find:
        for one in search_.identifiers:
            if one.kind.value in step["by"]:
                found.matches.append((one, list(_matches(client, step, one, search_, found))))
    settled = settle(search_, found.matches)
    if settled.candidates:
        return Who(candidates=settled.candidates)
    bindings = [binding for key in settled.taken for binding in found.bindings[key]]
    derived = [
        one
        for key in settled.taken
        for kind, text in found.gave.get(key, ())
        for one in new_identifiers(
            search_, kind, [text], strong=key in settled.strong and kind is IdentifierKind.CUSTOMER_NO
        )
    ]
    unique = {repr(binding): binding for binding in bindings}
    return Who(tuple(unique.values()), tuple(dict.fromkeys(derived)))


def everybody(client: Client, description: Description, search_: Search) -> tuple[Binding, ...]:
    """Whoever has one of the identifiers, without asking who it is: for what is done to an address, such as to write to it no more."""
    if not description.find:
        return find(client, description, search_).bindings
    found = _Found()
    for step in description.find:
        for one in search_.identifiers:
            if one.kind.value in step["by"]:
                list(_matches(client, step, one, search_, found))
    unique = {repr(binding): binding for bindings in found.bindings.values() for binding in bindings}
    return tuple(unique.values())


def _itself(identifier: Identifier) -> Binding:
    return {"value": identifier.value, "kind": identifier.kind.value, "person": identifier.value}


def _matches(client: Client, step: Said, one: Identifier, search_: Search, found: _Found) -> Iterator[Match]:
    seen: set[str] = set()
    for item in _items(client, step, one, search_):
        about = item
        binding = _itself(one) | kept(step.get("keep", {}), item)
        if "more" in step:
            reply = client.send(step["more"], binding | moment_of(search_))
            about = reply.value
        said = step["person"]
        if not is_asked_for(said, about, one):
            continue
        key = text_of(search(said["key"], about)) if "key" in said else one.value
        if not key:
            raise ConnectorError(Fault.WRONG_TYPE, field=said["key"][:80])
        binding["person"] = key
        name = text_of(search(said["name"], about)) if "name" in said else ""
        # one address under two names may be two people; under one name on several lists it is one
        mark = hashlib.sha256(f"{key}\n{folded(name)}".encode()).hexdigest()[:16]
        found.bindings.setdefault(mark, []).append(binding)
        if len(found.bindings[mark]) > MOST or len(found.bindings) > MOST:
            raise ConnectorError(Fault.TOO_LARGE, limit=MOST)
        for kind, place in step.get("derive", {}).items():
            given = search(place, about)
            values = given if isinstance(given, list) else [given]
            found.gave.setdefault(mark, []).extend((IdentifierKind(kind), text_of(value)) for value in values if value)
        if mark not in seen:
            seen.add(mark)
            yield Match(
                mark,
                name,
                text_of(search(said["personnummer"], about)) if "personnummer" in said else "",
                {
                    field_: text
                    for field_, place in step.get("show", {}).items()
                    if (text := text_of(search(place, about)))
                },
            )


def _items(client: Client, step: Said, one: Identifier, search_: Search) -> Iterator[Any]:
    """Every item of a look-up, from all its pages."""
    guard = PageGuard(search_.limits)
    place: Place | None = {}
    pages: Mapping[str, Any] = step.get("pages", {})
    while place is not None:
        reply = client.send(
            step,
            _itself(one) | moment_of(search_),
            parameters(pages, place),
            accepted=step.get("nobody", {}).get("status", ()),
        )
        items = items_of(step, reply)
        guard.saw(items)
        yield from items
        place = following(pages, place, reply, len(items), client.http) if pages else None


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
    """What is kept of an item: texts, numbers, yes or no. Raises WRONG_TYPE for what cannot stand in a request."""
    values = {name: search(place, item) for name, place in said.items()}
    for name, value in values.items():
        if isinstance(value, dict | list):
            raise ConnectorError(Fault.WRONG_TYPE, field=name)
    return values


def is_asked_for(person: Mapping[str, str], item: Any, one: Identifier) -> bool:
    """Whether an item is of the one who was asked for, as far as it says. What says nothing of that is believed."""
    if one.kind.value not in person:
        return True
    given = search(person[one.kind.value], item)
    values = given if isinstance(given, list) else [given]
    if any(_odd(value, one.kind) for value in values):
        raise ConnectorError(Fault.WRONG_TYPE, field=person[one.kind.value][:80])
    return any(same(one.kind, text_of(value), one.value) for value in values)


def _odd(value: Any, kind: IdentifierKind) -> bool:
    """Whether a value cannot be an identifier: then the answer has another shape, and it is not for us to say whose it is."""
    return isinstance(value, bool | float | dict | list) or (kind is IdentifierKind.EMAIL and isinstance(value, int))


def text_of(value: Any) -> str:
    """A value as text: numbers as they are written, nothing for what is no single value."""
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or isinstance(value, bool | dict | list) else str(value)


def moment_of(search_: Search) -> dict[str, str]:
    """The day and the time of the run."""
    return {"today": search_.now.date().isoformat(), "now": search_.now.isoformat(timespec="seconds")}
