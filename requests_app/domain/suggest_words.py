"""Words worth a look before they are given out: what may be secret, and special categories of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.domain.suggest_lists import look
from requests_app.domain.suggest_values import Found, Suggested, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests_app.domain.suggest_values import Word

_INDEX = 3
_SHORT = 7


def find_look(words: Sequence[Word]) -> Iterator[Found]:
    """The words, and phrases, of a text that say something about health, threats, belief and the like; each word once."""
    lists = look()
    exact, prefixes, phrases = lists.words, lists.prefixes, lists.phrases
    done = 0
    for n, (start, end, _raw, low) in enumerate(words):
        if start < done:
            continue
        topic = exact.get(low, "")
        if not topic and (beginnings := prefixes.get(low[:_INDEX])):
            topic = next((topic for beginning, topic in beginnings if low.startswith(beginning)), "")
        if not topic and len(low) > _SHORT and (inside := lists.inside.search(low)):
            topic = lists.inside_topics[inside[0]]
        if low in phrases and (phrase := _phrase(words, n)):
            end, topic = phrase
        if topic:
            done = end
            yield Found(start, end, Suggested.LOOK, Why(topic))


def _phrase(words: Sequence[Word], n: int) -> tuple[int, str] | None:
    """Where a phrase that begins here ends, and its topic."""
    for rest, topic in look().phrases[words[n].low]:
        said = words[n + 1 : n + 1 + len(rest)]
        if len(said) == len(rest) and all(_same(word.low, wanted) for word, wanted in zip(said, rest, strict=True)):
            return said[-1].end, topic
    return None


def _same(said: str, wanted: str) -> bool:
    return said.startswith(wanted[:-1]) if wanted.endswith("*") else said == wanted
