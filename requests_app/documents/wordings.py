"""The passages of the letters whose wording the controller may change.

A template wraps such a passage in ``{% wording "name" due_on=... %}text with {due_on}{% endwording %}``. What stands in it is plain
text: a blank line begins a paragraph, a line break stays one, and ``{due_on}`` is filled in from the letter. The text that we ship
and the placeholders it may use are read from the template itself, so that there is one place for both.

Each passage and each placeholder is marked ``data-element`` with its name: that is how ``letters`` sees that a mandatory element is
still there. Headings, lists, tables and remedies stand outside the passages, so that no wording can take them away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from django.template.loader import get_template
from django.utils.safestring import SafeString, mark_safe

from requests_app.documents.letter_specs import LETTERS
from requests_app.documents.safe_text import clean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.documents.values import Lang

MAX_TEXT = 2_000
"""Characters of one passage; a letter is a page or two."""
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")

KEYS: tuple[str, ...] = tuple(spec.template for spec in LETTERS.values())
"""The letters, in the order they are listed."""


class WordingError(ValueError):
    """A passage that cannot be used. ``problem`` is ``unknown_passage``, ``unknown_placeholder``, ``brace``, ``empty``, ``too_long``

    or ``missing_element``; ``name`` is the placeholder or element at fault.
    """

    def __init__(self, passage: str, problem: str, name: str = "") -> None:
        super().__init__(f"wording: {passage} {problem} {name}".rstrip())
        self.passage = passage
        self.problem = problem
        self.name = name


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as we ship it: its text, the placeholders it may use, and the element it states as a whole, if any."""

    name: str
    text: str
    placeholders: tuple[str, ...]
    states: str


@cache
def passages(key: str, lang: Lang) -> tuple[Passage, ...]:
    """The passages of a letter in the order they stand in its template."""
    from requests_app.templatetags.letters import WordingNode

    template = get_template(f"documents/{lang}/letters/{key}.html").template  # type: ignore[attr-defined]
    nodes = template.nodelist.get_nodes_by_type(WordingNode)
    return tuple(Passage(node.name, node.text, tuple(node.values), node.states) for node in nodes)


def normalised(text: str) -> str:
    """The text as it is stored and compared: one kind of line break, no space around it."""
    return "\n".join(line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")).strip()


def differing(key: str, lang: Lang, wording: Mapping[str, str]) -> dict[str, str]:
    """Only the passages whose text is another than the one we ship. Raises ``WordingError`` on a passage the letter does not have."""
    shipped = {passage.name: passage.text for passage in passages(key, lang)}
    if odd := sorted(set(wording) - set(shipped)):
        raise WordingError(odd[0], "unknown_passage")
    texts = {name: normalised(text) for name, text in wording.items()}
    return {name: text for name, text in texts.items() if text != shipped[name]}


def check_texts(key: str, lang: Lang, wording: Mapping[str, str]) -> list[WordingError]:
    """What is wrong with the texts by themselves: empty, too long, or with something in braces that is no placeholder of theirs."""
    found = []
    for passage in passages(key, lang):
        text = wording.get(passage.name, passage.text)
        if not text.strip():
            found.append(WordingError(passage.name, "empty"))
        elif len(text) > MAX_TEXT:
            found.append(WordingError(passage.name, "too_long"))
        elif odd := [name for name in _PLACEHOLDER.findall(text) if name not in passage.placeholders]:
            found.append(WordingError(passage.name, "unknown_placeholder", odd[0]))
        elif set("{}") & set(_PLACEHOLDER.sub("", text)):
            found.append(WordingError(passage.name, "brace"))
    return found


def lost_placeholders(key: str, lang: Lang, wording: Mapping[str, str]) -> list[WordingError]:
    """Passages that no longer use a placeholder that states a mandatory element of the letter."""
    mandatory = elements_of(key)
    found = []
    for passage in passages(key, lang):
        text = wording.get(passage.name, passage.text)
        lost = set(_PLACEHOLDER.findall(passage.text)) & mandatory.keys() - set(_PLACEHOLDER.findall(text))
        found += [WordingError(passage.name, "missing_element", name) for name in sorted(lost)]
    return found


def outdated(key: str, lang: Lang, wording: Mapping[str, str]) -> tuple[str, ...]:
    """Passages of a saved wording that the letter as we ship it now cannot use: it lacks the passage or a placeholder, or needs another.

    The letter then reads as we ship it in their place.
    """
    known = {passage.name for passage in passages(key, lang)}
    kept = {name: text for name, text in wording.items() if name in known}
    odd = {fault.passage for fault in (*check_texts(key, lang, kept), *lost_placeholders(key, lang, kept))}
    return tuple(name for name in wording if name not in known or name in odd)


def usable(key: str, lang: Lang, wording: Mapping[str, str]) -> dict[str, str]:
    """A saved wording without its outdated passages: a letter made of it never fails."""
    odd = outdated(key, lang, wording)
    return {name: text for name, text in wording.items() if name not in odd}


def elements_of(key: str) -> dict[str, str]:
    """The elements a letter must state, always or in one of its variants, each with the rule it comes from."""
    spec = next(spec for spec in LETTERS.values() if spec.template == key)
    return {element.name: element.source for element in spec.elements}


def passage_html(name: str, states: str, text: str, values: Mapping[str, SafeString]) -> SafeString:
    """A passage as paragraphs, its placeholders filled in. ``values`` are HTML already, the text is not.

    Raises ``WordingError`` when the text uses a placeholder that is not among ``values``.
    """
    paragraphs = [_paragraph(name, part, values) for part in _PARAGRAPHS.split(normalised(text))]
    if len(paragraphs) == 1:
        return mark_safe(f'<p data-element="{states}">{paragraphs[0]}</p>')  # noqa: S308 - made of escaped parts
    inner = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return mark_safe(f'<div data-element="{states}">{inner}</div>')  # noqa: S308 - made of escaped parts


def _paragraph(name: str, text: str, values: Mapping[str, SafeString]) -> str:
    parts = _PLACEHOLDER.split(text)
    made = []
    for number, part in enumerate(parts):
        if number % 2 == 0:
            made.append("<br>".join(_plain(line) for line in part.split("\n")))
        elif part in values:
            made.append(f'<span data-element="{part}">{values[part]}</span>')
        else:
            raise WordingError(name, "unknown_placeholder", part)
    return "".join(made)


def _plain(text: str) -> str:
    """One stretch of text between placeholders or line breaks, with the spaces at its ends kept."""
    inner = clean(text)
    before, after = text[:1].isspace(), text[-1:].isspace() and bool(inner)
    return f"{' ' if before else ''}{escape(inner)}{' ' if after else ''}"
