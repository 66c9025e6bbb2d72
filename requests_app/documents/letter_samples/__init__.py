"""Made-up letters of every kind and variant, to preview a wording with and to see that nothing mandatory is lost by it.

Nobody in them exists. A letter's first sample is the one that is previewed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.documents.letter_samples import remaining, usual
from requests_app.documents.letter_samples.facts import DATED, case_facts

if TYPE_CHECKING:
    from requests_app.documents.letter_values import LetterFacts
    from requests_app.documents.values import Lang, Remedies, Sender

_MAKERS = usual.MAKERS | remaining.MAKERS


def samples(key: str, lang: Lang, sender: Sender, remedies: Remedies) -> tuple[LetterFacts, ...]:
    """The made-up letters of one kind, all variants. Raises ``KeyError`` on an unknown kind."""
    common = {
        "case": case_facts(lang),
        "sender": sender,
        "remedies": remedies,
        "addressee": ("Anna Andersson", "Storgatan 1 lgh 1102", "302 43 Halmstad"),
        "dated_on": DATED,
    }
    return _MAKERS[key](common, lambda sv, en: en if lang == "en" else sv)
