"""Run a whole installation on this machine: broker, web server, workers, and in a demo the sandbox."""

from __future__ import annotations

import fcntl
import json
import os
import threading
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from requests_app.management import embedded
from requests_app.management.supervisor import Program, Stopped, Supervisor

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

FIRST_PAGE_SECONDS = 90
LEFT_OVER_SECONDS = 15
SANDBOX_PORT = 8099
EID_PORT = 8098


def _port(text: str) -> int:
    if not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise ValueError
    return int(text)


class Command(BaseCommand):
    """Set up the database, start everything, keep it running, stop it cleanly."""

    help = "Run the whole of hemdsr on this machine until Ctrl-C or SIGTERM. script/run calls this."
    requires_system_checks: list[str] = []  # migrate runs them once the database is there

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=_port, default=8000, help="port of the web server on 127.0.0.1, 1024 to 65535 (8000)"
        )
        parser.add_argument(
            "--once",
            action="store_true",
            help="walk one demo request from filing to answer, print the facts as JSON and stop",
        )

    def handle(self, *args: Any, port: int, once: bool, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                "HEMDSR_PRODUCTION is set: start web, workers and beat as services of their own (docs/operations.md)"
            )
        if once and not settings.DEMO:
            raise CommandError("--once needs the demo: script/run --once")
        with _only_one(settings.VAR, port) as killed_before:
            _wait_for_port(port, LEFT_OVER_SECONDS if killed_before else 0)
            self._run(port, once)

    def _run(self, port: int, once: bool) -> None:
        base_url = f"http://127.0.0.1:{port}"
        env = {**os.environ, "PYTHONUNBUFFERED": "1"}
        env.setdefault("HEMDSR_BASE_URL", base_url)
        with Supervisor(env, settings.BASE_DIR, self._say) as supervisor:
            try:
                self._start_beneath(supervisor)
                web = Program("web", embedded.web_command(port), layer=1)
                if _nothing_to_migrate():  # it takes as long to start as the rest to prepare
                    supervisor.start(web)
                    logins = self._prepare()
                else:
                    logins = self._prepare()
                    supervisor.start(web)
                supervisor.wait(lambda: _answers(f"{base_url}/healthz"), "The web server", FIRST_PAGE_SECONDS)
                self._start_workers(supervisor)
                self._tell(base_url, logins)
                if once:
                    self._walk(supervisor, base_url)
                while not once:
                    supervisor.turn(5)
            except Stopped:
                self._say("Stopping.")
                if once:
                    raise CommandError("stopped before the demo request was answered") from None
            except TimeoutError as error:
                raise CommandError(str(error)) from None

    def _start_beneath(self, supervisor: Supervisor) -> None:
        """Broker, sandbox and eID, unless the environment names others; what is started after them is told where they are."""
        if not os.environ.get("REDIS_URL") and not os.environ.get("REDIS_URL_FILE"):
            path = embedded.broker_socket(settings.VAR)
            data = settings.VAR / "broker"
            data.mkdir(parents=True, exist_ok=True, mode=0o700)
            supervisor.env["REDIS_URL"] = f"redis+socket://{path}"
            supervisor.start(Program("broker", embedded.broker_command(path, data), before=lambda: _free_socket(path)))
            supervisor.wait(lambda: embedded.broker_answers(path), "The broker", 20)
        if settings.DEMO and not settings.SANDBOX_URL:
            port = embedded.any_free_port(SANDBOX_PORT)
            # the demo data are made in this process, which was started before the address was known
            settings.SANDBOX_URL = supervisor.env["HEMDSR_SANDBOX_URL"] = f"http://127.0.0.1:{port}"
            supervisor.start(Program("sandbox", embedded.sandbox_command(port)))
        if settings.DEMO and not settings.EID_PROVIDERS:
            self._start_eid(supervisor)

    def _start_eid(self, supervisor: Supervisor) -> None:
        """The made-up provider of eID, and what the web server is told of it."""
        port = embedded.any_free_port(EID_PORT)
        supervisor.start(Program("eid", embedded.eid_command(port)))

        def told() -> bool:
            supervisor.env["HEMDSR_EID_PROVIDERS"] = embedded.eid_settings(port)
            return bool(supervisor.env["HEMDSR_EID_PROVIDERS"])

        supervisor.wait(told, "The made-up eID", 30)

    def _prepare(self) -> str:
        """Database, register and in a demo its data; gives the demo's logins."""
        Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
        call_command("migrate", verbosity=0)
        call_command("load_register", stdout=self.stdout)
        logins = StringIO()
        if settings.DEMO:
            call_command("demo_data", stdout=logins)
        return logins.getvalue()

    def _start_workers(self, supervisor: Supervisor) -> None:
        schedule = settings.VAR / "beat-schedule"
        supervisor.start(
            Program(
                "gathering",
                embedded.worker_command("gathering", "collect,default", pool="threads", concurrency=16),
                layer=1,
            )
        )
        supervisor.start(
            Program(
                "documents", embedded.worker_command("documents", "documents", pool="prefork", concurrency=1), layer=1
            )
        )
        supervisor.start(Program("beat", embedded.beat_command(schedule), layer=1))

    def _tell(self, base_url: str, logins: str) -> None:
        self._say(f"\nCustomers  {base_url}/\nStaff      {base_url}/admin/\n")
        if logins:
            self._say(logins)
        self._say("Ctrl-C stops everything.")

    def _walk(self, supervisor: Supervisor, base_url: str) -> None:
        """Walk the demo request in a thread of its own, while the programs are looked after."""
        from requests_app.management import demo_data, demo_journey

        word, _new = demo_data.password(settings.VAR / "demo")

        out_dir = settings.VAR / "demo"
        out_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        outcome: dict[str, Any] = {}

        def walk() -> None:
            try:
                outcome["facts"] = demo_journey.run(base_url, out_dir, word)
            except BaseException as error:  # noqa: BLE001 - told by the main thread
                outcome["error"] = error

        walker = threading.Thread(target=walk, daemon=True)
        walker.start()
        while walker.is_alive():
            supervisor.turn(0.2)
        if "error" in outcome:
            raise CommandError(f"the demo request was not answered: {outcome['error']}") from outcome["error"]
        supervisor.stop()
        self._say(json.dumps(outcome["facts"], ensure_ascii=False))

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()


