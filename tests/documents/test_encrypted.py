"""An answer as one PDF: to print, and encrypted to mail."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import page as page_validation
import pdfua
import pikepdf
import pytest

from requests_app.documents.encrypted import combine, encrypt
from requests_app.documents.pdf import render_extract, render_letter
from tests.documents import letters_world, world
from tests.documents.reading import read_blocks

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "kfm7x-qtr4p-w9zcd-hjn2v"


@pytest.fixture(scope="module")
def letters() -> list[bytes]:
    return [render_letter(letters_world.answer()).data, render_letter(letters_world.refusal()).data]


@pytest.fixture(scope="module")
def extract() -> bytes:
    return render_extract(world.anna()).data


@pytest.fixture(scope="module")
def bundle(letters: list[bytes], extract: bytes) -> bytes:
    return combine([*letters, extract])


def pages_of(data: bytes, password: str = "") -> int:
    with pikepdf.open(io.BytesIO(data), password=password) as pdf:
        return len(pdf.pages)


def texts(data: bytes) -> list[str]:
    return [block.text.strip() for block in read_blocks(data)]


def test_it_puts_the_letters_before_the_extract(letters: list[bytes], extract: bytes, bundle: bytes) -> None:
    assert pages_of(bundle) == sum(pages_of(item) for item in [*letters, extract])
    assert texts(bundle) == [*texts(letters[0]), *texts(letters[1]), *texts(extract)]


def test_it_keeps_the_links_and_the_outline_of_the_extract(letters: list[bytes], extract: bytes, bundle: bytes) -> None:
    before = sum(pages_of(item) for item in letters)
    with pikepdf.open(io.BytesIO(extract)) as alone, pikepdf.open(io.BytesIO(bundle)) as joined:

        def targets(pdf: pikepdf.Pdf) -> list[int]:
            place = {page.obj.objgen: number for number, page in enumerate(pdf.pages)}
            links = [link for page in pdf.pages for link in page.obj.get("/Annots", [])]
            return [place[link.Dest[0].objgen] for link in links if "/Dest" in link]

        assert targets(joined) == [number + before for number in targets(alone)] != []
        with alone.open_outline() as outline, joined.open_outline() as both:
            assert [item.title for item in both.root][len(letters) :] == [item.title for item in outline.root]
            assert len(both.root) == len(outline.root) + len(letters)


def test_it_stays_readable_by_a_screen_reader(bundle: bytes, tmp_path: Path) -> None:
    report = page_validation.validate_pdf_bytes(bundle, profile=page_validation.ValidationProfile.PDF_UA_1)
    assert report.is_compliant, [failure.message for failure in report.failures]
    path = tmp_path / "bundle.pdf"
    path.write_bytes(bundle)
    assert pdfua.validate(str(path)).exit_code == 0


def test_a_letter_alone_is_its_own_bundle(letters: list[bytes]) -> None:
    assert texts(combine(letters[:1])) == texts(letters[0])


def test_only_the_password_opens_it(bundle: bytes) -> None:
    sealed = encrypt(bundle, PASSWORD, {"kopia.zip": b"PK made up"})
    for wrong in ("", PASSWORD.upper(), PASSWORD.replace("-", "")):
        with pytest.raises(pikepdf.PasswordError):
            pikepdf.open(io.BytesIO(sealed), password=wrong)
    with pikepdf.open(io.BytesIO(sealed), password=PASSWORD) as pdf:
        assert len(pdf.pages) == pages_of(bundle)
        assert pdf.attachments["kopia.zip"].get_file().read_bytes() == b"PK made up"


def test_it_is_aes_256_throughout(bundle: bytes) -> None:
    sealed = encrypt(bundle, PASSWORD, {})
    with pikepdf.open(io.BytesIO(sealed), password=PASSWORD) as pdf:
        found = pdf.encryption
        assert (found.R, found.V) == (6, 5)
        assert {method.name for method in (found.stream_method, found.string_method, found.file_method)} == {"aesv3"}
        assert pdf.allow.accessibility
        assert pdf.allow.extract
        assert pdf.allow.print_highres


def test_nothing_of_it_stands_readable_in_the_file(bundle: bytes) -> None:
    sealed = encrypt(bundle, PASSWORD, {"HEM-2026-0001.zip": b"PK Anna Andersson"})
    for plain in (b"Anna", b"HEM-2026", "Utdrag".encode("utf-16-be"), b"PK ", b"<x:xmpmeta", PASSWORD.encode()):
        assert plain not in sealed


def test_it_no_longer_claims_to_be_archivable(extract: bytes) -> None:
    with pikepdf.open(io.BytesIO(extract)) as pdf, pdf.open_metadata() as metadata:
        assert "pdfaid:part" in metadata
    with (
        pikepdf.open(io.BytesIO(encrypt(extract, PASSWORD, {})), password=PASSWORD) as pdf,
        pdf.open_metadata() as metadata,
    ):
        assert "pdfaid:part" not in metadata
        assert metadata["pdfuaid:part"] == "1"
