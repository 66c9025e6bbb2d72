"""Precision, recall and CPU of the suggestions for masking, beside what one would write first: a few patterns and capitalised words.

    python -m bench.suggest [--split dev|test|all] [--wrong] [--texts 50000]

The texts of ``bench/data/suggest_sv.jsonl`` were written for this: chat lines, errand notes, mails, log lines and meter notes of a
utility, with made-up people. A label is found when suggestions of its kind cover all of it; a suggestion is right when it touches a
label of its kind. Own data is labelled too: a suggestion there is wrong. Word lists and rules were tuned on ``dev`` only.

Identity numbers that end in "-XXXX" are meant so: staff often write only the date of birth and cross out the rest, and that is a label
like any other.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from requests_app.domain.identifiers import name_tokens
from requests_app.domain.suggest import Own, Setting, Suggested, find
from requests_app.domain.suggest_lists import NO_NAME, names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

DATA = Path(__file__).with_name("data")
KINDS = ("email", "phone", "personnummer", "name", "look")
Hit = tuple[int, int, str]


@dataclass(frozen=True)
class Text:
    """One labelled text. ``spans`` are start, end, kind and whose (or the topic of a word worth a look)."""

    id: int
    split: str
    own: str
    form: str
    role: str
    text: str
    spans: list[tuple[int, int, str, str]]


@dataclass
class Score:
    """Counts of one kind."""

    labels: int = 0
    found: int = 0
    hits: int = 0
    right: int = 0

    @property
    def precision(self) -> float:
        """Share of the suggestions that are right."""
        return self.right / self.hits if self.hits else 1.0

    @property
    def recall(self) -> float:
        """Share of the labels that are found."""
        return self.found / self.labels if self.labels else 1.0

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


@dataclass
class Result:
    """Scores by kind, and what went wrong."""

    scores: dict[str, Score] = field(default_factory=lambda: {kind: Score() for kind in KINDS})
    wrong: list[str] = field(default_factory=list)


@cache
def texts() -> tuple[Text, ...]:
    """The labelled set."""
    lines = (DATA / "suggest_sv.jsonl").read_text(encoding="utf-8").splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    return tuple(Text(**{**row, "spans": [tuple(span) for span in row["spans"]]}) for row in rows)


@cache
def owners() -> dict[str, Own]:
    """Whose data the texts are, by letter."""
    people: dict[str, Any] = json.loads((DATA / "suggest_people.json").read_text(encoding="utf-8"))
    return {
        key: Own(
            emails=frozenset(person["emails"]),
            phones=frozenset(person["phones"]),
            numbers=frozenset(person["numbers"]),
            names=frozenset(name_tokens(person["name"])),
            public=frozenset({"info@hem.se", "+4635190190"}),
            staff_domain="hem.se",
        )
        for key, person in people.items()
    }


def product(text: Text) -> list[Hit]:
    """What the product finds; employees' names count as names here."""
    found = find(text.text, owners()[text.own], Setting(text.role))
    return [(item.start, item.end, "name" if item.kind is Suggested.STAFF_NAME else item.kind.value) for item in found]


