"""Which files of a folder a description means, and of which day each is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from requests_app.connectors.reading import SWEDEN

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.files.places import Lying

DATE = "{date}"
_PARTS = {"*": ".*", "?": "."}
_LENGTHS = {
    "Y": "[0-9]{4}",
    "m": "[0-9]{2}",
    "d": "[0-9]{2}",
    "H": "[0-9]{2}",
    "M": "[0-9]{2}",
    "S": "[0-9]{2}",
    "y": "[0-9]{2}",
    "j": "[0-9]{3}",
}
_CODE = re.compile(r"%(.)")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A file's name with ``*``, ``?`` and at most one ``{date}``. Upper and lower case are one, as where most exports come from."""

    text: str
    date: str
    expression: re.Pattern[str]

    @classmethod
    def of(cls, text: str, date: str) -> Pattern:
        """The pattern of a description."""
        written = "".join(
            _LENGTHS.get(part[1:], re.escape(part)) if part.startswith("%") else re.escape(part)
            for part in re.split(r"(%.)", date)
        )
        parts = re.split(r"(\*|\?|\{date\})", text)
        expression = "".join(
            f"(?P<date>{written})" if part == DATE else _PARTS.get(part, re.escape(part)) for part in parts
        )
        return cls(text, date, re.compile(expression, re.IGNORECASE | re.DOTALL))

    @staticmethod
    def fits_together(text: str, date: str) -> bool:
        """Whether the pattern can be used: one date at most, and in the date only what has a fixed length."""
        codes = _CODE.findall(date)
        if text.count("*") > 3:  # each more makes long names slower to compare
            return False
        return text.count(DATE) <= 1 and bool(codes) and set(codes) <= set(_LENGTHS) and "/" not in date

    def day(self, name: str) -> datetime | None:
        """When a file that fits was made, by its name; None when the name does not say. Raises ``ValueError`` for one that does not fit."""
        found = self.expression.fullmatch(name)
        if found is None:
            raise ValueError
        if DATE not in self.text:
            return None
        when = datetime.strptime(found["date"], self.date)
        return when.replace(tzinfo=SWEDEN)


@dataclass(frozen=True, slots=True)
class Dated:
    """A file that fits, and when it was made."""

    file: Lying
    made: datetime


def fitting(pattern: Pattern, files: Iterable[Lying], *, every: bool) -> list[Dated]:
    """The files a pattern means, oldest first: the newest alone, or every one.

    A file's day is the one in its name, else when it was last written.
    """
    found = []
    for file in files:
        try:
            named = pattern.day(file.name)
        except ValueError:
            continue
        found.append(Dated(file, named or file.modified))
    found.sort(key=lambda one: (one.made, one.file.modified, one.file.name))
    return found if every else found[-1:]


def is_stale(made: datetime, now: datetime, fresh_days: int) -> bool:
    """Whether an export is older than it may be, by Swedish days."""
    return (now.astimezone(SWEDEN).date() - made.astimezone(SWEDEN).date()).days > fresh_days
