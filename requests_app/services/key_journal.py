"""A journal of destroyed keys outside the database: what tells a restore which keys of an older backup to destroy again.

One line of JSON per key: the case's reference, the key's purpose, when. It outlives the database, and every backup
takes it along, completed with what the database says.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from django.conf import settings

NAME = "destroyed_keys.jsonl"

Destroyed = dict[tuple[str, str], str]
"""(case reference, purpose) to when, in ISO form."""


class JournalBroken(Exception):
    """A line cannot be read. It may stand for a key, so nobody may skip it but a person who has looked."""


def path() -> Path:
    """The journal of this installation."""
    return Path(settings.VAR) / NAME


def note(case_ref: str, purpose: str, at: str) -> None:
    """Append one destroyed key and see to it that it reaches the disk."""
    descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, _line(case_ref, purpose, at))  # one write, so that lines of two processes never mix
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read(journal: Path) -> Destroyed:
    """What a journal says; nothing when there is none."""
    if not journal.exists():
        return {}
    destroyed: Destroyed = {}
    for number, line in enumerate(journal.read_text("utf-8").splitlines(), start=1):
        try:
            entry = json.loads(line)
            destroyed.setdefault((entry["case"], entry["purpose"]), entry["at"])
        except (ValueError, KeyError, TypeError):
            raise JournalBroken(f"{journal}, line {number} cannot be read") from None
    return destroyed


def write(journal: Path, destroyed: Destroyed) -> None:
    """Replace a journal, whole or not at all."""
    temporary = journal.with_name(f"{journal.name}.tmp")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for (case_ref, purpose), at in sorted(destroyed.items(), key=lambda item: (item[1], item[0])):
            file.write(_line(case_ref, purpose, at))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(journal)


def _line(case_ref: str, purpose: str, at: str) -> bytes:
    return json.dumps({"case": case_ref, "purpose": purpose, "at": at}).encode() + b"\n"
