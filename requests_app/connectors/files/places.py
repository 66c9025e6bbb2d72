"""Where exports lie: what a folder holds, and a file of it as a stream that keeps the run alive."""

from __future__ import annotations

import io
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import TracebackType
    from typing import BinaryIO, Self

MAX_FILES = 20_000
"""Files in one folder."""
MAX_SIZE = 4 * 1024**3
"""Bytes of one file."""
BEAT_EVERY = 1.0
BUFFER = 256 * 1024


@dataclass(frozen=True, slots=True)
class Lying:
    """A regular file of a folder as it lies there now."""

    name: str
    size: int
    modified: datetime
    mark: str
    """What changes whenever the content does: size and time of the last writing."""


class Place(Protocol):
    """A folder somewhere, read and never written to."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def listing(self, folder: str) -> list[Lying]:
        """The regular files in a folder below the system's, links left out. Raises NOT_FOUND, FORBIDDEN, UNREACHABLE."""

    def open(self, folder: str, file: Lying) -> Content:
        """A file that was listed. Raises CHANGED when it is another one by now."""


class Beat:
    """Calls a heartbeat at most once a second; what that raises ends the run."""

    def __init__(self, heartbeat: Callable[[], None]) -> None:
        self._heartbeat = heartbeat
        self._next = 0.0

    def __call__(self) -> None:
        now = time.monotonic()
        if now >= self._next:
            self._next = now + BEAT_EVERY
            self._heartbeat()


class Source(Protocol):
    """The bytes of an open file."""

    def read_at(self, offset: int, size: int) -> bytes:
        """At most ``size`` bytes from ``offset``, none at the end. Raises ``ConnectorError``."""

    def mark(self) -> str:
        """The mark of the open file now."""

    def close(self) -> None:
        """Let go of it."""


class Content(io.RawIOBase):
    """An open file that beats while it is read. ``failed`` is what reading raised, for libraries that swallow everything."""

    def __init__(self, source: Source, file: Lying, beat: Beat) -> None:
        self._source, self._file, self._beat = source, file, beat
        self._at = 0
        self.failed: BaseException | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place; nothing is read."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._file.size}[whence]
        if start + offset < 0:
            raise ValueError
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        """Where it is."""
        return self._at

    def readinto(self, buffer: object) -> int:
        """Fill as much of ``buffer`` as there is; not past the size the file had when it was listed."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        size = min(len(view), self._file.size - self._at)
        if size <= 0:
            return 0
        try:
            self._beat()
            block = self._source.read_at(self._at, size)
            if not block:  # it is shorter than it was
                raise ConnectorError(Fault.CHANGED)
        except BaseException as error:
            self.failed = error
            raise
        view[: len(block)] = block
        self._at += len(block)
        return len(block)

    def check_unchanged(self) -> None:
        """Raise CHANGED when the file was written to since it was listed."""
        if self._source.mark() != self._file.mark:
            raise ConnectorError(Fault.CHANGED)

    def buffered(self) -> BinaryIO:
        """The file as readers take it."""
        return io.BufferedReader(self, BUFFER)

    def close(self) -> None:
        """Let go of it."""
        if not self.closed:
            self._source.close()
        super().close()
