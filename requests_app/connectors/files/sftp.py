"""A folder on an SFTP server whose key is pinned: no agent, no known_hosts, no trust at first sight, and never a write."""

from __future__ import annotations

import logging
import socket
import stat
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.files.host_keys import fingerprint, pinned
from requests_app.connectors.files.places import MAX_FILES, Content, Lying
from requests_app.connectors.files.private_keys import private_key
from requests_app.connectors.transport import numbers_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    import paramiko

    from requests_app.connectors.base import Limits
    from requests_app.connectors.files.places import Beat

PORT = 22
_BLOCK = 32 * 1024
"""What every server gives in one answer (draft-ietf-secsh-filexfer-02, 3)."""
_WINDOW = 32
"""Blocks asked for at once: memory is bounded, and a server far away is not waited for block by block."""


def _never(_record: logging.LogRecord) -> bool:
    return False


for _name in ("paramiko", "paramiko.transport", "paramiko.transport.sftp"):
    # It tells user, host and file names. A filter outlives logging.config.
    logging.getLogger(_name).addFilter(_never)


class Sftp:
    """A place on a server. Connected when it is entered."""

    def __init__(self, settings: Mapping[str, Any], secrets: Mapping[str, str], limits: Limits, beat: Beat) -> None:
        self._settings, self._secrets, self._limits, self._beat = settings, secrets, limits, beat
        self._transport: paramiko.Transport | None = None
        self._client: paramiko.SFTPClient | None = None
        self._base = ""

    def __enter__(self) -> Self:
        try:
            self._connect()
            self._enter_folder()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    def _leave(self) -> None:
        if self._transport is not None:
            self._transport.close()
        self._transport = self._client = None

    def _connect(self) -> None:
        pin = pinned(self._settings["host_key"])
        shown = ""
        for algorithms in pin.tries:
            self._beat()
            blob = self._greet(algorithms)
            if blob is not None and pin.fits(blob):
                self._log_in()
                return
            shown = fingerprint(blob) if blob is not None else shown
            self._leave()
        raise ConnectorError(Fault.HOST_KEY, shown=shown) if shown else ConnectorError(Fault.HOST_KEY)

    def _greet(self, algorithms: tuple[str, ...]) -> bytes | None:
        """Begin a connection with a host key of these sorts; the key shown, None when the server has none such."""
        import paramiko  # slow to import, and most processes never need it

        line = self._line()
        wait = self._limits.connect_timeout
        try:
            transport = self._transport = paramiko.Transport(line)
            transport.banner_timeout = transport.handshake_timeout = wait
            transport.auth_timeout = self._limits.read_timeout
            options = transport.get_security_options()
            options.key_types = tuple(one for one in algorithms if one in options.key_types)
            transport.start_client(timeout=2 * wait)
            key = transport.get_remote_server_key()
            return bytes(key.asbytes())
        except paramiko.ssh_exception.IncompatiblePeer:
            return None
        except Exception as error:  # noqa: BLE001 (told apart in one place)
            fault = _fault(error)
        raise fault

    def _line(self) -> socket.socket:
        host, port = self._settings["host"], self._settings.get("port") or PORT
        for number in numbers_of(host, port):
            try:
                return socket.create_connection((number, port), timeout=self._limits.connect_timeout)
            except OSError:
                continue
        raise ConnectorError(Fault.UNREACHABLE)

    def _log_in(self) -> None:
        import paramiko

        self._beat()
        transport, user = self._transport, self._settings["user"]
        assert transport is not None  # noqa: S101 - greeted before
        key = private_key(self._secrets) if self._secrets.get("private_key") else None
        try:
            left = (
                transport.auth_publickey(user, key) if key else transport.auth_password(user, self._secrets["password"])
            )
            if left and key and self._secrets.get("password"):  # the server wants both
                left = transport.auth_password(user, self._secrets["password"])
            if not left:
                self._client = paramiko.SFTPClient.from_transport(transport)
        except Exception as error:  # noqa: BLE001 (see _fault)
            fault = _fault(error)
        else:
            if self._client is None:
                raise ConnectorError(Fault.AUTH_REFUSED)
            channel = self._client.get_channel()
            if channel is not None:
                channel.settimeout(self._limits.read_timeout)
            return
        raise fault

    def _enter_folder(self) -> None:
        """Follow every link in the setting's folder once; what leads out of there later is refused."""
        self._base = str(self._asked(lambda client: client.normalize(self._settings["folder"])))

    def _asked(self, question: Callable[[paramiko.SFTPClient], Any]) -> Any:
        """An answer of the server, faults in our words."""
        self._beat()
        assert self._client is not None  # noqa: S101 - only while it is entered
        try:
            return question(self._client)
        except Exception as error:  # noqa: BLE001 (see _fault)
            fault = _fault(error)
        raise fault

    def _path(self, folder: str) -> str:
        path = f"{self._base.rstrip('/')}/{folder}".rstrip("/")
        if folder and self._asked(lambda client: client.normalize(path)) != path:
            raise ConnectorError(Fault.NOT_FOUND)  # a link on the way
        return path or "/"

    def listing(self, folder: str) -> list[Lying]:
        """See ``Place``."""
        path = self._path(folder)
        found: list[Lying] = []

        def ask(client: paramiko.SFTPClient) -> None:
            for n, told in enumerate(client.listdir_iter(path)):
                if n >= MAX_FILES:
                    raise ConnectorError(Fault.TOO_LARGE, limit=MAX_FILES)
                self._beat()
                if told.st_mode is not None and stat.S_ISREG(told.st_mode) and "/" not in told.filename:
                    found.append(_lying(told.filename, told))

        self._asked(ask)
        return found

    def open(self, folder: str, file: Lying) -> Content:
        """See ``Place``."""
        path = f"{self._path(folder).rstrip('/')}/{file.name}"
        real = self._asked(lambda client: client.normalize(path))
        if real != path:  # a link has taken its place
            raise ConnectorError(Fault.CHANGED)
        source = _Remote(self._asked(lambda client: client.open(path, "r")))
        if source.mark() != file.mark:
            source.close()
            raise ConnectorError(Fault.CHANGED)
        return Content(source, file, self._beat)


