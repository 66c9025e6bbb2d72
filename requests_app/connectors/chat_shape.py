"""What the chat holds, in the words of the extract, and how ImBox's answers become records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from requests_app.connectors.reading import as_object, expect_id, expect_str, moment, optional_str
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

SHARED = ("co_holder",)
"""The address or number the record was found by belongs to somebody else too."""

_TEXT_FIELDS = {
    "from": FieldSpec("Från", "From", words={"system": ("Chatten", "The chat")}),
    "text": FieldSpec(
        "Text",
        "Text",
        words={
            "visitorIdentification": ("Besökaren legitimerade sig", "The visitor identified themselves"),
            "conversationClosed": ("Samtalet avslutades", "The conversation was closed"),
        },
    ),
    "method": FieldSpec("Sätt", "Method"),
    "personalNumber": FieldSpec("Personnummer", "Personal identity number", FieldType.PERSONNUMMER),
}
CONTACTS = CategorySpec(
    "contacts",
    Kind.FACTS,
    "Kontakt",
    "Contact",
    {
        "fullName": FieldSpec("Namn", "Name"),
        "firstName": FieldSpec("Förnamn", "First name"),
        "lastName": FieldSpec("Efternamn", "Last name"),
        "emails": FieldSpec("E-postadresser", "E-mail addresses", FieldType.LIST),
        "phones": FieldSpec("Telefonnummer", "Phone numbers", FieldType.LIST),
        "title": FieldSpec("Titel", "Title"),
        "description": FieldSpec("Beskrivning", "Description"),
        "externalId": FieldSpec("Kundnummer", "Customer number"),
        "externalUrl": FieldSpec("Länk", "Link"),
        "picture": FieldSpec("Bild", "Picture"),
        "createdAt": FieldSpec("Skapad", "Created", FieldType.DATETIME),
        "activityAt": FieldSpec("Senast aktiv", "Last active", FieldType.DATETIME),
        "modifiedAt": FieldSpec("Senast ändrad", "Last changed", FieldType.DATETIME),
        "updatedAt": FieldSpec("Senast uppdaterad", "Last updated", FieldType.DATETIME),
        "id": FieldSpec("Kontaktens id", "Contact id"),
        "crmId": FieldSpec("Kundregistrets id", "CRM id"),
        "accountId": FieldSpec("Konto-id", "Account id"),
        "userId": FieldSpec("Användar-id", "User id"),
    },
)
TICKETS = CategorySpec(
    "tickets",
    Kind.TABLE,
    "Ärenden i chatten",
    "Tickets",
    {
        "ticketID": FieldSpec("Ärende", "Ticket"),
        "subject": FieldSpec("Ämne", "Subject"),
        "status": FieldSpec(
            "Status",
            "Status",
            words={
                "new": ("nytt", "new"),
                "reply": ("besvarat", "replied"),
                "pending": ("väntar", "pending"),
                "solved": ("löst", "solved"),
                "closed": ("avslutat", "closed"),
                "on-hold": ("vilande", "on hold"),
            },
        ),
        "createdDate": FieldSpec("Skapat", "Created", FieldType.DATETIME),
        "updatedDate": FieldSpec("Senast ändrat", "Last changed", FieldType.DATETIME),
        "latestUpdated": FieldSpec("Senast uppdaterat", "Last updated", FieldType.DATETIME),
        "fromEmail": FieldSpec("Från", "From", FieldType.EMAIL),
        "labels": FieldSpec("Etiketter", "Labels", FieldType.LIST),
        "inboxName": FieldSpec("Inkorg", "Inbox"),
        "sid": FieldSpec("Inkorgens id", "Inbox id"),
    },
)
TICKET_MESSAGES = CategorySpec(
    "ticket_messages",
    Kind.CONVERSATION,
    "Meddelanden i ärenden",
    "Messages in tickets",
    _TEXT_FIELDS,
    group=("Ärende", "Ticket"),
)
CONVERSATIONS = CategorySpec("conversations", Kind.CONVERSATION, "Chattsamtal", "Chats", _TEXT_FIELDS)
VISITS = CategorySpec(
    "visits",
    Kind.TABLE,
    "Uppgifter om dina besök i chatten",
    "Your visits to the chat",
    {
        "date": FieldSpec("Tid", "Time", FieldType.DATETIME),
        "name": FieldSpec("Namn", "Name"),
        "email": FieldSpec("E-post", "E-mail", FieldType.EMAIL),
        "phone": FieldSpec("Telefon", "Phone", FieldType.PHONE),
        "personalNumber": FieldSpec("Personnummer", "Personal identity number", FieldType.PERSONNUMMER),
        "identifiedName": FieldSpec("Namn enligt legitimation", "Name by e-ID"),
        "ipAddress": FieldSpec("IP-adress", "IP address"),
        "browser": FieldSpec("Webbläsare", "Browser"),
        "city": FieldSpec("Ort", "Town"),
        "pageUrl": FieldSpec("Sida", "Page"),
        "conversationID": FieldSpec("Samtal", "Conversation"),
    },
)
CALLS = CategorySpec(
    "calls",
    Kind.TABLE,
    "Telefonsamtal",
    "Phone calls",
    {
        "startedAt": FieldSpec("Tid", "Time", FieldType.DATETIME),
        "direction": FieldSpec(
            "Riktning",
            "Direction",
            words={"incoming": ("inkommande", "incoming"), "outgoing": ("utgående", "outgoing")},
        ),
        "externalNumber": FieldSpec("Telefonnummer", "Phone number", FieldType.PHONE),
        "recordings": FieldSpec("Inspelningar", "Recordings", FieldType.LIST),
        "id": FieldSpec("Samtalets id", "Call id"),
    },
)
CATEGORIES = (CONTACTS, VISITS, CONVERSATIONS, TICKETS, TICKET_MESSAGES, CALLS)


def contact_record(contact: Mapping[str, Any]) -> Record:
    """A contact, its addresses and numbers as plain lists."""
    plain = {name: addresses(contact, name) for name in ("emails", "phones")}
    return Record(expect_id(contact, "id"), CONTACTS.key, CONTACTS.kind, None, {**contact, **plain})


def addresses(contact: Mapping[str, Any], name: str) -> list[str]:
    """The values in a contact's ``emails`` or ``phones``."""
    return [expect_str(as_object(one, name), name[:-1]) for one in contact.get(name) or ()]


