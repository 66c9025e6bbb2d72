"""Numbers as people read them."""

from __future__ import annotations

from django.utils.translation import get_language

UNBROKEN_SPACE = "\u00a0"


def megabytes(size: int) -> str:
    """A number of bytes in megabytes (2**20), with one decimal rounded up: what is over a limit never reads as the limit itself."""
    tenths = -(-size * 10 // 2**20)
    point = "." if (get_language() or "sv").startswith("en") else ","
    return f"{tenths // 10}{point}{tenths % 10}"


def grouped(number: int) -> str:
    """``1 284`` in Swedish, ``1,284`` in English; the space does not break."""
    text = f"{number:,}"
    return text if (get_language() or "sv").startswith("en") else text.replace(",", UNBROKEN_SPACE)
