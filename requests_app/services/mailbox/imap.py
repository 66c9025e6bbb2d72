"""A mailbox over IMAP: new mails by UID, fetched in pieces without marking them as read, then flagged or moved. Nothing else is changed."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from requests_app.services.keys import open_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from requests_app.models import MailSource

KEYWORD = b"$Hemdsr"
PIECE = 1024 * 1024
MAX_BYTES = 40 * 1024 * 1024
"""Of one mail: 25 MB of attachments as mail encodes them, and the text. Of a larger one so much is kept, and its page says so."""
TIMEOUT = SocketTimeout(connect=10, read=20)


class MailboxFault(Exception):
    """Why a mailbox could not be read, as a code of ``words.FAULTS``. It never holds what the server said."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail as the server gave it. ``cut``: it is larger than we keep. ``short``: the server gave less than it had said."""

    uid: int
    raw: bytes
    size: int
    received_at: datetime
    cut: bool
    short: bool = False


@contextlib.contextmanager
def _faults(code: str) -> Iterator[None]:
    """What the library raises, as codes. ``code`` is for what the server refuses."""
    try:
        yield
    except LoginError:
        raise MailboxFault("login") from None
    except ssl.SSLError:  # a certificate that does not hold, or no TLS at all
        raise MailboxFault("tls") from None
    except (IMAPClientAbortError, OSError):
        raise MailboxFault("cut_off") from None
    except (IMAPClientError, ValueError, LookupError, AttributeError, TypeError):
        # refused, or an answer that is no IMAP; its text may repeat anything
        raise MailboxFault(code) from None


def secret_of(source: MailSource) -> str:
    """The password; ``MailboxFault`` when none is set."""
    if not source.secret_enc:
        raise MailboxFault("no_secret")
    return open_text(source.secret_enc, "mail-source", source.key)