_NAIVE = (
    ("email", re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")),
    ("phone", re.compile(r"(?:\+46|0)[\d\s-]{7,12}\d")),
    ("personnummer", re.compile(r"\b(?:\d{2})?\d{6}[-+]?\d{4}\b")),
    ("name", re.compile(r"(?<=[a-zåäö,] )[A-ZÅÄÖ][a-zåäöé]+(?: [A-ZÅÄÖ][a-zåäöé]+)*")),
    ("look", re.compile(r"\b(?:sjuk|skyddad|polis|advokat|hot|soc|inkasso|facket|relig|gravid)\w*", re.IGNORECASE)),
)


def naive(text: Text) -> list[Hit]:
    """Plain patterns, capitalised words that do not begin a sentence, and own data taken out where it stands letter by letter."""
    own = owners()[text.own]
    held = {*own.emails, *own.phones, *own.numbers, *own.names}
    return [
        (match.start(), match.end(), kind)
        for kind, pattern in _NAIVE
        for match in pattern.finditer(text.text)
        if match[0].lower() not in held
    ]


def _covered(start: int, end: int, hits: Iterable[Hit], text: str) -> bool:
    places = {n for first, last, _kind in hits for n in range(first, last)}
    return all(n in places for n in range(start, end) if text[n].isalnum())


def measure(how: Callable[[Text], list[Hit]], split: str) -> Result:
    """Score one way over a split (``all`` for both)."""
    result = Result()
    for text in texts():
        if split not in ("all", text.split):
            continue
        hits = how(text)
        for kind in KINDS:
            score, mine = result.scores[kind], [hit for hit in hits if hit[2] == kind]
            labels = [span for span in text.spans if span[2] == kind]
            score.labels += len(labels)
            score.hits += len(mine)
            for start, end, _kind, _whose in labels:
                if _covered(start, end, mine, text.text):
                    score.found += 1
                else:
                    result.wrong.append(f"missed {kind:12} [{text.text[start:end]}]  {text.id}: {text.text!r}")
            for first, last, _kind in mine:
                if any(first < end and start < last for start, end, *_rest in labels):
                    score.right += 1
                else:
                    result.wrong.append(f"wrong  {kind:12} [{text.text[first:last]}]  {text.id}: {text.text!r}")
    return result


def told_apart(split: str) -> tuple[int, int]:
    """Labels of employees' names that are found as such without the names of a conversation's senders, and how many there are."""
    right = labels = 0
    for text in texts():
        if split not in ("all", text.split):
            continue
        items = find(text.text, owners()[text.own], Setting(text.role))
        staff = [(item.start, item.end, "") for item in items if item.kind is Suggested.STAFF_NAME]
        mine = [span for span in text.spans if span[3] == "staff"]
        labels += len(mine)
        right += sum(_covered(start, end, staff, text.text) for start, end, *_rest in mine)
    return right, labels


def unlisted(split: str) -> tuple[int, int]:
    """Names of which no word is in a list of names: found, and how many there are."""
    right = labels = 0
    for text in texts():
        if split not in ("all", text.split):
            continue
        hits = [hit for hit in product(text) if hit[2] == "name"]
        for start, end, kind, _whose in text.spans:
            words = re.findall(r"[^\W\d_]{2,}", text.text[start:end].lower())
            if kind == "name" and not any(names().kind(word) & ~NO_NAME for word in words):
                labels += 1
                right += _covered(start, end, hits, text.text)
    return right, labels


def cpu(how: Callable[[Text], list[Hit]], n: int) -> float:
    """CPU seconds for ``n`` texts, the labelled ones over and over."""
    pool = texts()
    how(pool[0])
    began = time.process_time()
    for i in range(n):
        how(pool[i % len(pool)])
    return time.process_time() - began


def main() -> None:
    """Print a table for the product and the plain way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "test", "all"), default="test")
    parser.add_argument("--wrong", action="store_true", help="list what the product missed and got wrong")
    parser.add_argument("--texts", type=int, default=50_000, help="how many texts to time")
    arguments = parser.parse_args()
    split = arguments.split
    print(f"split {split}: {sum(split in ('all', text.split) for text in texts())} texts")
    print(f"{'kind':<13} {'n':>4}  {'product P':>9} {'R':>6} {'F1':>6}  {'plain P':>9} {'R':>6} {'F1':>6}")
    ours, theirs = measure(product, split), measure(naive, split)
    for kind in KINDS:
        one, other = ours.scores[kind], theirs.scores[kind]
        print(
            f"{kind:<13} {one.labels:>4}  {one.precision:>9.3f} {one.recall:>6.3f} {one.f1:>6.3f}"
            f"  {other.precision:>9.3f} {other.recall:>6.3f} {other.f1:>6.3f}"
        )
    for what, (right, labels) in (("told as employees'", told_apart(split)), ("that no list has", unlisted(split))):
        print(f"names {what}: {right} of {labels}")
    if arguments.texts:
        took = cpu(product, arguments.texts), cpu(naive, arguments.texts)
        print(f"CPU s for {arguments.texts:,} texts: product {took[0]:.1f}, plain {took[1]:.1f}")
    if arguments.wrong:
        print("\n".join(ours.wrong))


if __name__ == "__main__":
    main()
