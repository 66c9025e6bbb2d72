"""The administrator's page of systems that use the API."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from requests_app.models import ApiClient, Event
from requests_app.services import api_clients
from tests.world import World, make_world

pytestmark = pytest.mark.django_db
RIGHT = {
    "name": "Mina sidor",
    "issuer": "https://login.example.se",
    "scopes": ["requests:file", "requests:read"],
    "per_minute": "60",
}


@pytest.fixture
def world() -> World:
    return make_world()


@pytest.fixture
def ada(world: World) -> Client:
    client = Client()
    client.force_login(world.ada, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _secret(response: object) -> str:
    found = re.search(r"hemdsr_[\w-]+", response.content.decode())  # type: ignore[attr-defined]
    assert found is not None
    return found.group()


def test_a_system_is_let_in_and_its_secret_is_shown_once(ada: Client) -> None:
    secret = _secret(ada.post("/admin/api-system/nytt/", RIGHT))
    client = ApiClient.objects.get()
    assert api_clients.opens(client, secret) and client.per_minute == 60
    for path in ("/admin/api-system/", f"/admin/api-system/{client.client_id}/"):
        page = ada.get(path).content.decode()
        assert "Mina sidor" in page and secret not in page
    assert Event.objects.get(kind="client.created").actor_ref.endswith(":Ada")


def test_a_new_secret_leaves_the_old_one_a_day_unless_it_was_let_out(ada: Client) -> None:
    first = _secret(ada.post("/admin/api-system/nytt/", RIGHT))
    path = f"/admin/api-system/{ApiClient.objects.get().client_id}/hemlighet/"
    second = _secret(ada.post(path))
    assert all(api_clients.opens(ApiClient.objects.get(), secret) for secret in (first, second))
    third = _secret(ada.post(path, {"at_once": "on"}))
    assert [api_clients.opens(ApiClient.objects.get(), one) for one in (first, second, third)] == [False, False, True]


def test_what_it_may_do_is_changed_and_it_is_stopped(ada: Client) -> None:
    ada.post("/admin/api-system/nytt/", RIGHT)
    path = f"/admin/api-system/{ApiClient.objects.get().client_id}/"
    assert ada.post(path, {**RIGHT, "scopes": []}).status_code == 422
    assert ada.post(path, {**RIGHT, "scopes": ["files:read"]}).status_code == 302  # not marked as let in
    client = ApiClient.objects.get()
    assert client.scopes == ["files:read"] and not client.active


def test_a_system_that_is_not_there_is_not_there(ada: Client) -> None:
    assert ada.get("/admin/api-system/none/").status_code == 404
