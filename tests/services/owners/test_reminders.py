"""Reminders to owners and word to the handler: by the calendar of working days, once each however often the job runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app.models import Case, Collection, Event, Notice, OutgoingMail, OwnerLink
from requests_app.services import gathering, mail_words
from requests_app.services.audit import Actor
from requests_app.services.owners import asking, links, reminders
from tests.services.owners.owner_world import asked, owned, row_of, send_mails, waiting_case

if TYPE_CHECKING:
    from tests.world import World

pytestmark = pytest.mark.django_db
SENT = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday
DUE = datetime(2026, 12, 21, tzinfo=UTC).date()  # a Monday: two working days before it is Thursday the 17th


@pytest.fixture
def link(world: World) -> OwnerLink:
    """A link sent on a Monday, four weeks before the case's last day."""
    owned(world)
    case = waiting_case(world)
    made = asked(case)
    Case.objects.filter(pk=case.pk).update(due_statutory_on=DUE, due_on=DUE)
    held = OwnerLink.objects.get(pk=made.pk)
    held.sent_at = SENT
    links.stamp(held)
    held.expires_at = datetime(2026, 12, 21, 22, tzinfo=UTC)
    held.save()
    OutgoingMail.objects.all().delete()
    return links.by_ref(held.ref)


def days_reminded(link: OwnerLink, until: datetime) -> list[str]:
    """Let the job run every twelve hours, and again at once when it did something; gives the days on which a reminder went."""
    found, now, before = [], SENT, OwnerLink.objects.get(pk=link.pk).reminders
    while now <= until:
        if reminders.tick(now=now):
            assert reminders.tick(now=now) == 0
        if (after := OwnerLink.objects.get(pk=link.pk).reminders) > before:
            found.append(timezone.localtime(now).date().isoformat())
            before = after
        now += timedelta(hours=12)
    return found


def test_it_reminds_after_three_working_days_and_for_the_last_time_two_before_the_last_day(link: OwnerLink) -> None:
    assert days_reminded(link, datetime(2026, 12, 21, 20, tzinfo=UTC)) == ["2026-11-26", "2026-12-01", "2026-12-17"]
    assert OutgoingMail.objects.filter(kind="owner_task").count() == 3


def test_the_mail_is_a_reminder_with_a_link_that_opens(link: OwnerLink) -> None:
    asking.open_link(link=link)
    days_reminded(link, datetime(2026, 11, 26, 20, tzinfo=UTC))
    row = OutgoingMail.objects.get(kind="owner_task")

    text = mail_words.text_of(row)

    assert "påminnelse" in text.body
    again = links.by_ref(link.ref)
    assert links.token_of(again) in text.body
    assert again.reminders == 1


def test_the_handler_is_told_once_before_the_last_day(world: World, link: OwnerLink) -> None:
    days_reminded(link, datetime(2026, 12, 16, 20, tzinfo=UTC))
    assert not Notice.objects.filter(kind="owner_silent").exists()

    days_reminded(link, datetime(2026, 12, 21, 20, tzinfo=UTC))

    assert [notice.user for notice in Notice.objects.filter(kind="owner_silent")] == [world.karin]
    assert Event.objects.filter(kind="owner.escalated").count() == 1


def test_a_link_that_runs_out_before_that_is_told_when_it_does_and_reminded_no_more(
    world: World, link: OwnerLink
) -> None:
    OwnerLink.objects.filter(pk=link.pk).update(expires_at=datetime(2026, 11, 27, 22, tzinfo=UTC))

    assert days_reminded(link, datetime(2026, 12, 21, 20, tzinfo=UTC)) == ["2026-11-26"]

    (notice,) = Notice.objects.filter(kind="owner_silent")
    assert notice.user == world.karin
    assert OwnerLink.objects.get(pk=link.pk).escalated_at == SENT + timedelta(days=5)


@pytest.mark.parametrize("how", ["answered", "revoked", "closed"])
def test_nobody_is_reminded_of_what_is_done(world: World, link: OwnerLink, how: str) -> None:
    case = link.collection.case
    if how == "answered":
        gathering.report_nothing(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    elif how == "revoked":
        asking.revoke(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    else:
        Case.objects.filter(pk=case.pk).update(state="closed", closed_at=timezone.now(), closed_as="withdrawn")

    assert days_reminded(link, datetime(2026, 12, 21, 20, tzinfo=UTC)) == []
    assert not Notice.objects.filter(kind="owner_silent").exists()
    assert send_mails() == []


def _queries() -> int:
    with CaptureQueriesContext(connection) as asked_of:
        assert reminders.tick(now=SENT) == 0
    return len(asked_of)


def test_the_job_asks_as_much_for_two_links_that_wait_as_for_one(link: OwnerLink) -> None:
    before = _queries()
    row = Collection.objects.filter(case=link.collection.case, current=True).exclude(pk=link.collection.pk)[0]
    OwnerLink.objects.create(
        collection=row,
        mac=bytes(32),
        email_enc=bytes(link.email_enc),
        sent_at=SENT,
        expires_at=link.expires_at,
    )
    assert _queries() == before
