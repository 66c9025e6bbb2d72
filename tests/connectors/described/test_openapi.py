"""A description proposed out of an OpenAPI document: it always fits, and of a plain system it finds the person as it is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from hypothesis import given, strategies as st

from requests_app.connectors import http
from requests_app.connectors.base import Identifier, IdentifierKind
from requests_app.connectors.described.openapi import propose
from requests_app.connectors.described.text import Flawed
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.rest.description import described
from tests.connectors.rest.conftest import System

if TYPE_CHECKING:
    from requests_app.connectors.rest.description import Description

DOCUMENTS = Path(__file__).parent / "openapi"


def said(name: str, lang: str = "") -> str:
    """What is proposed out of a document that is kept here."""
    return propose((DOCUMENTS / name).read_text("utf-8"), lang)


def flaw(text: str) -> tuple[str, int]:
    """Why nothing is proposed, and at which line."""
    with pytest.raises(Flawed) as failed:
        propose(text)
    return failed.value.flaws[0].code, failed.value.flaws[0].line


def api(paths: dict[str, Any], **more: Any) -> str:
    """A document with some paths."""
    return json.dumps({"openapi": "3.1.0", "info": {"title": "Besök"}, "paths": paths} | more)


def get(answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    """A GET that answers by a schema."""
    content = {"application/json": {"schema": answer}}
    return {"get": {"parameters": list(parameters), "responses": {"200": {"content": content}}}}


def query(name: str, **more: Any) -> dict[str, Any]:
    """A parameter in the query."""
    return {"name": name, "in": "query", "schema": {"type": "string"}} | more


PERSON = {"type": "object", "properties": {"id": {"type": "integer"}, "email": {"type": "string"}}}
PEOPLE = {"type": "array", "items": PERSON}


def proposed(text: str) -> Description:
    """The description, which the product can use."""
    return described(propose(text))


def test_what_vendors_publish_gives_descriptions_that_can_be_used() -> None:
    campaign = described(said("optimizely_campaign.json"))
    assert campaign.said["auth"] == {"key": {"in": "header", "name": "Authorization", "value": "{api_key}"}}
    assert campaign.read["mailarchive"]["query"] == {"recipientAddress": "{value}"}
    assert campaign.read["mailarchive"]["get"] == "/{client_id}/mailarchive"
    assert campaign.said["settings"]["base_url"]["default"] == "https://api.campaign.episerver.net/rest"
    assert campaign.said["test"] == {"get": "/{client_id}/users/authenticated"}
    profiles = described(said("odp_customers.json"))
    assert profiles.read["profiles"]["query"] == {"email": "{value}"}
    consent = described(said("odp_consent.json"))
    assert consent.read["consent"]["get"] == "/consent/email"
    assert consent.read["consent"]["query"] == {"id": "{value}"}


def test_a_system_that_nobody_can_be_found_in_is_told() -> None:
    assert flaw((DOCUMENTS / "appsflyer.json").read_text("utf-8")) == ("no_person", 1)


@pytest.mark.parametrize("written", ["yaml", "json"])
def test_what_is_proposed_of_a_plain_system_finds_the_person_as_it_is(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    text = (DOCUMENTS / "bookings.yaml").read_text("utf-8")
    if written == "json":
        text = json.dumps(yaml.safe_load(text))
    description = propose(text, "sv")
    anna = {
        "customerId": "c-1",
        "fullName": "Anna Lindqvist",
        "emailAddress": "anna@example.se",
        "mobile": "+46701234567",
    }
    visits = [{"visitId": n, "startsAt": "2026-03-01T09:00:00Z", "state": "done"} for n in range(120)]
    system = System(
        {
            "/v2/customers": lambda request: (
                {"data": [anna, anna | {"customerId": "c-2", "emailAddress": "hanna@example.se"}]}
                if request.headers["X-Api-Key"] == "s3cret"
                else httpx.Response(401)
            ),
            "/v2/customers/c-1": anna,
            "/v2/customers/c-1/visits": lambda request: {
                "items": visits[(int(request.url.params["page"]) - 1) * 50 :][:50],
                "total": len(visits),
            },
            "/v2/health": {"status": "up"},
        }
    )
    client = httpx.Client(transport=httpx.MockTransport(system))
    monkeypatch.setattr(http, "shared_client", lambda: client)
    by_mail = (Identifier(IdentifierKind.EMAIL, "anna@example.se"),)
    own = {"description": description, "base_url": "https://bokning.example/v2"}

    pages = system.gather(description, settings=own, secrets={"api_key": "s3cret"}, identifiers=by_mail)
    records = [record for page in pages for record in page.records]

    assert [record.category for record in records] == ["customers"] + ["visits"] * 120
    assert records[0].fields["fullName"] == "Anna Lindqvist"
    assert records[1].occurred_at is not None
    assert len({record.key for record in records}) == 121
    assert Rest().test(own, {"api_key": "s3cret"}).ok
    by_phone = (Identifier(IdentifierKind.PHONE, "+46701234567"),)
    assert system.gather(description, settings=own, secrets={"api_key": "s3cret"}, identifiers=by_phone)
    assert any(path.startswith("/v2/customers?phone=") for path in system.paths())


def test_fields_have_their_labels_sorts_and_words() -> None:
    category = described(said("bookings.yaml")).said["categories"]["visits"]
    assert category["key"] == "visitId"
    assert category["when"] == "startsAt"
    fields = category["fields"]
    assert fields["startsAt"] == {"label": {"sv": "Starts at", "en": "Starts at"}, "type": "datetime"}
    assert fields["price"]["type"] == "number"
    assert fields["paid"]["type"] == "boolean"
    assert fields["state"]["words"]["no_show"] == {"sv": "No show", "en": "No show"}
    assert described(said("bookings.yaml")).said["categories"]["customers"]["leave_out"] == {
        "pin": "inloggningsuppgift"
    }


def test_comments_are_in_the_language_asked_for() -> None:
    assert "# Proposed" in said("bookings.yaml", "en")
    assert "# Föreslaget" not in said("bookings.yaml", "en")
    assert "# Föreslaget" in said("bookings.yaml", "sv")
    assert "# Proposed" not in said("bookings.yaml", "sv")
    assert "# Proposed" in said("bookings.yaml")
    assert "# Föreslaget" in said("bookings.yaml")


@pytest.mark.parametrize(
    ("scheme", "auth", "secrets"),
    [
        (
            {"type": "http", "scheme": "basic"},
            {"basic": {"user": "{user}", "password": "{password}"}},
            {"user", "password"},
        ),
        ({"type": "http", "scheme": "Bearer"}, {"bearer": {"token": "{token}"}}, {"token"}),
        (
            {"type": "apiKey", "in": "query", "name": "key"},
            {"key": {"in": "query", "name": "key", "value": "{api_key}"}},
            {"api_key"},
        ),
        (
            {
                "type": "oauth2",
                "flows": {"clientCredentials": {"tokenUrl": "https://a.example/t", "scopes": {"read": ""}}},
            },
            {
                "oauth2": {
                    "token_address": "https://a.example/t",
                    "client_id": "{client_id}",
                    "client_secret": "{client_secret}",
                    "scope": "read",
                }
            },
            {"client_id", "client_secret"},
        ),
        ({"type": "apiKey", "in": "cookie", "name": "sid"}, None, set()),
        ({"type": "apiKey", "in": "header", "name": "X {key}"}, None, set()),
    ],
)
def test_the_way_in_is_what_the_document_says(scheme: dict[str, Any], auth: Any, secrets: set[str]) -> None:
    text = api({"/people": get(PEOPLE, query("email"))}, components={"securitySchemes": {"a": scheme}})
    found = proposed(text).said
    assert found.get("auth") == auth
    assert set(found.get("secrets", {})) == secrets
    assert ("(auth)" in propose(text)) == (auth is None)


@pytest.mark.parametrize(
    ("parameters", "around", "pages"),
    [
        (["page", "per_page"], {}, {"number": {"in": "page", "size_in": "per_page", "size": 100}}),
        (["cursor"], {"next_cursor": {"type": "string"}}, {"cursor": {"in": "cursor", "next": "next_cursor"}}),
        (["limit"], {"next": {"type": "string"}}, {"next_address": "next"}),
        ([], {"@odata.nextLink": {"type": "string"}}, {"odata": True}),
        (
            [],
            {"_links": {"properties": {"next": {"properties": {"href": {"type": "string"}}}}}},
            {"next_address": "_links.next.href"},
        ),
        ([], {}, None),
    ],
)
def test_pages_are_guessed_from_names(parameters: list[str], around: dict[str, Any], pages: Any) -> None:
    answer = {"type": "object", "properties": {"results": PEOPLE, **around}}
    found = proposed(api({"/people": get(answer, query("email"), *map(query, parameters))})).find[0]
    assert found["items"] == "results"
    assert found.get("pages") == pages


def test_an_offset_counts_to_the_total_and_asks_for_the_most_at_once() -> None:
    answer = {"type": "object", "properties": {"data": PEOPLE, "total": {"type": "integer"}}}
    number = {"type": "integer", "default": 20, "maximum": 200}
    paging = (query("offset", schema={"type": "integer"}), query("limit", schema=number))
    found = proposed(api({"/people": get(answer, query("email"), *paging)})).find[0]
    assert found["pages"] == {"offset": {"in": "offset", "size_in": "limit", "size": 200, "total": "total"}}


def test_swagger_2_and_references_are_followed() -> None:
    text = json.dumps(
        {
            "swagger": "2.0",
            "host": "api.example",
            "basePath": "/v1",
            "paths": {
                "/people": {
                    "get": {
                        "parameters": [{"$ref": "#/parameters/mail"}],
                        "responses": {"200": {"$ref": "#/responses/a"}},
                    }
                }
            },
            "parameters": {"mail": {"name": "email", "in": "query", "type": "string"}},
            "responses": {"a": {"schema": {"type": "array", "items": {"$ref": "#/definitions/P"}}}},
            "definitions": {"P": {"allOf": [PERSON, {"properties": {"self": {"$ref": "#/definitions/P"}}}]}},
            "securityDefinitions": {"b": {"type": "basic"}},
        }
    )
    found = proposed(text)
    assert found.said["settings"]["base_url"]["default"] == "https://api.example/v1"
    assert found.find[0]["person"] == {"key": "id", "email": "email"}
    assert "basic" in found.said["auth"]


def test_what_is_no_document_is_told_with_its_line() -> None:
    assert flaw("") == ("wrong_type", 1)
    assert flaw("{\n\n") == ("not_yaml", 3)
    assert flaw("a: b\nc: [\n") == ("not_yaml", 3)
    assert flaw('{"paths": {}}') == ("missing", 1)
    assert flaw('{"openapi": "3.0.0", "paths": {}}') == ("missing", 1)
    assert flaw("a: &x {}\nb: *x\n") == ("alias", 2)
    assert flaw("a: !!python/name:os.system x\n")[0] == "not_yaml"


def test_documents_made_to_hurt_end_early() -> None:
    assert flaw("[" * 100_000)[0] in {"too_deep", "not_yaml"}
    assert flaw("- " * 5_000 + "a") == ("too_deep", 1)
    assert flaw("a" * 1_000_001) == ("too_long", 1)
    assert flaw("{" + " " * 5_000_000) == ("too_long", 1)
    circle = {"a": {"$ref": "#/components/schemas/b"}, "b": {"$ref": "#/components/schemas/a"}}
    loop = {"c": {"allOf": [{"$ref": "#/components/schemas/c"}] * 50}}
    for name in (*circle, *loop):
        schemas = {"schemas": circle | loop}
        assert proposed(
            api({"/people": get({"$ref": f"#/components/schemas/{name}"}, query("email"))}, components=schemas)
        ).read
    many = {f"/people{n}": get(PEOPLE, query("email"), query("phone")) for n in range(3_000)}
    wide = {
        "type": "object",
        "properties": {f"p{n}": {"type": "string", "enum": [f"{k:059}" for k in range(50)]} for n in range(60)},
    }
    assert proposed(api(many)).read
    assert proposed(api({f"/w{n}": get(wide, query("email")) for n in range(20)})).read


NAMES = st.sampled_from(
    ["email", "id", "customerId", "page", "limit", "next", "data", "{x}", "a\nb", "å ä", "", "-", "\ud800", "x" * 300]
)
SCHEMAS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from(
        [{}, None, 3, "x", {"type": "string", "format": "email"}, {"type": ["string", "null"], "enum": ["a", 1, None]}]
    ),
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(NAMES, inner, max_size=4)}),
        st.fixed_dictionaries({"allOf": st.lists(inner, max_size=2), "title": NAMES, "description": NAMES}),
        st.fixed_dictionaries(
            {"$ref": st.sampled_from(["#/paths", "#/components/schemas/a", "#", "http://x/#/a", "#/~2"])}
        ),
    ),
    max_leaves=8,
)
PARAMETERS = st.lists(
    st.one_of(
        st.none(),
        st.fixed_dictionaries(
            {"name": NAMES, "in": st.sampled_from(["query", "path", "header", "body"])},
            optional={"required": st.booleans(), "schema": SCHEMAS, "description": st.text(max_size=20)},
        ),
    ),
    max_size=5,
)
PATHS = st.dictionaries(
    st.sampled_from(
        ["/p", "/p/{id}", "/p/{email}", "/{customerId}/p", "/{t}/p/{id}/q", "/{{", "/p?x={id}", "x", "/", "/{-}"]
    ),
    st.builds(lambda parameters, schema: get(schema, *parameters), PARAMETERS, SCHEMAS),
    min_size=1,
)


@given(
    paths=PATHS,
    schema=SCHEMAS,
    title=NAMES,
    scheme=st.dictionaries(st.sampled_from(["type", "in", "name", "scheme"]), NAMES),
)
def test_whatever_is_proposed_can_be_used(paths: Any, schema: Any, title: str, scheme: Any) -> None:
    text = api(paths, info={"title": title}, components={"schemas": {"a": schema}, "securitySchemes": {"s": scheme}})
    try:
        found = propose(text)
    except Flawed as error:
        assert {one.code for one in error.flaws} == {"no_person"}
    else:
        assert described(found).read


@given(text=st.text(max_size=200))
def test_rubbish_is_refused_in_words(text: str) -> None:
    with pytest.raises(Flawed):
        propose(text)
