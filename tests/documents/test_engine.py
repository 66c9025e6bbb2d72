"""The engine: only our own assets, a clear word when libraries are missing, and the collector's settings put back."""

from __future__ import annotations

import builtins
import gc
from typing import Any

import pytest

from requests_app.documents import engine
from requests_app.documents.engine import AssetRefused, PdfUnavailable, render_part


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "http://127.0.0.1:1/x",
        "https://assets.invalid/../../hemdsr/settings.py",
        "https://assets.invalid/fonts/../../../manage.py",
        "https://assets.invalid/",
        "https://assets.invalid.example.com/documents.css",
        "data:text/html,x",
        "fonts/OFL.txt",
    ],
)
def test_anything_but_our_own_assets_is_refused(url: str) -> None:
    with pytest.raises(AssetRefused):
        engine._engine().fetcher.fetch(url)


def test_our_own_assets_are_found() -> None:
    response = engine._engine().fetcher.fetch(f"{engine.ASSET_URL}fonts/IBMPlexSans-Regular.ttf")
    assert response.read()[:4] == b"\x00\x01\x00\x00"


def test_markup_that_asks_for_files_gets_none() -> None:
    asks = '<img src="file:///etc/passwd" alt="x"><link rel="attachment" href="file:///etc/hostname"><p>efter</p>'
    part = render_part(f'<html lang="sv"><title>x</title><body>{asks}', 0)
    assert b"/EmbeddedFile" not in part.data
    assert part.pages == 1


def test_missing_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without_pango(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("weasyprint"):
            raise OSError("cannot load library 'libpango-1.0-0'")
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_pango)
    with pytest.raises(PdfUnavailable, match=r"libpango-1\.0-0"):
        engine._engine.__wrapped__()


def test_the_collector_is_left_as_it_was() -> None:
    before = gc.get_threshold()
    with engine.tuned_gc():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
