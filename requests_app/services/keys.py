"""The keys: master keys and hash keys from the settings, two data keys per case from the database."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from requests_app.crypto.aad import encode_aad
from requests_app.crypto.errors import SealBroken, UnknownKey
from requests_app.crypto.keyring import Keyring, MacKeys, parse_keys
from requests_app.crypto.sealing import DataKey
from requests_app.models import CaseKey
from requests_app.services import key_journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from requests_app.models import Case, System

GATHERED = CaseKey.GATHERED
DOSSIER = CaseKey.DOSSIER


class KeyDestroyed(Exception):
    """What was sealed with this key is erased for good."""


@lru_cache(maxsize=4)
def _keyring(text: str) -> Keyring:
    return Keyring(*parse_keys(text))


@lru_cache(maxsize=4)
def _mac_keys(text: str) -> MacKeys:
    return MacKeys(*parse_keys(text))


def keyring() -> Keyring:
    """The master keys of this installation."""
    return _keyring(settings.MASTER_KEYS)


def mac_keys() -> MacKeys:
    """The keys for look-ups by hash."""
    return _mac_keys(settings.MAC_KEYS)


def _aad(case_ref: str, purpose: str) -> bytes:
    return encode_aad("case-key", case_ref, purpose)


def create(case: Case) -> Vault:
    """Give a new case its two data keys."""
    ring = keyring()
    made = {purpose: ring.wrap(bytes(DataKey.generate()), _aad(case.ref, purpose)) for purpose in (GATHERED, DOSSIER)}
    CaseKey.objects.bulk_create(
        CaseKey(case=case, purpose=purpose, wrapped=wrapped, kek_id=ring.current) for purpose, wrapped in made.items()
    )
    return Vault(case, made)


class Vault:
    """The two keys of one case, unwrapped once; lives for one request or one step of a task, never longer."""

    def __init__(self, case: Case, wrapped: Mapping[str, bytes | memoryview | None] | None = None) -> None:
        self._ref = case.ref
        if wrapped is None:
            wrapped = {key.purpose: key.wrapped for key in case.keys.all()}
        self._wrapped = wrapped
        self._open: dict[str, DataKey] = {}

    def key(self, purpose: str) -> DataKey:
        """The key for ``gathered`` or ``dossier``; raises ``KeyDestroyed``."""
        if purpose not in self._open:
            wrapped = self._wrapped.get(purpose)
            if wrapped is None:
                raise KeyDestroyed(purpose)
            self._open[purpose] = DataKey(keyring().unwrap(bytes(wrapped), _aad(self._ref, purpose)))
        return self._open[purpose]

    @property
    def gathered(self) -> DataKey:
        """Seals batches, candidates, cursors, previews and the person's identifiers."""
        return self.key(GATHERED)

    @property
    def dossier(self) -> DataKey:
        """Seals the request, names and contacts, letters, decisions and the dispatched answer."""
        return self.key(DOSSIER)

    def seal(self, purpose: str, value: Any, *place: str | int) -> bytes:
        """Seal a JSON value for one place of this case."""
        return self.key(purpose).seal_json(value, self._ref, *place)

    def unseal(self, purpose: str, blob: bytes | memoryview | None, *place: str | int) -> Any:
        """The value sealed for this place; None for None or when the key is destroyed."""
        if blob is None:
            return None
        try:
            return self.key(purpose).open_json(bytes(blob), self._ref, *place)
        except KeyDestroyed:
            return None


def vaults(cases: Iterable[Case]) -> dict[int, Vault]:
    """The keys of many cases, read in one query, by the cases' ids. A key is unwrapped when it is first used."""
    chosen = list(cases)
    held: dict[int, dict[str, bytes | memoryview | None]] = {case.pk: {} for case in chosen}
    for pk, purpose, wrapped in CaseKey.objects.filter(case__in=held).values_list("case_id", "purpose", "wrapped"):
        held[pk][purpose] = wrapped
    return {case.pk: Vault(case, held[case.pk]) for case in chosen}


def destroy(case: Case, purpose: str) -> bool:
    """Destroy one key of a case; everything it sealed is erased. False when it was gone already."""
    now = timezone.now()
    living = CaseKey.objects.filter(case=case, purpose=purpose, destroyed_at__isnull=True)
    if not living.update(wrapped=None, destroyed_at=now):
        return False
    # a backup completes the journal from the database, so a line that cannot be written undoes nothing
    transaction.on_commit(partial(key_journal.note, case.ref, purpose, now.isoformat()), robust=True)
    return True


def renew(case: Case, purpose: str) -> bool:
    """Give a case whose key was destroyed a new one; what the old one sealed stays erased. False when the key was never destroyed.

    The journal is told, so that a restore does not destroy the new one. What the old one sealed must have been removed.
    """
    ring = keyring()
    wrapped = ring.wrap(bytes(DataKey.generate()), _aad(case.ref, purpose))
    destroyed = CaseKey.objects.filter(case=case, purpose=purpose, destroyed_at__isnull=False)
    if not destroyed.update(wrapped=wrapped, kek_id=ring.current, destroyed_at=None):
        return False
    at = timezone.now().isoformat()
    transaction.on_commit(partial(key_journal.note, case.ref, purpose, at, renewed=True), robust=True)
    return True


def opens(case_ref: str, purpose: str, wrapped: bytes) -> bool:
    """Whether a wrapped key is this case's and one of the master keys opens it."""
    try:
        keyring().unwrap(wrapped, _aad(case_ref, purpose))
    except (SealBroken, UnknownKey):
        return False
    return True


def seal_text(text: str, *place: str | int) -> bytes:
    """Seal a text that belongs to no case: a data key of its own, wrapped by the master key, stands before it."""
    data_key = DataKey.generate()
    wrapped = keyring().wrap(bytes(data_key), encode_aad(*place))
    return len(wrapped).to_bytes(2, "big") + wrapped + data_key.seal(text.encode(), *place)


def open_text(blob: bytes | memoryview, *place: str | int) -> str:
    """Undo ``seal_text``; ``SealBroken`` when the text was changed or belongs to another place."""
    blob = bytes(blob)
    cut = 2 + int.from_bytes(blob[:2], "big")
    data_key = DataKey(keyring().unwrap(blob[2:cut], encode_aad(*place)))
    return data_key.open(blob[cut:], *place).decode()


def seal_secret(system: System, name: str, value: str) -> bytes:
    """Seal a connector's secret."""
    return seal_text(value, "system-secret", system.key, name)


def open_secret(system: System, name: str, blob: bytes | memoryview) -> str:
    """Undo ``seal_secret``."""
    return open_text(blob, "system-secret", system.key, name)
