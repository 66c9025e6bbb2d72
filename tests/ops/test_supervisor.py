"""The supervisor on programs of a line each."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from requests_app.management.supervisor import Program, Stopped, Supervisor
from tests.support.waiting import wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SLEEPER = (
    "import os, pathlib, sys, time; pathlib.Path(sys.argv[1]).open('a').write(f'{os.getpid()}\\n'); time.sleep(600)"
)


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    with Supervisor(os.environ, tmp_path, said.append) as made:
        yield made


def sleeper(path: Path, **fields: object) -> Program:
    return Program("sleeper", [sys.executable, "-c", SLEEPER, str(path)], **fields)  # type: ignore[arg-type]


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_it_starts_a_program_that_died_again(supervisor: Supervisor, said: list[str], tmp_path: Path) -> None:
    supervisor.start(sleeper(tmp_path / "pids"))
    supervisor.wait(lambda: len(pids(tmp_path / "pids")) == 1, "sleeper", 10)
    os.kill(pids(tmp_path / "pids")[0], signal.SIGKILL)
    supervisor.wait(lambda: len(pids(tmp_path / "pids")) == 2, "sleeper", 10)
    assert said == ["sleeper ended (signal SIGKILL) and is started again in 0.5 s"]


def test_it_waits_longer_each_time_a_program_dies_at_once(supervisor: Supervisor, said: list[str]) -> None:
    supervisor.start(Program("broken", [sys.executable, "-c", "raise SystemExit(3)"]))
    supervisor.wait(lambda: len(said) == 3, "three deaths", 20)
    assert [line.rsplit(" in ", 1)[1] for line in said] == ["0.5 s", "1 s", "2 s"]


def test_it_takes_a_dead_programs_children_with_it(supervisor: Supervisor, said: list[str], tmp_path: Path) -> None:
    parent = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    supervisor.start(Program("parent", [sys.executable, "-c", parent, SLEEPER, str(tmp_path / "child")]))
    supervisor.wait(lambda: len(pids(tmp_path / "child")) == 1, "the child", 20)
    child = pids(tmp_path / "child")[0]
    os.kill(os.getpgid(child), signal.SIGKILL)  # the head of the group alone
    supervisor.wait(lambda: bool(said), "the parent's end", 20)
    wait_for(lambda: not runs(child), "the child is gone")


def test_it_stops_the_highest_layer_first(tmp_path: Path, said: list[str]) -> None:
    notes = tmp_path / "ended"
    code = (
        "import pathlib, signal, sys\n"
        f"def end(*_):\n    pathlib.Path({str(notes)!r}).open('a').write(sys.argv[1] + '\\n'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"pathlib.Path({str(tmp_path)!r}, 'ready-' + sys.argv[1]).touch()\n"
        "signal.pause()"
    )
    with Supervisor(os.environ, tmp_path, said.append) as supervisor:
        for layer, name in enumerate(["broker", "worker", "web"]):
            supervisor.start(Program(name, [sys.executable, "-c", code, name], layer=layer))
        supervisor.wait(lambda: len(list(tmp_path.glob("ready-*"))) == 3, "all three", 20)
    assert notes.read_text().split() == ["web", "worker", "broker"]


def test_it_says_that_it_was_told_to_stop(supervisor: Supervisor, tmp_path: Path) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Stopped):
        supervisor.turn(5)


def test_it_says_what_did_not_come_up(supervisor: Supervisor) -> None:
    with pytest.raises(TimeoutError, match="The broker did not come up within 0 seconds"):
        supervisor.wait(lambda: False, "The broker", 0)
