"""Files of a case: sealed frames in their storage, found by reference, opened only through here."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import TYPE_CHECKING, BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction
from django.utils import timezone

from requests_app.crypto.frames import SealedReader, SealedWriter
from requests_app.models import HeldFile, StoredFile
from requests_app.models.cases import new_ref

if TYPE_CHECKING:
    from django.core.files.storage import Storage

    from requests_app.models import Case
    from requests_app.services.keys import Vault


def storage() -> Storage:
    """Where sealed files lie."""
    return storages["case_files"]


def store(
    case: Case, vault: Vault, *, purpose: str, kind: str, name: str, data: bytes, right: str = "", pages: int = 0
) -> StoredFile:
    """Seal ``data`` and keep it. The row and the file belong together: a file without a row is swept away, never the other way round."""
    ref = new_ref()
    raw = io.BytesIO()
    with SealedWriter(raw, vault.key(purpose), case.ref, "file", ref) as sealed:
        sealed.write(data)
    path = storage().save(f"{case.ref[-2:]}/{case.ref}/{ref}", ContentFile(raw.getvalue()))
    return StoredFile.objects.create(
        ref=ref,
        case=case,
        key_purpose=purpose,
        kind=kind,
        right=right,
        path=path,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        name_enc=vault.seal(purpose, name[:200], "file", ref, "name"),
        pages=pages,
    )


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
