"""The record of processing activities (Art. 30) as a tagged PDF: controller, activities with what their systems hold, and the systems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils import translation

from requests_app.documents.cleaning import cleaned
from requests_app.documents.engine import render_part, tuned_gc
from requests_app.documents.join import Stamp, join
from requests_app.documents.values import RenderedPdf

if TYPE_CHECKING:
    from datetime import date

    from requests_app.documents.values import Lang, Sender


@dataclass(frozen=True, slots=True)
class SheetTable:
    """A table of finished texts; ``widths`` are shares of the page's width, in per cent."""

    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...]

    @property
    def columns(self) -> tuple[tuple[str, int], ...]:
        """Heads with their widths."""
        return tuple(zip(self.heads, self.widths, strict=True))


@dataclass(frozen=True, slots=True)
class ActivitySheet:
    """One activity: its purpose, facts as label and text, and what its systems hold."""

    purpose: str
    facts: tuple[tuple[str, str], ...]
    table: SheetTable


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSheet:
    """What the printed record states. Everything is text by now; of people it names only who confirmed a statement."""

    lang: Lang
    sender: Sender
    title: str
    lead: str
    made_on: date
    version: str
    controller: tuple[tuple[str, str], ...]
    security_note: str
    security: tuple[tuple[str, str], ...]
    """Measures in the guideline's own words, which are Swedish."""
    activities: tuple[ActivitySheet, ...]
    systems: SheetTable


def render_record(sheet: RecordSheet, footer: str) -> RenderedPdf:
    """The PDF, ``footer`` on every page. Two calls with the same values give the same bytes.

    ``PdfUnavailable`` when the layout libraries are missing.
    """
    plain: RecordSheet = cleaned(sheet)
    with translation.override(sheet.lang), tuned_gc():
        body = render_to_string("documents/record.html", {"record": plain, "sv": sheet.lang == "sv"})
        html = render_to_string(
            "documents/document.html",
            {
                "lang": sheet.lang,
                "title": f"{plain.title} – {plain.sender.name}",
                "created": sheet.made_on.isoformat(),
                "author": plain.sender.name,
                "kind": "report record",
                "body": body,
            },
        )
        part = render_part(html, 0)
        stamp = Stamp(header=f"{plain.sender.name} · {plain.title} · {footer}", footer=footer, lang=sheet.lang)
        return RenderedPdf(join([part], stamp), part.pages)
