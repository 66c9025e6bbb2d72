"""Wordings: where they may differ, what is refused, and that nothing but plain text gets into a letter."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.template import TemplateSyntaxError, engines
from hypothesis import given, settings, strategies

from requests_app.documents import wordings
from requests_app.documents.letter_specs import LETTERS
from requests_app.documents.letters import MissingElement, letter_html
from requests_app.documents.pdf import render_letter
from requests_app.documents.wordings import KEYS, WordingError, passages
from requests_app.services import letter_words
from tests.documents import letters_world as made
from tests.documents.reading import plain

if TYPE_CHECKING:
    from requests_app.documents.values import Lang

PAIRS = [(key, lang) for key in KEYS for lang in made.LANGUAGES]


@pytest.mark.parametrize("key", KEYS)
def test_both_languages_have_the_same_passages(key: str) -> None:
    shape = [(item.name, item.placeholders, item.states) for item in passages(key, "sv")]
    assert shape == [(item.name, item.placeholders, item.states) for item in passages(key, "en")]
    assert shape
    assert {item.text for item in passages(key, "sv")}.isdisjoint({item.text for item in passages(key, "en")})


@pytest.mark.parametrize(("key", "lang"), PAIRS)
def test_what_we_ship_passes_its_own_checks(key: str, lang: Lang) -> None:
    shipped = {item.name: item.text for item in passages(key, lang)}
    assert wordings.differing(key, lang, shipped) == {}
    assert wordings.check_texts(key, lang, shipped) == []
    assert wordings.lost_placeholders(key, lang, shipped) == []
    for item in passages(key, lang):
        assert set(re.findall(r"\{(\w+)\}", item.text)) == set(item.placeholders), item.name


@pytest.mark.parametrize(("key", "lang"), PAIRS)
def test_every_passage_is_shown_by_some_variant(key: str, lang: Lang) -> None:
    shown = "".join(
        letter_html(letter, {item.name: f"{item.text} Märkt {item.name}." for item in passages(key, lang)})
        for letter in made.variants(key, lang)
    )
    assert [item.name for item in passages(key, lang) if f"Märkt {item.name}." not in shown] == []


def test_passages_and_placeholders_are_named_in_words() -> None:
    for key in KEYS:
        elements = wordings.elements_of(key)
        for item in passages(key, "sv"):
            assert item.name in letter_words.PASSAGES
            assert item.name not in item.placeholders
            assert set(item.placeholders) <= set(letter_words.PLACEHOLDERS)
            assert item.states in letter_words.SAYS or item.states not in elements, (key, item.name)


def test_no_word_is_left_that_no_letter_uses() -> None:
    found = [item for key in KEYS for item in passages(key, "sv")]
    assert set(letter_words.PASSAGES) == {item.name for item in found}
    assert set(letter_words.PLACEHOLDERS) == {name for item in found for name in item.placeholders}
    assert set(letter_words.SAYS) <= {item.states for item in found}


def test_a_wording_replaces_its_passage_and_nothing_else() -> None:
    ours, theirs = (
        letter_html(made.receipt()),
        letter_html(made.receipt(), {"misunderstood": "Ring oss om något är fel."}),
    )
    assert theirs == ours.replace("Har vi missförstått något? Då vill vi gärna veta det.", "Ring oss om något är fel.")


def test_paragraphs_and_line_breaks_are_kept() -> None:
    html = letter_html(made.receipt(), {"misunderstood": "Första.\r\n\r\nAndra\nraden."})
    assert '<div data-element="misunderstood"><p>Första.</p><p>Andra<br>raden.</p></div>' in html


def test_spaces_around_a_placeholder_are_kept() -> None:
    html = letter_html(made.receipt(), {"intro": "Den {received_on} kom den,  svar {due_on} ."})
    text = re.sub("<[^>]*>", "", html)
    assert "Den 25 november 2026 kom den, svar 28 december 2026 ." in text


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> {received_on} {due_on}",
        '<img src="file:///etc/passwd"> {received_on} {due_on}',
        "</p><h1>Nej</h1> {received_on} {due_on}",
        '"><span data-element="authority">x</span> {received_on} {due_on}',
        "&lt;b&gt; {received_on} {due_on}",
    ],
)
def test_no_markup_gets_into_a_letter(text: str) -> None:
    html = letter_html(made.receipt(), {"intro": text})
    head, tail = text.split(" {")[0], "&lt;" if "<" in text else "&amp;lt;"
    assert head not in html
    assert tail in html


def test_template_code_is_text_in_a_wording() -> None:
    """Braces are refused when saving; should one get through, it is printed, not run."""
    html = letter_html(made.receipt(), {"misunderstood": "{% debug %} {{ settings.SECRET_KEY }} {{ letter }}"})
    assert "{% debug %} {{ settings.SECRET_KEY }} {{ letter }}" in html


@settings(max_examples=60, deadline=None)
@given(text=strategies.text(max_size=300))
def test_any_text_is_either_refused_or_harmless(text: str) -> None:
    letter = made.receipt()
    if not text.strip() or wordings.check_texts("receipt", "sv", {"misunderstood": text}):
        return
    tags = re.findall(r"<[^>]*>", letter_html(letter, {"misunderstood": text}))
    allowed = [
        *re.findall(r"<[^>]*>", letter_html(letter)),
        "<br>",
        "<p>",
        "</p>",
        "</div>",
        '<div data-element="misunderstood">',
    ]
    assert set(tags) <= set(allowed)


def test_hostile_text_does_not_stop_the_layout() -> None:
    rendered = render_letter(made.receipt(), {"misunderstood": "x" * 1900 + " \u202e\u0000 \ud800"})
    assert rendered.pages <= 3


@pytest.mark.parametrize(
    ("text", "problem", "name"),
    [
        ("", "empty", ""),
        (" \n ", "empty", ""),
        ("x" * 2001, "too_long", ""),
        ("Hej {person_name}, {received_on} {due_on}", "unknown_placeholder", "person_name"),
        ("Svar {received_on} och {due_on", "brace", ""),
        ("Svar {received_on} och {due_on}}", "brace", ""),
        ("Svar {received_on} och {Due_on}", "brace", ""),
    ],
)
def test_a_text_that_cannot_be_used_is_named(text: str, problem: str, name: str) -> None:
    found = wordings.check_texts("receipt", "sv", {"intro": text})
    assert [(item.passage, item.problem, item.name) for item in found] == [("intro", problem, name)]


@pytest.mark.parametrize(("key", "lang"), PAIRS)
def test_no_passage_can_lose_a_placeholder_that_the_law_demands(key: str, lang: Lang) -> None:
    """The check by name, and the check of the finished letter, agree for every placeholder of every letter."""
    demanded = {element.name for element in LETTERS[type(made.variants(key, lang)[0])].elements}
    for item in passages(key, lang):
        for name in item.placeholders:
            wording = {item.name: item.text.replace(f"{{{name}}}", "")}
            lost = [(fault.passage, fault.name) for fault in wordings.lost_placeholders(key, lang, wording)]
            assert lost == ([(item.name, name)] if name in demanded else [])
            if name in demanded:
                with pytest.raises(MissingElement):
                    for letter in made.variants(key, lang):
                        letter_html(letter, wording)


def test_a_passage_the_letter_does_not_have_is_refused() -> None:
    with pytest.raises(WordingError) as error:
        wordings.differing("receipt", "sv", {"remedies": "Klaga inte."})
    assert (error.value.passage, error.value.problem) == ("remedies", "unknown_passage")


def test_an_unknown_placeholder_stops_the_letter() -> None:
    with pytest.raises(WordingError):
        letter_html(made.receipt(), {"misunderstood": "Hej {nobody}"})


def test_remedies_and_headings_are_no_passages() -> None:
    for key, lang in PAIRS:
        text = "".join(item.text for item in passages(key, lang))
        assert "Integritetsskydd" not in text
        assert "tingsrätt" not in text


@pytest.mark.parametrize(
    "source",
    [
        '{% load letters %}{% wording "a" %}x {{ y }}{% endwording %}',
        "{% load letters %}{% wording a %}x{% endwording %}",
        '{% load letters %}{% wording "a" loose %}x{% endwording %}',
        '{% load letters %}{% wording "a" %}{% endwording %}',
    ],
)
def test_a_passage_in_a_template_holds_nothing_but_text(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        engines["django"].from_string(source)


def test_the_wording_is_in_the_pdf() -> None:
    rendered = render_letter(made.joined(), {"nothing_lost": "Allt du skrev är kvar hos oss."})
    assert "Allt du skrev är kvar hos oss." in plain(rendered.data)
