"""From filing to gathered for the kinds of system that are described: databases, and systems over HTTP that take their time.

    python -m bench.collect --kind sql
    python -m bench.collect --kind http

PostgreSQL, two worker processes. The plain script beside ``sql`` reads the same rows with the same driver in one process, one table
after the other, and writes them sealed in batches into one table. Aims: within twice its time or half a second more, whichever is
more; a hundred cases with eight systems each, 200 ms a call, within six seconds. Where there are several cases all are filed first,
by one process, and that is timed apart: a web server files them in several processes.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
import uuid
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import django
import psycopg
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from bench.database import throw_away
from requests_app.crypto.sealing import DataKey
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.management import demo_data
from requests_app.models import Case, Collection, SearchProfile, System
from requests_app.services import queue, register
from requests_app.services.audit import PERSON, SYSTEM
from requests_app.services.intake import Request, open_case
from requests_app.services.people import EMAIL_ISSUER, Contact, Login
from tests.support.stack import Stack
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.processes import Process

ROWS = 22_750
NAME = "Anna Lindqvist"
SQL = """
people:
  customers:
    table: {table}
    by: {{email: {{column: email, written: lower_case}}}}
    name: name
    category: customers
categories:
  customers:
    kind: table
    label: {{sv: Kunder, en: Customers}}
    key: id
    when: created
    fields:
      name: {{sv: Namn, en: Name}}
      email: {{label: {{sv: E-post, en: E-mail}}, type: email}}
      phone: {{label: {{sv: Telefon, en: Phone}}, type: phone}}
      address: {{sv: Adress, en: Address}}
      note: {{sv: Anteckning, en: Note}}
      created: {{label: {{sv: Skapad, en: Created}}, type: datetime}}
"""
REST = """
name: Slow
settings: {base_url: {label: Adress, type: url}}
address: "{base_url}"
test: {get: /ping}
read:
  things: {by: [email], get: "/things?email={value}", items: things, person: {email: email}, category: things}
categories:
  things: {kind: table, label: Saker, key: id, fields: {id: Nr, email: E-post, text: Text}}
"""
SLOW = """
import asyncio, json, sys
from urllib.parse import parse_qs, urlsplit

