"""What a backup says about itself, and how that is checked before anything of it is used."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from requests_app.crypto.keyring import parse_keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

FORMAT = 1
FILE = "manifest.json"
CASE_FILES = "case_files"
CHUNK = 1024 * 1024


class BackupError(Exception):
    """A backup cannot be made or used. The message says why and what to do, and holds no secret."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup, by its path inside it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """Everything a restore must know. ``secrets`` holds fingerprints of the keys from the environment, by name and key id."""

    stamp: str
    vendor: str
    database: str
    migrations: list[str]
    secrets: dict[str, dict[str, str]]
    parts: list[Part]
    missing: list[str]
    """Case files that the database names but the storage no longer had: erased while the backup ran."""

    def to_json(self) -> bytes:
        """As it is written."""
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, ensure_ascii=False).encode()


def read(folder: Path) -> tuple[Manifest, str]:
    """The manifest in a folder and its SHA-256."""
    try:
        raw = (folder / FILE).read_bytes()
        data: dict[str, Any] = json.loads(raw)
        if data.pop("format") != FORMAT:
            raise BackupError(f"{folder} was made by another version of hemdsr.")
        parts = [Part(**part) for part in data.pop("parts")]
        return Manifest(parts=parts, **data), hashlib.sha256(raw).hexdigest()
    except (OSError, ValueError, KeyError, TypeError):
        raise BackupError(f"{folder} holds no backup that can be read.") from None


def verify_parts(folder: Path, manifest: Manifest) -> None:
    """Every file is there, as long as it was and unchanged."""
    for part in manifest.parts:
        path = folder / part.path
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BackupError(f"The backup names a file outside of itself: {part.path}")
        if not path.is_file():
            raise BackupError(f"The backup is not whole: {part.path} is missing.")
        if path.stat().st_size != part.size or digest_of(path) != part.sha256:
            raise BackupError(f"The backup was changed or damaged: {part.path}")


def digest_of(path: Path) -> str:
    """SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def part_of(folder: Path, path: Path) -> Part:
    """Describe a file that is already written."""
    return Part(path.relative_to(folder).as_posix(), path.stat().st_size, digest_of(path))


def write_file(path: Path, chunks: Iterable[bytes]) -> None:
    """Write a new file that only its owner can read, down to the disk."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def secret_fingerprints() -> dict[str, dict[str, str]]:
    """A keyed hash of each key from the environment: shows whether two are the same and tells nothing about them."""
    found = {}
    for name in ("MASTER_KEYS", "MAC_KEYS", "AUDIT_KEY"):
        keys, _current = parse_keys(getattr(settings, name))
        found[f"HEMDSR_{name}"] = {
            key_id: hmac.new(key, b"hemdsr backup fingerprint", hashlib.sha256).hexdigest()[:32]
            for key_id, key in keys.items()
        }
    return found


def check_secrets(manifest: Manifest) -> None:
    """The keys the backup was made with are the ones of this installation, or among them."""
    here = secret_fingerprints()
    for name, keys in manifest.secrets.items():
        for key_id, fingerprint in keys.items():
            if here.get(name, {}).get(key_id) != fingerprint:
                raise BackupError(
                    f"{name} lacks the key {key_id} that the backup was made with, or has another under its name."
                )


def check_migrations(manifest: Manifest) -> None:
    """This version knows every migration that the backed up database has gone through."""
    known = {f"{app}.{name}" for app, name in MigrationLoader(None, ignore_no_migrations=True).disk_migrations}
    unknown = sorted(set(manifest.migrations) - known)
    if unknown:
        raise BackupError(f"The backup is of a newer version of hemdsr: this one does not know {', '.join(unknown)}.")
