"""What is told about masks: to the person how much is withheld and why, to who approves exactly what, to who masks what does not fit."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from requests_app.connectors.uploads import ENCLOSED
from requests_app.documents.formatting import format_value
from requests_app.documents.masking import Tally, mask_text
from requests_app.documents.values import Withheld
from requests_app.domain.masks import Place, Scope, covers, find, fits, pattern_of, walk
from requests_app.domain.places import MISSING, at, loose_pattern_of, text_of
from requests_app.domain.states import CollectionState
from requests_app.models import Mask
from requests_app.services import enclosures, words
from requests_app.services.batches import records_of, records_with
from requests_app.services.gathered import categories_of
from requests_app.services.mask_set import masks_of, masks_on, note_of, place_of
from requests_app.services.masked import masked_categories
from requests_app.services.record_words import field_word, label, language, pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from requests_app.documents.values import Lang
    from requests_app.domain.masks import Laid
    from requests_app.domain.records import CategorySpec, FieldSpec, Record, Value
    from requests_app.models import Case, Collection, System
    from requests_app.services.enclosures import Enclosed
    from requests_app.services.keys import Vault
    from requests_app.services.masked import MaskedCategory

MOST_ELSEWHERE = 5_000
"""Places at most that a text is reported in."""
MOST_SOUGHT = 100
"""Texts at most that are looked for at once."""
MOST_SHOWN = 50
"""Records of a wholly masked category that are shown one by one to who approves it."""
AROUND = 120
"""Characters shown before and after a masked stretch of text."""


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A mask that what was gathered no longer fits; ``now`` are the places of its record where the masked text stands instead."""

    mask: Mask
    system: str
    category: str
    place: Place
    now: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A category where a masked text stands without being masked."""

    row: Collection
    spec: CategorySpec
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class ShownItem:
    """One text of which something is masked, for who approves that it is withheld.

    ``parts`` are texts, each with whether it is what is hidden; ``reasons`` the grounds of its masks, each with its note.
    """

    system: str
    category: str
    label: str
    when: datetime | None
    parts: tuple[tuple[str, bool], ...]
    reasons: tuple[tuple[str, str], ...]
    count: int = 1
    file_ref: str = ""
    """The kept file that this withholds; empty when it is none or the file is lost."""


class MasksUnmatched(ValidationError):
    """Masks that no longer fit what was gathered: nothing may leave until they are undone or laid again."""

    def __init__(self, stale: Sequence[Unmatched]) -> None:
        names = sorted({f"{item.system}, {item.category}" for item in stale})
        super().__init__(
            _(
                "What was masked has changed since the data was gathered again: %(places)s. "
                "Undo the masks there or lay them again, so that nothing is handed out by mistake."
            )
            % {"places": "; ".join(names)},
            code="unmatched",
        )


def rows_with_data(case: Case) -> list[Collection]:
    """The gatherings that an answer is made of, in the register's order."""
    found = case.collections.filter(current=True, state=CollectionState.DONE.value)
    return list(found.select_related("case", "system", "system_version").order_by("system__position", "system__key"))


def _masked(case: Case, vault: Vault, lang: str) -> Iterator[tuple[Collection, MaskedCategory]]:
    masks = masks_of(case, vault)
    touched = {system for system, _category in masks.categories}
    for row in rows_with_data(case):
        if row.system.key in touched:
            for seen in masked_categories(row, vault, masks, lang):
                yield row, seen


def withheld(case: Case, vault: Vault, lang: Lang) -> tuple[Withheld, ...]:
    """What is withheld, by system, category and ground, whole records apart from parts of records; in the words of ``lang``."""
    with translation.override(lang):
        return withheld_in(case, vault, _masked(case, vault, lang))


def withheld_in(case: Case, vault: Vault, seen: Iterable[tuple[Collection, MaskedCategory]]) -> tuple[Withheld, ...]:
    """What is withheld of categories as they leave, by system in the register's order, in the language that is active.

    A file is told as one wherever it lies: also in a system where nothing is masked, but where the same content would go.
    """
    found = [(row.system, item) for row, category in seen for item in _withheld_of(row, category)]
    kept: Counter[tuple[System, str]] = Counter()
    if Mask.objects.filter(case=case, undone_at__isnull=True, category=ENCLOSED.key).exists():
        kept.update((item.system, item.ground) for item in enclosures.of_case(case, vault) if item.withheld)
    found += [(system, _files_withheld(system, ground, count)) for (system, ground), count in kept.items()]
    return tuple(item for _system, item in sorted(found, key=lambda pair: (pair[0].position, pair[0].key)))


def _files_withheld(system: System, ground: str, count: int) -> Withheld:
    reason = words.word(words.GROUNDS, ground)
    return Withheld(system=str(system), category=label(ENCLOSED), count=count, ground=reason, whole=True, file=True)


