"""Everybody who may knock: staff in every role, customers, and nobody at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.test import Client

from requests_app.services.audit import SYSTEM
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

    def client(self, key: str) -> Client:
        """A browser of this actor, logged in as that actor logs in."""
        if key in CUSTOMERS:
            customer = Customer(enforce_csrf_checks=False)
            customer.log_in(*(ANNA if key == "customer" else CHARLIE))
            return customer.client
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
    return People(world, staff)


def _user(name: str, *roles: str, works: Iterable[Team] = (), oversees: Iterable[Team] = ()) -> User:
    from requests_app.models import User

    user = User.objects.create_user(f"{name.lower()}@example.se", PASSWORD, name=name, language="sv")
    set_access(actor=SYSTEM, user=user, roles=roles, works=works, oversees=oversees)
    return user
