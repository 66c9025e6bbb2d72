"""A throw-away PostgreSQL cluster on a unix socket: nothing of it listens on a port or outlives the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.processes import Process
from tests.support.waiting import wait_for

SUPERUSER = "postgres"


def binaries() -> Path:
    """The folder of the newest installed server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parent.parent.name))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    assert initdb, "PostgreSQL is not installed (Debian: apt-get install postgresql)"
    return Path(initdb).parent


def server_user() -> str | None:
    """The account the server runs as: it refuses to be root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


class Cluster:
    """One server with fast and forgetful settings; databases are copied from a template."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._process: Process | None = None

    def start(self) -> None:
        """Make the cluster and start its server."""
        user = server_user()
        self.folder.mkdir(parents=True, mode=0o755)
        if user:
            shutil.chown(self.folder, user, user)
            for parent in [self.folder, *self.folder.parents]:
                if parent.owner() == "root" and not parent.stat().st_mode & 0o001:
                    parent.chmod(parent.stat().st_mode | 0o011)  # the server's account must pass to its own folder
        data = self.folder / "data"
        done = subprocess.run(
            [
                binaries() / "initdb",
                "-D",
                data,
                "-U",
                SUPERUSER,
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
            ],
            user=user,
            group=user,
            extra_groups=[] if user else None,
            capture_output=True,
            text=True,
            cwd="/",
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
        options = [
            "listen_addresses=",
            f"unix_socket_directories={self.folder}",
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
        ]
        options += ["max_connections=200", "autovacuum=off"]
        command = [str(binaries() / "postgres"), "-D", str(data)]
        for option in options:
            command += ["-c", option]
        log = self.folder.parent / "postgres.log"
        self._process = Process(
            "postgres", command, env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, log=log, user=user
        )
        self._process.wait_until(self._answers, "answers")

    def stop(self) -> None:
        """End the server; its files go with the folder."""
        if self._process is not None:
            if self._process.alive:
                self._process.signal(signal.SIGINT)  # PostgreSQL's fast shutdown
                wait_for(lambda: not (self._process and self._process.alive), "postgres ends", seconds=20)
            self._process.stop()

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(host=str(self.folder), user=SUPERUSER, dbname="postgres", autocommit=True)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def create_database(self, name: str, template: str = "template1") -> None:
        """A new database, copied from a template."""
        with self._connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
            )

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected."""
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def run(self, program: str, *arguments: str) -> None:
        """Run one of PostgreSQL's own programs on this cluster; the last argument is the database."""
        command = [binaries() / program, "-h", self.folder, "-U", SUPERUSER, *arguments]
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr

    def url(self, name: str) -> str:
        """The database's address as ``DATABASE_URL`` takes it."""
        return f"postgres://{SUPERUSER}@{str(self.folder).replace('/', '%2F')}/{name}"
