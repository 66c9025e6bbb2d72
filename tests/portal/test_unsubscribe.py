"""Leaving the newsletter: nothing happens by looking, everything by one press, and nothing tells whether an address is known."""

from __future__ import annotations

import csv
import io
import logging
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from requests_app.models import Case, MarketingChoice, Processing, Suppression, Throttle
from requests_app.services import marketing
from tests.portal.world import Page
from tests.world import make_world

if TYPE_CHECKING:
    from tests.world import World as Staff

EMAIL = "anna.alm@example.se"
TYPED = "/avregistrera/"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def staff(db: None, var: Any) -> Staff:
    made = make_world()
    Processing.objects.filter(key="arkiv-behandling").update(marketing=True)
    return made


@pytest.fixture
def client() -> Client:
    """Somebody's browser, in which cross-site requests are refused."""
    return Client(enforce_csrf_checks=True, headers={"accept-language": "sv"})


def url(email: str = EMAIL, system: str = "arkiv") -> str:
    return f"/avregistrera/{marketing.link_for(marketing.Link(email, system))}/"


def test_looking_at_the_page_changes_nothing(staff: Staff, client: Client) -> None:
    address = url()
    for method in (client.get, client.head):
        assert method(address).status_code == 200
    text = Page(client.get(address).content.decode()).text

    assert "a***@example.se" in text and EMAIL not in text
    assert not MarketingChoice.objects.exists()


def test_the_button_takes_effect_without_a_cookie(staff: Staff, client: Client) -> None:
    answer = client.post(url())

    assert answer.status_code == 200
    assert "a***@example.se" in answer.content.decode()
    choice = MarketingChoice.objects.get()
    assert (choice.kind, choice.source, marketing.address_of(choice)) == ("withdrawn", "link", EMAIL)
    assert choice.wording == marketing.wording("link", "sv")
    assert Suppression.objects.count() == 1
    assert not Case.objects.exists()


@pytest.mark.parametrize("content", ["application/x-www-form-urlencoded", "multipart/form-data"])
def test_one_click_is_answered_plainly_without_cookies_or_redirects(staff: Staff, client: Client, content: str) -> None:
    if content.startswith("multipart"):
        answer = client.post(url(), ONE_CLICK)
    else:
        answer = client.post(url(), "List-Unsubscribe=One-Click", content_type=content)

    assert (answer.status_code, answer["Content-Type"]) == (200, "text/plain; charset=utf-8")
    assert not answer.cookies and "Location" not in answer
    assert EMAIL not in answer.content.decode()
    assert MarketingChoice.objects.get().source == "one_click"


def test_who_is_unsubscribed_already_is_not_asked_again(staff: Staff, client: Client) -> None:
    assert "<form" in client.get(url()).content.decode()
    client.post(url(), ONE_CLICK)
    page = client.get(url())
    assert page.context["before"] and 'method="post"' not in page.content.decode().split("<main", 1)[-1]


def test_twice_is_one_effect(staff: Staff, client: Client) -> None:
    address = url()
    for _time in range(3):
        assert client.post(address, ONE_CLICK).status_code == 200
    client.post(address)

    assert Suppression.objects.count() == 1
    assert {task.state for task in MarketingChoice.objects.get(source="link").tasks.all()} == {"failed"}
    assert [choice.source for choice in MarketingChoice.objects.order_by("pk")] == ["one_click", "link"]


@pytest.mark.parametrize("token", ["x", "A" * 200, "å", "A" * 3000])
def test_a_link_that_does_not_open_asks_for_the_address(staff: Staff, client: Client, token: str) -> None:
    answer = client.get(f"/avregistrera/{token}/")

    assert answer.status_code == 404
    form = next(form for form in Page(answer.content.decode()).forms if "email" in form.fields)
    assert form.action == TYPED
    refused = client.post(f"/avregistrera/{token}/", ONE_CLICK)
    assert (refused.status_code, refused["Content-Type"]) == (404, "text/plain; charset=utf-8")
    assert client.post(f"/avregistrera/{token}/").status_code == 404
    assert not MarketingChoice.objects.exists()


def write(client: Client, email: str) -> Any:
    client.get(TYPED)
    token = client.cookies["csrftoken"].value
    return client.post(TYPED, {"email": email, "csrfmiddlewaretoken": token})


