"""A journal of destroyed keys outside the database: what tells a restore which keys of an older backup to destroy again.

One line of JSON each time: the case's reference, the key's purpose, when, and ``renewed`` when the case was given a new key in
place of the destroyed one. It outlives the database, and every backup takes it along, completed with what the database says.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

NAME = "destroyed_keys.jsonl"


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened last to a key: destroyed, or given anew after that (``renewed``). ``at`` in ISO form."""

    at: str
    renewed: bool = False

    @property
    def when(self) -> datetime:
        """The time."""
        return datetime.fromisoformat(self.at)


Journal = dict[tuple[str, str], Entry]
"""(case reference, purpose) to what happened last."""


class JournalBroken(Exception):
    """A line cannot be read. It may stand for a key, so nobody may skip it but a person who has looked."""


def path() -> Path:
    """The journal of this installation."""
    return Path(settings.VAR) / NAME


def note(case_ref: str, purpose: str, at: str, *, renewed: bool = False) -> None:
    """Append one destroyed or renewed key and see to it that it reaches the disk."""
    descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(
            descriptor, _line(case_ref, purpose, Entry(at, renewed))
        )  # one write, so that lines of two processes never mix
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(journal: Path) -> Journal:
    """What a journal says last of each key; nothing when there is none."""
    if not journal.exists():
        return {}
    found: Journal = {}
    for number, line in enumerate(journal.read_text("utf-8").splitlines(), start=1):
        try:
            said = json.loads(line)
            entry = Entry(said["at"], said.get("renewed") is True)
            found = merged(found, {(said["case"], said["purpose"]): entry})
        except (ValueError, KeyError, TypeError):
            raise JournalBroken(f"{journal}, line {number} cannot be read") from None
    return found


def merged(*journals: Journal) -> Journal:
    """What happened last to each key, by all of these journals. A key that was destroyed twice keeps the first time."""
    found: Journal = {}
    for journal in journals:
        for key, entry in journal.items():
            known = found.get(key)
            if known is None or (entry.when > known.when and entry.renewed != known.renewed):
                found[key] = entry
    return found


def write(journal: Path, entries: Journal) -> None:
    """Replace a journal, whole or not at all."""
    temporary = journal.with_name(f"{journal.name}.tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for (case_ref, purpose), entry in sorted(entries.items(), key=lambda item: (item[1].when, item[0])):
            file.write(_line(case_ref, purpose, entry))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(journal)


def _line(case_ref: str, purpose: str, entry: Entry) -> bytes:
    said = {"case": case_ref, "purpose": purpose, "at": entry.at} | ({"renewed": True} if entry.renewed else {})
    return json.dumps(said).encode() + b"\n"
