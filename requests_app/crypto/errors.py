"""What can go wrong with keys and seals. No message ever holds a key, a plaintext or a text that may be one."""

from __future__ import annotations


class CryptoError(Exception):
    """Base of every error of this room."""


class BadKeys(CryptoError, ValueError):
    """Keys that cannot be used: wrong length, unreadable, none current. The message says which by place, never what."""


class UnknownKey(CryptoError, LookupError):
    """The master key is not in the keyring: it was taken out before everything was wrapped anew."""

    def __init__(self, key_id: str) -> None:
        super().__init__(f"There is no master key with the id {key_id!r} in the keyring.")
        self.key_id = key_id


class SealBroken(CryptoError):
    """The bytes were changed, cut off, moved from their place, or sealed with another key."""
