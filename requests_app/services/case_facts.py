"""What a case's next step depends on, read for a whole list of cases in a number of queries that does not grow with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Case as CaseWhen, CharField, Exists, F, OuterRef, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils import timezone

from requests_app.domain.states import CollectionState, State
from requests_app.models import (
    Action,
    Approval,
    Case,
    CaseExtension,
    CaseMessage,
    CasePause,
    CaseRight,
    Collection,
    ContactConfirmation,
    Delivery,
    Identifier,
    Mask,
    OwnerLink,
    OwnerMessage,
    Referral,
    Render,
    Representation,
    StatementReplacement,
)
from requests_app.services import actions, delivery, register, sending
from requests_app.services.gathering import searches_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

_MOVING = frozenset({CollectionState.PENDING.value, CollectionState.RUNNING.value})


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
    by_worker: dict[str, int] = field(default_factory=dict)
    """How many of the open tasks a worker is at, by verb: nobody has to do those."""
    notices: dict[str, str] = field(default_factory=dict)
    """Kind of a letter that leaves on its own and has not left -> state of its making."""
    rights: list[str] = field(default_factory=list)
    """All rights of the request, in order."""
    renders: list[Render] = field(default_factory=list)
    """The documents that count: kind, right and state only."""
    referrals_asked: int = 0
    """Questions that legal has not answered."""
    referrals_answered: int = 0
    """Answers of legal's that nobody has noted."""
    came_back: str = ""
    """Why something that was sent stands with the coordinator again: ``wrong_person``, or ``Delivery.returned_why``."""
    password_waits: bool = False
    unmasked: bool = False
    """Whether a standing rule that has ended had masked something here."""
    contact_asked: bool = False
    """Whether an address waits for a second person's word."""
    unread: int = 0
    """Messages of the person's that nobody has noted as read."""
    authority_waits: bool = False
    """Whether somebody acts for the person and nobody has seen that this one may."""
    authority_refused: bool = False
    """Whether somebody asked for the person who may not."""
    asked_owners: set[int] = field(default_factory=set)
    """Gatherings that the owner of the system has been asked for, may still answer, and is not late with."""
    owner_questions: set[int] = field(default_factory=set)
    """Gatherings about which the owner of the system has asked something that nobody has answered."""
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


def facts_for(cases: Sequence[Case], unconfirmed: Mapping[int, frozenset[str]] | None = None) -> dict[int, Facts]:
    """The facts of each case by its id, in a number of queries that does not grow with the cases.

    ``unconfirmed`` are the register's unconfirmed statements by system, for who has read them already.
    """
    facts: dict[int, Facts] = {case.pk: Facts() for case in cases}
    pks = list(facts)
    if not pks:
        return facts
    _collections(facts, pks)
    first, *others = (source(pks) for source in SOURCES)
    rows = sorted(first.union(*others, all=True), key=lambda row: row[2])
    for what, take in _TAKEN.items():
        take(facts, [row for row in rows if row[0] == what])
    _statements(facts, cases, [row for row in rows if row[0] == "replacement"], unconfirmed)
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


Row = tuple[str, int, int, str, str, str]
"""One row of the union below: what it is, the case, the row's own id, and three words about it."""


def _source(rows: QuerySet[Any], what: str, case: str = "case_id", **said: Any) -> QuerySet[Any, Row]:
    """The rows in the shape they all share, so that one query reads them all. ``said`` has at most ``a``, ``b`` and ``c``."""
    text = CharField()
    three = [Cast(said[name], text) if name in said else Value("", output_field=text) for name in ("a", "b", "c")]
    return rows.order_by().values_list(Value(what, output_field=text), F(case), F("pk"), *three)


def _actions_source(pks: list[int]) -> QuerySet[Any, Row]:
    whose = CaseWhen(When(actions.by_itself(), then=Value("worker")), default=Value(""))
    return _source(Action.objects.filter(case__in=pks, state=Action.ASKED), "action", a=F("verb"), b=whose)


