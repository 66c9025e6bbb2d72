"""Charts: drawn as plain SVG that may stand under a strict CSP, said in words for who cannot see them, and never taken for markup."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, strategies as st

from requests_app.documents.charts import Drawing, Line, described, draw, top_of
from requests_app.documents.report import ChartFacts, FigureFacts, ReportFacts, TableFacts, render_report
from requests_app.documents.values import Sender
from tests.documents.reading import plain, read_blocks, rows

SVG = "{http://www.w3.org/2000/svg}"


def drawing(*numbers: tuple[int | None, ...], **changes: Any) -> Drawing:
    lines = tuple(
        Line(f"Serie {at}", tuple(None if n is None else Decimal(n) for n in found), tuple(str(n) for n in found))
        for at, found in enumerate(numbers)
    )
    labels = tuple(f"jan {2000 + at}" for at in range(len(numbers[0])))
    return Drawing(**{"key": "r-c", "title": "Inkomna", "lang": "sv", "labels": labels, "lines": lines, **changes})


def test_it_is_an_image_with_a_title_and_its_numbers_in_words() -> None:
    root = ElementTree.fromstring(draw(drawing((3, 12, 7))))  # noqa: S314 - our own
    assert root.get("role") == "img"
    said = {item.get("id"): item.text for item in root if item.tag in {f"{SVG}title", f"{SVG}desc"}}
    assert (root.get("aria-labelledby") or "").split() == list(said)
    assert said["r-c-t"] == "Inkomna"
    assert said["r-c-d"] == "Serie 0: lägst 3 (jan 2000), högst 12 (jan 2001). Talen står i tabellen."


@pytest.mark.parametrize("shape", ["bar", "line", "rows"])
def test_it_has_no_script_no_style_and_no_address(shape: str) -> None:
    svg = draw(drawing((3, 12), shape=shape))
    assert "style" not in svg
    assert "<script" not in svg
    assert "href" not in svg
    assert svg.count("http") == 1  # the name of SVG itself


@pytest.mark.parametrize("shape", ["bar", "line", "rows"])
def test_it_takes_no_text_for_markup(shape: str) -> None:
    hostile = '"><script>alert(1)</script>&\x00'
    found = draw(
        drawing(
            (3,),
            shape=shape,
            key=hostile,
            title=hostile,
            labels=(hostile,),
            lines=(Line(hostile, (Decimal(3),), (hostile,)),),
        )
    )
    root = ElementTree.fromstring(found)  # noqa: S314 - our own
    assert not [item for item in root.iter() if item.tag.endswith("script")]


def bars(svg: str, name: str) -> list[ElementTree.Element]:
    """The drawn ones, without the legend's."""
    found = [item for item in ElementTree.fromstring(svg).iter(f"{SVG}rect") if item.get("class") == name]  # noqa: S314
    return [item for item in found if float(item.get("y", 0)) > 10]


def test_a_bar_is_as_tall_as_its_number() -> None:
    heights = [float(item.get("height", 0)) for item in bars(draw(drawing((5, 10, 0, None))), "chart-bar-0")]
    assert len(heights) == 2  # none and nothing have no bar
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)


def test_a_lying_bar_is_as_long_as_its_number() -> None:
    widths = [float(item.get("width", 0)) for item in bars(draw(drawing((5, 10), shape="rows")), "chart-bar-0")]
    assert widths[1] == pytest.approx(2 * widths[0], abs=0.2)


def test_a_gap_in_the_numbers_is_a_gap_in_the_line() -> None:
    root = ElementTree.fromstring(draw(drawing((90, None, 80, 70), shape="line", percent=True)))  # noqa: S314 - our own
    path = [item.get("d", "") for item in root.iter(f"{SVG}path") if item.get("class") == "chart-line-0"][-1]
    assert path.count("M") == 2
    assert path.count("L") == 1


def test_two_series_differ_in_form_too() -> None:
    svg = draw(drawing((90, 80), (70, 60), shape="line"))
    assert "stroke-dasharray" in svg
    assert "<circle" in svg
    assert "<rect" in svg


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=80))
def test_the_scale_ends_at_or_above_the_highest(numbers: list[int]) -> None:
    made = drawing(tuple(numbers))
    top = top_of(made)
    assert max(numbers) <= top
    assert top <= max(10 * max(numbers), 10)
    ElementTree.fromstring(draw(made))  # noqa: S314 - our own


def test_it_says_when_there_is_nothing_to_show() -> None:
    made = drawing((None, None), shape="line")
    assert described(made) == "Serie 0: inga tal att visa. Talen står i tabellen."
    assert "<circle" not in draw(made).split("</desc>")[1].split("chart-grid")[1]


def report() -> ReportFacts:
    sender = Sender(
        name="Bolaget AB", org_no="1", address=("Box 1", "301 02 Halmstad"), email="x@example.se", phone="", web=""
    )
    return ReportFacts(
        lang="sv",
        sender=sender,
        title="Översikt",
        about="Nyckeltalen.",
        period="okt 2026",
        narrowed=("Team: Kund",),
        audience="Internt för juristen",
        made_on=date(2026, 11, 20),
        least=20,
        figures=(FigureFacts("I tid", "71,4 %", "30 av 42", "Andel i tid."),),
        charts=(ChartFacts("Inkomna", draw(drawing((3, 12)))),),
        tables=(
            TableFacts(
                title="Månad för månad",
                head="Mottagen",
                columns=("Inkomna", "Besvarade"),
                rows=(("okt 2026", (("12", ""), ("9", "9 av 12"))),),
                meanings=(("Inkomna", "Ärenden som kom in."),),
            ),
        ),
    )


def test_a_report_prints_tagged_with_head_chart_text_and_table() -> None:
    made = render_report(report())
    text, blocks = plain(made.data), read_blocks(made.data)
    assert text.startswith("Bolaget AB")
    assert "Andel i tid." in text
    assert [block.text for block in blocks if block.tag == "H1"] == ["Rapport: Översikt"]
    assert [block.text for block in blocks if block.tag == "Figure"] == ["Inkomna"]
    assert ["okt 2026", "12", "9 9 av 12"] in rows(blocks)
    assert ["I tid", "71,4 % (30 av 42)", "Andel i tid."] in [
        [cell.replace("\u00a0", " ") for cell in row] for row in rows(blocks)
    ]
    assert render_report(report()).data == made.data
