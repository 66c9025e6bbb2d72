"""Descriptions followed: finding, reading, paging, ways in, answers that come later, and what never leaves the system."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import traceback
from datetime import timedelta
from typing import Any

import httpx
import jwt
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Limits
from requests_app.connectors.rest import auth
from requests_app.connectors.rest.connector import Rest
from tests.connectors.rest.conftest import ANNA, NOW, System, describe

READ = 'read: {items: {by: [email], get: /items, query: {q: "{value}"}, items: items, category: items'
ALL = describe(f"{READ}}}}}")


def keys(pages: list[Any]) -> list[str]:
    return [record.key for page in pages for record in page.records]


def paged(pages: str) -> str:
    return describe(f"{READ}, pages: {pages}}}}}")


def items(*numbers: int) -> list[dict[str, int]]:
    return [{"id": number} for number in numbers]


def numbered(request: httpx.Request) -> Any:
    """Seven items by page number or offset, three at a time."""
    query = request.url.params
    at = int(query["offset"]) if "offset" in query else 3 * (int(query.get("page", 1)) - 1)
    return {"items": items(*range(at, min(at + 3, 7))), "total": 7, "more": at + 3 < 7}


def linked(where: str) -> Any:
    """Three pages, each with the next one's address."""

    def answer(request: httpx.Request) -> httpx.Response:
        n = int(request.url.params.get("after", 0))
        link = f"https://system.example/v1/items?q=anna%40example.se&after={n + 1}" if n < 2 else None
        body: dict[str, Any] = {"items": items(n)}
        headers = {"Link": f'<https://system.example/>; rel="first", <{link}>; rel="last next"'} if link else {}
        if where != "header":
            body[where] = link
        if where == "cursor" and link:
            body["cursor"] = n + 1
        return httpx.Response(200, json=body, headers=headers if where == "header" else {})

    return answer


@pytest.mark.parametrize(
    ("pages", "answer", "found"),
    [
        ("{number: {in: page, size_in: size, size: 3}}", numbered, 7),
        ("{number: {in: page, more: more}}", numbered, 7),
        ("{offset: {in: offset, size: 3}}", numbered, 7),
        ("{offset: {in: offset, total: total}}", numbered, 7),
        ("{cursor: {in: after, next: cursor}}", linked("cursor"), 3),
        ("{next_address: next}", linked("next"), 3),
        ("{link_header: true}", linked("header"), 3),
        ("{odata: true}", linked("@odata.nextLink"), 3),
    ],
)
def test_it_goes_through_all_pages_and_can_be_taken_up_at_any(
    system: System, pages: str, answer: Any, found: int
) -> None:
    system.answers["/v1/items"] = answer
    gathered = system.gather(paged(pages))
    assert keys(gathered) == [str(n) for n in range(found)]
    assert gathered[-1].cursor is None
    assert all(page.cursor for page in gathered[:-1])
    system.resumed(paged(pages), gathered)


@pytest.mark.parametrize(
    ("pages", "answer", "fault"),
    [
        ("{number: {in: page, more: more}}", {"items": items(1), "more": True}, Fault.ENDLESS_PAGING),
        ("{next_address: next}", {"items": [], "next": "/v1/items?x=1"}, Fault.ENDLESS_PAGING),
        ("{next_address: next}", {"items": [], "next": "https://other.example/x"}, Fault.ADDRESS_REFUSED),
        ("{next_address: next}", {"items": [], "next": "file:///etc/passwd"}, Fault.ADDRESS_REFUSED),
        ("{offset: {in: offset, total: total}}", {"items": items(1), "total": "many"}, Fault.WRONG_TYPE),
        ("{number: {in: page}}", {"items": [1, 2]}, Fault.WRONG_TYPE),
        ("{number: {in: page}}", {"items": None}, Fault.WRONG_TYPE),
        ("{number: {in: page}}", {}, Fault.WRONG_TYPE),
        ("{number: {in: page}}", {"items": "rubbish"}, Fault.WRONG_TYPE),
    ],
)
def test_rubbish_pages_end_in_a_fault(system: System, pages: str, answer: Any, fault: Fault) -> None:
    system.answers["/v1/items"] = answer
    with pytest.raises(ConnectorError) as caught:
        system.gather(paged(pages))
    assert caught.value.fault is fault