def _withheld_of(row: Collection, seen: MaskedCategory) -> list[Withheld]:
    """The category keeps its name: it comes from the register and says what kind of data there is, which the person is told anyway."""
    if seen.spec.key == ENCLOSED.key:
        return []
    return [
        Withheld(
            system=str(row.system),
            category=label(seen.spec),
            count=count,
            ground=words.word(words.GROUNDS, ground),
            whole=all_of_it,
        )
        for (ground, all_of_it), count in sorted(seen.withheld.items(), key=lambda item: (not item[0][1], item[0][0]))
    ]


# --- Masks that do not fit ---------------------------------------------------------------------------------------------------


def unmatched(case: Case, vault: Vault) -> list[Unmatched]:
    """Masks that no longer fit what was gathered: the record, its value or its text is gone or has changed."""
    masks = masks_of(case, vault)
    return [
        Unmatched(masks.rows[laid.key], str(row.system), label(seen.spec), laid.place, now)
        for row, seen in _masked(case, vault, "sv")
        if seen.stale
        for laid, now in _where_now(row, vault, seen)
    ]


def _where_now(row: Collection, vault: Vault, seen: MaskedCategory) -> list[tuple[Laid, tuple[Place, ...]]]:
    wanted = {laid.place.record for laid in seen.stale}
    records = {record.key: record for record in records_of(row, vault, seen.spec.key) if record.key in wanted}
    return [(laid, _text_now(records.get(laid.place.record), laid.place)) for laid in seen.stale]


def _text_now(record: Record | None, place: Place) -> tuple[Place, ...]:
    if record is None or not place.text:
        return ()
    return tuple(found for found in find(record, re.compile(re.escape(place.text))) if fits(record, found))


def refuse_unmatched(case: Case, vault: Vault) -> None:
    """Raise ``MasksUnmatched`` when masks no longer fit; to be called before anything is released."""
    stale = unmatched(case, vault)
    if stale:
        raise MasksUnmatched(stale)


# --- The same text elsewhere -------------------------------------------------------------------------------------------------


def elsewhere(
    case: Case,
    vault: Vault,
    texts: Iterable[str],
    *,
    only: tuple[int, str] | None = None,
    keys: set[str] | None = None,
) -> list[Elsewhere]:
    """Where in the gathered data texts stand without being masked: at most ``MOST_ELSEWHERE`` places.

    ``only`` keeps to one gathering and category, ``keys`` to records. Texts too short to say anything are found nowhere.
    """
    texts = list(texts)[:MOST_SOUGHT]
    pattern, loose = pattern_of(*texts), loose_pattern_of(*texts)
    if pattern is None:
        return []
    left, found = MOST_ELSEWHERE, []
    laid = Mask.objects.filter(case=case, undone_at__isnull=True, scope=Scope.CATEGORY.value)
    whole = set(laid.values_list("system_id", "category"))
    for row in rows_with_data(case):
        for item in categories_of(row):
            if (row.system_id, item.spec.key) in whole or not left or (only and only != (row.pk, item.spec.key)):
                continue
            held = (
                record
                for record in records_with(row, vault, item.spec.key, loose)
                if keys is None or record.key in keys
            )
            bare = _unmasked(
                case, vault, row.system.key, item.spec.key, ((one.key, find(one, pattern)) for one in held)
            )
            places = list(islice(bare, left))
            left -= len(places)
            if places:
                found.append(Elsewhere(row, item.spec, tuple(places)))
    return found


_AT_A_TIME = 500
"""Records whose masks are read together."""


def _unmasked(
    case: Case, vault: Vault, system: str, category: str, hits: Iterable[tuple[str, list[Place]]]
) -> Iterator[Place]:
    """The places, by record, that no mask covers; reads the masks of those records only."""
    there = ((key, places) for key, places in hits if places)
    while some := list(islice(there, _AT_A_TIME)):
        masks = masks_on(case, vault, system=system, category=category, records=[key for key, _places in some])
        laid = masks.of(system, category)
        yield from (place for key, places in some for place in places if not covers(laid.of(key), place))


def texts_of(case: Case, vault: Vault, masks: Sequence[Mask]) -> list[str]:
    """The texts that masks of values and of stretches hide, each once; masks of one category."""
    texts: dict[str, None] = {}
    places = [place_of(vault, mask) for mask in masks]
    texts.update((place.text, None) for place in places if place.scope is Scope.SPAN)
    wanted = [place for place in places if place.scope is Scope.VALUE]
    row = next((row for row in rows_with_data(case) if masks and row.system_id == masks[0].system_id), None)
    if wanted and row is not None:
        by_record: dict[str, list[Place]] = {}
        for place in wanted:
            by_record.setdefault(place.record, []).append(place)
        for record in records_of(row, vault, masks[0].category):
            for place in by_record.pop(record.key, ()):
                held = at(record, place.path)
                texts.update((text_of(leaf), None) for _path, leaf in walk(held) if held is not MISSING)
            if not by_record:
                break
    return list(texts)


# --- For who approves --------------------------------------------------------------------------------------------------------


