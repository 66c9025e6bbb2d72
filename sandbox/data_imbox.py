"""What the chat holds: contacts, conversations, what visitors gave away about themselves, tickets and calls."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sandbox.dates import STOCKHOLM, any_time, local, utc_text
from sandbox.people import CAST, FIRST_DAY, LAST_DAY, Person, everyone, staff
from sandbox.texts import HOSTILE, filled, texts

if TYPE_CHECKING:
    import random

Item = dict[str, Any]
LAST_YEAR = date(2026, 1, 10)
TICKETS = {"anna": 3, "lots": 70, "hostile": 1, "english": 1}
CALLS = {"anna": 2, "lots": 15, "english": 1}
_SID = 1


@dataclass
class Conversation:
    """One chat, its messages and what is known of the visitor."""

    id: str
    person: Person
    started: datetime
    messages: list[Item] = field(default_factory=list)
    visitor: Item = field(default_factory=dict)


def _chat_times(person: Person, chance: random.Random) -> list[datetime]:
    """When the person chatted; most of the first of the cast's chats lie within a year, one does not."""
    if person.slug == "older_contact":
        return [local(date(2025, 12, 4), 10, 15), local(date(2026, 2, 19), 14, 40)]
    first = LAST_YEAR if person.slug in CAST and person.slug != "lots" else FIRST_DAY
    times = [any_time(chance, first, LAST_DAY, (8, 17)) for _ in range(person.chats)]
    if person.slug == "anna":
        times[-1] = local(date(2024, 4, 9), 9, 30)
    return times


def _lines(person: Person, n: int, chance: random.Random) -> list[str]:
    if person.slug == "hostile":
        return [("v:", "a:")[i % 2] + text for i, text in enumerate(HOSTILE[n * 5 : n * 5 + 5])]
    if person.slug == "anna" and n == 0:
        lines = texts()["chat_naming_others"]
    elif person.language == "en":
        lines = texts()["chats_english"][n % 2]
    else:
        lines = chance.choice(texts()["chats"])
    return [filled(line, person) for line in lines]


@cache
def conversations() -> dict[str, Conversation]:
    """Every conversation by id, oldest first."""
    begun = []
    for person in everyone():
        chance = person.random("chats")
        begun += [(started, person, n) for n, started in enumerate(_chat_times(person, chance))]
    begun.sort(key=lambda item: (item[0], item[1].slug))
    found = {}
    for number, (started, person, n) in enumerate(begun, 1):
        chat = Conversation(f"V{number}", person, started)
        _fill(chat, n, number * 100)
        found[chat.id] = chat
    return found


def _fill(chat: Conversation, n: int, first_id: int) -> None:
    chance = chat.person.random(f"chat/{n}")
    agent = chance.randrange(len(staff())) + 1
    identified = chat.person.personnummer is not None and chance.random() < 0.5
    if chat.person.slug == "anna":
        identified = n == 0
    at = chat.started
    lines = _lines(chat.person, n, chance)
    if identified:
        lines.insert(1, "s:" + json.dumps({"event": "visitorIdentification", "method": "BankID"}))
    lines.append("s:" + json.dumps({"event": "conversationClosed"}))
    for i, line in enumerate(lines):
        kind, text = line[:1], line[2:]
        sender = {"v": chat.id, "a": staff()[agent - 1], "s": "system"}[kind]
        chat.messages.append(
            {
                "id": first_id + i,
                "sid": _SID,
                "conversationID": chat.id,
                "from": sender,
                "message": text,
                "date": utc_text(at),
                "agentID": {"v": 0, "a": agent, "s": None}[kind],
            }
        )
        at += timedelta(seconds=chance.randrange(15, 140))
    chat.visitor = _visitor(chat, n, identified, chance)


def _typed_phone(phone: str) -> str:
    """A number as people write it: ``070-174 06 05``."""
    national = "0" + phone[3:]
    return f"{national[:3]}-{national[3:6]} {national[6:8]} {national[8:]}"


def _visitor(chat: Conversation, n: int, identified: bool, chance: random.Random) -> Item:
    person = chat.person
    email = person.emails[-1] if person.emails else None
    anonymous = person.slug not in CAST and chance.random() < 0.15
    if person.slug == "anna" and n == 1 and email:
        email = email.replace("anna.lindqvist@e", "Anna.Lindqvist@E")
    elif person.slug == "couple_b":
        email = person.emails[0]
    visitor: Item = {
        "conversationID": chat.id,
        "name": None if anonymous else person.first_name if n % 2 else person.name,
        "email": None if anonymous else email,
        "phone": _typed_phone(person.phones[0]) if person.phones and not anonymous and n % 2 == 0 else None,
        "ipAddress": f"198.51.100.{chance.randrange(1, 255)}",
        "browser": chance.choice(texts()["user_agents"]),
        "city": "Halmstad",
        "pageUrl": "https://www.example.se/kundservice",
    }
    if identified:
        visitor["user"] = {"personalNumber": person.personnummer, "name": person.name}
    return visitor


