"""Strict readers of the environment: what is missing or malformed stops the start with a message that names the variable."""

from __future__ import annotations

import base64
import os
import secrets
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import unquote, urlsplit


class EnvironmentError_(RuntimeError):
    """A variable is missing or malformed. The message never holds its value."""


def text(name: str, default: str | None = None) -> str:
    """The variable ``name``, or the content of the file that ``name_FILE`` names; without a default it must be there."""
    value = os.environ.get(name)
    path = os.environ.get(f"{name}_FILE")
    if value and path:
        raise EnvironmentError_(f"{name} and {name}_FILE are both set; set one of them")
    if path:
        try:
            value = Path(path).read_text("utf-8").strip()
        except OSError as error:
            raise EnvironmentError_(f"{name}_FILE cannot be read: {error.strerror}") from None
    if value:
        return value
    if default is None:
        raise EnvironmentError_(f"{name} (or {name}_FILE) must be set")
    return default


def flag(name: str, default: bool = False) -> bool:
    """A switch: ``1``, ``true``, ``yes`` or ``on`` and their opposites, nothing else."""
    value = text(name, "1" if default else "0").lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise EnvironmentError_(f"{name} must be one of 1, true, yes, on, 0, false, no, off")


def number(name: str, default: int, *, least: int = 0) -> int:
    """A whole number not below ``least``."""
    value = text(name, str(default))
    if not value.isdigit() or int(value) < least:
        raise EnvironmentError_(f"{name} must be a whole number from {least}")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A list with commas between."""
    return (
        [word.strip() for word in text(name, default).split(",") if word.strip()]
        if text(name, default or " ").strip()
        else []
    )


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed over, and how. ``tls`` is from the first byte on, ``starttls`` after the greeting."""

    host: str
    port: int
    user: str
    password: str
    tls: bool
    starttls: bool


_MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def mail_server(name: str, default: str | None = None) -> MailServer | None:
    """A mail server: ``smtps://user:password@host``, ``smtp+starttls://...`` or ``smtp://...``; None for an empty default.

    Signs of user and password that mean something in an address are written ``%40`` and so on.
    """
    value = text(name, default)
    if not value:
        return None
    wrong = EnvironmentError_(f"{name} must be smtps://, smtp+starttls:// or smtp:// with [user:password@]host[:port]")
    try:
        parts = urlsplit(value)
        port = parts.port or _MAIL_PORTS.get(parts.scheme, 0)
    except ValueError:
        raise wrong from None
    rest = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in _MAIL_PORTS or not parts.hostname or rest or bool(parts.username) != bool(parts.password):
        raise wrong
    return MailServer(
        host=parts.hostname,
        port=port,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        tls=parts.scheme == "smtps",
        starttls=parts.scheme == "smtp+starttls",
    )


Daemon = str | tuple[str, int]
"""Where a daemon listens: the path of a unix socket, or host and port."""


def daemon(name: str, default: str | None = None) -> Daemon | None:
    """A daemon's address: the path of a unix socket (``/run/x.sock``) or ``host:port``; None for an empty default."""
    value = text(name, default)
    if not value or value.startswith("/"):
        return value or None
    host, colon, port = value.rpartition(":")
    if not colon or not host.strip("[]") or not port.isdigit() or not 0 < int(port) < 65536:
        raise EnvironmentError_(f"{name} must be the path of a unix socket, or host:port")
    return host.strip("[]"), int(port)


def address(name: str, default: str | None = None) -> str:
    """A mail address, possibly with a name: ``HEM <dsr@example.se>``."""
    value = text(name, default)
    mailbox = parseaddr(value)[1]
    if mailbox.count("@") != 1 or not all(mailbox.split("@")) or any(sign in value for sign in "\r\n"):
        raise EnvironmentError_(f"{name} must be a mail address, such as Name <name@example.se>")
    return value


def secret(name: str, *, embedded_in: Path | None, as_key: bool = False) -> str:
    """A secret. On the embedded default it is made at the first start and kept in a file only its owner can read.

    ``as_key`` gives the form ``id:base64`` of a 32-byte key.
    """
    if embedded_in is None or os.environ.get(name) or os.environ.get(f"{name}_FILE"):
        return text(name)
    path = embedded_in / name.lower()
    try:
        return path.read_text("ascii").strip()
    except FileNotFoundError:
        pass
    embedded_in.mkdir(parents=True, exist_ok=True, mode=0o700)
    made = f"k1:{base64.b64encode(secrets.token_bytes(32)).decode()}" if as_key else secrets.token_urlsafe(48)
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(made)
    try:
        os.link(temporary, path)  # whoever links first wins; the others read what it made
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
    return path.read_text("ascii").strip()
