"""Optimizely Campaign's REST API, the parts that tell of one recipient."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

from sandbox import data_newsletter as data
from sandbox.dates import utc_text
from sandbox.settings import CAMPAIGN_CLIENT, CAMPAIGN_PASSWORD, CAMPAIGN_USER
from sandbox.wire import Answer, Refused, Request

PREFIX = "/campaign/rest"
METHODS = ("GET", "POST", "DELETE")
NUMBERS = {found.mailchimp_id: 30_001 + n for n, found in enumerate(data.LISTS)}
"""The lists' ids here."""
FIELDS = {"firstname": "First name", "lastname": "Last name", "anteckning": "anteckning"}


def answer(request: Request) -> Answer:
    """Answer a request."""
    pair = base64.b64encode(f"{CAMPAIGN_USER}:{CAMPAIGN_PASSWORD}".encode()).decode()
    if request.headers.get("authorization") != f"Basic {pair}":
        raise Refused(401)
    match request.parts:
        case [client, *rest] if client == CAMPAIGN_CLIENT:
            return _of_client(request, rest)
    raise Refused(404)


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    return Answer(refused.status, {"status": refused.status, "message": refused.message})


def _of_client(request: Request, rest: list[str]) -> Answer:
    match (request.method, rest):
        case ("GET", ["users", "authenticated"]):
            request.route = "authenticated"
            return Answer(200, {"id": 1, "username": CAMPAIGN_USER, "email": "api@example.se"})
        case ("GET", ["recipientlists"]):
            return _page(request, "recipientlists", [_list(found) for found in data.LISTS])
        case ("GET", ["recipientlists", _number, part]) if part in {"attributeNames", "fields"}:
            request.route = part
            fields = [{"internalName": key, "displayName": name, "type": "STRING"} for key, name in FIELDS.items()]
            return Answer(200, {"attributeNames": list(FIELDS)} if part == "attributeNames" else {"elements": fields})
        case ("GET", ["recipients", number, email]):
            request.route = "recipient"
            return Answer(200, _recipient(request, _held(number, email)))
        case ("GET", ["recipients", number, email, "valid"]):
            request.route = "valid"
            return Answer(200, _valid(number, _held(number, email)))
        case ("DELETE", ["recipients", number, email]):
            request.route = "delete-recipient"
            data.erase(_held(number, email))
            return Answer(204)
        case ("DELETE", ["recipients"]) if request.query.get("recipientKey"):
            request.route = "delete-history"
            return Answer(202)
        case ("GET", ["unsubscribes"]):
            return _page(request, "unsubscribes", _unsubscribes(request.query.get("recipientIds", "")))
        case ("POST", ["unsubscribes"]):
            request.route = "unsubscribe"
            return _unsubscribe(parse_qs(request.body.decode()))
        case ("GET", ["responses"]):
            return _page(request, "responses", _responses(request.query))
        case ("GET", ["blacklistentries", "blacklisted"]):
            request.route = "blacklisted"
            return Answer(200, {"blacklisted": False, "pattern": None})
    raise Refused(404)


def _page(request: Request, route: str, items: list[dict[str, Any]]) -> Answer:
    request.route = route
    offset, limit = request.number("offset", 0), request.number("limit", 100, 10_000)
    shown = items[:limit] if request.endless else items[offset : offset + limit]
    return Answer(200, {"elements": shown, "count": len(shown), "offset": offset, "limit": limit})


def _held(number: str, email: str) -> data.Subscription:
    for found in data.of_address(email):
        if str(NUMBERS[found.list.mailchimp_id]) == number:
            return found
    raise Refused(404)


def _list(found: data.MailingList) -> dict[str, Any]:
    return {
        "id": NUMBERS[found.mailchimp_id],
        "name": found.name,
        "description": "",
        "recipients": sum(one.list is found for one in data.subscriptions()),
        "mediaTypes": ["EMAIL"],
        "testList": False,
        "forTransactionApi": False,
        "created": "2019-03-01T08:00:00.000Z",
        "modified": "2023-11-01T08:00:00.000Z",
        "links": [],
    }


def _recipient(request: Request, found: data.Subscription) -> dict[str, Any]:
    own = {
        "firstname": found.person.first_name,
        "lastname": found.person.last_name,
        "anteckning": data.note_of(found) or "",
    }
    asked = [name for name in request.query.get("attributeNames", "").split(",") if name]
    if set(asked) - set(own):
        raise Refused(400, "unknown attribute")
    plain = {
        "id": found.email,
        "created": utc_text(found.created),
        "modified": utc_text(found.ended or found.created),
        "links": [],
    }
    optin = {"optInMailId": f"mail{found.id}"} if request.query.get("includeOptinData") == "true" else {}
    return plain | optin | {name: own[name] for name in asked}


def _valid(number: str, found: data.Subscription) -> dict[str, Any]:
    reasons = {"unsubscribed": "unsubscribed", "cleaned": "bounced"}
    reason = {"validationFailedReason": reasons[found.status]} if found.status in reasons else {}
    return {"valid": not reason, "recipientListId": int(number), "links": []} | reason


def _unsubscribes(email: str) -> list[dict[str, Any]]:
    return [
        {
            "recipientListId": NUMBERS[found.list.mailchimp_id],
            "recipientId": found.email,
            "mailingId": None,
            "reason": "api",
            "created": utc_text(found.ended),
            "mediaType": "EMAIL",
            "links": [],
        }
        for found in data.of_address(email)
        if found.ended
    ]


def _unsubscribe(form: dict[str, list[str]]) -> Answer:
    [email], [number] = form["recipientIds"], form["recipientListId"]
    held = [found for found in data.of_address(email) if str(NUMBERS[found.list.mailchimp_id]) == number]
    for found in held:
        data.end(found)
    return Answer(200, {"successfulIds": [email] if held else [], "unsuccessfulIds": [] if held else [email]})


def _responses(query: dict[str, str]) -> list[dict[str, Any]]:
    category = query.get("category")
    if category not in {"hardbounce", "softbounce", "autoresponder", "unknown"}:
        raise Refused(400, "category is required")
    return [
        {
            "mailId": f"mail{found.id}",
            "mailingId": event.campaign.number,
            "recipientListId": NUMBERS[found.list.mailchimp_id],
            "recipientId": found.email,
            "category": category,
            "subject": "Undelivered Mail Returned to Sender",
            "ruleName": "mailbox unknown",
            "mediaType": "EMAIL",
            "created": utc_text(event.at),
        }
        for found in data.of_address(query.get("recipientIds", ""))
        for event in data.events(found)
        if event.kind == "bounce" and category == "hardbounce"
    ]
