"""The one next step of a case, in words, and where it is done. A list of cases costs a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _, ngettext

from requests_app.connectors.base import Fault
from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.models import (
    Action,
    Approval,
    Case,
    CaseExtension,
    CasePause,
    CaseRight,
    Collection,
    Delivery,
    Identifier,
    Render,
    StatementReplacement,
)
from requests_app.services import delivery, register, words
from requests_app.services.gathering import searches_by
from requests_app.services.numbers import grouped

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MOVING = frozenset({CollectionState.PENDING.value, CollectionState.RUNNING.value})
_SILENT = frozenset({Fault.UNREACHABLE.value, Fault.TIMEOUT.value, Fault.SERVER_ERROR.value, Fault.RATE_LIMITED.value})
_NOTICE_OF = {"registered": ("completion",), "identifying": ("completion",), "closed": ("not_identified",)}


@dataclass(frozen=True, slots=True)
class NextStep:
    """What is to be done now. ``anchor`` is the place on the case page; ``waiting`` says that somebody or something else is at it."""

    code: str
    sentence: str
    anchor: str
    urgent: bool = False
    waiting: bool = False


@dataclass(slots=True)
class Facts:
    """What a case's next step depends on, counted."""

    waiting_identifiers: int = 0
    collections: list[Collection] = field(default_factory=list)
    open_statements: int = 0
    undecided: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Rights whose decision waits for a second person."""
    returned: list[str] = field(default_factory=list)
    """Rights whose decision a second person gave back."""
    answers: dict[str, str] = field(default_factory=dict)
    """Right -> status of its answer (``delivery.Answer.status``)."""
    open_actions: dict[str, int] = field(default_factory=dict)
    notices: dict[str, str] = field(default_factory=dict)
    """Kind of a letter that leaves on its own and has not left -> state of its making."""
    paused: bool = False
    extension_waits: bool = False

    @property
    def records(self) -> int:
        """Records gathered."""
        return sum(row.records for row in self.collections)

    @property
    def with_records(self) -> int:
        """Systems that hold something."""
        return sum(1 for row in self.collections if row.records)

    @property
    def moving(self) -> bool:
        """Whether a worker is at it or about to be."""
        return any(row.state in _MOVING for row in self.collections) or "making" in self.answers.values()


def facts_for(cases: Sequence[Case]) -> dict[int, Facts]:
    """The facts of each case by its id, in a number of queries that does not grow with the cases."""
    facts: dict[int, Facts] = {case.pk: Facts() for case in cases}
    pks = list(facts)
    if not pks:
        return facts
    _collections(facts, pks)
    _identifiers(facts, pks)
    _rights(facts, pks)
    _letters(facts, pks)
    _statements(facts, cases)
    for pk in CasePause.objects.filter(case__in=pks, answered_on__isnull=True).values_list("case_id", flat=True):
        facts[pk].paused = True
    for pk in CaseExtension.objects.filter(case__in=pks, notice_sent_at__isnull=True).values_list("case_id", flat=True):
        facts[pk].extension_waits = True
    for pk, verb in Action.objects.filter(case__in=pks, state=Action.ASKED).values_list("case_id", "verb"):
        facts[pk].open_actions[verb] = facts[pk].open_actions.get(verb, 0) + 1
    return facts


def facts_of(case: Case) -> Facts:
    """The facts of one case."""
    return facts_for([case])[case.pk]


def _collections(facts: dict[int, Facts], pks: list[int]) -> None:
    rows = Collection.objects.filter(case__in=pks, current=True).select_related("system", "system_version")
    for row in rows.defer("cursor_enc", "reason_enc", "fault_params", "system_version__settings").order_by(
        "system__position", "pk"
    ):
        facts[row.case_id].collections.append(row)


def _identifiers(facts: dict[int, Facts], pks: list[int]) -> None:
    weak = Identifier.objects.filter(
        party__case__in=pks, strength=Identifier.WEAK, confirmed_at__isnull=True, rejected_at__isnull=True
    ).values_list("party__case_id", "kind")
    for pk, kind in weak:
        open_rows = [row for row in facts[pk].collections if row.state != CollectionState.LEFT_OUT.value]
        facts[pk].waiting_identifiers += any(kind in searches_by(row) for row in open_rows)


def _rights(facts: dict[int, Facts], pks: list[int]) -> None:
    asked = Approval.objects.filter(decision__case_right=OuterRef("pk"), answered_by__isnull=True)
    returned = Approval.objects.filter(decision__case_right=OuterRef("pk"), verdict="returned")
    renders = defaultdict(list)
    for render in (
        Render.objects.filter(case__in=pks, superseded=False)
        .exclude(right="")
        .only("case_id", "kind", "right", "state", "pdf_id", "package_id")
    ):
        renders[render.case_id].append(render)
    open_verbs = set(Action.objects.filter(case__in=pks, state=Action.ASKED).values_list("case_id", "verb"))
    rights = (
        CaseRight.objects.filter(case__in=pks)
        .annotate(is_asked=Exists(asked), is_returned=Exists(returned))
        .defer("details_enc")
    )
    for right in rights:
        mine = facts[right.case_id]
        if right.outcome:
            mine.answers[right.right] = delivery.status_of(
                right, renders[right.case_id], {verb for pk, verb in open_verbs if pk == right.case_id}
            )
        elif right.is_asked:  # type: ignore[attr-defined]
            mine.asked.append(right.right)
        else:
            (mine.returned if right.is_returned else mine.undecided).append(right.right)  # type: ignore[attr-defined]


def _letters(facts: dict[int, Facts], pks: list[int]) -> None:
    left = Delivery.objects.filter(file=OuterRef("pdf"))
    waiting = Render.objects.filter(case__in=pks, superseded=False, kind__in=delivery.NOTICES).exclude(Exists(left))
    for pk, kind, state in waiting.values_list("case_id", "kind", "state"):
        facts[pk].notices[kind] = state


def _statements(facts: dict[int, Facts], cases: Iterable[Case]) -> None:
    reviewed = [case for case in cases if case.state == State.REVIEW.value]
    systems = {row.system_id: row.system for case in reviewed for row in facts[case.pk].collections if row.records}
    if not systems:
        return
    unconfirmed = register.unconfirmed_by_system(systems.values())
    replaced = set(
        StatementReplacement.objects.filter(case__in=[case.pk for case in reviewed]).values_list("case_id", "statement")
    )
    for case in reviewed:
        keys = {key for row in facts[case.pk].collections if row.records for key in unconfirmed.get(row.system_id, ())}
        facts[case.pk].open_statements = sum((case.pk, key) not in replaced for key in keys)


def next_step(case: Case, facts: Facts) -> NextStep:
    """The one thing to do now."""
    return _letter_first(case, facts) or _BY_STATE[State(case.state)](facts)


def _letter_first(case: Case, facts: Facts) -> NextStep | None:
    done = CollectionState.DONE.value
    if not case.closed_at and facts.extension_waits and "extension" in facts.notices:
        if facts.notices["extension"] == done:
            return NextStep("send_extension", _("Send the notice of extended time"), "letters", urgent=True)
        return NextStep("extension_is_made", _("The notice of extended time is being made"), "letters", waiting=True)
    for kind in _NOTICE_OF.get(case.state, ()):
        if facts.notices.get(kind) == done and kind == "completion":
            return NextStep("send_completion", _("Send the request for completion"), "letters")
        if facts.notices.get(kind) == done:
            return NextStep(
                "send_not_identified", _("Send the letter that the case was closed"), "letters", urgent=True
            )
    return None


def _identity(facts: Facts) -> NextStep:
    if facts.paused:
        return NextStep(
            "completion_awaited", _("Waiting for the person to complete the request"), "identity", waiting=True
        )
    return NextStep("confirm_identity", _("Confirm who is asking"), "identity")


def _gathering(facts: Facts) -> NextStep:
    if facts.waiting_identifiers:
        return _confirm_identifiers(facts.waiting_identifiers)
    for find in (_choose, _failed, _look_by_hand):
        step = find(facts.collections)
        if step:
            return step
    ended = sum(row.state in {CollectionState.DONE.value, CollectionState.LEFT_OUT.value} for row in facts.collections)
    sentence = _("Gathering goes on · %(done)d of %(all)d systems done") % {
        "done": ended,
        "all": len(facts.collections),
    }
    return NextStep("gathering", sentence, "systems", waiting=True)


def _confirm_identifiers(count: int) -> NextStep:
    sentence = ngettext("Confirm %(n)d detail to search by", "Confirm %(n)d details to search by", count) % {"n": count}
    return NextStep("confirm_identifiers", sentence, "identifiers")


def _choose(rows: list[Collection]) -> NextStep | None:
    for row in rows:
        if row.state == CollectionState.WAITING.value and row.outcome == CollectionOutcome.SEVERAL.value:
            return NextStep(
                "choose", _("Choose who it is in %(system)s") % {"system": row.system}, f"system-{row.system.key}"
            )
    return None


def _failed(rows: list[Collection]) -> NextStep | None:
    for row in rows:
        if row.state == CollectionState.FAILED.value:
            silent = row.fault in _SILENT
            said = (
                _("%(system)s does not answer · try again or upload")
                if silent
                else _("%(system)s could not be searched · try again or upload")
            )
            return NextStep("failed", said % {"system": row.system}, f"system-{row.system.key}", urgent=True)
    return None


def _look_by_hand(rows: list[Collection]) -> NextStep | None:
    waiting = [row for row in rows if row.state == CollectionState.WAITING.value]
    if not waiting:
        return None
    first, others = waiting[0].system, len(waiting) - 1
    if not others:
        sentence = _("Look in %(system)s and upload, or answer that nothing was found") % {"system": first}
    else:
        sentence = ngettext(
            "Look in %(system)s and %(n)d more system and upload, or answer that nothing was found",
            "Look in %(system)s and %(n)d more systems and upload, or answer that nothing was found",
            others,
        ) % {"system": first, "n": others}
    return NextStep("look_by_hand", sentence, f"system-{first.key}")


def _review(facts: Facts) -> NextStep:
    if facts.waiting_identifiers:
        return _confirm_identifiers(facts.waiting_identifiers)
    if facts.open_statements:
        sentence = ngettext(
            "Confirm %(n)d statement in the register", "Confirm %(n)d statements in the register", facts.open_statements
        ) % {"n": facts.open_statements}
        return NextStep("confirm_statements", sentence, "statements")
    if not facts.records:
        return NextStep("review_nothing", _("Nothing was found · go on to the decision"), "review")
    found = ngettext("Review %(n)s record", "Review %(n)s records", facts.records) % {"n": grouped(facts.records)}
    systems = ngettext("from %(n)d system", "from %(n)d systems", facts.with_records) % {"n": facts.with_records}
    return NextStep("review", f"{found} {systems}", "review")


def _deciding(facts: Facts) -> NextStep:
    if facts.returned:
        return NextStep(
            "decide_anew",
            _("Change the decision on %(rights)s: it was given back") % {"rights": _list(facts.returned)},
            "decisions",
        )
    if facts.undecided:
        return NextStep("decide", _("Decide on %(rights)s") % {"rights": _list(facts.undecided)}, "decisions")
    return NextStep("approval", _("Waiting for legal's approval"), "decisions", waiting=True)


def _dispatching(facts: Facts) -> NextStep:
    status = facts.answers
    if "failed" in status.values():
        return NextStep("document_failed", _("A document could not be made · try again"), "documents", urgent=True)
    if "ready" in status.values():
        ready = [right for right, is_now in status.items() if is_now == "ready"]
        if len(status) == 1:
            return NextStep("dispatch", _("Send the answer"), "documents")
        return NextStep("dispatch", _("Send the answer on %(rights)s") % {"rights": _list(ready)}, "documents")
    for verb, count in facts.open_actions.items():
        said = {
            "erase": ngettext("Report erasure in %(n)d system", "Report erasure in %(n)d systems", count),
            "rectify": ngettext("Report rectification in %(n)d system", "Report rectification in %(n)d systems", count),
        }[verb]
        return NextStep("report", said % {"n": count}, "tasks")
    return NextStep("documents", _("The documents are being made"), "documents", waiting=True)


def _closed(facts: Facts) -> NextStep:
    return NextStep("closed", _("The case is closed"), "documents", waiting=True)


_BY_STATE = {
    State.REGISTERED: _identity,
    State.IDENTIFYING: _identity,
    State.GATHERING: _gathering,
    State.REVIEW: _review,
    State.DECIDING: _deciding,
    State.DISPATCHING: _dispatching,
    State.CLOSED: _closed,
}


def _list(rights: list[str]) -> str:
    """``access and erasure``, in the middle of a sentence."""
    named = [words.right(right).lower() for right in rights]
    return (
        _("%(first)s and %(last)s") % {"first": ", ".join(named[:-1]), "last": named[-1]}
        if len(named) > 1
        else named[0]
    )


__all__ = ["Facts", "NextStep", "facts_for", "facts_of", "next_step"]
