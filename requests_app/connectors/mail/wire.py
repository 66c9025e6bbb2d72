"""The connection to an IMAP server: bounded in time and in what it may answer, and silent about what it saw.

The library waits for a whole answer, however slowly and however much of it comes. So each piece that arrives is counted here, and
a caller's sign of life is given meanwhile.
"""

from __future__ import annotations

import imaplib
import io
import logging
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS, wrap_socket

Look = Callable[[str, int], Sequence[str]]
"""Says which addresses a host and port lead to, none when it is not found; may refuse."""
MAX_ANSWER = 64 * 1024 * 1024
"""Octets of one answer."""
SLOWEST = 6
"""How many read time-outs one answer may take, so that a trickle cannot hold a worker."""
_QUIET_LOGGERS = (
    "imapclient.imapclient",
    "imapclient.imaplib",
    "imapclient.response_parser",
    "imapclient.response_lexer",
)


def _never(_record: logging.LogRecord) -> bool:
    return False


for _name in _QUIET_LOGGERS:
    # the library tells every command at DEBUG, and addresses stand in them
    logging.getLogger(_name).addFilter(_never)


class Watch:
    """What is known of the answer that is coming: when it must be here, and how much of it came."""

    def __init__(self, alive: Callable[[], None], read_timeout: float) -> None:
        self.alive = alive
        self._seconds = SLOWEST * read_timeout
        self._ends = 0.0
        self._came = 0
        self.ask()

    def ask(self) -> None:
        """Another question goes out."""
        self._ends, self._came = time.monotonic() + self._seconds, 0

    def came(self, octets: int) -> None:
        """A piece arrived. Raises ``TimeoutError`` when the answer takes too long, ``imaplib.IMAP4.abort`` when it is too long."""
        self.alive()
        self._came += octets
        if time.monotonic() > self._ends:
            raise TimeoutError
        if self._came > MAX_ANSWER:
            raise imaplib.IMAP4.abort("too much")


class _Pieces(io.RawIOBase):
    """What a socket gives, watched."""

    def __init__(self, inner: socket.socket, watch: Watch) -> None:
        super().__init__()
        self._inner, self._watch = inner, watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        octets = self._inner.recv_into(buffer)
        self._watch.came(octets)
        return octets


class _Watched:
    """A socket whose answers are read through ``_Pieces``; in all else it is the one within."""

    def __init__(self, inner: socket.socket, watch: Watch) -> None:
        self._inner, self._watch = inner, watch

    def makefile(self, *_how: Any) -> io.BufferedReader:
        """What the library reads from."""
        return io.BufferedReader(_Pieces(self._inner, self._watch))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class _Bounded(imaplib.IMAP4):
    """What both sorts of connection have besides the library's own."""

    watch: Watch
    look: Look

    def _create_socket(self, timeout: float | None = None) -> Any:
        """A connection to the first place the name leads to that takes one; the certificate must be the name's."""
        wait: float | None = getattr(self, "_timeout", timeout)
        places = self.look(self.host, self.port)
        for last, place in enumerate(places, 1):
            try:
                plain = socket.create_connection((place, self.port), wait)
            except OSError:
                if last == len(places):
                    raise
                continue
            context = getattr(self, "ssl_context", None)
            return _Watched(wrap_socket(plain, context, self.host) if context else plain, self.watch)
        raise OSError

    def read(self, size: int) -> bytes:
        """A literal; its length is the server's word, and would be allocated at once."""
        if size > MAX_ANSWER:
            raise self.abort("too much")
        return super().read(size)


class Client(IMAPClient):  # type: ignore[misc]  # the library has no types
    """The library's client over a watched connection."""

    def __init__(self, *args: Any, watch: Watch, look: Look, **options: Any) -> None:
        self._watch, self._look = watch, look
        super().__init__(*args, **options)

    def _create_IMAP4(self) -> imaplib.IMAP4:
        base: type[Any] = IMAP4_TLS if self.ssl else IMAP4WithTimeout
        made: type[Any] = type("Connection", (_Bounded, base), {"watch": self._watch, "look": staticmethod(self._look)})
        connect = self._timeout.connect
        if self.ssl:
            return made(self.host, self.port, self.ssl_context, connect)  # type: ignore[no-any-return]
        return made(self.host, self.port, connect)  # type: ignore[no-any-return]
