"""The installations that other tests start: real processes on both databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
from django.db import connection

from requests_app.models import ChainHead, Team
from requests_app.services.audit import triggers_missing

if TYPE_CHECKING:
    from tests.support.databases import Database
    from tests.support.processes import Process
    from tests.support.stack import Stack


def test_it_gives_a_migrated_database_with_guarded_log(committed_db: Database) -> None:
    assert connection.vendor == committed_db.vendor
    assert triggers_missing() == []
    assert ChainHead.objects.get().seq == 0


def test_it_commits_what_other_connections_then_see(committed_db: Database) -> None:
    Team.objects.create(key="dataskydd", name="Dataskydd")
    connection.close()
    assert Team.objects.get().key == "dataskydd"


def test_it_starts_web_worker_and_sandbox_and_ends_them(stack: Stack) -> None:
    sandbox_url = stack.start_sandbox()
    worker = stack.start_worker()
    base_url = stack.start_web()
    assert httpx.get(f"{base_url}/healthz").text == "ok"
    assert httpx.get(f"{sandbox_url}/_control/requests").status_code == 200
    stack.redis().set("something", "queued")
    stack.wipe_broker()
    assert stack.redis().dbsize() == 0
    stack.kill_worker(worker)
    assert not worker.alive
    stack.close()
    assert [process.name for process in stack.processes if process.alive] == []


def test_it_loads_pages_in_chromium(page: object, stack: Stack) -> None:
    page.goto(f"{stack.start_web()}/healthz")  # type: ignore[attr-defined]
    assert page.inner_text("body") == "ok"  # type: ignore[attr-defined]


def test_it_says_what_a_process_wrote_when_it_ends_early(stack: Stack) -> None:
    process: Process = stack.start("failing", ["sh", "-c", "echo no such thing; exit 3"])
    try:
        process.wait_until(lambda: False, "is ready", seconds=10)
    except AssertionError as error:
        assert "ended with 3" in str(error) and "no such thing" in str(error)
    else:
        raise AssertionError("it waited on")
