"""Parts to one PDF: one tree of tags, one outline, links across the parts, and on each page its header and number.

Headers and page numbers are put on afterwards as artifacts, which a screen reader skips; laid out by the engine they would be read
aloud as text on every page. The same is done with a document of one part, so that there is one way only.
"""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from requests_app.documents.engine import PARENT_KEYS_PER_PART, Part, render_part
from requests_app.documents.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from requests_app.documents.values import Lang

LINK_SCHEME = "ref:"
"""Links between parts are written ``ref:name`` and turned into destinations here."""
MARGIN, HEADER_Y, FOOTER_Y, STAMP_SIZE = 51.0, 36.0, 33.0, 8.0
"""In points: from the side, header from the top, footer from the bottom, size of the letters."""

_UA_EXTENSION = """<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/"><pdfuaid:part>1</pdfuaid:part>\
</rdf:Description><rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/" \
xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">\
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource"><pdfaSchema:schema>PDF/UA Universal Accessibility Schema\
</pdfaSchema:schema><pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>\
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix><pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">\
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>\
<pdfaProperty:category>internal</pdfaProperty:category><pdfaProperty:description>Indicates which part of ISO 14289 is followed\
</pdfaProperty:description></rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"""
"""PDF/A wants the identifier of PDF/UA described before it may be used."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What stands on the pages: ``header`` from the second page on, ``footer`` to the left of the page number on every page."""

    header: str
    footer: str
    lang: Lang


@dataclass(frozen=True, slots=True)
class _StampFont:
    """An embedded font with the code and width (thousandths of its size) of each character that the stamps need."""

    pdf: Any
    font: Any
    codes: dict[str, str]
    widths: dict[str, float]

    def encode(self, text: str) -> str:
        return "".join(self.codes[char] for char in text if char in self.codes)

    def width(self, text: str) -> float:
        return sum(self.widths[char] for char in text if char in self.widths) * STAMP_SIZE / 1000


def join(parts: Sequence[Part], stamp: Stamp) -> bytes:
    """One document of all parts, in order. The first gives language, title and metadata."""
    import pikepdf

    with pikepdf.open(io.BytesIO(parts[0].data)) as pdf:
        tree = pdf.Root.StructTreeRoot
        root, keys = tree.K[0], list(tree.ParentTree.Nums)
        children = list(root.K)
        for part in parts[1:]:
            with pikepdf.open(io.BytesIO(part.data)) as source:
                pdf.pages.extend(source.pages)
                copied = pdf.copy_foreign(source.Root.StructTreeRoot)
                copied.K[0].P = root
                children.append(copied.K[0])
                keys.extend(copied.ParentTree.Nums)
        root.K = pikepdf.Array(children)
        tree.ParentTree.Nums = pikepdf.Array(keys)
        tree.ParentTreeNextKey = len(parts) * PARENT_KEYS_PER_PART
        offsets = [sum(part.pages for part in parts[:i]) for i in range(len(parts))]
        _resolve_links(pdf, parts, offsets, stamp.lang)
        _stamp_pages(pdf, stamp)
        _write_outline(pdf, parts, offsets)
        _claim_accessibility(pdf)
        _encode_streams(pdf)
        output = io.BytesIO()
        pdf.save(
            output,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
        )
        return output.getvalue()


# --- Links and outline -------------------------------------------------------------------------------------------------------


def _resolve_links(pdf: Any, parts: Sequence[Part], offsets: list[int], lang: Lang) -> None:
    from pikepdf import Array, Name, String

    places = {
        name: (offset + page, y)
        for part, offset in zip(parts, offsets, strict=True)
        for name, (page, y) in part.places.items()
    }
    for page in pdf.pages:
        for annotation in page.obj.get("/Annots", []):
            uri = str(annotation.get("/A", {}).get("/URI", ""))
            if uri.startswith(LINK_SCHEME):
                number, y = places[uri.removeprefix(LINK_SCHEME)]
                del annotation["/A"]
                annotation.Dest = Array([pdf.pages[number].obj, Name.XYZ, 0, y, 0])
                annotation.Contents = String(WORDS[lang].go_to_page.format(page=number + 1))


def _write_outline(pdf: Any, parts: Sequence[Part], offsets: list[int]) -> None:
    """The parts' headings as one outline; a part that starts in the middle of a section goes on where the last one ended."""
    from pikepdf import OutlineItem

    with pdf.open_outline() as outline:
        outline.root.clear()
        open_items: list[tuple[int, Any]] = []
        for part, offset in zip(parts, offsets, strict=True):
            for mark in part.bookmarks:
                while open_items and open_items[-1][0] >= mark.level:
                    open_items.pop()
                siblings = open_items[-1][1].children if open_items else outline.root
                item = OutlineItem(mark.title, offset + mark.page, "XYZ", left=0, top=mark.y)
                item.is_closed = mark.level > 1
                siblings.append(item)
                open_items.append((mark.level, item))


