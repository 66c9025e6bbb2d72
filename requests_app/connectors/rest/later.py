"""Answers that come later: how they are asked for, when they are asked for again, and where they are fetched."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import Reply
from requests_app.connectors.reading import moment
from requests_app.connectors.rest.description import search
from requests_app.connectors.rest.items import kept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.rest.client import Client
    from requests_app.connectors.rest.description import Said

LONGEST = 86_400.0
"""Seconds until it is asked for again, whatever time the system says it needs."""
_ANSWER = frozenset({"answer", "delimiter", "encoding"})


def asked_for(client: Client, step: Said, values: Mapping[str, Any], *, heard: bool) -> Reply:
    """Ask the question. ``heard``: it may have been asked before, by a run that was killed, and be refused for that."""
    again = step["later"].get("again")
    accepted = {*step.get("nobody", {}).get("status", ()), *((again or ()) if heard else ())}
    request = {name: said for name, said in step.items() if name not in _ANSWER}
    return client.send(request, values, accepted=accepted, repeatable=again is None)


def awaited(client: Client, step: Said, values: Mapping[str, Any], asked: datetime, now: datetime) -> Reply:
    """The answer to what was asked at a time. Raises NOT_READY with the wait, until the description's time is over."""
    later = step["later"]
    how = {name: said for name, said in step.items() if name in _ANSWER}
    alone = "result" not in later
    reply = client.send({"get": later["get"], **(how if alone else {})}, values)
    if "failed" in later and search(later["failed"], reply.value):
        raise ConnectorError(Fault.GIVEN_UP)
    if not search(later["ready"], reply.value):
        if now - asked > timedelta(hours=later["at_most"]):
            raise ConnectorError(Fault.TOO_LATE, hours=later["at_most"])
        raise ConnectorError(Fault.NOT_READY, retry_after=_wait(later, reply.value, now))
    if "nothing" in later and search(later["nothing"], reply.value):
        return Reply(reply.status, {}, None)
    if alone:
        return reply
    return _result(client, {"get": later["result"], **how}, values, kept(later.get("keep_ready", {}), reply.value))


def _wait(later: Said, answer: Any, now: datetime) -> float:
    """Seconds until it is asked for again: until the system says that it will be done, within bounds."""
    until = moment(search(later["expected"], answer)) if "expected" in later else None
    every = float(later["every"])
    return max(every, min((until - now).total_seconds(), LONGEST)) if until else every


def _result(client: Client, request: Said, values: Mapping[str, Any], given: Mapping[str, Any]) -> Reply:
    """What was put together. Raises BY_HAND when nothing says where it is, or it is where we may not go."""
    if None in given.values() or "" in given.values():
        raise ConnectorError(Fault.BY_HAND)
    try:
        return client.send(request, {**values, **given})
    except ConnectorError as error:
        if error.fault is not Fault.ADDRESS_REFUSED:
            raise
    raise ConnectorError(Fault.BY_HAND)