def test_a_large_answer_is_delivered_in_pieces_that_can_be_taken_up(system: System) -> None:
    system.answers["/v1/items"] = {"items": items(*range(2_500))}
    gathered = system.gather(ALL)
    assert [len(page.records) for page in gathered] == [1_000, 1_000, 500]
    system.resumed(ALL, gathered)


def test_equal_items_of_a_large_page_keep_their_keys_when_it_is_taken_up(system: System) -> None:
    text = describe(
        "read: {items: {by: [email], get: /items, category: bare}}",
    ).replace("categories: {", "categories: {bare: {kind: table, label: B}, ")
    system.answers["/v1/items"] = [{"note": "samma"}] * 1_500
    gathered = system.gather(text)
    assert len(set(keys(gathered))) == 1_500
    system.resumed(text, gathered)


def test_nobody_to_wait_for_is_nobody_found(system: System) -> None:
    assert keys(system.gather(LATER)) == []


FIND = """
find:
  - by: [email]
    get: /people
    query: {q: "{value}"}
    person: {key: id, name: name, email: mail, personnummer: nr}
    keep: {who: id}
    show: {name: name}
    derive: {customer_no: number, phone: phones}
read:
  items:
    get: "/people/{who}/items"
    person: {key: owner, others: shared}
    category: items
"""


def test_what_is_asked_of_one_person_keeps_nothing_of_another(system: System) -> None:
    system.answers["/v1/people"] = [
        {"id": 1, "name": "Anna Lindqvist", "mail": "ANNA@example.se", "number": "4711", "phones": ["0701740605"]},
        {"id": 2, "name": "Hanna Berg", "mail": "hanna@example.se"},
    ]
    system.answers["/v1/people/1/items"] = [{"id": 1, "owner": 1, "shared": True}, {"id": 2, "owner": 2}, {"id": 3}]
    gathered = system.gather(describe(FIND))
    records = [record for page in gathered for record in page.records]
    assert [record.fields["id"] for record in records] == [1]
    assert records[0].marks == ("co_holder",)
    assert system.paths() == ["/v1/people?q=anna%40example.se", "/v1/people/1/items"]
    derived = {(one.kind, one.value, one.strong) for page in gathered for one in page.derived}
    assert derived == {(IdentifierKind.CUSTOMER_NO, "4711", False), (IdentifierKind.PHONE, "+46701740605", False)}
    system.resumed(describe(FIND), gathered)


def test_several_who_fit_are_put_to_the_coordinator_and_only_the_chosen_is_read(system: System) -> None:
    system.answers["/v1/people"] = [
        {"id": n, "name": name, "mail": "anna@example.se"} for n, name in enumerate(("Anna Lindqvist", "Per Berg"))
    ]
    system.answers["/v1/people/1/items"] = [{"id": 7, "owner": 1}]
    (page,) = system.gather(describe(FIND))
    assert [dict(one.fields) for one in page.candidates] == [{"name": "Anna Lindqvist"}, {"name": "Per Berg"}]
    assert page.records == ()
    chosen = (page.candidates[1].key,)
    assert [
        record.fields["id"] for page in system.gather(describe(FIND), chosen=chosen) for record in page.records
    ] == [7]
    assert system.gather(describe(FIND), chosen=()) == []


@pytest.mark.parametrize(
    ("more", "answer"),
    [
        ("", {"items": []}),
        (', nobody: {when: "items == null"}', {"items": None}),
        (", nobody: {status: [404]}", httpx.Response(404)),
        (", nobody: {when: \"error == 'none'\"}", {"error": "none", "items": [{"id": 9}]}),
        ("", httpx.Response(204)),
    ],
)
def test_nobody_found_is_no_fault(system: System, more: str, answer: Any) -> None:
    system.answers["/v1/items"] = answer
    assert keys(system.gather(describe(f"{READ}{more}}}}}"))) == []


def test_a_missing_address_is_a_fault_unless_it_means_nobody(system: System) -> None:
    with pytest.raises(ConnectorError) as caught:
        system.gather(ALL)
    assert caught.value.fault is Fault.NOT_FOUND


