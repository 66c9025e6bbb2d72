"""A mailbox over IMAP: folders, searches, and mails fetched in pieces without marking them as read."""

from __future__ import annotations

import contextlib
import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from imapclient import SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from requests_app.connectors.mail.wire import Client, Watch

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.connectors.mail.wire import Look

T = TypeVar("T")
PIECE = 1024 * 1024
MAX_BYTES = 40 * 1024 * 1024
"""Of one mail: 25 MB of attachments as mail encodes them, and the text. Of a larger one so much is read."""
TIMEOUT = SocketTimeout(connect=10, read=20)


class MailboxFault(Exception):
    """Why a mailbox could not be read, as a code. It never holds what the server said, nor the exception behind it.

    Codes: ``unreachable``, ``tls``, ``login``, ``cut_off``, ``timeout``, and what the one who asks calls a refusal.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Account:
    """Whose mailbox on which server. ``security``: ``tls``, ``starttls`` or, on this machine alone, ``none``."""

    host: str
    port: int
    security: str
    user: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """One mail as the server gave it. ``cut``: it is larger than we keep. ``short``: the server gave less than it had said."""

    uid: int
    raw: bytes
    size: int
    received_at: datetime
    cut: bool
    short: bool = False


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder that can be opened, and what the server says of it (RFC 6154: ``\\Trash`` and the like), in small letters."""

    name: str
    flags: frozenset[str]


def on_this_machine(host: str) -> bool:
    """Whether a server is on the same machine, where a password may go without encryption."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _passes(refusal: Exception) -> bool:
    """Whether something was refused for a reason that may pass (RFC 5530): nothing about the password or a right then."""
    return isinstance(refusal, IMAPClientError) and any(
        code in str(refusal) for code in ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
    )


class Session:
    """A connection that is logged in. Use as a context manager."""

    timed_out: ClassVar[str] = "timeout"
    """The code for a server that is too slow; with none it is gone."""

    def __init__(
        self,
        account: Account,
        secret: str,
        *,
        timeout: SocketTimeout = TIMEOUT,
        alive: Callable[[], None] = lambda: None,
        look: Look = lambda host, _port: [host],
    ) -> None:
        self._account, self._secret, self._timeout, self._look = account, secret, timeout, look
        self._watch = Watch(alive, timeout.read)
        self._client: Client | None = None

    def __enter__(self) -> Self:
        """Connect and log in."""
        account = self._account
        if account.security == "none" and not on_this_machine(account.host):
            raise MailboxFault("tls")
        self._client = self.ask("unreachable", self._connect, lost="unreachable")
        try:
            if account.security == "starttls":
                context = ssl.create_default_context()
                self.ask("tls", lambda: self.client.starttls(ssl_context=context))
            self.ask("login", self._log_in)
        except BaseException:
            self._leave(polite=False)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_error: object) -> None:
        """Log out; after a fault just go, since the server may not answer."""
        self._leave(polite=kind is None)

    def _connect(self) -> Client:
        account, tls = self._account, self._account.security == "tls"
        client = Client(
            account.host,
            port=account.port,
            ssl=tls,
            ssl_context=ssl.create_default_context() if tls else None,
            timeout=self._timeout,
            watch=self._watch,
            look=self._look,
        )
        client.normalise_times = False  # INTERNALDATE with its zone
        return client

    def _log_in(self) -> None:
        if self.client.has_capability("AUTH=PLAIN"):  # its words may hold any letter
            self.client.plain_login(self._account.user, self._secret)
        else:
            self.client.login(self._account.user, self._secret)

    def _leave(self, *, polite: bool) -> None:
        if self._client is not None:
            if polite:
                with contextlib.suppress(Exception):
                    self._watch.ask()
                    self._client.logout()
            with contextlib.suppress(Exception):
                self._client.shutdown()

    @property
    def client(self) -> Client:
        """The library's own."""
        if self._client is None:
            raise RuntimeError("used outside its with block")
        return self._client

    def ask(self, refused: str, question: Callable[[], T], *, lost: str = "cut_off") -> T:
        """What the server answers. Raises ``MailboxFault``: ``refused`` when it does not, or not in IMAP; ``lost`` when it is gone."""
        self._watch.ask()
        self._watch.alive()
        try:
            return question()
        except LoginError as error:
            gone = isinstance(error.__context__, IMAPClientAbortError)
            code = lost if gone else "unreachable" if _passes(error) else "login"
        except ssl.SSLError:  # a certificate that does not hold, or no TLS at all
            code = "tls"
        except TimeoutError:
            code = self.timed_out or lost
        except (IMAPClientAbortError, OSError):
            code = lost
        except (
            IMAPClientError,
            ValueError,
            LookupError,
            AttributeError,
            TypeError,
            ArithmeticError,
            RecursionError,
        ) as error:  # refused, or an answer that is no IMAP; its text may repeat anything
            code = lost if _passes(error) else refused
        raise MailboxFault(code)

    def folder_list(self) -> list[Folder]:
        """The folders that can be opened, in the order of their names."""
        found = self.ask("folder", self.client.list_folders)
        told = [
            Folder(str(name), frozenset(bytes(flag).decode("ascii", "replace").lower() for flag in flags))
            for flags, _delimiter, name in found
        ]
        return sorted(
            (one for one in told if not one.flags & {"\\noselect", "\\nonexistent"}), key=lambda one: one.name
        )

    def folders(self) -> list[str]:
        """The names of the folders that can be opened, in their order."""
        return [folder.name for folder in self.folder_list()]

    def open_named(self, name: str, *, readonly: bool) -> tuple[int, dict[bytes, Any]]:
        """Open a folder; gives its UIDVALIDITY and what else was told of it. ``MailboxFault`` ``folder`` when it cannot be opened."""

        def opened() -> tuple[int, dict[bytes, Any]]:
            told: dict[bytes, Any] = self.client.select_folder(name, readonly=readonly)
            return int(told[b"UIDVALIDITY"]), told

        return self.ask("folder", opened)

    def fetch(self, uid: int, alive: Callable[[], None]) -> Fetched | None:
        """One mail, in pieces; None when it is not there any more. ``alive`` is called between the pieces.

        ``MailboxFault`` ``unreadable`` when the answer lacks what was asked for, or nothing is given of a mail that is not empty.
        """

        def stated_of() -> tuple[int, datetime] | None:
            told = self.client.fetch([uid], ["INTERNALDATE", "RFC822.SIZE"]).get(uid)
            if not told and uid not in self.client.search(["UID", str(uid)]):
                return None
            return int(told.get(b"RFC822.SIZE", 0)), told[b"INTERNALDATE"].astimezone(UTC)

        known = self.ask("unreadable", stated_of)
        if known is None:
            return None
        stated, received_at = known
        raw = self._body(uid, stated, alive)
        if stated and not raw:
            raise MailboxFault("unreadable")
        return Fetched(
            uid=uid,
            raw=raw[:MAX_BYTES],
            size=max(len(raw), stated),
            received_at=received_at,
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
        def given() -> list[bytes]:
            told = self.client.fetch([uid], [f"BODY.PEEK[]<{start}.{PIECE}>"]).get(uid, {})
            return [bytes(value or b"") for key, value in told.items() if key.startswith(b"BODY[]")]

        found = self.ask("unreadable", given)
        if not found:
            raise MailboxFault("unreadable")
        return found[0]
