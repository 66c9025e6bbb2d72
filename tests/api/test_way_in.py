"""The way in to the API: tokens, scopes, limits, and how what is wrong is said."""

from __future__ import annotations

import base64
import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from requests_app.domain.channels import Scope
from requests_app.models import ApiClient, ApiToken, Case, Event
from requests_app.services import api_clients
from tests.api.conftest import ANNA, Caller, body, make_caller

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tests.world import World

FORM = "application/x-www-form-urlencoded"


def _basic(client_id: str, secret: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"{client_id}:{secret}".encode()).decode()}


def _ask(said: str, **headers: str) -> HttpResponse:
    return Client().post("/api/v1/token", said, content_type=FORM, headers=headers)


def test_basic_and_posted_credentials_give_a_token_for_ten_minutes(caller: Caller) -> None:
    who, secret = caller.made.client.client_id, caller.made.secret
    basic = _ask("grant_type=client_credentials&scope=requests:read", **_basic(who, secret))
    posted = _ask(f"grant_type=client_credentials&client_id={who}&client_secret={secret}")
    assert basic.status_code == posted.status_code == 200
    said = basic.json()
    assert (said["token_type"], said["expires_in"], said["scope"]) == ("Bearer", 600, "requests:read")
    assert posted.json()["scope"].split() == [scope.value for scope in Scope]
    assert basic["Cache-Control"] == "no-store" and "refresh_token" not in said
    caller.token = said["access_token"]
    assert caller.get("/requests").status_code == 200
    assert caller.file().json()["code"] == "insufficient_scope"
    assert Event.objects.filter(kind="login.succeeded", actor_ref__startswith=f"client:{who}").count() == 3


@pytest.mark.parametrize(
    ("said", "status", "error"),
    [
        ("grant_type=client_credentials&client_id={id}&client_secret=wrong", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=nobody&client_secret={secret}", 401, "invalid_client"),
        ("grant_type=client_credentials&client_id=%00&client_secret={secret}", 401, "invalid_client"),
        ("grant_type=client_credentials", 401, "invalid_client"),
        ("grant_type=password&client_id={id}&client_secret={secret}", 400, "unsupported_grant_type"),
        ("client_id={id}&client_secret={secret}", 400, "invalid_request"),
        ("grant_type=client_credentials&client_id={id}&client_secret={secret}&scope=all", 400, "invalid_scope"),
        ("grant_type=client_credentials&client_id={id}&client_id={id}", 400, "invalid_request"),
    ],
)
def test_what_is_wrong_with_a_token_request_is_said_as_the_standard_has_it(
    caller: Caller, said: str, status: int, error: str
) -> None:
    answer = _ask(said.format(id=caller.made.client.client_id, secret=caller.made.secret))
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer["Content-Type"] == "application/json" and answer["Cache-Control"] == "no-store"
    assert (status == 401) == answer.has_header("WWW-Authenticate")


@pytest.mark.parametrize("header", ["Basic !!!", "Basic /////w==", "Basic w6Q=", "Basic", "Basic YTpi", "Bearer x"])
def test_a_broken_header_is_a_wrong_client(world: World, header: str) -> None:
    answer = _ask("grant_type=client_credentials", authorization=header)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", FORM + "; charset=utf-7"]
)
def test_a_token_request_is_a_form(world: World, content_type: str) -> None:
    answer = Client().post("/api/v1/token", "grant_type=client_credentials", content_type=content_type)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_secrets_in_the_address_open_nothing(caller: Caller) -> None:
    query = f"client_id={caller.made.client.client_id}&client_secret={caller.made.secret}"
    answer = Client().post(f"/api/v1/token?{query}", "grant_type=client_credentials", content_type=FORM)
    assert answer.json()["error"] == "invalid_client"


