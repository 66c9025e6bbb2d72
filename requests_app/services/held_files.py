"""Sealed content that belongs to no case yet: each under a key of its own, gone with it. A case adopts what it needs."""

from __future__ import annotations

import base64
import hashlib
import io
from typing import TYPE_CHECKING, BinaryIO

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from requests_app.crypto.frames import SealedReader, SealedWriter
from requests_app.crypto.sealing import DataKey
from requests_app.models import HeldFile
from requests_app.models.cases import new_ref
from requests_app.services import files
from requests_app.services.keys import open_text, seal_text

if TYPE_CHECKING:
    from datetime import timedelta

    from requests_app.domain.channels import HeldKind
    from requests_app.models import Case, StoredFile
    from requests_app.services.keys import Vault

FOLDER = "held"


def hold(*, kind: HeldKind, owner: str, name: str, data: bytes, keep: timedelta | None) -> HeldFile:
    """Seal ``data`` for ``owner`` (the id of a draft, the reference of a mail); ``keep`` is how long, None until it is decided."""
    ref, key = new_ref(), DataKey.generate()
    raw = io.BytesIO()
    with SealedWriter(raw, key, FOLDER, ref) as sealed:
        sealed.write(data)
    path = files.storage().save(f"{FOLDER}/{ref[-2:]}/{ref}", ContentFile(raw.getvalue()))
    return HeldFile.objects.create(
        ref=ref,
        kind=kind.value,
        owner=owner,
        key_enc=seal_text(base64.b64encode(bytes(key)).decode(), FOLDER, ref, "key"),
        path=path,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        name_enc=key.seal_json(name[:200], FOLDER, ref, "name"),
        expires_at=timezone.now() + keep if keep is not None else None,
    )


def _key(held: HeldFile) -> DataKey:
    return DataKey(base64.b64decode(open_text(held.key_enc, FOLDER, held.ref, "key")))


def read(held: HeldFile) -> bytes:
    """The plain content; ``FileNotFoundError`` when the storage lost it."""
    raw: BinaryIO = files.storage().open(held.path)  # type: ignore[assignment]
    with SealedReader(raw, _key(held), FOLDER, held.ref) as opened:
        return opened.read()


def name_of(held: HeldFile) -> str:
    """What the file is called."""
    return str(_key(held).open_json(bytes(held.name_enc), FOLDER, held.ref, "name"))


def adopt(held: HeldFile, case: Case, vault: Vault, *, purpose: str, kind: str) -> StoredFile:
    """Give the content to a case, sealed with the case's key; what was held goes."""
    stored = files.store(case, vault, purpose=purpose, kind=kind, name=name_of(held), data=read(held))
    destroy(held)
    return stored


def destroy(held: HeldFile) -> None:
    """Take it away: the row with its key first, and the content once that is certain."""
    path = held.path
    HeldFile.objects.filter(pk=held.pk).delete()
    transaction.on_commit(lambda: files.storage().delete(path), robust=True)


def sweep() -> int:
    """Destroy what nobody needs any more. Gives how many."""
    gone = list(HeldFile.objects.filter(expires_at__lt=timezone.now()))
    for held in gone:
        destroy(held)
    return len(gone)
