"""``manage.py up`` with real processes: it starts, restarts, refuses, stops and survives being killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pikepdf
import pytest

from tests import settings as test_settings
from tests.support.processes import ROOT, Process, free_port
from tests.support.stack import answers
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.processes

START_SECONDS = 120
FAILING_JOURNEY = """
import sys
from requests_app.management import demo_journey
def failing(base_url, out, password):
    raise demo_journey.JourneyFailed("the receipt did not come about")
demo_journey.run = failing
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "up", "--once", "--port", sys.argv[1]])
"""


def environment(var: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, "HEMDSR_VAR": str(var), "HEMDSR_DEMO": "1", "DJANGO_SETTINGS_MODULE": "hemdsr.settings"}


class Installation:
    """One ``up`` in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.var = var
        self.port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.starts = 0

    def start(self) -> Process:
        self.starts += 1
        command = [sys.executable, "manage.py", "up", "--port", str(self.port)]
        self.up = Process(
            "up", command, env=environment(self.var), log=self.var.parent / f"{self.var.name}-{self.starts}.log"
        )
        self.up.wait_until(
            lambda: "Ctrl-C stops everything." in self.up.output, "says that it runs", seconds=START_SECONDS
        )
        return self.up

    def refused(self, port: int) -> str:
        """What a second ``up`` on the same folder, or another on the same port, says before it ends."""
        command = [sys.executable, "manage.py", "up", "--port", str(port)]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(self.var), capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 1
        return done.stderr

    def pids(self, part: str = "") -> list[int]:
        """Ids of all processes of this installation whose command line holds ``part``."""
        mark, found = f"HEMDSR_VAR={self.var}\0".encode(), []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    words, own = (entry / "cmdline").read_bytes(), mark in (entry / "environ").read_bytes()
                except OSError:
                    continue
                # the broker writes over its environment to show its socket as its title
                if (own or os.fsencode(self.var) in words) and part.encode() in words:
                    found.append(int(entry.name))
        return sorted(found)

    def close(self) -> None:
        if hasattr(self, "up"):
            self.up.stop()
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)


def fresh_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="u", dir=test_settings.TEST_FOLDER)) / "var"


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    """An installation that runs for all tests of this file that only look at it or kill its programs."""
    made = Installation(fresh_folder())
    made.var.mkdir(mode=0o700)
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def prepared(running: Installation) -> Path:
    """A copy of what the first start of an installation leaves in its folder: setting it up again takes longer than all the rest."""
    kept = fresh_folder()
    of_the_run = shutil.ignore_patterns("broker", "up.lock", "beat-schedule*", "hemdsr.sqlite3*")
    shutil.copytree(running.var, kept, ignore=of_the_run)
    with (
        closing(sqlite3.connect(running.var / "hemdsr.sqlite3")) as source,
        closing(sqlite3.connect(kept / "hemdsr.sqlite3")) as target,
    ):
        source.backup(target)
    return kept


@pytest.fixture
def stopped(prepared: Path) -> Iterator[Installation]:
    """An installation of its own for one test, set up and not started."""
    made = Installation(fresh_folder())
    shutil.copytree(prepared, made.var)
    try:
        yield made
    finally:
        made.close()


def test_it_serves_the_first_page_and_prints_addresses_and_logins(running: Installation) -> None:
    assert httpx.get(f"{running.base_url}/healthz", trust_env=False).text == "ok"
    output = running.up.output
    assert f"{running.base_url}/admin/" in output
    password = (running.var / "demo" / "password").read_text().strip()
    assert f"all with the password {password}" in output
    for role in ("coordinator", "legal", "customer_service", "administrator"):
        assert role in output


def test_it_starts_every_program(running: Installation) -> None:
    for part in ("gunicorn", "collect,default", "\0documents\0", "\0beat\0", "sandbox", "broker.sock"):
        wait_for(lambda part=part: running.pids(part), f"{part} runs")  # type: ignore[misc]


def test_it_refuses_to_start_twice_on_the_same_folder(running: Installation) -> None:
    said = running.refused(free_port())
    assert "already running" in said and f"process {running.up.pid}" in said and str(running.port) in said


def test_it_starts_a_killed_web_server_again(running: Installation) -> None:
    before = running.pids("gunicorn")
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: not set(before) & set(running.pids("gunicorn")), "the killed server's processes are gone")
    wait_for(lambda: answers(f"{running.base_url}/healthz"), "the web server answers again", seconds=60)
    assert "web ended (signal SIGKILL) and is started again" in running.up.output


def test_it_starts_a_killed_broker_again_with_what_it_held(running: Installation) -> None:
    before = running.pids("valkey")
    os.kill(before[0], signal.SIGKILL)
    wait_for(lambda: running.pids("valkey") and running.pids("valkey") != before, "another broker runs")
    assert (running.var / "broker" / "appendonlydir").is_dir()


def test_it_names_a_free_port_when_the_port_is_in_use() -> None:
    other = Installation(fresh_folder())
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        said = other.refused(listener.getsockname()[1])
    assert "is in use by another program" in said and "script/run --port" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_leaves_no_process_when_it_is_stopped(stopped: Installation, number: int) -> None:
    up = stopped.start()
    up.signal(number)
    assert up.wait(40) == 0
    assert stopped.pids() == []
    assert not answers(f"{stopped.base_url}/healthz")


def test_it_takes_everything_with_it_when_it_is_killed_and_starts_again(stopped: Installation) -> None:
    stopped.start().signal(signal.SIGKILL)
    stopped.up.wait()
    stopped.start()  # at once, over whatever the killed one left
    assert httpx.get(f"{stopped.base_url}/healthz", trust_env=False).text == "ok"
    stopped.up.signal(signal.SIGTERM)
    assert stopped.up.wait(40) == 0
    assert stopped.pids() == []


def walk_once(made: Installation, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(made.var),
        capture_output=True,
        text=True,
        timeout=3 * START_SECONDS,
        check=False,
    )


def test_it_walks_a_request_from_filing_to_answer_once_and_prints_the_facts_last(stopped: Installation) -> None:
    done = walk_once(stopped, ["manage.py", "up", "--once", "--port", str(stopped.port)])
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout.splitlines()[-1])
    assert facts["records"] > 100 and facts["systems"] >= 4
    with pikepdf.open(facts["pdf"]) as extract:
        assert len(extract.pages) == facts["pages"]
    assert stopped.pids() == []


def test_a_walk_that_fails_ends_with_an_error_and_leaves_no_process(stopped: Installation) -> None:
    done = walk_once(stopped, ["-c", FAILING_JOURNEY, str(stopped.port)])
    assert done.returncode == 1
    assert "the demo request was not answered: the receipt did not come about" in done.stderr
    assert stopped.pids() == []
