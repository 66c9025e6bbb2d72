"""Real processes for tests: each in a process group of its own, its output in a file, ended by its id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Process:
    """A running program and what it has written."""

    def __init__(
        self, name: str, command: Sequence[str], *, env: Mapping[str, str], log: Path, user: str | None = None
    ) -> None:
        self.name = name
        self.log = log
        self._file = log.open("ab")
        groups: dict[str, object] = {"user": user, "group": user, "extra_groups": []} if user else {}
        self._popen = subprocess.Popen(  # type: ignore[call-overload]
            list(command),
            cwd=ROOT,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=self._file,
            stderr=self._file,
            start_new_session=True,
            **groups,
        )

    @property
    def pid(self) -> int:
        """The process id, which is its group's id too."""
        return int(self._popen.pid)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._popen.poll() is None

    @property
    def returncode(self) -> int | None:
        """How it ended, None while it runs."""
        code: int | None = self._popen.poll()
        return code

    @property
    def output(self) -> str:
        """Everything it wrote so far."""
        return self.log.read_text("utf-8", "replace")

    def wait_until(self, condition: Callable[[], object], what: str, *, seconds: float = 30) -> None:
        """Wait for a condition, but fail at once with the output when the process ends before."""

        def met_or_dead() -> bool:
            if condition():
                return True
            assert self.alive, f"{self.name} ended with {self.returncode} before: {what}\n{self.output[-4000:]}"
            return False

        wait_for(met_or_dead, f"{self.name}: {what}", seconds=seconds)

    def signal(self, number: int) -> None:
        """Send a signal to the process alone."""
        self._popen.send_signal(number)

    def wait(self, seconds: float = 20) -> int:
        """Its exit code, once it has ended by itself."""
        code: int = self._popen.wait(seconds)
        return code

    def kill(self) -> None:
        """End the whole group at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._popen.wait(20)

    def stop(self, seconds: float = 15) -> None:
        """Ask it to end, wait, and end what is left of the group."""
        if self.alive:
            self._popen.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._popen.wait(seconds)
        self.kill()
        self._file.close()
