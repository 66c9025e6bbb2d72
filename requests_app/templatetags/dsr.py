"""Days, times and numbers as our pages write them."""

from __future__ import annotations

from datetime import date, datetime

from django import template
from django.utils.timezone import localtime
from django.utils.translation import get_language

from requests_app.domain.deadline_words import days_left_words, format_day
from requests_app.domain.deadlines import NO_TIME, days_left
from requests_app.services.numbers import grouped as grouped_number

register = template.Library()


def _language() -> str:
    return get_language() or "sv"


@register.filter
def day(value: date | datetime | None) -> str:
    """``tis 24 nov 2026``; a time is taken as its day in Sweden."""
    if value is None:
        return "–"
    return format_day(localtime(value).date() if isinstance(value, datetime) else value, _language())


@register.filter
def clock(value: datetime | None) -> str:
    """``10:32``, or the day too when it was another one."""
    if value is None:
        return "–"
    local = localtime(value)
    today = localtime().date()
    return (
        f"{local:%H:%M}" if local.date() == today else f"{format_day(local.date(), _language(), today)} {local:%H:%M}"
    )


@register.filter
def moment(value: datetime | None) -> str:
    """``tis 24 nov 2026 10:32``."""
    return "–" if value is None else f"{day(value)} {localtime(value):%H:%M}"


@register.filter
def arrived(value: datetime | None) -> str:
    """When a request came, without a time of day when none was known."""
    if value is None:
        return "–"
    return day(value) if localtime(value).time() == NO_TIME else moment(value)


@register.filter
def left(value: date | None) -> str:
    """``6 dagar kvar``, ``i dag``, ``2 dagar försenad``."""
    return "" if value is None else days_left_words(days_left(value, localtime().date()), _language())


@register.filter
def grouped(value: int | None) -> str:
    """``1 284``."""
    return "–" if value is None else grouped_number(int(value))
