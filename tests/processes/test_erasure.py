"""Erasure in the newsletter tool with real processes: gone there and proven so, whatever died on the way."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from django.core.management import call_command
from django.utils import timezone

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.management import demo_data
from requests_app.models import Action, Case, ErasureLog, Event, Processing, ProcessingItem, System
from requests_app.services import actions, decisions, gathering, people
from requests_app.services.audit import PERSON, verify
from requests_app.services.intake import Request, open_case
from requests_app.services.keys import Vault
from requests_app.services.people import Contact, Login
from sandbox.people import CAST
from tests.support.sandbox_cases import coordinator, furnish
from tests.support.waiting import wait_for

from .test_marketing import EMAIL, NEWSLETTER, memberships

if TYPE_CHECKING:
    from tests.support.stack import Stack


@pytest.fixture
def installation(stack: Stack) -> Stack:
    """The newsletter serves marketing alone, so that no second person has to approve."""
    furnish(stack)
    Processing.objects.update(marketing=False)
    items = ProcessingItem.objects.filter(system__key=NEWSLETTER)
    Processing.objects.filter(items__in=items).update(marketing=True)
    return stack


def granted() -> Case:
    """A request for erasure of somebody whose address is confirmed, granted in the newsletter."""
    anna = CAST["anna"]
    assert anna.personnummer
    request = Request(
        channel=Channel.PORTAL,
        rights={"erasure": ""},
        received_at=timezone.now(),
        name=anna.name,
        contact=Contact(),
        identifiers=(
            (IdentifierKind.PERSONNUMMER, anna.personnummer, "login"),
            (IdentifierKind.EMAIL, EMAIL, "request"),
        ),
        login=Login("demo", anna.personnummer),
    )
    case = open_case(actor=PERSON, request=request).case
    waiting = [identifier for identifier in people.subject_of(case).identifiers.all() if identifier.waiting]
    gathering.decide_identifiers(actor=coordinator(), case=case, confirmed=waiting, rejected=[])
    systems = [System.objects.get(key=NEWSLETTER)]
    decisions.decide(actor=coordinator(), case=case, right="erasure", outcome="granted", systems=systems)
    return case


def check(case: Case, installation: Stack) -> None:
    row = Action.objects.select_related("system").get(case=case)
    assert (row.state, row.result, row.work) == ("done", "done", "done")
    assert row.evidence["status"] == "stopped" and len(row.evidence["items"]) >= 1
    assert actions.note_of(Vault(case), row)["what"]
    assert Event.objects.filter(kind="action.done").count() == 1
    written = "".join(process.output for process in installation.processes if process.name != "sandbox")
    assert EMAIL not in written
    assert verify().ok


def test_the_newsletter_tool_forgets_the_person_and_again_when_it_was_restored(
    installation: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.start_beat()
    installation.start_worker(queues="collect,default,documents", concurrency=2)
    assert memberships(installation)
    case = granted()
    wait_for(lambda: Action.objects.filter(state="done").exists(), "erased and read back", seconds=60)
    assert memberships(installation) == []
    check(case, installation)
    # the tool is restored from a backup of before, and so is our own database, which then knows nothing of it
    before = (timezone.localtime() - timedelta(hours=1)).isoformat()
    demo_data.join_systems(demo_data.sandbox_settings(installation.start_sandbox()))
    assert memberships(installation)
    ErasureLog.objects.all().delete()
    listed = io.StringIO(f"nobody@example.se\n{EMAIL}\n")
    monkeypatch.setattr("sys.stdin", listed)
    call_command("reapply_erasures", NEWSLETTER, since=before)
    assert memberships(installation) == []
    assert verify().ok


def test_a_worker_that_is_killed_while_it_tells_loses_nothing(installation: Stack) -> None:
    installation.start_beat()
    worker = installation.start_worker(queues="collect,default,documents", concurrency=2)
    slow = {"system": "mailchimp", "seconds": 1.5}
    latency = f"{installation.sandbox_url}/_control/latency"
    httpx.post(latency, json=slow, trust_env=False).raise_for_status()
    case = granted()
    wait_for(lambda: Action.objects.filter(sent_at__isnull=False).exists(), "in the middle", seconds=30, every=0.02)
    worker.kill()
    installation.wipe_broker()
    httpx.post(latency, json={**slow, "seconds": 0}, trust_env=False).raise_for_status()
    installation.start_worker(queues="collect,default,documents", concurrency=2)
    wait_for(lambda: Action.objects.filter(state="done").exists(), "erased all the same", seconds=90)
    assert memberships(installation) == []
    check(case, installation)
