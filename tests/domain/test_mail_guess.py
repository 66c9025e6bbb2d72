"""What a mail asks for is guessed from words: measured on a labelled set, and explained by entries of the lists alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from requests_app.domain import mail_guess
from requests_app.domain.mail_guess import WORDS, guess, unquoted
from requests_app.domain.rights import Right

TEXTS = json.loads((Path(__file__).parents[1] / "data" / "mail_requests.json").read_text(encoding="utf-8"))


def test_the_labelled_set_has_each_right_in_both_languages_and_mails_that_ask_for_nothing() -> None:
    for language in ("sv", "en"):
        asked = [set(text["rights"]) for text in TEXTS if text["language"] == language]
        assert set().union(*asked) == {right.value for right in Right}
        assert sum(not rights for rights in asked) >= 8


def test_rights_are_guessed_with_few_misses_and_few_false_alarms() -> None:
    right, found, missed, wrong = 0, 0, [], []
    for text in TEXTS:
        guessed, meant = set(guess("", text["text"]).rights), set(text["rights"])
        right += len(guessed & meant)
        found += len(guessed)
        missed += [(one, text["text"]) for one in meant - guessed]
        wrong += [(one, text["text"]) for one in guessed - meant]
    assert right / found >= 0.95, wrong
    assert right / (right + len(missed)) >= 0.9, missed


def test_the_language_is_guessed() -> None:
    wrong = [text["text"] for text in TEXTS if guess("", text["text"]).language != text["language"]]
    assert wrong == []


def test_the_reasons_are_entries_of_the_lists_and_nothing_of_the_mail() -> None:
    found = guess("Begäran", "Jag heter Anna Andersson och vill ha ett registerutdraget för alla år.").as_json()
    assert found == {"language": "sv", "rights": {"access": ["registerutdrag*"]}}
    for text in TEXTS:
        for right, words in guess("", text["text"]).rights.items():
            assert set(words) <= set(WORDS[Right(right)])


def test_what_a_mail_quotes_does_not_count() -> None:
    answer = "Tack för hjälpen!\n\nDen 3 nov. 2026 kl. 10:00 skrev HEM <info@example.se>:\n> Du bad om registerutdrag."
    assert guess("", answer).rights == {}
    assert guess("", "> Jag vill ha ett registerutdrag").rights.keys() == {"access"}
    assert unquoted("a\n> b\nc") == "a\nc"


@pytest.mark.parametrize("text", ["å" * 300_000, "radera … " * 40_000, "vilka uppgifter " * 40_000, "> " * 100_000])
def test_endless_texts_are_read_in_time(text: str) -> None:
    assert isinstance(guess(text, text), mail_guess.Guess)


@pytest.mark.parametrize(
    ("subject", "text", "rights", "marketing", "acting"),
    [
        (
            "Begäran",
            "Jag företräder Greta Ek. Jag begär rättelse av adressen samt kopia på hennes personuppgifter.",
            {"access", "rectification"},
            False,
            True,
        ),
        ("Invändning mot reklam", "Hej, sluta skicka direktreklam.", {"objection"}, True, False),
        ("Hej", "Jag invänder mot profilering.", {"objection"}, False, False),
    ],
)
def test_advertising_and_who_writes_for_another_are_guessed(
    subject: str, text: str, rights: set[str], marketing: bool, acting: bool
) -> None:
    found = guess(subject, text)
    assert (set(found.rights), found.marketing, found.acting) == (rights, marketing, acting)
