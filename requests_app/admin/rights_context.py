"""What the case page shows of its rights: what is asked, decided, to be carried out, and asked of legal."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language

from requests_app.admin.case_record import form_of
from requests_app.domain.channels import TaskState
from requests_app.domain.rights import GATHERED, Outcome, Right
from requests_app.domain.states import State
from requests_app.models import Action, System
from requests_app.services import actions, carrying_out, case_rights, decisions, intake, masking, referrals, words
from requests_app.services.policy import values_of

if TYPE_CHECKING:
    from requests_app.admin.case_record import Bound
    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm
    from requests_app.documents.values import Withheld
    from requests_app.models import CaseRight, Decision


@dataclass
class RightLine:
    """One right with its decision, tasks and answer."""

    right: CaseRight
    word: str
    outcome: str
    details: str
    decision: Decision | None = None
    ground: str = ""
    reasons: str = ""
    waits: bool = False
    given_back: str = ""
    form: StyledForm | None = None
    withheld: list[Withheld] = field(default_factory=list)
    """What is masked of the data that answers it, by standing rules too."""
    main: bool = False
    """Whether its form is the one to send first."""
    by_worker: list[System] = field(default_factory=list)
    """Systems that the program would erase in by itself."""
    may_search: bool = False
    """Whether it is about erasure, and no system has been searched."""
    may_restrict: bool = False
    """Accuracy is contested, and nobody has asked yet for the data to be restricted meanwhile (Art. 18(1)(a))."""


def rights(desk: Desk, bound: Bound) -> dict[str, Any]:
    """Each right with its decision, and the form to decide it when it is time."""
    case = desk.case
    asked = list(case.rights.all())
    withheld = _withheld(desk, asked)
    restricts = Right.RESTRICTION.value in {right.right for right in asked}
    lines = []
    for right in asked:
        line = _line(desk, right)
        if right.right in {item.value for item in GATHERED}:
            line.withheld = withheld
        line.may_restrict = (
            right.right == Right.RECTIFICATION.value and not right.outcome and not restricts and not case.closed_at
        )
        line.may_search = (
            right.right == Right.ERASURE.value and not right.outcome and case_rights.unsearched(case, desk.rows)
        )
        if case.state == State.DECIDING.value and not right.outcome:
            line.form = form_of(desk, bound, "decide", right.right)
            if right.right == Right.ERASURE.value:
                able = System.objects.filter(active=True).order_by("position", "key")
                line.by_worker = carrying_out.told_by_themselves(carrying_out.ERASE, Outcome.GRANTED.value, able)
            line.main = not line.waits and not any(other.main for other in lines)
        lines.append(line)
    return {"right_lines": lines, "four_eyes": values_of(case.policy).four_eyes}


def _withheld(desk: Desk, asked: list[CaseRight]) -> list[Withheld]:
    decided = desk.case.state in {State.DECIDING.value, State.DISPATCHING.value}
    if not decided or not {right.right for right in asked} & {item.value for item in GATHERED}:
        return []
    return list(masking.withheld(desk.case, desk.vault, "en" if get_language() == "en" else "sv"))


def _line(desk: Desk, right: CaseRight) -> RightLine:
    line = RightLine(
        right,
        words.right(right.right),
        words.word(words.OUTCOMES, right.outcome) if right.outcome else "",
        intake.details_of(desk.vault, right),
    )
    last = max(right.decisions.all(), key=lambda decision: decision.n, default=None)
    line.decision = last
    if last is not None:
        line.waits = decisions.waits(last)
        line.ground = words.word(words.GROUNDS, last.ground) if last.ground else ""
        line.reasons = decisions.reasons_of(desk.vault, last)
        approval = getattr(last, "approval", None)
        if approval is not None and approval.verdict == "returned" and not right.outcome:
            line.given_back = decisions.approval_note(desk.vault, approval)
    return line


def tasks(desk: Desk, bound: Bound) -> dict[str, Any]:
    """What is to be carried out in which system, with the form to report it, and to lift a restriction. The first one to do is open."""
    found = [_task(desk, bound, task) for task in _rows(desk)]
    to_do = next((task for task in found if task["form"] is not None), None)
    for task in found:
        task["first"] = task is to_do
    return {"tasks": found}


def _rows(desk: Desk) -> list[Action]:
    rows = Action.objects.filter(case=desk.case).select_related("system", "by")
    return [row for row in rows if row.result or not desk.case.closed_at]


def _task(desk: Desk, bound: Bound, task: Action) -> dict[str, Any]:
    key = f"{task.verb}.{task.system.key}"
    restricted = task.verb == "restrict" and task.result in actions.CHANGED
    return {
        "task": task,
        "key": key,
        "right": words.right(actions.right_of(desk.case, task.verb)),
        "result": words.word(words.ACTION_RESULTS, task.result) if task.result else "",
        "note": [text for text in actions.note_of(desk.vault, task).values() if text],
        "form": form_of(desk, bound, "report", key) if actions.reportable(desk.case, task) else None,
        "lift_form": form_of(desk, bound, "lift", task.system.key) if restricted else None,
        "under_way": not task.result and actions.is_under_way(task),
        "failed": _why_failed(task),
        "evidence": [
            ", ".join(f"{name}: {text}" for name, text in one.items()) for one in task.evidence.get("items", ())
        ],
        "at_once": task.verb == actions.STOP_MARKETING,
    }


def _why_failed(task: Action) -> str:
    """Why a worker could not carry it out; empty where none tried, or it went well."""
    if task.result or task.work != TaskState.FAILED.value:
        return ""
    return words.change_fault(task.fault, task.fault_params, system=str(task.system))


def questions(desk: Desk, bound: Bound) -> dict[str, Any]:
    """The questions put to legal with their answers, the newest last, and the form for one more."""
    asked = desk.case.referrals.select_related("asked_by", "answered_by")
    lines = [
        {
            "referral": row,
            "number": number,
            "question": referrals.question_of(desk.vault, row),
            "answer": referrals.answer_of(desk.vault, row),
            "waits": not row.answered_at and not row.withdrawn_at,
            "to_note": bool(row.answered_at) and not row.withdrawn_at,
        }
        for number, row in enumerate(asked.order_by("pk"), start=1)
    ]
    return {"questions": lines, "refer_form": form_of(desk, bound, "refer")}
