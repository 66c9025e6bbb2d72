"""Systems that do not behave as the sandbox does: answers made up on the spot, without a network."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from requests_app.connectors import http
from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Search
from requests_app.connectors.chat import Chat
from requests_app.connectors.mina_sidor import MinaSidor
from requests_app.connectors.settings import check_paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.connectors.base import Page
    from requests_app.domain.records import Record

PERSONNUMMER = "198504032387"
BASE = "https://system.example/v1"
Answering = "Callable[[Callable[[httpx.Request], Any]], list[str]]"


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Answer every request by a function; None is a 404. Gives the list of what is asked."""

    def install(answer: Callable[[httpx.Request], Any]) -> list[str]:
        asked: list[str] = []

        def handle(request: httpx.Request) -> httpx.Response:
            asked.append(request.url.raw_path.decode())
            body = answer(request)
            if body is None:
                return httpx.Response(404)
            # As from a network: read as it comes, not held ready.
            return httpx.Response(200, stream=httpx.ByteStream(json.dumps(body).encode()))

        client = httpx.Client(transport=httpx.MockTransport(handle))
        monkeypatch.setattr(http, "shared_client", lambda: client)
        return asked

    return install


def mina_sidor(*identifiers: Identifier, **settings: Any) -> list[Page]:
    """Gather from a Mina sidor of one's own."""
    search = Search(
        {"base_url": BASE, **settings},
        {"token": "t"},
        identifiers or (Identifier(IdentifierKind.PERSONNUMMER, PERSONNUMMER),),
        "Anna Lindqvist",
        datetime(2026, 11, 21, tzinfo=UTC),
    )
    return list(MinaSidor().collect(search))


def records(pages: list[Page], category: str) -> list[Record]:
    return [record for page in pages for record in page.records if record.category == category]


def listed(items: list[Any]) -> dict[str, Any]:
    return {"items": items, "page": 1, "pageSize": 100, "total": len(items)}


def customer(number: str, first: str = "Anna", personnummer: str = PERSONNUMMER) -> dict[str, Any]:
    return {
        "customerNumber": number,
        "personalIdentityNumber": personnummer,
        "firstName": first,
        "lastName": "Lindqvist",
    }


def test_a_system_that_does_not_heed_the_question_says_nobody_else_is_meant(answering: Any) -> None:
    other = customer("K2", "Berit", "189004299807") | {"emails": ["berit@example.se"], "phones": None}
    answering(lambda request: listed([customer("K1"), other]))
    wanted = {
        IdentifierKind.PERSONNUMMER: ("198504032387", "K1"),
        IdentifierKind.CUSTOMER_NO: ("K2", "K2"),
        IdentifierKind.EMAIL: ("berit@example.se", "K2"),
        IdentifierKind.PHONE: ("+46701740605", None),
    }
    for kind, (value, number) in wanted.items():
        search = Search({"base_url": BASE}, {"token": "t"}, (Identifier(kind, value),), "", datetime.now(UTC))
        assert [person.customer_no for person in MinaSidor().find_people(search)] == ([number] if number else [])


def test_a_system_that_does_not_heed_the_question_gives_nobody_elses_data(answering: Any) -> None:
    everybody = [customer("1"), customer("2", "Erik", "197607142390"), customer("3", "Eva", "196006172818")]
    answering(lambda request: listed(everybody if request.url.path.endswith("/customers") else []))

    pages = mina_sidor()

    assert [record.key for record in records(pages, "customer")] == ["1"]
    assert "Erik" not in repr(pages)
    number = Identifier(IdentifierKind.CUSTOMER_NO, "3")
    assert [record.key for record in records(mina_sidor(number), "customer")] == ["3"]


def test_fields_and_paths_that_have_other_names_are_settings(answering: Any) -> None:
    names = {"customerNumber": "kundnr", "personalIdentityNumber": "pnr", "firstName": "fornamn", "items": "rader"}
    theirs = {"kundnr": "7", "pnr": PERSONNUMMER, "fornamn": "Anna", "lastName": "Lindqvist"}
    steps = ("contracts", "invoices", "consents", "logins", "cases")
    paths = {"customers": "/kunder"} | {step: f"/kunder/{{customerNumber}}/{step}" for step in steps}

    def answer(request: httpx.Request) -> Any:
        found = [theirs] if request.url.path == "/v1/kunder" else []
        return {"rader": found, "page": 1, "pageSize": 100, "total": len(found)}

    asked = answering(answer)
    pages = mina_sidor(fields=names, paths=paths)

    assert [record.fields["firstName"] for record in records(pages, "customer")] == ["Anna"]
    assert asked[0].startswith(f"/v1/kunder?pnr={PERSONNUMMER}&")
    assert asked[-1].startswith("/v1/kunder/7/cases?")


def test_a_contract_under_two_numbers_of_one_person_is_delivered_once(answering: Any) -> None:
    holders = [{"customerNumber": "1", "name": "Anna", "role": "holder"}, {"customerNumber": "2", "name": "Anna"}]
    contract = {"contractId": "A1", "startDate": "2020-01-01", "holders": holders}

    def answer(request: httpx.Request) -> Any:
        number = request.url.params.get("customerNumber")
        if request.url.path.endswith("/customers"):
            return listed([one for one in (customer("1"), customer("2")) if number in (None, one["customerNumber"])])
        return listed([contract] if request.url.path.endswith("/contracts") else [])

    answering(answer)

    assert [record.key for record in records(mina_sidor(), "contracts")] == ["A1"]


def test_a_conversation_that_is_erased_meanwhile_is_left_out(answering: Any) -> None:
    grabbed = 0

    def answer(request: httpx.Request) -> Any:
        nonlocal grabbed
        if "listConversations" in request.url.path:
            first = "2026-10-25" in request.url.path
            return {"json": [{"conversationID": "V1", "date": "2026-11-01T00:00:00Z"}] if first else []}
        if "grabVisitorInfo" in request.url.path:
            grabbed += 1
            return {"json": {"name": "Anna", "email": "a@example.se"}} if grabbed == 1 else None
        return {"contacts": [], "json": [], "calls": []}

    answering(answer)
    search = Search(
        {"base_url": BASE, "window_days": 27},
        {"api_key": "k", "user_id": "1"},
        (Identifier(IdentifierKind.EMAIL, "a@example.se"),),
        "Anna Lindqvist",
        datetime(2026, 11, 21, tzinfo=UTC),
    )
    pages = list(Chat().collect(search))

    assert grabbed == 2
    assert [record for page in pages for record in page.records] == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "x",
        "/a/{other}",
        "/a",
        "/a/../{id}",
        "/a/{id}/{id}",
        "/a/{id}?x=1",
        "//host/{id}",
        "/a{/{id}",
        "/a b/{id}",
        7,
    ],
)
def test_a_path_that_is_no_path_is_refused(path: Any) -> None:
    check_paths({"one": "/a/{id}"}, {"one": ("id",)})

    with pytest.raises(ConnectorError) as caught:
        check_paths({"one": path}, {"one": ("id",)})
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": "paths"})
