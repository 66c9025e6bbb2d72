"""Standing rules: what is masked in every case without anybody choosing it, because legal approved the rule.

The rules are a closed list; which of them hold is a value of the policy that only legal changes. They are applied when gathering has
settled, and again when something was gathered since. The data is read outside the case's lock, a batch at a time; only laying takes it.
What a person has undone stays undone. Until the rules are applied the review cannot be finished.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from requests_app.connectors.uploads import ENCLOSED
from requests_app.domain.masks import Place, covers
from requests_app.domain.records import Kind
from requests_app.domain.states import State
from requests_app.domain.suggest import Suggested, ground_of, spot, staff_words
from requests_app.domain.suggest_sure import Sure, user_names
from requests_app.models import Case, Collection, Event, EventPayload, Mask, Policy
from requests_app.services import masking, policy, queue, standing_ended
from requests_app.services.audit import WORKER, unit
from requests_app.services.batches import open_batch
from requests_app.services.gathered import spec_of
from requests_app.services.keys import KeyDestroyed, Vault
from requests_app.services.mask_set import mac_of, seal_place
from requests_app.services.moves import lock
from requests_app.services.suggestions import own_of
from requests_app.services.words import STANDING_RULES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from requests_app.domain.records import CategorySpec, Record
    from requests_app.domain.suggest import Spotted
    from requests_app.models import User

STAFF_NAMES, THIRD_PARTY_CONTACTS = policy.STANDING_RULES
CHUNK = 2_000
"""Masks that are laid in one transaction at most."""
_KINDS = {
    STAFF_NAMES: frozenset({Suggested.STAFF_NAME, Suggested.EMAIL}),
    THIRD_PARTY_CONTACTS: frozenset({Suggested.EMAIL, Suggested.PHONE}),
}
_LOOKED_AFTER = timedelta(days=1)


def rules_of(case: Case) -> tuple[str, ...]:
    """The rules that hold for a case."""
    return policy.values_of(case.policy).standing_masks


# --- When -------------------------------------------------------------------------------------------------------------------


def _mark(case: Case, rules: tuple[str, ...]) -> str:
    """A short hash of what the rules are to be applied to: another gathering, or other rules, change it."""
    rows = case.collections.filter(current=True, records__gt=0).order_by("pk").values_list("pk", "records", "ended_at")
    text = repr((sorted(rules), [(pk, records, ended and ended.isoformat()) for pk, records, ended in rows]))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def is_due(case: Case) -> bool:
    """Whether rules hold that were not applied to what is gathered now; ``case.policy`` must be loaded."""
    rules = rules_of(case)
    if not rules:
        return False
    kinds = ("standing.applied", "standing.withdrawn")
    last = Event.objects.filter(case_ref=case.ref, kind__in=kinds).order_by("-seq").first()
    held = EventPayload.objects.filter(seq=last.seq).first() if last else None
    return held is None or held.open.get("mark") != _mark(case, rules)


def ask_for(case: Case) -> None:
    """Let a worker apply the rules where they are due in a case that is reviewed."""
    held = Case.objects.select_related("policy").get(pk=case.pk)
    if held.state == State.REVIEW.value and is_due(held):
        queue.standing(case.pk)


def sweep() -> int:
    """Send the cases in review whose rules were not applied, where something was gathered or a rule approved lately; gives how many.

    What rules have masked that hold no longer goes first.
    """
    standing_ended.let_go_everywhere()
    since = timezone.now() - _LOOKED_AFTER
    gathered = Collection.objects.filter(case=OuterRef("pk"), current=True, ended_at__gte=since)
    lately = Q(Exists(gathered)) | Q(policy__valid_from__gte=since)
    cases = Case.objects.filter(lately, state=State.REVIEW.value).select_related("policy").order_by("pk")
    due = [case for case in cases[:500] if is_due(case)]
    for case in due:
        queue.standing(case.pk)
    return len(due)


# --- Applying ---------------------------------------------------------------------------------------------------------------


def run(pk: int) -> int:
    """Apply the rules to one case; gives how many masks were laid. Nothing happens when they are applied, or the case is not reviewed."""
    case = Case.objects.select_related("policy", "team").filter(pk=pk).first()
    if case is not None:
        standing_ended.let_go(case)
    if case is None or case.state != State.REVIEW.value or not is_due(case):
        return 0
    try:
        return apply(case)
    except KeyDestroyed:
        return 0


def apply(case: Case) -> int:
    """Find what the rules hide, batch by batch, and lay it; gives how many masks were laid. ``case.policy`` must be loaded."""
    rules = rules_of(case)
    applying = _Applying(case, Vault(case), rules, _mark(case, rules))
    rows = case.collections.filter(current=True, records__gt=0).select_related("system", "system_version")
    rows = rows.order_by("system__position", "pk")
    applying.know_users(rows)
    for row in rows:
        if not applying.read(row):
            return applying.laid
    with unit(WORKER) as work:
        held = lock(case)
        if masking.open_to_masks(held) and _mark(held, rules) == applying.mark:
            work.event("standing.applied", held, rules=sorted(rules), count=applying.laid, mark=applying.mark)
    return applying.laid


@dataclass(slots=True)
class _Applying:
    """One run over a case."""

    case: Case
    vault: Vault
    rules: tuple[str, ...]
    mark: str
    laid: int = 0
    users: set[str] = field(default_factory=set)
    _kinds: frozenset[Suggested] = field(init=False)

    def __post_init__(self) -> None:
        self._kinds = frozenset().union(*(_KINDS[rule] for rule in self.rules))

    def know_users(self, rows: Iterable[Collection]) -> None:
        """Learn what the person is called as a user, from the facts of all systems: it is the person's own in each of them."""
        for row in rows:
            for batch in row.batches.filter(kind=Kind.FACTS.value).order_by("seq").iterator(chunk_size=2):
                self.users |= user_names(open_batch(batch, self.case.ref, self.vault))

    def read(self, row: Collection) -> bool:
        """Apply the rules to one system's data; False when it has been gathered anew, or the case has gone on, meanwhile."""
        own = own_of(self.case, self.vault)
        sure = Sure(own, frozenset(self.users))
        category, seen = "", _Seen.of(self.case, self.vault, row.system.key, "")
        # a mask on the row of a file keeps the whole file from the person, which is for a person to decide
        batches = row.batches.exclude(kind=Kind.TIME_SERIES.value).exclude(category=ENCLOSED.key)
        batches = batches.order_by("category", "seq")
        for batch in batches.iterator(chunk_size=2):
            if batch.category != category:
                category, seen = batch.category, _Seen.of(self.case, self.vault, row.system.key, batch.category)
            records = open_batch(batch, self.case.ref, self.vault)
            spec, staff = spec_of(row.system_version, category, batch.kind), staff_words(records)
            wanted: dict[str, list[Place]] = {}
            for record in records:
                for item in spot(record, spec, own, staff, self._kinds):
                    rule = self._rule(sure, record, spec, item)
                    if rule and seen.is_new(item.place):
                        wanted.setdefault(rule, []).append(item.place)
            for rule, places in wanted.items():
                for start in range(0, len(places), CHUNK):
                    if not self._lay(row, category, rule, places[start : start + CHUNK]):
                        return False
        return True

    def _rule(self, sure: Sure, record: Record, spec: CategorySpec, item: Spotted) -> str:
        """The rule that hides what was found; empty when none of these does, or it is not sure enough for a rule."""
        if STAFF_NAMES in self.rules and sure.staff(record, item):
            return STAFF_NAMES
        if THIRD_PARTY_CONTACTS in self.rules and sure.contact(record, spec, item):
            return THIRD_PARTY_CONTACTS
        return ""

    def _lay(self, row: Collection, category: str, rule: str, places: list[Place]) -> bool:
        """Lay masks on places that were just found, in one short transaction. Sealed before it: the lock is held for the rows alone."""
        ground = ground_of(Suggested.STAFF_NAME)
        assert ground is not None  # noqa: S101 - a constant; says so to the type checker
        now, system = timezone.now(), row.system
        masks = [
            Mask(
                case=self.case,
                system=system,
                category=category,
                scope=place.scope.value,
                place_enc=seal_place(self.vault, system.key, category, place),
                record_mac=mac_of(self.vault, system.key, category, place.record),
                ground=ground.value,
                rule=rule,
                at=now,
            )
            for place in places
        ]
        with unit(WORKER) as work:
            case = lock(self.case)
            if not masking.open_to_masks(case) or _mark(case, self.rules) != self.mark:
                return False
            Mask.objects.bulk_create(masks, batch_size=500)
            scopes = {mask.scope for mask in masks}
            work.event(
                "mask.laid",
                case,
                system=system.key,
                category=category,
                scope=scopes.pop() if len(scopes) == 1 else "several",
                count=len(masks),
                ground=ground.value,
                rule=rule,
                note="",
            )
        self.laid += len(masks)
        return True


