"""Get a Newsletter's API v3: contacts, lists and reports, each list with links to the next page."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sandbox import data_newsletter as data
from sandbox.dates import utc_text
from sandbox.settings import GETANEWSLETTER_TOKEN
from sandbox.wire import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Callable

PREFIX = "/getanewsletter/v3"
METHODS = ("GET", "PATCH", "DELETE")
PAGE_SIZE = 50
DETAILS = {401: "Invalid token.", 403: "You do not have permission to perform this action.", 404: "Not found."}


def answer(request: Request) -> Answer:
    """Answer a request."""
    if request.headers.get("authorization") != f"Token {GETANEWSLETTER_TOKEN}":
        raise Refused(401)
    if request.method == "PATCH":
        return _change(request)
    if request.method == "DELETE":
        return _delete(request)
    match request.parts:
        case ["contacts"]:
            words = request.query.get("search_email", "").casefold()
            return _page(request, "contacts", [_contact(request, e) for e in _by_email() if words in e.casefold()])
        case ["contacts", email] if email.lower() in _by_email():
            request.route = "contact"
            return Answer(200, _contact(request, email.lower()))
        case ["lists"]:
            return _page(request, "lists", [_list(request, found) for found in data.LISTS])
        case ["lists", list_hash, "subscribers", email]:
            request.route = "subscriber"
            return Answer(200, _subscriber(request, list_hash, email.lower()))
        case ["reports"]:
            return _page(request, "reports", [_report(request, campaign) for campaign in reversed(data.campaigns())])
        case ["reports", number, part] if part in PARTS:
            return _page(request, part, _events(request, number, part))
    raise Refused(404)


def _change(request: Request) -> Answer:
    """Cancel a subscription."""
    match request.parts:
        case ["lists", list_hash, "subscribers", email]:
            request.route = "change-subscriber"
            if not isinstance(request.json.get("cancelled"), str):
                raise Refused(400, "cancelled must be a time")
            data.end(_subscription(list_hash, email.lower()))
            return Answer(200, _subscriber(request, list_hash, email.lower()))
    raise Refused(404)


def _delete(request: Request) -> Answer:
    """Delete a contact with its subscriptions."""
    match request.parts:
        case ["contacts", email] if email.lower() in _by_email():
            request.route = "delete-contact"
            data.erase(*data.of_address(email))
            return Answer(204)
    raise Refused(404)


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    headers = {"WWW-Authenticate": "Token"} if refused.status == 401 else {}
    return Answer(refused.status, {"detail": refused.message or DETAILS.get(refused.status, "")}, headers)


def _by_email() -> dict[str, list[data.Subscription]]:
    return _grouped(data.changes())


@lru_cache(maxsize=8)
def _grouped(changes: data.Changes) -> dict[str, list[data.Subscription]]:
    found: dict[str, list[data.Subscription]] = {}
    for subscription in data.subscriptions_after(changes):
        found.setdefault(subscription.email, []).append(subscription)
    return found


def _page(request: Request, route: str, items: list[dict[str, Any]]) -> Answer:
    request.route = route
    page = max(request.number("page", 1), 1)
    first = 0 if request.endless else (page - 1) * PAGE_SIZE
    shown = items[first : first + PAGE_SIZE]
    if not shown and page > 1:
        raise Refused(404, "Invalid page.")
    more = first + PAGE_SIZE < len(items) or request.endless or request.foreign_next
    link = request.link
    return Answer(
        200,
        {
            "count": len(items),
            "next": link(request.path, request.query | {"page": page + 1}) if more else None,
            "previous": link(request.path, request.query | {"page": page - 1}) if page > 1 else None,
            "results": shown,
        },
    )


def _url(request: Request, path: str) -> str:
    return f"{request.base_url}{path}"


def _contact(request: Request, email: str) -> dict[str, Any]:
    held = _by_email()[email]
    return {
        "url": _url(request, f"/contacts/{email}/"),
        "first_name": held[0].person.first_name,
        "last_name": held[0].person.last_name,
        "email": email,
        "created": utc_text(min(found.created for found in held)),
        "updated": utc_text(max(found.ended or found.created for found in held)),
        "attributes": {"anteckning": note} if (note := data.note_of(held[0])) else {},
        "lists": [
            {
                "subscription_cancelled": utc_text(found.ended) if found.ended else None,
                "subscription_id": found.id,
                "hash": found.list.hash,
                "name": found.list.name,
                "subscription_created": utc_text(found.created),
            }
            for found in held
        ],
        "active": any(found.status != "cleaned" for found in held),
    }


def _list(request: Request, mailing_list: data.MailingList) -> dict[str, Any]:
    return {
        "url": _url(request, f"/lists/{mailing_list.hash}/"),
        "hash": mailing_list.hash,
        "name": mailing_list.name,
        "subscribers_count": sum(found.list is mailing_list for found in data.subscriptions()),
    }


def _subscription(list_hash: str, email: str) -> data.Subscription:
    for found in _by_email().get(email, []):
        if found.list.hash == list_hash:
            return found
    raise Refused(404)


def _subscriber(request: Request, list_hash: str, email: str) -> dict[str, Any]:
    found = _subscription(list_hash, email)
    return {
        "id": found.id,
        "url": _url(request, f"/lists/{list_hash}/subscribers/{email}/"),
        "contact": email,
        "contact_url": _url(request, f"/contacts/{email}/"),
        "list": list_hash,
        "list_name": found.list.name,
        "list_url": _url(request, f"/lists/{list_hash}/"),
        "created": utc_text(found.created),
        "cancelled": utc_text(found.ended) if found.ended else None,
        "responders": [],
    }


def _report(request: Request, campaign: data.Campaign) -> dict[str, Any]:
    base = _url(request, f"/reports/{campaign.number}/")
    return {
        "id": campaign.number,
        "url": base,
        "mail_subject": campaign.title,
        "sent": utc_text(campaign.sent),
        "sent_to": len(_happened(campaign.number, "sent")),
        "sent_to_lists": [data.LISTS[0].name],
        "opens_url": f"{base}opens/",
        "bounces_url": f"{base}bounces/",
        "unsubscribed_url": f"{base}unsubscribed/",
        "links_url": f"{base}links/",
    }


def _happened(number: int, kind: str) -> list[tuple[data.Subscription, data.Event]]:
    return _happened_to(data.changes(), number, kind)


@lru_cache(maxsize=256)
def _happened_to(changes: data.Changes, number: int, kind: str) -> list[tuple[data.Subscription, data.Event]]:
    return [
        (found, event)
        for found in data.subscriptions_after(changes)
        for event in data.events(found)
        if event.campaign.number == number and event.kind == kind
    ]


def _events(request: Request, number: str, part: str) -> list[dict[str, Any]]:
    if number not in {str(campaign.number) for campaign in data.campaigns()}:
        raise Refused(404)
    kind, build = PARTS[part]
    return [
        {
            "url": _url(request, f"/reports/{number}/{part}/{found.id}/"),
            "contact": found.email,
            "contact_url": _url(request, f"/contacts/{found.email}/"),
        }
        | build(event)
        for found, event in _happened(int(number), kind)
    ]


def _open(event: data.Event) -> dict[str, Any]:
    return {"first_view": utc_text(event.at), "last_view": utc_text(event.at), "count": 1}


def _click(event: data.Event) -> dict[str, Any]:
    return {"link": data.LINK, "created": utc_text(event.at)}


def _bounce(event: data.Event) -> dict[str, Any]:
    return {
        "status": "5.1.1",
        "contact_active": False,
        "description": "Mailbox does not exist",
        "created": utc_text(event.at),
        "error_type": "Hard bounce.",
    }


def _unsubscribed(event: data.Event) -> dict[str, Any]:
    return {"created": utc_text(event.at), "reason": ""}


PARTS: dict[str, tuple[str, Callable[[data.Event], dict[str, Any]]]] = {
    "opens": ("open", _open),
    "clicks": ("click", _click),
    "bounces": ("bounce", _bounce),
    "unsubscribed": ("unsub", _unsubscribed),
}
