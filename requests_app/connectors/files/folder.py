"""A folder of this machine. The rights of the process are the wall; what is refused here is what no export has any business in."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.files.places import MAX_FILES, Content, Lying

if TYPE_CHECKING:
    from types import TracebackType

    from requests_app.connectors.files.places import Beat

_SYSTEM = tuple(map(Path, ("/proc", "/sys", "/dev", "/etc", "/boot", "/run/secrets", "/root/.ssh", "/var/run/secrets")))
_own: set[Path] = set()
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # opening a pipe must not wait for its writer


def keep_out_of(*folders: Path) -> None:
    """Refuse these folders too, and all that lies in them: the product's own."""
    _own.update(Path(os.path.realpath(folder)) for folder in folders)


def usable_folder(text: str) -> str:
    """The folder a setting names, with every link followed. Raises MISCONFIGURED (setting: ``folder``)."""
    if not text.startswith("/") or "\0" in text:
        raise ConnectorError(Fault.MISCONFIGURED, setting="folder")
    real = Path(os.path.realpath(text))
    refused = (*_SYSTEM, *_own)
    if real == Path("/") or any(real == one or one in real.parents for one in refused):
        raise ConnectorError(Fault.MISCONFIGURED, setting="folder")
    return str(real)


class Folder:
    """A place on this machine. Links are neither listed nor followed below it."""

    def __init__(self, folder: str, beat: Beat) -> None:
        self._folder = usable_folder(folder)
        self._beat = beat

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def listing(self, folder: str) -> list[Lying]:
        """See ``Place``."""
        held = self._directory(folder)
        found = []
        try:
            with os.scandir(held) as entries:
                for n, entry in enumerate(entries):
                    if n >= MAX_FILES:
                        raise ConnectorError(Fault.TOO_LARGE, limit=MAX_FILES)
                    self._beat()
                    with suppress(FileNotFoundError):  # gone since the folder was opened
                        if entry.is_file(follow_symlinks=False):
                            found.append(_lying(entry.name, entry.stat(follow_symlinks=False)))
            return found
        except OSError as error:
            fault = _fault(error)
        finally:
            os.close(held)
        raise fault

    def open(self, folder: str, file: Lying) -> Content:
        """See ``Place``."""
        held = self._directory(folder)
        fault: ConnectorError | None = None
        try:
            descriptor = os.open(file.name, _FILE, dir_fd=held)
        except OSError as error:
            fault = _fault(error)
        finally:
            os.close(held)
        if fault is not None:  # what is not there was there a moment ago
            raise ConnectorError(Fault.CHANGED) if fault.fault is Fault.NOT_FOUND else fault
        source = _Local(descriptor)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode) or source.mark() != file.mark:
            source.close()
            raise ConnectorError(Fault.CHANGED)
        return Content(source, file, self._beat)

    def _directory(self, folder: str) -> int:
        """A descriptor of a folder below, reached step by step without following a link."""
        held = -1
        try:
            held = os.open(self._folder, _DIRECTORY)
            for part in filter(None, folder.split("/")):
                outer, held = held, -1
                try:
                    held = os.open(part, _DIRECTORY, dir_fd=outer)
                finally:
                    os.close(outer)
            return held
        except OSError as error:
            fault = _fault(error)
        raise fault


class _Local:
    """An open file of this machine."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def read_at(self, offset: int, size: int) -> bytes:
        """See ``Source``."""
        try:
            return os.pread(self._descriptor, size, offset)
        except OSError as error:
            fault = _fault(error)
        raise fault

    def mark(self) -> str:
        """See ``Source``."""
        return _lying("", os.fstat(self._descriptor)).mark

    def close(self) -> None:
        """See ``Source``."""
        os.close(self._descriptor)


def _lying(name: str, told: os.stat_result) -> Lying:
    modified = datetime.fromtimestamp(told.st_mtime, UTC)
    return Lying(name, told.st_size, modified, f"{told.st_size}:{told.st_mtime_ns}:{told.st_ino}")


def _fault(error: OSError) -> ConnectorError:
    """What went wrong in a word; the error itself holds the path."""
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}:
        return ConnectorError(Fault.NOT_FOUND)
    if error.errno in {errno.EACCES, errno.EPERM}:
        return ConnectorError(Fault.FORBIDDEN)
    return ConnectorError(Fault.UNREACHABLE)  # a network drive that is away, most likely
