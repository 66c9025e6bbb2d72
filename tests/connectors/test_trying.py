"""Trying a system: what is shown of it, what is blanked, and what it warns of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from requests_app.connectors.base import Identifier, IdentifierKind
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.trying import EXCHANGES, try_out
from requests_app.connectors.trying_blanks import SHOWN
from tests.connectors.rest.conftest import System, describe, system

if TYPE_CHECKING:
    from requests_app.connectors.trying import Tried

__all__ = ["system"]
FIND = """
find:
  - by: [email]
    get: /people
    query: {email: "{value}"}
    items: people
    nobody: {status: [404]}
    person: {key: id, email: email, name: name}
    keep: {person_id: id}
read:
  items: {get: "/people/{person_id}/items", items: items, category: items}
"""
ANNA = {"id": 7, "email": "anna@example.se", "name": "Anna Lindqvist"}


def by_address(*people: dict[str, Any]) -> Any:
    """Answers with the people who have the address that was asked for."""

    def answer(request: httpx.Request) -> Any:
        return {"people": [one for one in people if one["email"] == request.url.params["email"]]}

    return answer


def tried(system: System, description: str, **changes: Any) -> Tried:
    return try_out(Rest(), system.search(description, **changes))


def codes(tried: Tried) -> set[str]:
    return {one.code for one in tried.warnings}


@pytest.fixture
def answering(system: System) -> System:
    """Knows Anna and two things of hers."""
    system.answers["/v1/people"] = by_address(ANNA)
    system.answers["/v1/people/7/items"] = {"items": [{"id": 1, "what": "bil"}, {"id": 2, "what": "båt"}]}
    return system


def test_it_shows_what_was_asked_and_what_will_be_kept(answering: System) -> None:
    found = tried(answering, describe(FIND, auth='auth: {bearer: {token: "{key}"}}'))
    assert [(one.method, one.status) for one in found.exchanges] == [("GET", 200), ("GET", 200)]
    assert found.exchanges[0].address == "https://system.example/v1/people?email=anna@example.se"
    assert ("authorization", "•••") in [(name.lower(), value) for name, value in found.exchanges[0].headers]
    assert json.loads(found.exchanges[1].answer) == {"items": [{"id": 1, "what": "bil"}, {"id": 2, "what": "båt"}]}
    assert [record.fields["what"] for record in found.records] == ["bil", "båt"]
    assert found.fault is None
    assert not found.cut


@pytest.mark.parametrize(
    ("auth", "head"),
    [
        ('auth: {key: {in: query, name: k, value: "{key}"}}', ""),
        ('auth: {basic: {user: "{key}", password: x}}', ""),
        ("", 'headers: {X-Trace: "a {key} b"}'),
    ],
)
def test_no_secret_is_shown(answering: System, auth: str, head: str) -> None:
    answering.answers["/v1/people/7/items"] = {"items": [{"id": 1, "echo": "s3cret/+b"}], "access_token": "t0ken"}
    secret = "s3cret/+b" if not (head or "basic" in auth) else "s3cret"
    found = tried(answering, describe(FIND, auth=auth, head=head), secrets={"key": secret})
    assert found.exchanges
    told = repr(found.exchanges)
    assert "s3cret" not in told
    assert "czNjcmV0" not in told
    assert "t0ken" not in told


def test_a_short_secret_in_the_path_is_blanked_there_alone(answering: System) -> None:
    answering.answers["/v1/7/people"] = answering.answers["/v1/people"]
    found = tried(answering, describe(FIND.replace("get: /people\n", 'get: "/{key}/people"\n')), secrets={"key": "7"})
    assert found.exchanges[0].address == "https://system.example/v1/•••/people?email=anna@example.se"
    assert '"id": 7' in found.exchanges[0].answer


def test_others_are_not_shown(answering: System) -> None:
    others = [
        {"id": 8, "email": "bo@example.se", "name": "Bo Ek", "no": "19121212-1212"},
        {"id": 9, "email": "eva@example.se", "name": "Eva Ek"},
    ]
    answering.answers["/v1/people"] = lambda _request: {"people": [ANNA, *others], "contact": "info@example.se"}
    found = tried(answering, describe(FIND))
    shown = found.exchanges[0]
    assert shown.strangers == 4
    assert json.loads(shown.answer)["people"][0] == ANNA
    for text in ("Bo Ek", "Eva Ek", "bo@example.se", "1212", "info@example.se"):
        assert text not in shown.answer


@pytest.mark.parametrize(
    "stranger",
    [
        {"id": 9, "customer": "204999", "name": "Bo Ek", "phone": "070-123 45 67"},
        {"id": 9, "who": {"name": "Bo Ek", "city": "Halmstad"}},
        {"id": 9, "row": ["Bo Ek", "bo@example.se"]},
        {"id": 9, "note": "ring Bo Ek på 0701234567"},
    ],
)
def test_a_stranger_without_an_address_is_not_shown_either(answering: System, stranger: dict[str, Any]) -> None:
    answering.answers["/v1/people"] = lambda _request: {"people": [ANNA], "others": [stranger]}
    shown = tried(answering, describe(FIND)).exchanges[0].answer
    assert "Anna Lindqvist" in shown
    for text in ("Bo Ek", "204999", "4567", "45 67", "Halmstad"):
        assert text not in shown


def test_of_lines_only_the_heads_and_the_persons_own_are_shown(answering: System) -> None:
    lines = "name;email;phone\nAnna;anna@example.se;1\nBo Ek;bo@example.se;0701234567\nEva Ek;;\n"
    answering.answers["/v1/people/7/items"] = httpx.Response(200, content=lines.encode())
    shown = tried(answering, describe(FIND)).exchanges[1].answer
    assert shown.splitlines() == ["name;email;phone", "Anna;anna@example.se;1", "…", "…"]


def test_records_of_others_are_not_shown(answering: System) -> None:
    everybody = FIND.replace("person: {key: id, email: email, name: name}", "person: {key: id, name: name}")
    everybody += "  who: {get: /people, items: people, category: items}\n"
    bo = {"id": 8, "email": "bo@example.se", "name": "Anna Lindqvist", "street": "Storgatan 1"}
    answering.answers["/v1/people"] = lambda _request: {"people": [ANNA]}
    answering.answers["/v1/people/7/items"] = {"items": [{"id": 1, "what": "bil", "by": "bo@example.se"}]}
    assert tried(answering, describe(everybody)).records == (), "nobody can say whose they are"
    answering.answers["/v1/people"] = by_address(ANNA)
    answering.answers["/v1/people/7/items"] = {"items": [{"id": 1, "what": "bil", "by": "x"}, bo]}
    shown = repr(tried(answering, describe(FIND)).records)
    assert "bil" in shown
    assert "bo@example.se" not in shown
    assert "Storgatan" not in shown


@pytest.mark.parametrize("form", ["{key|base64}", "{key|upper}", "x{key}y"])
def test_a_secret_is_blanked_in_every_form(answering: System, form: str) -> None:
    secret = "a!b c/d$ef"
    found = tried(answering, describe(FIND, head=f'headers: {{X-K: "{form}"}}'), secrets={"key": secret})
    path = tried(answering, describe(FIND.replace("get: /people\n", 'get: "/x/{key}"\n')), secrets={"key": secret})
    told = repr((found.exchanges, path.exchanges))
    assert found.exchanges and path.exchanges
    for text in (secret, secret.upper(), "YSFiIGMvZCRlZg", "b%20c", "d$ef"):
        assert text not in told


def test_a_large_answer_is_shown_in_part(answering: System) -> None:
    many = "".join(f"Person {n},p{n}@example.com\n" for n in range(60_000))
    answering.answers["/v1/people/7/items"] = httpx.Response(200, content=many.encode())
    shown = tried(answering, describe(FIND)).exchanges[1]
    assert shown.size == len(many)
    assert len(shown.answer) <= SHOWN + 2


def test_it_warns_of_a_search_that_finds_everybody(answering: System) -> None:
    answering.answers["/v1/people"] = lambda _request: {"people": [ANNA]}
    without = FIND.replace("person: {key: id, email: email, name: name}", "person: {key: id, name: name}")
    assert "answers_for_nobody" in codes(tried(answering, describe(without)))
    assert "answers_for_nobody" not in codes(tried(answering, describe(FIND)))


def test_it_warns_when_nobody_found_is_taken_for_a_fault(answering: System) -> None:
    answering.answers["/v1/people"] = lambda request: (
        {"people": [ANNA]} if "anna" in str(request.url) else httpx.Response(410)
    )
    found = tried(answering, describe(FIND))
    assert [one.params["fault"] for one in found.warnings if one.code == "fault_for_nobody"] == ["not_found"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"items": [{"id": 1}], "next": "/v1/people/7/items?page=2"}, "more_pages"),
        ({"items": [{"id": 1}], "meta": {"has_more": True}}, "more_pages"),
        ({"items": [{"id": 1}], "total": 12}, "more_pages"),
        ({"items": [{"id": n} for n in range(20)]}, "full_page"),
    ],
)
def test_it_warns_of_pages_that_are_not_asked_for(answering: System, answer: Any, code: str) -> None:
    answering.answers["/v1/people/7/items"] = answer
    assert code in codes(tried(answering, describe(FIND)))


def test_pages_that_end_are_no_warning(answering: System) -> None:
    def page(request: httpx.Request) -> Any:
        n = int(request.url.params.get("page", "1"))
        return {"items": [{"id": n * 10 + k} for k in range(10)] if n < 3 else [], "total": 20}

    answering.answers["/v1/people/7/items"] = page
    paged = FIND.replace("category: items}", "category: items, pages: {number: {in: page}}}")
    found = tried(answering, describe(paged))
    assert len(found.records) == 20
    assert not codes(found) & {"more_pages", "full_page"}


def test_it_warns_of_what_is_not_described(answering: System) -> None:
    text = describe(FIND).replace(
        "items: {kind: table, label: Saker, key: id}",
        "items: {kind: table, label: Saker, when: at, fields: {id: Nr, at: {label: Tid, type: datetime}, n: {label: N, type: number}}}",
    )
    answering.answers["/v1/people/7/items"] = {
        "items": [
            {"id": 1, "what": "bil", "at": "i går", "n": "många", "by": "bo@example.se"},
            {"id": 2, "what": "båt", "by": "19121212-1212", "empty": None},
        ]
    }
    warned = {one.code: one.names for one in tried(answering, text).warnings}
    assert warned["unnamed"] == ("what", "by")
    assert warned["odd_values"] == ("at", "n")
    assert warned["others"] == ("by",)
    assert "no_key" in warned
    assert "no_time" in warned


def test_it_says_that_nothing_was_found(system: System) -> None:
    system.answers["/v1/people"] = {"people": []}
    assert codes(tried(system, describe(FIND))) == {"nothing"}


def test_a_fault_is_told_with_its_exchange(system: System) -> None:
    system.answers["/v1/people"] = httpx.Response(401, json={"error": "bad key s3cret"})
    found = tried(system, describe(FIND))
    assert found.fault is not None
    assert found.fault.fault.value == "auth_refused"
    assert (found.exchanges[0].status, "s3cret" in found.exchanges[0].answer) == (401, False)
    assert found.warnings == ()


def test_it_ends_by_itself(answering: System) -> None:
    page = iter(range(10_000))
    answering.answers["/v1/people/7/items"] = lambda _request: {"items": [{"id": next(page)}]}
    endless = FIND.replace("category: items}", "category: items, pages: {number: {in: page}}}")
    found = tried(answering, describe(endless))
    assert found.cut
    assert len(found.exchanges) == EXCHANGES


def test_several_who_fit_are_shown_to_choose_among(answering: System) -> None:
    answering.answers["/v1/people"] = by_address(
        ANNA, {"id": 8, "email": "anna@example.se", "name": "Anders Lindqvist"}
    )
    found = tried(answering, describe(FIND), identifiers=(Identifier(IdentifierKind.EMAIL, "anna@example.se"),))
    assert len(found.candidates) == 2
    assert not found.records
