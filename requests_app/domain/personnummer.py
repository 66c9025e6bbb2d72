"""Swedish personal identity numbers (personnummer) and coordination numbers (samordningsnummer).

Population Registration Act (1991:481) § 18 and Act (2022:1697) on coordination numbers; form and check digit as the
Swedish Tax Agency describes them in SKV 704 and SKV 707. A coordination number has 60 added to the day; where the day
or the month of birth is not known, it is 0: the day is then 60 and the month 00.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from requests_app.domain.deadlines import STOCKHOLM

_WRITTEN = re.compile(
    r"(?P<century>[0-9]{2})?(?P<year>[0-9]{2})(?P<month>[0-9]{2})(?P<day>[0-9]{2})"
    r"(?P<sign>[-+]?)(?P<serial>[0-9]{3})(?P<check>[0-9])"
)
_IN_TEXT = re.compile(
    r"(?<![0-9])(?:[0-9]{8}[-+\u2010-\u2015\u2212]?|[0-9]{6}[-+\u2010-\u2015\u2212])[0-9]{4}(?![0-9])"
)
_LONG_DASHES = re.compile("[\u2010-\u2015\u2212]")
_COORDINATION = 60


class NotPersonnummer(ValueError):
    """Why a text is no identity number: ``form``, ``date``, ``future``, ``number`` or ``checksum``."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Not an identity number: {reason}.")
        self.reason = reason


def read_personnummer(text: str, today: date | None = None) -> str:
    """The 12 digits of an identity number written with 10 or 12 digits, with ``-``, ``+`` or nothing before the last
    four.

    With ten digits, ``+`` says that the person turns at least 100 this year. Without it the birth is the latest one
    that is not in the future.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise NotPersonnummer("form")
    today = today or datetime.now(STOCKHOLM).date()
    month, day = int(match["month"]), int(match["day"])
    if match["century"]:
        year = int(match["century"] + match["year"])
    else:
        year = _year(int(match["year"]), month, day, today, old=match["sign"] == "+")
    born = _earliest_birth(year, month, day)
    if born is None or year < 1800:
        raise NotPersonnummer("date")
    if match["serial"] == "000":
        raise NotPersonnummer("number")
    number = f"{year:04d}{match['month']}{match['day']}{match['serial']}{match['check']}"
    if not _check_digit_fits(number[2:]):
        raise NotPersonnummer("checksum")
    if born > today:
        raise NotPersonnummer("future")
    return number


def birth_date(number: str) -> date | None:
    """The date of birth in a number of 12 digits; None when its day or month is not known, or it is no such number."""
    if not re.fullmatch(r"[0-9]{12}", number):
        return None
    month, day = int(number[4:6]), int(number[6:8])
    if month == 0 or day == _COORDINATION:
        return None
    return _earliest_birth(int(number[:4]), month, day)


def find_personnummer(text: str, today: date | None = None) -> list[tuple[int, int, str]]:
    """Valid identity numbers in running text, as ``(start, end, 12 digits)``.

    Found are 12 digits, and 8 or 6 digits with ``-`` or ``+`` before the last four, where no digit stands next to
    them and date and check digit fit. Ten bare digits are left alone: too many order and telephone numbers look like
    them.
    """
    found = []
    for match in _IN_TEXT.finditer(text):
        try:
            number = read_personnummer(_LONG_DASHES.sub("-", match[0]), today)
        except NotPersonnummer:
            continue
        found.append((match.start(), match.end(), number))
    return found


def _year(two_digits: int, month: int, day: int, today: date, *, old: bool) -> int:
    latest = today.year - (100 if old else 0)
    year = latest - (latest - two_digits) % 100
    born = _earliest_birth(year, month, day)
    # Somebody who turns 100 later this year is often written without the plus sign.
    return year - 100 if born is not None and born > today else year


def _earliest_birth(year: int, month: int, day: int) -> date | None:
    """The first date a number may mean; None when it means none."""
    coordination = day >= _COORDINATION
    if coordination:
        day -= _COORDINATION
    if not coordination and (month == 0 or day == 0):
        return None
    try:
        return date(year, month or 1, day or 1)
    except ValueError:
        return None


def _check_digit_fits(ten_digits: str) -> bool:
    """The Luhn sum of nine digits and a check digit."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(ten_digits))
    return sum(number // 10 + number % 10 for number in doubled) % 10 == 0