def _nothing_to_migrate() -> bool:
    """Whether the database is there and has every migration."""
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


@contextmanager
def _only_one(var: Path, port: int) -> Iterator[bool]:
    """Hold the lock of this installation; gives whether the one before was killed without a chance to clean up."""
    var.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (var / "up.lock").open("a+", encoding="utf-8") as lock:
        lock.seek(0)
        before = lock.read().strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"hemdsr is already running on {var} ({before}). Stop it first, or set HEMDSR_VAR to another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}, http://127.0.0.1:{port}/\n")
        lock.flush()
        yield bool(before)
        lock.truncate(0)


def _wait_for_port(port: int, seconds: float) -> None:
    """Refuse a port that is in use; programs of an installation that was killed get some seconds to end."""
    deadline = time.monotonic() + seconds
    while not embedded.port_is_free(port):
        if time.monotonic() >= deadline:
            other = embedded.any_free_port(port + 1)
            raise CommandError(f"Port {port} is in use by another program. Choose another: script/run --port {other}")
        time.sleep(0.1)


def _free_socket(path: Path) -> None:
    """Remove the socket a killed broker left; one that still answers gets some seconds to end."""
    deadline = time.monotonic() + LEFT_OVER_SECONDS
    while embedded.broker_answers(path):
        if time.monotonic() >= deadline:
            raise CommandError(f"Another broker still uses {path}. End it, or set HEMDSR_VAR to another folder.")
        time.sleep(0.1)
    path.unlink(missing_ok=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own address
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