async def serve(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
            asked = parse_qs(urlsplit(head.split(b" ", 2)[1].decode()).query).get("email", [""])[0]
            await asyncio.sleep(0.2)
            body = json.dumps({"things": [{"id": n, "email": asked, "text": "x" * 40} for n in range(10)]}).encode()
            writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1024)
    print("listening on", server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""


def run(kind: str, threads: int) -> None:
    """Print the figures of a kind."""
    with ExitStack() as ending:
        folder, database = ending.enter_context(throw_away("postgresql"))
        stack = Stack(folder, database, HEMDSR_LEASE_SECONDS="30", HEMDSR_SWEEP_SECONDS="60", HEMDSR_CHECK_MINUTES="0")
        ending.callback(stack.close)
        stack.start_broker()
        call_command("load_register", verbosity=0)
        demo_data.make_staff("a long enough password", renew=True)
        demo_data.confirm_statements()
        stack.start_beat()
        workers = [stack.start_worker(queues="collect,default", concurrency=threads) for _ in range(2)]
        print(
            f"postgresql; python {sys.version.split()[0]}, django {django.__version__}, 2 workers with {threads} threads"
        )
        (_sql if kind == "sql" else _http)(folder, ending, workers)


# --- databases -----------------------------------------------------------------------------------------------------------------


def _sql(folder: Path, _ending: ExitStack, workers: list[Process]) -> None:
    source = str(connection.settings_dict["NAME"]) + "_source"
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{source}"')
    where = {**connection.get_connection_params(), "dbname": source}
    reach = {key: where[key] for key in ("host", "user", "dbname") if key in where}
    with psycopg.connect(**reach, autocommit=True) as held:
        held.execute("CREATE TABLE sealed (n serial primary key, token text, blob bytea)")
        for n in range(20):
            _table(held, f"customers_{n}")
    systems = [
        _system(
            f"bench{n}",
            "sql",
            {
                "database": "postgresql",
                "host": str(reach["host"]),
                "name": source,
                "user": str(reach["user"]),
                "description": SQL.format(table=f"customers_{n}"),
            },
        )
        for n in range(20)
    ]
    print(
        "scenario              records  filed s  gathered s  plain s  ratio  over s  worker cpu s  plain cpu s  peaks MB"
    )
    _gather(systems[:4], ["small9@example.se"], workers)  # the first one pays for imports and connections
    for name, n, who in (
        ("4 x 250", 4, ["small0@example.se"]),
        ("4 x 2,500", 4, ["large@example.se"]),
        ("20 x 250", 20, ["small1@example.se"]),
        ("20 x 2,500", 20, ["large@example.se"]),
        ("ten cases of 4 x 250", 4, [f"small{n}@example.se" for n in range(10)]),
    ):
        several = len(who) > 1
        rounds = [_gather(systems[:n], who, workers, first=several) for _ in range(3)]
        rounds.sort(key=lambda one: one["wall"])
        took, plain = rounds[1], min((_plain(reach, n, who) for _ in range(3)), key=lambda one: one["wall"])
        peaks = " / ".join(f"{_peak(worker):.0f}" for worker in workers)
        print(
            f"{name:20} {took['records']:8.0f}  {took['filed']:7.2f}  {took['wall']:10.2f}  {plain['wall']:7.2f}"
            f"  {took['wall'] / plain['wall']:5.1f}  {took['wall'] - plain['wall']:6.2f}  {took['cpu']:12.2f}"
            f"  {plain['cpu']:11.2f}  {peaks}"
        )


def _table(held: psycopg.Connection[Any], table: str) -> None:
    """Ten people with 250 rows each, one with 2,500, and strangers."""
    chance = random.Random(table)
    held.execute(
        f"CREATE TABLE {table} (id integer PRIMARY KEY, email text, name text, phone text, address text, note text, created timestamptz)"
    )
    whose = [f"small{n}@example.se" for n in range(10) for _ in range(250)] + ["large@example.se"] * 2_500
    whose += [f"stranger{n}@example.com" for n in range(ROWS - len(whose))]
    chance.shuffle(whose)
    begin = datetime(2020, 1, 1, tzinfo=timezone.get_current_timezone())
    with held.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for n, email in enumerate(whose, 1):
            name = NAME if not email.startswith("stranger") else f"Person {n}"
            note = " ".join(
                chance.choice(("ringde", "om", "faktura", "elavtal", "flytt", "avläsning")) for _ in range(12)
            )
            copy.write_row((n, email, name, "+46701740605", f"Storgatan {n % 99}", note, begin + timedelta(hours=n)))
    held.execute(f"CREATE INDEX ON {table} (email)")
    held.execute(f"ANALYZE {table}")


def _plain(reach: dict[str, Any], tables: int, who: list[str]) -> dict[str, float]:
    """The same rows, read and written sealed by one process."""

    began, before = time.monotonic(), time.process_time()
    records = 0
    with psycopg.connect(**reach) as reading, psycopg.connect(**reach) as writing:
        for email in who:
            key = DataKey.generate()
            for n in range(tables):
                found = reading.execute(f"SELECT * FROM customers_{n} WHERE email = %s ORDER BY id", (email,))  # noqa: S608 - tables of our own
                names = [column.name for column in found.description or ()]
                rows = [
                    [
                        str(row[0]),
                        row[6].isoformat(),
                        dict(zip(names, (*row[:6], row[6].isoformat()), strict=True)),
                        "",
                        "",
                        [],
                    ]
                    for row in found
                ]
                for start in range(0, len(rows), 1_000):
                    blob = key.seal_rows(rows[start : start + 1_000], "case", n, start)
                    writing.execute("INSERT INTO sealed (token, blob) VALUES (%s, %s)", (str(uuid.uuid4()), blob))
                writing.commit()
                records += len(rows)
    return {"wall": time.monotonic() - began, "cpu": time.process_time() - before, "records": records}


# --- HTTP ----------------------------------------------------------------------------------------------------------------------


def _http(_folder: Path, ending: ExitStack, workers: list[Process]) -> None:
    server = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True)
    ending.callback(server.wait)
    ending.callback(server.terminate)
    assert server.stdout is not None
    port = int(server.stdout.readline().split()[-1])
    settings = {"description": REST}
    systems = [
        _system(f"bench{n}", "rest", {**settings, "base_url": f"http://127.0.0.1:{port}/s{n}"}) for n in range(8)
    ]
    print("scenario              collections  filed s  gathered s  worker cpu s  peaks MB")
    _gather(systems, [f"warm{n}@example.se" for n in range(10)], workers)
    for cases in (1, 10, 100):
        took = _gather(systems, [f"p{cases}-{n}@example.se" for n in range(cases)], workers, first=True)
        peaks = " / ".join(f"{_peak(worker):.0f}" for worker in workers)
        print(
            f"{cases:3} cases x 8 systems  {cases * 8:11}  {took['filed']:7.2f}  {took['wall']:10.2f}  {took['cpu']:12.2f}  {peaks}"
        )


