"""What a mail seems to ask for, guessed from words: a suggestion with its reasons, never a decision.

A guess names only entries of the lists below, so that it can be kept and shown without keeping a word of the mail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from requests_app.domain.rights import Right

if TYPE_CHECKING:
    from collections.abc import Mapping

READ = 20_000
"""Characters that are looked at: who asks for something says so early."""

WORDS: Mapping[Right, tuple[str, ...]] = {
    Right.ACCESS: (
        "registerutdrag*",
        "utdrag ur … register*",
        "vilka uppgifter … om mig",
        "vilka personuppgifter",
        "vilken information … om mig",
        "vad ni har … om mig",
        "vad har ni … om mig",
        "allt ni har … om mig",
        "ta del av … uppgifter",
        "ta del av … personuppgifter",
        "få ut … uppgifter",
        "få ut … personuppgifter",
        "kopia … uppgifter",
        "kopia … personuppgifter",
        "tillgång till mina … uppgifter",
        "rätt till tillgång",
        "rätten till tillgång",
        "begär tillgång",
        "artikel 15",
        "subject access request",
        "dsar",
        "copy of … data",
        "copy of … information",
        "what data … about me",
        "what data … on me",
        "what information … about me",
        "what information … on me",
        "what personal data",
        "which personal data",
        "everything you … about me",
        "access to my … data",
        "access to … personal data",
        "right of access",
        "article 15",
        "art. 15",
    ),
    Right.RECTIFICATION: (
        "rätta mina … uppgifter",
        "rätta … personuppgifter",
        "rätta uppgift*",
        "rättelse*",
        "felaktiga uppgifter",
        "felaktiga personuppgifter",
        "fel uppgifter",
        "uppgifter … är fel",
        "uppgifter … inte stämmer",
        "fel personnummer",
        "felstavat namn",
        "mitt namn är felstavat",
        "namnet är felstavat",
        "fel adress registrerad",
        "artikel 16",
        "rectif*",
        "correct my … data",
        "correct my … details",
        "correct … personal data",
        "inaccurate … data",
        "incorrect … data",
        "my name is misspelled",
        "article 16",
        "art. 16",
    ),
    Right.ERASURE: (
        "radera",
        "raderar",
        "raderas",
        "raderat",
        "raderade",
        "radering",
        "bli glömd",
        "bli bortglömd",
        "ta bort … uppgifter",
        "ta bort mitt konto",
        "ta bort allt … om mig",
        "tar bort … uppgifter",
        "tar bort allt … om mig",
        "artikel 17",
        "erase",
        "erased",
        "erasure",
        "delete … data",
        "delete … information",
        "delete my … account",
        "delete everything",
        "deletion of … data",
        "remove … personal data",
        "remove all … data",
        "right to be forgotten",
        "article 17",
        "art. 17",
    ),
    Right.RESTRICTION: (
        "begränsa … behandling*",
        "begränsar … behandling*",
        "begränsas",
        "begränsning av behandling*",
        "begränsad behandling",
        "frys* mina uppgifter",
        "artikel 18",
        "restrict … processing",
        "restriction of processing",
        "article 18",
        "art. 18",
    ),
    Right.PORTABILITY: (
        "dataportabilitet*",
        "maskinläsbar*",
        "överför mina … uppgifter",
        "överföra mina … uppgifter",
        "flytta mina … uppgifter",
        "artikel 20",
        "data portability",
        "right to portability",
        "machine-readable",
        "machine readable",
        "transfer my … data",
        "article 20",
        "art. 20",
    ),
    Right.OBJECTION: (
        "jag invänder",
        "invända mot",
        "invändning*",
        "motsätter mig",
        "artikel 21",
        "direktmarknadsföring",
        "direktreklam*",
        "profilering",
        "i object",
        "object to",
        "objection to",
        "direct marketing",
        "profiling",
        "article 21",
        "art. 21",
    ),
    Right.CONSENT_WITHDRAWAL: (
        "återkalla* … samtycke*",
        "drar tillbaka … samtycke*",
        "dra tillbaka … samtycke*",
        "tar tillbaka … samtycke*",
        "avprenumerera*",
        "avregistrera … nyhetsbrev*",
        "avanmäl* … nyhetsbrev*",
        "avsluta … nyhetsbrev*",
        "ta bort … nyhetsbrev*",
        "sluta skicka … reklam",
        "sluta skicka … nyhetsbrev*",
        "sluta skicka … erbjudanden",
        "inte … reklam",
        "inte … nyhetsbrev*",
        "ingen … reklam",
        "inga … nyhetsbrev",
        "withdraw* … consent",
        "unsubscribe",
        "stop sending me … newsletter*",
        "stop sending … marketing",
        "off … mailing list",
        "no … marketing",
        "opt out",
    ),
}
"""Entries by right. ``*`` ends a word in any way, ``…`` stands for up to six words."""

MARKETING = (
    "direktreklam*",
    "direktmarknadsföring",
    "direct marketing",
    "invändning* … reklam",
    "invända* … reklam",
    "invänder … reklam",
    "invändning* … marknadsföring",
    "invänder … marknadsföring",
    "motsätter mig … reklam",
    "motsätter mig … marknadsföring",
    "object to … marketing",
    "object to … advertising",
    "objection to … marketing",
    "objection to … advertising",
)
"""Entries of an objection that is about advertising."""
ACTING = (
    "jag företräder",
    "företräder jag",
    "som ombud för",
    "ombud för",
    "god man för",
    "förvaltare för",
    "vårdnadshavare för",
    "enligt … fullmakt",
    "med … fullmakt",
    "fullmakt bifogas",
    "bifogar … fullmakt",
    "bifogad fullmakt",
    "on behalf of",
    "i represent",
    "power of attorney",
)
"""Entries of a mail that somebody writes for another."""

_SV = (
    "och att det som på är av för med jag ni mig inte har om till den en ett vill kan från mina min mitt era er hej tack vad hur "
    "när hälsningar vänliga mvh uppgifter också skulle ska var vi så eller"
)
_EN = (
    "the and to of a in is that for you it i my me your we have with not on this be are would like please regards dear hello hi "
    "thank thanks what how when can do does any about under data"
)
_SWEDISH, _ENGLISH = frozenset(_SV.split()), frozenset(_EN.split())
_QUOTED = re.compile(
    r"^\s*(-{2,}\s*(original message|ursprungligt meddelande|forwarded message|vidarebefordrat meddelande)"
    r"|(den|on)\s.{6,120}\s(skrev|wrote)\b.{0,120}:\s*$|_{20,}\s*$)",
    re.IGNORECASE,
)
_GAP = r"(?:\W+\w+){0,6}?\W+"


@dataclass(frozen=True, slots=True)
class Guess:
    """``language`` is ``sv`` or ``en``; ``rights`` the codes with the entries of the lists that were met."""

    language: str
    rights: Mapping[str, tuple[str, ...]]
    marketing: bool = False
    """An objection in it is about advertising."""
    acting: bool = False
    """Somebody seems to write for another."""

    def as_json(self) -> dict[str, Any]:
        """Fit for a column: codes and entries, nothing of the mail."""
        marks = {name: True for name in ("marketing", "acting") if getattr(self, name)}
        return {
            "language": self.language,
            "rights": {right: list(words) for right, words in self.rights.items()},
            **marks,
        }


def guess(subject: str, text: str) -> Guess:
    """What a mail seems to ask for, and in which language. What it quotes of an earlier mail does not count."""
    own = unquoted(text)[:READ]
    whole = " ".join(f"{subject[:500]} . {own}".lower().split())
    rights = {
        right.value: found
        for right in Right
        if (found := tuple(entry for entry, pattern in _patterns(WORDS[right]) if pattern.search(whole)))
    }
    marketing = Right.OBJECTION.value in rights and _any(MARKETING, whole)
    return Guess(language_of(whole), rights, marketing=marketing, acting=_any(ACTING, whole))


def _any(entries: tuple[str, ...], text: str) -> bool:
    return any(pattern.search(text) for _entry, pattern in _patterns(entries))


def unquoted(text: str) -> str:
    """The text without what it quotes: lines that begin with ``>``, and all that follows the head of an earlier mail.

    A mail that holds nothing else, such as one that is only forwarded, is given whole.
    """
    kept: list[str] = []
    for line in text.splitlines():
        if _QUOTED.match(line[:300]):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    own = "\n".join(kept)
    return own if own.strip() else text


def language_of(text: str) -> str:
    """``en`` when its small words are more often English than Swedish, else ``sv``."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    swedish = sum(word in _SWEDISH for word in words) + sum(bool(set(word) & set("åäö")) for word in words)
    return "en" if sum(word in _ENGLISH for word in words) > swedish else "sv"


@cache
def _patterns(entries: tuple[str, ...]) -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((entry, _compiled(entry)) for entry in entries)


def _compiled(entry: str) -> re.Pattern[str]:
    parts = []
    for part in entry.split(" … "):
        words = [re.escape(word.removesuffix("*")) + (r"\w*" if word.endswith("*") else "") for word in part.split()]
        parts.append(r"\s".join(words))
    return re.compile(r"(?<!\w)" + _GAP.join(parts) + r"(?!\w)")
