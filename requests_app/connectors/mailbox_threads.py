"""Which mails belong to one exchange, by what they answer (RFC 5322 3.6.4), else by their subject."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from requests_app.connectors.mailbox_people import Whose

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_ANSWER = re.compile(
    r"\s*((re|sv|vs|svar|aw|wg|fw|fwd|vb|vidarebefordrat|antw)(\[\d+\])?\s*:|\[(extern|external|spam)\])\s*",
    re.IGNORECASE,
)
MAX_STEPS = 1_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A mail that is or may be the person's: where it lies, and what is known of it before it is read."""

    folder: int
    uid: int
    key: str
    when: str
    """ISO 8601 in UTC, so that it sorts."""
    itself: str
    root: str
    subject: str
    whose: Whose
    address: str = ""
    name: str = ""
    """What a candidate is called."""
    by_number: bool = False

    def to_json(self) -> list[Any]:
        """For the cursor."""
        return [
            self.folder,
            self.uid,
            self.key,
            self.when,
            self.itself,
            self.root,
            self.subject,
            self.whose.value,
            self.address,
            self.name,
            self.by_number,
        ]

    @classmethod
    def from_json(cls, row: list[Any]) -> Hit:
        """Undo ``to_json``."""
        return replace(cls(*row), whose=Whose(row[7]))


def mark(text: str) -> str:
    """A short stand-in for a message id."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest() if text else ""


def base_subject(subject: str) -> tuple[str, bool]:
    """The subject without what answering adds, and whether something was added."""
    rest, cut = subject, False
    while (met := _ANSWER.match(rest)) is not None and met.end():
        rest, cut = rest[met.end() :], cut or not met.group(1).startswith("[")
    return rest.strip(), cut


def threads_of(hits: Sequence[Hit]) -> dict[str, str]:
    """The exchange of each mail, by the mail's key."""
    above: dict[str, str] = {}
    by_subject: dict[str, str] = {}
    ordered = sorted(hits, key=lambda hit: (hit.when, hit.key))
    for hit in ordered:
        own, (subject, answers) = hit.itself or hit.key, base_subject(hit.subject)
        if hit.root and hit.root != own:
            above[own] = hit.root
        elif answers and subject.casefold() in by_subject:
            above[own] = by_subject[subject.casefold()]
        if subject:
            by_subject.setdefault(subject.casefold(), own)
    return {hit.key: _top(hit.itself or hit.key, above) for hit in ordered}


def _top(one: str, above: dict[str, str]) -> str:
    seen = {one}
    for _step in range(MAX_STEPS):
        following = above.get(one)
        if following is None or following in seen:
            break
        seen.add(following)
        one = following
    return one if one not in above else min(seen)


def titles_of(hits: Iterable[Hit], threads: dict[str, str]) -> dict[str, str]:
    """What each exchange is called: its first subject, with a number where another before it has the same."""
    used: Counter[str] = Counter()
    titles: dict[str, str] = {}
    for hit in sorted(hits, key=lambda hit: (hit.when, hit.key)):
        thread = threads[hit.key]
        if thread not in titles:
            subject = base_subject(hit.subject)[0][:200]
            used[subject] += 1
            titles[thread] = f"{subject} ({used[subject]})".strip() if used[subject] > 1 else subject
    return titles
