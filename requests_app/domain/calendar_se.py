"""Swedish public holidays by the Act (1989:253) on public holidays: 13 named days, and every Sunday.

The three eves are not public holidays by that Act, but the Act (1930:173) on the computation of statutory time treats
them like one, and so do most employers. Whether a deadline may end on an eve is therefore a policy, and they stand
apart here. Holds from 2005 on, when the national day replaced Whit Monday.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

HOLIDAY_NAMES: dict[str, tuple[str, str]] = {
    "new_years_day": ("nyårsdagen", "New Year’s Day"),
    "epiphany": ("trettondedag jul", "Epiphany"),
    "good_friday": ("långfredagen", "Good Friday"),
    "easter_sunday": ("påskdagen", "Easter Sunday"),
    "easter_monday": ("annandag påsk", "Easter Monday"),
    "may_day": ("första maj", "May Day"),
    "ascension_day": ("Kristi himmelsfärdsdag", "Ascension Day"),
    "whit_sunday": ("pingstdagen", "Whit Sunday"),
    "national_day": ("nationaldagen", "National Day"),
    "midsummer_day": ("midsommardagen", "Midsummer Day"),
    "all_saints_day": ("alla helgons dag", "All Saints’ Day"),
    "christmas_day": ("juldagen", "Christmas Day"),
    "second_day_of_christmas": ("annandag jul", "the second day of Christmas"),
    "midsummer_eve": ("midsommarafton", "Midsummer Eve"),
    "christmas_eve": ("julafton", "Christmas Eve"),
    "new_years_eve": ("nyårsafton", "New Year’s Eve"),
}
"""Code of a named day, and its Swedish and English name as it stands inside a sentence."""

_SATURDAY, _SUNDAY = 5, 6


def public_holidays(year: int) -> dict[date, str]:
    """The 13 named days of a year with their codes; other Sundays are public holidays too but have no name.

    When two fall on the same date (May Day and Ascension Day in 2008) the date has the name that stands first in the
    Act.
    """
    return dict(_public_holidays(year))


def eves(year: int) -> dict[date, str]:
    """Midsummer Eve, Christmas Eve and New Year's Eve of a year, with their codes."""
    midsummer_eve = _saturday_from(date(year, 6, 20)) - timedelta(days=1)
    return {midsummer_eve: "midsummer_eve", date(year, 12, 24): "christmas_eve", date(year, 12, 31): "new_years_eve"}


def why_not_working(day: date, eves_are_holidays: bool = False) -> str | None:
    """Code of the named day, else ``saturday`` or ``sunday``; None when it is a working day."""
    named = _public_holidays(day.year).get(day)
    if named is None and eves_are_holidays:
        named = eves(day.year).get(day)
    return named or {_SATURDAY: "saturday", _SUNDAY: "sunday"}.get(day.weekday())


def is_working_day(day: date, eves_are_holidays: bool = False) -> bool:
    """Whether the day is neither Saturday, Sunday nor public holiday (Regulation 1182/71 Article 2(2))."""
    return why_not_working(day, eves_are_holidays=eves_are_holidays) is None


@lru_cache(maxsize=64)
def _public_holidays(year: int) -> dict[date, str]:
    easter = _easter_sunday(year)
    in_order = [
        (date(year, 1, 1), "new_years_day"),
        (date(year, 1, 6), "epiphany"),
        (easter - timedelta(days=2), "good_friday"),
        (easter, "easter_sunday"),
        (easter + timedelta(days=1), "easter_monday"),
        (date(year, 5, 1), "may_day"),
        (easter + timedelta(days=39), "ascension_day"),
        (easter + timedelta(days=49), "whit_sunday"),
        (date(year, 6, 6), "national_day"),
        (_saturday_from(date(year, 6, 20)), "midsummer_day"),
        (_saturday_from(date(year, 10, 31)), "all_saints_day"),
        (date(year, 12, 25), "christmas_day"),
        (date(year, 12, 26), "second_day_of_christmas"),
    ]
    found: dict[date, str] = {}
    for day, code in in_order:
        found.setdefault(day, code)
    return found


def _saturday_from(day: date) -> date:
    return day + timedelta(days=(_SATURDAY - day.weekday()) % 7)


def _easter_sunday(year: int) -> date:
    """Easter of the Gregorian calendar, by the anonymous algorithm (Meeus, Astronomical Algorithms, ch. 8)."""
    golden = year % 19
    century, in_century = divmod(year, 100)
    leap_centuries, century_rest = divmod(century, 4)
    moon_correction = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_correction + 15) % 30
    leap_years, year_rest = divmod(in_century, 4)
    to_sunday = (32 + 2 * century_rest + 2 * leap_years - epact - year_rest) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
