"""A report as a tagged PDF: the controller's head, the figures with their definitions, charts with their text, and the tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString, mark_safe

from requests_app.documents.cleaning import cleaned
from requests_app.documents.engine import render_part, tuned_gc
from requests_app.documents.join import Stamp, join
from requests_app.documents.values import RenderedPdf

if TYPE_CHECKING:
    from datetime import date

    from requests_app.documents.values import Lang, Sender


FEW_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """A table of finished texts: each cell a number and what it is reckoned from. ``meanings`` are printed under it: the measures a
    definition holds for (empty when it holds for all of them) and the definition."""

    title: str
    head: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    meanings: tuple[tuple[str, str], ...]

    @property
    def few(self) -> bool:
        """Whether there is room for long names in the first column."""
        return len(self.columns) <= FEW_COLUMNS


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """A figure in words: its name, number, what it is reckoned from, and what it means."""

    label: str
    number: str
    basis: str
    means: str


@dataclass(frozen=True, slots=True)
class ChartFacts:
    """A chart: its title and the SVG that ``charts.draw`` made."""

    title: str
    svg: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts:
    """What a printed report states. Everything is text by now; no name of a person is among it."""

    lang: Lang
    sender: Sender
    title: str
    about: str
    period: str
    narrowed: tuple[str, ...]
    audience: str
    made_on: date
    least: int
    figures: tuple[FigureFacts, ...]
    charts: tuple[ChartFacts, ...]
    tables: tuple[TableFacts, ...]


def render_report(facts: ReportFacts) -> RenderedPdf:
    """The PDF. Two calls with the same values give the same bytes. ``PdfUnavailable`` when the layout libraries are missing."""
    kind = "Report" if facts.lang == "en" else "Rapport"
    title = f"{kind}: {facts.title}"
    plain: ReportFacts = cleaned(facts)
    charts = [(chart.title, _drawing(original.svg)) for chart, original in zip(plain.charts, facts.charts, strict=True)]
    with translation.override(facts.lang), tuned_gc():
        body = render_to_string(
            "documents/report.html", {"report": plain, "charts": charts, "heading": title, "sv": facts.lang == "sv"}
        )
        html = render_to_string(
            "documents/document.html",
            {
                "lang": facts.lang,
                "title": f"{title} – {plain.period}",
                "created": facts.made_on.isoformat(),
                "author": plain.sender.name,
                "kind": "report",
                "body": body,
            },
        )
        part = render_part(html, 0)
        stamp = Stamp(header=f"{facts.sender.name} · {title}", footer=facts.period, lang=facts.lang)
        return RenderedPdf(join([part], stamp), part.pages)


def _drawing(svg: str) -> SafeString:
    """Our own drawing, whose texts are escaped where it is made (``charts.draw``)."""
    return mark_safe(svg)  # noqa: S308 - see above
