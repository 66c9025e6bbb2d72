"""Keys and certificates as an administrator pasted them: a one-line field takes the line breaks away, and PEM needs them (RFC 7468)."""

from __future__ import annotations

import re
import textwrap

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]{1,40})-----([A-Za-z0-9+/=\s]+)-----END \1-----")
_WIDTH = 64


def with_lines(text: str) -> str:
    """The text with every block of PEM in lines again; anything else stays as it is."""
    return _BLOCK.sub(_lines, text)


def without_lines(text: str) -> str:
    """PEM on one line, as it is kept; any other text stays as it is."""
    return " ".join(text.split()) if "-----BEGIN " in text else text


def _lines(block: re.Match[str]) -> str:
    body = "\n".join(textwrap.wrap("".join(block[2].split()), _WIDTH))
    return f"\n-----BEGIN {block[1]}-----\n{body}\n-----END {block[1]}-----\n"
