"""What a person was asked or shown when a choice about marketing was made (Art. 7(1)): our words, in numbered versions.

A wording that has been used is never changed: write the next version beside it, and let the pages use that one.
"""

from __future__ import annotations

from dataclasses import dataclass

from requests_app.domain.channels import MarketingKind


@dataclass(frozen=True, slots=True)
class Wording:
    """One wording: what kind of choice it leads to, its version, and its words in both languages."""

    key: str
    version: int
    kind: MarketingKind
    text_sv: str
    text_en: str

    def text(self, language: str) -> str:
        """The words in ``sv`` or ``en``."""
        return self.text_en if language == "en" else self.text_sv


EVERY = (
    Wording(
        "given",
        1,
        MarketingKind.GIVEN,
        "Får vi skicka nyhetsbrev och erbjudanden till den här adressen? Du kan när som helst säga nej igen. "
        "Det är lika enkelt som att säga ja.",
        "May we send newsletters and offers to this address? You can say no again at any time. It is as easy as saying yes.",
    ),
    Wording(
        "given",
        2,
        MarketingKind.GIVEN,
        "Får vi skicka nyhetsbrev och erbjudanden till den e-postadress eller det telefonnummer som du uppger? "
        "Du kan när som helst säga nej igen. Det är lika enkelt som att säga ja.",
        "May we send newsletters and offers to the e-mail address or telephone number you give us? "
        "You can say no again at any time. It is as easy as saying yes.",
    ),
    Wording(
        "withdrawn",
        1,
        MarketingKind.WITHDRAWN,
        "Vi slutar skicka nyhetsbrev och erbjudanden till den här adressen.",
        "We stop sending newsletters and offers to this address.",
    ),
    Wording(
        "withdrawn",
        2,
        MarketingKind.WITHDRAWN,
        "Vi slutar skicka nyhetsbrev och erbjudanden till den e-postadress eller det telefonnummer som du uppger.",
        "We stop sending newsletters and offers to the e-mail address or telephone number you give us.",
    ),
    Wording(
        "link",
        1,
        MarketingKind.WITHDRAWN,
        "Vill du sluta få nyhetsbrev och erbjudanden från oss?",
        "Do you want to stop getting newsletters and offers from us?",
    ),
    Wording(
        "one_click",
        1,
        MarketingKind.WITHDRAWN,
        "Avregistreringen i e-postprogrammet (List-Unsubscribe-Post).",
        "The mail program's unsubscribe button (List-Unsubscribe-Post).",
    ),
    Wording(
        "portal",
        1,
        MarketingKind.WITHDRAWN,
        "Jag vill inte ha nyhetsbrev och erbjudanden.",
        "I do not want newsletters and offers.",
    ),
    Wording(
        "portal_given",
        1,
        MarketingKind.GIVEN,
        "Jag vill ha nyhetsbrev och erbjudanden. Jag kan när som helst säga nej igen.",
        "I want newsletters and offers. I can say no again at any time.",
    ),
)
"""Every wording there has been, the versions of one key in order: an older one is proof of what was said."""
WORDINGS: dict[str, Wording] = {item.key: item for item in EVERY}
"""The wordings in use, by key: of each the newest version."""


def wording(key: str, language: str) -> str:
    """What is kept with a choice: key, version, language and words, so that it can be shown years later what was said."""
    item = WORDINGS[key]
    return f"{item.key}/{item.version} ({language}): {item.text(language)}"
