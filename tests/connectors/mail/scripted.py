"""An IMAP server that answers as a test says, on loopback."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HEAD = (
    b"From: Anna Lindqvist <anna@example.se>\r\nSubject: Hej\r\nMessage-ID: <1@x>\r\n"
    b"Date: Mon, 02 Nov 2026 10:00:00 +0100\r\n\r\n"
)
MAIL = HEAD + b"Text\r\n"
DATE = b'INTERNALDATE "02-Nov-2026 10:00:00 +0100"'


def usual(command: str) -> bytes:
    """What a sane server says besides OK: one folder with one mail."""
    if command.startswith("CAPABILITY"):
        return b"* CAPABILITY IMAP4rev1\r\n"
    if command.startswith("LIST"):
        return b'* LIST (\\HasNoChildren) "/" INBOX\r\n'
    if command.startswith("EXAMINE"):
        return b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n"
    if "SEARCH" in command:
        return b"* SEARCH 1\r\n"
    if "BODY.PEEK[HEADER" in command:
        return b"* 1 FETCH (UID 1 RFC822.SIZE %d %s BODY[HEADER.FIELDS (FROM)]<0> {%d}\r\n%s)\r\n" % (
            len(MAIL),
            DATE,
            len(HEAD),
            HEAD,
        )
    if "BODY.PEEK[]<0" in command:
        return b"* 1 FETCH (UID 1 BODY[]<0> {%d}\r\n%s)\r\n" % (len(MAIL), MAIL)
    if "RFC822.SIZE" in command:
        return b"* 1 FETCH (UID 1 RFC822.SIZE %d %s)\r\n" % (len(MAIL), DATE)
    return b""


class Scripted:
    """One server; ``said`` are the commands it was given, without their tags."""

    def __init__(self, answer: Callable[[str], bytes | None]) -> None:
        self._answer = answer
        self.said: list[str] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                wire, _address = self._listening.accept()
                with contextlib.suppress(OSError), wire:
                    self._talk(wire)

    def _talk(self, wire: socket.socket) -> None:
        wire.sendall(b"* OK ready\r\n")
        with wire.makefile("rb") as lines:
            for line in lines:
                tag, _space, command = line.decode("utf-8", "replace").strip().partition(" ")
                while (literal := re.search(r"\{(\d+)\}$", command)) is not None:
                    wire.sendall(b"+ go on\r\n")
                    command = command[: literal.start()] + lines.read(int(literal[1])).decode("utf-8", "replace")
                    command += lines.readline().decode("utf-8", "replace").rstrip()
                self.said.append(command)
                told = self._answer(command)
                if told is None:  # hang up
                    return
                ended = told if b"<tag>" in told else told + b"<tag> OK done\r\n"
                wire.sendall(ended.replace(b"<tag>", tag.encode()))

    @contextlib.contextmanager
    def running(self) -> Iterator[Scripted]:
        """Answer until the block ends."""
        self._thread.start()
        try:
            yield self
        finally:
            with contextlib.suppress(OSError):
                self._listening.shutdown(socket.SHUT_RDWR)
            self._listening.close()
            self._thread.join(5)


def answering(**special: bytes | Callable[[str], bytes | None] | None) -> Scripted:
    """A sane server but for what it says to commands that hold a word; ``<tag>`` stands for the command's own."""

    def answer(command: str) -> bytes | None:
        for word, told in special.items():
            if word in command:
                return told(command) if callable(told) else told
        return usual(command)

    return Scripted(answer)
