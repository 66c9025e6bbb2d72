"""The month's figures by mail: once to each person of legal, on the first working day of the next month, or as soon as the job runs."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from requests_app.domain.calendar_se import is_working_day
from requests_app.models import OutgoingMail, User
from requests_app.services import access, mail
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.reports.building import build
from requests_app.services.reports.period import Period, Query, preset
from requests_app.services.reports.suppression import suppressed
from requests_app.services.reports.values import basis, shown

if TYPE_CHECKING:
    from django.db.models import QuerySet

LINES = ("received", "answered", "on_time", "on_time_paused", "extended", "refused", "overdue_now", "due_14")
"""The key figures that go in the mail."""


def first_working_day(day: date) -> date:
    """The first working day of the month that ``day`` is in."""
    first = day.replace(day=1)
    while not is_working_day(first):
        first += timedelta(days=1)
    return first


def tell_month(*, today: date | None = None) -> int:
    """Queue last month's figures for everybody who sees reports and has not been told; gives how many. Runs as often as one likes.

    A mail leaves our house's control, so small numbers are hidden in it and no case is named.
    """
    today = today or timezone.localdate()
    if today < first_working_day(today):
        return 0
    period = preset("last_month", today)
    month = f"{period.first:%Y-%m}"
    told = 0
    for user in _readers().exclude(pk__in=_told(month)).order_by("pk"):
        if not access.teams_with(user, access.OVERSEE_TEAM).exists():
            continue
        params = {"lines": lines(user, period, today=today), "path": _path(period)}
        with unit(SYSTEM) as work:
            mail.queue_report(work, user=user, period=month, idem_key=_idem_key(month, user.pk), params=params)
        told += 1
    return told


def lines(user: User, period: Period, *, today: date | None = None) -> list[str]:
    """The key figures of a period as sentences in the reader's language."""
    report = suppressed(build(user, "overview", Query(period=period), user.language, today=today))
    found = []
    for key in LINES:
        item = report.figure(key)
        beside = basis(item.value, report.lang)
        found.append(f"{item.label}: {shown(item.value, report.lang)}{f' ({beside})' if beside else ''}")
    return found


def _readers() -> QuerySet[User]:
    held = Q(user_permissions__codename="view_reports") | Q(groups__permissions__codename="view_reports")
    return User.objects.filter(held, is_active=True, is_staff=True).distinct()


def _idem_key(month: str, pk: int) -> str:
    return f"report:{month}:{pk}"


def _told(month: str) -> list[int]:
    rows = OutgoingMail.objects.filter(kind=mail.REPORT, idem_key__startswith=f"report:{month}:")
    return [pk for pk in rows.values_list("user_id", flat=True) if pk is not None]


def _path(period: Period) -> str:
    days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
    return f"{reverse('admin:report', args=['overview'])}?{urlencode(days)}"
