"""A made data set for reports: 48 cases with every edge of the clock, each with a number that says which edge it is.

Today is Friday 20 November 2026; the period is 1 January to today. Rows are written directly, so that each date is what the test says.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from requests_app.domain.deadlines import STOCKHOLM, Pause, compute
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
    PublicDocumentRequest,
    Render,
    StoredFile,
    SystemVersion,
    Team,
)
from requests_app.services import policy
from requests_app.services.reports import Period

if TYPE_CHECKING:
    from tests.world import World

TODAY = date(2026, 11, 20)
PERIOD = Period(date(2026, 1, 1), TODAY)
MARCH = date(2026, 3, 2)
FEBRUARY = date(2026, 2, 2)


def at(day: date, hour: int = 12) -> datetime:
    """An hour of a day in Sweden."""
    return datetime.combine(day, time(hour), STOCKHOLM)


@dataclass
class ReportWorld:
    """The cases by their number."""

    world: World
    cases: dict[str, Case] = field(default_factory=dict)

    def add(
        self,
        no: str,
        received: date,
        *,
        sent: date | None = None,
        closed_as: str = "",
        closed: date | None = None,
        rights: tuple[tuple[str, str, date | None], ...] = (),
        outcome: str = "granted",
        ground: str = "",
        right: str = "access",
        extended: bool = False,
        notice: date | None = None,
        pause: tuple[date, date | None] | None = None,
        team: Team | None = None,
        channel: str = "email",
        handler: Any = None,
    ) -> Case:
        """One case. ``sent`` dispatches and closes it; without, it is open unless ``closed`` says otherwise."""
        pauses = [Pause(*pause)] if pause else []
        first = compute(received).notice_by
        clock = compute(received, pauses, extended=bool(notice and notice <= first), today=TODAY)
        ended = closed or sent
        case = Case.objects.create(
            diary_no=no,
            team=team or self.world.kund,
            handler=handler,
            state="closed" if ended else "gathering",
            closed_as=closed_as or (outcome if ended else ""),
            channel=channel,
            profile="customer",
            received_at=at(received),
            received_on=received,
            due_on=clock.due_on,
            due_statutory_on=clock.due_statutory_on,
            policy=policy.ensure_policy(),
            dispatched_at=at(sent) if sent else None,
            closed_at=at(ended) if ended else None,
            created_at=at(received),
        )
        self.cases[no] = case
        for name, result, day in rights or ((right, outcome if ended else "", sent),):
            row = CaseRight.objects.create(
                case=case, right=name, outcome=result, dispatched_at=at(day) if day else None
            )
            if ground:
                Decision.objects.create(case_right=row, n=1, outcome="granted", by=self.world.karin)
                Decision.objects.create(case_right=row, n=2, outcome=result, ground=ground, by=self.world.karin)
        if extended:
            CaseExtension.objects.create(
                case=case,
                decided_on=received + timedelta(days=10),
                notice_sent_at=at(notice) if notice else None,
                extended_due_on=clock.extended_due_on,
                reasons_enc=b"sealed",
                by=self.world.karin,
            )
        if pause:
            CasePause.objects.create(case=case, asked_on=pause[0], answered_on=pause[1])
        return case

    def file(self, case: Case) -> StoredFile:
        """A file of a case; nobody opens it here."""
        return StoredFile.objects.create(
            ref=uuid.uuid4().hex[:26],
            case=case,
            key_purpose="dossier",
            kind="extract",
            path="x",
            size=1,
            sha256="0" * 64,
            name_enc=b"sealed",
        )

    def deliver(self, no: str, way: str, **fields: Any) -> Delivery:
        """Something left."""
        case = self.cases[no]
        return Delivery.objects.create(
            case=case, file=self.file(case), way=way, sha256="0" * 64, idem_key=uuid.uuid4().hex, **fields
        )


def make_reports(world: World) -> ReportWorld:
    """Make it all."""
    made = ReportWorld(world)
    _plain(made)
    _clock_edges(made)
    _closed_otherwise(made)
    _open(made)
    _several_rights(made)
    _other_team(made)
    _beside(made)
    _happened(made)
    _systems(made)
    _outside(made)
    return made


def _plain(made: ReportWorld) -> None:
    """22 by the portal in March, answered after 1, 2, ... 22 days, all well in time; the last found nothing."""
    for n in range(1, 23):
        made.add(
            f"P{n:02d}",
            MARCH,
            sent=MARCH + timedelta(days=n),
            outcome="nothing_found" if n == 22 else "granted",
            channel="portal",
            handler=made.world.karin,
        )
        IdentityCheck.objects.create(case=made.cases[f"P{n:02d}"], method="eid")


def _clock_edges(made: ReportWorld) -> None:
    # 31 January has no 31 February: Saturday 28 February, moved to Monday 2 March
    made.add("JAN31-IN-TIME", date(2026, 1, 31), sent=date(2026, 3, 2))
    made.add("JAN31-LATE", date(2026, 1, 31), sent=date(2026, 3, 3))
    # received Monday 2 February: first month ends Monday 2 March, the third on Saturday 2 May, moved to Monday 4 May
    made.add("EXT-IN-TIME", FEBRUARY, sent=date(2026, 5, 4), extended=True, notice=date(2026, 2, 27))
    made.add("EXT-LATE", FEBRUARY, sent=date(2026, 5, 5), extended=True, notice=date(2026, 3, 2))
    made.add("EXT-NOTICE-LATE", FEBRUARY, sent=date(2026, 4, 1), extended=True, notice=date(2026, 3, 3))
    made.add("EXT-NO-NOTICE", FEBRUARY, sent=date(2026, 3, 20), extended=True)
    made.add(
        "EXT-REFUSED-LATE",
        FEBRUARY,
        sent=date(2026, 4, 10),
        extended=True,
        notice=date(2026, 2, 20),
        outcome="refused",
        ground="12_5_excessive",
    )
    made.add(
        "EXT-REFUSED-IN-TIME",
        FEBRUARY,
        sent=date(2026, 3, 2),
        extended=True,
        notice=date(2026, 2, 20),
        outcome="refused",
        ground="17_3_b",
        right="erasure",
    )
    made.add("EXT-NOT-NEEDED", FEBRUARY, sent=date(2026, 2, 27), extended=True)
    # received Tuesday 3 February: 3 March; ten paused days: Friday 13 March
    tuesday, waiting = date(2026, 2, 3), (date(2026, 2, 5), date(2026, 2, 15))
    made.add("PAUSED", tuesday, sent=date(2026, 3, 12), pause=waiting)
    made.add(
        "PAUSED-REFUSED",
        tuesday,
        sent=date(2026, 3, 12),
        pause=waiting,
        outcome="refused",
        ground="12_5_unfounded",
        right="erasure",
    )


def _closed_otherwise(made: ReportWorld) -> None:
    closed = date(2026, 2, 20)
    made.add("WITHDRAWN", FEBRUARY, closed=closed, outcome="withdrawn", right="erasure")
    made.add("NOT-IDENTIFIED", FEBRUARY, closed=closed, outcome="not_identified")
    made.add("JOINED", FEBRUARY, closed=closed, outcome="joined")
    made.add("UNSENT", FEBRUARY, closed=closed, outcome="granted")
    # answered on 24 February, taken up again: once still open, once answered anew on 30 April
    wednesday, first = date(2026, 2, 4), date(2026, 2, 24)
    reopened = made.add("REOPENED-OPEN", wednesday, sent=first)
    Case.objects.filter(pk=reopened.pk).update(state="deciding", closed_at=None, closed_as="")
    reopened.rights.update(outcome="", dispatched_at=None)
    again = made.add("REOPENED-CLOSED", wednesday, sent=first)
    Case.objects.filter(pk=again.pk).update(closed_at=at(date(2026, 4, 30)))
    again.rights.update(dispatched_at=at(date(2026, 4, 30)))


def _open(made: ReportWorld) -> None:
    made.add("OPEN-142-LATE", date(2026, 6, 1))  # 1 July, 142 days ago
    made.add("OPEN-15-LATE", date(2026, 10, 5))  # 5 November
    made.add("OPEN-1-LATE", date(2026, 10, 19))  # 19 November
    made.add("OPEN-3-LEFT", date(2026, 10, 23))  # Monday 23 November
    made.add("OPEN-PAUSED", date(2026, 11, 2), pause=(date(2026, 11, 4), None))  # 2 December, 12 days left


def _several_rights(made: ReportWorld) -> None:
    # received Monday 4 May: Thursday 4 June
    monday, early, late = date(2026, 5, 4), date(2026, 5, 20), date(2026, 6, 10)
    made.add(
        "TWO-ONE-LATE",
        monday,
        sent=late,
        rights=(("access", "granted", early), ("rectification", "granted", late)),
    )
    made.add("TWO-ONE-OPEN", monday, rights=(("access", "granted", early), ("erasure", "", None)))


def _other_team(made: ReportWorld) -> None:
    hr, anders = made.world.hr, made.world.anders
    # received 1 April: 1 May is a holiday, then a weekend: Monday 4 May
    made.add("HR-MAY-DAY", date(2026, 4, 1), sent=date(2026, 5, 4), team=hr, channel="post", handler=anders)
    made.add(
        "HR-PARTLY",
        date(2026, 4, 2),
        sent=date(2026, 4, 20),
        team=hr,
        channel="post",
        handler=anders,
        outcome="partly_granted",
        ground="15_4",
    )
    Case.objects.filter(diary_no="HR-PARTLY").update(external_no="HEM 2026/77")
    IdentityCheck.objects.create(case=made.cases["HR-MAY-DAY"], method="call_back")


def _beside(made: ReportWorld) -> None:
    cases = made.cases
    for no in ("EXT-IN-TIME", "PAUSED", "HR-MAY-DAY"):
        CaseParty.objects.create(case=cases[no], role="representative")
    Render.objects.create(case=cases["NOT-IDENTIFIED"], kind="completion", state="done")
    Render.objects.create(case=cases["PAUSED"], kind="completion", state="done")  # counted once beside its pause
    arkiv, billing = made.world.systems["arkiv"], made.world.systems["fakturering"]
    partly = cases["HR-PARTLY"]
    for n in range(3):
        Mask.objects.create(
            case=partly,
            system=arkiv,
            category="post",
            scope="record",
            ground="15_4",
            undone_at=at(TODAY) if n == 2 else None,
        )
    Mask.objects.create(case=cases["JAN31-LATE"], system=billing, category="post", scope="value", ground="dsl_5_1")
    for n in range(1, 6):
        made.deliver(f"P{n:02d}", "portal")
    made.deliver("HR-MAY-DAY", "post", returned_at=at(TODAY), returned_why="post")
    made.deliver("JAN31-LATE", "email", returned_at=at(TODAY), returned_why="bounced")
    told = made.deliver("HR-PARTLY", "post")
    Render.objects.create(case=partly, kind="recipient", target="bank", state="done", pdf=told.file)
    Render.objects.create(case=cases["TWO-ONE-LATE"], kind="recipient", target="bank", state="done")
    Render.objects.create(case=cases["TWO-ONE-LATE"], kind="recipient", target="inkasso", superseded=True)


def _happened(made: ReportWorld) -> None:
    karin, cases = made.world.karin, made.cases
    for no, day in (("REOPENED-OPEN", date(2026, 3, 30)), ("REOPENED-CLOSED", date(2026, 4, 1))):
        CaseReopening.objects.create(
            case=cases[no],
            reason="correction",
            note_enc=b"sealed",
            closed_at=at(date(2026, 2, 24)),
            by=karin,
            at=at(day),
        )
    hold = {"case": cases["REOPENED-OPEN"], "reason_enc": b"sealed", "by": karin, "at": at(date(2026, 3, 28))}
    CaseHold.objects.create(kind="complaint", **hold)
    CaseHold.objects.create(kind="court", **hold)
    PublicDocumentRequest.objects.create(
        case=cases["JAN31-LATE"], asked_on=date(2026, 3, 1), what_enc=b"sealed", by=karin, at=at(date(2026, 3, 1))
    )
    noticed = at(date(2026, 3, 10))
    for no, verdict, answered in (("P01", "reported", 71), ("P02", "reported", 73), ("P03", "", None)):
        Breach.objects.create(
            case=cases[no],
            delivery=cases[no].deliveries.get(),
            noticed_at=noticed,
            report_by=noticed + timedelta(hours=72),
            what_enc=b"sealed",
            by=karin,
            verdict=verdict,
            verdict_at=noticed + timedelta(hours=answered) if answered else None,
        )


def _systems(made: ReportWorld) -> None:
    """Billing answers by itself in 1 to 22 hours (once after three runs, once by a file); the archive is looked through by hand."""
    billing, arkiv = made.world.systems["fakturering"], made.world.systems["arkiv"]
    automatic = SystemVersion.objects.create(system=billing, n=2, connector="rest")
    by_hand = SystemVersion.objects.get(system=arkiv, n=1)
    asked = at(MARCH, 9)

    def gathering(no: str, version: SystemVersion, hours: int | None, **fields: Any) -> None:
        values = {"round": 1, "state": "done", "outcome": "found", "runs": 1, "created_at": asked}
        ended = asked + timedelta(hours=hours) if hours else None
        Collection.objects.create(
            case=made.cases[no], system=version.system, system_version=version, ended_at=ended, **{**values, **fields}
        )

    for n in range(1, 23):
        gathering(f"P{n:02d}", automatic, n, runs=3 if n == 7 else 1, searched_by=["person"] if n == 22 else ["email"])
    gathering("PAUSED", automatic, None, state="failed", outcome="failed", runs=5)
    gathering("WITHDRAWN", automatic, 500, state="left_out", outcome="left_out", runs=0)
    for n in (1, 2, 3):
        gathering(f"P{n:02d}", by_hand, 24 * n, runs=0, searched_by=["person"])


def _outside(made: ReportWorld) -> None:
    """Not in the period, and not legal's to see."""
    made.add("BEFORE", date(2025, 12, 31), sent=date(2026, 1, 5))
    hidden = Team.objects.create(key="it", name="IT")
    made.add("NOT-OVERSEEN", FEBRUARY, sent=date(2026, 8, 1), team=hidden)