def on_this_machine(host: str) -> bool:
    """Whether a server is on the same machine, where a password may go without encryption."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Mailbox:
    """A connection that is logged in. Use as a context manager."""

    def __init__(self, source: MailSource) -> None:
        self._source = source
        self._client: IMAPClient | None = None
        self._keeps_keyword = False

    def __enter__(self) -> Mailbox:
        """Connect and log in."""
        source, secret = self._source, secret_of(self._source)
        if source.security == "none" and not on_this_machine(source.host):
            raise MailboxFault("tls")
        context = ssl.create_default_context()
        tls = source.security == "tls"
        try:
            with _faults("unreachable"):
                client = IMAPClient(
                    source.host,
                    port=source.port,
                    ssl=tls,
                    ssl_context=context if tls else None,
                    timeout=TIMEOUT,
                )
        except MailboxFault as fault:
            raise MailboxFault("unreachable" if fault.code == "cut_off" else fault.code) from None
        client.normalise_times = False  # INTERNALDATE with its zone
        self._client = client
        try:
            if source.security == "starttls":
                with _faults("tls"):
                    client.starttls(ssl_context=context)
            with _faults("login"):
                if client.has_capability("AUTH=PLAIN"):  # its words may hold any letter
                    client.plain_login(source.user, secret)
                else:
                    client.login(source.user, secret)
        except MailboxFault:
            self._leave()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        """Log out, however it went."""
        self._leave()

    def _leave(self) -> None:
        if self._client is not None:
            with contextlib.suppress(Exception):
                self._client.logout()
            with contextlib.suppress(Exception):
                self._client.shutdown()

    @property
    def client(self) -> IMAPClient:
        """The library's own."""
        if self._client is None:
            raise RuntimeError("used outside its with block")
        return self._client

    def folders(self) -> list[str]:
        """The folders that can be chosen, in their order."""
        with _faults("folder"):
            found = self.client.list_folders()
        return sorted(str(name) for flags, _delimiter, name in found if b"\\Noselect" not in flags)

    def open_folder(self, *, readonly: bool = False) -> int:
        """Open the folder; gives its UIDVALIDITY. ``MailboxFault`` when it, or where mails are moved, is not there."""
        with _faults("folder"):
            told: dict[bytes, Any] = self.client.select_folder(self._source.folder, readonly=readonly)
            validity = int(told[b"UIDVALIDITY"])
            kept = {bytes(flag).lower() for flag in told.get(b"PERMANENTFLAGS", ())}
        self._keeps_keyword = bool(kept & {b"\\*", KEYWORD.lower()})
        if self._source.done_folder:
            with _faults("done_folder"):
                if not self.client.folder_exists(self._source.done_folder):
                    raise MailboxFault("done_folder")
        return validity

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs of the mails that came after ``uid``, in their order."""
        with _faults("refused"):
            # the last mail always is in "n:*", however small its UID
            return sorted(found for found in self.client.search(["UID", f"{uid + 1}:*"]) if found > uid)

    def count(self) -> int:
        """How many mails the open folder holds."""
        with _faults("refused"):
            return len(self.client.search(["ALL"]))

    def fetch(self, uid: int, alive: Callable[[], None]) -> Fetched | None:
        """One mail, in pieces; None when it is not there any more. ``alive`` is called between the pieces.

        ``MailboxFault`` ``unreadable`` when the answer lacks what was asked for, or nothing is given of a mail that is not empty.
        """
        with _faults("unreadable"):
            told = self.client.fetch([uid], ["INTERNALDATE", "RFC822.SIZE"]).get(uid)
            if not told and uid not in self.client.search(["UID", str(uid)]):
                return None
        if not told or b"INTERNALDATE" not in told:
            raise MailboxFault("unreadable")
        stated = int(told.get(b"RFC822.SIZE", 0))
        raw = self._body(uid, stated, alive)
        if stated and not raw:
            raise MailboxFault("unreadable")
        return Fetched(
            uid=uid,
            raw=raw[:MAX_BYTES],
            size=max(len(raw), stated),
            received_at=told[b"INTERNALDATE"].astimezone(UTC),
            cut=len(raw) > MAX_BYTES,
            short=len(raw) < min(stated, MAX_BYTES),
        )

    def _body(self, uid: int, stated: int, alive: Callable[[], None]) -> bytes:
        """The mail as far as we keep it, and one octet more or several when there are more."""
        pieces: list[bytes] = []
        held = 0
        while held <= MAX_BYTES:
            alive()
            piece = self._piece(uid, held)
            pieces.append(piece)
            held += len(piece)
            # a server may state too large a size, and may give a piece in part: only an empty one is the end for certain
            if not piece or (len(piece) < PIECE and held >= stated):
                break
        return b"".join(pieces)

    def _piece(self, uid: int, start: int) -> bytes:
        with _faults("unreadable"):
            told = self.client.fetch([uid], [f"BODY.PEEK[]<{start}.{PIECE}>"]).get(uid, {})
            found = [bytes(value or b"") for key, value in told.items() if key.startswith(b"BODY[]")]
        if not found:
            raise MailboxFault("unreadable")
        return found[0]

    def mark(self, uid: int) -> None:
        """Tell the mailbox that a mail has been taken: by moving it, else by a keyword where the server keeps such. May be repeated."""
        if self._source.done_folder:
            with _faults("done_folder"):
                self._move(uid)
        elif self._keeps_keyword:
            with _faults("refused"):
                self.client.add_flags([uid], [KEYWORD], silent=True)

    def _move(self, uid: int) -> None:
        if self.client.has_capability("MOVE"):
            self.client.move([uid], self._source.done_folder)
            return
        there = self.client.get_flags([uid]).get(uid)
        if there is None:
            return
        if KEYWORD not in there:  # copied already, and the end was never reached
            self.client.copy([uid], self._source.done_folder)
            if self._keeps_keyword:
                self.client.add_flags([uid], [KEYWORD], silent=True)
        self.client.add_flags([uid], [b"\\Deleted"], silent=True)
        if self.client.has_capability("UIDPLUS"):  # a plain EXPUNGE would remove what others have marked
            self.client.uid_expunge([uid])