def _rights_source(pks: list[int]) -> QuerySet[Any, Row]:
    asked = Approval.objects.filter(decision__case_right=OuterRef("pk"), answered_by__isnull=True)
    returned = Approval.objects.filter(decision__case_right=OuterRef("pk"), verdict="returned")
    stands = When(dispatched_at__isnull=False, then=Value("dispatched")), When(Exists(asked), then=Value("asked"))
    stage = CaseWhen(*stands, When(Exists(returned), then=Value("returned")), default=Value(""))
    return _source(CaseRight.objects.filter(case__in=pks), "right", a=F("right"), b=F("outcome"), c=stage)


def _renders_source(pks: list[int]) -> QuerySet[Any, Row]:
    documents = Render.objects.filter(case__in=pks, superseded=False).exclude(right="")
    return _source(documents, "render", a=F("kind"), b=F("right"), c=F("state"))


def _notices_source(pks: list[int]) -> QuerySet[Any, Row]:
    left = Delivery.objects.filter(file=OuterRef("pdf"))
    waiting = Render.objects.filter(case__in=pks, superseded=False, kind__in=delivery.NOTICES).exclude(Exists(left))
    return _source(waiting, "notice", a=F("kind"), b=F("state"))


def _identifiers_source(pks: list[int]) -> QuerySet[Any, Row]:
    weak = Identifier.objects.filter(
        party__case__in=pks, strength=Identifier.WEAK, confirmed_at__isnull=True, rejected_at__isnull=True
    )
    return _source(weak, "identifier", "party__case_id", a=F("kind"))


def _referrals_source(pks: list[int]) -> QuerySet[Any, Row]:
    stage = CaseWhen(When(answered_at__isnull=True, then=Value("asked")), default=Value("answered"))
    return _source(Referral.objects.filter(case__in=pks, withdrawn_at__isnull=True), "referral", a=stage)


def _owners(pks: list[int]) -> QuerySet[OwnerLink]:
    """Links to owners of systems that still hold and that nobody has been told about."""
    alive = OwnerLink.objects.filter(revoked_at=None, answered_at=None, escalated_at=None)
    return alive.filter(collection__case__in=pks, collection__current=True, expires_at__gt=timezone.now())


def _questions(pks: list[int]) -> QuerySet[OwnerMessage]:
    """What owners of systems have asked and nobody has answered."""
    unread = OwnerMessage.objects.filter(direction=OwnerMessage.IN, read_at=None)
    return unread.filter(collection__case__in=pks, collection__current=True)


def _authority_source(pks: list[int]) -> QuerySet[Any, Row]:
    stage = CaseWhen(When(confirmed__isnull=True, then=Value("waits")), default=Value("refused"))
    return _source(Representation.objects.filter(case__in=pks).exclude(confirmed=True), "authority", a=stage)


def _unread(pks: list[int]) -> QuerySet[CaseMessage]:
    """What persons have written and nobody has noted as read."""
    return CaseMessage.objects.filter(case__in=pks, direction=CaseMessage.IN, read_at__isnull=True)


def _unmasked(pks: list[int]) -> QuerySet[Case]:
    """Cases in review where the system itself has undone what a rule had masked."""
    gone = Mask.objects.filter(case=OuterRef("pk"), undone_at__isnull=False, undone_by__isnull=True).exclude(rule="")
    return Case.objects.filter(Exists(gone), pk__in=pks, state=State.REVIEW.value)


SOURCES: tuple[Callable[[list[int]], QuerySet[Any, Row]], ...] = (
    _rights_source,
    _renders_source,
    _notices_source,
    _identifiers_source,
    _referrals_source,
    _actions_source,
    lambda pks: _source(sending.came_back().filter(case__in=pks), "back", a=F("returned_why")),
    lambda pks: _source(sending.taken_back().filter(case__in=pks), "back", a=Value("wrong_person")),
    lambda pks: _source(sending.password_waits().filter(case__in=pks), "password"),
    lambda pks: _source(ContactConfirmation.objects.filter(case__in=pks, confirmed__isnull=True), "contact"),
    lambda pks: _source(_unread(pks), "unread"),
    _authority_source,
    lambda pks: _source(CasePause.objects.filter(case__in=pks, answered_on__isnull=True), "pause"),
    lambda pks: _source(CaseExtension.objects.filter(case__in=pks, notice_sent_at__isnull=True), "extension"),
    lambda pks: _source(_unmasked(pks), "unmasked", "pk"),
    lambda pks: _source(_owners(pks), "owner", "collection__case_id", a=F("collection_id")),
    lambda pks: _source(_questions(pks), "owner_question", "collection__case_id", a=F("collection_id")),
    lambda pks: _source(StatementReplacement.objects.filter(case__in=pks), "replacement", a=F("statement")),
)
"""What is read beside the gatherings: one query takes them all. A new fact is a new source here, never a query of its own."""


