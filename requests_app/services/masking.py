"""Masking: laying, undoing, and what the answer and those who approve it are told of it.

The masks of a case are rows over the gathered data, which stays as it is. They survive another gathering; one that no longer fits
what was gathered holds the answer back until somebody looks at it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.masks import Place, Scope, fits, through_list, value_at
from requests_app.domain.places import at, text_of
from requests_app.domain.rights import MASK_GROUNDS
from requests_app.domain.states import State
from requests_app.models import Mask, System
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.batches import records_of
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import Vault
from requests_app.services.mask_set import (
    CategoryMasks,
    MaskSet,
    active,
    active_on,
    laid_in,
    mac_of,
    masks_of,
    masks_on,
    note_of,
    place_of,
    seal_note,
    seal_place,
)
from requests_app.services.moves import Conflict, lock
from requests_app.services.withholding import (
    Elsewhere,
    MasksUnmatched,
    ShownItem,
    Unmatched,
    elsewhere,
    refuse_unmatched,
    shown_items,
    texts_of,
    unmatched,
    withheld,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from requests_app.domain.records import Record
    from requests_app.models import Case

OPEN_TO_MASKS = frozenset({State.GATHERING.value, State.REVIEW.value})
"""States in which masks are laid and undone: before what is withheld is decided on."""
MOST_AT_ONCE = 50_000


def open_to_masks(case: Case) -> bool:
    """Whether masks can be laid and undone now."""
    return case.state in OPEN_TO_MASKS


def lay(
    *,
    actor: Actor,
    case: Case,
    system: System | str,
    category: str,
    places: Sequence[Place],
    ground: str,
    note: str,
    rule: str = "",
) -> list[Mask]:
    """Lay masks on places of one category; hands back those that were not there already.

    ``rule`` is the key of the standing rule that lays them; then no note is needed. Raises ``ValidationError`` for an unknown ground,
    a missing note and places that are not there, ``Conflict`` when the case is not gathered or reviewed.
    """
    note = note.strip()
    _check(actor, places, ground, note, rule)
    with unit(actor) as work:
        case = lock(case)
        if not open_to_masks(case):
            raise Conflict
        vault, found = Vault(case), _system(system)
        wanted = _as_they_stand(case, vault, found.key, category, places)
        records = {place.record for place in wanted}
        laid = active_on(case, vault, system=found.key, category=category, records=records)
        held = {place_of(vault, mask).spot for mask in laid}
        fresh = [place for place in wanted if place.spot not in held]
        now = timezone.now()
        made = Mask.objects.bulk_create(
            Mask(
                case=case,
                system=found,
                category=category,
                scope=place.scope.value,
                place_enc=seal_place(vault, found.key, category, place),
                record_mac=mac_of(vault, found.key, category, place.record),
                ground=ground,
                note_enc=seal_note(vault, found.key, category, note),
                rule=rule,
                by=actor.user,
                at=now,
            )
            for place in fresh
        )
        if made:
            work.event(
                "mask.laid",
                case,
                system=found.key,
                category=category,
                scope=_scope(made),
                count=len(made),
                ground=ground,
                rule=rule,
                note=note,
            )
        return made


def _check(actor: Actor, places: Sequence[Place], ground: str, note: str, rule: str) -> None:
    errors: dict[str, str] = {}
    if ground not in {item.value for item in MASK_GROUNDS}:
        errors["ground"] = _("Choose the ground from the list. The answer names it.")
    if not note and not rule:
        errors["note"] = _("Write why this is withheld. Each mask needs a reason of its own.")
    if errors:
        raise ValidationError(errors)
    if not rule:
        member_of_staff(actor)
    if not places:
        raise ValidationError(_("Choose what is to be masked."))
    if len(places) > MOST_AT_ONCE:
        raise ValidationError(_("That is too much at once. Mask the category instead."))


def _scope(masks: Sequence[Mask]) -> str:
    scopes = {mask.scope for mask in masks}
    return scopes.pop() if len(scopes) == 1 else "several"


def _system(system: System | str) -> System:
    if isinstance(system, System):
        return system
    found = System.objects.filter(key=system).first()
    if found is None:
        raise ValidationError(_("There is no such data in the case."))
    return found


def _gone() -> ValidationError:
    return ValidationError(
        _("What you chose is no longer there. Look at the page again; nothing was masked."), code="gone"
    )


def _as_they_stand(case: Case, vault: Vault, system: str, category: str, places: Sequence[Place]) -> list[Place]:
    """The places, each once, with the text that is kept to know them again; refused when one of them is not there."""
    row = case.collections.filter(system__key=system, current=True).select_related("case").first()
    if row is None or not row.batches.filter(category=category).exists():
        raise _gone()
    wanted: dict[str, list[Place]] = {}
    kept = {place.spot: place for place in places}
    for place in kept.values():
        if place.scope is not Scope.CATEGORY:
            wanted.setdefault(place.record, []).append(place)
    if wanted:
        for record in records_of(row, vault, category):
            for place in wanted.pop(record.key, ()):
                if not fits(record, place):
                    raise _gone()
                kept[place.spot] = _with_text(record, place)
            if not wanted:
                break
    if wanted:
        raise _gone()
    return list(kept.values())


def _with_text(record: Record, place: Place) -> Place:
    if place.scope is Scope.SPAN:
        return replace(place, text=str(value_at(record, place.path))[place.start : place.end])
    if place.scope is Scope.VALUE and through_list(record, place.path):
        return replace(place, text=text_of(at(record, place.path)))
    return replace(place, text="")


def undo(*, actor: Actor, case: Case, masks: Iterable[Mask]) -> None:
    """Take masks away, those of a standing rule too. Raises ``Conflict`` when none of them is laid any more, or the case is decided."""
    member_of_staff(actor)
    keys = [mask.pk for mask in masks]
    with unit(actor) as work:
        case = lock(case)
        if not open_to_masks(case):
            raise Conflict
        laid = [mask for mask in active(case) if mask.pk in set(keys)]
        if not laid:
            raise Conflict
        take_away(work, case, laid)


def take_away(work: Unit, case: Case, laid: Sequence[Mask]) -> None:
    """Undo masks that are laid. The case must be locked; who may do it, and when, the caller has seen to."""
    Mask.objects.filter(pk__in=[mask.pk for mask in laid], undone_at__isnull=True).update(
        undone_at=timezone.now(), undone_by=work.actor.user
    )
    groups: dict[tuple[str, str], list[Mask]] = {}
    for mask in laid:
        groups.setdefault((mask.system.key, mask.category), []).append(mask)
    for (system, category), group in groups.items():
        rules = {mask.rule for mask in group}
        work.event(
            "mask.undone",
            case,
            system=system,
            category=category,
            scope=_scope(group),
            count=len(group),
            rule=rules.pop() if len(rules) == 1 else "",
        )


def lay_again(*, actor: Actor, case: Case, mask: Mask) -> list[Mask]:
    """Move a mask whose text has moved to every place of its record where the text stands now, on the same ground and with its note.

    Raises ``ValidationError`` when the text stands nowhere in the record any more: then the mask can only be undone.
    """
    with unit(actor) as work:
        case = lock(case)
        if not open_to_masks(case):
            raise Conflict
        stale = next((item for item in unmatched(case, Vault(case)) if item.mask.pk == mask.pk), None)
        if stale is None:
            raise Conflict
        if not stale.now:
            raise ValidationError(_("What was masked is not there any more. Undo the mask, and mask anew if needed."))
        note = note_of(Vault(case), stale.mask)
        take_away(work, case, [stale.mask])
        return lay(
            actor=actor,
            case=case,
            system=stale.mask.system,
            category=stale.mask.category,
            places=stale.now,
            ground=stale.mask.ground,
            note=note,
            rule=stale.mask.rule,
        )


def digest_of(case: Case) -> str:
    """A hash of what persons have masked, for an approval to be tied to: any mask laid or undone since changes it. Empty without masks.

    What standing rules mask was approved with the rule.
    """
    masks = [mask for mask in active(case) if not mask.rule]
    content = [
        [mask.pk, mask.system.key, mask.category, mask.scope, _sha(mask.place_enc), mask.ground, _sha(mask.note_enc)]
        for mask in masks
    ]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest() if content else ""


def _sha(blob: bytes | memoryview | None) -> str:
    return hashlib.sha256(bytes(blob or b"")).hexdigest()


__all__ = [
    "CategoryMasks",
    "Elsewhere",
    "MaskSet",
    "MasksUnmatched",
    "ShownItem",
    "Unmatched",
    "digest_of",
    "elsewhere",
    "laid_in",
    "lay",
    "lay_again",
    "masks_of",
    "masks_on",
    "note_of",
    "open_to_masks",
    "place_of",
    "refuse_unmatched",
    "shown_items",
    "take_away",
    "texts_of",
    "undo",
    "unmatched",
    "withheld",
]
