"""What time alone does with a task: the owner is reminded, and the handler told before it is too late. Each once, by the rows."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.domain.calendar_se import is_working_day
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.models import OwnerLink
from requests_app.services import audience, escalation, mail, notices, policy as policies
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.moves import Conflict, lock
from requests_app.services.owners import asking, drafts, links
from requests_app.services.owners.links import Status

if TYPE_CHECKING:
    from datetime import date

    from requests_app.services.policy import PolicyValues

MAX_REMINDERS = 3
"""The last of them is kept for the days before the case's last day."""
MORNING = time(8)


def tick(*, now: datetime | None = None) -> int:
    """Remind and escalate whatever is due, and destroy drafts nobody will send; gives how many reminders and escalations that were."""
    now = now or timezone.now()
    done = 0
    drafts.sweep()
    open_links = links.unanswered().filter(collection__current=True, collection__case__closed_at=None)
    for link in list(open_links.order_by("pk")):  # as they were; what is done to one looks at it again, locked
        done += _remind(link, now) + _escalate(link, now)
    return done


def last_moment(due_on: date, values: PolicyValues) -> datetime:
    """When the owner is reminded for the last time: in the morning, so many working days before the case's last day."""
    day, left = due_on, values.owner_last_reminder_working_days
    while left:
        day -= timedelta(days=1)
        left -= is_working_day(day, values.eves_are_holidays)
    return datetime.combine(day, MORNING, STOCKHOLM)


def reminder_due(link: OwnerLink, values: PolicyValues, now: datetime) -> bool:
    """Whether the owner is to be reminded now."""
    if links.status_of(link, now) not in {Status.FRESH, Status.USED} or link.reminders >= MAX_REMINDERS:
        return False
    last = last_moment(link.collection.case.due_statutory_on, values)
    if now >= last:
        return link.sent_at < last
    after = escalation.due_at(link.sent_at, values.owner_remind_after_working_days, values.eves_are_holidays)
    return link.reminders < MAX_REMINDERS - 1 and now >= after


def _remind(link: OwnerLink, now: datetime) -> int:
    values = policies.values_of(link.collection.case.policy)
    if not reminder_due(link, values, now):
        return 0
    with unit(SYSTEM) as work:
        case = lock(link.collection.case)
        try:
            row = asking.current(case, link.collection)
        except Conflict:
            return 0
        link = links.by_ref(link.ref)
        if not reminder_due(link, values, now):
            return 0
        number = link.reminders + 1
        asking.mail_anew(work, case, link, mail.OWNER_TASK, reminder=True, now=now)
        OwnerLink.objects.filter(pk=link.pk).update(reminders=number, reminded_at=now)
        work.event("owner.reminded", case, system=row.system.key, round=row.round, number=number)
    return 1


def _escalate(link: OwnerLink, now: datetime) -> int:
    values = policies.values_of(link.collection.case.policy)
    silent = min(link.expires_at, last_moment(link.collection.case.due_statutory_on, values))
    if link.escalated_at is not None or now < silent or not links.is_open(link.collection):
        return 0
    with unit(SYSTEM) as work:
        case = lock(link.collection.case)
        waits = OwnerLink.objects.filter(pk=link.pk, revoked_at=None, answered_at=None, escalated_at=None)
        try:
            row = asking.current(case, link.collection)
        except Conflict:
            return 0
        if not waits.update(escalated_at=now):
            return 0
        users = audience.handlers(case)
        told = [user.pk for user in users]
        work.event("owner.escalated", case, system=row.system.key, round=row.round, users=told)
        notices.tell(work, "owner_silent", subject=link.ref, users=users, case=case, system=row.system.key)
    return 1