class _Remote:
    """An open file of the server, asked for in windows of many blocks."""

    def __init__(self, handle: paramiko.SFTPFile) -> None:
        self._handle = handle
        self._from, self._held = 0, b""

    def read_at(self, offset: int, size: int) -> bytes:
        """See ``Source``."""
        place = offset - self._from
        if not 0 <= place < len(self._held):
            self._from, place = offset, 0
            self._held = self._window(offset, max(size, _BLOCK))
        return self._held[place : place + size]

    def _window(self, offset: int, size: int) -> bytes:
        blocks = min(_WINDOW, -(-size // _BLOCK))
        try:
            told = self._handle.readv([(offset + n * _BLOCK, _BLOCK) for n in range(blocks)])
            return b"".join(told)
        except Exception as error:  # noqa: BLE001 (see _fault)
            fault = _fault(error)
        raise fault

    def mark(self) -> str:
        """See ``Source``."""
        try:
            return _lying("", self._handle.stat()).mark
        except Exception as error:  # noqa: BLE001 (see _fault)
            fault = _fault(error)
        raise fault

    def close(self) -> None:
        """See ``Source``."""
        self._handle.close()


def _lying(name: str, told: paramiko.SFTPAttributes) -> Lying:
    size, written = told.st_size or 0, told.st_mtime or 0
    return Lying(name, size, datetime.fromtimestamp(written, UTC), f"{size}:{written}")


def _fault(error: Exception) -> ConnectorError:
    """What went wrong in a word; what paramiko says of it may hold names, and is dropped."""
    import paramiko

    if isinstance(error, ConnectorError):
        return error
    if isinstance(error, paramiko.AuthenticationException):
        return ConnectorError(Fault.AUTH_REFUSED)
    if isinstance(error, TimeoutError):
        return ConnectorError(Fault.TIMEOUT)
    if isinstance(error, FileNotFoundError):
        return ConnectorError(Fault.NOT_FOUND)
    if isinstance(error, PermissionError):
        return ConnectorError(Fault.FORBIDDEN)
    if isinstance(error, EOFError | paramiko.SSHException | OSError):
        return ConnectorError(Fault.CUT_OFF)
    _unforeseen(error)


def _unforeseen(error: Exception) -> NoReturn:
    # A run that was taken over, or a bug of ours: as it is.
    raise error
