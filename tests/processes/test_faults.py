"""Workers killed without warning, a broker that forgets everything, both at once: every case completes, no record missing or double."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.connectors.base import Identifier as SearchIdentifier, Search
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.management import demo_data
from requests_app.models import Case, Collection, Event, SearchProfile, System, User
from requests_app.services import gathering, people, register
from requests_app.services.audit import PERSON, Actor, verify
from requests_app.services.batches import records_of
from requests_app.services.intake import Request, open_case
from requests_app.services.keys import Vault
from requests_app.services.people import Contact, Login
from sandbox.people import CAST
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.stack import Stack

PEOPLE = ("anna", "two_addresses", "moved_out", "samordning", "hostile", "daily")
FOUR = ("mina_sidor", "mitt_hem", "chatt", "nyhetsbrev")
WITHIN = 60.0
"""Seconds from the last fault until every case is complete."""


@pytest.fixture
def installation(stack: Stack) -> Stack:
    """A register of the four systems of the sandbox, with answers slow enough to be caught in the middle."""
    url = stack.start_sandbox()
    call_command("load_register")
    demo_data.make_staff("a long enough password", renew=True)
    demo_data.join_systems(demo_data.sandbox_settings(url))
    SearchProfile.objects.get(key="customer").systems.set(System.objects.filter(key__in=FOUR))
    for system in ("mina_sidor", "mitt_hem", "imbox", "mailchimp"):
        httpx.post(
            f"{url}/_control/latency", json={"system": system, "seconds": 0.02}, trust_env=False
        ).raise_for_status()
    return stack


def file(slug: str) -> Case:
    """A request by login; the login vouches for the e-mail addresses too, so that all four systems start at once."""
    person = CAST[slug]
    assert person.personnummer
    identifiers = [(IdentifierKind.PERSONNUMMER, person.personnummer, "login")]
    identifiers += [(IdentifierKind.EMAIL, email, "login") for email in person.emails]
    request = Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now() - timedelta(seconds=5),
        name=person.name,
        contact=Contact(),
        identifiers=tuple(identifiers),
        login=Login("demo", person.personnummer),
    )
    return open_case(actor=PERSON, request=request).case


def confirm_what_waits() -> None:
    """The coordinator's click, as soon as there is something to click on."""
    actor = Actor.staff(User.objects.get(email="karin.coordinator@hem.example"))
    for case in Case.objects.filter(state="gathering"):
        waiting = [identifier for identifier in people.subject_of(case).identifiers.all() if identifier.waiting]
        if waiting:
            gathering.decide_identifiers(actor=actor, case=case, confirmed=waiting, rejected=[])


def complete(cases: int) -> bool:
    """Whether every case has gone on to review."""
    confirm_what_waits()
    return Case.objects.filter(state="review").count() == cases


def wait_until_complete(cases: int) -> None:
    """Within a minute; a failure shows where each gathering stands."""
    try:
        wait_for(lambda: complete(cases), "every case complete", seconds=WITHIN, every=0.2)
    except AssertionError as error:
        rows = Collection.objects.filter(current=True).exclude(state="done")
        left = rows.values_list(
            "case__diary_no",
            "case__state",
            "system__key",
            "round",
            "state",
            "outcome",
            "fault",
            "attempts",
            "records",
            "not_before",
            "queued_at",
            "lease_until",
        )
        raise AssertionError(f"{error}\n" + "\n".join(map(str, left))) from None


def expected(case: Case) -> dict[str, Counter[tuple[str, str]]]:
    """What each system holds on the person, asked by its connector directly, with nothing in between."""
    vault = Vault(case)
    identifiers = [identifier for identifier in people.subject_of(case).identifiers.all() if identifier.usable]
    found = {}
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


def gathered(case: Case) -> dict[str, Counter[tuple[str, str]]]:
    """What the case holds, record by record."""
    vault = Vault(case)
    rows = case.collections.filter(current=True).select_related("case", "system")
    return {row.system.key: Counter((item.category, item.key) for item in records_of(row, vault)) for row in rows}


def wait_until_busy(worker_has: Callable[[], bool]) -> None:
    wait_for(worker_has, "a gathering in the middle", seconds=30, every=0.01)


def in_the_middle() -> bool:
    """Some gathering has kept pages and has more to come."""
    return (
        Collection.objects.filter(state="running", records__gt=0).exists()
        or Collection.objects.filter(state="running").count() >= 3
    )


def check(installation: Stack, cases: list[Case]) -> None:
    """Every record once, counts that agree, an unbroken log, and one end for each gathering."""
    httpx.post(f"{installation.sandbox_url}/_control/reset", trust_env=False).raise_for_status()
    for case in cases:
        case.refresh_from_db()
        assert gathered(case) == expected(case), case.diary_no
        for row in case.collections.filter(current=True):
            assert row.state == "done"
            assert row.records == sum(row.batches.values_list("n", flat=True))
            assert Event.objects.filter(kind="collection.ended", case_ref=case.ref).count() >= 4
    assert verify().ok


@pytest.mark.parametrize("fault", ["kill", "wipe", "both"])
def test_every_case_completes_whatever_dies(installation: Stack, fault: str) -> None:
    installation.start_beat()
    worker = installation.start_worker(queues="collect,default", concurrency=4)
    cases = [file(slug) for slug in PEOPLE]
    for _ in range(2):
        wait_until_busy(lambda: in_the_middle() or complete(len(cases)))
        if fault in {"kill", "both"}:
            worker.kill()
        if fault in {"wipe", "both"}:
            installation.wipe_broker()
        if fault in {"kill", "both"}:
            worker = installation.start_worker(queues="collect,default", concurrency=4)
    wait_until_complete(len(cases))
    check(installation, cases)


def test_cases_filed_while_the_broker_is_down_are_gathered_when_it_is_back(installation: Stack) -> None:
    broker = next(process for process in installation.processes if process.name == "broker")
    broker.kill()
    case = file("anna")
    assert case.collections.filter(state="pending").count() == len(FOUR)
    installation.start_broker()
    installation.start_beat()
    installation.start_worker(queues="collect,default", concurrency=4)
    wait_until_complete(1)
    check(installation, [case])
