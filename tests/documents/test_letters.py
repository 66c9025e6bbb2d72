"""Letters: what each must state, in both languages, and that one that does not cannot be made."""

from __future__ import annotations

import io
import re
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import page as page_validation
import pikepdf
import pytest

from requests_app.documents import letters as letters_module
from requests_app.documents.letter_specs import LETTERS
from requests_app.documents.letter_values import LetterFacts, RectifiedField
from requests_app.documents.letters import MissingElement, letter_html, letter_subject
from requests_app.documents.pdf import render_letter
from requests_app.documents.values import Lang, NotSearched, Withheld
from requests_app.documents.wordings import KEYS
from tests.documents import letters_world as made
from tests.documents.reading import plain

if TYPE_CHECKING:
    from collections.abc import Callable

BOTH: list[Lang] = ["sv", "en"]


def test_every_kind_of_letter_is_tried_here() -> None:
    assert {type(letter) for letter in made.all_letters()} == set(LETTERS)


@pytest.mark.parametrize(("key", "lang", "number"), made.EVERY)
def test_every_variant_states_its_elements(key: str, lang: Lang, number: int) -> None:
    letter = made.variants(key, lang)[number]
    html = letter_html(letter)
    assert letter_subject(letter) in html
    assert "DSR-2026-0042" in html
    stated = set(re.findall(r'data-element="(\w+)"', html))
    assert {element.name for element in LETTERS[type(letter)].elements if element.when(letter)} <= stated


@pytest.mark.parametrize("key", KEYS)
def test_every_element_is_demanded_by_some_variant(key: str) -> None:
    """An element that no made-up letter states could be lost by a wording without anybody noticing."""
    variants = made.variants(key)
    elements = LETTERS[type(variants[0])].elements
    assert [item.name for item in elements if not any(item.when(letter) for letter in variants)] == []
    assert all(element.source for element in elements)


