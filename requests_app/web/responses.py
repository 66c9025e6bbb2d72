"""Files on their way out: always named safely, never sniffed, and shown in the browser only when the document is our own PDF."""

from __future__ import annotations

import re
import unicodedata
from typing import IO, TYPE_CHECKING

from django.http import FileResponse

if TYPE_CHECKING:
    from django.http import HttpResponse

TYPES = {".pdf": "application/pdf", ".zip": "application/zip"}
"""Types we name; everything else leaves as plain bytes."""
_UNSAFE = re.compile(r'[\\/:*?"<>|%;]')
_NOTHING_RUNS = "default-src 'none'; sandbox"
_OUR_VIEWER = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; object-src 'self'; frame-ancestors 'self'"
"""The browser's own PDF viewer styles itself; no script and no address but our own."""

_OUR_FRAME = "default-src 'none'; style-src 'self'; font-src 'self'; frame-ancestors 'self'"


def safe_name(name: str, fallback: str = "fil") -> str:
    """A file name without folders, control characters, direction marks or signs a shell or a file system minds."""
    clean = "".join(
        " " if unicodedata.category(sign) in {"Zl", "Zp", "Zs"} else sign for sign in unicodedata.normalize("NFC", name)
    )
    clean = "".join(sign for sign in clean if unicodedata.category(sign)[0] != "C")
    clean = _UNSAFE.sub("-", clean).strip(" .-")
    return clean[-120:].lstrip(" .-") or fallback


def _type_of(name: str) -> str:
    return next((kind for ending, kind in TYPES.items() if name.lower().endswith(ending)), "application/octet-stream")


def download(opened: IO[bytes], name: str, *, size: int | None = None) -> FileResponse:
    """The file as an attachment: whatever it holds, the browser saves it and runs nothing of it."""
    return _file(opened, name, size=size, attachment=True)


def inline_pdf(opened: IO[bytes], name: str, *, size: int | None = None) -> FileResponse:
    """A PDF that we have made ourselves, shown by the browser, also in a frame of our own pages. Never for what somebody uploaded."""
    if _type_of(name) != TYPES[".pdf"]:
        raise ValueError("only a PDF is shown in the browser")
    response = _file(opened, name, size=size, attachment=False)
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response


def framed(response: HttpResponse) -> HttpResponse:
    """A page of ours that may stand in a frame of our own pages; nothing runs in it and nothing leaves it."""
    response["X-Frame-Options"] = "SAMEORIGIN"
    response["Content-Security-Policy"] = _OUR_FRAME
    response["Cache-Control"] = "private, no-store"
    return response


def _file(opened: IO[bytes], name: str, *, size: int | None, attachment: bool) -> FileResponse:
    name = safe_name(name)
    response = FileResponse(opened, as_attachment=attachment, filename=name, content_type=_type_of(name))
    if size is not None:
        response["Content-Length"] = str(size)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = _NOTHING_RUNS if attachment else _OUR_VIEWER
    response["Cache-Control"] = "private, no-store"
    return response
