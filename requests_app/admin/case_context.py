"""What the case page shows, part by part. Everything here is read; what is done stands in ``case_actions``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import get_language, gettext as _

from requests_app.admin import (
    case_record,
    delivery_context,
    desk_context,
    owner_context,
    person_context,
    rights_context,
)
from requests_app.admin.case_actions import make_form
from requests_app.admin.case_record import MOVING, form_of
from requests_app.admin.due import due
from requests_app.domain.deadline_words import explain
from requests_app.domain.deadlines import may_extend
from requests_app.domain.rights import BY_HAND, GATHERED
from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.models import System, User
from requests_app.services import (
    access,
    cases,
    contacts,
    gathering,
    identity,
    people,
    representation,
    review,
    words,
)
from requests_app.services.next_step import Facts, facts_of, next_step

if TYPE_CHECKING:
    from requests_app.admin.case_record import Bound
    from requests_app.admin.desk import Desk
    from requests_app.admin.forms import StyledForm
    from requests_app.admin.owner_context import OwnerLine
    from requests_app.models import Case, Collection
    from requests_app.services.review import CategoryCount

OPEN_FOR_DATA = frozenset({State.GATHERING.value, State.REVIEW.value, State.DECIDING.value})

ANSWERING = frozenset({State.REVIEW.value, State.DECIDING.value, State.DISPATCHING.value})


@dataclass
class Line:
    """One system in the table."""

    row: Collection
    sentence: str
    tone: str
    categories: list[CategoryCount] = field(default_factory=list)
    forms: dict[str, StyledForm] = field(default_factory=dict)
    reason: str = ""
    candidates: bool = False
    owner: OwnerLine | None = None

    @property
    def anchor(self) -> str:
        """Where it stands on the page."""
        return f"system-{self.row.system.key}"

    @property
    def moving(self) -> bool:
        """Whether a worker has it or will."""
        return self.row.state in MOVING

    @property
    def answerable(self) -> bool:
        """Whether a person may answer for the system: also while it waits to be tried again, as the sentence about it says."""
        return not self.moving or bool(self.row.fault)

    @property
    def open(self) -> bool:
        """Whether something that was sent must be corrected."""
        return any(form.open for form in self.forms.values())


def page(desk: Desk, bound: Bound, shown: dict[int, str]) -> dict[str, Any]:
    """Everything the page shows."""
    context = live(desk, bound)
    case = desk.case
    context |= _person(desk, shown)
    context |= _identity(desk, bound)
    context |= _statements(desk, bound)
    context |= rights_context.rights(desk, bound)
    context |= rights_context.tasks(desk, bound)
    context |= rights_context.questions(desk, bound)
    context |= delivery_context.documents(desk, bound)
    context |= _clock(desk, bound)
    context |= desk_context.page(desk, bound)
    context |= person_context.page(desk, bound)
    context |= {
        "notes": [(note, cases.note_text(desk.vault, note)) for note in case.notes.select_related("by")],
        "note_form": form_of(desk, bound, "note"),
        "finish_form": bound.get(("finish-review", "")),
        "unprotect_form": form_of(desk, bound, "protect", "off"),
        "external_form": form_of(desk, bound, "external-no"),
        "assign_form": form_of(desk, bound, "assign"),
        "channel": words.word(words.CHANNELS, case.channel),
    }
    context |= case_record.log(desk)
    context["sections"] = sections(context["step"].anchor)
    return context


SECTIONS = (
    "identity",
    "messages",
    "identifiers",
    "statements",
    "decisions",
    "tasks",
    "referrals",
    "documents",
    "letters",
    "sent",
    "public_documents",
    "files",
    "notes",
    "checklist",
    "log",
)


def sections(anchor: str) -> list[str]:
    """Templates of the page's parts: the one where the next step is done comes first."""
    order = sorted(SECTIONS, key=lambda name: name != anchor)
    return [f"admin/hemdsr/case/{name}.html" for name in order]