def test_reads_hang_on_each_other_and_on_conditions(system: System) -> None:
    text = describe("""
read:
  lists: {by: [email], get: /lists, keep: {list: id, name: name, open: open}}
  items:
    for_each: lists
    when: open
    get: "/lists/{list}"
    category: items
    add: {list_name: name}
    group: "Lista {name}"
""")
    system.answers["/v1/lists"] = [{"id": n, "name": f"L{n}", "open": n != 2} for n in (1, 2, 3)]
    system.answers |= {f"/v1/lists/{n}": [{"id": 5}] for n in (1, 3)}
    gathered = system.gather(text)
    records = [record for page in gathered for record in page.records]
    assert [(one.group, one.fields["list_name"]) for one in records] == [("Lista L1", "L1"), ("Lista L3", "L3")]
    assert len({one.key for one in records}) == 2
    assert "/v1/lists/2" not in system.paths()
    system.resumed(text, gathered)


def test_it_asks_for_spans_of_days_and_says_which_were_searched(system: System) -> None:
    text = describe(
        'read: {items: {by: [email], get: /items, query: {f: "{from}", t: "{to}"}, window: {days: 10, each: 4}, category: items}}'
    )
    system.answers["/v1/items"] = lambda request: [{"id": request.url.params["f"]}]
    gathered = system.gather(text)
    assert [(str(page.searched_from), str(page.searched_to)) for page in gathered] == [
        ("2026-11-20", "2026-11-23"),
        ("2026-11-16", "2026-11-19"),
        ("2026-11-14", "2026-11-15"),
    ]
    system.resumed(text, gathered, now=NOW + timedelta(days=40))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("answer: jsonl", b'{"id": 1}\n\n{"id": 2}\n'),
        ("answer: csv", b"id,name\n1,a\n2,b\n"),
        ('answer: csv, delimiter: ";", encoding: windows-1252', "id;name\n1;\xe5\n2;b\n".encode("cp1252")),
    ],
)
def test_other_forms_than_json_are_read(system: System, kind: str, body: bytes) -> None:
    text = describe(f"read: {{items: {{by: [email], get: /items, category: items, {kind}}}}}")
    system.answers["/v1/items"] = httpx.Response(200, content=body)
    assert keys(system.gather(text)) == ["1", "2"]


@pytest.mark.parametrize(
    ("kind", "body", "line"),
    [
        ("jsonl", b'{"id": 1}\n{"id"', 2),
        ("csv", b"id,name\n1,a,b\n", 2),
        ("csv", b"id,name\n1,\xe5\n", 2),
    ],
)
def test_a_line_that_cannot_be_read_is_told(system: System, kind: str, body: bytes, line: int) -> None:
    text = describe(f"read: {{items: {{by: [email], get: /items, category: items, answer: {kind}}}}}")
    system.answers["/v1/items"] = httpx.Response(200, content=body, headers={"Content-Length": str(len(body))})
    with pytest.raises(ConnectorError) as caught:
        system.gather(text)
    assert (caught.value.fault, caught.value.params) == (Fault.UNREADABLE, {"line": line})


@pytest.mark.parametrize(
    ("said", "header", "value"),
    [
        ('basic: {user: hemdsr, password: "{key}"}', "authorization", "Basic " + base64.b64encode(b"hemdsr:s3cret").decode()),
        ('bearer: {token: "{key}"}', "authorization", "Bearer s3cret"),
        ('bearer: {token: "{key}", word: Token}', "authorization", "Token s3cret"),
        ('key: {in: header, name: X-Api-Key, value: "{key}"}', "x-api-key", "s3cret"),
    ],
)  # fmt: skip
def test_it_is_let_in(system: System, said: str, header: str, value: str) -> None:
    system.answers["/v1/items"] = {"items": []}
    system.gather(describe(f"{READ}}}}}", auth=f"auth: {{{said}}}"))
    assert system.asked[0].headers[header] == value


def test_a_key_in_the_query_is_not_kept_in_a_cursor(system: System) -> None:
    text = describe(
        f"{READ}, pages: {{next_address: next}}}}}}", auth='auth: {key: {in: query, name: k, value: "{key}"}}'
    )

    def answer(request: httpx.Request) -> Any:
        last = "after" in request.url.params
        return {"items": items(int(last)), "next": None if last else str(request.url.copy_merge_params({"after": "1"}))}

    system.answers["/v1/items"] = answer
    gathered = system.gather(text)
    assert [request.url.params["k"] for request in system.asked] == ["s3cret", "s3cret"]
    assert "s3cret" not in json.dumps(gathered[0].cursor)
    system.resumed(text, gathered)


