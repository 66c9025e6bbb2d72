"""Restore a backup into an empty installation; everything is checked before anything is written."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.files import File
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import connection

from requests_app.models import CaseKey
from requests_app.services import audit, key_journal

from . import dumps, key_archive
from .manifest import CASE_FILES, BackupError, Manifest, check_migrations, check_secrets, read, verify_parts

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Restored:
    """A finished restore and what the log's chain looks like. ``keys_destroyed_again`` were destroyed after the backup."""

    folder: Path
    sha256: str
    files: int
    keys: int
    keys_destroyed_again: int
    log: audit.Verdict


def restore(source: Path, keys_dir: Path, *, without_keys: bool = False) -> Restored:
    """Restore ``source`` (one backup, or a folder of them: then its newest) with the newest archive of keys in ``keys_dir``."""
    folder = _one_backup(source)
    manifest, sha256 = read(folder)
    verify_parts(folder, manifest)
    _check_place(manifest)
    check_secrets(manifest)
    check_migrations(manifest)
    archived = {} if without_keys else key_archive.newest(keys_dir, manifest.stamp)
    key_archive.check(archived)
    journal = key_journal.merged(key_journal.read(keys_dir / key_journal.NAME), key_journal.read(key_journal.path()))

    files = _put_files(folder, manifest)
    dumps.load(folder / manifest.database)
    call_command("migrate", verbosity=0)  # to this version's tables; makes the log's triggers anew
    with audit.unit(audit.SYSTEM) as work:
        again = key_archive.put_back(archived, journal, manifest.stamp)
        work.event("backup.restored", sha256=sha256, keys_destroyed_again=again)
    key_journal.write(key_journal.path(), journal)
    keys = CaseKey.objects.filter(wrapped__isnull=False).count()
    return Restored(folder, sha256, files, keys, again, audit.verify())


def _one_backup(source: Path) -> Path:
    if (source / "manifest.json").exists():
        return source
    backups = sorted(path for path in source.glob("*Z") if (path / "manifest.json").exists())
    if not backups:
        raise BackupError(f"{source} holds no backup.")
    return backups[-1]


def _check_place(manifest: Manifest) -> None:
    if manifest.vendor != connection.vendor:
        raise BackupError(f"The backup is of {manifest.vendor}, this installation runs on {connection.vendor}.")
    if not dumps.is_empty():
        raise BackupError("The database is not empty. Restore into a new one; nothing is ever written over.")


def _put_files(folder: Path, manifest: Manifest) -> int:
    """Put the case files into the storage; one that a restore before this one put there may stay when it is the same."""
    storage, count = storages["case_files"], 0
    for part in manifest.parts:
        prefix, _, name = part.path.partition("/")
        if prefix != CASE_FILES:
            continue
        if storage.exists(name):
            with storage.open(name) as there:
                same = there.size == part.size and _same(there, part.sha256)
            if not same:
                raise BackupError(f"The storage of case files is not empty: {name} is another file than the backup's.")
        else:
            with (folder / part.path).open("rb") as file:
                if storage.save(name, File(file)) != name:
                    raise BackupError(f"The storage of case files does not take {name} under its name.")
        count += 1
    return count


def _same(file: File[bytes], sha256: str) -> bool:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    return digest.hexdigest() == sha256
