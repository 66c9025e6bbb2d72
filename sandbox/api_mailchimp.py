"""Mailchimp's Marketing API 3.0, the parts that tell of one person."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from sandbox import data_newsletter as data
from sandbox.settings import MAILCHIMP_KEY
from sandbox.wire import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

PREFIX = "/mailchimp/3.0"
METHODS = ("GET", "PATCH", "POST")
TITLES = {
    400: "Bad Request",
    401: "API Key Invalid",
    403: "Forbidden",
    404: "Resource Not Found",
    429: "Too Many Requests",
}
DETAILS = {
    401: "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
    403: "The API key lacks access to this resource.",
    404: "The requested resource could not be found.",
    429: "You have exceeded the limit of 10 simultaneous connections.",
}
GLOSSARY = "https://mailchimp.com/developer/marketing/docs/errors/"


def answer(request: Request) -> Answer:
    """Answer a request."""
    _check_key(request)
    if request.method == "PATCH":
        return _change(request)
    if request.method == "POST":
        return _delete(request)
    match request.parts:
        case ["ping"]:
            request.route = "ping"
            return Answer(200, {"health_status": "Everything's Chimpy!"})
        case ["search-members"]:
            request.route = "search-members"
            return Answer(200, _search(request))
        case ["lists"]:
            request.route = "lists"
            lists = [{"id": found.mailchimp_id, "name": found.name, "list_rating": 0} for found in data.LISTS]
            return Answer(200, _paged(request, "lists", lists))
        case ["lists", list_id, "members", member_id]:
            request.route = "member"
            return Answer(200, _member(_subscription(list_id, member_id)))
        case ["lists", list_id, "members", member_id, part] if part in PARTS:
            request.route = part
            key, build, named = PARTS[part]
            subscription = _subscription(list_id, member_id)
            body = _paged(request, key, build(subscription))
            if named:
                body |= {"email_id": subscription.hash, "list_id": list_id}
            return Answer(200, body)
    raise Refused(404)


def _change(request: Request) -> Answer:
    """Set a member's state: only to unsubscribed here, which a member may be already."""
    match request.parts:
        case ["lists", list_id, "members", member_id]:
            request.route = "change-member"
            if request.json.get("status") != "unsubscribed":
                raise Refused(400, "The resource submitted could not be validated.")
            return Answer(200, _member(data.end(_subscription(list_id, member_id))))
    raise Refused(404)


def _delete(request: Request) -> Answer:
    """Delete a member for good; it cannot be imported again."""
    match request.parts:
        case ["lists", list_id, "members", member_id, "actions", "delete-permanent"]:
            request.route = "delete-member"
            data.erase(_subscription(list_id, member_id))
            return Answer(204)
    raise Refused(404)


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    body = {
        "type": GLOSSARY,
        "title": TITLES.get(refused.status, "Error"),
        "status": refused.status,
        "detail": refused.message or DETAILS.get(refused.status, ""),
        "instance": "5a0d1c2e-0000-4000-8000-000000000000",
    }
    return Answer(refused.status, body, {"Content-Type": "application/problem+json; charset=utf-8"})


def _check_key(request: Request) -> None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    try:
        _, _, key = base64.b64decode(value, validate=True).decode("utf-8").partition(":")
    except ValueError:
        key = ""
    if scheme != "Basic" or key != MAILCHIMP_KEY:
        raise Refused(401)


