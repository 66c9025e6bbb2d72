"""Names of people in running text.

Swedish capitalises names and little else, so a capitalised word inside a sentence that a list of names knows is one; what is also a
word, stands first in a sentence or in lower case needs something beside it: *min granne*, *heter*, *mvh*, a last name. Streets,
companies, towns and the person's own name are none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from requests_app.domain.suggest_lists import FIRST, LAST, MAYBE_FIRST, MAYBE_LAST, NO_NAME, cue_of, cues, names
from requests_app.domain.suggest_values import Found, Own, Setting, Suggested, Why

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from requests_app.domain.suggest_values import Word

_SENTENCE_ENDS = re.compile(r"[.!?:;\n\r\u2022*|<>=]|^\s*[-–]")
_BESIDE = re.compile(r"[ \u00a0,:(\"'\n\r–/-]{1,4}\Z")
_MOST_WORDS = 4
_SHORTENED = frozenset({"fam", "dr", "hr", "fr", "handl", "mr", "mrs"})
_INITIAL = re.compile(r"[^\W\d_](?:-[^\W\d_])?")
_OF_COMPANIES = (
    "kraft",
    "nät",
    "bolaget",
    "energi",
    "banken",
    "kontoret",
    "verket",
    "tjänst",
    "jouren",
    "service",
    "styrelsen",
    "ab",
)
_NOBODY: frozenset[str] = frozenset()


def find_names(text: str, words: Sequence[Word], own: Own, setting: Setting) -> Iterator[Found]:
    """The names in a text that are not the person's own, those of employees as such."""
    reader = _Reader(text, words, own, setting)
    n = 0
    while n < len(words):
        word = words[n]
        kind = reader.kinds.get(word.low, -1)
        if (
            kind < 0
            and not word.raw[0].isupper()
            and "-" not in word.low
            and not reader.named(n)
            and word.low[-4:] != "sson"
        ):
            n += 1
            continue
        found, n = reader.read(n)
        if found:
            yield found