def conversations_between(first: date, last: date) -> list[Conversation]:
    """Conversations begun from one day to another in Swedish time, both included."""
    return [chat for chat in conversations().values() if first <= chat.started.astimezone(STOCKHOLM).date() <= last]


@cache
def contacts() -> list[Item]:
    """The contacts, oldest first. A recycled number stands with whoever had it first."""
    known = [person for person in everyone() if person.chats or person.slug in TICKETS]
    return [_contact(person, 100 + n) for n, person in enumerate(known)]


def _contact(person: Person, contact_id: int) -> Item:
    chance = person.random("contact")
    return {
        "id": contact_id,
        "userId": 200,
        "accountId": None,
        "crmId": 1,
        "externalId": person.customer_no,
        "externalUrl": None,
        "title": None,
        "description": HOSTILE[7] if person.slug == "hostile" else None,
        "picture": None,
        "firstName": person.first_name,
        "lastName": person.last_name,
        "fullName": person.name,
        "emails": [{"email": email, "isPrimary": i == 0} for i, email in enumerate(person.emails)],
        "phones": [{"phone": phone, "isPrimary": i == 0} for i, phone in enumerate(person.phones)],
        "activityAt": utc_text(any_time(chance, LAST_YEAR, LAST_DAY)),
        "createdAt": utc_text(any_time(chance, FIRST_DAY, date(2023, 12, 31))),
        "modifiedAt": None,
        "updatedAt": None,
    }


@cache
def tickets() -> list[Item]:
    """The tickets with their messages, by time of change, then id."""
    made = []
    for person in everyone():
        if not person.emails:
            continue
        chance = person.random("tickets")
        count = TICKETS.get(person.slug, 0 if person.slug in CAST else chance.choice((0, 0, 0, 1)))
        made += [(any_time(chance, FIRST_DAY, date(2026, 11, 15), (8, 17)), person, n) for n in range(count)]
    made.sort(key=lambda item: (item[0], item[1].slug))
    found = [_ticket(person, n, created, 4000 + i) for i, (created, person, n) in enumerate(made)]
    return sorted(found, key=lambda ticket: (ticket["updatedDate"], ticket["ticketID"]))


def _ticket(person: Person, n: int, created: datetime, number: int) -> Item:
    chance = person.random(f"ticket/{n}")
    template = chance.choice(texts()["cases"])
    agent = chance.randrange(len(staff())) + 1
    updated = utc_text(created + timedelta(hours=chance.randrange(1, 90)))
    subject = HOSTILE[4] if person.slug == "hostile" else template["subject"]
    text = (
        HOSTILE[5]
        if person.slug == "hostile"
        else f"Hej! Mitt ärende gäller: {template['subject']}. Kan ni hjälpa mig?"
    )
    lines = [(person.emails[0], text, created, 0), (staff()[agent - 1], "Tack, vi återkommer.", created, agent)]
    return {
        "sid": _SID,
        "inboxName": "Kundservice",
        "ticketID": number,
        "status": chance.choice(("solved", "closed", "closed", "pending")),
        "subject": subject,
        "fromEmail": person.emails[0],
        "labels": [template["subject"].split()[0].lower()],
        "createdDate": utc_text(created),
        "updatedDate": updated,
        "latestUpdated": updated,
        "messages": [
            {
                "id": number * 10 + i,
                "sid": _SID,
                "ticketID": number,
                "from": sender,
                "message": message,
                "date": utc_text(at + timedelta(minutes=20 * i)),
                "agentID": agent_id,
            }
            for i, (sender, message, at, agent_id) in enumerate(lines)
        ],
    }


@cache
def calls() -> list[Item]:
    """Telephone calls by id. From March 2026 the recycled number is its new owner's, who is no contact."""
    made: list[tuple[datetime, Person]] = [
        (local(date(2026, 1, 15), 11, 5), CAST["older_contact"]),
        (local(date(2026, 6, 8), 13, 20), CAST["recycled_phone"]),
    ]
    for person in everyone():
        if person.phones and person.slug not in {"older_contact", "recycled_phone"}:
            chance = person.random("calls")
            count = CALLS.get(person.slug, 0 if person.slug in CAST else chance.choice((0, 0, 0, 1)))
            made += [(any_time(chance, FIRST_DAY, LAST_DAY, (8, 17)), person) for _ in range(count)]
    made.sort(key=lambda item: (item[0], item[1].slug))
    by_name = {contact["fullName"]: contact["id"] for contact in contacts()}
    return [_call(person, at, 9000 + i, by_name.get(person.name)) for i, (at, person) in enumerate(made)]


def _call(person: Person, at: datetime, number: int, contact_id: int | None) -> Item:
    chance = person.random(f"call/{number}")
    return {
        "id": number,
        "direction": chance.choice(("incoming", "incoming", "outgoing")),
        "externalNumber": person.phones[0],
        "startedAt": utc_text(at),
        "participants": [
            {"contactId": contact_id, "phoneNumber": person.phones[0]},
            {"agentId": chance.randrange(len(staff())) + 1},
        ],
        "recordings": [f"https://recordings.example.com/{number}.wav"],
    }
