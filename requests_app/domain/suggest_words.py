"""Words worth a look before they are given out: what may be secret, and special categories of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.domain.suggest_lists import look
from requests_app.domain.suggest_values import Found, Suggested, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests_app.domain.suggest_values import Word

_INDEX = 3


def find_look(words: Sequence[Word]) -> Iterator[Found]:
    """The words, and phrases, of a text that say something about health, threats, belief and the like; each word once."""
    lists = look()
    for n, word in enumerate(words):
        last, topic = _phrase(words, n)
        topic = topic or lists.words.get(word.low) or _by_beginning(word.low)
        if not topic and len(word.low) > _INDEX and (inside := lists.inside.search(word.low)):
            topic = lists.inside_topics[inside[0]]
        if topic:
            yield Found(word.start, words[last].end, Suggested.LOOK, Why(topic))


def _by_beginning(low: str) -> str:
    for start, topic in look().prefixes.get(low[:_INDEX], ()):
        if low.startswith(start):
            return topic
    return ""


def _phrase(words: Sequence[Word], n: int) -> tuple[int, str]:
    """The number of the last word of a phrase that begins here, and its topic."""
    for rest, topic in look().phrases.get(words[n].low, ()):
        said = [word.low for word in words[n + 1 : n + 1 + len(rest)]]
        if len(said) == len(rest) and all(map(_same, said, rest)):
            return n + len(rest), topic
    return n, ""


def _same(said: str, wanted: str) -> bool:
    return said.startswith(wanted[:-1]) if wanted.endswith("*") else said == wanted
