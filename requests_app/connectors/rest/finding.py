"""Who of a described system's people is meant, and what later requests need of each."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Derived, Fault, IdentifierKind
from requests_app.connectors.matching import Match, folded, new_identifiers, settle
from requests_app.connectors.reading import PageGuard
from requests_app.connectors.rest.description import search
from requests_app.connectors.rest.items import is_asked_for, items_of, kept, named, see_that_it_is_said, text_of
from requests_app.connectors.rest.paging import following, parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Candidate, Identifier, Search
    from requests_app.connectors.rest.client import Client
    from requests_app.connectors.rest.description import Description, Said
    from requests_app.connectors.rest.items import Binding
    from requests_app.connectors.rest.paging import Place

MOST = 2_000
"""People, or items that further requests hang on, in one run."""


@dataclass(frozen=True, slots=True)
class Who:
    """What finding came to: whom to read, or among whom somebody must choose."""

    bindings: tuple[Binding, ...] = ()
    derived: tuple[Derived, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    others: bool = False
    """Whether what was searched by led to others alone: then nothing of it is the person's."""


@dataclass(slots=True)
class _Found:
    """Everybody a run has found so far."""

    matches: list[tuple[Identifier, list[Match]]] = field(default_factory=list)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    gave: dict[str, list[tuple[IdentifierKind, str]]] = field(default_factory=dict)
    missing: bool = False
    """Whether an address was not there, which the description takes for nobody."""


def find(client: Client, description: Description, search_: Search, verb: str = "") -> Who:
    """Ask for everybody the identifiers fit, and settle whose data it is. Raises ``ConnectorError``.

    Whoever is found by several identifiers is one, unless what ``verb`` does (reading, when it is empty) is asked by the identifier.
    """
    if not description.find:
        return Who(tuple(itself(one) for one in search_.identifiers if one.kind in description.searches_by))
    found = _Found()
    for step in description.find:
        for one in search_.identifiers:
            if one.kind.value in step["by"]:
                found.matches.append((one, list(_matches(client, step, one, search_, found))))
    _check_address(client, description, found)
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
    apart = _by_identifier([*description.read.values(), *description.change.get(verb, ())])
    unique: dict[str, Binding] = {}
    for binding in bindings:
        unique.setdefault(repr({**binding, **({} if apart else {"value": "", "kind": ""})}), binding)
    others = not settled.taken and any(matches for _one, matches in found.matches)
    return Who(tuple(unique.values()), tuple(dict.fromkeys(derived)), others=others)


def everybody(client: Client, description: Description, search_: Search) -> tuple[Binding, ...]:
    """Whoever has one of the identifiers, without asking who it is: for what is done to an address, such as to write to it no more."""
    if not description.find:
        return find(client, description, search_).bindings
    found = _Found()
    for step in description.find:
        for one in search_.identifiers:
            if one.kind.value in step["by"]:
                list(_matches(client, step, one, search_, found))
    _check_address(client, description, found)
    unique = {repr(binding): binding for bindings in found.bindings.values() for binding in bindings}
    return tuple(unique.values())


def _by_identifier(steps: list[Said]) -> bool:
    """Whether some request is made with the identifier that found somebody, so that another one is another request."""
    written = json.dumps(steps)
    return "{value" in written or "{kind" in written or any("by" in step for step in steps)


def _check_address(client: Client, description: Description, found: _Found) -> None:
    """See that the system is where it is asked: a wrong address of it is not taken for nobody known."""
    if found.missing and not found.bindings:
        client.send(description.said["test"], {})


def itself(identifier: Identifier) -> Binding:
    return {"value": identifier.value, "kind": identifier.kind.value, "person": identifier.value}


def _matches(client: Client, step: Said, one: Identifier, search_: Search, found: _Found) -> Iterator[Match]:
    seen: set[str] = set()
    for item in _items(client, step, one, search_, found):
        about = item
        binding = itself(one) | kept(step.get("keep", {}), item)
        if "more" in step:
            nobody = step["more"].get("nobody", {}).get("status", ())
            reply = client.send(step["more"], binding | moment_of(search_), accepted=nobody)
            if reply.status not in nobody:
                about = {**item, **reply.value} if isinstance(reply.value, dict) else reply.value
            elif not step["more"]["nobody"].get("keeps"):
                continue
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


def _items(client: Client, step: Said, one: Identifier, search_: Search, found: _Found) -> Iterator[Any]:
    """Every item of a look-up, from all its pages."""
    guard = PageGuard(search_.limits)
    place: Place | None = {}
    pages: Mapping[str, Any] = step.get("pages", {})
    values, nobody = itself(one) | moment_of(search_), step.get("nobody", {}).get("status", ())
    while place is not None:
        reply = client.send(step, values, parameters(pages, place), accepted=nobody)
        found.missing |= reply.status in nobody
        items = items_of(step, reply)
        guard.saw(items)
        found_items = list(named(client, step, values, items))
        if "more" not in step:  # else it may say there whose it is
            see_that_it_is_said(step["person"], found_items, one)
        yield from found_items
        place = following(pages, place, reply, len(items), client.http) if pages else None


def moment_of(search_: Search) -> dict[str, str]:
    """The day and the time of the run."""
    return {"today": search_.now.date().isoformat(), "now": search_.now.isoformat(timespec="seconds")}
