"""The pinned key of an SFTP server: as OpenSSH writes public keys, or their SHA256 fingerprint. Several may be written, for a change."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass

from requests_app.connectors.base import ConnectorError, Fault

_FINGERPRINT = re.compile(r"SHA256:([A-Za-z0-9+/]{43})=?")
_SORTS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),  # the key's sort; SHA-1 signatures are never taken
}
_EVERY = tuple(algorithm for algorithms in _SORTS.values() for algorithm in algorithms)


@dataclass(frozen=True, slots=True)
class Pinned:
    """The digests (SHA-256) of the keys a server may show, and the algorithms to ask it for, each a try of its own."""

    digests: frozenset[bytes]
    tries: tuple[tuple[str, ...], ...]

    def fits(self, blob: bytes) -> bool:
        """Whether a key, as it goes over the wire, is one of them."""
        digest = hashlib.sha256(blob).digest()
        return any([hmac.compare_digest(digest, one) for one in self.digests])


def pinned(text: str) -> Pinned:
    """What a setting pins: keys or fingerprints, one a line or with commas between. Raises MISCONFIGURED (setting: ``host_key``)."""
    digests: set[bytes] = set()
    sorts: dict[str, None] = {}
    open_sort = False
    for one in filter(None, (part.strip() for part in re.split(r"[,\n]", text))):
        if found := _FINGERPRINT.fullmatch(one):
            digests.add(base64.b64decode(found[1] + "="))
            open_sort = True  # a fingerprint does not say of what sort its key is
        else:
            sort, blob = _key(one)
            digests.add(hashlib.sha256(blob).digest())
            sorts[sort] = None
    if not digests:
        raise ConnectorError(Fault.MISCONFIGURED, setting="host_key")
    if not open_sort:
        return Pinned(frozenset(digests), tuple(_SORTS[sort] for sort in sorts))
    ecdsa = tuple(algorithm for algorithm in _EVERY if algorithm.startswith("ecdsa"))
    return Pinned(frozenset(digests), (_SORTS["ssh-ed25519"], ecdsa, _SORTS["ssh-rsa"]))


def fingerprint(blob: bytes) -> str:
    """As ``ssh-keygen -l`` writes it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def _key(text: str) -> tuple[str, bytes]:
    """The sort and content of a public key, with or without the host in front and a comment behind."""
    words = text.split()
    place = next((n for n, word in enumerate(words) if word in _SORTS), None)
    blob = b""
    if place is not None and place + 1 < len(words):
        try:
            blob = base64.b64decode(words[place + 1], validate=True)
        except (binascii.Error, ValueError):
            blob = b""
    # the content begins with the length and name of its sort (RFC 4253 6.6)
    sort = words[place] if place is not None else ""
    if not blob.startswith(len(sort).to_bytes(4, "big") + sort.encode()) or len(blob) < len(sort) + 12:
        raise ConnectorError(Fault.MISCONFIGURED, setting="host_key")
    return sort, blob