def live(desk: Desk, bound: Bound | None = None) -> dict[str, Any]:
    """The part that moves by itself while workers are at it: steps, next step, systems."""
    case, facts = desk.read(), facts_of(desk.case)
    lines = [_line(desk, row, bound or {}) for row in desk.rows]
    owners = owner_context.lines(desk, bound or {})
    for line in lines:
        line.owner = owners.get(line.row.pk)
    taken = {row.system_id for row in desk.rows}
    others = (
        System.objects.filter(active=True).exclude(pk__in=taken)
        if case.state in OPEN_FOR_DATA and desk.rows
        else System.objects.none()
    )
    making = any(row.state in MOVING for row in desk.renders)
    return {
        "desk": desk,
        "case": case,
        "due": due(case.due_statutory_on, closed=bool(case.closed_at)),
        "steps": steps(desk),
        "step": next_step(case, facts),
        "receipt_waits": _receipt_waits(case, facts),
        "beyond": contacts.beyond_mailbox(case) if desk.by_mailbox and case.state in ANSWERING else [],
        "lines": lines,
        "records": sum(row.records for row in desk.rows),
        "other_systems": list(others),
        "may_gather": case.state in OPEN_FOR_DATA,
        "gathering": case.state in {State.GATHERING.value, State.REVIEW.value},
        "moving": (any(line.moving for line in lines) and not case.closed_at) or making,
    }


def _receipt_waits(case: Case, facts: Facts) -> bool:
    """Whether the confirmation of receipt is made and nobody has told the person: who asks online reads it there."""
    told = case.channel not in {channel.value for channel in BY_HAND} or case.closed_at or case.dispatched_at
    return not told and facts.notices.get("receipt") == CollectionState.DONE.value


def steps(desk: Desk) -> list[tuple[str, str]]:
    """The states the case passes, each with ``done``, ``now`` or ``todo``; without gathering when no right needs it.

    A case that ended without an answer of its own was received and ended: what lies between was not done. Where a mailbox is all
    that says who asked, that stands in the place of the identity, as ``partly``.
    """
    received = (str(words.STATES[State.REGISTERED]), "done")
    if desk.case.closed_as and not desk.case.dispatched_at:
        return [received, (words.word(words.OUTCOMES, desk.case.closed_as), "ended")]
    rights = {right.right for right in desk.case.rights.all()}
    gathers = bool(rights & {right.value for right in GATHERED}) or bool(desk.rows)
    passed = [state for state in State if gathers or state not in {State.GATHERING, State.REVIEW}]
    passed = [state for state in passed if state is not State.IDENTIFYING]
    now = State.REGISTERED.value if desk.case.state == State.IDENTIFYING.value else desk.case.state
    place = [state.value for state in passed].index(now)
    labels = {**words.STATES, State.REGISTERED: words.STATES[State.IDENTIFYING]}
    closed = desk.case.state == State.CLOSED.value
    named = [
        (str(labels[state]), "done" if number < place or closed else "now" if number == place else "todo")
        for number, state in enumerate(passed)
    ]
    if desk.by_mailbox and named[0][1] == "done":
        named[0] = (_("Only the e-mail address is confirmed"), "partly")
    return [received, *named]


def _tone(row: Collection) -> str:
    if row.state == CollectionState.FAILED.value:
        return "late"
    if row.state == CollectionState.WAITING.value:
        return "soon"
    if row.state in MOVING:
        return "soon" if row.fault else "moving"
    if row.state == CollectionState.DONE.value:
        return "partial" if row.outcome == CollectionOutcome.PARTIAL.value else "done" if row.records else "quiet"
    return "quiet"


def _line(desk: Desk, row: Collection, bound: Bound) -> Line:
    sentence = words.collection_sentence(row)
    line = Line(row, sentence, _tone(row), categories=review.categories_of(row) if row.records else [])
    if row.state == CollectionState.LEFT_OUT.value:
        line.reason = gathering.left_out_reason(desk.vault, row)
    if desk.case.state not in OPEN_FOR_DATA:
        return line
    key = row.system.key
    line.forms = {name: form_of(desk, bound, name, key) for name in ("upload", "leave-out")}
    line.forms["leave_out"] = line.forms["leave-out"]
    if row.state == CollectionState.WAITING.value and row.outcome == CollectionOutcome.SEVERAL.value:
        line.candidates = True
        line.forms["choose"] = form_of(desk, bound, "choose", key)
    return line


