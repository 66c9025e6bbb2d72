"""Who is logged in at the portal, for how long, and what the table of sessions says about them: nothing."""

from __future__ import annotations

import base64
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

from requests_app.models import Case, CaseParty, Event, HeldFile, User
from requests_app.portal import demo, session
from requests_app.services import draft_files, held_files
from requests_app.services.people import Login
from tests.portal.world import ANNA, CHARLIE, Customer

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db


def age(seconds: int) -> None:
    """Let time pass for every session."""
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        store["portal_seen"] = int(time.time()) - seconds
        store.save()


def test_a_login_is_no_user_and_stands_in_the_session_sealed(world: World) -> None:
    users = User.objects.count()
    customer = Customer()
    customer.log_in(*ANNA)
    customer.fill("access", access_about="Something private")
    assert User.objects.count() == users
    known = SessionStore(Session.objects.get().session_key).load()
    opened = str(known) + "".join(
        str(base64.b64decode(value)) for value in known.values() if isinstance(value, str) and len(value) > 99
    )
    for secret in (ANNA[1], "Lindqvist", "Something private"):
        assert secret not in opened
    assert Event.objects.filter(kind="login.succeeded").count() == 1


def test_a_case_keeps_only_a_keyed_hash_of_the_login(anna: Customer) -> None:
    anna.file("access")
    kept = bytes(CaseParty.objects.get().login_mac)
    assert len(kept) == 32 and ANNA[1].encode() not in kept


def test_a_login_gets_a_session_key_of_its_own(world: World) -> None:
    customer = Customer()
    keys = []
    for _ in range(2):
        customer.log_in(*ANNA)
        keys.append(customer.client.cookies["sessionid"].value)
    assert keys[0] != keys[1]
    assert list(Session.objects.values_list("session_key", flat=True)) == keys[1:]


def test_a_logout_clears_the_session_and_leaves_the_draft_to_that_person_alone(anna: Customer) -> None:
    anna.fill("access", access_about="Something private")
    page = anna.press("/logga-ut/")
    assert "You have logged out." in page.text
    assert not Session.objects.exists()
    anna.get("what")
    assert anna.path == "/logga-in/"
    anna.log_in(*CHARLIE)
    assert "/begaran/ny/kontrollera/" not in anna.get("start").links
    anna.press("/logga-ut/")
    anna.log_in(*ANNA)
    assert "/begaran/ny/kontrollera/" in anna.get("start").links


def test_a_draft_is_found_at_another_device_for_a_week(anna: Customer) -> None:
    anna.fill("access", access_about="Something private")
    phone = Customer()
    phone.log_in(*ANNA)
    assert phone.get("details").main.fields["access_about"] == "Something private"
    HeldFile.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "/begaran/ny/kontrollera/" not in phone.get("start").links
    assert held_files.sweep() == 1 and not HeldFile.objects.exists()


def test_a_logout_leaves_a_member_of_staff_logged_in(anna: Customer, world: World) -> None:
    anna.client.force_login(world.user)
    anna.get("start")
    anna.press("/logga-ut/")
    assert anna.client.session["_auth_user_id"] == str(world.user.pk)
    anna.get("what")
    assert anna.path == "/logga-in/"


def test_a_member_of_staff_is_not_a_customer(world: World) -> None:
    customer = Customer()
    customer.client.force_login(world.user)
    case = world.open()
    customer.get("case", case.ref)
    assert customer.path == "/logga-in/"


def test_half_an_hour_of_nothing_ends_the_login_and_keeps_the_draft(anna: Customer) -> None:
    anna.fill("access", access_about="Something private")
    age(session.IDLE_SECONDS + 5)
    page = anna.get("details")
    assert anna.path == "/logga-in/" and "nothing happened for 30 minutes" in page.text
    anna.send(person_name=ANNA[0], personnummer=ANNA[1])
    assert anna.path == "/begaran/ny/uppgifter/"
    assert anna.page.main.fields["access_about"] == "Something private"


def test_what_is_posted_after_half_an_hour_is_kept_too(anna: Customer) -> None:
    anna.choose("access")
    age(session.IDLE_SECONDS + 5)
    anna.send(access_about="Written during a long lunch")
    assert anna.path == "/logga-in/"
    anna.send(person_name=ANNA[0], personnummer=ANNA[1])
    assert anna.page.main.fields["access_about"] == "Written during a long lunch"


