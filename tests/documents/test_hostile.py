"""Text that is made to break the layout: it is printed as text, visibly cleaned, and costs no more than its length."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings, strategies as st

from requests_app.documents.formatting import format_value
from requests_app.documents.pdf import render_extract
from requests_app.documents.safe_text import (
    MAX_BLOCK,
    MAX_LINES,
    MAX_VALUE,
    MAX_WORD,
    REMOVED,
    blocks,
    cell,
    clean,
    inline,
)
from requests_app.domain.records import CategorySpec, Kind, Record
from tests.documents import world
from tests.documents.reading import plain

if TYPE_CHECKING:
    from requests_app.documents.values import Extract


def _nested(depth: int) -> Any:
    value: Any = "innerst"
    for _ in range(depth):
        value = {"a": [value]}
    return value


HOSTILE: dict[str, Any] = {
    "script": "<script>alert(1)</script>",
    "image": '<img src="file:///etc/passwd"><img src="http://127.0.0.1:1/x">',
    "attachment": '<link rel="attachment" href="file:///etc/hostname">',
    "style": "<style>table{display:none} *{--a:var(--b)var(--b);--b:var(--c)var(--c)}</style>",
    "closing": "</td></tr></table></body></html><h1>Slut</h1>",
    "unclosed": "<!-- <textarea> <![CDATA[ <svg><title>",
    "entity": "&lt;b&gt; &amp;amp; &#0; &#xD800; &nbsp",
    "quotes": '" \' ` onmouseover=alert(1) x="',
    "template": "{% include 'x' %}{{ settings.SECRET_KEY }}{# #}",
    "css": "}; @import url(http://127.0.0.1:1/); body{background:url(file:///etc/passwd)}",
    "long word": "x" * 10_000,
    "long prose": "Ett två tre. " * 80_000,
    "spaces": "a" + " " * 500_000 + "b",
    "newlines": "a" + "\n" * 100_000 + "b",
    "short lines": "x\n" * 100_000,
    "tabs and returns": "a\t\t\r\n\r\nb\x0b\x0cc\u2028d\u2029e",
    "control": "a\x00b\x07c\x1bd\x7fe\x9ff",
    "surrogate": "a\ud800b\udfffc",
    "override": "fil\u202egnp.exe\u202c och \u2066isolerad\u2069",
    "zalgo": "z" + "\u0334\u0335\u0336\u0337" * 500 + "algo",
    "right to left": "שלום עולם, مرحبا بالعالم",
    "emoji": "Tack! 👍🏽 👨‍👩‍👧‍👦 🇸🇪",
    "noncharacters": "a\ufdd0b\ufffeс\uffff",
    "zero width": "a\u200b\u200b\u200bb\u00ad\ufeffc" * 2_000,
    "markers": REMOVED * 3 + "…",
    "nested": _nested(400),
    "wide list": list(range(50_000)),
    "wide object": {f"k{i}": i for i in range(20_000)},
    "infinite": [float("inf"), float("nan")],
    "formula": "=cmd|' /C calc'!A0",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_cut_into_few_short_blocks(name: str) -> None:
    """The bound on the work: blocks of at most 1,000 characters, at most as many as the text has lines or thousands."""
    text = format_value(HOSTILE[name], None, "sv")
    made = blocks(text, "sv")
    assert all(len(block) <= MAX_BLOCK for block in made)
    assert sum(map(len, made)) <= 2 * MAX_VALUE + 200
    assert len(made) <= 2 * MAX_VALUE // MAX_BLOCK + MAX_LINES + 2
    assert not any(re.search(rf"[^\s\u200b]{{{MAX_WORD + 1}}}", block) for block in made)


@pytest.mark.parametrize("name", HOSTILE)
def test_no_markup_comes_through(name: str) -> None:
    html = cell(format_value(HOSTILE[name], None, "sv"), "sv")
    assert set(re.findall("<[^>]*>", html)) <= {"<div>", "</div>"}
    assert "<" not in inline(format_value(HOSTILE[name], None, "sv"), "sv")


def test_what_is_taken_away_is_seen() -> None:
    assert clean("a\x00\x07b") == f"a{REMOVED}b"
    assert clean("fil\u202egnp.exe") == f"fil{REMOVED}gnp.exe"
    assert clean("a\ud800b") == f"a{REMOVED}b"
    assert "Hela texten finns i den maskinläsbara kopian" in cell("ord " * 9_000, "sv")
    assert "The whole text is in the machine-readable copy" in cell("word " * 9_000, "en")


def test_ordinary_text_is_left_alone() -> None:
    for text in ("Åsa Öberg-Ström, Ängsvägen 3", "שלום", "Tack! 👍🏽 👨‍👩‍👧‍👦", "naïve café Łódź", "1 < 2 & 3 > 2"):
        assert clean(text) == text


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=3_000))
def test_any_text_is_cut_and_escaped(text: str) -> None:
    made = blocks(text, "sv")
    assert made
    assert all(len(block) <= MAX_BLOCK for block in made)
    html = cell(text, "sv")
    assert set(re.findall("<[^>]*>", html)) <= {"<div>", "</div>"}
    html.encode("utf-8")


def _extract(kind: Kind) -> Extract:
    records = [
        Record(
            f"{name}\ud800",
            "hostile",
            kind,
            None,
            {"text": value, "from": str(value)[:300], name: value}
            if kind is Kind.CONVERSATION
            else {name: value, "note": "efter"},
            group=str(value)[:300],
            source=str(value)[:300],
        )
        for name, value in HOSTILE.items()
        if kind is Kind.FACTS
        or len(str(value)) < 1_000  # the long ones once: they are the same text to all presentations
    ]
    spec = CategorySpec("hostile", kind, "Fientliga texter", "Hostile texts")
    return replace(
        world.bo(),
        case=world.case(person_name="<b>Bo</b>\u202e\x00" + "x" * 300),
        sections=(world.section("newsletter", "<i>Nyhets</i>brev\ud800", world.category(spec, records)),),
        remarks=tuple(str(value) for value in HOSTILE.values() if len(str(value)) < 1_000),
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_all_of_it_can_be_printed(kind: Kind) -> None:
    """A real rendering of every text in every presentation: it ends, in a document of sane length, with the text as text."""
    rendered = render_extract(_extract(kind))
    assert rendered.pages < 250
    text = plain(rendered.data)
    assert "<script>alert(1)</script>" in text
    assert "{{ settings.SECRET_KEY }}" in text
    assert "שלום" in text.replace(" ", "") or "םולש" in text.replace(" ", "")
    assert b"/EmbeddedFile" not in rendered.data
    assert b"root:" not in rendered.data


def test_values_too_deep_for_json_are_written_as_paths() -> None:
    from requests_app.documents.package import json_chunks

    deep = Record("d", "hostile", Kind.FACTS, None, {"deep": _nested(5_000), "nan": float("nan")})
    spec = CategorySpec("hostile", Kind.FACTS, "Djupt", "Deep")
    extract = replace(world.bo(), sections=(world.section("newsletter", "Nyhetsbrev", world.category(spec, [deep])),))
    copy = json.loads(b"".join(json_chunks(extract)))
    fields = copy["systems"][0]["categories"][0]["records"][0]["fields"]
    assert fields["deep"][0]["value"] == "innerst"
    assert fields["nan"] == "nan"
