"""What leaves legal's role: small numbers hidden and not to be reckoned from the rest, and the month's mail."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from requests_app.domain.deadlines import add_months
from requests_app.models import OutgoingMail
from requests_app.services import mail_words
from requests_app.services.reports import PLANS, Query, build, preset, suppressed, tell_month
from requests_app.services.reports.facts import CaseNo
from requests_app.services.reports.monthly import first_working_day, lines
from requests_app.services.reports.suppression import LEAST_SHOWN
from requests_app.services.reports.values import Column, Report, Row, Table, Value, count, share
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
