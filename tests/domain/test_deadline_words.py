from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from requests_app.domain.calendar_se import HOLIDAY_NAMES
from requests_app.domain.deadline_words import days_left_words, explain, format_day, long_day
from requests_app.domain.deadlines import Pause, compute

EDPB_SV, EDPB_EN = "EDPB:s riktlinjer 01/2022, punkt 159", "EDPB Guidelines 01/2022, paragraph 159"


def test_it_explains_a_deadline_over_christmas_in_swedish() -> None:
    assert explain(compute(date(2026, 11, 25)), "sv") == [
        f"Begäran kom in ons 25 nov 2026, svensk tid, och fristen räknas från den dagen ({EDPB_SV}).",
        "En månad från den dagen är fre 25 dec 2026 (förordning 1182/71, artikel 3.2 c).",
        "25 dec är juldagen, 26 dec är annandag jul och 27 dec är en söndag. Sista dagen flyttas därför till nästa "
        "arbetsdag, mån 28 dec 2026 (förordning 1182/71, artikel 3.4).",
        "Svaret ska vara skickat senast mån 28 dec 2026 (dataskyddsförordningen, artikel 12.3).",
        "Besked om förlängd svarstid eller om avslag ska vara skickat senast mån 28 dec 2026 "
        "(dataskyddsförordningen, artikel 12.3 och 12.4).",
    ]


def test_it_explains_a_deadline_over_christmas_in_english() -> None:
    assert explain(compute(date(2026, 11, 25)), "en") == [
        f"The request arrived on Wed 25 Nov 2026, Swedish time, and the period runs from that day ({EDPB_EN}).",
        "One month from that day is Fri 25 Dec 2026 (Regulation 1182/71, Article 3(2)(c)).",
        "25 Dec is Christmas Day, 26 Dec is the second day of Christmas and 27 Dec is a Sunday. The last day "
        "therefore moves to the next working day, Mon 28 Dec 2026 (Regulation 1182/71, Article 3(4)).",
        "The answer must be sent no later than Mon 28 Dec 2026 (GDPR, Article 12(3)).",
        "Notice of an extension or of a refusal must be sent no later than Mon 28 Dec 2026 "
        "(GDPR, Article 12(3) and (4)).",
    ]


def test_it_explains_a_month_without_such_a_day_and_an_extension() -> None:
    clock = compute(date(2027, 1, 31), extended=True)
    assert explain(clock, "sv")[1:] == [
        "En månad från den dagen är sön 28 feb 2027, månadens sista dag, eftersom 31 februari inte finns "
        "(förordning 1182/71, artikel 3.2 c).",
        "28 feb är en söndag. Sista dagen flyttas därför till nästa arbetsdag, mån 1 mars 2027 "
        "(förordning 1182/71, artikel 3.4).",
        "Besked om förlängd svarstid eller om avslag ska vara skickat senast mån 1 mars 2027 "
        "(dataskyddsförordningen, artikel 12.3 och 12.4).",
        "Svarstiden är förlängd till tre månader från den dag då begäran kom in: fre 30 apr 2027, månadens sista dag, "
        "eftersom 31 april inte finns (dataskyddsförordningen, artikel 12.3, och förordning 1182/71, artikel 3.2 c).",
        "Svaret ska vara skickat senast fre 30 apr 2027 (dataskyddsförordningen, artikel 12.3).",
    ]
    assert explain(clock, "en")[4] == (
        "The time to answer has been extended to three months from the day of receipt: Fri 30 Apr 2027, the last day "
        "of the month, since there is no 31 April (GDPR, Article 12(3), and Regulation 1182/71, Article 3(2)(c))."
    )


def test_it_explains_a_pause() -> None:
    clock = compute(date(2026, 5, 12), [Pause(date(2026, 5, 12), date(2026, 5, 20))])
    assert explain(clock, "sv")[-5:] == [
        "Komplettering begärdes tis 12 maj 2026 och kom in ons 20 maj 2026.",
        f"8 dagars paus läggs till fre 12 juni 2026 och ger lör 20 juni 2026 ({EDPB_SV}).",
        "20 juni är midsommardagen och 21 juni är en söndag. Sista dagen flyttas därför till nästa arbetsdag, "
        "mån 22 juni 2026 (förordning 1182/71, artikel 3.4).",
        "Med paus ska svaret vara skickat senast mån 22 juni 2026.",
        "Lagtexten nämner ingen paus. Påminnelser och försening räknas därför från datumet utan paus, fre 12 juni 2026 "
        "(dataskyddsförordningen, artikel 12.3).",
    ]
    assert explain(clock, "en")[-5:] == [
        "More information was asked for on Tue 12 May 2026 and arrived on Wed 20 May 2026.",
        f"8 days of pause are added to Fri 12 Jun 2026, which gives Sat 20 Jun 2026 ({EDPB_EN}).",
        "20 Jun is Midsummer Day and 21 Jun is a Sunday. The last day therefore moves to the next working day, "
        "Mon 22 Jun 2026 (Regulation 1182/71, Article 3(4)).",
        "With the pause, the answer must be sent no later than Mon 22 Jun 2026.",
        "The law itself knows no pause. Reminders and delay therefore follow the date without it, Fri 12 Jun 2026 "
        "(GDPR, Article 12(3)).",
    ]


