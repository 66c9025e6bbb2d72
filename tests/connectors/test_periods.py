"""Whose readings: the stretches of a person's own agreement, and the windows they are asked for in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.mitt_hem_shape import MISSING, READINGS, cost_record, reading_records
from requests_app.connectors.periods import common, own_period, windows
from requests_app.connectors.reading import moment

UNTIL = datetime(2026, 11, 21, tzinfo=UTC)


def at(text: str) -> datetime:
    when = moment(text)
    assert when is not None
    return when


def test_an_agreement_that_runs_ends_now() -> None:
    assert own_period({"startDate": "2024-01-01", "endDate": None}, UNTIL) == (at("2024-01-01"), UNTIL)
    assert own_period({"startDate": "2024-01-01", "endDate": "2030-01-01"}, UNTIL)[1] == UNTIL


def test_an_end_that_is_a_date_means_that_whole_day_also_when_the_clocks_change() -> None:
    end = own_period({"startDate": "2024-01-01", "endDate": "2025-03-30"}, UNTIL)[1]

    assert end == at("2025-03-31T00:00:00+02:00")
    assert own_period({"startDate": "2024-01-01", "endDate": "2025-03-30T10:00:00+02:00"}, UNTIL)[1] == at(
        "2025-03-30T08:00:00Z"
    )


@pytest.mark.parametrize(
    ("item", "field"),
    [({}, "startDate"), ({"startDate": "soon"}, "startDate"), ({"startDate": "2024-01-01", "endDate": "x"}, "endDate")],
)
def test_without_knowing_from_when_to_when_nothing_is_read(item: dict[str, str], field: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        own_period(item, UNTIL)

    assert (caught.value.fault, caught.value.params) == (Fault.WRONG_TYPE, {"field": field})


def test_agreements_are_cut_to_the_service_and_joined() -> None:
    whole = (at("2024-01-01"), at("2025-01-01"))
    periods = [
        (at("2023-01-01"), at("2024-03-01")),
        (at("2024-02-01"), at("2024-05-01")),
        (at("2024-07-01"), at("2026-01-01")),
        (at("2026-01-01"), at("2026-02-01")),
    ]

    assert common(periods, whole) == [(at("2024-01-01"), at("2024-05-01")), (at("2024-07-01"), at("2025-01-01"))]


@given(st.integers(1, 400), st.integers(1, 60), st.integers(0, 400))
def test_windows_cover_the_period_once_from_any_cursor(length: int, width: int, done: int) -> None:
    start = at("2024-01-01T00:00:00Z")
    end = start + timedelta(days=length)
    after = start + timedelta(days=min(done, length))

    found = list(windows([(start, end)], width, after))

    assert sum((stop - begin for begin, stop in found), timedelta()) == end - after
    assert all(stop - begin <= timedelta(days=width) for begin, stop in found)
    assert all(earlier[1] == later[0] for earlier, later in pairwise(found))


def test_a_quantity_without_a_value_stays_as_a_gap() -> None:
    value = {"date": "2026-01-01T00:00:00+01:00", "energy": None, "volume": 1.5, "peakWatt": {"max": 3}}

    energy, volume = reading_records(value, "m1", "Brogatan 901", "hour", ())

    assert energy.fields["value"] is None
    assert energy.fields["flag"] == MISSING
    assert energy.fields["peakWatt"] == {"max": 3}
    assert (volume.category, volume.fields["value"], volume.fields["unit"]) == (READINGS["volume"].key, 1.5, "m³")
    assert "flag" not in volume.fields
    assert [one.fields["value"] for one in reading_records({"date": "2026-01-01"}, "m1", "", "day", ())] == [None]


def test_a_value_that_is_no_number_is_a_fault() -> None:
    for value in ("12", True, [1]):
        with pytest.raises(ConnectorError) as caught:
            list(cost_record({"date": "2026-01-01", "cost": value}, "c1", "", "month", ()))
        assert caught.value.params == {"field": "cost"}
