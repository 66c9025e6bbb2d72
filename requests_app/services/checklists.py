"""The steps of the procedure ("Hantering av begäran om personuppgifter") per right: versions of them, and what is ticked in a case."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Max, prefetch_related_objects
from django.utils.translation import gettext as _

from requests_app.domain.rights import IdentityMethod, Right
from requests_app.domain.states import State
from requests_app.models import Case, CaseRight, CheckedStep, Checklist, Collection, Event, EventPayload, IdentityCheck
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

MAX_STEPS = 40
MAX_TEXT = 300
KNOWN = ("registered", "identity", "gathered", "reviewed", "decided", "dispatched", "closed")
"""Steps the system sees by itself: ticked by it, never by hand."""
_DATA = Path(__file__).parent.parent / "data" / "hem" / "checklists.json"
_AFTER_GATHERING = frozenset({State.REVIEW.value, State.DECIDING.value, State.DISPATCHING.value, State.CLOSED.value})
_AFTER_REVIEW = frozenset({State.DECIDING.value, State.DISPATCHING.value, State.CLOSED.value})


@dataclass(frozen=True, slots=True)
class Step:
    """One step as the case shows it. ``at`` is None while it is not done; ``by_system`` says that nobody ticks it by hand."""

    key: str
    text: str
    at: datetime | None
    by: str
    by_system: bool


@dataclass(frozen=True, slots=True)
class CheckedList:
    """The steps of one right of a case, and how many are done."""

    right: CaseRight
    version: int
    steps: tuple[Step, ...]

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(step.at is not None for step in self.steps)


@lru_cache(maxsize=1)
def shipped() -> Mapping[str, list[dict[str, str]]]:
    """The first version of each right's steps, as the guideline names them."""
    found: dict[str, list[dict[str, str]]] = json.loads(_DATA.read_text("utf-8"))["checklists"]
    return found


def ensure_checklists() -> int:
    """Make the first version for each right that has none; gives how many were made. May be run again at any time."""
    there = set(Checklist.objects.values_list("right", flat=True).distinct())
    missing = [right.value for right in Right if right.value not in there and right.value in shipped()]
    Checklist.objects.bulk_create(
        [Checklist(right=right, version=1, steps=shipped()[right]) for right in missing], ignore_conflicts=True
    )
    return len(missing)


def newest(right: str) -> Checklist | None:
    """The version that new cases begin with."""
    return Checklist.objects.filter(right=right).order_by("-version").first()


def newest_by_right() -> dict[str, Checklist]:
    """The newest version of each right, made when there is none yet."""
    found = _newest()
    if len(found) < len(shipped()):
        ensure_checklists()
        found = _newest()
    return found


def _newest() -> dict[str, Checklist]:
    return {item.right: item for item in Checklist.objects.order_by("version").select_related("by")}


def versions(right: str) -> list[Checklist]:
    """Every version of a right's steps, the newest first."""
    return list(Checklist.objects.filter(right=right).select_related("by").order_by("-version"))


def change(*, actor: Actor, right: str, steps: Sequence[Mapping[str, str]], version: int) -> Checklist:
    """Write the next version of a right's steps; open cases keep the one they began with.

    ``version`` is the one that was edited, so that nobody's change is lost. A step without a key gets one. Raises
    ``ValidationError`` on the field ``steps``.
    """
    user = member_of_staff(actor)
    checked = _checked(steps)
    with unit(actor) as work:
        held = Checklist.objects.select_for_update(of=("self",)).filter(right=right)
        last = held.order_by("-version").first()
        if last is None or last.version != version:
            raise Conflict
        if last.steps == checked:
            return last
        made = Checklist.objects.create(right=right, version=last.version + 1, steps=checked, by=user)
        work.event("checklist.changed", right=right, version=made.version)
        return made


