"""One made-up letter of each kind in both languages, and all variants: the ones that previews are made of, with a test's own changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from requests_app.documents.letter_samples import samples
from requests_app.documents.wordings import KEYS
from tests.documents.world import REMEDIES, REMEDIES_EN, SENDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.documents.letter_values import LetterFacts
    from requests_app.documents.values import Lang

LANGUAGES: tuple[Lang, ...] = ("sv", "en")


def variants(key: str, lang: Lang = "sv") -> tuple[LetterFacts, ...]:
    """All made-up letters of one kind."""
    return samples(key, lang, SENDER, REMEDIES if lang == "sv" else REMEDIES_EN)


def letter(key: str, lang: Lang = "sv", **changes: Any) -> Any:
    """The first of them, changed."""
    return replace(variants(key, lang)[0], **changes)


def _maker(key: str) -> Callable[..., Any]:
    def make(lang: Lang = "sv", **changes: Any) -> Any:
        return letter(key, lang, **changes)

    make.__name__ = key
    return make


MAKERS = tuple(_maker(key) for key in KEYS)
(
    receipt,
    completion,
    extension,
    answer,
    refusal,
    rectification,
    erasure,
    not_identified,
    recipient,
    restriction,
    restriction_lifting,
    objection,
    consent_withdrawal,
    portability,
    joined,
    withdrawn,
) = MAKERS

EVERY = [(key, lang, number) for key in KEYS for lang in LANGUAGES for number in range(len(variants(key, lang)))]
"""Kind, language and number of every variant."""


def all_letters(lang: Lang = "sv") -> list[LetterFacts]:
    """One of each kind."""
    return [make(lang) for make in MAKERS]
