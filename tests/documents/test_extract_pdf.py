"""The registerutdrag as the person gets it: sections, tags, outline, links, fonts, and that it can be checked by machines."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import page as page_validation
import pdfua
import pikepdf
import pytest

from requests_app.documents import extract as extract_module
from requests_app.documents.extract import SECTIONS
from requests_app.documents.pdf import render_extract
from requests_app.documents.values import NotSearched
from tests.documents import world
from tests.documents.reading import marked_text, plain, read_blocks, rows

if TYPE_CHECKING:
    from pathlib import Path

    from requests_app.documents.values import RenderedPdf


@pytest.fixture(scope="module")
def anna() -> RenderedPdf:
    """Anna's answer, in one part of data and a front."""
    return render_extract(world.anna())


@pytest.fixture(scope="module")
def in_parts() -> RenderedPdf:
    """The same answer cut into many parts."""
    before = extract_module.MAX_WEIGHT
    extract_module.MAX_WEIGHT = 300
    try:
        return render_extract(world.anna())
    finally:
        extract_module.MAX_WEIGHT = before


def check_conformance(rendered: RenderedPdf, folder: Path) -> None:
    """PDF/UA-1 and PDF/A-3a as far as the validators at hand know them, and sound syntax."""
    for profile in (page_validation.ValidationProfile.PDF_UA_1, page_validation.ValidationProfile.PDF_A_3A):
        report = page_validation.validate_pdf_bytes(rendered.data, profile=profile)
        assert report.is_compliant, [failure.message for failure in report.failures]
    path = folder / "document.pdf"
    path.write_bytes(rendered.data)
    report = pdfua.validate(str(path))
    assert report.exit_code == 0, report.findings
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        assert pdf.check_pdf_syntax() == []


def test_it_conforms_in_one_part(anna: RenderedPdf, tmp_path: Path) -> None:
    check_conformance(anna, tmp_path)


def test_it_conforms_in_many_parts(in_parts: RenderedPdf, tmp_path: Path) -> None:
    check_conformance(in_parts, tmp_path)


def test_it_conforms_in_english(tmp_path: Path) -> None:
    check_conformance(render_extract(world.anna("en")), tmp_path)


def test_it_has_the_fifteen_sections_in_order(anna: RenderedPdf) -> None:
    headings = [block.text for block in read_blocks(anna.data) if block.tag == "H2"]
    assert headings == [f"{n} {title}" for n, title in enumerate(SECTIONS["sv"], 1)]


def test_it_has_the_fifteen_sections_in_english() -> None:
    headings = [block.text for block in read_blocks(render_extract(world.bo("en")).data) if block.tag == "H2"]
    assert headings == [f"{n} {title}" for n, title in enumerate(SECTIONS["en"], 1)]


def test_it_answers_the_question_on_the_first_page(anna: RenderedPdf) -> None:
    with pikepdf.open(io.BytesIO(anna.data)) as pdf:
        first = " ".join(text for place, text in marked_text(pdf.pages[0].obj).items() if place >= 0)
    for words in (
        "Ja, vi behandlar uppgifter om dig i tre system.",
        "DSR-2026-0042",
        "2026-11-25",
        "2026-12-18",
        "Karin Ek",
        f"Antal sidor {anna.pages}",
        "inga hittades",
        "genomsökt delvis",
    ):
        assert words in first


def test_it_says_no_when_nothing_was_found() -> None:
    nothing = replace(world.bo(), sections=(world.section("mina_sidor", "Mina sidor"),))
    text = plain(render_extract(nothing).data)
    assert "Nej, vi hittade inga uppgifter om dig." in text
    assert "Vi har sökt i systemet men inga uppgifter hittades om dig." in text


def test_it_names_the_systems_that_are_missing() -> None:
    late = NotSearched(
        system="Mätsystemet", reason="Leverantören har inte svarat. Du får resten senast 28 december.", missing=True
    )
    text = plain(render_extract(replace(world.bo(), not_searched=(late,))).data)
    assert "Svaret är inte komplett ännu." in text
    assert text.count("Mätsystemet") == 2  # page 1 and section 15


