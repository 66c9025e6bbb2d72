"""Time (CPU and wall) and queries of legal's reports over many cases, on SQLite.

Run ``python -m bench.reports``; give a number of cases for another than 10,000. A throw-away database is made and filled: cases over a
year, one in five with two rights, one in ten extended or paused, two systems each. The first reading warms up. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.database import throw_away
from requests_app.domain.deadlines import STOCKHOLM, compute
from requests_app.models import Case, CaseExtension, CasePause, CaseRight, Collection, IdentityCheck, SystemVersion
from requests_app.services import policy, reports
from tests.world import make_world

if TYPE_CHECKING:
    from requests_app.models import User

CASES = 10_000
AIM_SECONDS = 1.0
TODAY = date(2026, 11, 20)


def fill(cases: int) -> User:
    """Make staff, systems and cases; gives the person of legal who reads the reports."""
    world, dice = make_world(), random.Random(7)
    used, versions = policy.ensure_policy(), list(SystemVersion.objects.all())

    def at(day: date) -> datetime:
        return datetime(day.year, day.month, day.day, 12, tzinfo=STOCKHOLM)

    rows, rights, extensions, pauses, checks, gatherings = [], [], [], [], [], []
    for n in range(cases):
        received = date(2025, 12, 1) + timedelta(days=n * 354 // cases)
        sent = received + timedelta(days=dice.choice((3, 9, 14, 20, 26, 30, 34, 60)))
        sent_at = at(sent) if sent < TODAY else None
        clock = compute(received, extended=n % 10 == 0)
        case = Case(
            diary_no=f"DSR-2026-{n:06d}",
            team=world.kund if n % 4 else world.hr,
            handler=world.karin if n % 3 else None,
            state="closed" if sent_at else "gathering",
            channel=dice.choice(("portal", "email", "phone", "post")),
            profile="customer",
            received_at=at(received),
            received_on=received,
            due_on=clock.due_on,
            due_statutory_on=clock.due_statutory_on,
            policy=used,
            dispatched_at=sent_at,
            closed_at=sent_at,
            closed_as="granted" if sent_at else "",
        )
        rows.append(case)
        names = ("access", "erasure") if n % 5 == 0 else ("access",)
        outcome = "granted" if sent_at else ""
        rights += [CaseRight(case=case, right=name, outcome=outcome, dispatched_at=sent_at) for name in names]
        if n % 10 == 0:
            notice = at(received + timedelta(days=20))
            extensions.append(
                CaseExtension(
                    case=case,
                    decided_on=received,
                    notice_sent_at=notice,
                    extended_due_on=clock.due_on,
                    reasons_enc=b"x",
                    by=world.karin,
                )
            )
        if n % 10 == 1:
            asked = received + timedelta(days=2)
            pauses.append(CasePause(case=case, asked_on=asked, answered_on=asked + timedelta(days=5)))
        checks.append(IdentityCheck(case=case, method="eid", at=at(received)))
        for version in versions:
            gatherings.append(
                Collection(
                    case=case,
                    system=version.system,
                    system_version=version,
                    round=1,
                    state="done",
                    outcome="found",
                    runs=1,
                    created_at=at(received),
                    ended_at=at(received) + timedelta(minutes=dice.randint(1, 9_000)),
                )
            )
    models: list[tuple[Any, list[Any]]] = [
        (Case, rows),
        (CaseRight, rights),
        (CaseExtension, extensions),
        (CasePause, pauses),
        (IdentityCheck, checks),
        (Collection, gatherings),
    ]
    for model, made in models:
        model.objects.bulk_create(made, batch_size=500)
    return world.lena


def measure(user: User) -> dict[str, dict[str, float]]:
    """Seconds and queries of each report, and of its files."""
    found: dict[str, dict[str, float]] = {}
    query = reports.Query(period=reports.preset("last_12", TODAY))
    reports.build(user, "overview", query, "sv", today=TODAY)
    for key in reports.PLANS:
        with CaptureQueriesContext(connection) as captured:
            started, cpu = time.perf_counter(), time.process_time()
            made = reports.build(user, key, query, "sv", today=TODAY)
            seconds, used = time.perf_counter() - started, time.process_time() - cpu
        found[key] = {"cpu": round(used, 3), "seconds": round(seconds, 3), "queries": len(captured)}
        for ending, make in reports.FORMATS.items():
            started = time.perf_counter()
            make(reports.shared(made))
            found[key][ending] = round(time.perf_counter() - started, 3)
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="?", type=int, default=CASES)
    cases = parser.parse_args().cases
    with throw_away():
        user = fill(cases)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        found = measure(user)
    print(f"{cases} cases")
    names = ("cpu", "seconds", "queries", "xlsx", "csv", "pdf")
    print(f"{'report':12}" + "".join(f" {name:>8}" for name in names))
    for key, row in found.items():
        print(f"{key:12}" + "".join(f" {row[name]:>8}" for name in names))
    slow = [key for key, row in found.items() if row["cpu"] > AIM_SECONDS]
    print(json.dumps({"cases": cases, "reports": found, "over_aim": slow}))
    return 1 if slow and cases <= CASES else 0


if __name__ == "__main__":
    sys.exit(main())