def shown_items(case: Case, vault: Vault) -> list[ShownItem]:
    """What persons have masked, item by item with as much around it as is needed to understand it, and nothing else.

    What standing rules mask is left out: it was approved with the rule. Identity numbers are shortened.
    """
    masks = masks_of(case, vault)
    kept = enclosures.of_case(case, vault) if any(key == ENCLOSED.key for _system, key in masks.categories) else []
    items = []
    for row in rows_with_data(case):
        for entry in categories_of(row):
            if entry.spec.key == ENCLOSED.key:
                there = {item.key: item for item in kept if item.system == row.system}
                items += _Shower(vault, masks.rows, row, entry.spec).files(there)
                continue
            laid = masks.of(row.system.key, entry.spec.key)
            chosen = {
                key: by_hand
                for key, on_it in laid.records.items()
                if (by_hand := [item for item in on_it if not masks.rows[item.key].rule])
            }
            by_person = laid.whole if laid.whole and not masks.rows[laid.whole.key].rule else None
            if by_person or chosen:
                shower = _Shower(vault, masks.rows, row, entry.spec)
                items += shower.category(by_person, entry.count) if by_person else shower.records(chosen)
    return items


class _Shower:
    """Makes the items of one category."""

    def __init__(self, vault: Vault, rows: dict[int, Mask], row: Collection, spec: CategorySpec) -> None:
        self._vault, self._rows, self._row, self._spec = vault, rows, row, spec

    def category(self, laid: Laid, count: int) -> list[ShownItem]:
        """The wholly masked category: how much it holds, and its first records."""
        parts: list[tuple[str, bool]] = []
        for n, record in enumerate(records_of(self._row, self._vault, self._spec.key)):
            if n == MOST_SHOWN:
                break
            parts.append((self._all_of(record), True))
        return [self._item([laid], label(self._spec), None, parts, count)]

    def files(self, kept: Mapping[str, Enclosed]) -> list[ShownItem]:
        """Files that stay, each as a whole whatever of its record is masked, or if it only has the content of one that is."""
        items = []
        for record in records_of(self._row, self._vault, self._spec.key):
            found = kept.get(record.key)
            laid = [item for item in found.laid if not self._rows[item.key].rule] if found else []
            if found and laid:
                item = self._item(laid, label(self._spec), record.occurred_at, [(self._all_of(record), True)])
                items.append(replace(item, file_ref=found.copies[0].ref if found.copies else ""))
        return items

    def records(self, chosen: dict[str, list[Laid]]) -> list[ShownItem]:
        """Masked records, values and texts, in the records' order. A text stands once, with all that is masked in it."""
        return [
            item
            for record in records_of(self._row, self._vault, self._spec.key)
            if record.key in chosen
            for item in self._of_record(record, chosen[record.key])
        ]

    def _of_record(self, record: Record, laid: list[Laid]) -> Iterator[ShownItem]:
        everything = [item for item in laid if item.place.scope is Scope.RECORD]
        if everything:
            yield self._item(laid, label(self._spec), record.occurred_at, [(self._all_of(record), True)])
            return
        by_path: dict[str, list[Laid]] = {}
        for item in laid:
            by_path.setdefault(item.place.path, []).append(item)
        for path, there in by_path.items():
            name = path[1:].partition("/")[0].replace("~1", "/").replace("~0", "~")
            known = self._spec.fields.get(name)
            heading = label(known) if known else field_word(name)
            found = at(record, path)
            if any(item.place.scope is Scope.VALUE for item in there):
                parts = [(self._said(found, known), True)]
            else:
                parts = _around(str(found), [(item.place.start or 0, item.place.end or 0) for item in there])
            yield self._item(there, heading, record.occurred_at, parts)

    def _all_of(self, record: Record) -> str:
        return "\n".join(f"{name}: {text}" for name, text in pairs_of(record, self._spec))

    def _said(self, value: Value, known: FieldSpec | None) -> str:
        return "" if value is MISSING else format_value(value, known, language())

    def _item(
        self,
        laid: Sequence[Laid],
        heading: str,
        when: datetime | None,
        parts: Iterable[tuple[str, bool]],
        count: int = 1,
    ) -> ShownItem:
        masks = [self._rows[item.key] for item in laid]
        return ShownItem(
            system=str(self._row.system),
            category=label(self._spec),
            label=heading,
            when=when,
            parts=tuple((mask_text(text, Tally()), hidden) for text, hidden in parts),
            reasons=tuple(dict.fromkeys((mask.ground, note_of(self._vault, mask)) for mask in masks)),
            count=count,
        )


def _around(text: str, stretches: Iterable[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The masked stretches of a text in their order, with as much before, between and after them as ``AROUND`` allows."""
    parts: list[tuple[str, bool]] = []
    shown = 0
    for first, last in sorted(stretches):
        start = max(first, shown)
        if last <= start and parts:
            continue
        between = text[shown:start]
        if not parts:
            parts.append((between[-AROUND:], False))
        elif len(between) > 2 * AROUND:
            parts.append((f"{between[:AROUND]} … {between[-AROUND:]}", False))
        else:
            parts.append((between, False))
        parts.append((text[start:last], True))
        shown = last
    parts.append((text[shown : shown + AROUND], False))
    return [part for part in parts if part[0]]
