"""A real MariaDB for tests: Debian's, in a throw-away folder, on a loopback port, ended by its id."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pymysql

from tests.support.processes import Process, free_port

HOST = "127.0.0.1"
ROOT_USER = "root"


def program(name: str) -> str:
    """One of the server's programs."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/bin")
    assert found, "MariaDB is not installed (Debian: apt-get install mariadb-server)"
    return found


class MariaDb:
    """One server with fast and forgetful settings."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="maria", dir="/tmp"))  # its socket needs a short path
        self.port = free_port()
        self.socket = self.folder / "s"
        self._user = pwd.getpwuid(os.geteuid()).pw_name if os.geteuid() else "mysql"  # an account of the package
        self._process: Process | None = None

    def start(self, *options: str) -> None:
        """Make its files and start it."""
        data = self.folder / "data"
        data.mkdir()
        shutil.chown(self.folder, self._user)
        shutil.chown(data, self._user)
        done = subprocess.run(
            [
                program("mariadb-install-db"),
                "--no-defaults",
                f"--user={self._user}",
                f"--datadir={data}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-log-file-size=8M",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        command = [
            program("mariadbd"),
            "--no-defaults",
            f"--datadir={data}",
            f"--socket={self.socket}",
            f"--pid-file={self.folder}/pid",
            f"--bind-address={HOST}",
            f"--port={self.port}",
            "--skip-name-resolve",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-log-file-size=8M",
            "--innodb-buffer-pool-size=32M",
            "--skip-innodb-doublewrite",
            *options,
        ]
        user = self._user if os.geteuid() == 0 else None
        log = self.folder.parent / f"{self.folder.name}.out"
        self._process = Process("mariadbd", command, env={"PATH": os.environ["PATH"]}, log=log, user=user)
        self._process.wait_until(self._answers, "answers")

    def connect(self, database: str | None = None) -> pymysql.Connection:  # type: ignore[type-arg]
        """A connection of somebody else, who may do everything."""
        return pymysql.connect(
            unix_socket=str(self.socket), user=ROOT_USER, database=database, autocommit=True, charset="utf8mb4"
        )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def remove(self) -> None:
        """End it, and its files."""
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder.parent / f"{self.folder.name}.out").unlink(missing_ok=True)
