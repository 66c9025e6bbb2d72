"""The stand-in of the chat."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.people import CAST, FIRST_DAY, LAST_DAY
from sandbox.settings import WITHOUT_SCOPE

if TYPE_CHECKING:
    from tests.sandbox.conftest import Chat


def listed(chat: Chat, first: date, last: date) -> list[str]:
    """Ids of the conversations of a window."""
    answer = chat.message("listConversations", first.isoformat(), last.isoformat()).json()
    assert answer["result"] == "success" and answer["length"] == len(answer["json"])
    return [item["conversationID"] for item in answer["json"]]


def followed(chat: Chat, answer: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The items of an answer and of all the pages that ``next`` leads to."""
    items = list(answer[key])
    while "next" in answer:
        answer = chat.get(answer["next"]).json()
        items += answer[key]
    return items


def test_it_checks_key_and_user_in_the_path(chat: Chat) -> None:
    assert chat.message("listTickets").status_code == 200
    assert chat.get("/message/listTickets/wrong/2001").status_code == 401
    assert chat.get(f"/message/listTickets/{chat.key.replace('/2001', '/1')}").status_code == 401
    without_scope = chat.key.replace("/", f"{WITHOUT_SCOPE}/")
    assert chat.get(f"/message/listTickets/{without_scope}").status_code == 403


def test_it_lists_every_conversation_once_over_windows_that_meet(chat: Chat) -> None:
    found: list[str] = []
    day = FIRST_DAY
    while day <= LAST_DAY:
        found += listed(chat, day, day + timedelta(days=89))
        day += timedelta(days=90)
    assert len(found) == len(set(found))
    assert found == listed(chat, FIRST_DAY, LAST_DAY)
    assert len(found) > 200


def test_it_includes_both_days_of_a_window_in_swedish_time(chat: Chat) -> None:
    day = date(2026, 2, 19)
    texts = [
        chat.message("grabVisitorInfo", conversation).json()["json"]["email"] for conversation in listed(chat, day, day)
    ]
    assert CAST["older_contact"].emails[0] in texts
    assert chat.message("listConversations", "2026-02-30", "2026-03-01").status_code == 400


def test_it_shows_who_said_what_in_a_conversation(chat: Chat) -> None:
    named = []
    for conversation in listed(chat, date(2026, 1, 1), LAST_DAY):
        messages = chat.message("grabConversation", conversation).json()["json"]
        if any("Birgitta Hellqvist" in message["message"] for message in messages):
            named.append((conversation, messages))
    [(conversation, messages)] = named
    text = " ".join(message["message"] for message in messages)
    assert "070-174 06 98" in text and "stefan.lindqvist@example.org" in text
    assert {message["agentID"] is None for message in messages} == {True, False}
    assert messages[0]["agentID"] == 0 and messages[0]["from"] == conversation
    visitor = chat.message("grabVisitorInfo", conversation).json()["json"]
    assert visitor["user"]["personalNumber"] == CAST["anna"].personnummer


def test_it_pages_through_tickets_by_cursor(chat: Chat) -> None:
    email = CAST["lots"].emails[0]
    first = chat.message("listTickets", fromEmail=email, limit=20).json()
    tickets = followed(chat, first, "json")
    assert first["length"] == 20
    assert len({ticket["ticketID"] for ticket in tickets}) == len(tickets) == 70
    assert {ticket["fromEmail"] for ticket in tickets} == {email}
    later = chat.message("listTickets", fromEmail=email, updatedAfter="2026-01-01", limit=100).json()["json"]
    assert 0 < len(later) < 70


def test_it_gives_a_ticket_with_its_messages(chat: Chat) -> None:
    ticket = chat.message("listTickets", fromEmail=CAST["anna"].emails[0]).json()["json"][0]
    whole = chat.message("grabTicket", str(ticket["ticketID"])).json()["json"]
    assert whole["messages"][0]["from"] == CAST["anna"].emails[0]
    assert chat.message("grabTicket", "1").status_code == 404


def test_it_knows_a_recycled_number_as_the_older_contacts(chat: Chat) -> None:
    found = chat.api("contacts", phone=CAST["recycled_phone"].phones[0]).json()["contacts"]
    assert [contact["fullName"] for contact in found] == [CAST["older_contact"].name]
    assert chat.api("contacts", email=CAST["recycled_phone"].emails[0]).json()["contacts"] == []


def test_it_pages_through_contacts_and_calls(chat: Chat) -> None:
    contacts = followed(chat, chat.api("contacts", limit=30).json(), "contacts")
    calls = followed(chat, chat.api("phone-calls", limit=30).json(), "calls")
    assert len({contact["id"] for contact in contacts}) == len(contacts) > 100
    assert len({call["id"] for call in calls}) == len(calls) > 50
    month = chat.api("phone-calls", fromDate="2026-06-01", toDate="2026-06-30").json()["calls"]
    assert month and all(call["startedAt"].startswith("2026-06") for call in month)
