"""What a description says can be changed in a system: the requests, and what is kept of their answers as proof."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from requests_app.connectors.base import ConnectorError, Evidence, Fault, StopStatus
from requests_app.connectors.newsletter_lists import OPERATIONAL, Operational
from requests_app.connectors.reading import PageGuard
from requests_app.connectors.rest.description import search
from requests_app.connectors.rest.finding import everybody, find, moment_of
from requests_app.connectors.rest.items import is_asked_for, is_wanted, items_of, kept, named, text_of
from requests_app.connectors.rest.lists import for_each_listed
from requests_app.connectors.rest.paging import following, parameters

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.connectors.base import Search
    from requests_app.connectors.rest.client import Client
    from requests_app.connectors.rest.description import Description, Said
    from requests_app.connectors.rest.items import Binding
    from requests_app.connectors.rest.paging import Place


STOP_MARKETING = "stop_marketing"


def change(client: Client, description: Description, search_: Search, verb: str, values: Mapping[str, Any]) -> Evidence:
    """Do what ``verb`` says. Done twice it is one effect.

    Marketing is stopped for whoever has one of the addresses; all else is done for the one person alone, as gathering settles
    who that is. Raises ``ConnectorError``, SEVERAL when somebody must choose first; what was done before a fault stays done.
    """
    if verb == STOP_MARKETING:
        people = everybody(client, description, search_)
    else:
        who = find(client, description, search_, verb)
        if who.candidates:
            raise ConnectorError(Fault.SEVERAL)
        people = who.bindings
    told: list[Mapping[str, str]] = []
    for step in description.change[verb]:
        for binding in _for(client, description, search_, step, people):
            spared = "spare" in step and _spared(step["spare"], client, binding)
            if not spared and ("unless" not in step or not search(step["unless"], binding)):
                told.append(_done(client, step, binding, {"uuid": str(uuid4()), **values, **moment_of(search_)}))
    known = bool(people) and bool(description.find or told)
    status = StopStatus.STOPPED if told else StopStatus.ALREADY if known else StopStatus.UNKNOWN
    return Evidence(status, tuple(told), client.http.requests)


def _spared(said: Mapping[str, str], client: Client, binding: Binding) -> bool:
    """Whether a list is one of notices that are no marketing."""
    left = Operational.written(client.values[OPERATIONAL.key])
    return left.holds(text_of(binding.get(said["id"])), text_of(binding.get(said["name"])))


def _for(
    client: Client, description: Description, search_: Search, step: Said, people: tuple[Binding, ...]
) -> Iterator[Binding]:
    """Whom or what a change is made for."""
    if "for_each" not in step:
        yield from people
        return
    read = description.read[step["for_each"]]
    around = _for(client, description, search_, read, people) if "for_each" in read else iter(people)
    for binding in for_each_listed(read, client.values, around):
        yield from _items(client, search_, read, binding)


def _items(client: Client, search_: Search, read: Said, binding: Binding) -> Iterator[Binding]:
    guard, pages = PageGuard(search_.limits), read.get("pages", {})
    accepted = read.get("nobody", {}).get("status", ())
    asked = next(one for one in search_.identifiers if one.value == binding["value"])
    place: Place | None = {}
    while place is not None:
        values = binding | moment_of(search_)
        reply = client.send(read, values, parameters(pages, place), accepted=accepted)
        items = items_of(read, reply)
        guard.saw(items)
        for item in named(client, read, values, items):
            if is_wanted(read, binding, item) and is_asked_for(read.get("person", {}), item, asked):
                yield binding | kept(read.get("keep", {}), item)
        place = following(pages, place, reply, len(items), client.http) if pages else None


def _done(client: Client, step: Said, binding: Binding, values: Mapping[str, Any]) -> Mapping[str, str]:
    """Make one change and say what is proof of it. Raises WRONG_TYPE when the answer is not what shows that it was done."""
    repeatable = step.get("repeatable", "post" not in step)
    reply = client.send(step, {**values, **binding}, accepted=step.get("done", ()), repeatable=repeatable)
    answer = reply.value if isinstance(reply.value, dict) else {"answer": reply.value}
    about = {**binding, **answer, "now": values["now"], "uuid": values["uuid"], "status_code": reply.status}
    if "check" in step and reply.status < 400 and not search(step["check"], about):
        raise ConnectorError(Fault.WRONG_TYPE, field="check")
    told = {name: text_of(search(place, about))[:200] for name, place in step.get("tell", {}).items()}
    return {name: text for name, text in told.items() if text} or {"status": str(reply.status)}
