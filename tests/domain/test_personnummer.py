from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as st
from personnummer.personnummer import Personnummer, PersonnummerException

from requests_app.domain.personnummer import NotPersonnummer, birth_date, find_personnummer, read_personnummer

DATA = json.loads((Path(__file__).parent.parent / "data" / "test_personnummer.json").read_text(encoding="utf-8"))
NUMBERS: list[str] = DATA["personnummer"]
COORDINATION: list[str] = DATA["samordningsnummer"]
PUBLISHED = [*NUMBERS, *COORDINATION]
PARTIAL = [number for number in COORDINATION if number[4:6] == "00" or number[6:8] == "60"]
TODAY = date(2026, 11, 22)


def reason(text: str, today: date = TODAY) -> str:
    with pytest.raises(NotPersonnummer) as caught:
        read_personnummer(text, today)
    assert not any(part in str(caught.value) for part in (text[:8], text[-4:]) if part.isdigit())
    return caught.value.reason


def sign(number: str) -> str:
    return "+" if TODAY.year - int(number[:4]) >= 100 else "-"


def test_the_published_numbers_are_many_and_hold_the_rare_kinds() -> None:
    assert (len(NUMBERS), len(COORDINATION)) == (400, 207)
    assert {number[4:6] == "00" for number in PARTIAL} == {number[6:8] == "60" for number in PARTIAL} == {True, False}


@pytest.mark.parametrize("number", PUBLISHED)
def test_every_published_number_is_read_however_it_is_written(number: str) -> None:
    short = f"{number[2:8]}{sign(number)}{number[8:]}"
    for written in (number, f"{number[:8]}-{number[8:]}", f"{number[:8]}{sign(number)}{number[8:]}", short):
        assert read_personnummer(written, TODAY) == number
    assert find_personnummer(f"Mitt nummer är {short}.", TODAY) == [(15, 26, number)]


def test_ten_bare_digits_are_read_as_the_latest_birth() -> None:
    recent = [number for number in PUBLISHED if number >= "1927"]
    assert [read_personnummer(number[2:], TODAY) for number in recent] == recent


@pytest.mark.parametrize("case", DATA["structured"], ids=[case["separated_long"] for case in DATA["structured"]])
def test_it_agrees_with_the_structured_examples(case: dict[str, Any]) -> None:
    for form in ("long_format", "separated_format", "separated_long"):
        if case["valid"]:
            assert read_personnummer(case[form], TODAY) == case["long_format"]
        else:
            assert reason(case[form])


@given(st.sampled_from(NUMBERS), st.integers(0, 9999))
def test_it_agrees_with_an_independent_library_on_which_numbers_exist(number: str, last_four: int) -> None:
    written = f"{number[:8]}-{last_four:04d}"
    try:
        theirs = Personnummer(written).format(long_format=True)
    except PersonnummerException:
        assert reason(written) in ("checksum", "number")
    else:
        assert read_personnummer(written, TODAY) == theirs


@given(st.sampled_from(PUBLISHED), st.integers(2, 11), st.integers(1, 9))
def test_no_single_wrong_digit_is_missed(number: str, place: int, shift: int) -> None:
    wrong = number[:place] + str((int(number[place]) + shift) % 10) + number[place + 1 :]
    assert reason(wrong) in ("checksum", "date", "number", "future")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "form"),
        ("1990", "form"),
        ("19900418", "form"),
        ("19900418_2391", "form"),
        ("19900418--2391", "form"),
        ("ÅÅMMDD-NNNN", "form"),
        ("1990\u06604182391", "form"),  # an Arabic-Indic zero
        ("19901318-2391", "date"),
        ("19900018-2391", "date"),
        ("19900400-2391", "date"),
        ("19900431-2391", "date"),
        ("19900492-2391", "date"),
        ("19900459-2391", "date"),
        ("19900299-2391", "date"),
        ("19901360-2391", "date"),
        ("16900418-2391", "date"),
        ("165560160680", "date"),
        ("556016-0680", "date"),
    ],
)
def test_impossible_numbers_are_refused_with_the_reason(text: str, why: str) -> None:
    assert reason(text) == why


def test_nobody_is_born_in_the_future() -> None:
    assert reason("198106092391", date(1981, 6, 8)) == "future"
    assert read_personnummer("198106092391", date(1981, 6, 9)) == "198106092391"


def test_the_plus_sign_and_the_day_decide_the_century() -> None:
    number = "198106092391"
    assert read_personnummer("810609-2391", TODAY) == number
    assert read_personnummer("810609+2391", TODAY) == "188106092391"
    assert read_personnummer("810609+2391", date(2081, 1, 1)) == number
    assert read_personnummer("810609-2391", date(2080, 12, 31)) == number


def test_a_birth_later_this_year_was_a_hundred_years_ago() -> None:
    number = "198106092391"
    assert read_personnummer("810609-2391", date(2081, 6, 8)) == number
    assert read_personnummer("810609-2391", date(2081, 6, 9)) == "208106092391"


def test_the_birth_date_stands_in_the_number() -> None:
    for number in NUMBERS:
        assert birth_date(number) == date.fromisoformat(f"{number[:4]}-{number[4:6]}-{number[6:8]}")


def test_the_birth_date_of_a_coordination_number_is_known_only_when_it_is_whole() -> None:
    whole = [number for number in COORDINATION if number not in PARTIAL]
    assert all((birth_date(number) or date.min).day == int(number[6:8]) - 60 for number in whole)
    assert {birth_date(number) for number in PARTIAL} == {None}
    assert {birth_date(text) for text in ("", "8106092391", "198113092391", "1981060923910")} == {None}


def test_it_finds_numbers_in_running_text_and_says_where() -> None:
    text = "Kund 19810609-2391 (f.d. 810609-2391), granne 198106092391; se 198411\u20132391 och 810609\u20132391!"
    found = find_personnummer(text, TODAY)
    assert [text[start:end] for start, end, _ in found] == [
        "19810609-2391",
        "810609-2391",
        "198106092391",
        "810609\u20132391",
    ]
    assert {number for _, _, number in found} == {"198106092391"}


@pytest.mark.parametrize(
    "text",
    [
        "8106092391",  # ten bare digits
        "1981060923915",
        "5198106092391",
        "1810609-2391",
        "810609-23910",
        "198106092392",  # check digit
        "198113092391",  # month
        "810609 2391",
        "8106-09-2391",
        "556016-0680",  # a company
    ],
)
def test_it_leaves_other_numbers_alone(text: str) -> None:
    assert find_personnummer(f"nr {text}.", TODAY) == []


@given(st.text(st.sampled_from("0123456789-+ åA\n"), max_size=60))
def test_what_it_finds_is_always_a_number_that_can_be_read(text: str) -> None:
    for start, end, number in find_personnummer(text, TODAY):
        assert read_personnummer(text[start:end], TODAY) == number
        assert not text[start - 1 : start].isdigit()
        assert not text[end : end + 1].isdigit()
