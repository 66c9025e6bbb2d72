"""Sealing with a key of a case: what the database keeps of a person is readable only while that key exists.

A sealed value is ``form (1) | nonce (12) | AES-256-GCM of the content and tag (16)``. The form byte is version and
shape in one, and is authenticated together with the place the value belongs to.
"""

from __future__ import annotations

import hmac
import json
import os
import zlib
from typing import TYPE_CHECKING, Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from requests_app.crypto.aad import encode_aad
from requests_app.crypto.errors import BadKeys, SealBroken
from requests_app.crypto.keyring import KEY_BYTES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests_app.crypto.aad import Part

_RAW = 1
_JSON = 2  # zlib-compressed JSON in UTF-8
_ROWS = 3  # the same, and a list of rows

_NONCE_BYTES = 12
_TAG_BYTES = 16
_MAC_INFO = b"hemdsr mac"


class DataKey:
    """A key of one case (AES-256-GCM, 32 bytes). Destroying its wrapped form erases everything it sealed.

    ``aad`` says where a value belongs, as text and whole numbers: it must be the same when the value is opened, so
    that a sealed value moved to another case or row does not open. Every ``open`` raises ``SealBroken`` when anything
    is not as it was.
    """

    __slots__ = ("_aead", "_key", "_mac_key")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise BadKeys(f"A data key must be {KEY_BYTES} bytes long, it is {len(key)}.")
        self._key = bytes(key)
        self._aead = AESGCM(self._key)
        self._mac_key: bytes | None = None

    @classmethod
    def generate(cls) -> DataKey:
        """A new random key."""
        return cls(os.urandom(KEY_BYTES))

    def __bytes__(self) -> bytes:
        """The key itself, to be handed to ``Keyring.wrap`` and nothing else."""
        return self._key

    def __repr__(self) -> str:
        return "<DataKey>"

    def seal(self, plaintext: bytes, *aad: Part) -> bytes:
        """Seal bytes."""
        return self._seal(_RAW, plaintext, aad)

    def open(self, blob: bytes | memoryview, *aad: Part) -> bytes:
        """Open what ``seal`` made."""
        return self._open(_RAW, blob, aad)

    def seal_json(self, value: Any, *aad: Part) -> bytes:
        """Seal a JSON value, compressed. Any text survives, lone surrogates too."""
        return self._seal(_JSON, _pack(value), aad)

    def open_json(self, blob: bytes | memoryview, *aad: Part) -> Any:
        """Open what ``seal_json`` made."""
        return _unpack(self._open(_JSON, blob, aad))

    def seal_rows(self, rows: Sequence[list[Any]], *aad: Part) -> bytes:
        """Seal a batch of rows (``Record.to_row``), compressed."""
        return self._seal(_ROWS, _pack(list(rows)), aad)

    def open_rows(self, blob: bytes | memoryview, *aad: Part) -> list[list[Any]]:
        """Open what ``seal_rows`` made."""
        rows: list[list[Any]] = _unpack(self._open(_ROWS, blob, aad))
        return rows

    def open_text(self, blob: bytes | memoryview, *aad: Part) -> str:
        """The JSON text of what ``seal_rows`` made, to look for something in before it is taken apart."""
        return _text(self._open(_ROWS, blob, aad))

    def subkey(self, salt: bytes, info: bytes) -> AESGCM:
        """A cipher of its own for one file, derived with HKDF-SHA-256: files then share nonces with nothing else."""
        return AESGCM(HKDF(hashes.SHA256(), KEY_BYTES, salt, info).derive(self._key))

    def mac(self, *place: Part) -> bytes:
        """A keyed hash (HMAC-SHA-256, 32 bytes) of what names something, to find it by without its being readable. It means nothing when
        the key is destroyed.
        """
        if self._mac_key is None:
            self._mac_key = HKDF(hashes.SHA256(), KEY_BYTES, None, _MAC_INFO).derive(self._key)
        return hmac.digest(self._mac_key, encode_aad(*place), "sha256")

    def _seal(self, form: int, content: bytes, aad: Sequence[Part]) -> bytes:
        head = bytes([form])
        nonce = os.urandom(_NONCE_BYTES)
        return head + nonce + self._aead.encrypt(nonce, content, head + encode_aad(*aad))

    def _open(self, form: int, blob: bytes | memoryview, aad: Sequence[Part]) -> bytes:
        blob = bytes(blob)  # a database may give a memoryview
        if len(blob) < 1 + _NONCE_BYTES + _TAG_BYTES or blob[0] != form:
            raise SealBroken("A sealed value is cut off or has another form.")
        try:
            return self._aead.decrypt(blob[1 : 1 + _NONCE_BYTES], blob[1 + _NONCE_BYTES :], blob[:1] + encode_aad(*aad))
        except InvalidTag:
            raise SealBroken("A sealed value does not open: it was changed, or it belongs elsewhere.") from None


def _pack(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    # Vendors send halves of characters now and then: surrogatepass keeps them as they came, ASCII escapes would join
    # two.
    return zlib.compress(text.encode("utf-8", "surrogatepass"))


def _unpack(content: bytes) -> Any:
    return json.loads(_text(content))


def _text(content: bytes) -> str:
    return zlib.decompress(content).decode("utf-8", "surrogatepass")
