"""Reading a private key as an administrator pasted it, with or without the line breaks a one-line field takes away."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.pem import with_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    import paramiko

_PEM = re.compile(r"\s*-----BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY)-----([A-Za-z0-9+/=\s]+)-----END \1-----\s*")


def check_private_key(text: str) -> None:
    """Raise MISCONFIGURED (setting: ``private_key``) unless it looks like one."""
    _lines(text)


def private_key(secrets: Mapping[str, str]) -> paramiko.PKey:
    """The key of the secrets ``private_key`` and ``passphrase``. Raises MISCONFIGURED naming the one that does not do."""
    import paramiko

    text, passphrase = _lines(secrets["private_key"]), secrets.get("passphrase") or None
    for sort in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return sort.from_private_key(io.StringIO(text), passphrase)
        except paramiko.PasswordRequiredException:
            wrong = "passphrase"
            break
        except Exception:  # noqa: BLE001 (another sort of key, or a broken one: what is raised differs by sort)
            wrong = "passphrase" if passphrase else "private_key"
    raise ConnectorError(Fault.MISCONFIGURED, setting=wrong)


def _lines(text: str) -> str:
    found = _PEM.fullmatch(text)
    if found is None:  # also the oldest form, whose encryption stands in headers and is too weak
        raise ConnectorError(Fault.MISCONFIGURED, setting="private_key")
    return with_lines(text).strip() + "\n"
