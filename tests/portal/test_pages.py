"""What holds for all pages: language, frame, errors in words, policy of contents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import translation

from requests_app.models import Case
from requests_app.portal import following
from requests_app.services import policy
from requests_app.services.audit import Actor
from tests.portal.world import Customer, Page

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db
OPEN = ["start", "login", "accessibility", "privacy"]


@pytest.mark.parametrize("name", OPEN)
def test_the_language_follows_the_browser_and_the_choice(world: World, name: str) -> None:
    customer = Customer(language="sv")
    assert customer.get(name).language == "sv"
    page = customer.press("/sprak/", language="en")
    assert page.language == "en" and customer.path == customer.response.request["PATH_INFO"]
    assert ("language", "sv") in next(form for form in page.forms if form.action == "/sprak/").buttons


def test_the_first_page_promises_no_way_that_is_not_there(world: World) -> None:
    page = Customer().get("start")
    assert "e-mail to info@hem.se or by post to this address: Personal data coordinator" in page.text
    assert "telephone" not in page.text and "visit" not in page.text
    policy.change(actor=Actor.staff(world.user), values={"sender": {"phone": "035-19 01 90"}})
    assert "by telephone on 035-19 01 90 or by post" in Customer().get("start").text


def test_the_words_are_swedish_in_swedish(world: World) -> None:
    with translation.override("sv"):
        if translation.gettext("What do you want to do?") == "What do you want to do?":
            pytest.skip("the messages have not been compiled (manage.py compilemessages)")
    customer = Customer(language="sv")
    assert "Vi ber dig aldrig om en kopia av din legitimation." in customer.get("start").text
    customer.log_in("Anna", "19850403-2387")
    page = customer.file("access")
    assert "Tack. Vi har tagit emot din begäran." in page.text
    assert Case.objects.get().language == "sv"


def test_the_choice_of_language_keeps_the_draft(anna: Customer) -> None:
    anna.choose("access")
    anna.send(access_about="Something")
    anna.get("details")
    page = anna.press("/sprak/", language="sv")
    assert anna.path == "/begaran/ny/uppgifter/" and page.language == "sv"
    assert page.main.fields["access_about"] == "Something"


@pytest.mark.parametrize("name", OPEN)
def test_a_page_is_small_names_the_sender_and_allows_nothing_from_elsewhere(world: World, name: str) -> None:
    response = Customer().client.get({"start": "/", "login": "/logga-in/"}.get(name) or f"/{_path(name)}/")
    html = response.content.decode()
    assert len(response.content) < 100_000
    assert "info@hem.se" in html
    assert "<script" not in html and "style=" not in html and " on" + "click" not in html
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert response["Cache-Control"] == "no-store"


def _path(name: str) -> str:
    return {"accessibility": "tillganglighet", "privacy": "personuppgifter"}[name]


def test_every_page_has_one_heading_a_title_and_a_way_past_the_top(anna: Customer) -> None:
    anna.file("access")
    ref = Case.objects.get().ref
    for path in ("/", "/begaran/ny/", f"/begaran/{ref}/", f"/begaran/{ref}/mottagen/", f"/begaran/{ref}/aterkalla/"):
        page = anna.get(path)
        html = anna.response.content.decode()
        assert html.count("<h1>") == 1
        assert page.title.endswith("Your personal data") and len(page.title) > 25
        assert page.links[0] == "#main" and "main" in page.ids
        assert len(page.ids) == len(set(page.ids))


def test_a_page_that_is_not_there_says_so(world: World) -> None:
    customer = Customer()
    page = customer.get("/begaran")
    page = customer.get("/nothing-here/")
    assert customer.response.status_code == 404
    assert "The page is not there" in page.text and "/" in page.links


def test_a_form_from_elsewhere_is_refused_in_words(anna: Customer) -> None:
    page = anna.post("/begaran/ny/", {"rights": ["access"]})
    assert anna.response.status_code == 403
    assert "The page had become too old" in page.text and "/" in page.links


def test_a_fault_of_ours_is_told_without_the_database(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("made up")

    monkeypatch.setattr(following.session, "visitor_of", fail)
    client = Client(raise_request_exception=False, headers={"accept-language": "en"})
    response = client.get("/")
    assert response.status_code == 500
    page = Page(response.content.decode())
    assert "The fault is ours." in page.text and "made up" not in page.text


@pytest.mark.parametrize("path", ["/begaran/ny/avbryt/", "/logga-ut/"])
def test_what_changes_something_takes_no_link(anna: Customer, path: str) -> None:
    assert anna.client.get(path).status_code == 405
