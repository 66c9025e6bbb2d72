"""What the beat sends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from celery.schedules import crontab
from django.contrib.sessions.models import Session
from django.utils import timezone

from hemdsr.celery import app
from requests_app import tasks


@pytest.mark.django_db
def test_the_clock_clears_sessions_that_have_ended() -> None:
    now = timezone.now()
    for key, ends in (("ended", now - timedelta(minutes=1)), ("running", now + timedelta(minutes=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=ends)
    tasks.clock()
    assert list(Session.objects.values_list("session_key", flat=True)) == ["running"]


def test_every_task_the_beat_sends_exists_and_expires_before_it_is_sent_again() -> None:
    for entry in app.conf.beat_schedule.values():
        assert entry["task"].startswith("requests_app.tasks.")
        assert hasattr(tasks, entry["task"].rsplit(".", 1)[1])
        daily = isinstance(entry["schedule"], crontab)
        assert entry["options"]["expires"] <= (24 * 3600 if daily else entry["schedule"])
