"""The registerutdrag as HTML: a front that answers the question, the data system by system, and the information of Art. 15.

The data comes first as pieces and is cut into parts of bounded weight; the rest is known only when all data has been read (how many
identity numbers were shortened), and the front last of all (page numbers).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string

from requests_app.documents.cleaning import cleaned
from requests_app.documents.conversation import conversation_pieces
from requests_app.documents.facts import facts_pieces
from requests_app.documents.formatting import format_number, format_time
from requests_app.documents.grounds import box, not_searched, told, with_data
from requests_app.documents.masking import Tally, outgoing
from requests_app.documents.pieces import Piece
from requests_app.documents.safe_text import inline
from requests_app.documents.series import series_pieces
from requests_app.documents.survey import survey
from requests_app.documents.tables import table_pieces
from requests_app.documents.words import WORDS, count_word
from requests_app.domain.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.documents.values import CategoryData, Extract, Lang

MAX_WEIGHT = 2_000
"""Records, or what costs as much to lay out, in one part."""

SECTIONS: dict[Lang, tuple[str, ...]] = {
    "sv": (
        "Kort svar",
        "Så läser du utdraget",
        "Dina uppgifter, per system",
        "Varför vi har uppgifterna och rättslig grund",
        "Kategorier av uppgifter",
        "Vilka som har fått uppgifterna",
        "Hur länge vi sparar dem",
        "Varifrån de kommer",
        "Automatiserade beslut och profilering",
        "Överföring utanför EU/EES",
        "Uppgifter vi inte lämnar ut och varför",
        "Dina rättigheter",
        "Om du inte är nöjd",
        "Kontakt",
        "Sökta system, sökbegrepp och tidpunkt",
    ),
    "en": (
        "Short answer",
        "How to read this copy",
        "Your data, system by system",
        "Why we have the data, and the legal basis",
        "Categories of data",
        "Who has received the data",
        "How long we keep the data",
        "Where the data comes from",
        "Automated decisions and profiling",
        "Transfers outside the EU/EEA",
        "Data we do not hand out, and why",
        "Your rights",
        "If you are not satisfied",
        "Contact",
        "Systems searched, search terms and times",
    ),
}
"""The fifteen sections of the answer (Art. 15.1 a-h, 15.2, 15.3, 15.4, 12.4)."""


@dataclass(frozen=True, slots=True)
class Place:
    """A heading that the contents name: its anchor, title, level and page."""

    anchor: str
    title: str
    level: int
    page: int


@dataclass(slots=True)
class Reading:
    """What is learnt while the data is read."""

    tally: Tally = field(default_factory=Tally)
    records: int = 0


def anchor_of(section: int, system: int | None = None) -> str:
    """The name of a section's place, or of a system's within section 3 (both from 1)."""
    return f"s{section}" if system is None else f"s{section}-{system}"


def heading(section: int, lang: Lang) -> str:
    """The numbered heading of a section, with its anchor."""
    return f'<h2 id="{anchor_of(section)}">{section} {SECTIONS[lang][section - 1]}</h2>'


def data_parts(extract: Extract, reading: Reading) -> Iterator[str]:
    """Section 3 as HTML, in parts of at most ``MAX_WEIGHT``; the last one is handed over however small it is."""
    pieces = [heading(3, extract.case.lang)]
    weight = 0
    for made in _data_pieces(extract, reading.tally):
        if weight and weight + made.weight > MAX_WEIGHT:
            yield "".join(pieces)
            pieces, weight = [], 0
        pieces.append(made.html)
        weight += made.weight
        reading.records += made.records
    yield "".join(pieces)


def _data_pieces(extract: Extract, tally: Tally) -> Iterator[Piece]:
    lang = extract.case.lang
    for number, section in enumerate(extract.sections, 1):
        facts = [fact for fact in extract.processings if fact.system_key == section.key]
        context = {"anchor": anchor_of(3, number), **_context(section=section, box=box(facts), lang=lang)}
        yield Piece(render_to_string(f"documents/{lang}/system.html", context), 0, 0)
        for category in section.categories:
            yield from _category_pieces(category, lang, tally)


def _category_pieces(category: CategoryData, lang: Lang, tally: Tally) -> Iterator[Piece]:
    if not category.count:
        return
    spec = category.spec
    seen = survey(outgoing(category, Tally()), spec, lang)
    label = inline(spec.label_sv if lang == "sv" else spec.label_en, lang)
    singular, plural = WORDS[lang].records
    count = f"{_count(seen.count, lang)} {singular if seen.count == 1 else plural}"
    yield Piece(f'<h4>{label} <span class="count">{count}</span></h4>', 0, 0)
    presenters = {
        Kind.FACTS: facts_pieces,
        Kind.TABLE: table_pieces if seen.count > 1 else facts_pieces,
        Kind.CONVERSATION: conversation_pieces,
        Kind.TIME_SERIES: series_pieces,
    }
    yield from presenters[spec.kind](outgoing(category, tally), spec, seen, lang)


# --- The front -----------------------------------------------------------------------------------------------------


def _context(**values: Any) -> dict[str, Any]:
    return {key: cleaned(value) for key, value in values.items()}


def information(extract: Extract, reading: Reading) -> str:
    """Sections 4 to 15 as HTML."""
    lang = extract.case.lang
    context = _context(
        extract=extract,
        told=told(extract),
        searches=[(s, _count(s.count, lang), format_time(s.searched_at)) for s in extract.sections],
        not_searched=not_searched(extract.not_searched),
        shortened=reading.tally.shortened,
    )
    context["h"] = {f"n{number}": heading(number, lang) for number in range(4, 16)}
    return render_to_string(f"documents/{lang}/information.html", context)


def _count(n: int, lang: Lang) -> str:
    return format_number(Decimal(n), lang, grouped=True)


def contents(extract: Extract, pages: Mapping[str, int]) -> list[Place]:
    """All places that the front names, in order, with the pages they are on."""
    lang = extract.case.lang
    places = []
    for number, title in enumerate(SECTIONS[lang], 1):
        places.append(Place(anchor_of(number), f"{number} {title}", 1, pages[anchor_of(number)]))
        if number == 3:
            systems = ((anchor_of(3, i), cleaned(section.name)) for i, section in enumerate(extract.sections, 1))
            places += [Place(anchor, name, 2, pages[anchor]) for anchor, name in systems]
    return places


def front(extract: Extract, places: list[Place], pages: int) -> str:
    """Page 1, the contents and section 2 as HTML. ``places`` know their pages; ``pages`` is the number of all."""
    lang = extract.case.lang
    found = with_data(extract)
    page_of = {place.anchor: place.page for place in places}
    context = _context(
        extract=extract,
        found=len(found),
        found_word=count_word(len(found), lang),
        missing=[item for item in extract.not_searched if item.missing],
        partial=[section for section in extract.sections if section.outcome == "partial"],
        systems=[
            (s, _count(s.count, lang), anchor_of(3, i), page_of[anchor_of(3, i)])
            for i, s in enumerate(extract.sections, 1)
        ],
        pages=pages,
        has_series=any(c.spec.kind is Kind.TIME_SERIES and c.count for s in extract.sections for c in s.categories),
    )
    context["places"] = places
    context["h"] = {"n1": heading(1, lang), "n2": heading(2, lang)}
    return render_to_string(f"documents/{lang}/front.html", context)
