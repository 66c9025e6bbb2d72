"""Due dates for a calendar program: a secret address per person, read without a login, that says a diary number and no more."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event as CalendarEvent

from requests_app.domain.deadline_words import format_day
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.models import CalendarFeed, Case, Team, User
from requests_app.services import access
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.moves import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

ALARM_DAYS = (7, 1)
ALARM_AT = timedelta(hours=8)
"""Alarms ring at eight in the morning; an all-day event begins at midnight."""
LIMIT = 2_000
"""Cases in one calendar."""


@dataclass(frozen=True, slots=True)
class Made:
    """A new feed. ``token`` is shown once: only its hash is kept."""

    feed: CalendarFeed
    token: str


def _sha(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make(*, actor: Actor, team: Team | None = None) -> Made:
    """A secret address for the cases the person handles, or for a team's; one that was there before stops working."""
    user = member_of_staff(actor)
    if team is not None and not access.teams_with(user, access.WORK_TEAM).filter(pk=team.pk).exists():
        raise ValidationError({"team": _("Choose one of your teams.")})
    with unit(actor) as work:
        CalendarFeed.objects.filter(user=user, team=team, revoked_at__isnull=True).update(revoked_at=timezone.now())
        token = secrets.token_urlsafe(32)
        feed = CalendarFeed.objects.create(user=user, team=team, token_sha=_sha(token))
        work.event("feed.made", feed=feed.pk, team=team.key if team else "")
        return Made(feed, token)


def revoke(*, actor: Actor, feed: CalendarFeed) -> None:
    """Let an address of one's own stop working."""
    with unit(actor) as work:
        mine = CalendarFeed.objects.filter(pk=feed.pk, user=actor.user, revoked_at__isnull=True)
        if actor.user is None or not mine.update(revoked_at=timezone.now()):
            raise Conflict
        work.event("feed.revoked", feed=feed.pk)


def feeds_of(user: User) -> list[CalendarFeed]:
    """The person's addresses that work."""
    return list(CalendarFeed.objects.filter(user=user, revoked_at__isnull=True).select_related("team"))


def feed_for(token: str) -> CalendarFeed | None:
    """The feed behind an address; None when it is unknown or revoked, or its owner is no longer active."""
    found = CalendarFeed.objects.select_related("user", "team").filter(token_sha=_sha(token[:200])).first()
    if found is None or found.revoked_at is not None or not found.user.is_active:
        return None
    now = timezone.now()
    if found.read_at is None or now - found.read_at > timedelta(hours=1):
        CalendarFeed.objects.filter(pk=found.pk).update(read_at=now)
    return found


def calendar(feed: CalendarFeed, *, host: str, link: Callable[[Case], str]) -> bytes:
    """The calendar as the owner may see it now (iCalendar, RFC 5545). The same bytes all day unless a date changes.

    ``host`` makes the ids the calendar's own and stays the same; ``link`` gives the address of a case's page.
    """
    seen = access.cases_visible_to(feed.user).filter(closed_at__isnull=True)
    cases = seen.filter(team=feed.team) if feed.team else seen.filter(handler=feed.user)
    with translation.override(feed.user.language):
        made = Calendar()
        made.add("prodid", "-//hemdsr//hemdsr//SV")
        made.add("version", "2.0")
        made.add("calscale", "GREGORIAN")
        made.add("x-wr-calname", _name(feed))
        made.add("x-published-ttl", "PT1H")
        stamp = datetime.combine(timezone.localdate(), time.min, STOCKHOLM)
        for case in cases.order_by("due_statutory_on", "id")[:LIMIT]:
            made.add_component(_event(case, stamp, host, link(case)))
        return bytes(made.to_ical())


def _name(feed: CalendarFeed) -> str:
    return _("Last days to answer · %(whose)s") % {"whose": feed.team.name if feed.team else feed.user.name}


def _event(case: Case, stamp: datetime, host: str, url: str) -> CalendarEvent:
    event = CalendarEvent()
    event.add("uid", f"{case.ref}@{host}")
    event.add("dtstamp", stamp.astimezone(timezone.get_fixed_timezone(0)))
    event.add("summary", _("%(number)s last day to answer") % {"number": case.diary_no})
    event.add("dtstart", case.due_statutory_on)
    event.add("dtend", case.due_statutory_on + timedelta(days=1))
    event.add("transp", "TRANSPARENT")
    event.add("url", url)
    if case.due_on != case.due_statutory_on:
        day = format_day(case.due_on, translation.get_language() or "sv")
        event.add("description", _("Last day with pauses: %(day)s") % {"day": day})
    for days in ALARM_DAYS:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _("%(number)s last day to answer") % {"number": case.diary_no})
        alarm.add("trigger", ALARM_AT - timedelta(days=days))
        event.add_component(alarm)
    return event
