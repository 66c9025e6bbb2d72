"""One unambiguous way to say what a sealed value belongs to (the additional authenticated data of AES-GCM)."""

from __future__ import annotations

import struct

Part = str | int
"""A name or a number that ties a sealed value to its place: case reference, collection, category, sequence."""


def encode_aad(*parts: Part) -> bytes:
    """Encode the parts so that no two different lists give the same bytes: each has its type and its length before it.

    ``"1"`` and ``1`` differ, and so do ``("ab", "c")`` and ``("a", "bc")``.
    """
    encoded = bytearray()
    for part in parts:
        kind, data = (b"s", part.encode("utf-8", "surrogatepass")) if isinstance(part, str) else (b"i", b"%d" % part)
        encoded += kind + struct.pack(">I", len(data)) + data
    return bytes(encoded)
