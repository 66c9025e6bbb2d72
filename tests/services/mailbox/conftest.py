"""A real mail server, a mailbox that reads from it, and mails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from requests_app.services.audit import Actor
from requests_app.services.mailbox import sources
from tests.support.dovecot import SECRET, USER, Dovecot
from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from requests_app.models import MailSource


@pytest.fixture(scope="session")
def _server() -> Iterator[Dovecot]:
    server = Dovecot()
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def server(_server: Dovecot) -> Iterator[Dovecot]:
    """The server with an empty mailbox."""
    with _server.client() as client:
        for _flags, _delimiter, name in client.list_folders():
            if name != "INBOX":
                client.delete_folder(name)
        client.create_folder("Dataskydd")
    yield _server


@pytest.fixture
def world(db: None, var: Path) -> World:
    """The world with a folder of its own for sealed files."""
    return make_world()


def settings_of(server: Dovecot, **changes: object) -> dict[str, object]:
    """What is entered for the server's mailbox."""
    usual = {"name": "Info", "host": "127.0.0.1", "port": server.port, "security": "none", "user": USER}
    return {**usual, "folder": "Dataskydd", "done_folder": "", "active": True, **changes}


@pytest.fixture
def source(server: Dovecot, world: World) -> MailSource:
    """A mailbox that is set up."""
    return sources.save(actor=Actor.staff(world.ada), source=None, values=settings_of(server), secret=SECRET)