# --- Header and footer -------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def _stamp_font(chars: str) -> _StampFont:
    """A font with these characters, taken from a page that prints them."""
    import pikepdf

    part = render_part(f'<html lang="sv"><title>x</title><p style="font-size:8pt;white-space:pre">{escape(chars)}', 0)
    pdf = pikepdf.open(io.BytesIO(part.data))
    font = next(iter(pdf.pages[0].Resources.Font.values()))
    pairs = re.findall(rb"<([0-9a-f]{4})>\s+<([0-9a-f]+)>", font.ToUnicode.read_bytes(), re.IGNORECASE)
    codes = {bytes.fromhex(text.decode()).decode("utf-16-be"): code.decode() for code, text in pairs}
    by_code = _widths(font.DescendantFonts[0].W)
    widths = {char: by_code.get(int(code, 16), 0.0) for char, code in codes.items()}
    return _StampFont(pdf, pdf.make_indirect(font), codes, widths)


def _widths(array: Any) -> dict[int, float]:
    """A ``W`` array of the form ``first [w w w] first [w]`` as width by code."""
    found: dict[int, float] = {}
    entries = list(array)
    for first, widths in zip(entries[0::2], entries[1::2], strict=True):
        found |= {int(first) + i: float(width) for i, width in enumerate(widths)}
    return found


def _text(font: _StampFont, text: str, x: float, y: float, kind: str) -> str:
    return (
        f"/Artifact <</Type /Pagination /Subtype /{kind}>> BDC q 0.3 g BT /Stamp {STAMP_SIZE:g} Tf "
        f"{x:.2f} {y:.2f} Td <{font.encode(text)}> Tj ET Q EMC\n"
    )


def _stamp_pages(pdf: Any, stamp: Stamp) -> None:
    template = WORDS[stamp.lang].page_of
    total = len(pdf.pages)
    fixed = template.format(page="", pages="")
    font = _stamp_font("".join(sorted(set(stamp.header + stamp.footer + fixed + "0123456789"))))
    resource = pdf.copy_foreign(font.font)
    for number, page in enumerate(pdf.pages, 1):
        fonts = page.obj.Resources.get("/Font")
        if fonts is None:
            fonts = page.obj.Resources.Font = pdf.make_indirect({})
        fonts["/Stamp"] = resource
        left, bottom, right, top = (float(edge) for edge in page.obj.MediaBox)
        place = template.format(page=number, pages=total)
        content = _text(font, stamp.footer, left + MARGIN, bottom + FOOTER_Y, "Footer")
        content += _text(font, place, right - MARGIN - font.width(place), bottom + FOOTER_Y, "Footer")
        if number > 1:
            content += _text(font, stamp.header, left + MARGIN, top - HEADER_Y, "Header")
        page.contents_add(b"q\n", prepend=True)
        page.contents_add(b"\nQ\n" + content.encode("ascii"))


# --- Metadata ----------------------------------------------------------------------------------------------------------------


def _claim_accessibility(pdf: Any) -> None:
    metadata = pdf.Root.Metadata.read_bytes().decode("utf-8")
    pdf.Root.Metadata.write(metadata.replace("</rdf:RDF>", f"{_UA_EXTENSION}</rdf:RDF>").encode("utf-8"))


# --- Streams -----------------------------------------------------------------------------------------------------------------


def _encode_streams(pdf: Any) -> None:
    """Compress all streams, and keep their encoded data from ending in a carriage return.

    Such a last byte followed by the line break before ``endstream`` looks like one line end of two bytes, so that validators of
    PDF/A find the stream a byte shorter than it says. The last byte belongs to a check sum and falls out that way once in 256 times;
    a line break more, which no content, character map or font minds, gives another sum.
    """
    from pikepdf import Name, Stream

    for item in pdf.objects:
        if not isinstance(item, Stream) or item.get("/Type") == Name.Metadata:
            continue
        raw, encoded_as = item.read_raw_bytes(), item.get("/Filter")
        if encoded_as is not None and not (raw.endswith(b"\r") and encoded_as == Name.FlateDecode):
            continue
        data = item.read_bytes() if encoded_as is not None else raw
        while (raw := zlib.compress(data)).endswith(b"\r"):
            data += b"\n"
        item.write(raw, filter=Name.FlateDecode)
        if "/Length1" in item:
            item.Length1 = len(data)
