"""Reads a tagged PDF as a screen reader does: by its structure, not by where the letters stand on the page."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pikepdf

from requests_app.documents.package import write_package

if TYPE_CHECKING:
    from requests_app.documents.values import Extract

BLOCKS = frozenset({"H1", "H2", "H3", "H4", "H5", "H6", "P", "TH", "TD", "LBody", "Div", "Figure"})


@dataclass
class Block:
    """A heading, paragraph, cell or figure with its text, and the row it belongs to if it is a cell."""

    tag: str
    text: str = ""
    row: Any = None


@dataclass
class Reader:
    """Walks the tree of tags and fetches the text of each marked place from its page."""

    pdf: pikepdf.Pdf
    blocks: list[Block] = field(default_factory=list)
    _pages: dict[Any, dict[int, str]] = field(default_factory=dict)

    def read(self) -> list[Block]:
        """All blocks in reading order."""
        self._walk(self.pdf.Root.StructTreeRoot.K[0], None, None)
        return [block for block in self.blocks if block.text.strip()]

    def _walk(self, element: Any, block: Block | None, row: Any) -> None:
        tag = str(element.S).removeprefix("/")
        if tag == "TR":
            row = element.objgen
        if tag in BLOCKS and not (tag == "Div" and block is not None and block.tag in ("TD", "TH")):
            block = Block(tag, row=row)
            self.blocks.append(block)
            if tag == "Figure":
                block.text = str(element.get("/Alt", ""))
                return
        kids = element.get("/K", [])
        for kid in kids if isinstance(kids, pikepdf.Array) else [kids]:
            if isinstance(kid, int):
                text = self._marked(element.Pg).get(kid, "")
                if block is not None:
                    block.text += (" " if block.text else "") + text
            elif isinstance(kid, pikepdf.Dictionary) and "/S" in kid:
                self._walk(kid, block, row)

    def _marked(self, page: Any) -> dict[int, str]:
        if page.objgen not in self._pages:
            self._pages[page.objgen] = marked_text(page)
        return self._pages[page.objgen]


def marked_text(page: Any) -> dict[int, str]:
    """Text by marked-content identifier; ``-1`` holds what is marked as an artifact."""
    fonts = {name: _characters(font) for name, font in page.Resources.Font.items()}
    found: dict[int, str] = {}
    stack: list[int | None] = []
    font: dict[str, str] = {}
    for operands, operator in pikepdf.parse_content_stream(page):
        name = str(operator)
        if name == "BDC":
            stack.append(_place(operands))
        elif name == "BMC":
            stack.append(-1 if str(operands[0]) == "/Artifact" else None)
        elif name == "EMC":
            stack.pop()
        elif name == "Tf":
            font = fonts[str(operands[0])]
        elif name in ("Tj", "TJ"):
            place = next((mcid for mcid in reversed(stack) if mcid is not None), None)
            if place is not None:
                parts = operands[0] if name == "TJ" else [operands[0]]
                found[place] = found.get(place, "") + "".join(
                    _decode(p, font) for p in parts if isinstance(p, pikepdf.String)
                )
    return found


def _place(operands: Any) -> int | None:
    if str(operands[0]) == "/Artifact":
        return -1
    return int(operands[1].MCID) if "/MCID" in operands[1] else None


def _decode(text: Any, font: dict[str, str]) -> str:
    digits = bytes(text).hex()
    return "".join(font.get(digits[i : i + 4], "?") for i in range(0, len(digits), 4))


def _characters(font: Any) -> dict[str, str]:
    if "/ToUnicode" not in font:
        return {}
    pairs = re.findall(rb"<([0-9a-fA-F]{4})>\s+<([0-9a-fA-F]+)>", font.ToUnicode.read_bytes())
    return {code.decode().lower(): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}


@lru_cache(maxsize=16)
def read_blocks(data: bytes) -> list[Block]:
    """All blocks of a PDF in reading order."""
    with pikepdf.open(io.BytesIO(data)) as pdf:
        return Reader(pdf).read()


def plain(data: bytes) -> str:
    """All text of a PDF in reading order, with single spaces."""
    return " ".join(" ".join(block.text for block in read_blocks(data)).split())


def rows(blocks: list[Block]) -> list[list[str]]:
    """The cells of all table rows, in order."""
    found: dict[Any, list[str]] = {}
    for block in blocks:
        if block.row is not None:
            found.setdefault(block.row, []).append(" ".join(block.text.split()))
    return list(found.values())


def build_package(extract: Extract, pdf: bytes | None = None) -> bytes:
    """The package as bytes."""
    output = io.BytesIO()
    write_package(output, extract, pdf)
    return output.getvalue()
