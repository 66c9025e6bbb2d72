"""Filing over the API: one case with its clock and its identity, however often it is sent."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from requests_app.models import Case, Event, IdemKey, IdentityCheck
from requests_app.services import people
from requests_app.services.keys import Vault
from tests.api.conftest import CHARLIE, Caller, body


def test_a_request_becomes_a_case_with_all_that_was_said(caller: Caller) -> None:
    rights = {
        "access": "Chatten",
        "rectification": "Storgatan 1",
        "erasure": "",
        "restriction": "",
        "portability": "",
        "objection": "",
        "consent_withdrawal": "",
    }
    received = timezone.now() - timedelta(days=2)
    person = {"name": "Anna Lindqvist", "email": "anna@example.se", "phone": "070-174 06 05", "address": "Vägen 1"}
    answer = caller.file(
        rights,
        person=person,
        identifiers={"personnummer": "19850403-2387", "customer_no": "K-10023"},
        against_marketing=True,
        language="en",
        delivery="post",
        received_at=received.isoformat(),
    )
    assert answer.status_code == 201, answer.content
    case = Case.objects.get()
    said = answer.json()
    assert answer["Location"] == f"/api/v1/requests/{case.ref}"
    assert said == {
        "ref": case.ref,
        "diary_no": case.diary_no,
        "received_on": case.received_on.isoformat(),
        "answer_by": case.due_statutory_on.isoformat(),
    }
    assert (case.channel, case.client, case.language, case.delivery_wish) == ("api", caller.made.client, "en", "post")
    assert case.received_at == received
    assert {right.right for right in case.rights.all()} == set(rights)
    assert IdentityCheck.objects.get(case=case).level == "loa3" and case.state != "registered"
    vault = Vault(case)
    assert people.person_of(case, vault).contact.address == "Vägen 1"
    found = {item.kind: item.strength for item in people.subject_of(case).identifiers.all()}
    assert found == {"personnummer": "strong", "customer_no": "strong", "email": "weak", "phone": "weak"}
    opened = Event.objects.get(kind="case.opened")
    assert opened.actor_ref == f"client:{caller.made.client.client_id}:Mina sidor"


def test_the_same_key_and_body_is_one_case_and_the_same_answer(caller: Caller) -> None:
    first, second = (caller.post("/requests", body(), key="key-00001") for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content) == (201, first.content)
    assert first["Location"] == second["Location"] and Case.objects.count() == 1


def test_another_body_or_person_under_the_same_key_is_refused(caller: Caller) -> None:
    caller.post("/requests", body(), key="key-00001")
    for wrong in (
        caller.post("/requests", body({"erasure": ""}), key="key-00001"),
        caller.post("/requests", body(), key="key-00001", subject=CHARLIE),
    ):
        assert (wrong.status_code, wrong.json()["code"]) == (409, "idempotency_key_reused")
    assert Case.objects.count() == 1


def test_one_that_is_being_handled_is_to_be_waited_for(caller: Caller) -> None:
    caller.post("/requests", body(), key="key-00001")
    IdemKey.objects.update(status=0, case=None)
    wait = caller.post("/requests", body(), key="key-00001")
    assert (wait.status_code, wait.json()["code"], wait["Retry-After"]) == (409, "in_progress", "2")


def test_a_key_is_needed_and_what_was_refused_leaves_it_free(caller: Caller) -> None:
    missing = caller.http.post(
        "/api/v1/requests",
        body(),
        content_type="application/json",
        headers={"authorization": f"Bearer {caller.token}", "x-subject": "a"},
    )
    assert missing.status_code == 422
    assert missing.json()["errors"][0]["field"] == "Idempotency-Key"
    assert caller.post("/requests", body({"rectification": ""}), key="key-00001").status_code == 422
    assert caller.post("/requests", body({"rectification": "Rätt"}), key="key-00001").status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rights": {}}, "rights"),
        ({"rights": {"everything": ""}}, "rights.everything"),
        ({"rights": {"rectification": " "}}, "rights.rectification"),
        ({"rights": {"objection": ""}}, "rights.objection"),
        ({"rights": {"access": "x" * 20_001}}, "rights.access"),
        ({"rights": {"access": "a\x00b"}}, "rights.access"),
        ({"person": {"name": ""}}, "person.name"),
        ({"person": {"name": " "}}, "person.name"),
        ({"person": {"name": "Anna", "email": "nobody"}}, "person.email"),
        ({"identifiers": {"personnummer": "198504032388"}}, "identifiers.personnummer"),
        ({"login_level": "loa1"}, "login_level"),
        ({"language": "fi"}, "language"),
        ({"received_at": "2126-01-01T00:00:00Z"}, "received_at"),
        ({"received_at": "2001-01-01T00:00:00Z"}, "received_at"),
        ({"received_at": "0001-01-01T00:00:00+14:00"}, "received_at"),
        ({"received_at": "2026-11-01"}, "received_at"),
        ({"received_at": 1700000000}, "received_at"),
        ({"against_marketing": 1}, "against_marketing"),
        ({"more": "x"}, "more"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(caller: Caller, change: dict[str, object], field: str) -> None:
    refused = caller.post("/requests", {**body(), **change})
    assert refused.status_code == 422, refused.content
    said = refused.json()
    assert [error["field"] for error in said["errors"]] == [field]
    assert said["errors"][0]["message"] and said["errors"][0]["in"] == "body"
    assert "nobody" not in refused.content.decode() and "198504032388" not in refused.content.decode()
    assert not Case.objects.exists()


def test_errors_are_in_the_language_that_is_asked_for(caller: Caller) -> None:
    said = {
        lang: caller.post("/requests", body({"rectification": ""}), **{"accept-language": lang})
        for lang in ("sv", "en-GB", "")
    }
    assert [one["Content-Language"] for one in said.values()] == ["sv", "en", "sv"]
    messages = [one.json()["errors"][0]["message"] for one in said.values()]
    assert messages[0] == messages[2] != messages[1]


def test_what_reached_the_client_long_ago_is_refused(caller: Caller) -> None:
    long_ago, lately = (timezone.now() - timedelta(days=days) for days in (91, 89))
    refused = caller.file(received_at=long_ago.isoformat())
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "received_at"
    assert caller.file(received_at=lately.isoformat()).status_code == 201


def test_advertising_is_objected_to_with_the_right_to_object_only(caller: Caller) -> None:
    refused = caller.file({"access": ""}, against_marketing=True)
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == "against_marketing"


def test_a_name_that_stands_twice_is_refused(caller: Caller) -> None:
    twice = json.dumps(body()).replace('"rights":', '"rights": {"erasure": ""}, "rights":', 1)
    refused = caller.post("/requests", twice)
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed")
    assert not Case.objects.exists()


def test_all_that_is_wrong_with_the_person_is_said_at_once(caller: Caller) -> None:
    refused = caller.file(person={"name": "", "email": "nobody", "phone": "x"})
    assert {item["field"] for item in refused.json()["errors"]} == {"person.name", "person.email", "person.phone"}


@pytest.mark.parametrize(
    ("sent", "key", "field", "said"),
    [
        ({"delivery": "fax"}, "", "delivery", "Choose one of: portal, post."),
        ({"rights": {"foo": ""}}, "", "rights.foo", "Choose one of: access, "),
        ({}, "short", "Idempotency-Key", "The key must have 8 to 200 characters."),
    ],
)
def test_errors_are_said_plainly(caller: Caller, sent: dict[str, Any], key: str, field: str, said: str) -> None:
    (found,) = caller.post("/requests", {**body(), **sent}, key=key).json()["errors"]
    assert found["field"] == field and found["message"].startswith(said)