def _checked(steps: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    cleaned = [{name: str(step.get(name, "")).strip() for name in ("key", "sv", "en")} for step in steps]
    cleaned = [step for step in cleaned if step["sv"] or step["en"]]
    if not cleaned:
        raise ValidationError({"steps": _("Write at least one step.")})
    if len(cleaned) > MAX_STEPS:
        raise ValidationError({"steps": _("There may be at most %(n)d steps.") % {"n": MAX_STEPS}})
    taken: set[str] = set()
    for number, step in enumerate(cleaned, start=1):
        if not step["sv"] or not step["en"]:
            raise ValidationError({"steps": _("Write step %(n)d in both languages.") % {"n": number}})
        if max(len(step["sv"]), len(step["en"])) > MAX_TEXT:
            raise ValidationError(
                {"steps": _("Step %(n)d may have at most %(limit)d characters.") % {"n": number, "limit": MAX_TEXT}}
            )
        step["key"] = _key(step, taken)
        taken.add(step["key"])
    return cleaned


def _key(step: Mapping[str, str], taken: set[str]) -> str:
    """The key a step keeps from version to version; a new step's is made of its English words."""
    if step["key"] and step["key"] not in taken and re.fullmatch(r"[a-z0-9_]{1,40}", step["key"]):
        return step["key"]
    base = re.sub(r"[^a-z0-9]+", "_", step["en"].lower()).strip("_")[:34] or "step"
    number, key = 2, f"own_{base}"
    while key in taken:
        key, number = f"own_{base}"[:37] + f"_{number}", number + 1
    return key


def pin(rights: Iterable[CaseRight]) -> None:
    """Give each right, before it is saved, the version it will be worked by."""
    current = newest_by_right()
    for right in rights:
        right.checklist = current.get(right.right)


def of_case(case: Case, language: str) -> list[CheckedList]:
    """Each right's steps with what is done. A case that began before there were lists shows the newest."""
    rights = list(case.rights.all())
    prefetch_related_objects(rights, "checklist", "checked_steps__by", "decisions")
    if any(right.checklist_id is None for right in rights):
        current = newest_by_right()
        for right in rights:
            right.checklist = right.checklist or current.get(right.right)
    seen = _seen(case)
    return [_list(right, right.checklist, seen, language) for right in rights if right.checklist is not None]


def _list(right: CaseRight, held: Checklist, seen: Mapping[str, datetime], language: str) -> CheckedList:
    ticked = {step.step: step for step in right.checked_steps.all()}
    mine = dict(seen) | _seen_of(right)
    steps = []
    for step in held.steps:
        key, text = step["key"], step["en" if language.startswith("en") else "sv"]
        if key in KNOWN:
            steps.append(Step(key, text, mine.get(key), "", True))
        else:
            tick = ticked.get(key)
            steps.append(Step(key, text, tick.at if tick else None, tick.by.name if tick else "", False))
    return CheckedList(right, held.version, tuple(steps))


def _seen(case: Case) -> dict[str, datetime]:
    """When the case as a whole came past each step the system knows of."""
    found: dict[str, datetime | None] = {"registered": case.created_at, "closed": case.closed_at}
    check = IdentityCheck.objects.filter(case=case).exclude(method=IdentityMethod.EMAIL.value).first()
    found["identity"] = check.at if check else None
    if case.state in _AFTER_GATHERING:
        found["gathered"] = Collection.objects.filter(case=case, current=True).aggregate(last=Max("ended_at"))["last"]
    if case.state in _AFTER_REVIEW:
        found["reviewed"] = _moved(case, "finish_review")
    return {key: at for key, at in found.items() if at is not None}


def _moved(case: Case, move: str) -> datetime | None:
    """When the case last made a move, by its log."""
    events = dict(Event.objects.filter(case_ref=case.ref, kind="case.moved").values_list("seq", "at"))
    payloads = EventPayload.objects.filter(seq__in=events).values_list("seq", "open")
    made = [events[seq] for seq, said in payloads if said.get("move") == move]
    return max(made, default=None)


def _seen_of(right: CaseRight) -> dict[str, datetime]:
    found: dict[str, Any] = {"dispatched": right.dispatched_at}
    if right.outcome:
        found["decided"] = max((decision.at for decision in right.decisions.all()), default=None)
    return {key: at for key, at in found.items() if at is not None}


def tick(*, actor: Actor, case: Case, right: str, step: str, done: bool) -> None:
    """Tick a step, or take the tick back. What the system sees by itself nobody ticks."""
    user = member_of_staff(actor)
    with unit(actor) as work:
        case = lock(case)
        held = case.rights.filter(right=right).select_related("checklist").first()
        if held is None:
            raise Conflict
        pin([held])
        keys = {item["key"] for item in held.checklist.steps} if held.checklist else set()
        if step not in keys or step in KNOWN:
            raise Conflict
        if done:
            _row, made = CheckedStep.objects.get_or_create(case_right=held, step=step, defaults={"by": user})
            if made:
                work.event("checklist.ticked", case, right=right, step=step, version=held.checklist.version)  # type: ignore[union-attr]
        elif CheckedStep.objects.filter(case_right=held, step=step).delete()[0]:
            work.event("checklist.unticked", case, right=right, step=step, version=held.checklist.version)  # type: ignore[union-attr]