def test_two_customers_get_different_sections_4_to_10(anna: RenderedPdf) -> None:
    """What is said about purposes, recipients and so on comes from the systems that hold the person's data, and no others."""
    anna_says, bo_says = _sections_4_to_10(anna), _sections_4_to_10(render_extract(world.bo()))
    for words in (
        "Fakturabolaget AB",
        "Elmätaren i din bostad",
        "Chat Cloud Inc.",
        "standardavtalsklausuler",
        "Vi sorterar frågor",
    ):
        assert words in anna_says
        assert words not in bo_says
    for words in (
        "Samtycke (artikel 6.1 a)",
        "Tills du avslutar prenumerationen",
        "Vi för inte över uppgifterna till något land",
    ):
        assert words in bo_says
        assert words not in anna_says


def _sections_4_to_10(rendered: RenderedPdf) -> str:
    text = plain(rendered.data)
    start = text.rindex("4 Varför vi har uppgifterna")
    return text[start : text.rindex("11 Uppgifter vi inte lämnar ut")]


def test_each_system_opens_with_why_ground_source_recipient_and_time(anna: RenderedPdf) -> None:
    told = rows(read_blocks(anna.data))
    for row in (
        ["Varför", "Mäta din elanvändning och visa den för dig"],
        ["Rättslig grund", "Rättslig förpliktelse (artikel 6.1 c): ellagen kräver att vi mäter elen"],
        ["Varifrån", "Elmätaren i din bostad"],
        ["Vem har fått dem", "Bright Energy AB"],
        ["Hur länge", "Tre år efter mätningen"],
    ):
        assert row in told


def test_it_says_what_was_withheld_and_searched(anna: RenderedPdf) -> None:
    told = rows(read_blocks(anna.data))
    assert any(row[:3] == ["Chatten", "Chattsamtal", "2 ställen"] and "annan person" in row[3] for row in told)
    assert any(
        len(row) == 5
        and row[0] == "Chatten"
        and "2024-11-25 till 2026-11-25" in row[2]
        and row[3] == "2026-12-01 10:14"
        for row in told
    )
    texts = [" ".join(block.text.split()) for block in read_blocks(anna.data)]
    assert texts[texts.index("Du har inte sökt arbete hos oss, enligt din begäran.") + 1].endswith("Rekrytering")


def test_identity_numbers_are_cut_down_everywhere(anna: RenderedPdf) -> None:
    text = plain(anna.data)
    assert "9807" not in text.replace(" ", "")
    assert "18900429-****" in text
    assert "På 2 ställen står därför bara födelsedatum och fyra stjärnor." in text


@pytest.mark.parametrize("name", ["anna", "in_parts"])
def test_page_numbers_in_contents_and_answer_are_right(name: str, request: pytest.FixtureRequest) -> None:
    rendered: RenderedPdf = request.getfixturevalue(name)
    where = _pages_of_headings(rendered)
    listed = [row for row in rows(read_blocks(rendered.data)) if len(row) == 2 and row[0] in where and row[1].isdigit()]
    assert len(listed) == 15 + 4
    for title, page in listed:
        assert int(page) == where[title], title


def _pages_of_headings(rendered: RenderedPdf) -> dict[str, int]:
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        found: dict[str, int] = {}
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}

        def walk(element: Any) -> None:
            if str(element.S) in ("/H2", "/H3"):
                texts = []
                for kid in element.K:
                    texts.append(marked_text(kid.Pg)[int(kid.K[0])])
                found.setdefault("".join(texts), numbers[element.Pg.objgen])
            for kid in element.get("/K", []):
                if isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                    walk(kid)

        walk(pdf.Root.StructTreeRoot.K[0])
    return found


@pytest.mark.parametrize("name", ["anna", "in_parts"])
def test_every_page_has_its_number_as_an_artifact(name: str, request: pytest.FixtureRequest) -> None:
    rendered: RenderedPdf = request.getfixturevalue(name)
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        assert len(pdf.pages) == rendered.pages
        for number, page in enumerate(pdf.pages, 1):
            stamped = marked_text(page.obj)[-1]
            assert f"Sida {number} av {rendered.pages}" in stamped
            assert "DSR-2026-0042" in stamped
            assert ("Halmstads Energi och Miljö AB · Registerutdrag" in stamped) == (number > 1)
    assert "Sida 1 av" not in plain(rendered.data)