def ticket_record(ticket: Mapping[str, Any], marks: tuple[str, ...]) -> Record:
    """A ticket without its messages."""
    fields = {key: value for key, value in ticket.items() if key != "messages"}
    when = moment(ticket.get("createdDate"))
    return Record(expect_id(ticket, "ticketID"), TICKETS.key, TICKETS.kind, when, fields, marks=marks)


def message_record(
    spec: CategorySpec, message: Mapping[str, Any], group: str, sender: str, marks: tuple[str, ...] = ()
) -> Record:
    """One message. ``sender`` is the visitor's name; ``agentID`` is 0 for the visitor, null for the system, else an agent's."""
    agent, text = message.get("agentID"), optional_str(message, "message")
    fields: dict[str, Any]
    if agent is None:
        fields = {"from": optional_str(message, "from"), "text": text, "role": "system", **_event(text)}
    elif agent == 0:
        fields = {"from": sender, "text": text, "role": "person"}
    else:
        fields = {"from": optional_str(message, "from"), "text": text, "role": "staff"}
    when = moment(message.get("date"))
    return Record(expect_id(message, "id"), spec.key, spec.kind, when, fields, group=group, marks=marks)


def _event(text: str) -> dict[str, Any]:
    """What a system message says: its text is JSON with the event and what belongs to it."""
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(event, dict) or not isinstance(event.get("event"), str):
        return {}
    rest = {key: value for key, value in event.items() if key not in {"event", "user", "from", "role"}}
    return {**_user(event), **rest, "text": event["event"]}


def _user(holder: Mapping[str, Any]) -> dict[str, Any]:
    """The person behind an e-ID, flat so that the personnummer is masked as one."""
    user = holder.get("user")
    if not isinstance(user, dict):
        return {} if user is None else {"user": user}
    rest = {key: value for key, value in user.items() if key != "name"}
    return {**rest, **({"identifiedName": user["name"]} if "name" in user else {})}


def visit_record(visitor: Mapping[str, Any], conversation: str, date: str) -> Record:
    """What the chat noted about the visitor of one conversation."""
    fields = {"date": date, **{key: value for key, value in visitor.items() if key != "user"}, **_user(visitor)}
    return Record(conversation, VISITS.key, VISITS.kind, moment(date), fields)


def call_record(call: Mapping[str, Any], marks: tuple[str, ...]) -> Record:
    """A phone call; who of the staff took part is not the person's data."""
    fields = {key: value for key, value in call.items() if key != "participants"}
    return Record(expect_id(call, "id"), CALLS.key, CALLS.kind, moment(call.get("startedAt")), fields, marks=marks)
