"""Answers leave: each right's by itself, recorded with who, when, how and which file. "Answered" means dispatched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import BY_TASK, Outcome, Right, Way
from requests_app.domain.states import CollectionState, Move, State
from requests_app.models import Action, Case, CaseRight, Delivery, Render, StoredFile
from requests_app.services import actions, cases, decisions, files, people, rendering
from requests_app.services.audit import PERSON, Actor, Unit, unit
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict, lock, move

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from typing import BinaryIO

NOTICES = frozenset({"receipt", "completion", "extension", "not_identified", actions.LIFTING})
"""Letters that leave on their own, beside the answer to a right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers one right: its documents, and why it cannot leave yet (``ready``, ``made``, ``waiting_tasks``, ``failed``)."""

    right: CaseRight
    renders: tuple[Render, ...]
    status: str

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """The finished files."""
        found = (file for render in self.renders for file in (render.pdf, render.package) if file is not None)
        return tuple(found)


def kinds_of(case_right: CaseRight) -> tuple[str, ...]:
    """The kinds of document a right's answer is made of."""
    right, outcome = case_right.right, case_right.outcome
    refused = ("refusal",) if outcome not in {Outcome.GRANTED.value, Outcome.NOTHING_FOUND.value} else ()
    if right == Right.ACCESS.value and outcome in decisions.GIVES_DATA:
        return ("extract", "answer", *refused)
    if right == Right.PORTABILITY.value and outcome in decisions.GIVES_DATA:
        return (right, *refused)
    if right in {item.value for item in BY_TASK} and outcome in decisions.GIVES_DATA:
        return (right, *refused)
    return refused


def answers_of(case: Case) -> list[Answer]:
    """The answer of each right of a case that has an outcome."""
    rows = list(Render.objects.filter(case=case, superseded=False).exclude(right="").select_related("pdf", "package"))
    open_verbs = set(Action.objects.filter(case=case, state=Action.ASKED).values_list("verb", flat=True))
    answers = []
    for right in case.rights.all():
        if right.outcome:
            renders = tuple(row for row in rows if row.right == right.right and row.kind in kinds_of(right))
            answers.append(Answer(right, renders, status_of(right, rows, open_verbs)))
    return answers


def status_of(right: CaseRight, rows: Iterable[Render], open_verbs: Collection[str]) -> str:
    """Where the answer of a right with an outcome stands: ``dispatched``, ``waiting_tasks``, ``failed``, ``ready`` or ``making``.

    ``rows`` are the case's documents that count, ``open_verbs`` the verbs of its tasks that are not done.
    """
    wanted = kinds_of(right)
    states = {row.kind: row.state for row in rows if row.right == right.right and row.kind in wanted}
    if right.dispatched_at:
        return "dispatched"
    if not actions.WAITS_FOR.get(right.right, frozenset()).isdisjoint(open_verbs):
        return "waiting_tasks"
    if CollectionState.FAILED.value in states.values():
        return "failed"
    return (
        "ready"
        if {kind for kind, state in states.items() if state == CollectionState.DONE.value} >= set(wanted)
        else "making"
    )


def ways_for(case: Case) -> tuple[Way, ...]:
    """How this case's answer may leave: through the portal only when a login filed it."""
    by_login = bool(people.subject_of(case).login_mac)
    return (Way.PORTAL, Way.POST, Way.VISIT) if by_login and not case.protected else (Way.POST, Way.VISIT)


def dispatch(*, actor: Actor, case: Case, right: str, way: Way) -> None:
    """Send the answer of one right. When it was the last one, the case closes. Sending twice sends once."""
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can send an answer."))
    if way not in ways_for(case):
        raise ValidationError(
            {"way": _("The answer cannot leave this way: the person has no login that filed the request.")}
        )
    with unit(actor) as work:
        case = lock(case)
        if case.state != State.DISPATCHING.value:
            raise Conflict
        answer = next((item for item in answers_of(case) if item.right.right == right), None)
        if answer is None or answer.status not in {"ready", "dispatched"}:
            raise ValidationError(_("The documents are not ready yet."))
        if answer.status == "dispatched":
            return
        if right == Right.ERASURE.value and (first := actions.access_first(case)):
            raise ValidationError(
                _("The same person has asked for access in case %(diary_no)s. Send that answer first.")
                % {"diary_no": first.diary_no}
            )
        for file in answer.files:
            _deliver(work, actor, case, file, way)
        now = timezone.now()
        CaseRight.objects.filter(pk=answer.right.pk).update(dispatched_at=now)
        if not case.rights.filter(dispatched_at__isnull=True).exists():
            Case.objects.filter(pk=case.pk).update(dispatched_at=now)
            move(work, case, Move.DISPATCH, closed_as=_closed_as(case))
            cases.wind_up(case)