def test_it_explains_a_pause_that_is_open_or_was_answered_the_same_day() -> None:
    received = date(2026, 9, 1)
    assert explain(compute(received, [Pause(date(2026, 9, 2))]), "sv")[-2:] == [
        "Komplettering begärdes ons 2 sep 2026 och har inte kommit in ännu.",
        "Lagtexten nämner ingen paus. Påminnelser och försening räknas därför från datumet utan paus, tors 1 okt 2026 "
        "(dataskyddsförordningen, artikel 12.3).",
    ]
    waiting = compute(received, [Pause(date(2026, 9, 2))], today=date(2026, 9, 3))
    assert explain(waiting, "sv")[-3] == f"1 dags paus läggs till tors 1 okt 2026 och ger fre 2 okt 2026 ({EDPB_SV})."
    assert explain(waiting, "en")[-3].startswith("1 day of pause is added to Thu 1 Oct 2026, which gives Fri 2 Oct")
    assert explain(compute(received, [Pause(received, received)]), "sv")[-2:] == [
        "Komplettering begärdes tis 1 sep 2026 och kom in samma dag.",
        "Pausen är 0 dagar, så datumet ändras inte.",
    ]


def test_it_says_when_an_eve_is_counted_and_does_not_explain_may_day_by_itself() -> None:
    eve = compute(date(2026, 11, 24), eves_are_holidays=True)
    assert explain(eve, "sv")[2].startswith("24 dec är julafton (räknas som helgdag), 25 dec är juldagen, 26 dec är")
    assert explain(eve, "en")[2].startswith("24 Dec is Christmas Eve (counted as a holiday), 25 Dec is Christmas Day")
    may = compute(date(2026, 4, 1))
    assert explain(may, "sv")[2].startswith("1 maj är helgdag, 2 maj är en lördag och 3 maj är en söndag. Sista dagen")
    assert explain(may, "en")[2].startswith("1 May is May Day, 2 May is a Saturday and 3 May is a Sunday. The last day")


@given(st.dates(date(2024, 1, 1), date(2033, 12, 31)), st.booleans(), st.booleans(), st.integers(0, 30), st.booleans())
def test_every_deadline_can_be_explained(received: date, extended: bool, eves: bool, days: int, ended: bool) -> None:
    pause = Pause(received, received + timedelta(days) if ended else None)
    clock = compute(received, [pause], extended, eves, today=received + timedelta(5))
    for lang in ("sv", "en"):
        sentences = explain(clock, lang)
        assert len(sentences) == len(clock.steps)
        assert all(sentence.endswith(".") and "{" not in sentence and "None" not in sentence for sentence in sentences)
        assert any(format_day(clock.due_on, lang) in sentence for sentence in sentences)
        assert any(format_day(clock.due_statutory_on, lang) in sentence for sentence in sentences)
        assert any(format_day(clock.notice_by, lang) in sentence for sentence in sentences)


def test_every_holiday_has_a_name_in_both_languages() -> None:
    assert len(HOLIDAY_NAMES) == 16
    assert all(swedish and english and swedish != english for swedish, english in HOLIDAY_NAMES.values())


def test_it_writes_days() -> None:
    assert format_day(date(2026, 11, 24), "sv") == "tis 24 nov 2026"
    assert format_day(date(2026, 11, 24), "en") == format_day(date(2026, 11, 24), "en-gb") == "Tue 24 Nov 2026"
    assert format_day(date(2026, 11, 24), "sv", today=date(2026, 1, 1)) == "tis 24 nov"
    assert format_day(date(2027, 1, 1), "sv", today=date(2026, 12, 31)) == "fre 1 jan 2027"


@pytest.mark.parametrize(
    ("days", "swedish", "english"),
    [
        (6, "6 dagar kvar", "6 days left"),
        (1, "1 dag kvar", "1 day left"),
        (0, "i dag", "today"),
        (-1, "1 dag försenad", "1 day late"),
        (-2, "2 dagar försenad", "2 days late"),
    ],
)
def test_it_says_how_many_days_are_left(days: int, swedish: str, english: str) -> None:
    assert (days_left_words(days, "sv"), days_left_words(days, "en")) == (swedish, english)


def test_a_day_written_to_a_customer_has_its_month_in_full() -> None:
    assert long_day(date(2026, 12, 24), "sv") == "24 december 2026"
    assert long_day(date(2027, 1, 4), "en") == "4 January 2027"
