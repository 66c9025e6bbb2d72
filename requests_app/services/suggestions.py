"""Suggestions for masking in a case's data: read anew for each page, since what is the person's own is only known here.

Nothing is kept: what is masked is not suggested again, and what nobody accepts is suggested the next time the page is read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, name_tokens, normalise
from requests_app.domain.masks import Place, covers
from requests_app.domain.records import Kind
from requests_app.domain.suggest import Own, Spotted, Suggested, Why, ground_of, spot, staff_words
from requests_app.services import masking, people, policy
from requests_app.services.audit import Actor, unit
from requests_app.services.batches import open_batch
from requests_app.services.gathered import spec_of
from requests_app.services.moves import Conflict, lock
from requests_app.services.suggestion_words import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from requests_app.domain.records import CategorySpec, Record
    from requests_app.models import Case, Mask
    from requests_app.services.keys import Vault
    from requests_app.services.mask_set import MaskSet

SURVEYED = 5_000
"""Records that a survey of a case reads at most."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One place that may be about somebody else, or is worth a look. ``reason`` is a sentence in the active language.

    ``ground`` is the proposed ground; empty for what is only worth a look.
    """

    system: str
    category: str
    place: Place
    kind: Suggested
    why: Why
    reason: str
    ground: str
    text: str

    @property
    def key(self) -> str:
        """What tells a suggestion from the others of its page, for a form to send back."""
        place = self.place
        return "|".join((self.kind.value, place.record, place.path, str(place.start or 0), str(place.end or 0)))


def own_of(case: Case, vault: Vault) -> Own:
    """What is the person's own: identifiers that are not rejected, name and contact; and what is the controller's."""
    party = people.subject_of(case)
    person = people.person_of(case, vault)
    held: dict[str, set[str]] = {kind.value: set() for kind in IdentifierKind}
    for identifier in party.identifiers.filter(rejected_at__isnull=True):
        held[identifier.kind].add(people.value_of(vault, identifier))
    for kind, text in ((IdentifierKind.EMAIL, person.contact.email), (IdentifierKind.PHONE, person.contact.phone)):
        held[kind.value].update(_normal(kind, [text]))
    names = {token for name in (person.name, *held[IdentifierKind.NAME.value]) for token in name_tokens(name)}
    sender = policy.values_of(case.policy).sender
    public = _normal(IdentifierKind.EMAIL, [sender.email]) | _normal(IdentifierKind.PHONE, [sender.phone])
    return Own(
        emails=frozenset(held[IdentifierKind.EMAIL.value]) - {""},
        phones=frozenset(held[IdentifierKind.PHONE.value]) - {""},
        numbers=frozenset(held[IdentifierKind.PERSONNUMMER.value]) - {""},
        names=frozenset(names),
        public=frozenset(public),
        staff_domain=sender.email.rpartition("@")[2].lower(),
    )


def _normal(kind: IdentifierKind, texts: Iterable[str]) -> set[str]:
    found = set()
    for text in texts:
        try:
            found.add(normalise(kind, text))
        except InvalidIdentifier:
            continue
    return found


def for_page(
    case: Case,
    vault: Vault,
    spec: CategorySpec,
    system_key: str,
    records: Sequence[Record],
    masks: MaskSet | None = None,
) -> list[Suggestion]:
    """The suggestions for the records of one page, in their order; what masks cover already is left out.

    ``masks`` are those of the category or the case, for a page that has opened them already.
    """
    masks = masks or masking.masks_of(case, vault, system=system_key, category=spec.key)
    own = own_of(case, vault)
    return [_suggestion(system_key, spec.key, item) for item in _open(records, spec, system_key, own, masks)]


def _open(records: Sequence[Record], spec: CategorySpec, system: str, own: Own, masks: MaskSet) -> Iterator[Spotted]:
    """What stands in the records and no mask covers."""
    here = masks.of(system, spec.key)
    if here.whole or spec.kind is Kind.TIME_SERIES:
        return
    staff = staff_words(records)
    for record in records:
        laid = here.of(record.key)
        for item in spot(record, spec, own, staff):
            if not covers(laid, item.place):
                yield item


def _suggestion(system: str, category: str, item: Spotted) -> Suggestion:
    ground = ground_of(item.kind)
    return Suggestion(
        system=system,
        category=category,
        place=item.place,
        kind=item.kind,
        why=item.why,
        reason=reason_of(item.why),
        ground=ground.value if ground else "",
        text=item.text,
    )


@dataclass(slots=True)
class Survey:
    """How much a case's data holds that may be about others, not masked yet. ``complete`` is false when there was more to read."""

    kinds: Counter[Suggested] = field(default_factory=Counter)
    categories: Counter[tuple[str, str]] = field(default_factory=Counter)
    read: int = 0
    complete: bool = True

    @property
    def others(self) -> int:
        """Places that may be about somebody else."""
        return sum(n for kind, n in self.kinds.items() if kind is not Suggested.LOOK)


def survey(case: Case, vault: Vault, limit_records: int = SURVEYED) -> Survey:
    """Read the case's data, readings left out, until so many records are read, and count. Takes about 0.2 ms a short message."""
    found, own, masks = Survey(), own_of(case, vault), masking.masks_of(case, vault)
    rows = case.collections.filter(current=True, records__gt=0).select_related("system", "system_version")
    for row in rows.order_by("system__position", "pk"):
        system = row.system.key
        for batch in row.batches.exclude(kind=Kind.TIME_SERIES.value).order_by("seq").iterator(chunk_size=2):
            if found.read >= limit_records:
                found.complete = False
                return found
            records = open_batch(batch, case.ref, vault)[: limit_records - found.read]
            found.complete &= len(records) == batch.n
            found.read += len(records)
            spec = spec_of(row.system_version, batch.category, batch.kind)
            for item in _open(records, spec, system, own, masks):
                found.kinds[item.kind] += 1
                if item.kind is not Suggested.LOOK:
                    found.categories[system, batch.category] += 1
    return found


def accept(*, actor: Actor, case: Case, suggestions: Iterable[Suggestion], note: str = "") -> list[Mask]:
    """Lay masks where it was suggested, with the ground proposed and a note; the reason is the note where none is written.

    Raises ``ValidationError`` for what is only worth a look (choose a ground and mask it by hand), and whatever ``masking.lay`` does.
    """
    chosen = sorted(suggestions, key=_group)
    if not chosen:
        raise ValidationError(_("Choose what is to be masked."))
    if any(not item.ground for item in chosen):
        raise ValidationError(
            _(
                "Words worth a look have no ground of their own. Mark the text and choose a ground if it is to be masked."
            )
        )
    made: list[Mask] = []
    with unit(actor):
        case = lock(case)
        if not masking.open_to_masks(case):
            raise Conflict
        for (system, category, ground, reason), group in groupby(chosen, key=_group):
            made += masking.lay(
                actor=actor,
                case=case,
                system=system,
                category=category,
                places=[item.place for item in group],
                ground=ground,
                note=note.strip() or reason,
            )
    return made


def _group(item: Suggestion) -> tuple[str, str, str, str]:
    return item.system, item.category, item.ground, item.reason


__all__ = ["Suggestion", "Survey", "accept", "for_page", "own_of", "survey"]
