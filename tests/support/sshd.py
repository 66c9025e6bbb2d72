"""A real SFTP server for tests: Debian's OpenSSH on loopback, as the user who runs the tests, configured in a throw-away folder."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import tempfile
import threading
from contextlib import closing, suppress
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from tests.support.processes import Process, free_port

HOST = "127.0.0.1"


def program() -> str:
    """The server's program; it wants to be called by its whole path."""
    found = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/sbin")
    assert found, "OpenSSH's server is not installed (Debian: apt-get install openssh-server openssh-sftp-server)"
    return found


class Key:
    """A pair of keys as OpenSSH writes them."""

    def __init__(self, sort: str = "ed25519", passphrase: str = "") -> None:
        private = {
            "ed25519": ed25519.Ed25519PrivateKey.generate,
            "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
            "rsa": lambda: rsa.generate_private_key(65537, 2048),
        }[sort]()
        encryption = (
            serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
        )
        openssh = serialization.PrivateFormat.OpenSSH
        self.private = private.private_bytes(serialization.Encoding.PEM, openssh, encryption).decode()
        public = private.public_key()
        self.public = public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


class Sshd:
    """A server that lets one key in, to files alone."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="sshd", dir="/tmp"))
        self.port = free_port()
        self.user = getpass.getuser()
        self.key = Key()
        self.host_keys = {sort: Key(sort) for sort in ("ed25519", "rsa")}
        self._process: Process | None = None

    def start(self) -> None:
        """Write its configuration and start it."""
        for sort, key in self.host_keys.items():
            self._secret(f"host_{sort}", key.private)
        (self.folder / "authorized_keys").write_text(self.key.public + "\n")
        config = self.folder / "sshd_config"
        config.write_text(self._config())
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where a server of root's keeps what must not be seen
        self._process = Process(
            "sshd",
            [program(), "-D", "-e", "-f", str(config)],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            log=self.folder / "log",
        )
        self._process.wait_until(self._answers, "answers")

    def _secret(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)

    def _config(self) -> str:
        host_keys = "\n".join(f"HostKey {self.folder}/host_{sort}" for sort in self.host_keys)
        return f"""
ListenAddress {HOST}
Port {self.port}
{host_keys}
PidFile none
AuthorizedKeysFile {self.folder}/authorized_keys
PubkeyAuthentication yes
PasswordAuthentication yes
KbdInteractiveAuthentication no
PermitRootLogin yes
UsePAM no
StrictModes no
UseDNS no
AllowTcpForwarding no
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""

    def _answers(self) -> bool:
        try:
            with closing(socket.create_connection((HOST, self.port), timeout=1)) as line:
                return line.recv(4) == b"SSH-"
        except OSError:
            return False

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


class Cut:
    """A line to a server that is cut after so many bytes have come from it."""

    def __init__(self, port: int, after: int) -> None:
        self._to, self._left = port, after
        self._listener = socket.create_server((HOST, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):
            line, _address = self._listener.accept()
            with closing(line), closing(socket.create_connection((HOST, self._to))) as server:
                there = threading.Thread(target=self._there, args=(line, server), daemon=True)
                there.start()
                while self._left > 0 and (block := server.recv(min(self._left, 16_384))):
                    self._left -= len(block)
                    line.sendall(block)
                for end in (line, server):
                    with suppress(OSError):
                        end.shutdown(socket.SHUT_RDWR)
                there.join(5)

    @staticmethod
    def _there(line: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while block := line.recv(16_384):
                server.sendall(block)

    def close(self) -> None:
        """Let go of the port."""
        self._listener.close()
        self._thread.join(5)
