"""Workers killed without warning, a broker that forgets everything, both at once: every case completes, no record missing or double."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from requests_app.models import Case, Collection, Event
from requests_app.services.audit import verify
from tests.support.sandbox_cases import FOUR, asked_directly, confirm_what_waits, file, furnish, gathered
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from tests.support.stack import Stack

PEOPLE = ("anna", "two_addresses", "moved_out", "samordning", "hostile", "daily")
WITHIN = 60.0
"""Seconds from the last fault until every case is complete."""


@pytest.fixture
def installation(stack: Stack) -> Stack:
    """The four systems, with answers slow enough to be caught in the middle."""
    furnish(stack)
    for system in ("mina_sidor", "mitt_hem", "imbox", "mailchimp"):
        latency = {"system": system, "seconds": 0.02}
        httpx.post(f"{stack.sandbox_url}/_control/latency", json=latency, trust_env=False).raise_for_status()
    return stack


def complete(cases: int) -> bool:
    """Whether every case has gone on to review."""
    confirm_what_waits()
    return Case.objects.filter(state="review").count() == cases


def wait_until_complete(cases: int) -> None:
    """Within a minute; a failure shows where each gathering stands."""
    try:
        wait_for(lambda: complete(cases), "every case complete", seconds=WITHIN, every=0.2)
    except AssertionError as error:
        fields = (
            "case__state",
            "system__key",
            "round",
            "state",
            "outcome",
            "fault",
            "attempts",
            "records",
            "queued_at",
            "lease_until",
        )
        left = Collection.objects.filter(current=True).exclude(state="done").values_list("case__diary_no", *fields)
        raise AssertionError("\n".join(map(str, [error, *left]))) from None


def in_the_middle() -> bool:
    """Some gathering has kept pages and has more to come."""
    running = Collection.objects.filter(state="running")
    return running.filter(records__gt=0).exists() or running.count() >= 3


def check(installation: Stack, cases: list[Case]) -> None:
    """Every record once, counts that agree, an unbroken log, and an end for each gathering."""
    httpx.post(f"{installation.sandbox_url}/_control/reset", trust_env=False).raise_for_status()
    for case in cases:
        case.refresh_from_db()
        assert gathered(case) == asked_directly(case), case.diary_no
        for row in case.collections.filter(current=True):
            assert row.state == "done"
            assert row.records == sum(row.batches.values_list("n", flat=True))
        assert Event.objects.filter(kind="collection.ended", case_ref=case.ref).count() >= len(FOUR)
    assert verify().ok


@pytest.mark.parametrize("fault", ["kill", "wipe", "both"])
def test_every_case_completes_whatever_dies(installation: Stack, fault: str) -> None:
    installation.start_beat()
    worker = installation.start_worker(queues="collect,default", concurrency=4)
    cases = [file(slug) for slug in PEOPLE]
    for _ in range(2):
        wait_for(lambda: in_the_middle() or complete(len(cases)), "a gathering in the middle", every=0.01)
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
