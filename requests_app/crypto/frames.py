"""Sealed files: nothing of a file stands in plaintext on a disk, and any part of it can be read without the rest.

The STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015) over AES-256-GCM. A file is

    magic (4) | version (1) | salt (16) | nonce prefix (7) | frame | frame | … | last frame

where a frame is up to 1 MiB of content and a tag of 16 bytes, sealed under a key derived for this file from the
case's key, the salt and the place the file belongs to. The nonce of a frame is the prefix, its number and whether it
is the last: frames that are swapped, repeated, left out, cut off or added do not open.
"""

from __future__ import annotations

import io
import os
import struct
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag

from requests_app.crypto.aad import encode_aad
from requests_app.crypto.errors import SealBroken

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Buffer

    from requests_app.crypto.aad import Part
    from requests_app.crypto.sealing import DataKey

FRAME_BYTES = 1024 * 1024

_MAGIC = b"HDSF"
_VERSION = 1
_SALT_BYTES = 16
_PREFIX_BYTES = 7
_TAG_BYTES = 16
_HEADER_BYTES = len(_MAGIC) + 1 + _SALT_BYTES + _PREFIX_BYTES
_SEALED_FRAME_BYTES = FRAME_BYTES + _TAG_BYTES


class _Frames:
    """The cipher of one file: seals and opens a frame by its number."""

    def __init__(self, key: DataKey, header: bytes, aad: tuple[Part, ...]) -> None:
        self._prefix = header[-_PREFIX_BYTES:]
        self._aead = key.subkey(header[len(_MAGIC) + 1 : -_PREFIX_BYTES], header + encode_aad(*aad))

    def seal(self, content: bytes, number: int, *, last: bool) -> bytes:
        return self._aead.encrypt(self._nonce(number, last=last), content, None)

    def open(self, sealed: bytes, number: int, *, last: bool) -> bytes:
        try:
            return self._aead.decrypt(self._nonce(number, last=last), sealed, None)
        except InvalidTag:
            raise SealBroken("A sealed file does not open: it was changed, cut off, or belongs elsewhere.") from None

    def _nonce(self, number: int, *, last: bool) -> bytes:
        return self._prefix + struct.pack(">IB", number, last)


class SealedWriter(io.BufferedIOBase):
    """A file to write that keeps only sealed frames in ``raw``.

    The file is whole only once ``close`` has written the last frame. Leaving a ``with`` block by an exception, or
    forgetting ``close``, leaves a file that does not open: half an answer must never pass for a whole one. ``raw``
    stays open; it is the caller's.
    """

    def __init__(self, raw: BinaryIO, key: DataKey, *aad: Part) -> None:
        super().__init__()
        header = _MAGIC + bytes([_VERSION]) + os.urandom(_SALT_BYTES + _PREFIX_BYTES)
        self._pending = bytearray()
        self._raw = raw
        self._frames = _Frames(key, header, aad)
        self._number = 0
        self._written = 0
        raw.write(header)

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        """Take bytes; full frames go to ``raw`` as soon as it is known that they are not the last."""
        if self.closed:
            raise ValueError("The sealed file is closed.")
        view = memoryview(data).cast("B")
        for start in range(0, len(view), FRAME_BYTES):
            self._pending += view[start : start + FRAME_BYTES]
            if len(self._pending) > FRAME_BYTES:
                self._put(bytes(self._pending[:FRAME_BYTES]), last=False)
                del self._pending[:FRAME_BYTES]
        self._written += len(view)
        return len(view)

    def tell(self) -> int:
        """Bytes of content written so far."""
        return self._written

    def close(self) -> None:
        """Write the last frame: from here on the file is whole."""
        if not self.closed:
            self._put(bytes(self._pending), last=True)
            self.abort()

    def abort(self) -> None:
        """Give up: what stands in ``raw`` will not open."""
        self._pending.clear()
        super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()

    def __del__(self) -> None:
        # io would call close() here and so make a half-written file look whole.
        if not self.closed:
            self.abort()

    def _put(self, content: bytes, *, last: bool) -> None:
        self._raw.write(self._frames.seal(content, self._number, last=last))
        self._number += 1


class SealedReader(io.BufferedIOBase):
    """A file to read over sealed frames in ``raw``, which must be seekable; one frame is in memory at a time.

    The last frame is opened at once, so that ``size`` can be trusted and a cut-off file is refused before its first
    byte is used. Closing closes ``raw`` too, since a response closes only what it was given.
    """

    def __init__(self, raw: BinaryIO, key: DataKey, *aad: Part) -> None:
        super().__init__()
        self._raw = raw
        self._content = b""
        body = raw.seek(0, io.SEEK_END) - _HEADER_BYTES
        raw.seek(0)
        header = raw.read(_HEADER_BYTES)
        if body < _TAG_BYTES or header[: len(_MAGIC) + 1] != _MAGIC + bytes([_VERSION]):
            raise SealBroken("This is not a sealed file of a known version, or it is cut off.")
        self._frames = _Frames(key, header, aad)
        self._count = -(-body // _SEALED_FRAME_BYTES)
        self._size = body - self._count * _TAG_BYTES
        self._at = 0
        self._loaded = self._count - 1
        self._content = self._open(self._loaded)

    @property
    def size(self) -> int:
        """Bytes of content."""
        return self._size

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise ValueError("A place before the beginning of the file.")
        self._at = base + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """Up to ``size`` bytes from the current place, everything when it is None or negative."""
        self._refuse_closed()
        end = self._size if size is None or size < 0 else min(self._size, self._at + size)
        parts = []
        while self._at < end:
            parts.append(self._read_in_frame(end - self._at))
        return b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes without going into a further frame."""
        self._refuse_closed()
        return self._read_in_frame(self._size if size < 0 else size) if self._at < self._size else b""

    def close(self) -> None:
        """Close this file and ``raw``."""
        if not self.closed:
            self._content = b""
            self._raw.close()
            super().close()

    def _read_in_frame(self, size: int) -> bytes:
        number, start = divmod(self._at, FRAME_BYTES)
        if number != self._loaded:
            self._content = self._open(number)
            self._loaded = number
        part = self._content[start : start + size]
        self._at += len(part)
        return part

    def _refuse_closed(self) -> None:
        if self.closed:
            raise ValueError("The sealed file is closed.")

    def _open(self, number: int) -> bytes:
        self._raw.seek(_HEADER_BYTES + number * _SEALED_FRAME_BYTES)
        return self._frames.open(self._raw.read(_SEALED_FRAME_BYTES), number, last=number == self._count - 1)