@pytest.mark.parametrize("name", ["anna", "in_parts"])
def test_links_lead_to_pages_of_the_document(name: str, request: pytest.FixtureRequest) -> None:
    rendered: RenderedPdf = request.getfixturevalue(name)
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf:
        numbers = {page.obj.objgen: number for number, page in enumerate(pdf.pages, 1)}
        links = [link for page in pdf.pages for link in page.obj.get("/Annots", [])]
        assert len(links) == 19 + 4
        for link in links:
            assert "/A" not in link
            assert str(link.Contents) == f"Gå till sidan {numbers[link.Dest[0].objgen]}"


@pytest.mark.parametrize("name", ["anna", "in_parts"])
def test_the_outline_is_one_tree_of_sections_systems_and_categories(name: str, request: pytest.FixtureRequest) -> None:
    rendered: RenderedPdf = request.getfixturevalue(name)
    with pikepdf.open(io.BytesIO(rendered.data)) as pdf, pdf.open_outline() as outline:
        assert [item.title for item in outline.root] == [f"{n} {title}" for n, title in enumerate(SECTIONS["sv"], 1)]
        systems = outline.root[2].children
        assert [item.title for item in systems] == ["Mina sidor", "Mitt HEM", "Chatten", "Nyhetsbrev"]
        assert [item.title.split()[0] for item in systems[0].children] == ["Kunduppgifter", "Fakturor", "Inloggningar"]


def test_it_has_language_title_and_embedded_fonts(anna: RenderedPdf) -> None:
    with pikepdf.open(io.BytesIO(anna.data)) as pdf:
        assert str(pdf.Root.Lang) == "sv"
        assert str(pdf.docinfo.Title) == "Registerutdrag – DSR-2026-0042"
        assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle)
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        assert fonts
        for font in fonts:
            descendant = font.DescendantFonts[0]
            assert "/FontFile2" in descendant.FontDescriptor
            assert "Document-Sans" in str(font.BaseFont)


def test_the_same_values_give_the_same_bytes(anna: RenderedPdf) -> None:
    assert render_extract(world.anna()).data == anna.data


def test_parts_say_the_same_as_one(anna: RenderedPdf, in_parts: RenderedPdf) -> None:
    def body(rendered: RenderedPdf) -> list[str]:
        blocks = read_blocks(rendered.data)
        texts = [
            " ".join(block.text.split()) for block in blocks if block.tag != "TH"
        ]  # heads are repeated on new pages
        return texts[len(texts) - 1 - texts[::-1].index("3 Dina uppgifter, per system") :]

    assert in_parts.pages > anna.pages
    assert body(in_parts) == body(anna)


def test_progress_is_told_for_each_part() -> None:
    seen: list[tuple[int, int]] = []
    render_extract(world.bo(), progress=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]


def test_the_plot_has_a_text(anna: RenderedPdf) -> None:
    alternatives = [block.text for block in read_blocks(anna.data) if block.tag == "Figure"]
    assert len(alternatives) == 1
    assert alternatives[0].startswith("Stapeldiagram: Mätare 735999114012345678, kWh per dygn, tors 1 jan–ons 4 feb.")
    assert re.search(r"Lägst: [\d,]+ \(.{3,4} \d+ (jan|feb)\)\. Högst: [\d,]+ \(", alternatives[0])


def test_an_extract_without_answer_date_is_refused() -> None:
    with pytest.raises(ValueError, match="date it is answered"):
        render_extract(replace(world.bo(), case=world.case(answered_on=None)))


def test_dates_do_not_depend_on_the_active_language() -> None:
    case = world.case("en", answered_on=date(2026, 5, 4))
    assert "2026-05-04" in plain(render_extract(replace(world.bo("en"), case=case)).data)
