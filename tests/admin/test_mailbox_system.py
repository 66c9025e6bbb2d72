"""A mailbox as a system of the register: set up in the admin, tried, and searched in a case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from requests_app.models import EventPayload, System
from requests_app.services import gathering, register
from tests.admin.test_keeping import fields_of
from tests.connectors.mail.scripted import answering

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

SECRET = "lösenord-åäö"


def test_it_is_set_up_with_any_letters_in_its_password_and_its_folders_are_named(
    world: World, browse: Callable[[User], Client]
) -> None:
    ada, system = browse(world.ada), world.systems["arkiv"]
    page = reverse("admin:requests_app_system_connection", args=[system.pk])
    with answering(CAPABILITY=b"* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n", AUTHENTICATE=b"").running() as server:
        form = ada.get(f"{page}?connector=mailbox").context["form"]
        given = {
            "connector": "mailbox",
            "setting_host": "127.0.0.1",
            "setting_port": str(server.port),
            "setting_user": "kundservice",
            "setting_folders": "INBOX\r\n*",
            "setting_own_addresses": "hem.example\r\ninfo@hem.se",
            "setting_password": SECRET,
        }
        sent = {key: value for key, value in (fields_of(form) | given).items() if key != "setting_tls"}
        saved = ada.post(page, sent)
        assert saved.status_code == 302, saved.context["form"].errors
        assert register.secrets_of(system) == {"password": SECRET}
        version = System.objects.get(pk=system.pk).versions.order_by("-n").first()
        assert version is not None
        assert (version.settings["tls"], version.settings.get("window_days")) == (False, None)
        tried = ada.post(reverse("admin:requests_app_system_test", args=[system.pk]), follow=True)
    assert "INBOX" in tried.content.decode()
    assert SECRET not in tried.content.decode()
    assert not EventPayload.objects.filter(open__icontains="INBOX").exists()
    assert gathering.connector_of(version) is not None
