"""Apsis One's API, the parts that tell of one profile: a token, definitions by version, attributes, events, tags, consents."""

from __future__ import annotations

from typing import Any

from sandbox import data_newsletter as data
from sandbox.dates import utc_text
from sandbox.settings import APSIS_CLIENT, APSIS_SECRET, APSIS_SECTION
from sandbox.wire import Answer, Refused, Request

PREFIX = "/apsis"
METHODS = ("GET", "POST", "DELETE")
TOKEN = "sandbox-apsis-token"  # noqa: S105 - opens nothing but made-up data
KEYSPACE = "com.apsis1.keyspaces.email"
CHANNEL = "com.apsis1.channels.email"
CONSENT_LIST = {"discriminator": "usercreated.targets.sandbox", "name": "Utskick"}
ATTRIBUTES = {
    "com.apsis1.attributes.email": (9820534, "Email"),
    "com.apsis1.attributes.firstname": (9820535, "First name"),
    "com.apsis1.attributes.lastname": (9820536, "Last name"),
    "com.apsis1.attributes.mobile": (9820537, "Mobile"),
    "usercreated.attributes.anteckning-1a2b3c4d5e": (312460234, "anteckning"),
}
EVENTS = {"sent": 501, "open": 502, "click": 503, "bounce": 504, "unsub": 505}
TITLES = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 429: "Too Many Requests"}


def answer(request: Request) -> Answer:
    """Answer a request."""
    if (request.method, request.parts) == ("POST", ["oauth", "token"]):
        return _token(request)
    if request.parts[:1] != ["audience"]:
        raise Refused(404)
    if request.headers.get("authorization") != f"Bearer {TOKEN}":
        raise Refused(401)
    match request.parts:
        case ["audience", "sections"]:
            request.route = "sections"
            return _items([{"discriminator": APSIS_SECTION, "name": "Sandlåda"}])
        case ["audience", "sections", section, *rest] if section == APSIS_SECTION:
            return _definitions(request, rest)
        case ["audience", "keyspaces", keyspace, "profiles", email, *rest] if keyspace == KEYSPACE:
            return _profile(request, email, rest)
        case ["audience", "channels", channel, "addresses", email, "consents", *rest] if channel == CHANNEL:
            return _consents(request, email, rest)
    raise Refused(404)


def refuse(refused: Refused) -> Answer:
    """An error in this system's words."""
    title = refused.message or TITLES.get(refused.status, "Error")
    return Answer(refused.status, {"status": refused.status, "title": title, "errors": []})


def _items(items: list[dict[str, Any]]) -> Answer:
    return Answer(200, {"items": items})


def _token(request: Request) -> Answer:
    request.route = "token"
    wanted = {"grant_type": "client_credentials", "client_id": APSIS_CLIENT, "client_secret": APSIS_SECRET}
    if request.json != wanted:
        raise Refused(401)
    return Answer(200, {"access_token": TOKEN, "token_type": "bearer", "expires_in": 86_400})


def _definitions(request: Request, rest: list[str]) -> Answer:
    match rest:
        case ["attributes"]:
            request.route = "attribute-definitions"
            return _items([_versioned(key, name, version) for key, (version, name) in ATTRIBUTES.items()])
        case ["events"]:
            request.route = "event-definitions"
            return _items([_versioned(f"com.apsis1.events.{kind}", kind, version) for kind, version in EVENTS.items()])
        case ["consent-lists"]:
            request.route = "consent-lists"
            return _items([CONSENT_LIST])
        case ["consent-lists", found, "topics"] if found == CONSENT_LIST["discriminator"]:
            request.route = "topics"
            return _items([{"discriminator": one.mailchimp_id, "name": one.name} for one in data.LISTS])
    raise Refused(404)


def _versioned(discriminator: str, name: str, version: int) -> dict[str, Any]:
    versions = [
        {"id": version - 100_000, "deprecated_at": "2020-01-01T00:00:00Z"},
        {"id": version, "deprecated_at": None},
    ]
    return {"discriminator": discriminator, "name": name, "versions": versions}


def _profile(request: Request, email: str, rest: list[str]) -> Answer:
    held = data.of_address(email)
    if not held:
        raise Refused(404)
    if request.method == "DELETE" and not rest:
        request.route = "delete-profile"
        data.erase(*held)
        return Answer(204)
    match (request.method, rest):
        case ("GET", ["sections", section, part]) if section == APSIS_SECTION and part in PARTS:
            request.route = part
            return Answer(200, PARTS[part](held))
    raise Refused(404)


def _attributes(held: tuple[data.Subscription, ...]) -> dict[str, Any]:
    person = held[0].person
    values = [
        held[0].email,
        person.first_name,
        person.last_name,
        next(iter(person.phones), None),
        data.note_of(held[0]),
    ]
    versions = [version for version, _name in ATTRIBUTES.values()]
    return {str(version): value for version, value in zip(versions, values, strict=True) if value is not None}


def _events(held: tuple[data.Subscription, ...]) -> dict[str, Any]:
    items = [
        {
            "event_time": utc_text(event.at),
            "version_id": EVENTS[event.kind],
            "data": {"subject": event.campaign.title} | ({"link": data.LINK} if event.kind == "click" else {}),
        }
        for found in held
        for event in data.events(found)
    ]
    return {"items": items}


def _tags(held: tuple[data.Subscription, ...]) -> dict[str, Any]:
    return {
        "items": [
            {"discriminator": f"usercreated.tags.{n}", "name": tag} for n, tag in enumerate(data.tags_of(held[0]))
        ]
    }


PARTS = {"attributes": _attributes, "events": _events, "tags": _tags}


def _consents(request: Request, email: str, rest: list[str]) -> Answer:
    match (request.method, rest):
        case ("GET", ["sections", section, "consent-lists", found, "evaluations"]) if section == APSIS_SECTION:
            request.route = "evaluations"
            opted = [one for one in data.of_address(email) if one.status == "subscribed"]
            topics = [{"topic_discriminator": one.list.mailchimp_id} for one in opted]
            return _items(topics if found == CONSENT_LIST["discriminator"] else [])
        case ("POST", []):
            request.route = "consent"
            body = request.json
            if body.get("type") != "opt-out" or body.get("section_discriminator") != APSIS_SECTION:
                raise Refused(400, "only an opt-out can be given here")
            for one in data.of_address(email):
                if one.list.mailchimp_id == body.get("topic_discriminator"):
                    data.end(one)
            return Answer(204)
    raise Refused(404)
