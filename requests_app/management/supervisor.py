"""Keeps a handful of programs running: starts what dies again, later each time, and stops all of them in order."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 15.0
STEADY_SECONDS = 30.0
"""Who has run this long starts again at once when it dies, as if for the first time."""
GRACE = 12.0
"""How many seconds a layer has to end by itself."""
_TIED = str(Path(__file__).with_name("tied.py"))


class Stopped(Exception):
    """SIGTERM or Ctrl-C came while something was being waited for."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to keep running. A higher ``layer`` is stopped before a lower one; ``before`` clears what a killed one left behind."""

    name: str
    command: list[str]
    layer: int = 0
    before: Callable[[], None] | None = None


class _Running:
    def __init__(self, program: Program) -> None:
        self.program = program
        self.popen: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.0
        self.start_at = 0.0


class Supervisor:
    """Programs, each the head of a process group of its own, so that Ctrl-C reaches only the supervisor and a dead program
    leaves no children. What they write goes to standard error.
    """

    def __init__(self, env: Mapping[str, str], cwd: Path, say: Callable[[str], None]) -> None:
        self.env = dict(env)
        """What programs started from now on see."""
        self._cwd = cwd
        self._say = say
        self._running: list[_Running] = []
        self._signals = 0
        self._wake, self._woken = os.pipe()
        for end in (self._wake, self._woken):
            os.set_blocking(end, False)

    def __enter__(self) -> Supervisor:
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in (signal.SIGTERM, signal.SIGINT)}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        signal.set_wakeup_fd(-1)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._wake)
        os.close(self._woken)

    def _note(self, number: int, frame: object) -> None:
        self._signals += 1

    @property
    def stopping(self) -> bool:
        """Whether SIGTERM or Ctrl-C came."""
        return self._signals > 0

    def start(self, program: Program) -> None:
        """Start a program and keep it running from now on."""
        running = _Running(program)
        self._running.append(running)
        self._spawn(running)

    def _spawn(self, running: _Running) -> None:
        if running.program.before is not None:
            running.program.before()
        command = [sys.executable, "-I", "-S", _TIED, str(os.getpid()), *running.program.command]
        running.started = time.monotonic()
        running.popen = subprocess.Popen(  # noqa: S603 - the programs are our own
            command,
            env=self.env,
            cwd=self._cwd,
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            start_new_session=True,
        )

    def wait(self, ready: Callable[[], bool], what: str, seconds: float) -> None:
        """Look after the programs until ``ready()``; ``TimeoutError`` when it is not in time, ``Stopped`` after a signal."""
        deadline = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{what} did not come up within {seconds:g} seconds; see the messages above")
            self.turn(0.1)

    def turn(self, seconds: float) -> None:
        """Sleep until something happens, at most so long, and start again what has ended; ``Stopped`` after a signal."""
        self._rest(seconds)
        if self.stopping:
            raise Stopped
        now = time.monotonic()
        for running in self._running:
            if running.popen is not None and running.popen.poll() is not None:
                self._bury(running, now)
            if running.popen is None and now >= running.start_at:
                self._spawn(running)

    def _rest(self, seconds: float) -> None:
        select.select([self._wake], [], [], seconds)
        with contextlib.suppress(BlockingIOError):
            os.read(self._wake, 4096)

    def _bury(self, running: _Running, now: float) -> None:
        """Note a death and when to start again; the rest of the group goes with its head."""
        if running.popen is None:
            return
        self._kill_group(running.popen.pid)
        steady = now - running.started > STEADY_SECONDS
        running.pause = FIRST_PAUSE if steady or not running.pause else min(LONGEST_PAUSE, running.pause * 2)
        running.start_at = now + running.pause
        self._say(
            f"{running.program.name} ended ({_how(running.popen.returncode)}) and is started again in {running.pause:g} s"
        )
        running.popen = None

    def stop(self) -> None:
        """End all programs, layer by layer from the highest, each layer's together; a second signal cuts their grace short."""
        for layer in sorted({running.program.layer for running in self._running}, reverse=True):
            self._end([running for running in self._running if running.program.layer == layer])
        self._running.clear()

    def _end(self, group: list[_Running]) -> None:
        alive = [running.popen for running in group if running.popen is not None]
        for popen in alive:
            with contextlib.suppress(ProcessLookupError):
                popen.terminate()
        deadline = time.monotonic() + GRACE
        while any(popen.poll() is None for popen in alive) and time.monotonic() < deadline and self._signals < 2:
            self._rest(0.1)
        for popen in alive:
            self._kill_group(popen.pid)
            popen.wait()

    @staticmethod
    def _kill_group(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


def _how(returncode: int) -> str:
    if returncode >= 0:
        return f"exit code {returncode}"
    return f"signal {signal.Signals(-returncode).name}"
