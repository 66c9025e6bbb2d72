"""Due dates in a calendar program."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from icalendar import Calendar

from requests_app.models import CalendarFeed, Team
from requests_app.services import calendar_feed, cases
from requests_app.services.audit import SYSTEM, Actor
from requests_app.services.staff import set_access
from tests.world import World, open_case

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db


def summaries(feed: CalendarFeed) -> list[str]:
    read = Calendar.from_ical(calendar_feed.calendar(feed, host="example.se", link=lambda case: "https://example.se/x"))
    return [str(event["summary"]).split()[0] for event in read.walk("VEVENT")]


def handled(world: World, **asked: object) -> Case:
    case = open_case(world, **asked)  # type: ignore[arg-type]
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    return case


def test_it_lists_the_open_cases_one_handles_and_says_nothing_about_the_person(world: World) -> None:
    mine = handled(world, name="Åsa Öberg")
    open_case(world, name="Bo Ek")
    feed = calendar_feed.make(actor=Actor.staff(world.karin)).feed
    assert summaries(feed) == [mine.diary_no]
    body = calendar_feed.calendar(feed, host="example.se", link=lambda case: f"https://example.se/{case.ref}").decode()
    assert "Öberg" not in body
    assert "anna@" not in body
    cases.withdraw(actor=Actor.staff(world.karin), case=mine)
    assert summaries(feed) == []


def test_it_has_whole_days_stable_ids_and_two_alarms(world: World) -> None:
    case = handled(world)
    feed = calendar_feed.make(actor=Actor.staff(world.karin)).feed
    made = [calendar_feed.calendar(feed, host="example.se", link=lambda case: "https://example.se/x") for _ in range(2)]
    assert made[0] == made[1]
    (event,) = Calendar.from_ical(made[0]).walk("VEVENT")
    assert event["uid"] == f"{case.ref}@example.se"
    assert event["dtstart"].dt == case.due_statutory_on
    assert event["dtend"].dt == case.due_statutory_on + timedelta(days=1)
    assert [alarm["trigger"].dt for alarm in event.walk("VALARM")] == [
        timedelta(days=-7, hours=8),
        timedelta(days=-1, hours=8),
    ]


def test_a_team_feed_follows_what_its_owner_may_see_now(world: World) -> None:
    case = open_case(world)
    hidden = open_case(world, name="Eva Ek", protected=True)
    feed = calendar_feed.make(actor=Actor.staff(world.karin), team=world.kund).feed
    assert summaries(feed) == [case.diary_no]
    assert hidden.diary_no != case.diary_no
    set_access(actor=SYSTEM, user=world.karin, roles=["coordinator"], works=[world.hr], oversees=[])
    assert summaries(calendar_feed.feeds_of(world.karin)[0]) == []


def test_only_the_newest_address_works_and_only_its_hash_is_kept(world: World) -> None:
    karin = Actor.staff(world.karin)
    old, new = calendar_feed.make(actor=karin), calendar_feed.make(actor=karin)
    assert calendar_feed.feed_for(old.token) is None
    assert calendar_feed.feed_for(new.token) == new.feed
    assert new.token not in str(CalendarFeed.objects.values_list())
    calendar_feed.revoke(actor=karin, feed=new.feed)
    assert calendar_feed.feed_for(new.token) is None


def test_the_address_of_who_has_left_does_not_work(world: World) -> None:
    made = calendar_feed.make(actor=Actor.staff(world.karin))
    type(world.karin).objects.filter(pk=world.karin.pk).update(is_active=False)
    assert calendar_feed.feed_for(made.token) is None


def test_it_makes_none_for_a_team_one_does_not_work_for(world: World) -> None:
    with pytest.raises(ValidationError):
        calendar_feed.make(actor=Actor.staff(world.karin), team=Team.objects.get(key="hr"))