@pytest.mark.parametrize("place", ["header", "form", "json"])
def test_a_token_is_fetched_once_and_used_until_it_ends(system: System, place: str) -> None:
    auth.forget()
    system.answers["/v1/items"] = {"items": []}
    system.answers["/token"] = {"access_token": "tok", "expires_in": 3600}
    who = 'token_address: "https://login.example/token", client_id: a, client_secret: "{key}", scope: r'
    said = f"oauth2: {{{who}, credentials_in: {place}}}"
    text = describe(f"{READ}}}}}", auth=f"auth: {{{said}}}")
    system.gather(text)
    system.gather(text)
    assert [request.url.path for request in system.asked] == ["/token", "/v1/items", "/v1/items"]
    assert system.asked[2].headers["authorization"] == "Bearer tok"
    sent = system.asked[0].content.decode() + system.asked[0].headers.get("authorization", "")
    assert {
        "header": base64.b64encode(b"a:s3cret").decode(),
        "form": "client_secret=s3cret",
        "json": '"client_secret":"s3cret"',
    }[place] in sent.replace(": ", ":")

    system.answers["/token"] = {"access_token": "soon", "expires_in": 30}
    auth.forget()
    system.gather(text)
    system.gather(text)
    assert [request.url.path for request in system.asked][3:] == ["/token", "/v1/items", "/token", "/v1/items"]


@pytest.mark.parametrize("token", [None, 7, "", "line\nbreak", "\u00e5"])
def test_a_token_that_cannot_be_used_is_a_fault(system: System, token: Any) -> None:
    auth.forget()
    system.answers["/token"] = {"access_token": token}
    said = 'oauth2: {token_address: "https://login.example/token", client_id: a, client_secret: "{key}"}'
    with pytest.raises(ConnectorError) as caught:
        system.gather(describe(f"{READ}}}}}", auth=f"auth: {{{said}}}"))
    assert caught.value.fault is Fault.WRONG_TYPE