class _Reader:
    """One text."""

    def __init__(self, text: str, words: Sequence[Word], own: Own, setting: Setting) -> None:
        self.text, self.words, self.own, self.setting = text, words, own, setting
        self.names = names()
        self.kinds = self.names.kinds
        self.cues = cue_of()
        self.sets = cues()

    # --- what stands around a word ------------------------------------------------------------------------------------------

    def gap(self, n: int) -> str:
        """What stands between a word and the one before."""
        return self.text[self.words[n - 1].end if n else 0 : self.words[n].start]

    def opens(self, n: int) -> bool:
        """Whether a word begins a sentence, so that its capital says nothing."""
        return n == 0 or bool(_SENTENCE_ENDS.search(self.gap(n)))

    def low(self, n: int) -> str:
        """A word in lower case; nothing beyond the text."""
        return self.words[n].low if 0 <= n < len(self.words) else ""

    def cue(self, n: int) -> frozenset[str]:
        """What the word before says about this one."""
        if n == 0:
            return _NOBODY
        if not _BESIDE.match(self.gap(n)) and not (self.gap(n) == ". " and self.low(n - 1) in _SHORTENED):
            return _NOBODY
        return self.cues.get(self.low(n - 1), _NOBODY)

    def named(self, n: int) -> bool:
        """Whether *hon heter* or the like stands before, so that even an unknown word is a name."""
        if n < 2 or self.low(n - 1) not in ("heter", "hette", "kallas"):
            return False
        return self.low(n - 2) in self.sets["pronoun"] and self.gap(n) == " " and len(self.low(n)) > 2

    def is_capital(self, n: int) -> bool:
        """Whether a word begins with a capital."""
        return n < len(self.words) and self.words[n].raw[0].isupper()

    def kind(self, n: int) -> int:
        """What the lists know of a word."""
        return self.names.kind(self.low(n)) if n < len(self.words) else 0

    def like_last(self, n: int) -> bool:
        """Whether a word can be a last name after a first one."""
        kind, low = self.kind(n), self.low(n)
        if kind & (LAST | MAYBE_LAST):
            return True
        return not kind & NO_NAME and self.names.ends_like_one(low, surely=not self.is_capital(n))

    # --- reading ------------------------------------------------------------------------------------------------------------

    def read(self, n: int) -> tuple[Found | None, int]:
        """The name that begins at a word, if one does, and the number of the word to go on with."""
        why = self._begins(n)
        if why is None:
            return None, n + 1
        first, last = n, self._end(n, why)
        if self._is_place_or_company(first, last):
            return None, last + 1
        if self._is_own(first, last):
            return None, last + 1
        start = self.words[first].start
        if self._has_initial(first):
            start = self.words[first - 1].start
        if last > first and why in (Why.NAME_FIRST, Why.NAME_LAST):
            why = Why.NAME_FULL
        staff = self._staff(first, last)
        kind = Suggested.STAFF_NAME if staff else Suggested.NAME
        return Found(start, self.words[last].end, kind, staff or why), last + 1

    def _begins(self, n: int) -> Why | None:
        kind, cue = self.kind(n), self.cue(n)
        if "named" in cue and self.low(n - 2) in self.sets["thing"]:
            return None  # the dog's name
        capital, shouted = self.is_capital(n), self.words[n].raw.isupper() and len(self.words[n].raw) > 1
        by_cue = self._by_cue(n, kind, cue, capital=capital, shouted=shouted)
        if by_cue or (kind & NO_NAME and not (kind & (FIRST | LAST) and self._is_pair(n))):
            return by_cue
        if (kind & (FIRST | MAYBE_FIRST) or self._is_unknown_first(n, cue)) and self._is_pair(n):
            return Why.NAME_FIRST
        if kind & FIRST and (capital or (not kind & MAYBE_FIRST and len(self.words[n].low) > 2)):
            return Why.NAME_FIRST
        if kind & FIRST and not capital and n + 1 < len(self.words) and self.gap(n + 1) == ".":
            return Why.NAME_FIRST if not self.is_capital(n + 1) else None  # karin.oberg
        opens = self.opens(n)
        if kind & MAYBE_FIRST and capital and not shouted and (not opens or self.low(n + 1) in self.sets["said"]):
            return Why.NAME_FIRST
        if capital and not kind and not opens and self._before_first(n):
            return Why.NAME_LAST
        return self._last_alone(n, kind, capital=capital and (not shouted or kind & LAST != 0), opens=opens)

    def _by_cue(self, n: int, kind: int, cue: frozenset[str], *, capital: bool, shouted: bool) -> Why | None:
        if not cue:
            return None
        known = bool(kind & (FIRST | MAYBE_FIRST | LAST | MAYBE_LAST))
        unknown = capital and not shouted and not kind & NO_NAME and len(self.low(n)) > 1
        if "relation" in cue:
            whose = self.low(n - 2) in self.sets["possessive"]
            weak = self.low(n - 1) in self.sets["weak_relation"]  # "man" is also "one"
            if unknown and (known or whose or (self.gap(n) == " " and not weak)):
                return Why.NAME_RELATION
            if known and whose and (capital or not kind & NO_NAME):
                return Why.NAME_RELATION
        if "named" in cue and ((unknown and self._says_a_name(n)) or (known and not kind & NO_NAME) or self.named(n)):
            return Why.NAME_NAMED
        if "title" in cue and unknown:
            return Why.NAME_NAMED
        if "ask" in cue and unknown and not self.opens(n) and not self.low(n).endswith(_OF_COMPANIES):
            return Why.NAME_FIRST
        if cue & {"signed", "staff"} and (unknown or (known and not kind & NO_NAME and "signed" in cue)):
            return Why.NAME_SIGNED if "signed" in cue else Why.NAME_NAMED
        return None

    def _says_a_name(self, n: int) -> bool:
        """*is*, *called* and *namn* name things too: those need a person before them."""
        return self.low(n - 1) not in ("is", "vid", "called", "name", "namn", "namnet") or bool(
            self.kind(n) & (FIRST | MAYBE_FIRST | LAST)
        )

    def _is_pair(self, n: int) -> bool:
        """Whether a first name is followed by a last one, both capitalised or both not."""
        if n + 1 >= len(self.words) or self.gap(n + 1) not in (" ", "\u00a0", "-"):
            return False
        if self.is_capital(n) != self.is_capital(n + 1):
            return False
        if not self.is_capital(n) and self.kind(n) & MAYBE_FIRST:
            return bool(self.kind(n + 1) & LAST)
        if self.like_last(n + 1):
            return True
        return self.is_capital(n) and not self.words[n + 1].raw.isupper() and not self.kind(n + 1) & NO_NAME

    def _is_unknown_first(self, n: int, cue: frozenset[str]) -> bool:
        """Whether an unknown capitalised word inside a sentence is a first name for what stands around it."""
        if not self.is_capital(n) or self.kind(n) or self.opens(n) or self.words[n].raw.isupper():
            return False
        sure = n + 1 < len(self.words) and (
            bool(self.kind(n + 1) & LAST) or self.names.ends_like_one(self.low(n + 1), surely=True)
        )
        return sure or "contact" in cue

    def _before_first(self, n: int) -> bool:
        """Whether a comma and a first name follow: *Jovic, Marko*."""
        if n + 1 >= len(self.words) or self.gap(n + 1) != ", ":
            return False
        return bool(self.kind(n + 1) & FIRST) and self.is_capital(n + 1)

    def _last_alone(self, n: int, kind: int, *, capital: bool, opens: bool) -> Why | None:
        low = self.low(n)
        if kind & LAST and (capital or low.endswith(("sson", "ssons"))):
            return Why.NAME_LAST
        sson = low.endswith(("sson", "ssons")) and len(low) > 6
        if not kind and (sson or (capital and not opens and self.names.ends_like_one(low, surely=True))):
            return Why.NAME_LAST
        if (
            capital
            and self._has_initial(n)
            and (self.like_last(n) or (not kind and "." in self.gap(n) and len(low) > 3))
        ):
            return Why.NAME_LAST
        return None

    def _has_initial(self, n: int) -> bool:
        """Whether an initial stands before: *A. Karlsson*."""
        return (
            n > 0
            and bool(_INITIAL.fullmatch(self.words[n - 1].raw))
            and self.words[n - 1].raw.isupper()
            and self.gap(n) in (" ", ".", ". ")
        )

    def _end(self, n: int, why: Why) -> int:
        """The number of the last word of a name that begins at a word."""
        last = n
        particles = self.sets["particle"]
        while last + 1 < len(self.words) and last - n < _MOST_WORDS - 1:
            gap, nxt = self.gap(last + 1), last + 1
            if gap == ", " and why is Why.NAME_LAST and last == n and self.kind(nxt) & FIRST and self.is_capital(nxt):
                last = nxt  # Karlsson, Anders
                break
            if gap == "." and last == n and not self.is_capital(n) and not self.is_capital(nxt):
                return nxt  # karin.oberg, as log-ins are written
            if gap not in (" ", "\u00a0", "-", " - "):
                break
            if self.low(nxt) in particles and self.is_capital(nxt + 1):
                last = nxt + 1
            elif self._goes_on(n, nxt, why):
                last = nxt
            else:
                break
        return last

    def _goes_on(self, n: int, nxt: int, why: Why) -> bool:
        kind = self.kind(nxt)
        if not self.is_capital(nxt):
            lower = not self.is_capital(n)
            return lower and bool(kind & LAST or (kind & MAYBE_LAST and nxt == n + 1) or self.low(nxt).endswith("sson"))
        if self.like_last(nxt) and (not kind & NO_NAME or self.kind(n) & (FIRST | MAYBE_FIRST)):
            return True
        if len(self.low(nxt)) == 1:
            return bool(self.kind(n) & FIRST) and nxt == n + 1 and self.low(n) not in self.own.names  # Evelina S
        if kind & NO_NAME or self.words[nxt].raw.isupper():
            return bool(kind & (FIRST | MAYBE_FIRST)) and not kind & NO_NAME
        if kind & (FIRST | MAYBE_FIRST):
            return True
        return why is not Why.NAME_LAST and self.low(n) not in self.own.names  # an unknown last name

    # --- what is none, and whose it is --------------------------------------------------------------------------------------

    def _is_place_or_company(self, first: int, last: int) -> bool:
        sets, after = self.sets, last + 1
        beside = after < len(self.words) and self.gap(after) in (" ", "\u00a0", "s ", ":s ", " & ")
        if self.low(last).endswith(tuple(sets["street_ending"])) and not self.kind(last):
            return True
        if beside and self.low(after) in sets["street"] and (self.low(last).endswith("s") or self.gap(after) == ":s "):
            return True
        if beside and (
            self.low(after) in ("ab", "hb", "kb", "co")
            or (self.is_capital(after) and self.low(after) in sets["company"])
        ):
            return True
        if any(self.is_capital(n) and self.low(n) in sets["company"] for n in range(first + 1, last + 1)):
            return True
        two_on = (
            after + 1 < len(self.words)
            and beside
            and self.is_capital(after)
            and self.low(after + 1) in ("ab", "hb", "kb")
        )
        return two_on or self.low(first - 1) in sets["company_before"]

    def _bare(self, n: int) -> tuple[str, ...]:
        low = self.low(n)
        return (low, low[:-1]) if low.endswith("s") else (low,)

    def _all_in(self, first: int, last: int, known: frozenset[str]) -> bool:
        if not known:
            return False
        return all(
            any(form in known for form in self._bare(n)) or self.low(n) in self.sets["particle"]
            for n in range(first, last + 1)
        )

    def _is_own(self, first: int, last: int) -> bool:
        return self._all_in(first, last, self.own.names)

    def _staff(self, first: int, last: int) -> Why | None:
        if self._all_in(first, last, self.setting.staff):
            return Why.STAFF_MENTIONED
        cue, gap = self.cue(first), self.gap(first)
        if "staff" in cue:
            return Why.STAFF_MENTIONED
        if self.setting.role != "staff":
            return None
        says_self = self.low(first - 1) in ("heter", "is") and self.low(first - 2) in ("jag", "name")
        presents = self.low(first - 1) == "med" and self.low(first - 2) in ("chattar", "pratar", "talar")
        here = self.low(last + 1) in ("här", "på") and self.low(last + 2) in (
            "",
            "på",
            "från",
            "hem",
            "kundservice",
            "igen",
        )
        signed = "signed" in cue and self.low(first - 1) not in ("hälsa", "hälsar")
        ends = last == len(self.words) - 1 and gap.endswith("/")
        return Why.STAFF_SIGNED if signed or ends or says_self or presents or (here and first == 0) else None
