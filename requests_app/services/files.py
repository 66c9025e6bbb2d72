"""Files of a case: sealed frames in their storage, found by reference, opened only through here."""

from __future__ import annotations

import hashlib
import io
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, BinaryIO, cast

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from requests_app.crypto.frames import SealedReader, SealedWriter
from requests_app.models import HeldFile, StoredFile
from requests_app.models.cases import new_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.core.files.storage import Storage
    from typing_extensions import Buffer

    from requests_app.models import Case
    from requests_app.services.keys import Vault


def storage() -> Storage:
    """Where sealed files lie."""
    return storages["case_files"]


IN_MEMORY = 8 * 1024 * 1024
"""Sealed bytes that are held in memory; of more, all lie in a file without a name beside the case files, sealed as they are."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Content that is sealed for a file of a case and not kept yet."""

    ref: str
    purpose: str
    raw: BinaryIO
    size: int
    sha256: str


class _Counted(io.BufferedIOBase):
    """A file to write that counts and hashes what goes on to ``sealed``."""

    def __init__(self, sealed: SealedWriter) -> None:
        super().__init__()
        self._sealed = sealed
        self.digest = hashlib.sha256()
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer, /) -> int:
        self.digest.update(data)
        written = self._sealed.write(data)
        self.size += written
        return written

    def tell(self) -> int:
        return self.size


@contextmanager
def prepared(case: Case, vault: Vault, purpose: str, write: Callable[[BinaryIO], object]) -> Iterator[Prepared]:
    """Seal what ``write`` puts into the file it is given, piece by piece; what is not kept within the block is gone after it."""
    ref = new_ref()
    with SpooledTemporaryFile(IN_MEMORY, dir=str(settings.VAR)) as spooled:
        raw = cast("BinaryIO", spooled)
        with SealedWriter(raw, vault.key(purpose), case.ref, "file", ref) as sealed:
            counted = _Counted(sealed)
            write(cast("BinaryIO", counted))
        yield Prepared(ref, purpose, raw, counted.size, counted.digest.hexdigest())


def keep(
    case: Case, vault: Vault, made: Prepared, *, kind: str, name: str, right: str = "", pages: int = 0
) -> StoredFile:
    """Keep what was prepared. The row and the file belong together: a file without a row is swept away, never the other way round."""
    path = storage().save(f"{case.ref[-2:]}/{case.ref}/{made.ref}", File(made.raw, made.ref))
    return StoredFile.objects.create(
        ref=made.ref,
        case=case,
        key_purpose=made.purpose,
        kind=kind,
        right=right,
        path=path,
        size=made.size,
        sha256=made.sha256,
        name_enc=vault.seal(made.purpose, name[:200], "file", made.ref, "name"),
        pages=pages,
    )


def store(
    case: Case, vault: Vault, *, purpose: str, kind: str, name: str, data: bytes, right: str = "", pages: int = 0
) -> StoredFile:
    """Seal ``data`` and keep it."""
    with prepared(case, vault, purpose, lambda target: target.write(data)) as made:
        return keep(case, vault, made, kind=kind, name=name, right=right, pages=pages)


def open_file(vault: Vault, stored: StoredFile) -> BinaryIO:
    """The plain content, frame by frame; ``KeyDestroyed`` when it is erased, ``FileNotFoundError`` when the storage lost it."""
    raw = storage().open(stored.path)
    return SealedReader(raw, vault.key(stored.key_purpose), stored.case.ref, "file", stored.ref)  # type: ignore[return-value,arg-type]


def read(vault: Vault, stored: StoredFile) -> bytes:
    """The whole plain content."""
    with open_file(vault, stored) as opened:
        return opened.read()


def name_of(vault: Vault, stored: StoredFile) -> str:
    """What the file is called."""
    return vault.unseal(stored.key_purpose, stored.name_enc, "file", stored.ref, "name") or stored.ref


def remove(stored: StoredFile) -> None:
    """Take away a file that is of no more use (a preview): the row first, and the content once that is certain."""
    path = stored.path
    stored.delete()
    transaction.on_commit(lambda: storage().delete(path), robust=True)


ORPHANED = timedelta(days=1)
"""A file without a row may belong to a transaction that has not ended; after so long it does not."""


def sweep_orphans() -> int:
    """Delete sealed files that no row knows: what a transaction left that failed after storing. Gives how many."""
    disk, swept, before = storage(), 0, timezone.now() - ORPHANED
    for folder in _folders(disk, ""):
        for case in _folders(disk, folder):
            paths = {f"{case}/{name}" for name in disk.listdir(case)[1]}
            known = set(StoredFile.objects.filter(path__in=paths).values_list("path", flat=True))
            known |= set(HeldFile.objects.filter(path__in=paths).values_list("path", flat=True))
            for path in paths - known:
                if disk.get_modified_time(path) < before:
                    disk.delete(path)
                    swept += 1
    return swept


def _folders(disk: Storage, folder: str) -> list[str]:
    if not disk.exists(folder or "."):
        return []
    return [f"{folder}/{name}".lstrip("/") for name in sorted(disk.listdir(folder)[0])]
