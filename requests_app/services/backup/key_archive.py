"""The keys of all cases in an archive apart from the backup, so that they can be forgotten while dumps are kept.

An archive lives at most ``DAYS``. A key destroyed today is therefore out of every archive ``DAYS`` later, and what it
sealed is erased in every backup, however long the dumps themselves are kept.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from requests_app.models import Case, CaseKey
from requests_app.services import key_journal, keys

from .manifest import BackupError, write_file

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 7
STAMP = "%Y%m%dT%H%M%S%fZ"


@dataclass(frozen=True, slots=True)
class ArchivedKey:
    """One key as it stands in the database: wrapped by the master key, or destroyed."""

    case: str
    purpose: str
    wrapped: str | None
    """In base64."""
    kek_id: str
    destroyed_at: str | None


def write(folder: Path, stamp: str) -> Path:
    """Put all keys into the archive of this stamp, and the journal of destroyed keys beside it."""
    rows = CaseKey.objects.values_list("case__ref", "purpose", "wrapped", "kek_id", "destroyed_at").order_by("id")
    found = [
        ArchivedKey(
            case_ref,
            purpose,
            base64.b64encode(wrapped).decode() if wrapped is not None else None,
            kek_id,
            destroyed_at.isoformat() if destroyed_at else None,
        )
        for case_ref, purpose, wrapped, kek_id, destroyed_at in rows.iterator()
    ]
    lines = [json.dumps([key.case, key.purpose, key.wrapped, key.kek_id, key.destroyed_at]) for key in found]
    target = folder / f"{stamp}.json"
    temporary = folder / f"{stamp}.json.tmp"
    write_file(temporary, [f'{{"stamp": "{stamp}", "keys": [\n'.encode(), ",\n".join(lines).encode(), b"\n]}\n"])
    temporary.replace(target)
    destroyed = {
        (key.case, key.purpose): key_journal.Entry(key.destroyed_at) for key in found if key.destroyed_at is not None
    }
    before = key_journal.merged(key_journal.read(folder / key_journal.NAME), key_journal.read(key_journal.path()))
    key_journal.write(folder / key_journal.NAME, key_journal.merged(before, destroyed))
    return target


def newest(folder: Path, not_before: str) -> dict[tuple[str, str], ArchivedKey]:
    """The keys of the newest archive: it knows best which are destroyed. One older than the backup would lack keys."""
    archives = sorted(folder.glob("*Z.json"))
    if not archives or archives[-1].stem < not_before:
        raise BackupError(
            f"{folder} holds no archive of keys from {not_before} or later. Without it everything that was sealed stays "
            "unreadable: registers of cases and the log can be restored with --without-keys."
        )
    try:
        rows = json.loads(archives[-1].read_bytes())["keys"]
        found = [ArchivedKey(*row) for row in rows]
    except (ValueError, KeyError, TypeError):
        raise BackupError(f"{archives[-1]} cannot be read.") from None
    return {(key.case, key.purpose): key for key in found}


def check(archived: dict[tuple[str, str], ArchivedKey]) -> None:
    """Every living key opens with the master keys of this installation."""
    for key in archived.values():
        if key.wrapped is not None and not keys.opens(key.case, key.purpose, base64.b64decode(key.wrapped)):
            raise BackupError("A key of the archive does not open with HEMDSR_MASTER_KEYS.")


def put_back(archived: dict[tuple[str, str], ArchivedKey], journal: key_journal.Journal, stamp: str) -> int:
    """Give every case of the database its keys, but none that was destroyed since; gives how many were destroyed again.

    ``stamp`` is that of the database's backup. A key that was renewed before it is the one that the backup's data is sealed with;
    one renewed later would open nothing in it, so it is left out as destroyed. A key that no archive has is destroyed too: its
    row says so, and nothing of the case waits for it.
    """
    taken_at = datetime.strptime(stamp, STAMP).replace(tzinfo=UTC)
    now, again, rows = datetime.now(UTC), 0, []
    for case_id, case_ref in Case.objects.order_by("id").values_list("id", "ref").iterator():
        for purpose in (CaseKey.GATHERED, CaseKey.DOSSIER):
            key, entry = archived.get((case_ref, purpose)), journal.get((case_ref, purpose))
            kept = entry is None or (entry.renewed and entry.when < taken_at)
            wrapped = base64.b64decode(key.wrapped) if key and key.wrapped else None
            if wrapped is not None and not kept:
                wrapped, again = None, again + 1
            when = entry.at if entry and not entry.renewed else (key.destroyed_at if key else None)
            destroyed_at = None if wrapped is not None else (datetime.fromisoformat(when) if when else now)
            rows.append(
                CaseKey(
                    case_id=case_id,
                    purpose=purpose,
                    wrapped=wrapped,
                    kek_id=key.kek_id if key else "",
                    destroyed_at=destroyed_at,
                )
            )
    CaseKey.objects.bulk_create(rows, batch_size=1000)
    return again


def forget_old(folder: Path, now: datetime | None = None) -> list[str]:
    """Delete archives older than ``DAYS``; gives their names."""
    limit = ((now or datetime.now(UTC)) - timedelta(days=DAYS)).strftime(STAMP)
    old = [path for path in sorted(folder.glob("*Z.json*")) if path.name.split(".")[0] < limit]
    for path in old:
        path.unlink()
    return [path.name for path in old]
