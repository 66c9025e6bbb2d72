"""The rules of "whose data is it?" one by one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from requests_app.connectors.base import Identifier, IdentifierKind, Search
from requests_app.connectors.matching import Match, names_agree, same, settle

EMAIL = Identifier(IdentifierKind.EMAIL, "a@example.se")
PHONE = Identifier(IdentifierKind.PHONE, "+46701740605")
PN = Identifier(IdentifierKind.PERSONNUMMER, "198504032387")
ANNA, ERIK = Match("1", "Anna Lindqvist"), Match("2", "Erik Lindqvist")


def search(*identifiers: Identifier, name: str = "Anna Lindqvist", chosen: tuple[str, ...] | None = None) -> Search:
    return Search({}, {}, identifiers, name, datetime(2026, 11, 21, tzinfo=UTC), chosen=chosen)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna Lindqvist", "anna  LINDQVIST"),
        ("Anna", "Anna-Karin Lindqvist"),
        ("A. Lindqvist", "Anna Lindqvist"),
        ("Tove Akerblom", "Tove Åkerblom"),
        ("Lindqvist, Anna", "Anna Maria Lindqvist"),
        ("", "Anna Lindqvist"),
        ("Anna Lindqvist", ""),
    ],
)
def test_names_that_can_be_one_persons(one: str, other: str) -> None:
    assert names_agree(one, other)
    assert names_agree(other, one)


@pytest.mark.parametrize("other", ["Per Sandberg", "Annika Lindqvist", "Anna Sandberg", "Kundtjänst"])
def test_names_that_are_somebody_elses(other: str) -> None:
    assert not names_agree("Anna Lindqvist", other)


def test_one_match_under_the_persons_name_is_taken() -> None:
    settled = settle(search(EMAIL), [(EMAIL, [ANNA])])

    assert (settled.taken, settled.candidates, settled.strong) == (("1",), (), frozenset())


def test_one_match_under_another_name_is_asked_about() -> None:
    settled = settle(search(EMAIL), [(EMAIL, [ERIK])])

    assert settled.taken == ()
    assert [candidate.key for candidate in settled.candidates] == ["2"]


def test_two_matches_are_asked_about_whatever_their_names() -> None:
    settled = settle(search(EMAIL), [(EMAIL, [ANNA, Match("3", "Anna Lindqvist")])])

    assert settled.taken == ()
    assert [candidate.key for candidate in settled.candidates] == ["1", "3"]


def test_what_one_identifier_finds_alone_and_another_among_several_is_asked_about() -> None:
    settled = settle(search(PHONE, EMAIL), [(PHONE, [ANNA]), (EMAIL, [ANNA, ERIK])])

    assert settled.taken == ()
    assert {candidate.key for candidate in settled.candidates} == {"1", "2"}


def test_a_strong_match_is_taken_beside_a_question() -> None:
    found = [(PN, [ANNA]), (EMAIL, [ANNA, ERIK])]

    assert [candidate.key for candidate in settle(search(PN, EMAIL), found).candidates] == ["2"]
    assert settle(search(PN, EMAIL, chosen=()), found).taken == ("1",)
    assert settle(search(PN, EMAIL, chosen=("2", "9")), found).taken == ("1", "2")


def test_a_personnummer_the_system_knows_makes_a_weak_match_strong() -> None:
    settled = settle(search(PN, EMAIL), [(EMAIL, [Match("1", "Anna Gift-Namn", "850403-2387")])])

    assert (settled.taken, settled.strong) == (("1",), frozenset({"1"}))


def test_another_personnummer_is_a_question_under_the_same_name_and_none_under_another() -> None:
    namesake = Match("3", "Anna Lindqvist", "196006172818")
    spouse = Match("2", "Erik Lindqvist", "197607142390")

    settled = settle(search(PN, EMAIL), [(EMAIL, [namesake, spouse])])

    assert settled.taken == ()
    assert [candidate.key for candidate in settled.candidates] == ["3"]


def test_a_system_that_answers_a_personnummer_with_somebody_else_is_not_believed() -> None:
    settled = settle(search(PN), [(PN, [Match("2", "Erik Lindqvist", "197607142390")])])

    assert settled.taken == ()


@pytest.mark.parametrize(
    ("kind", "typed", "normal"),
    [
        (IdentifierKind.PHONE, "070-174 06 05", "+46701740605"),
        (IdentifierKind.PHONE, "0046 70 174 06 05", "+46701740605"),
        (IdentifierKind.EMAIL, " Anna@Example.SE ", "anna@example.se"),
        (IdentifierKind.PERSONNUMMER, "850403-2387", "198504032387"),
    ],
)
def test_typed_values_are_compared_in_their_normal_form(kind: IdentifierKind, typed: str, normal: str) -> None:
    assert same(kind, typed, normal)
    assert not same(kind, "", normal)
    assert not same(kind, "x", normal)
