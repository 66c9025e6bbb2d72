"""What leaves legal's role: small numbers hidden and not to be reckoned from the rest, and the month's mail."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from guardian.shortcuts import assign_perm
from hypothesis import assume, given, strategies as st

from requests_app.domain.deadlines import add_months
from requests_app.models import OutgoingMail, Team, User
from requests_app.services import access, mail_words
from requests_app.services.reports import (
    PLANS,
    Period,
    Query,
    build,
    preset,
    shared,
    sharing,
    shown,
    suppressed,
    tell_month,
    why_not_shared,
)
from requests_app.services.reports.facts import CaseNo
from requests_app.services.reports.monthly import first_working_day, lines
from requests_app.services.reports.sharing import rounded
from requests_app.services.reports.suppression import LEAST_SHOWN
from requests_app.services.reports.values import Column, Report, Row, Table, Value, count, mean, share
from tests.services.report_world import PERIOD, TODAY, ReportWorld, make_reports
from tests.world import make_world

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(db: None, var: Path) -> ReportWorld:
    return make_reports(make_world())


def so_many(n: int) -> Value:
    return count(CaseNo(f"D-{i}") for i in range(n))


def one_table(sizes: list[int]) -> Report:
    rows = [Row(str(at), str(at), (so_many(n),)) for at, n in enumerate(sizes)]
    rows.append(Row("all", "Alla", (so_many(sum(sizes)),), whole=True))
    table = Table("t", "T", "Rad", (Column("number", "Antal", "Antal."),), tuple(rows))
    return Report("r", "R", "", "sv", PERIOD, (), (), (table,))


def cells(report: Report) -> tuple[list[int | None], int | None]:
    found = [None if row.values[0].hidden else row.values[0].n for row in report.tables[0].rows]
    return found[:-1], found[-1]


@pytest.mark.parametrize(
    ("sizes", "shown", "whole"),
    [
        ([5, 4, 9], [5, 4, 9], 18),
        ([5, 0, 9], [5, 0, 9], 14),  # none is no person
        ([5, 2, 9], [None, None, 9], 16),  # 16 less 9 and 5 would tell: the smallest beside it goes too
        ([1, 1, 9], [None, None, None], 11),  # two hidden ones that must be one each tell as much
        ([2, 2, 0], [None, None, 0], None),  # nothing else to hide: the sum goes
        ([2, 0, 0], [None, 0, 0], None),
    ],
)
def test_it_hides_small_numbers_and_what_would_give_them_away(
    sizes: list[int], shown: list[int | None], whole: int | None
) -> None:
    assert cells(suppressed(one_table(sizes))) == (shown, whole)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=7))
def test_no_hidden_small_number_can_be_reckoned(sizes: list[int]) -> None:
    parts, whole = cells(suppressed(one_table(sizes)))
    assert all(part is None or part == 0 or part >= LEAST_SHOWN for part in parts)
    hidden = [size for size, part in zip(sizes, parts, strict=True) if part is None]
    if whole is not None and any(0 < size < LEAST_SHOWN for size in hidden):
        left = whole - sum(part for part in parts if part is not None)
        # what is left could be split in more than one way into parts of at least one
        assert len(hidden) >= 2
        assert left > len(hidden)


@pytest.mark.parametrize(
    ("yes", "no", "hidden"), [(5, 5, False), (0, 5, False), (5, 0, False), (12, 1, True), (2, 9, True)]
)
def test_it_hides_a_share_whose_part_or_remainder_is_small(yes: int, no: int, hidden: bool) -> None:
    value = share((CaseNo(str(n)) for n in range(yes)), (CaseNo(str(n)) for n in range(no)))
    table = Table("t", "T", "Rad", (Column("share", "Andel", "Andel."),), (Row("a", "A", (value,)),), parted=False)
    found = suppressed(Report("r", "R", "", "sv", PERIOD, (), (), (table,))).tables[0].rows[0].values[0]
    assert found.hidden is hidden
    assert found.counted == found.rest == ()


@pytest.mark.parametrize("key", list(PLANS))
def test_nothing_small_and_no_case_number_is_left_in_any_report(made: ReportWorld, key: str) -> None:
    whole = build(made.world.lena, key, Query(period=PERIOD), "sv", today=TODAY)
    found = suppressed(whole)
    values = [item.value for item in found.figures]
    values += [value for table in found.tables for row in table.rows for value in row.values]
    assert not any(value.counted or value.rest for value in values)
    for value in values:
        if not value.hidden:
            assert value.n == 0 or value.n >= LEAST_SHOWN
            if value.kind == "share":
                assert not 0 < value.part < LEAST_SHOWN
                assert not 0 < value.n - value.part < LEAST_SHOWN
    assert not any(table.names for table in found.tables)
    assert [item.means for item in found.figures] == [item.means for item in whole.figures]


def test_figures_that_add_up_hide_a_second_one(made: ReportWorld) -> None:
    found = suppressed(build(made.world.lena, "times", Query(period=PERIOD), "sv", today=TODAY))
    # 48 = 38 answered + 6 open + four ones: the open ones go with the ones, since 48 less the shown would leave exactly four ones
    hidden = {item.key for item in found.figures if item.value.hidden}
    assert {"withdrawn", "not_identified", "joined", "unsent", "open"} <= hidden
    assert not {"received", "answered"} & hidden


# --- Subtracting one file from another ----------------------------------------------------------------------------------------

YEAR, OCTOBER = Period(date(2026, 1, 1), date(2026, 12, 31)), Period(date(2026, 10, 1), date(2026, 10, 31))
AFTER = date(2027, 1, 1)


def oversees_all(made: ReportWorld) -> User:
    """Lena, with every team under her eyes."""
    for team in Team.objects.all():
        assign_perm(access.OVERSEE_TEAM, made.world.lena, team)
    lena = made.world.lena
    lena.refresh_from_db()
    return lena


def test_only_whole_months_and_years_that_have_ended_are_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "may_share", lambda user: True)  # asked below, not for 6,570 periods
    lena, first = User(), date(2025, 1, 1)
    days = [first + timedelta(days=at) for at in range(730)]
    asked = [
        Period(day, day + timedelta(days=length - 1)) for day in days for length in (1, 7, 27, 28, 29, 30, 31, 90, 365)
    ]
    may = {period for period in asked if not why_not_shared(lena, Query(period=period), today=date(2026, 12, 31))}
    months = {period for period in may if period.last - period.first < timedelta(days=40)}
    assert len(months) == 23  # December 2026 has not ended
    assert len({period.first for period in months}) == 23  # no two overlap
    assert may - months == {Period(first, date(2025, 12, 31))}


@pytest.mark.parametrize(
    "narrowed", [{"right": "access"}, {"channel": "email"}, {"team": "kund"}, {"handler": 0}, {"system": "arkiv"}]
)
def test_nothing_narrowed_is_distributed(made: ReportWorld, narrowed: dict[str, Any]) -> None:
    lena = oversees_all(made)
    assert why_not_shared(lena, Query(period=OCTOBER), today=AFTER) == ""
    assert why_not_shared(lena, Query(period=OCTOBER, **narrowed), today=AFTER)


def test_who_does_not_oversee_every_team_distributes_nothing(made: ReportWorld) -> None:
    assert why_not_shared(made.world.lena, Query(period=OCTOBER), today=AFTER)
    oversees_all(made)
    Team.objects.create(key="new", name="Nytt")
    assert why_not_shared(made.world.lena, Query(period=OCTOBER), today=AFTER)


@given(st.lists(st.integers(3, 40), min_size=2, max_size=11), st.integers(0, 10))
def test_a_hidden_month_cannot_be_reckoned_from_the_year_and_the_other_months(others: list[int], at: int) -> None:
    """Where one case less in a shown month and one more in the hidden one change no file, the files do not tell which it was."""
    at %= len(others)
    assume(others[at] > 3 and (others[at] + 2) // 5 == (others[at] + 1) // 5)
    moved = [*others[:at], others[at] - 1, *others[at + 1 :]]

    def files(months: list[int]) -> list[Value]:
        return [shared(one_table([n])).tables[0].rows[-1].values[0] for n in (*months, sum(months))]

    assert files([1, *others]) == files([2, *moved])


@pytest.mark.parametrize("period", [YEAR, Period(date(2026, 3, 1), date(2026, 3, 31))])
def test_different_reports_of_one_period_give_no_exact_number_together(made: ReportWorld, period: Period) -> None:
    lena, found = oversees_all(made), dict[str, set[str]]()
    for key in PLANS:
        report = shared(build(lena, key, Query(period=period), "sv", today=AFTER))
        values = [(item.key, item.value) for item in report.figures]
        values += [(table.title, value) for table in report.tables for row in table.rows for value in row.values]
        for _name, value in values:
            assert value.n % 5 == value.part % 5 == 0
            if value.kind in {"count", "sum_days"} and value.amount is not None:
                assert value.amount % 5 == 0
            if value.kind == "share" and value.amount is not None:
                assert value.amount == Decimal(value.part) / value.n
        for item in report.figures:
            if not item.value.hidden:
                found.setdefault(item.key, set()).add(shown(item.value, "sv"))
    assert all(len(said) == 1 for said in found.values())


@pytest.mark.parametrize(
    ("yes", "no", "said"),
    [(12, 7, None), (13, 7, "65,0 %".replace("65", "75")), (18, 3, None), (22, 0, "100 %"), (0, 22, "0 %")],
)
def test_a_share_is_reckoned_from_rounded_numbers_and_never_says_all_where_that_is_not_so(
    yes: int, no: int, said: str | None
) -> None:
    value = rounded(share((CaseNo(str(n)) for n in range(yes)), (CaseNo(str(n)) for n in range(no))))
    assert (None if value.hidden else shown(value, "sv")) == said


def test_a_mean_and_a_median_are_distributed_with_no_more_decimals_than_are_shown() -> None:
    cases = [CaseNo(str(n)) for n in range(21)]
    assert rounded(mean([1] * 20 + [2], cases)) == Value("mean", Decimal("1.0"), 20, 20, tuple(cases))


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 11, 20), date(2026, 11, 2)),  # the 1st is a Sunday
        (date(2027, 1, 31), date(2027, 1, 4)),  # New Year's Day is a Friday
        (date(2026, 10, 1), date(2026, 10, 1)),
    ],
)
def test_it_knows_the_first_working_day_of_a_month(day: date, first: date) -> None:
    assert first_working_day(day) == first


def test_it_mails_last_months_figures_once_to_each_of_legal(made: ReportWorld) -> None:
    assert tell_month(today=date(2026, 11, 1)) == 0  # a Sunday
    assert tell_month(today=date(2026, 11, 2)) == 1
    assert tell_month(today=date(2026, 11, 2)) == 0
    assert tell_month(today=date(2026, 11, 30)) == 0
    mail = OutgoingMail.objects.get(kind="report")
    assert mail.user == made.world.lena
    assert mail.params["period"] == "2026-10"
    assert tell_month(today=date(2026, 12, 9)) == 1  # the 1st was missed: as soon as the job runs
    assert OutgoingMail.objects.filter(kind="report").count() == 2


def test_its_mail_has_key_figures_and_nothing_that_points_at_somebody(made: ReportWorld) -> None:
    tell_month(today=date(2026, 11, 2))
    text = mail_words.text_of(OutgoingMail.objects.get(kind="report"))
    said = f"{text.subject}\n{text.body}"
    assert "Inkomna: 3" in said  # three in October
    assert "Besvarade: 0" in said
    assert "/admin/rapporter/overview/?from=2026-10-01&to=2026-10-31" in said
    assert not any(no in said for no in made.cases)
    assert "Karin" not in said


def test_its_mail_hides_small_numbers(made: ReportWorld) -> None:
    found = dict(line.split(": ", 1) for line in lines(made.world.lena, preset("month", TODAY), today=TODAY))
    assert found["Inkomna"] == "dold"  # one in November
    assert found["I tid enligt lag"] == "–"
    assert found["Försenade nu"] == "5"
    assert found["Ska besvaras inom 14 dagar"] == "dold"


def test_it_mails_nobody_who_oversees_no_team(made: ReportWorld) -> None:
    lena = made.world.lena
    lena.is_active = False
    lena.save()
    assert tell_month(today=date(2026, 11, 2)) == 0


def test_a_percentage_is_exact_until_it_is_shown() -> None:
    value = share((CaseNo("a") for _ in range(1)), (CaseNo("b") for _ in range(2)))
    assert value.amount == Decimal(1) / 3
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
