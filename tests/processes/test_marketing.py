"""One press in a newsletter, with real processes: within a minute the newsletter tool says unsubscribed, whatever died on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from requests_app.models import Case, MarketingChoice, MarketingTask, Processing, ProcessingItem, System
from requests_app.services import marketing
from requests_app.services.audit import verify
from sandbox.people import CAST
from sandbox.settings import MAILCHIMP_KEY
from tests.support.sandbox_cases import furnish
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from tests.support.stack import Stack

EMAIL = CAST["anna"].emails[0]
NEWSLETTER = "nyhetsbrev"
OPERATIONAL = "b7c9e1f0a2"
"""The sandbox's list of notices about power cuts."""
WITHIN = 60.0


@pytest.fixture
def installation(stack: Stack) -> Stack:
    """The newsletter is the one system that markets, and it can be told."""
    furnish(stack)
    Processing.objects.update(marketing=False)
    item = ProcessingItem.objects.filter(system__key=NEWSLETTER).first()
    assert item is not None
    Processing.objects.filter(pk=item.processing_id).update(marketing=True)
    System.objects.exclude(key=NEWSLETTER).filter(items__processing=item.processing_id).update(active=False)
    return stack


def statuses(installation: Stack) -> list[str]:
    """What the newsletter tool says of each membership of the address, asked with nothing in between; power cuts are no marketing."""
    return [member["status"] for member in memberships(installation) if member["list_id"] != OPERATIONAL]


def memberships(installation: Stack) -> list[dict[str, str]]:
    """Each of them as the tool holds it."""
    answer = httpx.get(
        f"{installation.sandbox_url}/mailchimp/3.0/search-members",
        params={"query": EMAIL},
        auth=("test", MAILCHIMP_KEY),
        trust_env=False,
    )
    found: list[dict[str, str]] = answer.raise_for_status().json()["exact_matches"]["members"]
    return found


def press(base_url: str) -> None:
    """As a mail program does it (RFC 8058): one POST, no cookies, no redirect."""
    token = marketing.link_for(marketing.Link(EMAIL, NEWSLETTER))
    answer = httpx.post(
        f"{base_url}/avregistrera/{token}/",
        data={"List-Unsubscribe": "One-Click"},
        follow_redirects=False,
        trust_env=False,
        timeout=20,
    )
    assert (answer.status_code, list(answer.cookies)) == (200, [])


def check(installation: Stack) -> None:
    """Done once, proven, forgotten, and nowhere in a log."""
    task = MarketingTask.objects.get()
    assert (task.state, task.evidence["status"]) in {("done", "stopped"), ("done", "already")}
    assert MarketingChoice.objects.get().email_enc is None
    assert marketing.is_suppressed(marketing.address(email=EMAIL))
    assert not Case.objects.exists()
    written = "".join(process.output for process in installation.processes if process.name != "sandbox")
    assert EMAIL not in written and "avregistrera/A" not in written
    assert verify().ok


def test_one_press_reaches_the_newsletter_tool_within_a_minute(installation: Stack) -> None:
    base_url = installation.start_web()
    installation.start_beat()
    installation.start_worker(queues="default", concurrency=2)
    assert set(statuses(installation)) == {"subscribed"}
    press(base_url)
    wait_for(lambda: set(statuses(installation)) == {"unsubscribed"}, "unsubscribed", seconds=WITHIN, every=0.2)
    wait_for(lambda: MarketingTask.objects.filter(state="done").exists(), "noted as done", seconds=10)
    check(installation)


def test_nothing_is_lost_when_the_worker_is_killed_and_the_broker_forgets(installation: Stack) -> None:
    base_url = installation.start_web()
    installation.start_beat()
    worker = installation.start_worker(queues="default", concurrency=2)
    slow = {"system": "mailchimp", "seconds": 1.5}
    httpx.post(f"{installation.sandbox_url}/_control/latency", json=slow, trust_env=False).raise_for_status()
    press(base_url)
    wait_for(lambda: MarketingTask.objects.filter(state="running").exists(), "in the middle", seconds=30, every=0.02)
    worker.kill()
    installation.wipe_broker()
    slow["seconds"] = 0
    httpx.post(f"{installation.sandbox_url}/_control/latency", json=slow, trust_env=False).raise_for_status()
    installation.start_worker(queues="default", concurrency=2)
    wait_for(lambda: MarketingTask.objects.filter(state="done").exists(), "done", seconds=WITHIN, every=0.2)
    assert set(statuses(installation)) == {"unsubscribed"}
    assert {one["status"] for one in memberships(installation) if one["list_id"] == OPERATIONAL} == {"subscribed"}
    check(installation)
