"""Pages of gathered data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from django.utils import timezone

from requests_app.domain.records import Kind, Record
from requests_app.services import review


def test_a_page_of_a_series_holds_whole_days_and_no_reading_is_missing_or_double() -> None:
    start = datetime(2023, 11, 1, tzinfo=UTC)
    readings = [
        Record(str(hour), "energy", Kind.TIME_SERIES, start + timedelta(hours=hour), {}, group="meter")
        for hour in range(1000)
    ]
    pages = []
    for first in range(0, 1000, review.PAGE_RECORDS):
        begin = max(0, first - 100)
        pages.append(review._whole_days(readings[begin : first + review.PAGE_RECORDS + 100], first - begin))
    assert [reading.key for page in pages for reading in page] == [reading.key for reading in readings]
    days = [{timezone.localtime(reading.occurred_at).date() for reading in page} for page in pages]
    assert all(not before & after for before, after in pairwise(days))