@pytest.fixture
def one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time stands still, so that no minute of counting ends meanwhile."""
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)


def test_guessing_is_slowed_down_and_who_knows_the_secret_still_comes_in(caller: Caller, one_minute: None) -> None:
    who = caller.made.client.client_id
    wrong = f"grant_type=client_credentials&client_id={who}&client_secret=wrong"
    answers = [_ask(wrong) for _ in range(12)]
    assert {answer.status_code for answer in answers[:10]} == {401}
    assert (answers[-1].status_code, answers[-1].json()["error"]) == (429, "slow_down")
    assert int(answers[-1]["Retry-After"]) > 0
    assert Event.objects.filter(kind="login.failed").count() == 10
    assert _ask("grant_type=client_credentials", **_basic(who, caller.made.secret)).status_code == 200


@pytest.mark.parametrize("way", ["header", "form"])
def test_how_often_one_may_fail_does_not_tell_whether_a_client_is_known(
    caller: Caller, one_minute: None, way: str
) -> None:
    def fail(who: str, network: str) -> tuple[int, bytes]:
        form = "" if way == "header" else f"&client_id={who}&client_secret=wrong"
        headers = _basic(who, "wrong") if way == "header" else {}
        said = f"grant_type=client_credentials{form}"
        answer = Client().post("/api/v1/token", said, content_type=FORM, headers=headers, REMOTE_ADDR=network)
        return answer.status_code, answer.content

    known, unknown = caller.made.client.client_id, "0" * 20
    for who in ("nobody", "somebody", unknown):  # others fail before, also from the same place
        assert [fail(who, "192.0.2.7")[0] for _ in range(3)] == [401] * 3
    tried = {who: [fail(who, "192.0.2.7") for _ in range(11)] for who in (known, "1" * 20)}
    assert tried[known] == tried["1" * 20]
    assert [status for status, _body in tried[known]] == [401] * 10 + [429]
    assert fail(known, "198.51.100.7")[0] == 401


def test_who_makes_up_ever_new_clients_is_slowed_down_too(
    world: World, one_minute: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("requests_app.api.token.WRONG_OF_NETWORK", 3)
    monkeypatch.setattr("requests_app.api.token.LOGGED_FAILURES", 2)
    made_up = [_ask("grant_type=client_credentials", **_basic(f"nobody{number}", "x")) for number in range(4)]
    assert [answer.status_code for answer in made_up] == [401] * 3 + [429]
    assert Event.objects.filter(kind="login.failed").count() == 2


def test_no_wrong_old_or_stopped_token_comes_in(caller: Caller) -> None:
    assert caller.get("/requests").status_code == 200
    for token in ("", "nonsense"):
        refused = caller.http.get("/api/v1/requests", headers={"authorization": f"Bearer {token}", "x-subject": ANNA})
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
        assert 'error="invalid_token"' in refused["WWW-Authenticate"]
    bare = Client().get("/api/v1/requests", headers={"x-subject": ANNA})
    assert bare.status_code == 401 and bare["WWW-Authenticate"] == 'Bearer realm="hemdsr"'
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert caller.get("/requests").status_code == 401
    ApiToken.objects.update(expires_at=timezone.now() + timedelta(seconds=60))
    ApiClient.objects.update(active=False)
    assert caller.get("/requests").status_code == 401


def test_each_scope_opens_only_its_own(world: World) -> None:
    opened: dict[str, set[str]] = {}
    for scope in Scope:
        caller = make_caller(world, scopes=[scope])
        ref = "0" * 26
        answers = {
            "file": caller.file(),
            "list": caller.get("/requests"),
            "read": caller.get(f"/requests/{ref}"),
            "messages": caller.get(f"/requests/{ref}/messages"),
            "write": caller.post(f"/requests/{ref}/messages", {"text": "x"}),
            "mark": caller.post(f"/requests/{ref}/messages/read"),
            "withdraw": caller.post(f"/requests/{ref}/withdrawal"),
            "fetch": caller.get(f"/requests/{ref}/files/{ref}"),
            "changes": caller.get("/changes"),
        }
        opened[scope.value] = {name for name, answer in answers.items() if answer.status_code != 403}
        refused = next(answer for answer in answers.values() if answer.status_code == 403)
        assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]
    assert opened == {
        "requests:file": {"file"},
        "requests:read": {"list", "read", "messages", "changes"},
        "requests:write": {"write", "mark", "withdraw"},
        "files:read": {"fetch"},
    }


def test_each_client_has_its_own_limit(world: World) -> None:
    slow, other = make_caller(world, per_minute=2), make_caller(world)
    answers = [slow.get("/requests") for _ in range(3)]
    if answers[-1].status_code == 200:  # the minute ended meanwhile
        answers = [slow.get("/requests") for _ in range(3)]
    assert answers[-1].status_code == 429 and answers[-1].json()["code"] == "too_many"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert other.get("/requests").status_code == 200


def test_what_goes_wrong_is_a_problem_and_never_a_page(caller: Caller) -> None:
    ref = "0" * 26
    here = caller.http
    token = {"authorization": f"Bearer {caller.token}", "x-subject": ANNA, "idempotency-key": "key-00001"}

    def send(content: bytes, kind: str = "application/json") -> HttpResponse:
        return here.post("/api/v1/requests", content, content_type=kind, headers=token)

    cases: list[tuple[HttpResponse, int, str]] = [
        (here.get("/api/v1/nothing"), 404, "not_found"),
        (here.get("/api/v1/"), 404, "not_found"),
        (here.get("/api/v1/requests/", headers=token), 404, "not_found"),
        (here.get("/api/v2/requests"), 404, "not_found"),
        (here.get(f"/api/v1/requests/{ref}%00", headers=token), 400, "malformed"),
        (here.delete(f"/api/v1/requests/{ref}", headers=token), 405, "method_not_allowed"),
        (here.get("/api/v1/requests", headers={**token, "accept": "text/html"}), 406, "not_acceptable"),
        (send(b"{"), 400, "malformed"),
        (send(b"\xff"), 400, "malformed"),
        (send(b'{"rights": {"access": "\\ud800"}}'), 422, "invalid"),
        (send(b"[" * 100_000), 400, "malformed"),
        (send(b""), 422, "invalid"),
        (send(b"a=b", FORM), 415, "unsupported_media_type"),
        (send(json.dumps({"x": "y" * 2_200_000}).encode()), 413, "too_large"),
    ]
    for answer, status, code in cases:
        said = answer.json()
        assert (answer.status_code, said["code"], said["status"]) == (status, code, status), answer.content
        assert answer["Content-Type"] == "application/problem+json"
        assert said["type"] == f"urn:hemdsr:problem:{code}" and said["request_id"] == answer["X-Request-ID"]
    assert cases[5][0]["Allow"] == "GET"


def test_an_error_of_ours_is_a_problem_without_a_trace(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("Anna Lindqvist")

    monkeypatch.setattr("requests_app.services.intake.open_case", fail)
    caller.http.raise_request_exception = False
    answer = caller.file()
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert b"Lindqvist" not in answer.content and b"Traceback" not in answer.content


def test_neither_cookies_nor_pages_of_others_count(caller: Caller, world: World) -> None:
    caller.http.force_login(world.karin, backend="django.contrib.auth.backends.ModelBackend")
    caller.http.cookies["django_language"] = "en"
    answer = caller.get("/requests", origin="https://evil.example", **{"accept-language": "sv"})
    assert answer.status_code == 200 and answer["Content-Language"] == "sv"
    assert not answer.cookies and "Cookie" not in answer["Vary"]
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    assert answer["X-Content-Type-Options"] == "nosniff" and "default-src 'none'" in answer["Content-Security-Policy"]
    caller.token = "none"
    assert caller.get("/requests").status_code == 401


def test_reads_have_an_etag_and_are_not_sent_again(caller: Caller) -> None:
    caller.file()
    case = Case.objects.get()
    for path in ("/requests", f"/requests/{case.ref}", f"/requests/{case.ref}/messages", "/changes", "/openapi.json"):
        first = caller.get(path)
        assert first.status_code == 200 and first["Cache-Control"] == "private, no-cache"
        again = caller.get(path, **{"if-none-match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])


def test_the_subject_reaches_no_log(caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    cache.clear()
    with caplog.at_level(logging.DEBUG):
        caller.post("/requests", {**body(), "more": "x"}, subject="secret-subject")
        caller.get("/requests", "secret-subject")
        caller.get("/requests/x", "secret-subject")
        _ask("grant_type=client_credentials", **_basic(caller.made.client.client_id, "secret-subject"))
    said = caplog.text + str(list(Event.objects.values_list("actor_ref", "kind")))
    assert "secret-subject" not in said and "Lindqvist" not in said


@pytest.mark.parametrize("subject", ["", "ä", "x" * 256, "a b"])
def test_a_call_about_a_person_names_the_person(caller: Caller, subject: str) -> None:
    refused = caller.get("/requests", subject)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "X-Subject")


def test_a_token_says_nothing_of_a_client_that_was_made_anew(caller: Caller, world: World) -> None:
    other = make_caller(world)
    caller.file()
    assert api_clients.caller(other.token) is not None
    assert [item["ref"] for item in other.get("/requests").json()["items"]] == [Case.objects.get().ref]
    assert other.get("/changes").json()["items"] == []  # it did not file it
