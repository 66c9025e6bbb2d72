"""One value of hostile text to HTML that the layout engine handles in linear time.

Escaping keeps markup out, but plain text can hurt too: a word of 10,000 characters takes seconds and grows quadratically, half a
million spaces take a minute, a lone surrogate stops the rendering. Everything that comes from a record goes through ``cell`` or
``inline``; the whole value stands untouched in the machine-readable copy.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from django.utils.safestring import SafeString, mark_safe

from requests_app.documents.words import WORDS

if TYPE_CHECKING:
    from requests_app.documents.values import Lang

MAX_VALUE = 20_000
"""Characters of one value that are printed; the rest is only in the machine-readable copy."""
MAX_BLOCK = 1_000
"""Characters of one block: the cost of breaking lines grows faster than the length of a paragraph."""
MAX_LINES = 100
"""Lines of one value that are set as such; those that follow run on, since every block costs as much as a cell."""
MAX_WORD = 40
MAX_LABEL = 200
REMOVED = "\ufffd"
"""Stands where a character that may not be printed was taken away, so that the reader sees that something was there."""

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\uffff]+"
)
"""Controls, bidirectional overrides and isolates, surrogates and noncharacters."""
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\ufeff\U000e0000-\U000e0fff]+")
"""Characters without a shape of their own that change nothing in what is read; joiners stay, scripts and emoji need them."""
_SPACES = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_BLANK_LINES = re.compile("\n[ \n]*\n")
_LONG_WORD = re.compile(rf"(\S{{{MAX_WORD}}})(?=\S)")
_MARKS = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{4})[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
"""Stacked accents: four on one letter are more than any language uses."""
_PLAIN = re.compile(r"[ -~åäöÅÄÖéÉ–]{0,40}")
"""What nearly all values are: no work to do but escaping."""


def clean(text: str) -> str:
    """The text with forbidden characters visibly removed, white space collapsed and long words given places to break."""
    text = _NEWLINES.sub("\n", text)
    text = _FORBIDDEN.sub(REMOVED, text)
    text = _INVISIBLE.sub("", text)
    text = _BLANK_LINES.sub("\n", _SPACES.sub(" ", text)).strip()
    return _LONG_WORD.sub("\\1\u200b", _MARKS.sub(r"\1", text))


def cut(text: str, lang: Lang, limit: int = MAX_VALUE) -> str:
    """The text, or its first ``limit`` characters and a pointer to where the whole of it is."""
    return text if len(text) <= limit else f"{text[:limit]}… {WORDS[lang].cut_short}"


def blocks(text: str, lang: Lang) -> list[str]:
    """Clean text in blocks of at most ``MAX_BLOCK`` characters, one or more to a line; never an empty list."""
    found: list[str] = []
    lines = clean(cut(text, lang)).split("\n")
    if len(lines) > MAX_LINES:
        lines[MAX_LINES:] = [" · ".join(lines[MAX_LINES:])]
    for line in lines:
        start = 0
        while len(line) - start > MAX_BLOCK:
            end = line.rfind(" ", start, start + MAX_BLOCK)
            if end <= start + MAX_BLOCK // 2:
                end = start + MAX_BLOCK
            found.append(line[start:end].strip())
            start = end
        found.append(line[start:].strip())
    return found


def cell(text: str, lang: Lang) -> SafeString:
    """One value as HTML: escaped text, or a ``div`` for each of its blocks when there are several."""
    if _PLAIN.fullmatch(text):
        return mark_safe(escape(text))  # noqa: S308 - escaped just here
    parts = [escape(block) for block in blocks(text, lang)]
    return mark_safe(parts[0] if len(parts) == 1 else "".join(f"<div>{part}</div>" for part in parts))  # noqa: S308 - escaped


def inline(text: str, lang: Lang, limit: int = MAX_LABEL) -> SafeString:
    """A label, name or title as one line of HTML, cut short when it is longer than any label is."""
    if _PLAIN.fullmatch(text):
        return mark_safe(escape(text))  # noqa: S308 - escaped just here
    return mark_safe(escape(clean(cut(text, lang, limit)).replace("\n", " ")))  # noqa: S308 - escaped just here
