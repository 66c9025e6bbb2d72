"""Make a backup: whole or not at all."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from requests_app.models import StoredFile
from requests_app.services.audit import SYSTEM, unit

from . import dumps, key_archive
from .manifest import CASE_FILES, CHUNK, FILE, BackupError, Manifest, Part, part_of, secret_fingerprints, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Made:
    """A finished backup. ``forgotten`` are the archives of keys that were deleted because of their age."""

    folder: Path
    keys: Path
    sha256: str
    files: int
    size: int
    missing: list[str]
    forgotten: list[str]


def make(into: Path, keys_dir: Path) -> Made:
    """Back up database, case files and keys: a folder named by the time in ``into``, an archive of the same name in ``keys_dir``.

    Old archives of keys are deleted even when the backup fails: that they do not last is a promise.
    """
    for folder in (into, keys_dir):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _only_one(into):
        try:
            return _make(into, keys_dir)
        finally:
            key_archive.forget_old(keys_dir)


def _make(into: Path, keys_dir: Path) -> Made:
    for left in into.glob("*Z.tmp"):
        shutil.rmtree(left)  # of a backup that was killed
    stamp = datetime.now(UTC).strftime(key_archive.STAMP)
    temporary = into / f"{stamp}.tmp"
    temporary.mkdir(mode=0o700)
    try:
        database = dumps.dump(temporary)
        # read after the dump, keys and files are at least those it needs, and none that was destroyed meanwhile
        archive = key_archive.write(keys_dir, stamp)
        parts, missing = _copy_files(temporary)
        manifest = Manifest(
            stamp=stamp,
            vendor=connection.vendor,
            database=database.name,
            migrations=sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()),
            secrets=secret_fingerprints(),
            parts=[part_of(temporary, database), *parts],
            missing=missing,
        )
        write_file(temporary / FILE, [manifest.to_json()])
        _sync(temporary)
        finished = temporary.rename(into / stamp)
        _sync(into)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    sha256 = hashlib.sha256(manifest.to_json()).hexdigest()
    with unit(SYSTEM) as work:
        work.event("backup.made", sha256=sha256)
    forgotten = key_archive.forget_old(keys_dir)
    size = sum(part.size for part in manifest.parts)
    return Made(finished, archive, sha256, len(parts), size, missing, forgotten)


def _copy_files(folder: Path) -> tuple[list[Part], list[str]]:
    """Copy every case file the database names, sealed as it is."""
    storage = storages["case_files"]
    parts, missing = [], []
    for name in StoredFile.objects.order_by("id").values_list("path", flat=True).iterator():
        target = folder / CASE_FILES / name
        try:
            with storage.open(name) as source:
                write_file(target, iter(lambda: source.read(CHUNK), b""))
        except FileNotFoundError:
            missing.append(name)
            continue
        parts.append(part_of(folder, target))
    return parts, missing


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _only_one(into: Path) -> Iterator[None]:
    with (into / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupError(f"Another backup into {into} is running.") from None
        yield
