"""HTML to a stretch of tagged PDF. The only module that knows WeasyPrint, which is loaded when the first document is made."""

from __future__ import annotations

import atexit
import gc
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ASSETS = Path(__file__).resolve().parents[2] / "static" / "documents"
ASSET_URL = "https://assets.invalid/"
"""A name that no resolver knows: what is not among our own files is refused before any connection is thought of."""
STYLESHEET = "documents.css"
PARENT_KEYS_PER_PART = 1_000_000
"""Each part's keys into the tree of tags lie in a range of their own, so that parts can be joined without renumbering pages."""
POINTS_PER_PIXEL = 0.75


class PdfUnavailable(RuntimeError):
    """The libraries that lay out text are missing on this machine."""


class AssetRefused(ValueError):
    """A document asked for something that is not one of our own files."""


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A heading in the outline; ``level`` from 1, ``page`` from 0 within the part, ``y`` in points from the bottom."""

    level: int
    title: str
    page: int
    y: float


@dataclass(frozen=True, slots=True)
class Part:
    """A rendered part: its PDF, its pages, its headings, and where its named places are (page from 0, y in points)."""

    data: bytes
    pages: int
    bookmarks: tuple[Bookmark, ...]
    places: dict[str, tuple[int, float]]


@dataclass(frozen=True, slots=True)
class _Engine:
    html: Any
    fetcher: Any
    stylesheet: Any
    fonts: Any


@cache
def _engine() -> _Engine:
    """WeasyPrint with our stylesheet and fonts, read once for each process.

    Raises ``PdfUnavailable`` when Pango is not installed.
    """
    try:
        from weasyprint import CSS, HTML
        from weasyprint.text.fonts import FontConfiguration
        from weasyprint.urls import URLFetcher, URLFetcherResponse
    except OSError as error:
        message = "Documents cannot be made: Pango is missing. Install libpango-1.0-0, libpangoft2-1.0-0 and libharfbuzz-subset0."
        raise PdfUnavailable(message) from error

    class OwnAssets(URLFetcher):
        """Only files that lie in ``static/documents``; never the network, never another file."""

        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            name = url.removeprefix(ASSET_URL)
            known = {str(path.relative_to(ASSETS)): path for path in ASSETS.rglob("*") if path.is_file()}
            if name == url or name not in known:
                raise AssetRefused("Only the product's own assets may be used in a document.")
            return URLFetcherResponse(
                url, body=known[name].read_bytes(), headers={"Content-Type": "application/octet-stream"}
            )

    for name in ("weasyprint", "fontTools.subset", "fontTools.ttLib"):
        logging.getLogger(name).setLevel(logging.CRITICAL)  # their warnings quote the text of documents
    fonts = FontConfiguration()
    atexit.register(_engine.cache_clear)  # its fonts cannot be freed once the interpreter is being taken down
    fetcher = OwnAssets(fail_on_errors=False)
    css = CSS(
        string=(ASSETS / STYLESHEET).read_text(encoding="utf-8"),
        base_url=ASSET_URL,
        url_fetcher=fetcher,
        font_config=fonts,
    )
    return _Engine(HTML, fetcher, css, fonts)


def warm_up() -> None:
    """Load the libraries and fonts, so that the first document is not the slow one. Raises ``PdfUnavailable``."""
    _engine()


@contextmanager
def tuned_gc() -> Iterator[None]:
    """For making a document: laying out makes millions of small objects that live until the end of the part, and looking them
    through again and again costs a quarter. Between parts ``gc.collect()`` must be called."""
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(200_000, 50, 1000)
    try:
        yield
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


def render_part(html: str, number: int) -> Part:
    """Lay out one part. ``number`` counts from 0; the first part's structure becomes the root of the whole document's."""
    engine = _engine()
    document = engine.html(string=html, base_url=None, url_fetcher=engine.fetcher, media_type="print").render(
        font_config=engine.fonts, stylesheets=[engine.stylesheet]
    )
    places = {
        name: (index, (page.height - y) * POINTS_PER_PIXEL)
        for index, page in enumerate(document.pages)
        for name, (_, y, *_rest) in page.anchors.items()
    }
    bookmarks = tuple(
        Bookmark(level, title, index, (page.height - y) * POINTS_PER_PIXEL)
        for index, page in enumerate(document.pages)
        for level, title, (_, y), _state in page.bookmarks
    )
    data = document.write_pdf(pdf_variant="pdf/a-3a", finisher=lambda _, pdf: _prepare_for_joining(pdf, number))
    return Part(data, len(document.pages), bookmarks, places)


def _prepare_for_joining(pdf: Any, number: int) -> None:
    """Give the part's tags keys of their own range and tables headers that need no identifiers, which would clash."""
    base = number * PARENT_KEYS_PER_PART
    for item in pdf.objects:
        if not isinstance(item, dict):
            continue
        kind = item.get("Type")
        if kind == "/Page" and "StructParents" in item:
            item["StructParents"] += base
        elif kind == "/Annot" and "StructParent" in item:
            item["StructParent"] += base
        elif kind == "/StructElem":
            _simplify(item, pdf, number)
        if "Nums" in item:
            item["Nums"][0::2] = [key + base for key in item["Nums"][0::2]]


def _simplify(element: dict[str, Any], pdf: Any, number: int) -> None:
    tag = element.get("S")
    if tag == "/Document" and number:
        element["S"] = "/Part"
    elif tag == "/TH" and "A" in element:
        element.pop("ID", None)
        element["A"]["Scope"] = "/Row" if _in_table_body(element, pdf) else "/Column"
    elif tag == "/TD" and "A" in element:
        element["A"].pop("Headers", None)
        if len(element["A"]) == 1:
            del element["A"]


def _in_table_body(cell: dict[str, Any], pdf: Any) -> bool:
    row = pdf.objects[int(cell["P"].split()[0])]
    return bool(pdf.objects[int(row["P"].split()[0])].get("S") == "/TBody")
