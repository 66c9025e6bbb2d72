"""A real mail server, and searches in its mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.dovecot import Dovecot

if TYPE_CHECKING:
    from collections.abc import Iterator


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
        for name in sorted((str(name) for _flags, _delimiter, name in client.list_folders()), reverse=True):
            if name != "INBOX":
                client.delete_folder(name)
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()
    yield _server
