"""Cases about the sandbox's people, and what its systems hold on them when asked with nothing in between."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from django.core.management import call_command
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.connectors.base import Identifier as SearchIdentifier, Search
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.management import demo_data
from requests_app.models import Case, SearchProfile, System, User
from requests_app.services import gathering, people, register
from requests_app.services.audit import PERSON, Actor
from requests_app.services.batches import records_of
from requests_app.services.intake import Request, open_case
from requests_app.services.keys import Vault
from requests_app.services.people import Contact, Login
from sandbox.people import by_slug

if TYPE_CHECKING:
    from sandbox.person import Person
    from tests.support.stack import Stack

FOUR = ("mina_sidor", "mitt_hem", "chatt", "nyhetsbrev")
Found = dict[str, Counter[tuple[str, str]]]
"""System -> (category, key) -> how often."""


def furnish(stack: Stack) -> None:
    """A register with the four systems joined to a running sandbox, the demo's staff, and a profile of just the four."""
    url = stack.start_sandbox()
    call_command("load_register", verbosity=0)
    demo_data.make_staff("a long enough password", renew=True)
    demo_data.join_systems(demo_data.sandbox_settings(url))
    demo_data.confirm_statements()
    SearchProfile.objects.get(key="customer").systems.set(System.objects.filter(key__in=FOUR))


def coordinator() -> Actor:
    """Who works the cases."""
    return Actor.staff(User.objects.get(email="karin.coordinator@hem.example"))


def file(person: Person | str) -> Case:
    """A request by login, whose e-mail addresses the coordinator confirms at once, so that all four systems start."""
    if isinstance(person, str):
        person = by_slug(person)
    assert person.personnummer
    identifiers = [(IdentifierKind.PERSONNUMMER, person.personnummer, "login")]
    identifiers += [(IdentifierKind.EMAIL, email, "request") for email in person.emails]
    request = Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now() - timedelta(seconds=5),
        name=person.name,
        contact=Contact(),
        identifiers=tuple(identifiers),
        login=Login("demo", person.personnummer),
    )
    case = open_case(actor=PERSON, request=request).case
    waiting = [identifier for identifier in people.subject_of(case).identifiers.all() if identifier.waiting]
    gathering.decide_identifiers(actor=coordinator(), case=case, confirmed=waiting, rejected=[])
    return case


def confirm_what_waits() -> None:
    """The coordinator's click, as soon as there is something to click on."""
    for case in Case.objects.filter(state="gathering"):
        waiting = [identifier for identifier in people.subject_of(case).identifiers.all() if identifier.waiting]
        if waiting:
            gathering.decide_identifiers(actor=coordinator(), case=case, confirmed=waiting, rejected=[])


def asked_directly(case: Case) -> Found:
    """What each system's connector gives for the case's identifiers, with no rows, seals or workers between."""
    vault = Vault(case)
    identifiers = [identifier for identifier in people.subject_of(case).identifiers.all() if identifier.usable]
    found: Found = {}
    for row in case.collections.filter(current=True).select_related("system", "system_version"):
        assert row.system_version
        connector = registry.get(row.system_version.connector)
        usable = [item for item in identifiers if item.kind in connector.searches_by]
        search = Search(
            settings=row.system_version.settings,
            secrets=register.secrets_of(row.system),
            identifiers=tuple(
                SearchIdentifier(IdentifierKind(item.kind), people.value_of(vault, item)) for item in usable
            ),
            person_name=people.person_of(case, vault).name,
            now=timezone.now(),
        )
        found[row.system.key] = Counter(
            {(item.category, item.key): 1 for page in connector.collect(search) for item in page.records}
        )
    return found


def gathered(case: Case) -> Found:
    """What the case holds, record by record."""
    vault = Vault(case)
    rows = case.collections.filter(current=True).select_related("case", "system")
    return {row.system.key: Counter((item.category, item.key) for item in records_of(row, vault)) for row in rows}