class _Seen:
    """What is masked in a category already, and what a rule masked and a person undid: neither is masked again."""

    def __init__(self, masks: masking.CategoryMasks, undone: set[tuple[str, str, str, int | None, int | None]]) -> None:
        self._masks = masks
        self._undone = undone

    @classmethod
    def of(cls, case: Case, vault: Vault, system: str, category: str) -> _Seen:
        """As the rows say; nothing for no category."""
        if not category:
            return cls(masking.CategoryMasks(), set())
        rows = Mask.objects.filter(case=case, system__key=system, category=category).exclude(rule="")
        undone = rows.filter(undone_at__isnull=False, undone_by__isnull=False).select_related("system")
        spots = {masking.place_of(vault, mask).spot for mask in undone.iterator(chunk_size=500)}
        return cls(masking.masks_of(case, vault, system=system, category=category).of(system, category), spots)

    def is_new(self, place: Place) -> bool:
        """Whether a rule may mask a place."""
        return place.spot not in self._undone and not covers(self._masks.of(place.record), place)


# --- What holds -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rule:
    """A standing rule as the policy page shows it: what it hides, whether it holds, who approved it and since when."""

    code: str
    label: str
    hides: str
    holds: bool
    approved_by: User | None = None
    since: datetime | None = None


def rules() -> list[Rule]:
    """All rules there are, with who approved those that hold now: the version of the policy that brought the rule last."""
    brought: dict[str, Policy] = {}
    versions = Policy.objects.filter(valid_from__lte=timezone.now()).select_related("approved_by").order_by("version")
    for version in versions:
        held = set(version.values.get("standing_masks", ()))
        brought = {code: brought.get(code, version) for code in held}
    return [
        Rule(
            code,
            str(label),
            str(hides),
            code in brought,
            brought[code].approved_by if code in brought else None,
            brought[code].valid_from if code in brought else None,
        )
        for code, (label, hides) in STANDING_RULES.items()
    ]


__all__ = ["STAFF_NAMES", "THIRD_PARTY_CONTACTS", "Rule", "apply", "is_due", "rules", "run", "sweep"]
