"""From filing to gathered to package: the four systems of the sandbox, real broker and workers, beside a plain script.

    python -m bench.collect [--database sqlite|postgresql]

The plain script asks the same connectors one after the other and keeps the records in memory: no rows, no seals, no queue.
CPU seconds are those of the worker processes (for the script: its own); the sandbox's are shown apart.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import django
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.database import VENDORS, throw_away
from requests_app.models import Case, Render
from requests_app.services import decisions, review
from sandbox.people import everyone
from tests.support.sandbox_cases import asked_directly, confirm_what_waits, coordinator, file, furnish
from tests.support.stack import Stack
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from tests.support.processes import Process

TICK = os.sysconf("SC_CLK_TCK")


def cpu_of(process: Process) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(int(value) for value in fields[11:15]) / TICK


def peak_of(process: Process) -> float:
    """Peak memory of a process so far, MB."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def gather(slugs: list[str], workers: list[Process], sandbox: Process) -> tuple[list[Case], dict[str, float]]:
    """File for each person and wait until all are gathered."""
    before, sandbox_before, began = [cpu_of(worker) for worker in workers], cpu_of(sandbox), time.monotonic()
    cases = [file(slug) for slug in slugs]
    pks = [case.pk for case in cases]

    def done() -> bool:
        confirm_what_waits()
        return not Case.objects.filter(pk__in=pks).exclude(state="review").exists()

    wait_for(done, "gathered", seconds=300, every=0.05)
    return cases, {
        "wall": time.monotonic() - began,
        "cpu": sum(map(cpu_of, workers)) - sum(before),
        "sandbox": cpu_of(sandbox) - sandbox_before,
    }


def package(cases: list[Case], workers: list[Process]) -> dict[str, float]:
    """Review, decide, and wait until extract, package and letter are made."""
    before, began = [cpu_of(worker) for worker in workers], time.monotonic()
    actor = coordinator()
    for case in cases:
        case.refresh_from_db()
        review.finish(actor=actor, case=case, confirmed=True)
        decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    pks = [case.pk for case in cases]
    wait_for(
        lambda: Render.objects.filter(case__in=pks, kind="answer", state="done").count() == len(cases),
        "packages",
        seconds=600,
        every=0.1,
    )
    return {"wall": time.monotonic() - began, "cpu": sum(map(cpu_of, workers)) - sum(before)}


def plain(cases: list[Case]) -> dict[str, float]:
    """The same connectors, one after the other, nothing kept."""
    began, before = time.monotonic(), time.process_time()
    records = sum(sum(found.values()) for case in cases for found in asked_directly(case).values())
    return {"wall": time.monotonic() - began, "cpu": time.process_time() - before, "records": records}


def main() -> None:
    """Print one line per scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=VENDORS, default="sqlite")
    parser.add_argument("--kind", choices=("sandbox", "sql", "http"), default="sandbox")
    parser.add_argument("--threads", type=int, default=16, help="of each worker, for the kinds sql and http")
    given = parser.parse_args()
    vendor = given.database
    if given.kind != "sandbox":
        from bench import collect_kinds

        collect_kinds.run(given.kind, given.threads)
        return
    with ExitStack() as ending:
        folder, database = ending.enter_context(throw_away(vendor))
        stack = Stack(folder, database, HEMDSR_LEASE_SECONDS="30", HEMDSR_SWEEP_SECONDS="10")
        ending.callback(stack.close)
        stack.start_broker()
        furnish(stack)
        sandbox = stack.processes[-1]
        stack.start_beat()
        workers = [
            stack.start_worker(queues="collect,default", concurrency=16),
            stack.start_worker(queues="documents", concurrency=1),
        ]
        ordinary = [
            person.slug
            for person in everyone()
            if person.slug.startswith("p0") and person.app and person.chats and person.subscribes
        ][:11]
        print(f"{vendor}; python {sys.version.split()[0]}, django {django.__version__}")
        print(
            "scenario      records  gather wall/cpu s  plain wall/cpu s  cpu ratio  sandbox cpu  package wall/cpu s  worker peak MB"
        )
        gather(ordinary[:1], workers, sandbox)  # the first one pays for imports and connections
        for name, slugs in (("250 records", ["anna"]), ("2,500 records", ["daily"]), ("ten at once", ordinary[1:])):
            cases, took = gather(slugs, workers, sandbox)
            script = plain(cases)
            made = package(cases, workers)
            asked = f"{script['wall']:6.1f} / {script['cpu']:6.2f}"
            peaks = " / ".join(f"{peak_of(worker):.0f}" for worker in workers)
            print(
                f"{name:13} {script['records']:7.0f}  {took['wall']:7.1f} / {took['cpu']:6.2f}  {asked}"
                f"  {took['cpu'] / script['cpu']:9.1f}  {took['sandbox']:11.2f}  {made['wall']:8.1f} / {made['cpu']:6.2f}  {peaks}"
            )
        with CaptureQueriesContext(connection) as queries:
            file(ordinary[0])
        print(f"queries to file one request: {len(queries)}")


if __name__ == "__main__":
    main()
