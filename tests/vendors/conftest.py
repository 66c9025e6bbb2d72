"""The vendors' own descriptions of their interfaces, served on loopback by Prism, which refuses a request that does not fit them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.support.processes import Process, free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE = Path(__file__).resolve().parent
PRISM = HERE / "node_modules" / ".bin" / "prism"


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """Serves a description by its name and gives the address it is served at."""
    if not PRISM.exists():
        pytest.fail("Prism is not installed: run script/setup --dev")
    running: dict[str, tuple[Process, str]] = {}

    def start(name: str) -> str:
        if name not in running:
            running[name] = _started(name, tmp_path_factory.mktemp("prism") / f"{name}.log")
        return running[name][1]

    yield start
    for process, _address in running.values():
        process.stop()


def _started(name: str, log: Path) -> tuple[Process, str]:
    port = free_port()
    command = [str(PRISM), "mock", "-p", str(port), "-h", "127.0.0.1", "--errors", str(HERE / f"{name}.json")]
    process = Process(f"prism {name}", command, env={"PATH": os.environ["PATH"]}, log=log)
    address = f"http://127.0.0.1:{port}"
    process.wait_until(lambda: _answers(address), "answers", seconds=60)
    return process, address


def _answers(address: str) -> bool:
    with suppress(httpx.TransportError):
        httpx.get(address, trust_env=False)
        return True
    return False
