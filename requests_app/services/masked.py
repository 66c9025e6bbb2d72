"""The gathered data as it leaves: with the masks laid over it. Everything that is printed, counted or packed is made of this.

What is withheld whole is not there at all; what is withheld in part stands with the word for it in place of the data. Numbers of
records and first and last days are those of what is left, so that they tell nothing of the rest.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.masks import WORDS, Laid, apply, fits, pieces, whole
from requests_app.services.batches import records_of
from requests_app.services.gathered import categories_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date

    from requests_app.domain.records import CategorySpec, Record
    from requests_app.models import Collection
    from requests_app.services.gathered import CategoryCount
    from requests_app.services.keys import Vault
    from requests_app.services.mask_set import CategoryMasks, MaskSet


@dataclass(frozen=True, slots=True)
class MaskedCategory:
    """A category as it leaves. ``count`` is what ``records`` yields; ``hidden`` counts the records that are withheld whole."""

    spec: CategorySpec
    records: Callable[[], Iterable[Record]]
    count: int
    first_on: date | None
    last_on: date | None
    hidden: int = 0
    withheld: Mapping[tuple[str, bool], int] = field(default_factory=dict)
    """How much is withheld, by ground and whether it is whole records or parts of records."""
    stale: tuple[Laid, ...] = ()
    """Masks that what was gathered no longer fits."""


def masked_categories(row: Collection, vault: Vault, masks: MaskSet, lang: str) -> list[MaskedCategory]:
    """The categories of a gathering as they leave; those without masks of single records are not opened."""
    found = {item.spec.key: item for item in categories_of(row)}
    seen = [masked_category(row, vault, item, masks.of(row.system.key, key), lang) for key, item in found.items()]
    for system, key in masks.categories:
        if system == row.system.key and key not in found and (gone := _laid(masks.of(system, key))):
            seen.append(_nothing_left(row, vault, key, gone))
    return seen


def masked_category(
    row: Collection, vault: Vault, item: CategoryCount, masks: CategoryMasks, lang: str
) -> MaskedCategory:
    """One category as it leaves."""
    if masks.whole:
        withheld = {(masks.whole.ground, True): item.count}
        return MaskedCategory(item.spec, tuple, 0, None, None, item.count, withheld)
    records = partial(_records, row, vault, item.spec.key, masks, lang)
    if not masks:
        return MaskedCategory(item.spec, records, item.count, item.first_on, item.last_on)
    look = _Look(masks, lang)
    for record in records_of(row, vault, item.spec.key):
        look.at(record)
    return MaskedCategory(
        item.spec, records, look.count, look.first_on, look.last_on, look.hidden, dict(look.withheld), look.stale
    )


def _records(row: Collection, vault: Vault, category: str, masks: CategoryMasks, lang: str) -> Iterator[Record]:
    words = WORDS[lang]
    for record in records_of(row, vault, category):
        shown = masks.apply(record, words) if masks else record
        if shown is not None:
            yield shown


def _laid(masks: CategoryMasks) -> tuple[Laid, ...]:
    return tuple(laid for there in masks.records.values() for laid in there)


def _nothing_left(row: Collection, vault: Vault, key: str, gone: tuple[Laid, ...]) -> MaskedCategory:
    from requests_app.domain.records import Kind
    from requests_app.services.gathered import spec_of

    return MaskedCategory(spec_of(row.system_version, key, Kind.FACTS.value), tuple, 0, None, None, stale=gone)


class _Look:
    """One reading of a category: how many records are left, from when to when, how much is withheld and what does not fit."""

    def __init__(self, masks: CategoryMasks, lang: str) -> None:
        self._masks = masks
        self._words = WORDS[lang]
        self._missing = dict(masks.records)
        self._stale: list[Laid] = []
        self.count = self.hidden = 0
        self.first_on: date | None = None
        self.last_on: date | None = None
        self.withheld: Counter[tuple[str, bool]] = Counter()

    @property
    def stale(self) -> tuple[Laid, ...]:
        """Masks whose place was not found."""
        return (*self._stale, *(laid for there in self._missing.values() for laid in there))

    def at(self, record: Record) -> None:
        """Take in one record."""
        laid = self._missing.pop(record.key, ())
        if laid:
            record = self._masked(record, laid)
        if laid and whole(laid):
            return
        self.count += 1
        if record.occurred_at:
            day = record.occurred_at.astimezone(STOCKHOLM).date()
            self.first_on = min(self.first_on or day, day)
            self.last_on = max(self.last_on or day, day)

    def _masked(self, record: Record, laid: tuple[Laid, ...]) -> Record:
        self._stale += [item for item in laid if not fits(record, item.place)]
        all_of_it = whole(laid)
        if all_of_it:
            self.hidden += 1
            self.withheld[all_of_it.ground, True] += 1
        else:
            self.withheld.update((ground, False) for ground in pieces(laid))
        return apply(record, laid, self._words)
