"""ImBox: key and user id in the path, cursors to the next page, chats only by window of dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sandbox import data_imbox as data
from sandbox.settings import IMBOX_KEY, IMBOX_USER, WITHOUT_SCOPE
from sandbox.wire import Answer, Refused, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PREFIX = "/imbox"
MESSAGES = {401: "Invalid API key", 403: "API key lacks scope", 429: "Too many requests"}


def answer(request: Request) -> Answer:
    """Answer a request."""
    match request.parts:
        case ["message", operation, key, user, *rest] if operation in MESSAGE:
            _check(key, user)
            request.route = operation
            return MESSAGE[operation](request, rest)
        case ["api", key, user, ("contacts" | "phone-calls") as operation]:
            _check(key, user)
            request.route = operation
            return _contacts(request) if operation == "contacts" else _calls(request)
    raise Refused(404, "Not found")


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    return Answer(refused.status, {"result": "error", "error": refused.message or MESSAGES.get(refused.status, "")})


def _check(key: str, user: str) -> None:
    if key == IMBOX_KEY + WITHOUT_SCOPE:
        raise Refused(403)
    if key != IMBOX_KEY or user != IMBOX_USER:
        raise Refused(401)


def _success(body: Any, length: int | None = None) -> dict[str, Any]:
    return {"result": "success", "json": body} | ({} if length is None else {"length": length})


def _list_tickets(request: Request, rest: list[str]) -> Answer:
    query = request.query
    wanted = [ticket for ticket in data.tickets() if _ticket_fits(ticket, query)]
    limit = max(request.number("limit", 50, 100), 1)
    if query.get("cursorId") and not request.endless:
        after = (request.number("cursorUpdated", 0), request.number("cursorId", 0))
        wanted = [ticket for ticket in wanted if (_millis(ticket["updatedDate"]), ticket["ticketID"]) > after]
    shown, more = wanted[:limit], len(wanted) > limit or request.endless or request.foreign_next
    body = _success(
        [{key: value for key, value in ticket.items() if key != "messages"} for ticket in shown], len(shown)
    )
    if more and shown:
        last = shown[-1]
        cursor = {"cursorId": last["ticketID"], "cursorUpdated": _millis(last["updatedDate"])}
        body["next"] = request.link(request.path, query | cursor)
    return Answer(200, body)


def _ticket_fits(ticket: data.Item, query: dict[str, str]) -> bool:
    return (
        (not query.get("fromEmail") or query["fromEmail"].casefold() == ticket["fromEmail"].casefold())
        and (not query.get("status") or query["status"] == ticket["status"])
        and (not query.get("label") or query["label"] in ticket["labels"])
        and ticket["updatedDate"] >= query.get("updatedAfter", "")
    )


def _millis(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def _grab_ticket(request: Request, rest: list[str]) -> Answer:
    for ticket in data.tickets():
        if [str(ticket["ticketID"])] == rest:
            return Answer(200, _success(ticket))
    raise Refused(404, "No such ticket")


def _list_conversations(request: Request, rest: list[str]) -> Answer:
    try:
        first, last = (date.fromisoformat(text) for text in rest)
    except ValueError:
        raise Refused(400, "Give fromDate and toDate as YYYY-MM-DD") from None
    found = [
        {"sid": 1, "conversationID": chat.id, "date": chat.messages[0]["date"]}
        for chat in data.conversations_between(first, last)
    ]
    return Answer(200, _success(found, len(found)))


def _conversation(rest: list[str]) -> data.Conversation:
    chat = data.conversations().get(rest[0]) if len(rest) == 1 else None
    if chat is None:
        raise Refused(404, "No such conversation")
    return chat


def _grab_conversation(request: Request, rest: list[str]) -> Answer:
    messages = _conversation(rest).messages
    return Answer(200, _success(messages, len(messages)))


def _grab_visitor_info(request: Request, rest: list[str]) -> Answer:
    return Answer(200, _success(_conversation(rest).visitor))


def _contacts(request: Request) -> Answer:
    query = request.query
    wanted = [contact for contact in data.contacts() if _contact_fits(contact, query)]
    shown, last = _after(request, wanted, "after")
    body: dict[str, Any] = {"contacts": shown, "paging": {"cursor": {"after": last} if last else None}}
    if last:
        body["next"] = request.link(request.path, query | {"after": last})
    return Answer(200, body)


def _contact_fits(contact: data.Item, query: dict[str, str]) -> bool:
    emails = {email["email"].casefold() for email in contact["emails"]}
    phones = {phone["phone"] for phone in contact["phones"]}
    # An unescaped plus sign reaches us as a space.
    phone = query.get("phone", "").replace(" ", "+")
    return (
        (not query.get("email") or query["email"].casefold() in emails)
        and (not phone or phone in phones)
        and (not query.get("id") or query["id"] == str(contact["id"]))
    )


def _calls(request: Request) -> Answer:
    first, last_day = request.query.get("fromDate", ""), request.query.get("toDate", "9999")
    wanted = [
        call for call in data.calls() if first <= call["startedAt"] and call["startedAt"][: len(last_day)] <= last_day
    ]
    shown, last = _after(request, wanted, "afterId")
    body: dict[str, Any] = {"calls": shown, "paging": {"cursor": {"afterId": last} if last else None}}
    if last:
        body["next"] = request.link(request.path, request.query | {"afterId": last})
    return Answer(200, body)


def _after(request: Request, items: Iterable[data.Item], key: str) -> tuple[list[data.Item], int | None]:
    """The items after the cursor, up to the limit, and the cursor of the next page."""
    limit, after = max(request.number("limit", 50, 100), 1), request.number(key, 0)
    rest = [item for item in items if request.endless or item["id"] > after]
    shown = rest[:limit]
    more = len(rest) > limit or request.endless or request.foreign_next
    return shown, shown[-1]["id"] if shown and more else None


MESSAGE: dict[str, Callable[[Request, list[str]], Answer]] = {
    "listTickets": _list_tickets,
    "grabTicket": _grab_ticket,
    "listConversations": _list_conversations,
    "grabConversation": _grab_conversation,
    "grabVisitorInfo": _grab_visitor_info,
}
