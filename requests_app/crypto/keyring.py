"""Keys that come from the environment: master keys that wrap the keys of a case, and keys for keyed hashes.

Both are rings, so that a key can be changed without a stop: the current one is used for everything new, the others
still open or find what is older until it has been written anew.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import struct
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from requests_app.crypto.errors import BadKeys, SealBroken, UnknownKey

if TYPE_CHECKING:
    from collections.abc import Mapping

KEY_BYTES = 32

_WRAP_VERSION = 1
_NONCE_BYTES = 12
_TAG_BYTES = 16
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,16}")  # too short to be a key, so that an id may be shown


class _Ring:
    """Named keys, one of them current."""

    def __init__(self, keys: Mapping[str, bytes], current: str) -> None:
        for place, (key_id, key) in enumerate(keys.items(), start=1):
            _check_id(place, key_id)
            _check_length(place, key)
        if current not in keys:
            raise BadKeys("The current key is not among the keys.")
        self._keys = dict(keys)
        self._current = current

    @property
    def current(self) -> str:
        """Id of the key that is used for everything new."""
        return self._current

    @property
    def key_ids(self) -> tuple[str, ...]:
        """Ids of all keys, the current one first."""
        return (self._current, *(key_id for key_id in self._keys if key_id != self._current))

    def __repr__(self) -> str:
        return f"<{type(self).__name__} current={self._current!r} of {len(self._keys)}>"


class Keyring(_Ring):
    """Master keys (AES-256-GCM) that wrap the data keys of cases.

    A wrapped key is ``version (1) | length of the key id (1) | key id | nonce (12) | sealed data key and tag``.
    The header is authenticated together with ``aad``, which says whose key it is.
    """

    def wrap(self, data_key: bytes, aad: bytes) -> bytes:
        """Seal a data key of 32 bytes under the current master key."""
        if len(data_key) != KEY_BYTES:
            raise BadKeys(f"A data key must be {KEY_BYTES} bytes long, it is {len(data_key)}.")
        header = bytes([_WRAP_VERSION, len(self._current)]) + self._current.encode("ascii")
        nonce = os.urandom(_NONCE_BYTES)
        return header + nonce + AESGCM(self._keys[self._current]).encrypt(nonce, data_key, header + aad)

    def unwrap(self, blob: bytes | memoryview, aad: bytes) -> bytes:
        """Give back the data key; ``UnknownKey`` when its master key is gone, ``SealBroken`` when it does not fit."""
        blob = bytes(blob)
        key_id = self.key_id(blob)
        if key_id not in self._keys:
            raise UnknownKey(key_id)
        start = 2 + len(key_id)
        header, nonce, sealed = blob[:start], blob[start : start + _NONCE_BYTES], blob[start + _NONCE_BYTES :]
        try:
            return AESGCM(self._keys[key_id]).decrypt(nonce, sealed, header + aad)
        except InvalidTag:
            raise SealBroken("A wrapped key does not open: it was changed, or it belongs elsewhere.") from None

    def rewrap(self, blob: bytes | memoryview, aad: bytes) -> bytes:
        """Wrap the same data key anew under the current master key; what it sealed stays as it is."""
        return self.wrap(self.unwrap(blob, aad), aad)

    @staticmethod
    def key_id(blob: bytes | memoryview) -> str:
        """Id of the master key a data key is wrapped with, read without opening it."""
        blob = bytes(blob)  # a database may give a memoryview
        if len(blob) < 2 or blob[0] != _WRAP_VERSION:
            raise SealBroken("This is not a wrapped key of a known version.")
        start = 2 + blob[1]
        key_id = blob[2:start].decode("ascii", "replace")
        if len(blob) != start + _NONCE_BYTES + KEY_BYTES + _TAG_BYTES or not _KEY_ID.fullmatch(key_id):
            raise SealBroken("A wrapped key is cut off or malformed.")
        return key_id


class MacKeys(_Ring):
    """Keys for keyed hashes (HMAC-SHA-256) of normalised identifiers, so that they are found without being readable.

    ``purpose`` separates uses: the same value gives unrelated hashes as an e-mail address and as a word of a name.
    """

    def mac(self, purpose: str, value: str) -> bytes:
        """The hash of a value under the current key, 32 bytes."""
        return self._mac(self._current, purpose, value)

    def all_macs(self, purpose: str, value: str) -> list[bytes]:
        """The hash under every key, the current one first: what to look for while keys are being changed."""
        return [self._mac(key_id, purpose, value) for key_id in self.key_ids]

    def _mac(self, key_id: str, purpose: str, value: str) -> bytes:
        label = purpose.encode("utf-8")
        message = struct.pack(">I", len(label)) + label + value.encode("utf-8", "surrogatepass")
        return hmac.new(self._keys[key_id], message, hashlib.sha256).digest()


def parse_keys(text: str) -> tuple[dict[str, bytes], str]:
    """Read ``id:base64,id2:base64`` as it stands in the environment; the first key is the current one.

    Each key is 32 bytes in base64 (``openssl rand -base64 32``). Errors name a faulty entry by its place only, since
    whatever stands there may be a key.
    """
    keys: dict[str, bytes] = {}
    for place, entry in enumerate((part.strip() for part in text.strip().split(",")), start=1):
        key_id, colon, encoded = entry.partition(":")
        if not colon:
            raise BadKeys(f"Key {place}: write it as id:base64.")
        _check_id(place, key_id)
        if key_id in keys:
            raise BadKeys(f"Key {place}: the same id stands before an earlier key.")
        try:
            key = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            raise BadKeys(f"Key {place}: what follows the id is not base64.") from None
        _check_length(place, key)
        if key in keys.values():
            raise BadKeys(f"Key {place}: the same key stands under an earlier id.")
        keys[key_id] = key
    return keys, next(iter(keys))


def _check_id(place: int, key_id: str) -> None:
    if not _KEY_ID.fullmatch(key_id):
        raise BadKeys(f"Key {place}: the id must be 1 to 16 letters, digits, dots, underscores or hyphens.")


def _check_length(place: int, key: bytes) -> None:
    if len(key) != KEY_BYTES:
        raise BadKeys(f"Key {place}: the key must be {KEY_BYTES} bytes long, it is {len(key)}.")
