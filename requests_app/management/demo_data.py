"""What a demo installation holds beside the register: staff of each role, systems joined to the sandbox, confirmed statements."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
from django.contrib.auth.hashers import make_password

from requests_app.models import ProcessingItem, Recipient, System, Team, User
from requests_app.services import register, staff
from requests_app.services.audit import SYSTEM, Actor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Member:
    """One of the demo's staff: role, and keys of the teams whose cases the person works or oversees."""

    email: str
    name: str
    role: str
    works: tuple[str, ...] = ()
    oversees: tuple[str, ...] = ()


STAFF = (
    Member("karin.coordinator@hem.example", "Karin Ek", "coordinator", works=("kund",)),
    Member("anders.coordinator@hem.example", "Anders Holm", "coordinator", works=("hr",)),
    Member("lena.legal@hem.example", "Lena Björk", "legal", oversees=("kund", "hr")),
    Member("sven.service@hem.example", "Sven Lund", "customer_service"),
    Member("ada.admin@hem.example", "Ada Nord", "administrator"),
)
LEGAL_USER = "lena.legal@hem.example"
ADMIN_USER = "ada.admin@hem.example"

CONNECTORS = {"mina_sidor": "mina_sidor", "mitt_hem": "mitt_hem", "chatt": "chat", "nyhetsbrev": "newsletter"}
"""Systems that the sandbox stands in for, and their connectors."""
CONFIRMED = (
    *CONNECTORS,
    *("fakturering", "epost_diarium", "avtal_kund", "matvarden", "kreditupplysning"),
    *("telefoni", "formular", "bestallningsflode", "analys_kop"),
)
"""Systems of an ordinary customer's case."""
NAMES = {
    "nyhetsbrevsverktyg": "Mailchimp (Intuit)",
    "kreditupplysare": "Påhittade Kreditupplysningen AB",
    "betaltjanst": "Påhittade Banken AB",
}
"""Recipients that the guideline does not name and the law wants named (C-154/21): HEM's staff would know; so do the made-up data."""


def password(folder: Path) -> tuple[str, bool]:
    """The password of all demo staff and whether it is new: made once, kept in a file that only its owner can read."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / "password"
    if path.exists():
        return path.read_text("utf-8").strip(), False
    made = secrets.token_urlsafe(12)
    path.touch(mode=0o600)
    path.write_text(made + "\n", "utf-8")
    return made, True


def make_staff(word: str, *, renew: bool) -> None:
    """The demo's staff with their roles and teams. A password is hashed only for new accounts, or when it is new, and once for all."""
    there = {user.email: user for user in User.objects.filter(email__in=[member.email for member in STAFF])}
    encoded = make_password(word) if renew or len(there) < len(STAFF) else ""
    for member in STAFF:
        user = there.get(member.email) or User(email=member.email, name=member.name)
        if user.pk is None or renew:
            user.password = encoded
            user.save()
        staff.set_access(
            actor=SYSTEM,
            user=user,
            roles=[member.role],
            works=Team.objects.filter(key__in=member.works),
            oversees=Team.objects.filter(key__in=member.oversees),
        )


def sandbox_settings(url: str, *, seconds: float = 20.0) -> Mapping[str, Any]:
    """What the sandbox says fits it; waits for one that is just being started. Raises ``TimeoutError``."""
    last = time.monotonic() + seconds
    with httpx.Client(base_url=url, trust_env=False, timeout=5) as client:
        while True:
            try:
                answer = client.get("/_control/settings")
                answer.raise_for_status()
                settings: dict[str, Any] = answer.json()
                return settings
            except httpx.HTTPError:
                if time.monotonic() > last:
                    raise TimeoutError("the sandbox does not answer") from None
                time.sleep(0.1)


def join_systems(fitting: Mapping[str, Any]) -> None:
    """Register the sandbox's address and keys for the four systems, as an administrator does."""
    actor = Actor.staff(User.objects.get(email=ADMIN_USER))
    for key, connector in CONNECTORS.items():
        register.configure(
            actor=actor,
            system=System.objects.get(key=key),
            connector=connector,
            settings=fitting[key]["settings"],
            secrets=fitting[key]["secrets"],
        )


def confirm_statements() -> int:
    """Vouch for what the demo's cases print, as legal does: recipients get their names first. Gives how many were confirmed."""
    actor = Actor.staff(User.objects.get(email=LEGAL_USER))
    systems = list(System.objects.filter(key__in=CONFIRMED))
    for recipient in Recipient.objects.filter(key__in=NAMES, confirmed_at=None):
        name = NAMES[recipient.key]
        register.correct(actor=actor, key=recipient.statement_key, fields={"name_sv": name, "name_en": name})
    for item in ProcessingItem.objects.filter(
        system__key__in=CONFIRMED, processing__key="kreditprovning", confirmed_at=None
    ):
        bureau = NAMES["kreditupplysare"]  # the answer must say which one it was (EDPB 01/2022 § 120)
        register.correct(actor=actor, key=item.statement_key, fields={"source_sv": bureau, "source_en": bureau})
    waiting = [statement.key for statement in register.unconfirmed_for(systems) if statement.confirmable]
    register.confirm_many(actor=actor, keys=waiting)
    return len(waiting)
