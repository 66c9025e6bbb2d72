"""How long the page of gathered data takes in a case of 50,000 records, and what masking there costs.

    python -m bench.review [--records 50000] [--masks 1000] [--database sqlite|postgresql]

Data: readings by the hour, chat messages and log-ins, all in one system. Prints seconds (the best of three) and queries for the first,
the middle and the last page, with no masks and with so many in the messages; then one mask laid from the page, with the search for its
text in everything.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.database import VENDORS, throw_away
from requests_app.admin.data_shapes import handle_of, spot_of
from requests_app.domain.masks import Place, Scope
from requests_app.domain.records import Kind, Record
from requests_app.services import answers, masking, review
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from tests.world import World, identified, make_world, open_case, put_records

if TYPE_CHECKING:
    from requests_app.models import Case

START = datetime(2021, 1, 1, tzinfo=UTC)
SHARES = {"matvarden": 0.5, "chatt": 0.3, "inloggningar": 0.2}


def made(records: int) -> list[Record]:
    """The data, with a name in every tenth message."""
    found = []
    for n in range(int(records * SHARES["matvarden"])):
        fields: dict[str, Any] = {"value": round(1 + n % 7 / 3, 3), "unit": "kWh", "flag": "measured"}
        found.append(Record(f"m{n}", "matvarden", Kind.TIME_SERIES, START + timedelta(hours=n), fields, "735999"))
    for n in range(int(records * SHARES["chatt"])):
        who = "Karl Karlsson" if n % 10 == 0 else "grannen"
        text = f"Hej! Jag undrar över faktura {n} och vad {who} sa om den. Kan ni ringa mig på eftermiddagen i stället?"
        role = "person" if n % 2 else "staff"
        fields = {"from": "Anna Andersson" if n % 2 else "Stefan", "role": role, "text": text}
        found.append(
            Record(f"c{n}", "chatt", Kind.CONVERSATION, START + timedelta(hours=n), fields, f"samtal {n // 10}")
        )
    for n in range(int(records * SHARES["inloggningar"])):
        fields = {"ip": f"198.51.100.{n % 250}", "agent": "Mozilla/5.0 (X11; Linux x86_64)", "ok": True, "no": n}
        found.append(Record(f"i{n}", "inloggningar", Kind.TABLE, START + timedelta(minutes=n), fields))
    return found


def address(case: Case, category: str, tail: str = "") -> str:
    """The page of a category."""
    return f"/admin/requests_app/case/{case.ref}/uppgifter/fakturering/{category}/{tail}"


def opened(client: Client, url: str) -> tuple[float, float, int, int]:
    """Seconds and CPU seconds (the best of three), queries and bytes of a page."""
    best, least = float("inf"), float("inf")
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            began, cpu = time.perf_counter(), time.process_time()
            answer = client.get(url)
            best, least = min(best, time.perf_counter() - began), min(least, time.process_time() - cpu)
        if answer.status_code != 200:
            raise SystemExit(f"the page answered {answer.status_code}")
    return best, least, len(queries), len(answer.content)


def pages(client: Client, case: Case, masks: int) -> None:
    """One line for each category and page."""
    row = case.collections.get(system__key="fakturering", current=True)
    for item in review.categories_of(row):
        category, last = item.spec.key, -(-item.count // review.PAGE_RECORDS)
        for name, number in (("first", 1), ("middle", (last + 1) // 2), ("last", last)):
            seconds, cpu, queries, size = opened(client, f"{address(case, category)}?page={number}")
            print(
                f"{category:13} {name:7} {number:5} {masks:6}  {seconds:7.3f}  {cpu:5.3f}  {queries:7}  {size / 1024:6.0f}"
            )


def mask_many(world: World, case: Case, masks: int) -> None:
    """Lay masks in the messages: half on names, half on stretches of text. There is room for two in each."""
    row = case.collections.get(system__key="fakturering", current=True)
    count = next(item.count for item in review.categories_of(row) if item.spec.key == "chatt")
    keys = [f"c{n * count // masks}" for n in range(masks)]
    places = [
        Place(Scope.VALUE, key, "/from") if n % 2 else Place(Scope.SPAN, key, "/text", 4, 12)
        for n, key in enumerate(keys)
    ]
    masking.lay(
        actor=Actor.staff(world.karin),
        case=case,
        system="fakturering",
        category="chatt",
        places=places,
        ground="15_4",
        note="Mätning",
    )


def mask_one(client: Client, case: Case) -> None:
    """Mask a name on the first page, and tell where else it stands."""
    first = replace(made(100)[50], key="c0")
    text = str(first.fields["text"])
    start = text.index("Karl Karlsson")
    began, cpu = time.perf_counter(), time.process_time()
    answer = client.post(
        address(case, "chatt", "dolj/"),
        {
            "page": "1",
            "ground": "15_4",
            "note": "Mätning",
            "do": "span",
            "span_at": f"{handle_of(first)}.{spot_of('/text')}",
            "span_start": str(start),
            "span_end": str(start + len("Karl Karlsson")),
            "span_text": "Karl Karlsson",
        },
    )
    print(
        f"mask one name and look for it everywhere: {time.perf_counter() - began:.2f} s,"
        f" CPU {time.process_time() - cpu:.2f} s, answer {answer.status_code}"
    )


def main() -> None:
    """Print one line per page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--masks", type=int, default=1_000)
    parser.add_argument("--database", choices=VENDORS, default="sqlite")
    wanted = parser.parse_args()
    settings.ALLOWED_HOSTS = ["*"]
    with throw_away(wanted.database):
        world = make_world()
        case = identified(world, open_case(world))
        put_records(case, "fakturering", made(wanted.records))
        put_records(case, "arkiv", [])
        client = Client()
        client.force_login(world.karin, backend="django.contrib.auth.backends.ModelBackend")
        print(
            f"{wanted.database}, {wanted.records} records\ncategory      page   number  masks  seconds    cpu  queries      KB"
        )
        pages(client, case, 0)
        mask_many(world, case, wanted.masks)
        pages(client, case, wanted.masks)
        mask_one(client, case)
        began, cpu = time.perf_counter(), time.process_time()
        left = answers.extract_of(case, Vault(case), {}).count
        print(
            f"masked view of everything, ready to print ({left} records): {time.perf_counter() - began:.2f} s,"
            f" CPU {time.process_time() - cpu:.2f} s"
        )


if __name__ == "__main__":
    main()
