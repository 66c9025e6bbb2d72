"""The body of a large answer, part by part as it comes: nothing of it is held, and it is bounded in size and in time."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

import httpx

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import ExitStack

    from requests_app.connectors.base import Limits

AT_ONCE = 64 * 1024
"""Bytes of a part as it comes over the wire."""
UNPACKED = 1024 * 1024
"""Bytes of a part that was packed, at most."""
HEARTBEAT_EVERY = 1.0


class Parts:
    """The parts of one body. ``close`` ends the exchange; so does the end of the body.

    Raises TOO_LARGE past ``limits.max_stream_bytes``, TIMEOUT when more than ``patience`` seconds were waited for parts, CUT_OFF.
    """

    def __init__(
        self, response: httpx.Response, limits: Limits, heartbeat: Callable[[], None], patience: float
    ) -> None:
        self._raw = unpacked(response)
        self._limits, self._heartbeat, self._patience = limits, heartbeat, patience
        self._waited, self._beat = 0.0, time.monotonic()
        self._begun: list[bytes] = []
        self._stack: ExitStack | None = None
        self.bytes = 0
        """Bytes given so far, unpacked."""
        self.ends_by_closing = not {"content-length", "transfer-encoding"} & set(response.headers)

    def begin(self, size: int) -> bytes | None:
        """The whole body when it ends within ``size`` bytes; else None, and what was read is given first."""
        read = 0
        for part in self._parts():
            self._begun.append(part)
            read += len(part)
            if read > size:
                return None
        return b"".join(self._begun)

    def start(self) -> bytes:
        """What the body begins with, as far as it was read."""
        return self._begun[0][:100] if self._begun else b""

    def whole(self, size: int) -> bytes:
        """All of it. Raises TOO_LARGE past ``size`` bytes."""
        body = bytearray()
        for part in self:
            body += part
            if len(body) > size:
                raise ConnectorError(Fault.TOO_LARGE, limit=size)
        return bytes(body)

    def keep_open(self, stack: ExitStack) -> None:
        """Take over what must be closed at the end."""
        self._stack = stack

    def close(self) -> None:
        """End the exchange."""
        if self._stack is not None:
            self._stack.close()
            self._stack = None

    def __iter__(self) -> Iterator[bytes]:
        begun, self._begun = self._begun, []
        while begun:
            yield self._counted(begun.pop(0))
        for part in self._parts():
            yield self._counted(part)

    def _counted(self, part: bytes) -> bytes:
        self.bytes += len(part)
        if self.bytes > self._limits.max_stream_bytes:
            raise ConnectorError(Fault.TOO_LARGE, limit=self._limits.max_stream_bytes)
        return part

    def _parts(self) -> Iterator[bytes]:
        while True:
            began = time.monotonic()
            part = self._next()
            now = time.monotonic()
            self._waited += now - began
            if self._waited > self._patience:
                raise ConnectorError(Fault.TIMEOUT)
            if now - self._beat > HEARTBEAT_EVERY:
                self._beat = now
                self._heartbeat()
            if part is None:
                return
            if part:
                yield part

    def _next(self) -> bytes | None:
        """The next part; None at the end. No chained exception holds the address."""
        try:
            return next(self._raw, None)
        except httpx.TimeoutException:
            fault = Fault.TIMEOUT
        except (httpx.HTTPError, httpx.StreamError, zlib.error):
            fault = Fault.CUT_OFF
        raise ConnectorError(fault)


def unpacked(response: httpx.Response) -> Iterator[bytes]:
    """The parts of a body with gzip undone, in pieces that a small file cannot make large."""
    coding = response.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        yield from response.iter_raw(AT_ONCE)
        return
    if coding not in {"gzip", "x-gzip"}:
        raise ConnectorError(Fault.UNREADABLE, line=1)
    unpacker = zlib.decompressobj(wbits=31)
    for part in response.iter_raw(AT_ONCE):
        left = part
        while left and not unpacker.eof:
            yield unpacker.decompress(left, UNPACKED)
            left = unpacker.unconsumed_tail
    if not unpacker.eof:
        raise ConnectorError(Fault.CUT_OFF)
