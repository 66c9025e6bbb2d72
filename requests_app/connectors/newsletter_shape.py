"""What a newsletter tool holds, in the words of the extract; the field names are the vendors'."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from requests_app.connectors.matching import Match, folded
from requests_app.connectors.reading import moment
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record, content_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_DATETIME, _LIST, _EMAIL, _NUMBER = FieldType.DATETIME, FieldType.LIST, FieldType.EMAIL, FieldType.NUMBER
_LIST_NAME = FieldSpec("Lista", "List")
_SUBJECT = FieldSpec("Utskick", "Mailing")
_LINK = FieldSpec("Länk", "Link")

SUBSCRIBER = CategorySpec(
    "subscriber",
    Kind.FACTS,
    "Prenumerant",
    "Subscriber",
    {
        "email_address": FieldSpec("E-post", "E-mail", _EMAIL),
        "email": FieldSpec("E-post", "E-mail", _EMAIL),
        "full_name": FieldSpec("Namn", "Name"),
        "FNAME": FieldSpec("Förnamn", "First name"),
        "LNAME": FieldSpec("Efternamn", "Last name"),
        "first_name": FieldSpec("Förnamn", "First name"),
        "last_name": FieldSpec("Efternamn", "Last name"),
        "PHONE": FieldSpec("Telefon", "Phone", FieldType.PHONE),
        "list_name": _LIST_NAME,
        "status": FieldSpec(
            "Status",
            "Status",
            words={
                "subscribed": ("prenumererar", "subscribed"),
                "unsubscribed": ("avregistrerad", "unsubscribed"),
                "cleaned": ("adressen tar inte emot e-post", "address does not accept mail"),
                "pending": ("väntar på bekräftelse", "awaits confirmation"),
                "archived": ("arkiverad", "archived"),
            },
        ),
        "active": FieldSpec("Aktiv", "Active", FieldType.BOOLEAN),
        "unsubscribe_reason": FieldSpec("Skäl till avregistrering", "Reason for unsubscribing"),
        "timestamp_signup": FieldSpec("Anmäld", "Signed up", _DATETIME),
        "ip_signup": FieldSpec("IP-adress vid anmälan", "IP address at sign-up"),
        "timestamp_opt": FieldSpec("Anmälan bekräftad", "Sign-up confirmed", _DATETIME),
        "ip_opt": FieldSpec("IP-adress vid bekräftelsen", "IP address at confirmation"),
        "source": FieldSpec(
            "Anmäld genom",
            "Signed up by",
            words={
                "Web Signup Form": ("formulär på webben", "web sign-up form"),
                "API - Generic": ("ett annat system", "another system"),
                "Admin Add": ("vår personal", "our staff"),
                "import": ("inläsning av en lista", "import of a list"),
            },
        ),
        "created": FieldSpec("Skapad", "Created", _DATETIME),
        "last_changed": FieldSpec("Senast ändrad", "Last changed", _DATETIME),
        "updated": FieldSpec("Senast ändrad", "Last changed", _DATETIME),
        "language": FieldSpec("Språk", "Language", words={"sv": ("svenska", "Swedish"), "en": ("engelska", "English")}),
        "interests": FieldSpec("Intressen", "Interests"),
        "tags": FieldSpec("Etiketter", "Tags", _LIST),
        "tags_count": FieldSpec("Antal etiketter", "Number of tags", _NUMBER),
        "avg_open_rate": FieldSpec("Andel öppnade utskick", "Share of mailings opened", _NUMBER),
        "avg_click_rate": FieldSpec("Andel utskick med klick", "Share of mailings clicked", _NUMBER),
        "member_rating": FieldSpec(
            "Verktygets betyg på engagemang (1–5)", "Engagement rating by the tool (1–5)", _NUMBER
        ),
        "vip": FieldSpec("Märkt som viktig", "Marked as important", FieldType.BOOLEAN),
        "email_client": FieldSpec("E-postprogram", "E-mail client"),
        "email_type": FieldSpec(
            "Format", "Format", words={"html": ("HTML", "HTML"), "text": ("ren text", "plain text")}
        ),
        "consents_to_one_to_one_messaging": FieldSpec(
            "Tillåter personliga meddelanden", "Allows personal messages", FieldType.BOOLEAN
        ),
        "country_code": FieldSpec("Land", "Country", words={"SE": ("Sverige", "Sweden")}),
        "region": FieldSpec("Region", "Region"),
        "timezone": FieldSpec("Tidszon", "Time zone"),
        "latitude": FieldSpec("Latitud", "Latitude", _NUMBER),
        "longitude": FieldSpec("Longitud", "Longitude", _NUMBER),
        "gmtoff": FieldSpec("Skillnad mot GMT, timmar", "Offset from GMT, hours", _NUMBER),
        "dstoff": FieldSpec("Skillnad mot GMT, sommartid", "Offset from GMT in summer", _NUMBER),
        "id": FieldSpec("Prenumerantens id", "Subscriber id"),
        "unique_email_id": FieldSpec("Adressens id", "Address id"),
        "contact_id": FieldSpec("Kontaktens id", "Contact id"),
        "web_id": FieldSpec("Webb-id", "Web id"),
        "list_id": FieldSpec("Listans id", "List id"),
        "url": _LINK,
    },
)
SUBSCRIPTIONS = CategorySpec(
    "subscriptions",
    Kind.TABLE,
    "Prenumerationer",
    "Subscriptions",
    {
        "name": _LIST_NAME,
        "subscription_created": FieldSpec("Från", "From", _DATETIME),
        "subscription_cancelled": FieldSpec("Till", "To", _DATETIME),
        "subscription_id": FieldSpec("Prenumerationens id", "Subscription id"),
        "hash": FieldSpec("Listans id", "List id"),
    },
)
ACTIVITY = CategorySpec(
    "activity",
    Kind.TABLE,
    "Vad som hänt med utskicken",
    "What became of the mailings",
    {
        "created_at_timestamp": FieldSpec("Tid", "Time", _DATETIME),
        "created": FieldSpec("Tid", "Time", _DATETIME),
        "first_view": FieldSpec("Först öppnat", "First opened", _DATETIME),
        "last_view": FieldSpec("Senast öppnat", "Last opened", _DATETIME),
        "activity_type": FieldSpec(
            "Händelse",
            "Event",
            words={
                "sent": ("skickat", "sent"),
                "open": ("öppnat", "opened"),
                "opens": ("öppnat", "opened"),
                "click": ("klickat", "clicked"),
                "clicks": ("klickat", "clicked"),
                "bounce": ("studsat", "bounced"),
                "bounces": ("studsat", "bounced"),
                "unsub": ("avregistrerad", "unsubscribed"),
                "unsubscribed": ("avregistrerad", "unsubscribed"),
            },
        ),
        "campaign_title": _SUBJECT,
        "link_clicked": _LINK,
        "link": _LINK,
        "count": FieldSpec("Antal gånger", "Times", _NUMBER),
        "reason": FieldSpec("Skäl", "Reason"),
        "description": FieldSpec("Beskrivning", "Description"),
        "status": FieldSpec("Statuskod", "Status code"),
        "error_type": FieldSpec(
            "Typ av fel",
            "Type of error",
            words={"hard": ("bestående", "permanent"), "soft": ("tillfälligt", "temporary")},
        ),
        "contact_active": FieldSpec("Adressen är aktiv", "Address is active", FieldType.BOOLEAN),
        "contact": FieldSpec("E-post", "E-mail", _EMAIL),
        "campaign_id": FieldSpec("Utskickets id", "Mailing id"),
    },
)
TAGS = CategorySpec(
    "tags",
    Kind.TABLE,
    "Etiketter",
    "Tags",
    {
        "name": FieldSpec("Etikett", "Tag"),
        "date_added": FieldSpec("Tillagd", "Added", _DATETIME),
        "id": FieldSpec("Etikettens id", "Tag id"),
    },
)
NOTES = CategorySpec(
    "notes",
    Kind.TABLE,
    "Anteckningar",
    "Notes",
    {
        "note": FieldSpec("Anteckning", "Note"),
        "created_at": FieldSpec("Skriven", "Written", _DATETIME),
        "created_by": FieldSpec("Av", "By"),
        "updated_at": FieldSpec("Senast ändrad", "Last changed", _DATETIME),
        "id": FieldSpec("Anteckningens id", "Note id"),
        "email_id": FieldSpec("Prenumerantens id", "Subscriber id"),
        "list_id": FieldSpec("Listans id", "List id"),
    },
)
EVENTS = CategorySpec(
    "events",
    Kind.TABLE,
    "Händelser",
    "Events",
    {
        "occurred_at": FieldSpec("Tid", "Time", _DATETIME),
        "name": FieldSpec("Händelse", "Event", words={"signed_up": ("anmälan", "sign-up")}),
        "properties": FieldSpec("Uppgifter", "Properties", words={"form": ("formulär", "form")}),
    },
)
GOALS = CategorySpec(
    "goals",
    Kind.TABLE,
    "Mål som nåtts på webbplatsen",
    "Goals reached on the website",
    {
        "event": FieldSpec("Mål", "Goal"),
        "last_visited_at": FieldSpec("Senast", "Last", _DATETIME),
        "data": FieldSpec("Uppgifter", "Data"),
        "goal_id": FieldSpec("Målets id", "Goal id"),
    },
)
CATEGORIES = (SUBSCRIBER, SUBSCRIPTIONS, ACTIVITY, TAGS, NOTES, EVENTS, GOALS)


def keyed(
    spec: CategorySpec, items: Iterable[Mapping[str, Any]], *, when: str, within: str, group: str
) -> Iterator[Record]:
    """Records of items the vendor gives no id: the key is their content, told apart by ordinal when they are equal.

    ``when`` is the field that dates them, ``within`` makes the key one subscriber's, ``group`` is what the reader sees.
    """
    seen: dict[str, int] = {}
    for item in items:
        plain = content_key(item)
        ordinal = seen[plain] = seen.get(plain, -1) + 1
        key = f"{within}:{content_key(item, ordinal)}"
        yield Record(key, spec.key, spec.kind, moment(item.get(when)), item, group=group)


def match_key(email: str, name: str) -> str:
    """A key for an address under a name."""
    return "subscriber-" + hashlib.sha256(f"{email.casefold()}\n{folded(name)}".encode()).hexdigest()[:16]


def match(email: str, name: str, email_field: str) -> Match:
    """A subscriber as something a search found."""
    facts = {"full_name": name, email_field: email}
    return Match(match_key(email, name), name, fields={key: value for key, value in facts.items() if value})
