"""The clients of the API: secrets and tokens of which only hashes are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.models import ApiClient, ApiToken, Event, EventPayload
from requests_app.services import api_clients
from requests_app.services.audit import PERSON, Actor
from tests.world import World, make_world

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada() -> Actor:
    world: World = make_world()
    return Actor.staff(world.ada)


@pytest.fixture
def made(ada: Actor) -> api_clients.Made:
    return api_clients.create(
        actor=ada, name="Mina sidor", issuer="https://login.example.se", scopes=["requests:read", "requests:file"]
    )


def _token(client: ApiClient, *scopes: str) -> str:
    api_clients.issue(client, scopes, "a-token")
    return "a-token"


def test_a_secret_is_kept_as_a_hash_only_and_opens(made: api_clients.Made) -> None:
    row = ApiClient.objects.values().get()
    assert made.secret.encode() not in b"".join(value for value in row.values() if isinstance(value, bytes))
    assert made.secret not in str(row) and made.secret not in str(list(EventPayload.objects.values()))
    assert api_clients.opens(made.client, made.secret)
    assert not api_clients.opens(made.client, made.secret + "x")


def test_the_old_secret_opens_for_a_day_after_a_change(made: api_clients.Made, ada: Actor) -> None:
    new = api_clients.change_secret(actor=ada, client=made.client)
    assert api_clients.opens(new.client, made.secret) and api_clients.opens(new.client, new.secret)
    new.client.old_secret_until = timezone.now() - timedelta(seconds=1)
    assert not api_clients.opens(new.client, made.secret) and api_clients.opens(new.client, new.secret)


def test_a_secret_that_was_let_out_stops_at_once_with_its_tokens(made: api_clients.Made, ada: Actor) -> None:
    token = _token(made.client, "requests:read")
    new = api_clients.change_secret(actor=ada, client=made.client, at_once=True)
    assert not api_clients.opens(new.client, made.secret)
    assert api_clients.caller(token) is None


def test_a_token_says_who_calls_until_it_expires(made: api_clients.Made) -> None:
    token = _token(made.client, "requests:read")
    assert b"a-token" not in bytes(ApiToken.objects.get().mac)
    caller = api_clients.caller(token)
    assert caller is not None and caller.client == made.client and caller.scopes == {"requests:read"}
    assert ApiClient.objects.get().last_used_at is not None
    ApiToken.objects.update(expires_at=timezone.now())
    assert api_clients.caller(token) is None
    assert api_clients.sweep() == 1 and not ApiToken.objects.exists()


def test_what_is_taken_from_a_client_its_tokens_do_not_give(made: api_clients.Made, ada: Actor) -> None:
    token = _token(made.client, "requests:read", "requests:file")
    same = {"name": "Mina sidor", "issuer": "https://login.example.se", "per_minute": 120}
    assert api_clients.change(actor=ada, client=made.client, scopes=["requests:read"], active=True, **same)
    caller = api_clients.caller(token)
    assert caller is not None and caller.scopes == {"requests:read"}
    assert not api_clients.change(actor=ada, client=made.client, scopes=["requests:read"], active=True, **same)
    assert api_clients.change(actor=ada, client=made.client, scopes=["requests:read"], active=False, **same)
    assert api_clients.caller(token) is None and api_clients.find(made.client.client_id) is None
    assert Event.objects.filter(kind="client.changed").count() == 2


def test_only_staff_makes_a_client_and_only_a_whole_one(ada: Actor) -> None:
    right = {"name": "X", "issuer": "https://y.example", "scopes": ["files:read"]}
    with pytest.raises(ValidationError):
        api_clients.create(actor=PERSON, **right)
    for wrong in (
        {"name": " "},
        {"issuer": ""},
        {"issuer": "email"},
        {"issuer": "http://login.example.se"},
        {"issuer": "https://"},
        {"scopes": []},
        {"scopes": ["all"]},
        {"per_minute": 0},
    ):
        with pytest.raises(ValidationError) as caught:
            api_clients.create(actor=ada, **{**right, **wrong})
        assert list(caught.value.message_dict) == list(wrong)


def test_a_token_holds_at_most_what_the_client_has(made: api_clients.Made) -> None:
    assert api_clients.allowed(made.client, None) == ["requests:file", "requests:read"]
    assert api_clients.allowed(made.client, ["requests:read"]) == ["requests:read"]
    assert api_clients.allowed(made.client, ["requests:read", "files:read"]) is None
