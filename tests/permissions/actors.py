"""Everybody who may knock: staff in every role, customers, and nobody at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.test import Client

from requests_app.domain.channels import Scope
from requests_app.models import ApiClient
from requests_app.portal import demo
from requests_app.services import api_clients
from requests_app.services.audit import SYSTEM, Actor
from requests_app.services.staff import set_access
from tests.permissions.table import CUSTOMERS
from tests.portal.world import ANNA, CHARLIE, Customer
from tests.world import PASSWORD, World, make_world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from requests_app.models import Team, User


@dataclass
class People:
    """The world with everybody of the matrix in it."""

    world: World
    staff: dict[str, User]
    token: str = ""
    """Of a program that speaks for who logs in at the demo's login."""

    def client(self, key: str) -> Client:
        """A browser of this actor, logged in as that actor logs in."""
        if key in CUSTOMERS:
            customer = Customer(enforce_csrf_checks=False)
            customer.log_in(*(ANNA if key == "customer" else CHARLIE))
            return customer.client
        if key == "program":
            said = {"authorization": f"Bearer {self.token}", "x-subject": ANNA[1], "idempotency-key": "permissions-1"}
            return Client(headers=said)
        client = Client()
        if key != "nobody":
            client.force_login(self.staff[key], backend="django.contrib.auth.backends.ModelBackend")
        return client


def make_people() -> People:
    """Make them all. Being superuser, or owning a system, gives nothing by itself."""
    world = make_world()
    made: Callable[..., User] = _user
    staff = {
        "handler": world.karin,
        "colleague": made("Kerstin", "coordinator", works=[world.kund]),
        "other_team": world.anders,
        "legal": made("Lovisa", "legal", oversees=[world.kund]),
        "legal_other": made("Leif", "legal", oversees=[world.hr]),
        "service": world.sven,
        "admin": world.ada,
        "superuser": world.root,
        "owner": made("Olle"),
    }
    for system in world.systems.values():
        system.owner = staff["owner"]
        system.save(update_fields=["owner"])
    return People(world, staff, _token(world))


def _token(world: World) -> str:
    scopes = [scope.value for scope in Scope]
    made = api_clients.create(
        actor=Actor.staff(world.ada), name="Mina sidor", issuer="https://eid.hem.example", scopes=scopes
    )
    # the persons of these tests log in with the demonstration's own login, which no real client speaks for
    ApiClient.objects.filter(pk=made.client.pk).update(issuer=demo.ISSUER)
    api_clients.issue(made.client, scopes, "a-token")
    return "a-token"


def _user(name: str, *roles: str, works: Iterable[Team] = (), oversees: Iterable[Team] = ()) -> User:
    from requests_app.models import User

    user = User.objects.create_user(f"{name.lower()}@example.se", PASSWORD, name=name, language="sv")
    set_access(actor=SYSTEM, user=user, roles=roles, works=works, oversees=oversees)
    return user
