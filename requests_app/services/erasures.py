"""The log of erasures: whom a system has erased, as keyed hashes alone, to be erased again when a backup of that system was restored.

Every line stands in the database and in a journal beside it (``erasures.jsonl``), which outlives a database that is restored too.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Identifier, Search
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.models import ErasureLog
from requests_app.services import carrying_out, gathering, people, register
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.keys import mac_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.models import Case, System

NAME = "erasures.jsonl"
Hash = tuple[str, str]
"""Kind of identifier and its keyed hash in hexadecimal digits."""


class JournalBroken(Exception):
    """A line of the journal cannot be read. It may stand for a person, so nobody may skip it but somebody who has looked."""


@dataclass(frozen=True, slots=True)
class Reapplied:
    """What came of it: lines that were no identifier, those of people erased since, and of these erased again or not (line numbers)."""

    wrong: tuple[int, ...]
    found: tuple[int, ...]
    erased: tuple[int, ...]
    failed: tuple[int, ...]


def path() -> Path:
    """The journal of this installation."""
    return Path(settings.VAR) / NAME


def note(case: Case, system: System) -> None:
    """Note that the person of a case is erased in a system, by everything that may be used to find the person. In a transaction."""
    now = timezone.now()
    rows = [
        ErasureLog(system=system.key, kind=one.kind, mac=one.mac, mac_key_id=one.mac_key_id, case_ref=case.ref, at=now)
        for one in people.subject_of(case).identifiers.all()
        if one.usable
    ]
    ErasureLog.objects.bulk_create(rows, ignore_conflicts=True)
    for row in rows:
        transaction.on_commit(partial(_append, system.key, (row.kind, bytes(row.mac).hex()), now), robust=True)


def _append(system: str, whose: Hash, at: datetime) -> None:
    line = json.dumps({"system": system, "kind": whose[0], "mac": whose[1], "at": at.isoformat()}) + "\n"
    descriptor = os.open(path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, line.encode())  # one write, so that lines of two processes never mix
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def erased_since(system: System, since: datetime) -> set[Hash]:
    """Whom the system has erased since then, by the database and the journal. Raises ``JournalBroken``."""
    rows = ErasureLog.objects.filter(system=system.key, at__gte=since).values_list("kind", "mac")
    found = {(kind, bytes(mac).hex()) for kind, mac in rows}
    if not path().exists():
        return found
    for number, line in enumerate(path().read_text("utf-8").splitlines(), start=1):
        try:
            said = json.loads(line)
            if said["system"] == system.key and datetime.fromisoformat(said["at"]) >= since:
                found.add((said["kind"], said["mac"]))
        except (ValueError, KeyError, TypeError):
            raise JournalBroken(f"{path()}, line {number} cannot be read") from None
    return found


def reapply(*, system: System, since: datetime, lines: Iterable[str], dry_run: bool = False) -> Reapplied:
    """Erase again, in a system whose backup of ``since`` was restored, whoever of ``lines`` it has erased after that.

    ``lines`` are identifiers out of the restored system, one on each line. Who was erased before the backup was made and stands in
    it has come back since, and is left alone. Not to be called inside a unit of work. Raises ``ValidationError`` when nothing can
    tell the system, unless it is a dry run; ``JournalBroken``.
    """
    version = gathering.newest_version(system)
    connector = gathering.connector_of(version)
    if version is None or connector is None:
        raise ValidationError(_("%(system)s is not set up.") % {"system": system})
    changer = registry.changer(version.connector, version.settings, carrying_out.ERASE)
    if changer is None and not dry_run:
        raise ValidationError(
            _("No program can tell %(system)s to erase. Make a dry run, and erase by hand whom it finds.")
            % {"system": system}
        )
    kinds = sorted(gathering.search_kinds(connector, system, version))
    gone, secrets = erased_since(system, since), register.secrets_of(system)
    wrong: list[int] = []
    found: list[int] = []
    erased: list[int] = []
    failed: list[int] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        whose = _identifiers(kinds, line)
        if not whose:
            wrong.append(number)
            continue
        theirs = [one for one in whose if _was_erased(one, gone)]
        if not theirs:
            continue
        found.append(number)
        if changer is None or dry_run:
            continue
        search = Search(version.settings, secrets, tuple(theirs), "", timezone.now())
        try:
            changer.change(search, carrying_out.ERASE, {})
            left = any(page.records or page.candidates for page in connector.collect(search))
        except ConnectorError:
            left = True
        (failed if left else erased).append(number)
    with unit(SYSTEM) as work:
        work.event(
            "erasures.reapplied",
            system=system.key,
            since=since.isoformat(),
            found=len(found),
            erased=len(erased),
            failed=len(failed),
        )
    return Reapplied(tuple(wrong), tuple(found), tuple(erased), tuple(failed))


def _identifiers(kinds: Iterable[str], text: str) -> list[Identifier]:
    """What a line may be, of the kinds that the system is searched by."""
    found = []
    for kind in kinds:
        try:
            found.append(Identifier(IdentifierKind(kind), normalise(IdentifierKind(kind), text)))
        except InvalidIdentifier:
            continue
    return found


def _was_erased(one: Identifier, gone: set[Hash]) -> bool:
    return any((one.kind.value, mac.hex()) in gone for mac in mac_keys().all_macs(one.kind.value, one.value))