def test_what_another_browser_or_an_old_session_posts_is_kept_for_nobody(
    anna: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna.choose("access")
    known = dict(anna.client.session.items())
    late = {"access_about": "Not hers", "draft": anna.page.main.fields["draft"]}

    def posted(seconds: float, **headers: str) -> str:
        store = anna.client.session
        store.update(known)
        store.save()
        monkeypatch.setattr(session.time, "time", lambda: known["portal_seen"] + seconds)
        anna.post("/begaran/ny/uppgifter/", late | {"csrfmiddlewaretoken": token}, **headers)
        monkeypatch.undo()
        draft = draft_files.read_text(Login(*mine), "request") or {}
        return str(draft["answers"].get("access_about", ""))

    token = anna.page.main.fields["csrfmiddlewaretoken"]
    login = session._open(known["portal_login"], "portal-login")
    mine = login["visitor"]["issuer"], login["visitor"]["subject"]
    assert posted(session.IDLE_SECONDS + 5, headers={"user-agent": "Another"}) == ""
    assert posted(session.LONGEST_SECONDS + session.IDLE_SECONDS + 5) == ""
    assert posted(session.LONGEST_SECONDS + 5) == "Not hers"


def test_nothing_is_sent_after_half_an_hour_without_a_new_login(anna: Customer) -> None:
    anna.fill("access")
    age(session.IDLE_SECONDS + 5)
    anna.send()
    assert anna.path == "/logga-in/" and not Case.objects.exists()
    anna.send(person_name=ANNA[0], personnummer=ANNA[1])
    assert anna.path == "/begaran/ny/kontrollera/"
    anna.send()
    assert Case.objects.count() == 1


def test_being_there_keeps_the_login(anna: Customer) -> None:
    for _ in range(3):
        age(session.IDLE_SECONDS - 5)
        anna.get("start")
        assert "You are logged in as" in anna.page.text


def test_a_post_without_any_login_says_that_it_was_not_saved(world: World) -> None:
    customer = Customer(enforce_csrf_checks=False)
    page = customer.post("/begaran/ny/uppgifter/", {"access_about": "Lost"})
    assert customer.path == "/logga-in/"
    assert "could not be saved" in page.text


@pytest.mark.parametrize("number", ["", "850403-2388", "not a number", "20991231-1234"])
def test_a_number_that_is_none_is_told_at_the_field(world: World, number: str) -> None:
    customer = Customer()
    page = customer.log_in("Anna", number)
    assert page.title.startswith("Error:") and "id_personnummer_error" in page.ids
    assert page.main.fields["person_name"] == "Anna"
    assert not Event.objects.filter(kind="login.succeeded").exists()


@pytest.mark.parametrize(
    ("wanted", "reached"),
    [("/begaran/ny/", "/begaran/ny/"), ("https://example.org/", "/"), ("//example.org/", "/"), ("javascript:1", "/")],
)
def test_a_login_leads_only_to_pages_of_ours(world: World, wanted: str, reached: str) -> None:
    customer = Customer()
    customer.get("login", query=f"?next={wanted}")
    customer.send(person_name=ANNA[0], personnummer=ANNA[1])
    assert customer.path == reached


def test_without_a_demo_nobody_can_log_in_by_saying_who_one_is(world: World, settings: Any) -> None:
    settings.DEMO = False
    customer = Customer(enforce_csrf_checks=False)
    page = customer.post("/logga-in/", {"person_name": ANNA[0], "personnummer": ANNA[1]})
    assert customer.path == "/logga-in/" and "Login with eID has not been set up" in page.text
    assert any(link.startswith("/logga-in/e-post/") for link in page.links)
    assert all(form.action for form in page.forms)  # none in which to say who one is
    assert not Event.objects.filter(kind="login.succeeded").exists()


def test_the_made_up_people_can_be_chosen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    known = [demo.DemoPerson("anna", *ANNA, "ordinary"), demo.DemoPerson("charlie", *CHARLIE, "")]
    monkeypatch.setattr(demo, "people", lambda: known)
    customer = Customer()
    page = customer.get("login")
    assert ("person", "charlie") in page.main.buttons
    assert CHARLIE[1] not in customer.response.content.decode()
    customer.send(person="charlie")
    assert CHARLIE[0] in customer.page.text
    customer.get("login")
    assert "not in the list" in customer.send(person="somebody").text


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(500),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"people": [{"slug": "anna"}]}),
        httpx.Response(200, json=[]),
        None,
    ],
)
def test_without_the_stand_ins_the_name_can_be_typed(
    world: World, settings: Any, monkeypatch: pytest.MonkeyPatch, answer: httpx.Response | None
) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"

    def handle(self: Any, request: httpx.Request) -> httpx.Response:
        if answer is None:
            raise httpx.ConnectError("nobody there", request=request)
        return httpx.Response(answer.status_code, content=answer.content, request=request)

    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
    assert demo.people() == []
    customer = Customer()
    customer.log_in(*ANNA)
    assert customer.path == "/"
