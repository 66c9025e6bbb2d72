"""One sandbox for all tests here, as a process of its own, and a client for each of its systems."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from sandbox.settings import systems

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """The address of a running sandbox."""
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    # Another hash seed than ours, so that whatever hangs on the order of a set shows.
    environment = os.environ | {"PYTHONHASHSEED": "4711"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().split()[-1]
    process.terminate()
    assert process.wait(timeout=5) == 0


@pytest.fixture(scope="session")
def control_client(base_url: str) -> Iterator[httpx.Client]:
    """A client of the control endpoints."""
    with httpx.Client(base_url=f"{base_url}/_control") as client:
        yield client


@pytest.fixture
def control(control_client: httpx.Client) -> Iterator[httpx.Client]:
    """The control endpoints, reset before and after."""
    control_client.post("/reset").raise_for_status()
    yield control_client
    control_client.post("/reset").raise_for_status()


@pytest.fixture(scope="session")
def mina_sidor(base_url: str) -> Iterator[httpx.Client]:
    """A client of Mina sidor."""
    known = systems(base_url)["mina_sidor"]
    headers = {"Authorization": f"Bearer {known['secrets']['token']}"}
    with httpx.Client(base_url=known["settings"]["base_url"], headers=headers) as client:
        yield client


@pytest.fixture(scope="session")
def mitt_hem(base_url: str) -> Iterator[httpx.Client]:
    """A client of Mitt HEM."""
    known = systems(base_url)["mitt_hem"]
    headers = {"X-API-Key": known["secrets"]["api_key"]}
    with httpx.Client(base_url=known["settings"]["base_url"], headers=headers) as client:
        yield client


class Chat(httpx.Client):
    """A client of the chat that puts key and user id where they belong."""

    def __init__(self, base_url: str) -> None:
        known = systems(base_url)["chatt"]
        self.key = f"{known['secrets']['api_key']}/{known['secrets']['user_id']}"
        super().__init__(base_url=known["settings"]["base_url"])

    def message(self, operation: str, *rest: str, **query: str | int) -> httpx.Response:
        """An operation on messages."""
        return self.get("/".join(("/message", operation, self.key, *rest)), params=query)

    def api(self, operation: str, **query: str | int) -> httpx.Response:
        """Contacts or calls."""
        return self.get(f"/api/{self.key}/{operation}", params=query)


@pytest.fixture(scope="session")
def chat(base_url: str) -> Iterator[Chat]:
    """A client of the chat."""
    with Chat(base_url) as client:
        yield client


@pytest.fixture(scope="session")
def mailchimp(base_url: str) -> Iterator[httpx.Client]:
    """A client of Mailchimp."""
    known = systems(base_url)["nyhetsbrev"]
    auth = ("anystring", known["secrets"]["api_key"])
    with httpx.Client(base_url=known["settings"]["base_url"], auth=auth) as client:
        yield client


@pytest.fixture(scope="session")
def getanewsletter(base_url: str) -> Iterator[httpx.Client]:
    """A client of Get a Newsletter."""
    known = systems(base_url)["nyhetsbrev_gan"]
    headers = {"Authorization": f"Token {known['secrets']['api_key']}"}
    with httpx.Client(base_url=known["settings"]["base_url"], headers=headers) as client:
        yield client
