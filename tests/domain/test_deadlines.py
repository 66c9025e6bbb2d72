from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from requests_app.domain.calendar_se import is_working_day
from requests_app.domain.deadlines import (
    STOCKHOLM,
    Clock,
    Pause,
    add_months,
    can_pause,
    compute,
    days_left,
    expires_at,
    may_extend,
    received_on,
    roll,
)

VECTORS = Path(__file__).parent.parent / "data" / "deadline_vectors.csv"
ROWS = list(csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines()))

days = st.dates(date(2024, 1, 1), date(2033, 12, 31))
pause_lists = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 40)).map(lambda pair: (pair[0], pair[0] + pair[1])), max_size=3
)


def pauses_of(received: date, offsets: list[tuple[int, int]]) -> list[Pause]:
    return [Pause(received + timedelta(asked), received + timedelta(answered)) for asked, answered in offsets]


def pause_in(row: dict[str, str], received: date) -> list[Pause]:
    """The pause as the notes of a row tell it."""
    notes = row["event_notes"]
    if "same day" in notes:
        return [Pause(received, received)]
    if "ID asked" not in notes:
        return []
    found = [date.fromisoformat(text) for text in re.findall(r"\d{4}-\d\d-\d\d", notes)]
    return [Pause(found[0], found[1] if len(found) > 1 else None)]


def rules_of(clock: Clock) -> set[str]:
    """The rules, in the table's words, that the reckoning of ``due_on`` shows it has used."""
    steps = {step.code: step for step in clock.steps}
    codes = [step.code for step in clock.steps]
    last = codes[codes.index("paused") :] if "paused" in codes else codes
    return {
        *(["3(4)"] if "moved" in last else []),
        *(["no such day"] if steps["months"].params["missing"] else []),
        *(["suspension"] if steps.keys() & {"paused", "not_paused"} else []),
    }


@pytest.mark.parametrize("row", ROWS, ids=[f"{row['received']} {row['event_notes'][:40]}" for row in ROWS])
def test_every_row_of_the_published_table_is_reckoned(row: dict[str, str]) -> None:
    received = received_on(datetime.fromisoformat(row["received"]))
    pauses = pause_in(row, received)
    for eves, column in ((False, ""), (True, "_if_eves_are_holidays")):
        clock = compute(received, pauses, eves_are_holidays=eves)
        extended = compute(received, pauses, extended=True, eves_are_holidays=eves)
        assert clock.due_on.isoformat() == row[f"due{column}"]
        if row[f"extended_due{column}"]:
            assert clock.extended_due_on.isoformat() == row[f"extended_due{column}"]
            assert extended.due_on == extended.extended_due_on == clock.extended_due_on
        assert clock.paused_days == int(row["paused_days"])
    clock = compute(received, pauses)
    assert expires_at(clock.due_on) == datetime.fromisoformat(row["due_expires_utc"])
    assert rules_of(clock) == {
        rule for rule in ("3(4)", "no such day", "suspension") if rule in row["rule"].split("; ext ")[0]
    }


def test_the_table_has_its_pauses_and_its_open_pause() -> None:
    pauses = [pause_in(row, date.fromisoformat(row["received"][:10])) for row in ROWS]
    assert sum(1 for found in pauses if found) == 4
    assert sum(1 for found in pauses if found and found[0].answered_on is None) == 1


@given(days, pause_lists, st.booleans(), st.booleans())
def test_no_date_is_ever_a_day_off(received: date, offsets: list[tuple[int, int]], eves: bool, extended: bool) -> None:
    clock = compute(received, pauses_of(received, offsets), extended, eves)
    for day in (clock.due_on, clock.due_statutory_on, clock.extended_due_on, clock.notice_by):
        assert is_working_day(day, eves)


@given(days, st.integers(0, 40), pause_lists, st.booleans())
def test_a_later_request_is_never_due_earlier(
    received: date, later: int, offsets: list[tuple[int, int]], extended: bool
) -> None:
    one = compute(received, pauses_of(received, offsets), extended)
    other = compute(received + timedelta(later), pauses_of(received + timedelta(later), offsets), extended)
    assert one.due_on <= other.due_on
    assert one.due_statutory_on <= other.due_statutory_on


@given(days, pause_lists)
def test_a_pause_or_an_extension_never_brings_a_date_forward(received: date, offsets: list[tuple[int, int]]) -> None:
    clock = compute(received, pauses_of(received, offsets))
    extended = compute(received, pauses_of(received, offsets), extended=True)
    assert clock.due_statutory_on <= clock.due_on < clock.extended_due_on
    assert clock.extended_statutory_on <= clock.extended_due_on
    assert (extended.due_on, extended.due_statutory_on) == (clock.extended_due_on, clock.extended_statutory_on)


@given(days, pause_lists, st.booleans())
def test_notice_is_always_due_after_one_month_without_pauses(
    received: date, offsets: list[tuple[int, int]], extended: bool
) -> None:
    clock = compute(received, pauses_of(received, offsets), extended)
    assert clock.notice_by == compute(received).due_statutory_on == roll(add_months(received, 1))


@given(days, pause_lists, st.booleans())
def test_an_extension_counts_from_receipt_and_not_from_the_due_date(
    received: date, offsets: list[tuple[int, int]], eves: bool
) -> None:
    clock = compute(received, pauses_of(received, offsets), extended=True, eves_are_holidays=eves)
    assert clock.due_statutory_on == roll(add_months(received, 3), eves)


