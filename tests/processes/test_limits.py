"""Limits of a system with real worker processes: what the system itself sees of them, also when a worker is killed."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.utils import timezone

from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.management import demo_data
from requests_app.models import Case, Collection, SearchProfile, System, SystemPace
from requests_app.services import register
from requests_app.services.audit import PERSON, SYSTEM, verify
from requests_app.services.intake import Request, open_case
from requests_app.services.people import EMAIL_ISSUER, Contact, Login
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.stack import Stack

DESCRIPTION = """
name: Slow
settings: {base_url: {label: Adress, type: url}}
address: "{base_url}"
test: {get: /ping}
read:
  things: {by: [email], get: "/things?email={value}", items: things, person: {email: email}, category: things}
categories:
  things: {kind: table, label: Saker, key: id, fields: {id: Nr, email: E-post}}
"""
CASES = 8
WITHIN = 60.0


class Slow(ThreadingHTTPServer):
    """A system that takes its time, and counts how many ask it at the same moment."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.takes = 0.3
        self.now = self.most = 0
        self.asked: list[float] = []
        self.held = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Answer(BaseHTTPRequestHandler):
    server: Slow

    def do_GET(self) -> None:
        server = self.server
        with server.held:
            server.asked.append(time.monotonic())
            server.now += 1
            server.most = max(server.most, server.now)
        time.sleep(server.takes)
        with server.held:
            server.now -= 1
        email = self.path.rpartition("=")[2].replace("%40", "@")
        body = json.dumps({"things": [{"id": 1, "email": email}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Nothing: the addresses in what is asked are people's."""


@pytest.fixture
def slow() -> Iterator[Slow]:
    server = Slow()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def joined(slow: Slow, description: str, at_once: int | None) -> None:
    """A register in which the slow system is the one that is searched."""
    call_command("load_register", verbosity=0)
    demo_data.make_staff("a long enough password", renew=True)
    demo_data.confirm_statements()
    system = System.objects.create(key="slow", name_sv="Slow", name_en="Slow", assumption=False, at_once=at_once)
    register.configure(
        actor=SYSTEM, system=system, connector="rest", settings={"description": description, "base_url": slow.url}
    )
    SearchProfile.objects.get(key="customer").systems.set([system])


def file_all() -> None:
    """Requests by links to addresses, which open what is kept under them."""
    for n in range(CASES):
        email = f"person{n}@example.se"
        open_case(
            actor=PERSON,
            request=Request(
                channel=Channel.PORTAL,
                rights={"access": ""},
                received_at=timezone.now(),
                name="Anna Lindqvist",
                contact=Contact(email=email),
                identifiers=((IdentifierKind.EMAIL, email, "login"),),
                login=Login(EMAIL_ISSUER, email),
            ),
        )


def complete() -> bool:
    return Case.objects.filter(state="review").count() == CASES


def test_two_workers_ask_no_more_at_once_than_the_system_bears_though_one_is_killed(stack: Stack, slow: Slow) -> None:
    slow.takes = 2.0  # longer than a request takes to be filed
    joined(slow, DESCRIPTION, at_once=2)
    stack.start_beat()
    workers = [stack.start_worker(queues="collect,default", concurrency=4) for _ in range(2)]
    file_all()
    wait_for(lambda: slow.most == 2, "two at once", every=0.01)
    workers[0].kill()
    wait_for(complete, "every case complete", seconds=WITHIN, every=0.1)
    assert slow.most == 2
    assert set(Collection.objects.values_list("outcome", "records")) == {("found", 1)}
    assert verify().ok


def test_two_workers_keep_one_pace(stack: Stack, slow: Slow) -> None:
    slow.takes = 0.0
    joined(slow, DESCRIPTION + "pace: {requests: 4, seconds: 2}\n", at_once=None)
    stack.start_beat()
    for _ in range(2):
        stack.start_worker(queues="collect,default", concurrency=4)
    begun = timezone.now()
    file_all()
    wait_for(complete, "every case complete", seconds=WITHIN, every=0.1)
    assert len(slow.asked) == CASES
    taken = SystemPace.objects.get(system__key="slow").free_at - begun
    assert taken >= timedelta(seconds=0.5 * CASES), "each took the next half second, whichever worker it was"
    assert slow.asked[-1] - slow.asked[0] >= 0.5 * (CASES - 1) / 2
    assert set(Collection.objects.values_list("outcome", "records")) == {("found", 1)}
