"""How long something has waited for a person, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from requests_app.domain.calendar_se import is_working_day

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Waited:
    """A wait in words, and whether a substitute has been asked since nobody answered."""

    words: str
    escalated: bool


def working_days(since: datetime, until: datetime) -> int:
    """Working days after the day of ``since`` to and with the day of ``until``, in Sweden."""
    day, last = timezone.localtime(since).date(), timezone.localtime(until).date()
    count = 0
    while day < last:
        day += timedelta(days=1)
        count += is_working_day(day)
    return count


def waited(asked_at: datetime, escalated_at: datetime | None) -> Waited:
    """How long it has waited until now."""
    days = working_days(asked_at, timezone.now())
    said = (
        ngettext("has waited %(n)d working day", "has waited %(n)d working days", days) % {"n": days}
        if days
        else _("has waited less than one working day")
    )
    return Waited(said, escalated_at is not None)
