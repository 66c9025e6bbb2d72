"""Mailboxes as the administrator keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.models import Event, MailSource
from requests_app.services.mailbox import imap

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

NEW = "/admin/brevlador/ny/"
USUAL = {
    "name": "Info",
    "host": "imap.example.se",
    "port": "993",
    "security": "tls",
    "user": "info@example.se",
    "secret": "hemligt",
    "folder": "Dataskydd",
    "done_folder": "",
    "active": "on",
}


@pytest.fixture
def source(world: World, browse: Callable[[User], Client]) -> MailSource:
    """One that is set up."""
    assert browse(world.ada).post(NEW, USUAL).status_code == 302
    return MailSource.objects.get()


def test_it_is_set_up_with_a_password_that_is_never_shown_again(
    world: World, browse: Callable[[User], Client], source: MailSource
) -> None:
    assert b"hemligt" not in bytes(source.secret_enc)
    assert imap.secret_of(source) == "hemligt"
    ada = browse(world.ada)
    assert "hemligt" not in ada.get(f"/admin/brevlador/{source.pk}/").content.decode()
    ada.post(f"/admin/brevlador/{source.pk}/", {**USUAL, "secret": "", "name": "Post"})
    source.refresh_from_db()
    assert (source.name, source.key, imap.secret_of(source)) == ("Post", "info", "hemligt")
    assert Event.objects.filter(kind="mailbox.configured").count() == 2


@pytest.mark.parametrize(
    "changes", [{"host": "imap.angripare.example"}, {"port": "1993"}, {"security": "starttls"}, {"user": "annan"}]
)
def test_the_password_is_asked_for_anew_when_it_would_go_elsewhere(
    world: World, browse: Callable[[User], Client], source: MailSource, changes: dict[str, str]
) -> None:
    ada, url = browse(world.ada), f"/admin/brevlador/{source.pk}/"
    refused = ada.post(url, {**USUAL, **changes, "secret": ""})
    assert refused.status_code == 422
    assert "secret" in refused.context["form"].errors
    source.refresh_from_db()
    assert (source.host, source.port, source.security, source.user) == (USUAL["host"], 993, "tls", USUAL["user"])
    assert ada.post(url, {**USUAL, **changes, "secret": "nytt"}).status_code == 302
    source.refresh_from_db()
    assert imap.secret_of(source) == "nytt"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("security", {"security": "none"}),
        ("done_folder", {"done_folder": "Dataskydd"}),
        ("folder", {}),
        ("port", {"port": "0"}),
        ("host", {"host": ""}),
    ],
)
def test_what_cannot_work_is_refused(
    world: World, browse: Callable[[User], Client], source: MailSource, field: str, changes: dict[str, str]
) -> None:
    response = browse(world.ada).post(NEW, {**USUAL, **changes})
    assert response.status_code == 422
    assert field in response.context["form"].errors
    assert MailSource.objects.count() == 1


def test_the_folder_stays_the_same_once_mails_have_been_taken(
    world: World, browse: Callable[[User], Client], source: MailSource
) -> None:
    source.mails.create(
        uidvalidity=1, uid=1, content_mac=b"x", mac_key_id="1", size=1, received_at=source.not_before, state="proposed"
    )
    response = browse(world.ada).post(f"/admin/brevlador/{source.pk}/", {**USUAL, "folder": "Annan"})
    assert "folder" in response.context["form"].errors


def test_a_try_says_in_words_what_is_wrong(world: World, browse: Callable[[User], Client], source: MailSource) -> None:
    MailSource.objects.update(host="127.0.0.1", port=9)
    page = browse(world.ada).post(f"/admin/brevlador/{source.pk}/testa/")
    assert page.context["tried"].fault == "unreachable"
    assert str(page.context["tried_fault"]) in page.content.decode()
    assert Event.objects.filter(kind="mailbox.tested").count() == 1


def test_the_list_says_how_each_does(world: World, browse: Callable[[User], Client], source: MailSource) -> None:
    ada = browse(world.ada)
    assert ada.get("/admin/brevlador/").context["rows"] == [(source, "")]
    MailSource.objects.update(fault="login", fault_since=source.not_before)
    ((_row, fault),) = ada.get("/admin/brevlador/").context["rows"]
    assert fault in ada.get("/admin/brevlador/").content.decode()
