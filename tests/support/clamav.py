"""ClamAV's real daemon with one signature of its own: the harmless test string of EICAR. Nothing is downloaded."""

from __future__ import annotations

import os
import shutil
import socket
from typing import TYPE_CHECKING

from tests.support.processes import Process

if TYPE_CHECKING:
    from pathlib import Path

EICAR = b"".join((rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"))
"""Put together here, so that no scanner takes this file for infected."""
NAME = "Test.Eicar"
PROGRAM = shutil.which("clamd", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "clamd"


class Clamd:
    """A running daemon on a unix socket in ``folder``, whose path must be short."""

    def __init__(self, folder: Path) -> None:
        self.socket = str(folder / "clamd.sock")
        database = folder / "signatures"
        database.mkdir()
        (database / "test.ndb").write_text(f"{NAME}:0:*:{EICAR.hex()}\n")
        config = folder / "clamd.conf"
        config.write_text(
            f"Foreground yes\nLocalSocket {self.socket}\nDatabaseDirectory {database}\nTemporaryDirectory {folder}\n"
            "StreamMaxLength 30M\nMaxThreads 2\nConcurrentDatabaseReload no\nFixStaleSocket yes\n"
        )
        self.process = Process(
            "clamd", [PROGRAM, "--config-file", str(config)], env=dict(os.environ), log=folder / "clamd.log"
        )
        self.process.wait_until(self._answers, "it listens")

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(self.socket)
                probe.sendall(b"zPING\0")
                return probe.recv(16) == b"PONG\0"
            except OSError:
                return False

    def stop(self) -> None:
        """End it."""
        self.process.stop()