def _person(desk: Desk, shown: dict[int, str]) -> dict[str, Any]:
    party = people.subject_of(desk.case)
    systems = {row.system.key: str(row.system) for row in desk.rows}
    held_back = representation.party_of(desk.case) is not None and representation.waits(desk.case)
    identifiers = [
        {
            "pk": item.pk,
            "kind": words.word(words.IDENTIFIER_KINDS, item.kind),
            "value": shown.get(item.pk) or people.shown(desk.vault, item),
            "source": words.identifier_source(item.source, systems.get(item.source, "")),
            "state": "rejected" if item.rejected_at else "waiting" if item.waiting else "held" if held_back else "used",
            "hidden": item.kind == "personnummer" and item.pk not in shown and item.value_enc is not None,
        }
        for item in party.identifiers.all()
    ]
    return {"person": desk.person, "phone": people.shown_phone(desk.person.contact.phone), "identifiers": identifiers}


def _identity(desk: Desk, bound: Bound) -> dict[str, Any]:
    case = desk.case
    check = desk.identity
    asks = case.state in {State.REGISTERED.value, State.IDENTIFYING.value}
    pause = case.pauses.filter(answered_on__isnull=True).first() if asks else None
    context: dict[str, Any] = {
        "gathers": bool({right.right for right in case.rights.all()} & {right.value for right in GATHERED}),
        "closed_as": words.word(words.OUTCOMES, case.closed_as) if case.closed_as else "",
        "identity": check,
        "identity_method": words.word(words.IDENTITY_METHODS, check.method) if check else "",
        "identity_level": identity.level_words(check) if check else "",
        "asks_identity": asks,
        "pause": pause,
    }
    by_mailbox = desk.by_mailbox and not case.closed_at
    if asks or by_mailbox:
        context |= {"identity_form": form_of(desk, bound, "identity"), "by_mailbox": by_mailbox}
    if asks:
        context |= {
            "completion_form": form_of(desk, bound, "ask-completion"),
        }
        context["may_pause"] = cases.may_pause(case)
        context["unidentified_form"] = form_of(desk, bound, "close-unidentified")
        context["answer_form"] = form_of(desk, bound, "answer-completion") if pause else None
    if not case.closed_at:
        context["add_identifier_form"] = form_of(desk, bound, "add-identifier")
        context["identifiers_form"] = form_of(desk, bound, "identifiers") if desk.waiting else None
    return context


def _statements(desk: Desk, bound: Bound) -> dict[str, Any]:
    if desk.case.state not in {State.REVIEW.value, State.GATHERING.value} or not any(row.records for row in desk.rows):
        return {"statements": []}
    may_confirm = access.may(desk.user, "change_processingitem")
    replacing = {
        item.key: bound.get(("replace-statement", item.key)) or make_form(desk, "replace-statement", item.key)
        for item in desk.statements
    }
    return {
        "statements": [(item, replacing[item.key]) for item in desk.statements],
        "may_confirm": may_confirm,
        "confirm_form": form_of(desk, bound, "confirm-statements") if may_confirm else None,
        "confirmers": [] if may_confirm or not desk.statements else confirmers(),
    }


def confirmers() -> list[User]:
    """Who may vouch for what the register says."""
    from django.db.models import Q

    held = Q(groups__permissions__codename="change_processingitem") | Q(
        user_permissions__codename="change_processingitem"
    )
    return list(User.objects.filter(held, is_active=True).distinct().order_by("name")[:6])


def _clock(desk: Desk, bound: Bound) -> dict[str, Any]:
    case = desk.case
    reckoned = cases.explanation(case)
    extension = getattr(case, "extension", None)
    extendable = not case.closed_at and extension is None and may_extend(timezone.localdate(), reckoned.notice_by)
    return {
        "clock": reckoned,
        "explanation": explain(reckoned, get_language() or "sv"),
        "extension": extension,
        "extend_form": form_of(desk, bound, "extend") if extendable else None,
    }