def test_an_answer_within_28_days_is_never_late_and_none_has_more_than_35() -> None:
    every_day = [date(2024, 1, 1) + timedelta(n) for n in range((date(2034, 1, 1) - date(2024, 1, 1)).days)]
    lengths = [(compute(day).due_on - day).days for day in every_day]
    assert (min(lengths), max(lengths)) == (28, 35)
    differs = sum(compute(day).due_on != compute(day, eves_are_holidays=True).due_on for day in every_day)
    assert (len(every_day), differs) == (3653, 22)


@given(days, st.integers(-3, 13))
def test_the_same_date_or_the_last_day_of_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later.day < day.day and (later + timedelta(1)).day == 1)


@given(days, st.booleans())
def test_it_moves_to_the_next_working_day_and_no_further(day: date, eves: bool) -> None:
    moved = roll(day, eves)
    assert is_working_day(moved, eves)
    assert not any(is_working_day(day + timedelta(n), eves) for n in range((moved - day).days))


@given(days)
def test_a_day_expires_at_midnight_in_sweden(day: date) -> None:
    instant = expires_at(day)
    midnight = datetime.combine(day + timedelta(1), datetime.min.time())
    assert instant.tzinfo is UTC
    assert instant.astimezone(STOCKHOLM).replace(tzinfo=None) == midnight
    assert received_on(instant) == day + timedelta(1)
    assert received_on(instant - timedelta(microseconds=1)) == day


def test_a_time_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        received_on(datetime(2026, 1, 1, 12))


def test_an_open_pause_moves_only_the_date_with_pauses_and_only_to_today() -> None:
    received, pauses = date(2026, 9, 1), [Pause(date(2026, 9, 2))]
    assert compute(received, pauses).due_on == date(2026, 10, 1)
    clock = compute(received, pauses, today=date(2026, 9, 9))
    assert (clock.paused_days, clock.due_on) == (7, date(2026, 10, 8))
    assert clock.due_statutory_on == clock.notice_by == date(2026, 10, 1)
    assert compute(received, pauses, today=date(2026, 9, 1)).paused_days == 0


def test_today_does_not_matter_once_a_pause_has_ended() -> None:
    pause = Pause(date(2026, 9, 2), date(2026, 9, 4))
    assert compute(date(2026, 9, 1), [pause], today=date(2026, 12, 1)) == compute(date(2026, 9, 1), [pause])


def test_a_day_in_two_pauses_counts_once_whatever_their_order() -> None:
    received = date(2026, 9, 1)
    long, inside, over = (
        Pause(date(2026, 9, 2), date(2026, 9, 10)),
        Pause(date(2026, 9, 4), date(2026, 9, 6)),
        Pause(date(2026, 9, 8), date(2026, 9, 12)),
    )
    for order in ([over, inside, long], [long, inside, over], [inside, long, over]):
        assert compute(received, order).paused_days == 10


def test_days_of_a_pause_before_receipt_do_not_count() -> None:
    assert compute(date(2026, 9, 10), [Pause(date(2026, 9, 2), date(2026, 9, 12))]).paused_days == 2


def test_a_pause_cannot_end_before_it_began() -> None:
    with pytest.raises(ValueError, match="before it began"):
        Pause(date(2026, 9, 2), date(2026, 9, 1))


@pytest.mark.parametrize(
    ("received", "last"),
    [
        (date(2026, 9, 14), date(2026, 9, 17)),  # Monday: Tuesday, Wednesday, Thursday
        (date(2026, 9, 17), date(2026, 9, 22)),  # Thursday: the weekend does not count
        (date(2026, 9, 19), date(2026, 9, 23)),  # Saturday
        (date(2026, 4, 1), date(2026, 4, 8)),  # Easter between
    ],
)
def test_a_pause_may_be_asked_for_within_three_working_days(received: date, last: date) -> None:
    assert can_pause(received, received, authenticated_with_eid=False)
    assert can_pause(received, last, authenticated_with_eid=False)
    assert not can_pause(received, last + timedelta(1), authenticated_with_eid=False)
    assert not can_pause(received, received - timedelta(1), authenticated_with_eid=False)
    assert not can_pause(received, received, authenticated_with_eid=True)


def test_the_days_to_ask_for_a_pause_are_a_policy() -> None:
    received = date(2026, 12, 22)
    assert not can_pause(received, date(2026, 12, 23), authenticated_with_eid=False, policy_working_days=0)
    assert can_pause(received, date(2026, 12, 28), authenticated_with_eid=False)
    assert not can_pause(received, date(2026, 12, 29), authenticated_with_eid=False)
    assert can_pause(received, date(2026, 12, 29), authenticated_with_eid=False, eves_are_holidays=True)


def test_an_extension_may_be_told_of_until_the_last_day_of_the_first_month() -> None:
    notice_by = compute(date(2026, 11, 25)).notice_by
    assert may_extend(notice_by, notice_by)
    assert not may_extend(notice_by + timedelta(1), notice_by)


def test_days_left_are_calendar_days() -> None:
    assert [days_left(date(2026, 3, 30), date(2026, 3, day)) for day in (24, 30, 31)] == [6, 0, -1]