def _paged(request: Request, key: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    count, offset = request.number("count", 10, 1000), request.number("offset", 0)
    if request.endless:
        return {key: items[:count], "total_items": 10**9}
    return {key: items[offset : offset + count], "total_items": len(items)}


def _search(request: Request) -> dict[str, Any]:
    words, list_id = request.query.get("query", "").casefold(), request.query.get("list_id")
    if not words:
        raise Refused(400, "query is required")
    within = [found for found in data.subscriptions() if list_id in (None, found.list.mailchimp_id)]
    exact = [_member(found) for found in within if found.email.casefold() == words]
    near = [_member(found) for found in within if words in f"{found.email} {found.person.name}".casefold()]
    return {
        "exact_matches": {"members": exact, "total_items": len(exact)},
        "full_search": {"members": near[:30], "total_items": len(near)},
    }


def _subscription(list_id: str, member_id: str) -> data.Subscription:
    for found in data.subscriptions():
        if found.list.mailchimp_id == list_id and found.hash == member_id:
            return found
    raise Refused(404)


def _time(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _member(subscription: data.Subscription) -> dict[str, Any]:
    person, chance = subscription.person, subscription.person.random("member")
    happened = [event.kind for event in data.events(subscription)]
    sent = max(happened.count("sent"), 1)
    member = {
        "id": subscription.hash,
        "email_address": subscription.email,
        "unique_email_id": subscription.hash[:10],
        "contact_id": subscription.hash[::-1],
        "full_name": person.name,
        "web_id": subscription.id,
        "email_type": "html",
        "status": subscription.status,
        "consents_to_one_to_one_messaging": True,
        "merge_fields": {"FNAME": person.first_name, "LNAME": person.last_name, "PHONE": next(iter(person.phones), "")},
        "interests": {},
        "stats": {
            "avg_open_rate": round(happened.count("open") / sent, 4),
            "avg_click_rate": round(happened.count("click") / sent, 4),
        },
        "ip_signup": f"203.0.113.{chance.randrange(1, 255)}",
        "timestamp_signup": _time(subscription.created),
        "ip_opt": f"203.0.113.{chance.randrange(1, 255)}",
        "timestamp_opt": _time(subscription.created),
        "member_rating": chance.randrange(2, 6),
        "last_changed": _time(subscription.ended or subscription.created),
        "language": person.language,
        "vip": False,
        "email_client": chance.choice(("Gmail", "Apple Mail", "Outlook", "")),
        "location": {
            "latitude": 0,
            "longitude": 0,
            "gmtoff": 1,
            "dstoff": 2,
            "country_code": "SE",
            "timezone": "Europe/Stockholm",
            "region": "N",
        },
        "source": "Web Signup Form",
        "tags_count": len(data.tags_of(subscription)),
        "tags": [{"id": tag["id"], "name": tag["name"]} for tag in _tags(subscription)],
        "list_id": subscription.list.mailchimp_id,
    }
    if subscription.status == "unsubscribed":
        member["unsubscribe_reason"] = "N/A (Unsubscribed by admin)" if chance.random() < 0.3 else "None given"
    return member


def _activity(subscription: data.Subscription) -> list[dict[str, Any]]:
    return [
        {
            "activity_type": event.kind,
            "created_at_timestamp": _time(event.at),
            "campaign_id": event.campaign.mailchimp_id,
            "campaign_title": event.campaign.title,
        }
        | ({"link_clicked": data.LINK} if event.kind == "click" else {})
        for event in reversed(data.events(subscription))
    ]


def _tags(subscription: data.Subscription) -> list[dict[str, Any]]:
    return [
        {"id": 100 + n, "name": name, "date_added": _time(subscription.created)}
        for n, name in enumerate(data.tags_of(subscription))
    ]


def _notes(subscription: data.Subscription) -> list[dict[str, Any]]:
    text = data.note_of(subscription)
    if text is None:
        return []
    when = _time(subscription.created)
    return [
        {
            "id": subscription.id,
            "created_at": when,
            "created_by": "Linda Åkesson",
            "updated_at": when,
            "note": text,
            "list_id": subscription.list.mailchimp_id,
            "email_id": subscription.hash,
        }
    ]


def _events(subscription: data.Subscription) -> list[dict[str, Any]]:
    if subscription.person.slug != "anna":
        return []
    when = _time(subscription.created)
    return [{"occurred_at": when, "name": "signed_up", "properties": {"form": "Startsidan"}}]


def _goals(subscription: data.Subscription) -> list[dict[str, Any]]:
    return []


PARTS: dict[str, tuple[str, Callable[[data.Subscription], list[dict[str, Any]]], bool]] = {
    "activity-feed": ("activity", _activity, True),
    "tags": ("tags", _tags, False),
    "notes": ("notes", _notes, True),
    "events": ("events", _events, False),
    "goals": ("goals", _goals, True),
}
"""Per sub-resource: the key of its list, what fills it, and whether the answer names member and list."""
