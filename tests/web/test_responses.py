"""Files leave under safe names, and nothing in them runs."""

from __future__ import annotations

import io

import pytest

from requests_app.web.responses import download, inline_pdf, safe_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("DSR-2026-0001.pdf", "DSR-2026-0001.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("fakturor å ä ö.csv", "fakturor å ä ö.csv"),
        ('a"b;c\r\nSet-Cookie: x', "a-b-cSet-Cookie- x"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", "fil"),
        ("...", "fil"),
        ("x" * 300 + ".zip", "x" * 116 + ".zip"),
    ],
)
def test_it_makes_any_name_safe(name: str, safe: str) -> None:
    assert safe_name(name) == safe


def test_it_saves_whatever_somebody_uploaded() -> None:
    response = download(io.BytesIO(b"<script>alert(1)</script>"), "sida.html")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_it_shows_nothing_but_a_pdf() -> None:
    with pytest.raises(ValueError, match="PDF"):
        inline_pdf(io.BytesIO(b"x"), "sida.html")
    response = inline_pdf(io.BytesIO(b"%PDF-1.7"), "DSR.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert "script-src" not in response["Content-Security-Policy"]
    assert "default-src 'none'" in response["Content-Security-Policy"]
