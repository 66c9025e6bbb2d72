from __future__ import annotations

from datetime import date, timedelta

import holidays
import pytest
from holidays.constants import DE_FACTO, PUBLIC

from requests_app.domain.calendar_se import HOLIDAY_NAMES, eves, is_working_day, public_holidays, why_not_working

YEARS = range(2023, 2037)


@pytest.mark.parametrize("year", YEARS)
def test_its_public_holidays_are_those_of_an_independent_library(year: int) -> None:
    theirs = holidays.country_holidays("SE", years=year, categories=(PUBLIC,), include_sundays=False)
    assert set(public_holidays(year)) == set(theirs)


@pytest.mark.parametrize("year", YEARS)
def test_its_eves_are_those_of_an_independent_library(year: int) -> None:
    theirs = holidays.country_holidays("SE", years=year, categories=(PUBLIC, DE_FACTO), include_sundays=False)
    assert set(public_holidays(year)) | set(eves(year)) == set(theirs)


@pytest.mark.parametrize("year", YEARS)
def test_working_days_of_a_whole_year_are_those_of_an_independent_library(year: int) -> None:
    strict = holidays.country_holidays("SE", years=year, categories=(PUBLIC,), include_sundays=True)
    wide = holidays.country_holidays("SE", years=year, categories=(PUBLIC, DE_FACTO), include_sundays=True)
    for day in (date(year, 1, 1) + timedelta(days=n) for n in range(365)):
        assert is_working_day(day) == (day not in strict and day.weekday() != 5)
        assert is_working_day(day, eves_are_holidays=True) == (day not in wide and day.weekday() != 5)


def test_the_thirteen_named_days_of_2026_have_their_names() -> None:
    assert {day: HOLIDAY_NAMES[code][0] for day, code in public_holidays(2026).items()} == {
        date(2026, 1, 1): "nyårsdagen",
        date(2026, 1, 6): "trettondedag jul",
        date(2026, 4, 3): "långfredagen",
        date(2026, 4, 5): "påskdagen",
        date(2026, 4, 6): "annandag påsk",
        date(2026, 5, 1): "första maj",
        date(2026, 5, 14): "Kristi himmelsfärdsdag",
        date(2026, 5, 24): "pingstdagen",
        date(2026, 6, 6): "nationaldagen",
        date(2026, 6, 20): "midsommardagen",
        date(2026, 10, 31): "alla helgons dag",
        date(2026, 12, 25): "juldagen",
        date(2026, 12, 26): "annandag jul",
    }


def test_two_holidays_on_one_date_are_one_day_off_with_the_first_name() -> None:
    assert public_holidays(2008)[date(2008, 5, 1)] == "may_day"
    assert len(public_holidays(2008)) == 12


def test_days_that_are_often_thought_to_be_holidays_are_working_days() -> None:
    whit_monday, maundy_thursday, all_saints_eve = date(2026, 5, 25), date(2026, 4, 2), date(2026, 10, 30)
    assert all(is_working_day(day, eves_are_holidays=True) for day in (whit_monday, maundy_thursday, all_saints_eve))


def test_it_says_why_a_day_is_not_a_working_day() -> None:
    assert why_not_working(date(2026, 12, 24)) is None
    assert why_not_working(date(2026, 12, 24), eves_are_holidays=True) == "christmas_eve"
    assert why_not_working(date(2026, 12, 26)) == "second_day_of_christmas"  # a Saturday, but the name says more
    assert why_not_working(date(2026, 12, 27)) == "sunday"
    assert why_not_working(date(2026, 12, 19)) == "saturday"


def test_what_it_gives_can_be_changed_without_harm() -> None:
    public_holidays(2026).clear()
    assert len(public_holidays(2026)) == 13
