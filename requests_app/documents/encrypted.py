"""An answer as one PDF: letters before the extract, to print, or encrypted with AES-256 and the other files attached, to mail."""

from __future__ import annotations

import io
import secrets
from mimetypes import guess_type
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

REVISION: Literal[6] = 6
"""Of the standard security handler: AES-256 in version 5 (ISO 32000-2, 7.6.4), which every reader of today opens."""


def combine(documents: Sequence[bytes]) -> bytes:
    """Our PDFs as one, in order, with one tree of tags and one outline. The last gives language, title and metadata.

    The extract goes last: its links and its outline stay as they are, and what a letter has of them is put before them.
    """
    import pikepdf

    *letters, main = documents
    with pikepdf.open(io.BytesIO(main)) as pdf:
        _know_tags(pdf)
        for letter in reversed(letters):
            with pikepdf.open(io.BytesIO(letter)) as source:
                _put_before(pdf, source)
        _drop_archive_claim(pdf)
        return _saved(pdf)


def encrypt(pdf_bytes: bytes, password: str, attachments: Mapping[str, bytes]) -> bytes:
    """The PDF with ``attachments`` (name -> content) inside, all of it opened by ``password`` alone.

    The owner's password is drawn and forgotten: whoever opens the file may read, print and copy it, since it is theirs.
    """
    import pikepdf

    with pikepdf.open(io.BytesIO(pdf_bytes)) as pdf:
        _drop_archive_claim(pdf)
        for name, content in attachments.items():
            pdf.attachments[name] = pikepdf.AttachedFileSpec(
                pdf, content, description=name, filename=name, mime_type=_type_of(name), creation_date="", mod_date=""
            )
        return _saved(
            pdf,
            encryption=pikepdf.Encryption(
                user=password, owner=secrets.token_urlsafe(24), R=REVISION, aes=True, metadata=True
            ),
        )


def _type_of(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"


def _saved(pdf: Any, **options: Any) -> bytes:
    import pikepdf

    output = io.BytesIO()
    pdf.save(output, object_stream_mode=pikepdf.ObjectStreamMode.generate, **options)
    return output.getvalue()


def _drop_archive_claim(pdf: Any) -> None:
    """Neither an encrypted document nor one with a ZIP inside is archivable (PDF/A), and none may claim to be."""
    if "/Metadata" not in pdf.Root:
        return
    with pdf.open_metadata(set_pikepdf_as_editor=False, update_docinfo=False) as metadata:
        for name in ("pdfaid:part", "pdfaid:conformance", "pdfaid:rev"):
            if name in metadata:
                del metadata[name]


def _put_before(pdf: Any, source: Any) -> None:
    """A letter's pages before the document's, and its tags before the document's tags."""
    shift = _next_parent_key(pdf)
    for page in source.pages:
        _shift_parents(page.obj, shift)
    pages = len(source.pages)
    for number, page in enumerate(source.pages):
        pdf.pages.insert(number, page)
    _join_tags(pdf, source, shift)
    _join_outline(pdf, source, pages)


def _next_parent_key(pdf: Any) -> int:
    tree = pdf.Root.get("/StructTreeRoot")
    if tree is None or "/ParentTree" not in tree:
        return 0
    keys = [int(key) for key in list(tree.ParentTree.get("/Nums", []))[0::2]]
    return max([int(tree.get("/ParentTreeNextKey", 0)), *(key + 1 for key in keys)])


def _shift_parents(page: Any, shift: int) -> None:
    if "/StructParents" in page:
        page.StructParents = int(page.StructParents) + shift
    for annotation in page.get("/Annots", []):
        if "/StructParent" in annotation:
            annotation.StructParent = int(annotation.StructParent) + shift


def _join_tags(pdf: Any, source: Any, shift: int) -> None:
    import pikepdf

    ours, theirs = pdf.Root.get("/StructTreeRoot"), source.Root.get("/StructTreeRoot")
    if ours is None or theirs is None or "/ParentTree" not in ours or "/ParentTree" not in theirs:
        return
    copied = pdf.copy_foreign(theirs)
    moved, numbers = [], list(copied.ParentTree.get("/Nums", []))
    for key, parents in zip(numbers[0::2], numbers[1::2], strict=True):
        moved += [int(key) + shift, parents]
    ours.ParentTree.Nums = pikepdf.Array([*ours.ParentTree.get("/Nums", []), *moved])
    ours.ParentTreeNextKey = _next_parent_key(pdf)
    root = _kids(ours)[0]
    parts = [kid for top in _kids(copied) for kid in _kids(top)]
    for part in parts:
        part.P = root
    root.K = pikepdf.Array([*parts, *_kids(root)])


def _kids(element: Any) -> list[Any]:
    import pikepdf

    kids = element.get("/K")
    if kids is None:
        return []
    return list(kids) if isinstance(kids, pikepdf.Array) else [kids]


def _join_outline(pdf: Any, source: Any, pages: int) -> None:
    """One line in the outline for each letter, before the document's own."""
    from pikepdf import OutlineItem

    title = str(source.docinfo.get("/Title", "")) if "/Info" in source.trailer else ""
    with pdf.open_outline() as outline:
        if title and pages:
            outline.root.insert(0, OutlineItem(title, 0, "Fit"))


def _know_tags(pdf: Any) -> None:
    """Our documents keep the parent tree as one flat list; one of another shape is refused rather than mixed up."""
    tree = pdf.Root.get("/StructTreeRoot")
    if tree is not None and "/ParentTree" in tree and "/Kids" in tree.ParentTree:
        raise ValueError("a document whose tags we did not write")
