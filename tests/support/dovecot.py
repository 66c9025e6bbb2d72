"""A real IMAP server for tests: Debian's Dovecot, configured in a throw-away folder, on loopback, without root's rights."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from imapclient import IMAPClient

from tests.support.processes import Process, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET = "lösenord-åäö"
USER = "info"
HOST = "localhost"


def program() -> str:
    """The server's program."""
    found = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/sbin")
    assert found, "Dovecot is not installed (Debian: apt-get install dovecot-imapd)"
    return found


class Dovecot:
    """A server with one account, ``info``, and what a test does to its mailbox from outside."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dovecot", dir="/tmp"))  # its sockets need a short path
        self.port, self.tls_port = free_port(), free_port()
        self.certificate = self.folder / "cert.pem"
        self._user = "dovecot" if os.geteuid() == 0 else None  # an account of the package
        self._process: Process | None = None

    def start(self) -> None:
        """Write its configuration and start it."""
        if not self.certificate.exists():
            make_certificate(self.certificate, self.folder / "key.pem")
        config = self.folder / "dovecot.conf"
        config.write_text(self._config(), encoding="utf-8")
        if self._user:
            group = grp.getgrgid(pwd.getpwnam(self._user).pw_gid).gr_name
            for path in [self.folder, *self.folder.rglob("*")]:
                shutil.chown(path, self._user, group)
        self._process = Process(
            "dovecot",
            [program(), "-F", "-c", str(config)],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            log=self.folder.parent / f"{self.folder.name}.out",
            user=self._user,
        )
        self._process.wait_until(self._answers, "answers")

    def _config(self) -> str:
        owner = pwd.getpwnam(self._user) if self._user else pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(owner.pw_gid).gr_name
        (self.folder / "run").mkdir(exist_ok=True)
        return f"""
protocols = imap
base_dir = {self.folder}/run
state_dir = {self.folder}/run
log_path = {self.folder}/dovecot.log
default_internal_user = {owner.pw_name}
default_internal_group = {group}
default_login_user = {owner.pw_name}
first_valid_uid = 1
auth_mechanisms = plain login
auth_failure_delay = 0
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
mail_fsync = never
mail_plugins =
ssl = yes
ssl_cert = <{self.certificate}
ssl_key = <{self.folder}/key.pem
passdb {{
  driver = static
  args = password={SECRET}
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={self.folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Kasserat {{
    special_use = \\Trash
  }}
}}
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
}}
"""

    def _answers(self) -> bool:
        try:
            with self.client():
                return True
        except OSError:
            return False

    def stop(self) -> None:
        """End it; its folder stays until ``remove``."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def remove(self) -> None:
        """End it, and its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder.parent / f"{self.folder.name}.out").unlink(missing_ok=True)

    @contextlib.contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """A connection of somebody else, logged in."""
        client = IMAPClient("127.0.0.1", port=self.port, ssl=False)
        try:
            client.plain_login(USER, SECRET)
            yield client
        finally:
            with contextlib.suppress(Exception):
                client.shutdown()

    def put(self, folder: str, *mails: bytes, at: datetime | None = None) -> None:
        """Let mails lie in a folder, which is made when it is not there."""
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for mail in mails:
                client.append(folder, mail, msg_time=at)

    def flags(self, folder: str) -> dict[int, tuple[bytes, ...]]:
        """The flags of each mail in a folder, by UID."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            return {uid: tuple(told) for uid, told in client.get_flags(client.search()).items()}

    def bodies(self, folder: str) -> list[bytes]:
        """The mails in a folder."""
        with self.client() as client:
            client.select_folder(folder, readonly=True)
            return [told[b"BODY[]"] for told in client.fetch(client.search(), ["BODY.PEEK[]"]).values()]

    def renumber(self, folder: str) -> None:
        """Let the folder lose its numbering, as after a move to another server: another UIDVALIDITY, and no flags of ours."""
        lies = self.folder / "mail" / USER / "Maildir" / ("" if folder == "INBOX" else f".{folder.replace('/', '.')}")
        for path in [*lies.glob("dovecot*"), *(self.folder / "mail" / USER / "Maildir").glob("dovecot.list*")]:
            if path.name != "dovecot-acl":
                path.unlink(missing_ok=True)


def make_certificate(certificate: Path, key: Path) -> None:
    """A certificate for this machine that nobody trusts but who is told to."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(private, hashes.SHA256())
    )
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
