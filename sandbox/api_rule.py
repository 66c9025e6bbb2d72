"""Rule's API v2: subscribers by address or id, their own fields, suppressions."""

from __future__ import annotations

from typing import Any

from sandbox import data_newsletter as data
from sandbox.dates import utc_text
from sandbox.settings import RULE_KEY
from sandbox.wire import Answer, Refused, Request

PREFIX = "/rule/api/v2"
METHODS = ("GET", "POST", "DELETE")
ERRORS = {401: "NotAuthorized", 403: "Forbidden", 404: "NotFound", 429: "TooManyRequests"}


def answer(request: Request) -> Answer:
    """Answer a request."""
    if request.headers.get("authorization") != f"Bearer {RULE_KEY}":
        raise Refused(401)
    match (request.method, request.parts):
        case ("GET", ["tags"]):
            request.route = "tags"
            tags = [{"id": n, "name": found.name} for n, found in enumerate(data.LISTS, 1)]
            return Answer(200, {"tags": tags[: request.number("limit", 20, 100)]})
        case ("GET", ["subscribers", identifier]):
            request.route = "subscriber"
            return Answer(200, {"subscriber": _subscriber(_held(request, identifier))})
        case ("GET", ["subscriber", identifier, "fields"]):
            request.route = "fields"
            return Answer(200, {"groups": _groups(_held(request, identifier)[0])})
        case ("POST", ["suppressions"]):
            request.route = "suppress"
            return _suppress(request.json)
        case ("DELETE", ["subscribers", identifier]):
            request.route = "delete-subscriber"
            data.erase(*_held(request, identifier))
            return Answer(200, {"message": "Success"})
    raise Refused(404)


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    return Answer(
        refused.status, {"error": refused.code or ERRORS.get(refused.status, "Error"), "message": refused.message}
    )


def _held(request: Request, identifier: str) -> tuple[data.Subscription, ...]:
    """What one subscriber gets; a subscriber's id is that of the first."""
    by = request.query.get("identified_by", "id")
    if by == "email":
        found = data.of_address(identifier)
    else:
        first = next((one for one in data.subscriptions() if by == "id" and str(one.id) == identifier), None)
        found = data.of_address(first.email) if first else ()
    if not found:
        raise Refused(404)
    return found


def _suppress(body: dict[str, Any]) -> Answer:
    people = body.get("subscribers")
    if not isinstance(people, list) or body.get("suppress_on") != {"campaign": ["email"]}:
        raise Refused(400, "only campaigns by e-mail can be suppressed here")
    for one in people:
        for found in data.of_address(one["email"]):
            data.end(found)
    return Answer(200, {"message": "Success"})


def _subscriber(held: tuple[data.Subscription, ...]) -> dict[str, Any]:
    first = held[0]
    ended = [found.ended for found in held if found.ended]
    return {
        "id": first.id,
        "email": first.email,
        "phone_number": next(iter(first.person.phones), None),
        "language": first.person.language,
        "opted_in": True,
        "created_at": utc_text(min(found.created for found in held)),
        "updated_at": utc_text(max(found.ended or found.created for found in held)),
        "tags": [
            {"id": n, "name": name}
            for n, name in enumerate((*(found.list.name for found in held), *data.tags_of(first)), 1)
        ],
        "suppressed": [
            {
                "id": first.id * 10,
                "created_at": utc_text(max(ended)),
                "dispatcher_type": "campaign",
                "message_type": "email",
                "suppressed_source_type": "api",
            }
        ]
        if ended
        else [],
        "syncAtSegments": [],
    }


def _groups(first: data.Subscription) -> list[dict[str, Any]]:
    own = [
        {"id": 1, "name": "FirstName", "type": "text", "value": first.person.first_name},
        {"id": 2, "name": "LastName", "type": "text", "value": first.person.last_name},
    ]
    note = data.note_of(first)
    groups: list[dict[str, Any]] = [{"name": "Kontakt", "historical": False, "fields": own}]
    if note:
        noted = [{"id": 3, "name": "Anteckning", "type": "text", "value": note}]
        groups.append({"name": "Kundservice", "historical": False, "fields": noted})
    return groups
