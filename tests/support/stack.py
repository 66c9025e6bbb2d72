"""A whole installation for one test: its own folder and database, and real processes that are started and killed at will."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
from redis import Redis

from requests_app.management import embedded
from tests import settings as test_settings
from tests.support.processes import ROOT, Process, free_port

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.databases import Database

SOCKET = test_settings.TEST_FOLDER / "broker.sock"
"""Where ``settings.BROKER_URL`` of the test process points too, so that what a test queues reaches the stack's workers."""


class Stack:
    """The processes of one installation. What a test does with the ORM meanwhile goes to the same database."""

    def __init__(self, folder: Path, database: Database, **environment: str) -> None:
        self.folder = folder
        self.database = database
        self.base_url = ""
        self.sandbox_url = ""
        self.processes: list[Process] = []
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            **test_settings.TEST_ENVIRONMENT,
            "HEMDSR_VAR": str(folder),
            "HEMDSR_SWEEP_SECONDS": "1",
            "HEMDSR_LEASE_SECONDS": "5",
            **({"DATABASE_URL": database.url} if database.url else {}),
            **environment,
        }

    def start(self, name: str, command: list[str]) -> Process:
        """Start a program of the installation."""
        process = Process(name, command, env=self.env, log=self.folder / f"{name}-{len(self.processes)}.log")
        self.processes.append(process)
        return process

    def manage(self, *arguments: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a management command to its end."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=120, check=False)
        assert not ok or done.returncode == 0, done.stdout + done.stderr
        return done

    def start_broker(self) -> Process:
        """A broker with an append-only file, on the socket that workers, web and test know."""
        SOCKET.unlink(missing_ok=True)
        data = self.folder / "broker"
        data.mkdir(exist_ok=True)
        process = self.start("broker", embedded.broker_command(SOCKET, data))
        process.wait_until(lambda: embedded.broker_answers(SOCKET), "answers", seconds=10)
        return process

    def redis(self) -> Redis:
        """A client of the broker."""
        return Redis(unix_socket_path=str(SOCKET))

    def wipe_broker(self) -> None:
        """Lose everything that was queued or in flight."""
        with self.redis() as redis:
            redis.flushall()

    def start_sandbox(self) -> str:
        """The stand-ins of the four systems; gives their address, which what is started after it knows too."""
        process = self.start("sandbox", [sys.executable, "-m", "sandbox", "--host", "127.0.0.1", "--port", "0"])
        process.wait_until(lambda: "listening on" in process.output, "listens", seconds=20)
        self.sandbox_url = process.output.split("listening on", 1)[1].split()[0]
        self.env["HEMDSR_SANDBOX_URL"] = self.sandbox_url
        return self.sandbox_url

    def start_worker(self, *, queues: str = "collect,default,documents", concurrency: int = 8) -> Process:
        """A worker with threads; returns when it takes tasks."""
        number = len(self.processes)
        process = self.start(
            "worker", embedded.worker_command(f"test{number}", queues, pool="threads", concurrency=concurrency)
        )
        process.wait_until(lambda: self._listens(queues), "takes tasks", seconds=40)
        return process

    def _listens(self, queues: str) -> bool:
        # a worker waits for messages with a blocking pop on its queues
        with self.redis() as redis:
            blocked = [client for client in redis.client_list() if client.get("cmd") == "brpop"]
        return len(blocked) >= sum(1 for process in self.processes if process.name == "worker" and process.alive)

    def start_beat(self) -> Process:
        """What sends the sweep and the clock."""
        return self.start("beat", embedded.beat_command(self.folder / "beat"))

    def kill_worker(self, process: Process) -> None:
        """As a power cut would: no warning, nothing handed back."""
        process.kill()

    def start_web(self) -> str:
        """The web server; gives its address."""
        port = free_port()
        process = self.start("web", embedded.web_command(port))
        self.base_url = f"http://127.0.0.1:{port}"
        process.wait_until(lambda: answers(f"{self.base_url}/healthz"), "answers", seconds=40)
        return self.base_url

    def output(self) -> str:
        """The end of what each process wrote, to read when a test failed."""
        return "\n".join(f"--- {process.name} {process.pid}\n{process.output[-3000:]}" for process in self.processes)

    def close(self) -> None:
        """End everything, the broker last."""
        for process in reversed(self.processes):
            process.stop(seconds=5)
        SOCKET.unlink(missing_ok=True)


def answers(url: str) -> bool:
    """Whether a page answers with 200."""
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False


def storages_in(folder: Path, storages: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The same storages with the case files in the folder of an installation."""
    case_files = storages["case_files"]
    return {
        **storages,
        "case_files": {**case_files, "OPTIONS": {**case_files["OPTIONS"], "location": str(folder / "case_files")}},
    }


def chromium() -> str:
    """The browser's program: where there is one, the one that draws no window and costs a fifth less."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "Chromium is not installed (Debian: apt-get install chromium-headless-shell)"
    return found
