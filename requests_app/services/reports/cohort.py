"""The cases a report counts, read as lean rows: never a sealed text, never a name of the person, one query for each kind of fact."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Exists, F, OuterRef
from django.utils import timezone

from requests_app.domain.deadlines import Pause, compute, received_on as day_of
from requests_app.domain.states import CollectionState
from requests_app.models import (
    Breach,
    Case,
    CaseExtension,
    CaseHold,
    CaseParty,
    CasePause,
    CaseReopening,
    CaseRight,
    Collection,
    Decision,
    Delivery,
    IdentityCheck,
    Mask,
    Policy,
    PublicDocumentRequest,
    Render,
    User,
)
from requests_app.services import access, policy as policies, sending
from requests_app.services.reports.facts import APART, CaseFacts, CaseNo, Item, RightFacts, of_case, of_right

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from requests_app.services.reports.period import Query


@dataclass(slots=True)
class Gathering:
    """One gathering from one system: how long it took and how it went."""

    case: CaseNo
    system: int
    state: str
    hours: float | None
    """From when it was asked for to when it had ended; none while it has not, or when it was left out."""
    runs: int
    by_hand: bool


@dataclass
class Cohort:
    """What one person may count. Each kind of fact is read once, when it is first asked for."""

    user: User | AnonymousUser
    query: Query
    today: date = field(default_factory=lambda: timezone.localdate())

    @cached_property
    def overseen(self) -> QuerySet[Case]:
        """The cases whose dates the person may see, narrowed to what is asked for, of any period."""
        query, cases = self.query, access.cases_overseen_by(self.user)
        if query.channel:
            cases = cases.filter(channel=query.channel)
        if query.team:
            cases = cases.filter(team__key=query.team)
        if query.handler is not None:
            cases = cases.filter(handler=query.handler or None)
        if query.right:
            cases = cases.filter(Exists(CaseRight.objects.filter(case=OuterRef("pk"), right=query.right)))
        if query.system:
            cases = cases.filter(Exists(Collection.objects.filter(case=OuterRef("pk"), system__key=query.system)))
        return cases.order_by()

    @cached_property
    def received(self) -> QuerySet[Case]:
        """Those received in the period."""
        return self.overseen.filter(received_on__range=(self.query.period.first, self.query.period.last))

    def _of(self, rows: QuerySet[Any], case: str = "case") -> QuerySet[Any]:
        return rows.filter(**{f"{case}__in": self.received.values("pk")}).order_by()

    @cached_property
    def cases(self) -> dict[int, CaseFacts]:
        """The cases of the period by primary key, in the order they were received."""
        eves = {
            pk: policies.read(values).eves_are_holidays for pk, values in Policy.objects.values_list("pk", "values")
        }
        found = {
            row[0]: CaseFacts(
                pk=row[0],
                no=CaseNo(row[1], row[2]),
                team=row[3],
                handler=row[4],
                channel=row[5],
                received_on=row[6],
                due_on=row[7],
                due_statutory_on=row[8],
                eves=eves[row[9]],
                dispatched_on=_day(row[10]),
                closed_on=_day(row[11]),
                closed_as=row[12],
            )
            for row in self.received.order_by("received_on", "id").values_list(
                "pk",
                "diary_no",
                "external_no",
                "team_id",
                "handler_id",
                "channel",
                "received_on",
                "due_on",
                "due_statutory_on",
                "policy_id",
                "dispatched_at",
                "closed_at",
                "closed_as",
            )
        }
        self._rights(found)
        self._clocks(found)
        return found

    def _rights(self, cases: dict[int, CaseFacts]) -> None:
        by_pk: dict[int, RightFacts] = {}
        reached = self._reached()
        for pk, case, right, outcome, at in (
            self._of(CaseRight.objects.all())
            .order_by("pk")
            .values_list("pk", "case_id", "right", "outcome", "dispatched_at")
        ):
            astray = outcome not in APART and case in reached
            by_pk[pk] = RightFacts(right, outcome, _day(reached[case].get(right) if astray else at))
            if case in cases:
                cases[case].rights.append(by_pk[pk])
        for case in reached.keys() & cases.keys():
            _answered_anew(cases[case])
        later = Decision.objects.filter(case_right=OuterRef("case_right"), n__gt=OuterRef("n"))
        newest = self._of(Decision.objects.exclude(ground=""), "case_right__case").filter(~Exists(later))
        for pk, ground in newest.filter(outcome=F("case_right__outcome")).values_list("case_right_id", "ground"):
            if pk in by_pk:
                by_pk[pk].ground = ground

    def _reached(self) -> dict[int, dict[str, datetime]]:
        """Of cases where an answer went to the wrong person: right -> when its first answer left that was not taken back."""
        answers = self._of(Delivery.objects.exclude(file__right=""))
        astray = answers.filter(revoked_at__isnull=False).values("case_id")
        found: dict[int, dict[str, datetime]] = {}
        for case, right, revoked, at in (
            answers.filter(case__in=astray)
            .order_by("dispatched_at")
            .values_list("case_id", "file__right", "revoked_at", "dispatched_at")
        ):
            first = found.setdefault(case, {})
            if revoked is None:
                first.setdefault(right, at)
        return found

    def _clocks(self, cases: dict[int, CaseFacts]) -> None:
        for pk, sent in self._of(CaseExtension.objects.all()).values_list("case_id", "notice_sent_at"):
            if pk in cases:
                cases[pk].extension_decided, cases[pk].notice_on = True, _day(sent)
        pauses: dict[int, list[Pause]] = defaultdict(list)
        for pk, asked, answered in self._of(CasePause.objects.all()).values_list("case_id", "asked_on", "answered_on"):
            if pk in cases:
                end = answered or cases[pk].dispatched_on or cases[pk].closed_on
                pauses[pk].append(Pause(asked, max(asked, end) if end else None))
        for pk, found in pauses.items():
            cases[pk].paused = True
            cases[pk].paused_days = compute(cases[pk].received_on, found, today=self.today).paused_days

    @cached_property
    def items(self) -> list[Item]:
        """The cases, each counted once; with a right chosen that right of them."""
        if self.query.right:
            return [item for item in self.right_items if item.rights[0].right == self.query.right]
        return [of_case(case, self.today, self._judged[case.pk]) for case in self.cases.values()]

    @cached_property
    def _judged(self) -> dict[int, list[Item]]:
        return {pk: [of_right(case, right, self.today) for right in case.rights] for pk, case in self.cases.items()}

    @cached_property
    def right_items(self) -> list[Item]:
        """Each right of each case."""
        found = [item for items in self._judged.values() for item in items]
        return [item for item in found if not self.query.right or item.rights[0].right == self.query.right]

    def _case_set(self, rows: Iterable[int]) -> frozenset[int]:
        return frozenset(pk for pk in rows if pk in self.cases)

    @cached_property
    def completion_asked(self) -> frozenset[int]:
        """Cases whose person was asked for more to be identified by."""
        letters = self._of(Render.objects.filter(kind="completion")).values_list("case_id", flat=True)
        pauses = self._of(CasePause.objects.filter(reason="identity")).values_list("case_id", flat=True)
        return self._case_set(letters.union(pauses))

    @cached_property
    def represented(self) -> frozenset[int]:
        """Cases somebody else filed for the person."""
        rows = self._of(CaseParty.objects.filter(role=CaseParty.REPRESENTATIVE))
        return self._case_set(rows.values_list("case_id", flat=True))

    @cached_property
    def methods(self) -> dict[int, str]:
        """How it was made sure who asked."""
        return dict(self._of(IdentityCheck.objects.all()).values_list("case_id", "method"))

    @cached_property
    def masks(self) -> dict[str, Counter[int]]:
        """Ground -> number of masks in force in each case."""
        found: dict[str, Counter[int]] = defaultdict(Counter)
        rows = self._of(Mask.objects.filter(undone_at__isnull=True))
        for ground, case, count in rows.values_list("ground", "case_id").annotate(count=Count("pk")):
            found[ground][case] = count
        return found

    @cached_property
    def ways(self) -> dict[str, frozenset[int]]:
        """Way of delivery -> cases of which something left that way."""
        return _grouped(self._of(Delivery.objects.all()).values_list("way", "case_id").distinct())

    @cached_property
    def returned(self) -> dict[str, frozenset[int]]:
        """Why something came back (``bounced``, ``post``, ``not_fetched`` and not since) -> cases."""
        rows = self._of(Delivery.objects.filter(returned_at__isnull=False).exclude(sending.fetched_late()))
        return _grouped(rows.values_list("returned_why", "case_id").distinct())

    @cached_property
    def recipients_untold(self) -> Counter[int]:
        """Letters to recipients under Article 19 that are made or being made but have not left, by case."""
        sent = Delivery.objects.filter(file=OuterRef("pdf"))
        rows = self._of(Render.objects.exclude(target="").filter(superseded=False)).filter(~Exists(sent))
        return Counter(dict(rows.values_list("case_id").annotate(count=Count("pk"))))

    @cached_property
    def gatherings(self) -> list[Gathering]:
        """What was asked of the systems for these cases."""
        rows = self._of(Collection.objects.all()).values_list(
            "case_id",
            "system_id",
            "state",
            "created_at",
            "ended_at",
            "runs",
            "searched_by",
            "system_version__connector",
        )
        done = CollectionState.DONE.value
        return [
            Gathering(
                self.cases[case].no,
                system,
                state,
                (ended - created).total_seconds() / 3600 if ended and state == done else None,
                runs,
                connector in {"manual", None} or searched_by == ["person"],
            )
            for case, system, state, created, ended, runs, searched_by, connector in rows
            if case in self.cases
        ]

    # what happened in the period, whenever the case was received

    def _happened(self, rows: QuerySet[Any], when: str) -> QuerySet[Any]:
        period = self.query.period
        return rows.filter(
            case__in=self.overseen.values("pk"),
            **{f"{when}__gte": period.begins_at, f"{when}__lt": period.ends_before},
        ).order_by(when)

    @cached_property
    def reopened(self) -> list[CaseNo]:
        """Closed cases taken up again, once for each time."""
        return _numbers(self._happened(CaseReopening.objects.all(), "at"))

    @cached_property
    def complaints(self) -> list[CaseNo]:
        """Cases noted as complained of to the supervisory authority."""
        return _numbers(self._happened(CaseHold.objects.filter(kind="complaint"), "at"))

    @cached_property
    def public_documents(self) -> list[CaseNo]:
        """Requests for allmän handling beside a case."""
        return _numbers(self._happened(PublicDocumentRequest.objects.all(), "at"))

    @cached_property
    def breaches(self) -> list[tuple[CaseNo, str, bool]]:
        """Answers that reached the wrong person: the case, legal's verdict, and whether that was given within 72 hours."""
        rows = self._happened(Breach.objects.all(), "noticed_at").values_list(
            "case__diary_no", "case__external_no", "verdict", "verdict_at", "report_by"
        )
        return [(CaseNo(a, b), verdict, bool(at and at <= by)) for a, b, verdict, at, by in rows]

    # what holds now, whenever the case was received

    @cached_property
    def open_now(self) -> list[tuple[CaseNo, date, bool]]:
        """Open cases: number, last day by law, and whether the clock is paused."""
        paused = CasePause.objects.filter(case=OuterRef("pk"), answered_on__isnull=True)
        rows = self.overseen.filter(closed_at__isnull=True).annotate(paused=Exists(paused))
        return [
            (CaseNo(diary_no, external_no), due, waits)
            for diary_no, external_no, due, waits in rows.order_by("due_statutory_on", "id").values_list(
                "diary_no", "external_no", "due_statutory_on", "paused"
            )
        ]


def _answered_anew(case: CaseFacts) -> None:
    """The day of a case of which something reached the wrong person: when the last answer reached the right one; open until then."""
    days = [right.dispatched_on for right in case.rights if right.outcome not in APART]
    if None in days:
        case.dispatched_on = case.closed_on = None
    elif days:
        case.dispatched_on = max(day for day in days if day is not None)


def _day(at: datetime | None) -> date | None:
    """The day in Sweden. Before 22 in UTC it is the same day there, which spares nearly all of the reckoning."""
    if at is None:
        return None
    return at.date() if at.hour < 22 and at.tzinfo is UTC else day_of(at)


def _numbers(rows: QuerySet[Any]) -> list[CaseNo]:
    return [CaseNo(*row) for row in rows.values_list("case__diary_no", "case__external_no")]


def _grouped(rows: Iterable[tuple[str, int]]) -> dict[str, frozenset[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for key, case in rows:
        found[key].add(case)
    return {key: frozenset(cases) for key, cases in found.items()}