def test_a_typed_address_is_answered_alike_whether_it_is_known_or_not(staff: Staff, client: Client) -> None:
    first = write(client, EMAIL)
    again = write(client, EMAIL)
    unknown = write(client, "ingen.alls@example.se")

    texts = {Page(answer.content.decode()).text for answer in (first, again, unknown)}
    assert len(texts) == 1 and "example.se" not in texts.pop()
    assert marketing.is_suppressed(marketing.address(email="ingen.alls@example.se"))


def test_a_typed_address_cannot_be_sent_from_another_site(staff: Staff, client: Client) -> None:
    assert client.post(TYPED, {"email": EMAIL}).status_code == 403
    assert not MarketingChoice.objects.exists()


@pytest.mark.parametrize("email", ["", "inte en adress", "x" * 300])
def test_what_is_no_address_is_told_at_the_field_and_kept(staff: Staff, client: Client, email: str) -> None:
    answer = write(client, email)
    form = next(form for form in Page(answer.content.decode()).forms if "email" in form.fields)

    assert form.fields["email"] == email
    assert answer.context["form"].errors["email"]
    assert not MarketingChoice.objects.exists()


def test_nobody_unsubscribes_others_by_the_hundred(staff: Staff, client: Client) -> None:
    answers = [write(client, f"person{number}@example.se").status_code for number in range(12)]

    assert answers == [200] * 10 + [429] * 2
    assert MarketingChoice.objects.count() == 10
    late = write(client, "person99@example.se")
    assert int(late["Retry-After"]) > 0
    assert client.post(url("another@example.se"), ONE_CLICK).status_code == 200  # a link still works


def test_what_one_network_tries_in_vain_leaves_everybody_else_their_tries(staff: Staff, client: Client) -> None:
    for number in range(15):
        write(client, f"person{number}@example.se")
    counted = Throttle.objects.filter(scope="unsubscribe-typed").order_by("-n").values_list("n", flat=True)
    assert sorted(counted) == [10, 15]


def test_one_link_is_used_so_often_at_most(staff: Staff, client: Client) -> None:
    address = url()
    answers = [client.post(address, ONE_CLICK).status_code for _time in range(21)]

    assert answers == [200] * 20 + [429]


def test_a_link_made_of_what_is_no_address_does_nothing(staff: Staff, client: Client) -> None:
    assert client.post(url("inte en adress"), ONE_CLICK).status_code == 404
    assert not MarketingChoice.objects.exists()


def test_the_link_stands_in_no_log(staff: Staff, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    from requests_app.domain.trace import SecretAddressFilter

    caplog.handler.addFilter(SecretAddressFilter())
    caplog.set_level(logging.DEBUG)
    good = url()
    client.get(good)
    client.post(good)
    client.get(good[:-5] + "/")

    assert EMAIL not in caplog.text
    assert good.split("/")[2][:40] not in caplog.text
    caplog.handler.filters.clear()


def links(monkeypatch: pytest.MonkeyPatch, text: str, *arguments: str) -> tuple[list[list[str]], str]:
    out, err = io.StringIO(), io.StringIO()
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    try:
        call_command("unsubscribe_links", *arguments, stdout=out, stderr=err)
    except CommandError as error:
        err.write(str(error))
    return list(csv.reader(io.StringIO(out.getvalue()))), err.getvalue()


def test_the_command_makes_a_link_that_works_for_each_address(
    staff: Staff, client: Client, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.BASE_URL = "https://dsr.example.se/"
    rows, said = links(monkeypatch, f"email,name\n{EMAIL},Anna\n\nBert@Example.se,\n", "--system", "arkiv")

    assert [row[0] for row in rows] == ["address", EMAIL, "Bert@Example.se"]
    assert said == "" and not MarketingChoice.objects.exists()
    assert all(row[1].startswith("https://dsr.example.se/avregistrera/") for row in rows[1:])
    client.post(rows[2][1].removeprefix("https://dsr.example.se"), ONE_CLICK)
    assert marketing.is_suppressed(marketing.address(email="bert@example.se"))


def test_the_command_leaves_out_who_has_declined_and_names_wrong_lines_only(
    staff: Staff, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.post(url(), ONE_CLICK)
    rows, said = links(monkeypatch, f"{EMAIL}\nfel adress\ncecilia@example.se\n")

    assert [row[0] for row in rows] == ["address", "cecilia@example.se"]
    assert "1 address has declined" in said and "1 line holds no e-mail address: 2" in said
    assert "fel" not in said and EMAIL not in said


def test_the_command_wants_a_system_that_is_there(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, said = links(monkeypatch, f"{EMAIL}\n", "--system", "ingen")

    assert rows == [] and "ingen" in said