@pytest.mark.parametrize(("key", "lang", "number"), made.EVERY)
def test_a_letter_that_lost_a_mandatory_piece_cannot_be_made(
    key: str, lang: Lang, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each element of each letter in turn: its place without text, and without the place."""
    letter = made.variants(key, lang)[number]
    whole = letter_html(letter)
    for element in LETTERS[type(letter)].elements:
        if not element.when(letter):
            continue
        for lost in (_without_text(whole, element.name), whole.replace(f'data-element="{element.name}"', "")):
            monkeypatch.setattr(letters_module, "render_to_string", lambda *_, html=lost: html)
            with pytest.raises(MissingElement):
                letter_html(letter)
            monkeypatch.undo()


def _without_text(html: str, element: str) -> str:
    """The page with the first place of this name emptied; places may hold other places."""
    tag = re.search(rf'<(\w+)[^>]*data-element="{element}"[^>]*>', html)
    assert tag
    end = html.index(f"</{tag[1]}>", tag.end())
    return html[: tag.end()] + html[end:]


@pytest.mark.parametrize(
    ("make", "changes", "element"),
    [
        (made.receipt, {"understood": ()}, "understood"),
        (made.receipt, {"identity_checked": " "}, "identity_checked"),
        (made.completion, {"doubt": "Vi tvivlar.", "needed": ()}, "needed"),
        (made.completion, {"how_to_send": ""}, "how_to_send"),
        (made.completion, {"needed": (), "clarification": (), "doubt": ""}, "needed"),
        (made.extension, {"reasons": ()}, "reasons"),
        (made.extension, {"reasons": ("Många system.", "")}, "reasons"),
        (made.answer, {"files": ()}, "files"),
        (made.answer, {"delivery": ""}, "delivery"),
        (made.refusal, {"items": ()}, "what"),
        (made.refusal, {"partial": True}, "granted"),
        (made.refusal, {"excessive": True}, "abuse_facts"),
        (made.refusal, {"fee_sek": 450}, "abuse_facts"),
        (made.recipient, {"person": ""}, "person"),
        (made.recipient, {"items": ()}, "what"),
        (made.restriction, {"ground": ""}, "ground"),
        (made.restriction, {"until": ""}, "until"),
        (made.restriction, {"restricted": (), "refused": ()}, "system"),
        (made.restriction_lifting, {"reasons": ()}, "reasons"),
        (made.restriction_lifting, {"items": ()}, "system"),
        (made.objection, {"stopped": (), "refused": ()}, "system"),
        (made.consent_withdrawal, {"stopped": ()}, "system"),
        (made.portability, {"files": ()}, "files"),
        (made.portability, {"delivery": ""}, "delivery"),
        (made.joined, {"asked": ()}, "asked"),
        (made.joined, {"other_diary_no": ""}, "other_diary_no"),
        (made.withdrawn, {"withdrawn": ()}, "withdrawn"),
        (made.withdrawn, {"remaining": ("Radering",)}, "due_on"),
        (made.rectification, {"fields": ()}, "reasons"),
        (made.erasure, {"erased": (), "kept": ()}, "system"),
        (made.erasure, {"backups": ""}, "backups"),
        (made.not_identified, {"needed": ()}, "needed"),
        (made.not_identified, {"tried": ()}, "tried"),
    ],
)
def test_a_letter_that_lacks_an_element_cannot_be_made(
    make: Callable[..., LetterFacts], changes: dict[str, Any], element: str
) -> None:
    with pytest.raises(MissingElement) as error:
        render_letter(make(**changes))
    assert error.value.element == element


@pytest.mark.parametrize("item", ["what", "provision", "reasons"])
def test_a_refusal_names_what_provision_and_reasons_of_each(item: str) -> None:
    letter = made.refusal()
    with pytest.raises(MissingElement) as error:
        letter_html(replace(letter, items=(*letter.items, replace(letter.items[0], **{item: ""}))))
    assert error.value.element == item


@pytest.mark.parametrize("item", ["what", "provision", "reasons", "until"])
def test_what_is_kept_says_why_and_until_when(item: str) -> None:
    letter = made.erasure()
    with pytest.raises(MissingElement):
        letter_html(replace(letter, kept=(replace(letter.kept[0], **{item: ""}),)))


def test_a_correction_without_a_date_cannot_be_told() -> None:
    undated = RectifiedField(system="Mina sidor", field="E-post", old="a", new="b")
    with pytest.raises(MissingElement) as error:
        letter_html(made.rectification(fields=(undated,)))
    assert error.value.element == "changed_on"


@pytest.mark.parametrize(
    "make",
    [
        made.extension,
        made.answer,
        made.refusal,
        made.not_identified,
        made.restriction,
        made.restriction_lifting,
        made.objection,
        made.portability,
    ],
)
def test_remedies_name_the_authority_and_the_district_court(make: Callable[..., LetterFacts]) -> None:
    html = letter_html(make())
    assert "Integritetsskyddsmyndigheten (IMY)" in html
    assert "tingsrätten" in html
    assert "förvaltningsrätt" not in html
    letter = make()
    for lost in (replace(letter.remedies, authority=""), replace(letter.remedies, court="")):
        with pytest.raises(MissingElement):
            letter_html(replace(letter, remedies=lost))


def test_remedies_come_with_what_is_not_done_and_only_then() -> None:
    done = made.erasure(kept=())
    assert "Integritetsskyddsmyndigheten" not in letter_html(done)
    assert "Vi har tagit bort dina uppgifter" in letter_html(done)
    corrected = made.rectification(fields=made.rectification().fields[:1])
    assert "Integritetsskyddsmyndigheten" not in letter_html(corrected)
    assert letter_subject(corrected) == "Vi har rättat dina uppgifter"


def test_headings_follow_the_outcome() -> None:
    refused = made.rectification().fields[1:]
    assert letter_subject(made.rectification(fields=refused)) == "Vi har inte rättat dina uppgifter"
    assert letter_subject(made.rectification()) == "Vi har rättat en del av dina uppgifter"
    assert letter_subject(made.erasure(erased=())) == "Vi har inte tagit bort dina uppgifter"
    assert (
        letter_subject(made.refusal(partial=True, granted="Vi tar bort chatten."))
        == "Vi säger nej till en del av din begäran"
    )
    assert letter_subject(made.refusal(fee_sek=450)) == "Avgift för att behandla din begäran"


def test_a_fee_tells_the_amount_and_that_the_request_may_be_withdrawn() -> None:
    html = letter_html(made.refusal(fee_sek=450, abuse_facts=("Tolv likadana begäranden på tre veckor.",)))
    assert "450 kronor" in html
    assert "Du kan dra tillbaka din begäran." in html


def test_the_answer_lists_systems_missing_and_withheld() -> None:
    letter = made.answer(
        missing=(NotSearched(system="Mätsystemet", reason="Svar väntas.", missing=True),),
        withheld=(
            Withheld(system="Chatten", category="Samtal", count=1, ground="Uppgift om annan person (artikel 15.4)"),
        ),
    )
    text = " ".join(re.sub("<[^>]*>", " ", re.sub("</?(span|b)[^>]*>", "", letter_html(letter))).split())
    assert "i tre system: Mina sidor, Mitt HEM och Chatten. Sammanlagt är det 2 467 uppgifter på 14 sidor." in text
    assert "Mätsystemet: Svar väntas." in text
    assert "Chatten, Samtal (1 ställe): Uppgift om annan person (artikel 15.4)" in text
    assert "Vi hittade inga uppgifter om dig" in letter_html(made.answer(systems=(), records=0))


@pytest.mark.parametrize(("key", "lang", "number"), made.EVERY)
def test_sentences_are_short(key: str, lang: Lang, number: int) -> None:
    """Plain language: a sentence has some twenty words, and a provision in brackets at most."""
    html = re.sub(r"</(p|li|h\d|td|th|div)>|<br>", ". ", letter_html(made.variants(key, lang)[number]))
    text = re.sub(r"\d\.\d", "1", re.sub("<[^>]*>", " ", html))
    for sentence in re.split(r"[.!?:]\s", text):
        assert len(sentence.split()) <= 22, sentence


def test_names_are_escaped_and_identity_numbers_cut_down() -> None:
    case = replace(made.receipt().case, person_name="<b>Bo</b>")
    html = letter_html(made.receipt(case=case, understood=("Gäller 189004299807.",)))
    assert "<b>Bo</b>" not in html
    assert "&lt;b&gt;Bo&lt;/b&gt;" in html
    assert "Gäller 18900429-****." in html


@pytest.mark.parametrize("lang", BOTH)
@pytest.mark.parametrize("key", KEYS)
def test_it_is_a_tagged_and_archivable_document(key: str, lang: Lang) -> None:
    letter = made.letter(key, lang)
    rendered = render_letter(letter)
    assert rendered.pages <= 2
    for profile in (page_validation.ValidationProfile.PDF_UA_1, page_validation.ValidationProfile.PDF_A_3A):
        report = page_validation.validate_pdf_bytes(rendered.data, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        assert str(pdf.Root.Lang) == lang
        assert len(pdf.pages) == rendered.pages
    assert letter_subject(letter) in plain(rendered.data)


@pytest.mark.parametrize("lang", BOTH)
def test_two_renderings_are_alike(lang: Lang) -> None:
    assert render_letter(made.erasure(lang)).data == render_letter(made.erasure(lang)).data


def test_dates_are_written_out_in_the_letters_language() -> None:
    assert "28 december 2026" in letter_html(made.receipt(due_on=date(2026, 12, 28)))
    assert "3 mars 2027" in letter_html(made.receipt(due_on=date(2027, 3, 3)))
    assert "3 March 2027" in letter_html(made.receipt("en", due_on=date(2027, 3, 3)))


def test_every_fact_of_a_letter_is_used() -> None:
    """A field that no template prints would be a promise to the caller that is not kept."""
    from pathlib import Path

    root = Path(__file__).resolve().parents[2] / "templates" / "documents" / "sv" / "letters"
    text = "".join(path.read_text(encoding="utf-8") for path in root.glob("*.html"))
    rooms = Path(__file__).resolve().parents[2] / "requests_app" / "documents"
    logic = "".join((rooms / name).read_text(encoding="utf-8") for name in ("letters.py", "letter_specs.py"))
    for kind in LETTERS:
        for item in fields(kind):
            assert f"letter.{item.name}" in text + logic, (kind, item.name)


def test_a_notice_to_a_recipient_names_the_person_only_as_far_as_needed() -> None:
    for letter in made.variants("recipient"):
        html = letter_html(letter)
        assert "Kundnummer 100482" in html
        assert "Anna Andersson" not in html
        assert "Integritetsskyddsmyndigheten" not in html
        assert "Hej!" in html
        assert "Har ni frågor?" in html


def test_a_processor_is_instructed_and_others_are_told() -> None:
    assert "artikel 28.3" in letter_html(made.recipient(processor=True))
    assert "artikel 19" in letter_html(made.recipient(processor=False))


def test_an_objection_to_marketing_is_not_weighed() -> None:
    upheld = made.variants("objection")[1]
    assert "utan att pröva dina skäl" in letter_html(upheld)
    assert "Så har vi vägt" not in letter_html(upheld)
    assert "Integritetsskyddsmyndigheten" not in letter_html(upheld)
    with pytest.raises(MissingElement) as error:
        refused = made.objection().refused[0]
        letter_html(made.objection(refused=(replace(refused, weighing=""),)))
    assert error.value.element == "weighing"


def test_a_notice_says_when_nothing_was_found() -> None:
    for key in ("erasure", "rectification", "restriction", "objection", "consent_withdrawal"):
        nothing = made.variants(key)[-1]
        assert "Vi sökte men hittade inga uppgifter om dig i" in letter_html(nothing)
        assert "Integritetsskyddsmyndigheten" not in letter_html(nothing)


def test_secrecy_is_explained_where_it_is_the_ground() -> None:
    assert "går att överklaga till kammarrätten" in letter_html(made.refusal(secret=True))
    assert "kammarrätten" not in letter_html(made.refusal())