def test_it_signs_a_token_of_its_own(system: System) -> None:
    system.answers["/v1/items"] = {"items": []}
    key = "k" * 40
    said = 'jwt: {algorithm: HS256, key: "{key}", issuer: hem, audience: sys, key_id: k1, claims: {org: "5560"}}'
    system.gather(describe(f"{READ}}}}}", auth=f"auth: {{{said}}}"), secrets={"key": key})
    token = system.asked[0].headers["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, key, ["HS256"], audience="sys", issuer="hem")
    assert (claims["org"], claims["exp"] - claims["iat"]) == ("5560", 300)
    assert jwt.get_unverified_header(token)["kid"] == "k1"


def test_a_key_that_cannot_sign_is_told_before_any_request(system: System) -> None:
    with pytest.raises(ConnectorError) as caught:
        system.gather(describe(f"{READ}}}}}", auth='auth: {jwt: {algorithm: RS256, key: "{key}"}}'))
    assert caught.value.fault is Fault.MISCONFIGURED
    assert system.asked == []


LATER = describe("""
read:
  items:
    by: [email]
    post: /exports
    body: {id: "{uuid}", email: "{value}"}
    nobody: {status: [404]}
    later:
      keep: {export: id}
      get: "/exports/{export}"
      ready: "state == 'done'"
      failed: "state == 'failed'"
      every: 60
      at_most: 2
      keep_ready: {link: url}
      result: "{link}"
    items: items
    category: items
""", head='also_allowed: ["https://files.example"]', auth='auth: {bearer: {token: "{key}"}}')  # fmt: skip


def test_an_answer_that_comes_later_is_asked_for_once_and_waited_for(system: System) -> None:
    state = {"state": "working"}
    system.answers["/v1/exports"] = lambda request: httpx.Response(202, json={"id": json.loads(request.content)["id"]})
    system.answers |= {"/result": {"items": items(1, 2)}}

    def answer(_request: httpx.Request) -> Any:
        return state | {"url": "https://files.example/result"}

    pages, caught = [], None
    for later in (0, 60, 120):
        search = system.search(LATER, cursor=pages[-1].cursor if pages else None, now=NOW + timedelta(seconds=later))
        if later == 60:
            asked = next(json.loads(request.content)["id"] for request in system.asked if request.method == "POST")
            system.answers[f"/v1/exports/{asked}"] = answer
        if later == 120:
            state["state"] = "done"
        try:
            for page in Rest().collect(search):
                pages.append(page)
                if page.keep and later == 0 and "later" in (page.cursor or {}):
                    system.answers[f"/v1/exports/{page.cursor['later']['given']['export']}"] = answer  # type: ignore[index]
        except ConnectorError as error:
            caught = error
            assert (error.fault, error.retry_after, error.transient) == (Fault.NOT_READY, 60, True)
    assert caught is not None
    assert keys(pages) == ["1", "2"]
    assert [request.method for request in system.asked].count("POST") == 1
    assert "authorization" not in system.asked[-1].headers  # a key is shown at the system's own address alone
    assert system.asked[0].headers["authorization"] == "Bearer s3cret"


@pytest.mark.parametrize(("state", "hours", "fault"), [("working", 3, Fault.TOO_LATE), ("failed", 0, Fault.GIVEN_UP)])
def test_what_never_comes_ends_in_a_fault(system: System, state: str, hours: int, fault: Fault) -> None:
    system.answers["/v1/exports"] = httpx.Response(202, json={"id": 9})
    system.answers["/v1/exports/9"] = {"state": "working"}
    pages = []
    with pytest.raises(ConnectorError):
        pages.extend([page for page in Rest().collect(system.search(LATER)) if pages.append(page) is None])
    system.answers["/v1/exports/9"] = {"state": state}
    with pytest.raises(ConnectorError) as caught:
        list(Rest().collect(system.search(LATER, cursor=pages[-1].cursor, now=NOW + timedelta(hours=hours))))
    assert caught.value.fault is fault


CHANGE = describe("""
find:
  - {by: [email], get: /people, query: {q: "{value}"}, person: {key: id, email: mail}, keep: {who: id, gone: gone}}
read:
  lists: {get: "/people/{who}/lists", keep: {list: id, status: status}, category: items}
change:
  stop_marketing:
    - for_each: lists
      patch: "/lists/{list}/{who}"
      body: {status: off}
      unless: "status == 'off'"
      check: "status == 'off'"
      tell: {list: list, status: status}
  erase:
    - {delete: "/people/{who}", done: [404], tell: {code: status_code}}
  rectify:
    - {put: "/people/{who}", body: {"{field}": x, value: "{new}"}}
""")  # fmt: skip


def test_it_stops_marketing_for_the_address_and_keeps_proof(system: System) -> None:
    system.answers["/v1/people"] = [{"id": 1, "mail": "anna@example.se"}, {"id": 2, "mail": "hanna@example.se"}]
    system.answers["/v1/people/1/lists"] = [{"id": "a", "status": "on"}, {"id": "b", "status": "off"}]
    system.answers["/v1/lists/a/1"] = {"status": "off"}
    rest = Rest()
    assert rest.changes_of({"description": CHANGE}) == {"stop_marketing", "erase", "rectify"}
    stopper = rest.stopper_of({"description": CHANGE})
    assert stopper is not None
    assert stopper.stops_marketing_to == {IdentifierKind.EMAIL}
    evidence = stopper.stop_marketing(system.search(CHANGE))
    assert (evidence.status, evidence.items) == ("stopped", ({"list": "a", "status": "off"},))
    assert "anna" not in repr(evidence.items)

    system.answers["/v1/people/1/lists"] = [{"id": "a", "status": "off"}]
    assert stopper.stop_marketing(system.search(CHANGE)).status == "already"
    system.answers["/v1/people"] = []
    assert stopper.stop_marketing(system.search(CHANGE)).status == "unknown"


def test_a_change_that_is_not_shown_to_be_done_is_a_fault(system: System) -> None:
    system.answers["/v1/people"] = [{"id": 1, "mail": "anna@example.se"}]
    system.answers["/v1/people/1/lists"] = [{"id": "a", "status": "on"}]
    system.answers["/v1/lists/a/1"] = {"status": "on"}
    with pytest.raises(ConnectorError) as caught:
        Rest().change(system.search(CHANGE), "stop_marketing", {})
    assert (caught.value.fault, caught.value.params) == (Fault.WRONG_TYPE, {"field": "check"})


def test_a_description_that_says_nothing_of_marketing_stops_none() -> None:
    assert Rest().stopper_of({"description": ALL}) is None
    assert Rest().stopper_of({"description": "rubbish"}) is None


def test_nothing_but_marketing_is_changed_for_an_address_that_several_share(system: System) -> None:
    system.answers["/v1/people"] = [{"id": 1, "mail": "anna@example.se"}, {"id": 2, "mail": "anna@example.se"}]
    with pytest.raises(ConnectorError) as caught:
        Rest().change(system.search(CHANGE), "erase", {})
    assert caught.value.fault is Fault.SEVERAL
    assert [request.method for request in system.asked] == ["GET"]


def test_what_is_gone_already_is_erased(system: System) -> None:
    system.answers["/v1/people"] = [{"id": 1, "mail": "anna@example.se"}]
    evidence = Rest().change(system.search(CHANGE), "erase", {})
    assert evidence.items == ({"code": "404"},)


def test_trying_the_connection_asks_what_the_description_says(system: System) -> None:
    settings_, secrets = {"description": ALL, "base_url": "https://system.example/v1"}, {"key": "x"}
    system.answers["/v1/ping"] = {}
    result = Rest().test(settings_, secrets)
    assert (result.ok, result.requests) == (True, 1)
    system.answers["/v1/ping"] = httpx.Response(401)
    assert Rest().test(settings_, secrets).fault is Fault.AUTH_REFUSED


def test_a_pace_is_kept(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    clock = [1_000.0]

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        clock[0] += seconds

    monkeypatch.setattr("requests_app.connectors.rest.client.time.sleep", sleep)
    monkeypatch.setattr("requests_app.connectors.rest.client.time.monotonic", lambda: clock[0])
    system.answers["/v1/items"] = numbered
    text = describe(f"{READ}, pages: {{number: {{in: page, more: more}}}}}}}}", head="pace: {requests: 2, seconds: 60}")
    assert len(keys(system.gather(text))) == 7
    assert sum(waited) == pytest.approx(60)


@pytest.mark.parametrize("status", [500, 401, 302])
def test_nothing_is_told_of_the_person_or_the_keys(
    system: System, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    caplog.set_level(logging.DEBUG)
    system.answers["/v1/items"] = httpx.Response(
        status, headers={"Location": "https://other.example/?x=anna@example.se"}
    )
    text = describe(f"{READ}}}}}", auth='auth: {key: {in: query, name: k, value: "{key}"}}')
    with pytest.raises(ConnectorError) as caught:
        system.gather(text)
    told = caplog.text + repr(caught.value.params) + "".join(traceback.format_exception(caught.value))
    assert [word for word in ("anna", "s3cret", "system.example") if word in told] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["items", "id", "next", "total", "mail", "x"]), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(answer=JSON)
def test_whatever_is_answered_ends_in_records_or_in_a_fault(system: System, answer: Any) -> None:
    system.asked.clear()
    system.answers = {path: answer for path in ("/v1/items", "/v1/people")}
    for text in (paged("{next_address: next}"), paged("{offset: {in: o, total: total}}"), describe(FIND)):
        try:
            pages = system.gather(text, limits=Limits(attempts=1, max_pages=5))
        except ConnectorError:
            continue
        for page in pages:
            json.dumps([record.to_row() for record in page.records])


def test_a_kept_value_that_is_no_single_value_is_a_fault(system: System) -> None:
    system.answers["/v1/people"] = [{"id": {"a": 1}, "name": "Anna Lindqvist", "mail": "anna@example.se"}]
    with pytest.raises(ConnectorError) as caught:
        system.gather(describe(FIND))
    assert caught.value.fault is Fault.WRONG_TYPE


def test_it_is_asked_by_each_identifier_it_takes(system: System) -> None:
    system.answers["/v1/items"] = lambda request: {"items": [{"id": hashlib.md5(request.url.query).hexdigest()}]}  # noqa: S324
    two = (*ANNA, Identifier(IdentifierKind.EMAIL, "a.l@example.se"), Identifier(IdentifierKind.PHONE, "+46701740605"))
    assert len(keys(system.gather(ALL, identifiers=two))) == 2
