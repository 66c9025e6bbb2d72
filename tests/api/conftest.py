"""A client of the API that speaks for persons, and what it filed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.test import Client

from requests_app.domain.channels import Scope
from requests_app.services import api_clients
from requests_app.services.audit import Actor
from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.http import HttpResponse

ISSUER = "https://login.example.se"
ANNA, CHARLIE = "anna-sub-1", "charlie-sub-2"
NUMBER = "198504032387"


@dataclass
class Caller:
    """A program that calls the API with a token of its own."""

    world: World
    made: api_clients.Made
    token: str = ""
    http: Client = field(default_factory=lambda: Client(enforce_csrf_checks=True))

    def get(self, path: str, subject: str = ANNA, **headers: str) -> HttpResponse:
        """Read."""
        return self.http.get(f"/api/v1{path}", headers=self._headers(subject, headers))

    def post(self, path: str, body: Any = None, subject: str = ANNA, key: str = "", **headers: str) -> HttpResponse:
        """Write; with a new idempotency key unless one is given."""
        headers = {"idempotency-key": key or str(uuid.uuid4()), **headers}
        said = self._headers(subject, headers)
        if body is None:
            return self.http.generic("POST", f"/api/v1{path}", headers=said)
        return self.http.post(f"/api/v1{path}", body, content_type="application/json", headers=said)

    def _headers(self, subject: str, more: dict[str, str]) -> dict[str, str]:
        said = {"authorization": f"Bearer {self.token}", "accept-language": "en", "x-subject": subject}
        return {name: value for name, value in {**said, **more}.items() if value}

    def file(self, rights: dict[str, str] | None = None, subject: str = ANNA, **more: Any) -> HttpResponse:
        """File a request."""
        return self.post("/requests", body(rights, **more), subject)


def body(rights: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A request as a client sends it."""
    return {
        "rights": rights or {"access": ""},
        "person": {"name": "Anna Lindqvist", "email": "anna@example.se"},
        "identifiers": {"personnummer": NUMBER},
        "login_level": "loa3",
        **more,
    }


def make_caller(world: World, *, scopes: Any = tuple(Scope), issuer: str = ISSUER, per_minute: int = 6_000) -> Caller:
    """A client with a token for all it may do."""
    named = [str(scope) for scope in scopes]
    ada = Actor.staff(world.ada)
    made = api_clients.create(actor=ada, name="Mina sidor", issuer=issuer, scopes=named, per_minute=per_minute)
    token = f"token-{uuid.uuid4()}"
    api_clients.issue(made.client, named, token)
    return Caller(world, made, token)


@pytest.fixture
def app() -> Iterator[Any]:
    """The application as a server runs it, on the connection of the test."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield get_wsgi_application()
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def world(db: None, var: Path) -> World:
    """Staff and a small register."""
    return make_world()


@pytest.fixture
def caller(world: World) -> Caller:
    """Mina sidor's own program."""
    return make_caller(world)
