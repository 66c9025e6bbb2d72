"""Every figure of every report, counted by hand on the made data set of ``report_world`` (48 cases, today 20 November 2026)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from requests_app.services.reports import PLANS, Period, Query, build, preset
from requests_app.services.reports.definitions import DEFINITIONS
from tests.services.report_world import MARCH, PERIOD, TODAY, ReportWorld, make_reports
from tests.world import make_world

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.services.reports import Report, Value


@pytest.fixture
def made(db: None, var: Path) -> ReportWorld:
    return make_reports(make_world())


def report(made: ReportWorld, key: str, period: Period = PERIOD, **narrowed: object) -> Report:
    return build(made.world.lena, key, Query(period=period, **narrowed), "sv", today=TODAY)  # type: ignore[arg-type]


def numbers(value: Value) -> list[str]:
    return sorted(case.diary_no for case in value.counted)


def cell(found: Report, table: str, row: str, column: str) -> Value:
    made = found.table(table)
    at = [item.key for item in made.columns].index(column)
    return next(item for item in made.rows if item.key == row).values[at]


def fraction(value: Value) -> tuple[int, int]:
    return value.part, value.n


def test_it_counts_every_case_exactly_once(made: ReportWorld) -> None:
    found = report(made, "times")
    counted = {
        key: int(found.figure(key).value.amount or 0)
        for key in ("received", "answered", "open", "withdrawn", "not_identified", "joined", "unsent")
    }
    assert counted == {
        "received": 48,
        # 22 plain + 2 of 31 January + 7 extended + 2 paused + 2 reopened + 1 of two rights + 2 of HR
        "answered": 38,
        "open": 6,  # five open ones and the one that still lacks one right's answer
        "withdrawn": 1,
        "not_identified": 1,
        "joined": 1,
        "unsent": 1,
    }
    assert numbers(found.figure("open").value) == [
        "OPEN-1-LATE",
        "OPEN-142-LATE",
        "OPEN-15-LATE",
        "OPEN-3-LEFT",
        "OPEN-PAUSED",
        "TWO-ONE-OPEN",
    ]


LATE = [
    "EXT-LATE",  # one day after the extended day
    "EXT-NO-NOTICE",  # no notice: the first month counts
    "EXT-NOTICE-LATE",  # notice one day late: the extension is not in force
    "EXT-REFUSED-LATE",  # a refusal has no more than the first month
    "JAN31-LATE",  # one day after Monday 2 March
    "OPEN-1-LATE",
    "OPEN-142-LATE",
    "OPEN-15-LATE",
    "PAUSED",  # in time only when the ten paused days count
    "PAUSED-REFUSED",
    "TWO-ONE-LATE",  # its rectification left after 4 June
    "TWO-ONE-OPEN",  # its erasure is unanswered after 4 June
]


def test_it_tells_on_time_by_law(made: ReportWorld) -> None:
    value = report(made, "times").figure("on_time").value
    # 38 answered and 4 unanswered past their day; two open ones are not due yet, four are counted apart; 12 of the 42 are late
    assert fraction(value) == (30, 42)
    assert value.amount == Decimal(30) / 42
    assert sorted(case.diary_no for case in value.rest) == LATE
    assert numbers(report(made, "times").figure("late").value) == LATE


def test_it_tells_on_time_with_pauses(made: ReportWorld) -> None:
    value = report(made, "times").figure("on_time_paused").value
    # PAUSED is in time until 13 March; the refusal beside it is judged without pauses
    assert fraction(value) == (31, 42)
    assert sorted(case.diary_no for case in value.rest) == [no for no in LATE if no != "PAUSED"]


def test_it_tells_how_many_were_answered_within_one_and_three_months(made: ReportWorld) -> None:
    found = report(made, "times")
    # not within the month: JAN31-LATE, EXT-IN-TIME, -LATE, -NOTICE-LATE, -NO-NOTICE, -REFUSED-LATE, both PAUSED, TWO-ONE-LATE (9 of
    # 38), and the four unanswered ones past it
    assert fraction(found.figure("within_month").value) == (29, 42)
    # not within three: EXT-LATE (5 May), and OPEN-142-LATE and TWO-ONE-OPEN, whose third month ended in September and August; the
    # other open ones still have time
    assert fraction(found.figure("within_three").value) == (37, 40)
    assert sorted(case.diary_no for case in found.figure("within_three").value.rest) == [
        "EXT-LATE",
        "OPEN-142-LATE",
        "TWO-ONE-OPEN",
    ]


def test_it_tells_median_and_percentile_from_twenty_up(made: ReportWorld) -> None:
    found = report(made, "times")
    # days in order: 1-17, 18 18, 19, 20 20 20, 21, 22, 25, 28, 30, 31, 33, 37 37 37, 46, 58, 67, 91, 92: 38 of them;
    # the 19th and 20th are 18 and 19; nine tenths of 38 are 34.2, so the 35th, 58
    assert found.figure("median").value.amount == Decimal("18.5")
    assert found.figure("median").value.n == 38
    assert found.figure("p90").value.amount == Decimal(58)
    few = report(made, "times", Period(date(2026, 2, 1), date(2026, 2, 28)))
    # 7 extended, 2 paused, 2 reopened
    assert few.figure("median").value.n == 11
    assert few.figure("median").value.amount is None
    assert few.figure("p90").value.amount is None
    march = report(made, "times", Period(MARCH, MARCH))
    # 1 to 22: between 11 and 12; nine tenths of 22 are 19.8, so the 20th
    assert (march.figure("median").value.amount, march.figure("p90").value.amount) == (Decimal("11.5"), Decimal(20))


def test_it_tells_valid_invalid_and_unneeded_extensions_apart(made: ReportWorld) -> None:
    found = report(made, "times")
    assert fraction(found.figure("extended").value) == (4, 48)
    assert numbers(found.figure("extended").value) == [
        "EXT-IN-TIME",
        "EXT-LATE",
        "EXT-REFUSED-IN-TIME",
        "EXT-REFUSED-LATE",
    ]
    assert numbers(found.figure("extension_invalid").value) == ["EXT-NO-NOTICE", "EXT-NOTICE-LATE"]
    assert numbers(found.figure("extension_waiting").value) == ["EXT-NOT-NEEDED"]


def test_it_counts_pauses_and_their_days(made: ReportWorld) -> None:
    found = report(made, "times")
    assert numbers(found.figure("paused").value) == ["OPEN-PAUSED", "PAUSED", "PAUSED-REFUSED"]
    # ten days each from 5 to 15 February, and from 4 to 20 November
    assert found.figure("paused_days").value.amount == 10 + 10 + 16
    assert numbers(found.figure("paused_now").value) == ["OPEN-PAUSED"]


def test_it_tells_what_is_overdue_and_due_soon_now(made: ReportWorld) -> None:
    found = report(made, "overview")
    # the reopened one's day was 4 March; TWO-ONE-OPEN's 4 June
    assert numbers(found.figure("overdue_now").value) == [
        "OPEN-1-LATE",
        "OPEN-142-LATE",
        "OPEN-15-LATE",
        "REOPENED-OPEN",
        "TWO-ONE-OPEN",
    ]
    assert numbers(found.figure("due_7").value) == ["OPEN-3-LEFT"]
    assert numbers(found.figure("due_14").value) == ["OPEN-3-LEFT", "OPEN-PAUSED"]
    times = report(made, "times")
    buckets = {row.key: numbers(row.values[0]) for row in times.table("days_late").rows if not row.whole}
    assert buckets == {
        "1-7": ["OPEN-1-LATE"],
        "8-30": ["OPEN-15-LATE"],
        "31-": ["OPEN-142-LATE", "REOPENED-OPEN", "TWO-ONE-OPEN"],
    }
    # what holds now does not depend on the period
    assert report(made, "overview", Period(MARCH, MARCH)).figure("overdue_now").value.amount == 5


def test_it_counts_a_reopened_case_by_its_first_answer(made: ReportWorld) -> None:
    found = report(made, "times", Period(date(2026, 2, 4), date(2026, 2, 4)))
    # both reopened ones were answered on 24 February; one is open again and one was answered anew in April
    assert fraction(found.figure("on_time").value) == (2, 2)
    assert fraction(cell(found, "right", "access", "on_time")) == (2, 2)


def test_it_judges_each_right_by_itself(made: ReportWorld) -> None:
    found = report(made, "times")
    # 45 cases ask for access: all but the withdrawn, the refused and the paused erasure
    assert cell(found, "right", "access", "received").amount == 45
    # answered: 36 cases, and TWO-ONE-OPEN's access
    assert cell(found, "right", "access", "answered").amount == 37
    # late: JAN31, EXT-LATE, -NOTICE-LATE, -NO-NOTICE, -REFUSED-LATE, PAUSED, and three open ones; 37 + 3 judged
    assert fraction(cell(found, "right", "access", "on_time")) == (31, 40)
    assert fraction(cell(found, "right", "rectification", "on_time")) == (0, 1)
    # refused in time; refused late; unanswered. The withdrawn one is apart
    assert fraction(cell(found, "right", "erasure", "on_time")) == (1, 3)
    assert cell(found, "right", "erasure", "received").amount == 4
    assert cell(found, "right", "all", "received").amount == 50
    alone = report(made, "times", right="rectification")
    assert alone.figure("received").value.amount == 1
    assert fraction(alone.figure("on_time").value) == (0, 1)


def test_it_breaks_down_by_month_channel_team_and_handler(made: ReportWorld) -> None:
    found = report(made, "times")
    months = {row.key: int(row.values[0].amount or 0) for row in found.table("month").rows}
    assert months == {
        "2026-01": 2,
        "2026-02": 15,  # 7 extended, 2 paused, 4 closed otherwise, 2 reopened
        "2026-03": 22,
        "2026-04": 2,
        "2026-05": 2,
        "2026-06": 1,
        "2026-07": 0,
        "2026-08": 0,
        "2026-09": 0,
        "2026-10": 3,
        "2026-11": 1,
        "all": 48,
    }
    # February: EXT-IN-TIME, -REFUSED-IN-TIME, -NOT-NEEDED and both reopened of eleven judged
    assert fraction(cell(found, "month", "2026-02", "on_time")) == (5, 11)
    assert cell(found, "month", "2026-07", "on_time").amount is None
    assert {row.key: int(row.values[0].amount or 0) for row in found.table("channel").rows} == {
        "portal": 22,
        "email": 24,
        "post": 2,
        "all": 48,
    }
    hr = str(made.world.hr.pk)
    # 4 May, since 1 May is a holiday and a weekend follows; 20 April
    assert fraction(cell(found, "team", hr, "on_time")) == (2, 2)
    assert cell(found, "team", str(made.world.kund.pk), "received").amount == 46
    handlers = {row.label: int(row.values[0].amount or 0) for row in found.table("handler").rows}
    assert handlers == {"Anders": 2, "Karin": 22, "Ingen handläggare": 24, "Alla": 48}


def test_it_narrows_to_team_channel_handler_and_system(made: ReportWorld) -> None:
    def received(**narrowed: object) -> int:
        return int(report(made, "overview", **narrowed).figure("received").value.amount or 0)

    assert received(team="hr") == 2
    assert received(channel="portal") == 22
    assert received(handler=made.world.karin.pk) == 22
    assert received(handler=0) == 24
    assert received(system="arkiv") == 3
    assert received(right="erasure") == 4
    assert received(team="it") == 0


def test_it_tells_how_requests_came_and_who_asked(made: ReportWorld) -> None:
    found = report(made, "received")
    assert numbers(found.figure("represented").value) == ["EXT-IN-TIME", "HR-MAY-DAY", "PAUSED"]
    assert fraction(found.figure("represented").value) == (3, 48)
    # three by a pause, one by a letter alone
    assert numbers(found.figure("completion_asked").value) == [
        "NOT-IDENTIFIED",
        "OPEN-PAUSED",
        "PAUSED",
        "PAUSED-REFUSED",
    ]
    assert fraction(cell(found, "channels", "email", "share")) == (24, 48)
    assert {row.key: int(row.values[0].amount or 0) for row in found.table("rights").rows} == {
        "access": 45,
        "rectification": 1,
        "erasure": 4,
        "all": 50,
    }
    assert {row.key: int(row.values[0].amount or 0) for row in found.table("methods").rows} == {
        "eid": 22,
        "call_back": 1,
        "": 25,
        "all": 48,
    }


def test_it_tells_outcomes_and_refusals_by_ground(made: ReportWorld) -> None:
    found = report(made, "outcomes")
    # decided: 37 answered cases (the reopened open one has no outcome), the second right of TWO-ONE-LATE, the access of
    # TWO-ONE-OPEN and the unsent one; refused: two in the extended ones, one paused, one in part
    assert fraction(found.figure("refused").value) == (4, 40)
    full = {row.key: numbers(row.values[0]) for row in found.table("refusals").rows if row.values[0].n}
    assert full == {
        "12_5_unfounded": ["PAUSED-REFUSED"],
        "12_5_excessive": ["EXT-REFUSED-LATE"],
        "17_3_b": ["EXT-REFUSED-IN-TIME"],
        "11_2": ["NOT-IDENTIFIED"],
        "all": ["EXT-REFUSED-IN-TIME", "EXT-REFUSED-LATE", "NOT-IDENTIFIED", "PAUSED-REFUSED"],
    }
    part = {row.key: numbers(row.values[1]) for row in found.table("refusals").rows if row.values[1].n}
    assert part == {"15_4": ["HR-PARTLY"], "all": ["HR-PARTLY"]}
    assert cell(found, "outcomes", "erasure", "outcome:refused").amount == 2
    assert cell(found, "outcomes", "erasure", "outcome:withdrawn").amount == 1
    assert cell(found, "outcomes", "erasure", "outcome:open").amount == 1
    assert cell(found, "outcomes", "access", "outcome:nothing_found").amount == 1


def test_it_counts_masks_that_are_in_force(made: ReportWorld) -> None:
    found = report(made, "outcomes")
    masked = {row.key: tuple(int(value.amount or 0) for value in row.values) for row in found.table("masked").rows}
    assert masked == {"15_4": (2, 1), "dsl_5_1": (1, 1), "dsl_5_2": (0, 0)}  # one of three was undone


def test_it_tells_how_systems_answer(made: ReportWorld) -> None:
    found = report(made, "systems")
    values = {row.key: row.values for row in found.table("systems").rows}
    gathered, middle, ninetieth, failed, by_hand, attempts = values["fakturering"]
    assert gathered.amount == 24  # 22 ended, one failed, one left out with the case
    assert (middle.amount, middle.n) == (Decimal("11.5"), 22)  # 1 to 22 hours
    assert ninetieth.amount == 20
    assert numbers(failed) == ["PAUSED"]
    assert fraction(by_hand) == (1, 22)
    assert attempts.amount == Decimal("1.0952")  # 20 of one run and one of three: 23 / 21
    gathered, middle, _, failed, by_hand, attempts = values["arkiv"]
    assert (gathered.amount, middle.amount, middle.n, failed.amount) == (3, None, 3, 0)
    assert fraction(by_hand) == (3, 3)
    assert attempts.amount is None


def test_it_tells_what_happened_after_the_answer(made: ReportWorld) -> None:
    found = report(made, "follow_up")
    assert numbers(found.figure("reopened").value) == ["REOPENED-CLOSED", "REOPENED-OPEN"]
    assert numbers(found.figure("complaints").value) == ["REOPENED-OPEN"]  # the court's hold is none
    assert numbers(found.figure("public_documents").value) == ["JAN31-LATE"]
    assert found.figure("breaches").value.amount == 3
    assert fraction(found.figure("breaches_reported").value) == (1, 2)  # 71 and 73 hours; the third is not answered
    assert numbers(found.figure("recipients_untold").value) == ["TWO-ONE-LATE"]
    assert {row.key: numbers(row.values[0]) for row in found.table("ways").rows} == {
        "portal": ["P01", "P02", "P03", "P04", "P05"],
        "email": ["JAN31-LATE"],
        "post": ["HR-MAY-DAY", "HR-PARTLY"],
        "visit": [],
    }
    assert {row.key: numbers(row.values[0]) for row in found.table("returned").rows} == {
        "bounced": ["JAN31-LATE"],
        "post": ["HR-MAY-DAY"],
        "not_fetched": [],
    }
    april = report(made, "follow_up", Period(date(2026, 4, 1), date(2026, 4, 30)))
    assert numbers(april.figure("reopened").value) == ["REOPENED-CLOSED"]  # by the day it happened, not of receipt


@pytest.mark.parametrize("name", ["karin", "anders", "sven", "ada", "root"])
def test_it_counts_nothing_for_who_oversees_nothing(made: ReportWorld, name: str) -> None:
    user = made.world.everyone()[name]
    for key in PLANS:
        found = build(user, key, Query(period=PERIOD), "sv", today=TODAY)
        assert all(item.value.n == 0 for item in found.figures), key
        assert all(value.n == 0 for table in found.tables for row in table.rows for value in row.values), key


def test_it_names_cases_by_both_their_numbers(made: ReportWorld) -> None:
    value = cell(report(made, "outcomes"), "refusals", "15_4", "refused_part")
    assert value.counted[0] == ("HR-PARTLY", "HEM 2026/77")


@pytest.mark.parametrize("key", list(PLANS))
@pytest.mark.parametrize("lang", ["sv", "en"])
def test_it_defines_every_number_it_shows(made: ReportWorld, key: str, lang: str) -> None:
    found = build(made.world.lena, key, Query(period=PERIOD), lang, today=TODAY)
    for means in [item.means for item in found.figures] + [c.means for table in found.tables for c in table.columns]:
        assert means.endswith(".")
        assert len(means) > 25
    assert all(len(set(definition.means)) == 2 and all(definition.label) for definition in DEFINITIONS.values())


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("month", date(2026, 11, 1), TODAY),
        ("last_month", date(2026, 10, 1), date(2026, 10, 31)),
        ("quarter", date(2026, 10, 1), TODAY),
        ("year", date(2026, 1, 1), TODAY),
        ("last_12", date(2025, 12, 1), TODAY),
    ],
)
def test_it_knows_the_usual_periods(name: str, first: date, last: date) -> None:
    assert preset(name, TODAY) == Period(first, last)


@pytest.mark.parametrize("key", list(PLANS))
def test_it_takes_a_fixed_number_of_queries(made: ReportWorld, key: str, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(24):  # type: ignore[operator]
        report(made, key)


def test_a_right_taken_back_is_apart_and_makes_the_answer_no_later(made: ReportWorld) -> None:
    case = made.add(
        "ONE-TAKEN-BACK",
        date(2026, 5, 4),
        sent=date(2026, 6, 10),  # when nothing was left to wait for: after 4 June
        rights=(("access", "granted", date(2026, 5, 20)), ("erasure", "withdrawn", date(2026, 6, 10))),
    )
    found = report(made, "times", Period(date(2026, 5, 4), date(2026, 5, 4)))
    assert case.diary_no in numbers(found.figure("on_time").value)
    assert case.diary_no in numbers(found.figure("within_month").value)
    assert cell(found, "right", "erasure", "answered").amount == 0
    # TWO-ONE-OPEN's erasure is late; the one taken back is not judged
    assert fraction(cell(found, "right", "erasure", "on_time")) == (0, 1)
