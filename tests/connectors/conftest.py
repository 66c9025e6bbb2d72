"""One sandbox for all tests here, and a way to gather from it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.connectors.world import Sandbox, World

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def running_sandbox() -> Iterator[Sandbox]:
    """The sandbox as a process of its own, with a client for its control endpoints."""
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().split()[-1]
    with httpx.Client(base_url=f"{url}/_control") as client:
        yield Sandbox(url, client)
    process.terminate()
    assert process.wait(timeout=5) == 0


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox without faults, and without the vendors' limits per minute, which many tests together would meet."""
    running_sandbox.reset()
    return running_sandbox


@pytest.fixture
def world(sandbox: Sandbox) -> World:
    """Connectors set up against the sandbox."""
    return World(sandbox.url)