# --- both ----------------------------------------------------------------------------------------------------------------------


def _system(key: str, connector: str, settings: dict[str, Any]) -> System:
    system = System.objects.create(key=key, name_sv=key, name_en=key, assumption=False)
    register.configure(actor=SYSTEM, system=system, connector=connector, settings=settings)
    return system


@contextmanager
def _held() -> Iterator[Callable[[], None]]:
    """The gatherings that are handed to the workers wait until they are released; word to staff goes out at once."""
    publish, waiting = queue._publish, list[tuple[str, tuple[int, ...]]]()

    def hold(task: str, *pks: int) -> None:
        if task == "collect":
            waiting.append((task, pks))
        else:
            publish(task, *pks)

    queue._publish = hold

    def release() -> None:
        queue._publish = publish
        for task, pks in waiting:
            publish(task, *pks)

    try:
        yield release
    finally:
        queue._publish = publish


def _gather(systems: list[System], who: list[str], workers: list[Process], *, first: bool = False) -> dict[str, float]:
    """File for each and wait until everything is gathered. ``first``: all are filed before any is gathered, and that is timed apart."""
    SearchProfile.objects.get(key="customer").systems.set(systems)
    before, began, filed = sum(map(_cpu, workers)), time.monotonic(), 0.0
    if first:
        with _held() as release:
            pks = [_file(email) for email in who]
            filed, began = time.monotonic() - began, time.monotonic()
            release()
    else:
        pks = [_file(email) for email in who]
    wait_for(
        lambda: not Case.objects.filter(pk__in=pks).exclude(state="review").exists(),
        "gathered",
        seconds=120,
        every=0.03,
    )
    wall = time.monotonic() - began
    rows = Collection.objects.filter(case__in=pks, current=True)
    assert {row.outcome for row in rows} == {"found"}, {(row.system.key, row.outcome, row.fault) for row in rows}
    return {
        "wall": wall,
        "filed": filed,
        "cpu": sum(map(_cpu, workers)) - before,
        "records": sum(row.records for row in rows),
    }


def _file(email: str) -> int:
    """A request by a link to the address, which opens what is kept under it."""
    request = Request(
        channel=Channel.PORTAL,
        rights={"access": ""},
        received_at=timezone.now(),
        name=NAME,
        contact=Contact(email=email),
        identifiers=((IdentifierKind.EMAIL, email, "login"),),
        login=Login(EMAIL_ISSUER, email),
    )
    return open_case(actor=PERSON, request=request).case.pk


def _cpu(process: Process) -> float:
    from bench.collect import cpu_of

    return cpu_of(process)


def _peak(process: Process) -> float:
    from bench.collect import peak_of

    return peak_of(process)
