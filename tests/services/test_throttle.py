"""Tries are counted by what was tried, in windows that end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from requests_app.models import Throttle
from requests_app.services import throttle

pytestmark = pytest.mark.django_db


def test_it_lets_the_limit_pass_and_then_says_how_long_to_wait() -> None:
    assert [throttle.hit("login", "anna@example.se", limit=2, seconds=3600) for _ in range(2)] == [0, 0]
    assert 0 < throttle.hit("login", "anna@example.se", limit=2, seconds=3600) <= 3600


def test_another_key_and_another_scope_count_by_themselves() -> None:
    throttle.hit("login", "anna@example.se", limit=1, seconds=3600)
    assert throttle.hit("login", "bo@example.se", limit=1, seconds=3600) == 0
    assert throttle.hit("file", "anna@example.se", limit=1, seconds=3600) == 0


def test_the_table_does_not_tell_who() -> None:
    throttle.hit("login", "anna@example.se", limit=1, seconds=3600)
    row = Throttle.objects.get()
    assert b"anna" not in bytes(row.mac)
    assert row.scope == "login"


def test_windows_that_have_ended_are_swept_and_the_next_begins_anew() -> None:
    throttle.hit("login", "anna@example.se", limit=1, seconds=3600)
    Throttle.objects.update(ends_at=timezone.now() - timedelta(hours=1), window=0)
    assert throttle.hit("login", "anna@example.se", limit=1, seconds=3600) == 0
    assert throttle.sweep() == 1
    assert Throttle.objects.count() == 1
