"""The HTML of a mail: as plain text, and as the little of it that is safe to show. Nothing in it is ever loaded.

Both take time that grows with the length alone: the usual parsers can be kept busy for minutes by a page of unfinished tags.
"""

from __future__ import annotations

import re
from collections import Counter
from html import unescape

import nh3

READ = 500_000
"""Characters of HTML that are read."""
MAX_DEPTH = 200
"""Elements within each other; what is deeper is only shown as text."""
_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "math", "iframe", "object"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "blockquote",
        "br",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "footer",
        "form",
        "header",
        "hr",
        "li",
    }
    | {"h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "section", "table", "tr", "ul"}
)
_SHOWN = frozenset(
    {
        "b",
        "blockquote",
        "br",
        "code",
        "div",
        "em",
        "hr",
        "i",
        "li",
        "ol",
        "p",
        "pre",
        "s",
        "span",
        "strong",
        "sub",
        "sup",
    }
    | {"table", "tbody", "td", "tfoot", "th", "thead", "tr", "u", "ul"}
)
"""What may stand on our page. No links, pictures, forms, headings or styles: a link is its text."""
_UNCLOSED = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
    | {"p", "li", "dt", "dd", "tr", "td", "th", "tbody", "thead", "tfoot", "option"}
)
"""Elements that need no end."""
_TAG = re.compile(r"<!--|<(/?)([a-z][a-z0-9]*)(?:[\s/][^<>]*)?>|<[!?/][^<>]*>", re.IGNORECASE)


def text_of_html(html: str) -> str:
    """What a reader would see, as plain text. Never raises."""
    html = html[:READ]
    low, pieces, at = html.lower(), [], 0
    if len(low) != len(html):  # a few letters grow when they are made small
        low = html
    while (met := _TAG.search(html, at)) is not None:
        pieces.append(unescape(html[at : met.start()]).replace("\n", " "))
        at = met.end()
        tag = (met.group(2) or "").lower()
        ends = "-->" if met.group() == "<!--" else f"</{tag}" if tag in _SKIPPED and not met.group(1) else ""
        if ends:
            at = low.find(ends, at)
            if at < 0:
                break
            at += len(ends) if ends == "-->" else 0
        elif tag in _BLOCKS:
            pieces.append("\n")
        elif tag in {"td", "th"}:
            pieces.append(" ")
    else:
        pieces.append(unescape(html[at:]).replace("\n", " "))
    lines = [" ".join(line.split()) for line in "".join(pieces).splitlines()]
    return "\n".join(line for n, line in enumerate(lines) if line or (n and lines[n - 1])).strip()


def safe_html(html: str) -> str:
    """The HTML with nothing left that acts, loads, links or looks like a part of our own page; empty when it cannot be shown."""
    html = html[:READ].encode("utf-8", "replace").decode()
    if _depth(html) > MAX_DEPTH:
        return ""
    return nh3.clean(
        html,
        tags=set(_SHOWN),
        clean_content_tags=set(_SKIPPED),
        attributes={},
        link_rel=None,
        strip_comments=True,
        generic_attribute_prefixes=set(),
    )


def _depth(html: str) -> int:
    """How deep elements may lie within each other, reckoned from tags that open and close."""
    open_, depth, deepest = Counter[str](), 0, 0
    for closes, name in _TAG.findall(html):
        tag = name.lower()
        if not tag or tag in _UNCLOSED or (closes and not open_[tag]):
            continue
        step = -1 if closes else 1
        open_[tag] += step
        depth += step
        deepest = max(deepest, depth)
    return deepest
