"""Looks for texts in every byte of a file, as somebody would who wants to find what was hidden in it.

Files are opened as far down as they go: a ZIP to its members, a PDF to its objects, decoded streams, text, tags, metadata and
attachments. A text is found in whatever encoding it stands, and however it is broken over lines or its digits are set apart.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from typing import TYPE_CHECKING, Any

import pikepdf

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_SPACES = re.compile(r"[\s\u2007\u2008\u2009\u200b\u00ad\u202f\u00a0]+")
ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "latin-1")


def squeezed(text: str) -> str:
    """The text without spaces, line ends and soft hyphens, in small letters, with decimal points."""
    return _SPACES.sub("", unicodedata.normalize("NFC", text)).casefold().replace(",", ".")


def traces(name: str, data: bytes, wanted: Iterable[str]) -> set[str]:
    """Which of the texts stand anywhere in a file."""
    wanted = list(wanted)
    held = {text: squeezed(text) for text in wanted}
    found: set[str] = set()
    for piece in pieces(name, data):
        texts = [piece] if isinstance(piece, str) else [piece.decode(code, "replace") for code in ENCODINGS]
        for text in texts:
            plain = squeezed(_unescaped(text))
            found |= {original for original, sought in held.items() if sought in plain}
    return found


def _unescaped(text: str) -> str:
    """With the escapes of JSON and XML undone, beside the text as it stands."""
    plain = re.sub(r"\\u([0-9a-fA-F]{4})", lambda match: chr(int(match[1], 16)), text)
    plain = re.sub(r"&#(\d{1,6});", lambda match: chr(int(match[1])), plain)
    return f"{text}\0{plain}" if plain != text else text


def pieces(name: str, data: bytes) -> Iterator[str | bytes]:
    """Everything a file is made of, itself first."""
    yield name
    yield data
    if data.startswith(b"PK\x03\x04"):
        yield from _of_zip(data)
    elif data.startswith(b"%PDF"):
        yield from _of_pdf(data)


def _of_zip(data: bytes) -> Iterator[str | bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield archive.comment
        for info in archive.infolist():
            yield info.comment
            yield info.extra
            yield from pieces(info.filename, archive.read(info))


def _of_pdf(data: bytes) -> Iterator[str | bytes]:
    with pikepdf.open(io.BytesIO(data)) as pdf:
        for item in pdf.objects:
            yield from _of_object(item)
        for page in pdf.pages:
            yield _shown(page.obj, page.obj.Resources)
            yield from (_shown(form, form.get("/Resources")) for form in _forms(page.obj.Resources))
        for name, attached in pdf.attachments.items():
            yield from pieces(name, attached.get_file().read_bytes())
        with pdf.open_metadata() as metadata:
            yield str(metadata)


def _of_object(item: Any) -> Iterator[str | bytes]:
    """Strings (titles, alternative and actual texts, addresses), names and decoded streams of one object."""
    todo = [item]
    while todo:
        here = todo.pop()
        if isinstance(here, pikepdf.Stream):
            yield here.read_bytes()
        if isinstance(here, pikepdf.String):
            yield str(here)
            yield bytes(here)
        elif isinstance(here, pikepdf.Name):
            yield str(here)
        elif isinstance(here, pikepdf.Dictionary | pikepdf.Stream):
            yield from here.keys()
            todo += [inner for _key, inner in here.items() if not getattr(inner, "is_indirect", False)]
        elif isinstance(here, pikepdf.Array):
            todo += [inner for inner in here if not getattr(inner, "is_indirect", False)]


def _forms(resources: Any) -> list[Any]:
    found = resources.get("/XObject", {})
    forms = [item for item in found.values() if item.get("/Subtype") == "/Form"]
    return forms + [inner for form in forms if "/Resources" in form for inner in _forms(form.Resources)]


def _shown(content: Any, resources: Any) -> str:
    """All text that is drawn, by the fonts' own tables."""
    fonts = {name: _characters(font) for name, font in (resources.get("/Font", {}) if resources else {}).items()}
    text, font = [], dict[str, str]()
    for operands, operator in pikepdf.parse_content_stream(content):
        if str(operator) == "Tf":
            font = fonts.get(str(operands[0]), {})
        elif str(operator) in {"Tj", "TJ", "'", '"'}:
            parts = operands[-1] if str(operator) == "TJ" else [operands[-1]]
            for part in parts:
                if isinstance(part, pikepdf.String):
                    digits = bytes(part).hex()
                    text += [font.get(digits[i : i + 4], "?") for i in range(0, len(digits), 4)]
    return "".join(text)


def _characters(font: Any) -> dict[str, str]:
    if "/ToUnicode" not in font:
        return {}
    pairs = re.findall(rb"<([0-9a-fA-F]{4})>\s+<([0-9a-fA-F]+)>", font.ToUnicode.read_bytes())
    return {code.decode().lower(): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs}
