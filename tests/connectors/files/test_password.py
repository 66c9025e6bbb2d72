"""Logging in to an SFTP server with a password: a server of the library's own, since OpenSSH would ask the machine's accounts."""

from __future__ import annotations

import os
import socket
import threading
from typing import TYPE_CHECKING, Any

import paramiko
import pytest

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.files.connector import Files

from . import exports
from .exports import fill, keys, search

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PASSWORD = "lösenord åäö"
HOST_KEY = paramiko.RSAKey.generate(2048)


class _Door(paramiko.ServerInterface):
    """Lets one password in."""

    def check_auth_password(self, username: str, password: str) -> int:
        right = (username, password) == ("hem", PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED

    def get_allowed_auths(self, username: str) -> str:
        return "password"


class _Handle(paramiko.SFTPHandle):
    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))  # type: ignore[attr-defined]


class _Files(paramiko.SFTPServerInterface):
    """The machine's files, and any try to write is a fault of the test's."""

    def list_folder(self, path: str) -> Any:
        return [paramiko.SFTPAttributes.from_stat(entry.stat(), entry.name) for entry in os.scandir(path)]

    def open(self, path: str, flags: int, attr: Any) -> Any:
        assert flags == os.O_RDONLY
        handle = _Handle(flags)
        handle.readfile = open(path, "rb")  # type: ignore[attr-defined]  # noqa: PTH123, SIM115
        return handle


@pytest.fixture
def port() -> Iterator[int]:
    """Where the server listens."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[paramiko.Transport] = []

    def serve() -> None:
        while True:
            try:
                line, _address = listener.accept()
            except OSError:
                return
            transport = paramiko.Transport(line)
            lines.append(transport)
            transport.add_server_key(HOST_KEY)
            transport.set_subsystem_handler("sftp", paramiko.SFTPServer, _Files)
            transport.start_server(event=threading.Event(), server=_Door())

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)
    for transport in lines:
        transport.close()


def test_a_password_lets_in_and_a_wrong_one_does_not(port: int, tmp_path: Path) -> None:
    fill(tmp_path)
    pin = f"{HOST_KEY.get_name()} {HOST_KEY.get_base64()}"
    server = {"place": "sftp", "host": "127.0.0.1", "port": port, "user": "hem", "host_key": pin}
    held = {"password": PASSWORD}
    assert keys(list(Files().collect(search(tmp_path, settings=server, secrets=held)))) == keys(
        exports.gather(tmp_path)
    )
    with pytest.raises(ConnectorError) as caught:
        list(Files().collect(search(tmp_path, settings=server, secrets={"password": "fel"})))
    assert caught.value.fault is Fault.AUTH_REFUSED
