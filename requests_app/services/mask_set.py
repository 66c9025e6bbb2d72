"""The masks of a case, opened once and cheap to lay over many records: by system, category and record."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q

from requests_app.domain.masks import Laid, Place, Scope, apply, whole
from requests_app.models import Mask, System, User
from requests_app.services.keys import DOSSIER, GATHERED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from django.db.models import QuerySet

    from requests_app.domain.records import Record
    from requests_app.models import Case
    from requests_app.services.keys import Vault


def seal_place(vault: Vault, system: str, category: str, place: Place) -> bytes | None:
    """The place of a mask, sealed with the gathered key; None for a category, which its row names."""
    held = place.to_json()
    return vault.seal(GATHERED, held, "mask", system, category, place.scope.value) if held else None


def place_of(vault: Vault, mask: Mask) -> Place:
    """Where a mask is laid; ``mask.system`` must be loaded. A place whose key is destroyed names nothing."""
    held = vault.unseal(GATHERED, mask.place_enc, "mask", mask.system.key, mask.category, mask.scope)
    return Place.from_json(mask.scope, held)


def seal_note(vault: Vault, system: str, category: str, note: str) -> bytes | None:
    """The reason of a mask, sealed with the dossier key; None when there is none."""
    return vault.seal(DOSSIER, note, "mask-note", system, category) if note else None


def note_of(vault: Vault, mask: Mask) -> str:
    """Why a mask was laid; ``mask.system`` must be loaded."""
    return vault.unseal(DOSSIER, mask.note_enc, "mask-note", mask.system.key, mask.category) or ""


def mac_of(vault: Vault, system: str, category: str, record: str) -> bytes | None:
    """What the masks of a record are found by without being opened; None for a whole category, which is no record."""
    return vault.gathered.mac("mask-record", system, category, record) if record else None


@dataclass(frozen=True, slots=True)
class CategoryMasks:
    """The masks of one category: the one that hides all of it, and those of its records."""

    whole: Laid | None = None
    records: Mapping[str, tuple[Laid, ...]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.whole is not None or bool(self.records)

    def of(self, key: str) -> tuple[Laid, ...]:
        """All masks that touch a record."""
        laid = self.records.get(key, ())
        return (self.whole, *laid) if self.whole else laid

    def apply(self, record: Record, words: Mapping[str, str]) -> Record | None:
        """The record as the person may see it; None when all of it is withheld."""
        laid = self.of(record.key)
        if not laid:
            return record
        return None if whole(laid) else apply(record, laid, words)


_NONE = CategoryMasks()


class MaskSet:
    """The masks of a case that are laid now."""

    def __init__(self, masks: Sequence[Mask], vault: Vault) -> None:
        self.rows: dict[int, Mask] = {mask.pk: mask for mask in masks}
        wholes: dict[tuple[str, str], Laid] = {}
        records: dict[tuple[str, str], dict[str, list[Laid]]] = {}
        for mask in masks:
            where = (mask.system.key, mask.category)
            laid = Laid(place_of(vault, mask), mask.ground, mask.pk)
            if laid.place.scope is Scope.CATEGORY:
                wholes.setdefault(where, laid)
            else:
                records.setdefault(where, {}).setdefault(laid.place.record, []).append(laid)
        self._categories = {
            where: CategoryMasks(wholes.get(where), {key: tuple(laid) for key, laid in records.get(where, {}).items()})
            for where in {*wholes, *records}
        }

    def of(self, system: str, category: str) -> CategoryMasks:
        """The masks of one category of one system."""
        return self._categories.get((system, category), _NONE)

    @property
    def categories(self) -> list[tuple[str, str]]:
        """Systems and categories that something is masked in."""
        return sorted(self._categories)


def masks_of(case: Case, vault: Vault, *, system: str = "", category: str = "") -> MaskSet:
    """The masks that are laid, of the whole case or of one category."""
    return MaskSet(active(case, system=system, category=category), vault)


MOST_BY_RECORD = 1_000
"""Of more records than this all masks of the category are read."""


def masks_on(case: Case, vault: Vault, *, system: str, category: str, records: Iterable[str]) -> MaskSet:
    """The masks that touch these records: those of the whole category too. Reading them costs by the records, not by all there are.

    Masks from before a hash of the record was kept may touch any record, so they are among them.
    """
    return MaskSet(active_on(case, vault, system=system, category=category, records=records), vault)


def active_on(case: Case, vault: Vault, *, system: str, category: str, records: Iterable[str]) -> list[Mask]:
    """The rows of ``masks_on``."""
    keys = set(records)
    found = laid_in(case, system, category)
    if len(keys) <= MOST_BY_RECORD:
        macs = [mac for key in keys if (mac := mac_of(vault, system, category, key))]
        found = found.filter(Q(record_mac__in=macs) | Q(record_mac__isnull=True))
    return _with_names(found)


def laid_in(case: Case, system: str, category: str) -> QuerySet[Mask]:
    """The rows of the masks that are laid in one category, in the order they were laid."""
    return Mask.objects.filter(case=case, undone_at__isnull=True, system__key=system, category=category).order_by("id")


def active(case: Case, *, system: str = "", category: str = "") -> list[Mask]:
    """The rows of the masks that are laid, with their systems and who laid them: each read once, since there may be thousands."""
    found = Mask.objects.filter(case=case, undone_at__isnull=True)
    if system:
        found = found.filter(system__key=system)
    if category:
        found = found.filter(category=category)
    return _with_names(found.order_by("id"))


def _with_names(found: QuerySet[Mask]) -> list[Mask]:
    masks = list(found)
    systems = System.objects.in_bulk({mask.system_id for mask in masks}) if masks else {}
    users = User.objects.in_bulk({mask.by_id for mask in masks if mask.by_id}) if masks else {}
    for mask in masks:
        mask.system = systems[mask.system_id]
        if mask.by_id:
            mask.by = users[mask.by_id]
    return masks