def _take_identifiers(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, kind, _b, _c in rows:
        open_rows = [row for row in facts[pk].collections if row.state != CollectionState.LEFT_OUT.value]
        facts[pk].waiting_identifiers += any(kind in searches_by(row) for row in open_rows)


def _take_actions(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, verb, whose, _c in rows:
        facts[pk].open_actions[verb] = facts[pk].open_actions.get(verb, 0) + 1
        if whose == "worker":
            facts[pk].by_worker[verb] = facts[pk].by_worker.get(verb, 0) + 1


def _take_renders(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, kind, right, state in rows:
        facts[pk].renders.append(Render(kind=kind, right=right, state=state))


def _take_rights(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, right, outcome, stage in rows:
        mine = facts[pk]
        mine.rights.append(right)
        if outcome:
            sent = timezone.now() if stage == "dispatched" else None
            held = CaseRight(case_id=pk, right=right, outcome=outcome, dispatched_at=sent)
            mine.answers[right] = delivery.status_of(held, mine.renders, mine.open_actions.keys())
        elif stage == "asked":
            mine.asked.append(right)
        else:
            (mine.returned if stage == "returned" else mine.undecided).append(right)


def _take_notices(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, kind, state, _c in rows:
        facts[pk].notices[kind] = state


def _take_referrals(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, stage, _b, _c in rows:
        if stage == "asked":
            facts[pk].referrals_asked += 1
        else:
            facts[pk].referrals_answered += 1


def _take_back(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, why, _b, _c in rows:
        if facts[pk].came_back != "wrong_person":
            facts[pk].came_back = why


def _take_passwords(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].password_waits = True


def _take_unmasked(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].unmasked = True


def _take_contacts(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].contact_asked = True


def _take_authority(facts: dict[int, Facts], rows: list[Row]) -> None:
    for _what, pk, _row, stage, _b, _c in rows:
        facts[pk].authority_waits = stage == "waits"
        facts[pk].authority_refused = stage == "refused"


def _take_unread(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].unread += 1


def _take_pauses(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].paused = True


def _take_owners(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].asked_owners.add(int(row[3]))


def _take_questions(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].owner_questions.add(int(row[3]))


def _take_extensions(facts: dict[int, Facts], rows: list[Row]) -> None:
    for row in rows:
        facts[row[1]].extension_waits = True


_TAKEN: dict[str, Callable[[dict[int, Facts], list[Row]], None]] = {
    "identifier": _take_identifiers,
    "action": _take_actions,
    "render": _take_renders,
    "right": _take_rights,
    "notice": _take_notices,
    "referral": _take_referrals,
    "back": _take_back,
    "password": _take_passwords,
    "contact": _take_contacts,
    "unmasked": _take_unmasked,
    "authority": _take_authority,
    "unread": _take_unread,
    "pause": _take_pauses,
    "extension": _take_extensions,
    "owner": _take_owners,
    "owner_question": _take_questions,
}
"""What each kind of row tells; answers are reckoned from documents and tasks, which therefore come first."""


def _statements(
    facts: dict[int, Facts],
    cases: Iterable[Case],
    rows: list[Row],
    unconfirmed: Mapping[int, frozenset[str]] | None,
) -> None:
    reviewed = [case for case in cases if case.state == State.REVIEW.value]
    systems = {row.system_id: row.system for case in reviewed for row in facts[case.pk].collections if row.records}
    if not systems:
        return
    if unconfirmed is None:
        unconfirmed = register.unconfirmed_by_system(systems.values())
    replaced = {(row[1], row[3]) for row in rows}
    for case in reviewed:
        keys = {key for row in facts[case.pk].collections if row.records for key in unconfirmed.get(row.system_id, ())}
        facts[case.pk].open_statements = sum((case.pk, key) not in replaced for key in keys)