def _deliver(work: Unit, actor: Actor, case: Case, file: StoredFile, way: Way) -> Delivery:
    made, new = Delivery.objects.get_or_create(
        idem_key=f"{case.ref}:{file.ref}:{way.value}",
        defaults={"case": case, "file": file, "way": way.value, "sha256": file.sha256, "by": actor.user},
    )
    if new:
        work.event("delivery.dispatched", case, way=way.value, file=file.ref, sha256=file.sha256)
    return made


def _closed_as(case: Case) -> Outcome:
    """One word for the whole case: what all rights came to, or "in part" when they differ."""
    outcomes = set(case.rights.values_list("outcome", flat=True))
    return Outcome(outcomes.pop()) if len(outcomes) == 1 else Outcome.PARTLY_GRANTED


def dispatch_notice(*, actor: Actor, case: Case, kind: str, way: Way) -> None:
    """Send a letter that leaves on its own. The notice of extension puts the extension in force."""
    if kind not in NOTICES:
        raise ValidationError(_("This letter does not leave by itself."))
    if way not in ways_for(case):
        raise ValidationError(
            {"way": _("The letter cannot leave this way: the person has no login that filed the request.")}
        )
    with unit(actor) as work:
        case = lock(case)
        row = rendering.newest(case, kind)
        if row is None or row.pdf is None:
            raise ValidationError(_("The letter is not ready yet."))
        _deliver(work, actor, case, row.pdf, way)
        if kind == "extension":
            cases.extension_in_force(work, case)


def released_to(case: Case) -> list[Delivery]:
    """What the person can download in the portal."""
    return list(
        Delivery.objects.filter(case=case, way=Way.PORTAL.value).select_related("file").order_by("dispatched_at", "pk")
    )


def receipt_of(case: Case) -> StoredFile | None:
    """The confirmation of receipt, which the person may always fetch."""
    row = rendering.newest(case, "receipt")
    return row.pdf if row else None


def fetch(*, case: Case, file_ref: str) -> tuple[BinaryIO, StoredFile, str]:
    """A file for the person: opened content, row and name; logged. ``StoredFile.DoesNotExist`` when it was not released."""
    receipt = Render.objects.filter(case=case, kind="receipt", superseded=False, pdf__isnull=False).values("pdf")
    released = Q(deliveries__way=Way.PORTAL.value) | Q(pk__in=receipt)
    stored = StoredFile.objects.filter(released, case=case, ref=file_ref).distinct().get()
    vault = Vault(case)
    opened = files.open_file(vault, stored)
    with unit(PERSON) as work:
        Delivery.objects.filter(file=stored, way=Way.PORTAL.value, fetched_at__isnull=True).update(
            fetched_at=timezone.now()
        )
        work.event("delivery.fetched", case, file=stored.ref, sha256=stored.sha256)
    return opened, stored, files.name_of(vault, stored)


def staff_file(*, actor: Actor, case: Case, file_ref: str) -> tuple[BinaryIO, StoredFile, str]:
    """A file of the case for staff who may work it; logged. ``StoredFile.DoesNotExist`` when it is not the case's."""
    stored = StoredFile.objects.get(case=case, ref=file_ref)
    vault = Vault(case)
    opened = files.open_file(vault, stored)
    with unit(actor) as work:
        work.event("document.downloaded", case, kind=stored.kind, file=stored.ref, by=actor.ref)
    return opened, stored, files.name_of(vault, stored)


__all__ = [
    "Answer",
    "answers_of",
    "dispatch",
    "dispatch_notice",
    "fetch",
    "kinds_of",
    "receipt_of",
    "released_to",
    "staff_file",
    "ways_for",
]
