"""Readings: days of 23 and 25 hours, marks, double values, other spacings, and nothing lost."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from requests_app.documents.grid import day_length
from requests_app.documents.series import series_pieces
from requests_app.documents.survey import survey
from requests_app.domain.records import CategorySpec, Kind, Record
from tests.documents import world


def html_of(records: list[Record], spec: CategorySpec = world.READINGS) -> str:
    """The readings as HTML, with line ends and padding taken out."""
    pieces = list(series_pieces(iter(records), spec, survey(records, spec, "sv"), "sv"))
    assert sum(made.records for made in pieces) == len(records)
    return "".join(made.html for made in pieces)


def hourly(start: datetime, values: list[float | str | None], flag: str = "", **more: object) -> list[Record]:
    """One reading an hour."""
    return [
        Record(
            str(i),
            "readings",
            Kind.TIME_SERIES,
            start + timedelta(hours=i),
            {"value": v, "flag": flag, **more},
            group="M1",
        )
        for i, v in enumerate(values)
    ]


def day_values(html: str, day: str) -> list[str]:
    """The values of one row."""
    row = re.search(rf'<th scope="row">{day}</th>(.*?)</tr>', html, re.DOTALL)
    assert row
    return re.sub("<[^>]*>", " ", row[1]).split()


def test_the_day_summer_time_begins_has_no_second_hour() -> None:
    html = html_of(hourly(datetime(2026, 3, 28, 23, tzinfo=UTC), [i + 0.5 for i in range(23)]))
    values = day_values(html, "sön 29 mars")
    assert values == ["0,5", "1,5", "–", *(f"{i},5" for i in range(2, 23))]
    assert "sön 29 mars: övergång till sommartid. Timmen kl. 02 finns inte." in html


def test_the_day_winter_time_begins_has_it_twice() -> None:
    html = html_of(hourly(datetime(2026, 10, 24, 22, tzinfo=UTC), [i + 0.5 for i in range(25)]))
    values = day_values(html, "sön 25 okt")
    assert values == ["0,5", "1,5", "2,5", *(f"{i},5" for i in range(4, 25))]
    assert "sön 25 okt: övergång till vintertid. Timmen kl. 02 finns två gånger." in html
    assert "sön 25 okt, andra gången kl. 02: 3,5." in html


def test_lengths_of_days() -> None:
    days = {datetime(2026, 3, 29).date(): 23, datetime(2026, 10, 25).date(): 25, datetime(2026, 6, 1).date(): 24}
    assert {day: day_length(day) for day in days} == days


def test_a_second_value_for_the_same_hour_is_kept() -> None:
    readings = hourly(datetime(2026, 5, 1, tzinfo=UTC), [1.25] * 30)
    twice = Record(
        "again", "readings", Kind.TIME_SERIES, readings[3].occurred_at, {"value": 9.75, "flag": "rättat"}, group="M1"
    )
    html = html_of([*readings[:4], twice, *readings[4:]])
    assert "fre 1 maj kl. 05, ytterligare ett värde: 9,75 (rättat)." in html


def test_all_digits_are_printed_and_sums_are_exact() -> None:
    html = html_of(hourly(datetime(2026, 5, 1, 22, tzinfo=UTC), [0.1, 0.2, 0.3, 1234.5678] * 6))
    assert "Maj 2026, kWh · totalt 7\u202f411,0068 kWh" in html
    assert "1234,5678" in html


def test_missing_and_hidden_values_are_shown_and_not_summed() -> None:
    html = html_of(hourly(datetime(2026, 5, 1, 22, tzinfo=UTC), [0.5, None, "[Maskerat]", *[1.5] * 21]))
    assert "totalt" not in html
    assert day_values(html, "lör 2 maj")[:4] == ["0,5", "–", "[Maskerat]", "1,5"]


def test_a_mark_for_the_whole_day_and_for_spans() -> None:
    readings = hourly(datetime(2026, 5, 1, 22, tzinfo=UTC), [1.5] * 72, flag="uppmätt")
    for i in [*range(24), 30, 31, 32, 40]:
        readings[i] = Record(
            readings[i].key,
            "readings",
            Kind.TIME_SERIES,
            readings[i].occurred_at,
            {"value": 1, "flag": "E"},
            group="M1",
        )
    html = html_of(readings)
    assert "* E: 2 maj hela dygnet; 3 maj kl. 06–08, 16." in html
    assert "Kvalitet: uppmätt, om inget annat anges." in html


def test_the_same_mark_on_all_is_said_once() -> None:
    html = html_of(hourly(datetime(2026, 5, 1, 22, tzinfo=UTC), [1.5] * 48, flag="uppmätt"))
    assert html.count("uppmätt") == 1


def test_another_field_gets_a_grid_of_its_own() -> None:
    readings = hourly(datetime(2026, 5, 1, 22, tzinfo=UTC), [1.5] * 24)
    warm = [
        Record(r.key, r.category, r.kind, r.occurred_at, {**r.fields, "temperature": i - 3}, group="M1")
        for i, r in enumerate(readings)
    ]
    html = html_of(warm)
    assert "Maj 2026, temperature" in html
    assert html.count('<table class="grid">') == 2
    assert "-3" in html


@pytest.mark.parametrize(("minutes", "table"), [(15, "days"), (24 * 60, "rows"), (31 * 24 * 60, "rows")])
def test_other_spacings_keep_every_value(minutes: int, table: str) -> None:
    start = datetime(2026, 1, 1, 11, tzinfo=UTC)
    records = [
        Record(
            str(i),
            "readings",
            Kind.TIME_SERIES,
            start + timedelta(minutes=minutes * i),
            {"value": i + 0.25, "flag": "E" if i == 3 else "A"},
            group="M1",
        )
        for i in range(40)
    ]
    html = html_of(records)
    assert f'<table class="{table}"' in html
    for i in range(40):
        assert f"{i},25" in html
    assert len(re.findall(r"\(E\)|<td>E</td>", html)) == 1


def test_two_meters_have_a_heading_and_a_plot_each() -> None:
    html = html_of([*world.readings(72, meter="A1"), *world.readings(72, meter="B2")])
    assert [title for title in re.findall("<h5>(.*?)</h5>", html)] == ["Mätare A1", "Mätare B2"]
    assert html.count("<svg") == 2


def test_readings_without_time_are_printed() -> None:
    records = [Record(str(i), "readings", Kind.TIME_SERIES, None, {"value": i + 0.75}, group="M1") for i in range(3)]
    html = html_of(records)
    for i in range(3):
        assert f"{i},75" in html
