"""Which encoding an export is written in: what it says itself, or what makes Swedish words of it."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from requests_app.connectors.base import ConnectorError, Fault

if TYPE_CHECKING:
    from typing import BinaryIO

NAMES = {
    "utf-8": "utf-8-sig",
    "utf-16": "utf-16",
    "windows-1252": "cp1252",
    "iso-8859-1": "iso8859-1",
    "iso-8859-15": "iso8859-15",
    "cp850": "cp850",
    "cp865": "cp865",
    "cp437": "cp437",
    "macroman": "mac_roman",
}
"""Encodings by the names they have in descriptions -> Python's."""
SAMPLE = 256 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLD = ("cp1252", "cp850", "mac_roman")
"""What differs in where Swedish letters stand; the usual one first. ISO 8859-1 and CP865 have them in the same places as one of these."""
_LETTERS = dict.fromkeys("åäöÅÄÖ", 3) | dict.fromkeys("éÉüÜèÈàÀáÁæÆøØ", 1)
_HIGH = re.compile(rb"[\x80-\xff]")
_MOST = 50_000
"""High bytes looked at."""


def guess(source: BinaryIO, sample: int = SAMPLE) -> str:
    """Python's name of the encoding of what ``source`` holds; ``source`` must be seekable and is left at its beginning.

    What has no mark is UTF-8 when it can be, else the old encoding that makes the most Swedish letters of it: Windows-1252,
    CP850 (DOS) or MacRoman. ``sample`` bytes from the first one that is no ASCII decide. Raises WRONG_TYPE (field: ``file``)
    for what is no text.
    """
    source.seek(0)
    try:
        start = source.read(min(sample, 64 * 1024))
        for mark, name in _MARKS:
            if start.startswith(mark):
                return name
        if b"\x00" in start:
            return _without_mark(start)
        return _of_bytes(_sample(source, start, sample))
    finally:
        source.seek(0)


def _sample(source: BinaryIO, start: bytes, size: int) -> bytes:
    """What is to be judged: from the first block that is not all ASCII on."""
    block = start
    while block and block.isascii():
        block = source.read(size)
    return block if len(block) >= size else block + source.read(size - len(block))


def _of_bytes(sample: bytes) -> str:
    if b"\x00" in sample:
        raise ConnectorError(Fault.WRONG_TYPE, field="file")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)  # not final: the sample may end within a letter
    except UnicodeDecodeError:
        return _old(sample)
    return "utf-8-sig"


def _without_mark(start: bytes) -> str:
    """UTF-16 that does not say so has a zero for every second byte of ordinary text."""
    odd, even = start[1::2], start[0::2]
    if odd.count(0) * 2 > len(odd) and 0 not in even:
        return "utf-16-le"
    if even.count(0) * 2 > len(even) and 0 not in odd:
        return "utf-16-be"
    raise ConnectorError(Fault.WRONG_TYPE, field="file")


def _old(sample: bytes) -> str:
    scores = dict.fromkeys(_OLD, 0)
    for n, found in enumerate(_HIGH.finditer(sample)):
        if n >= _MOST:
            break
        at = found.start()
        before, after = sample[at - 1 : at], sample[at + 1 : at + 2]
        in_word = _is_letter(before) or _is_letter(after)
        for name in _OLD:
            worth, large = _worth(name)[sample[at]]
            fits = in_word and not (large and before.islower())  # no word goes on with a capital
            scores[name] += worth if fits else min(-1, worth)
    best = max(_OLD, key=lambda name: scores[name])  # the first of equals
    return best if scores[best] > 0 else _OLD[0]


def _is_letter(byte: bytes) -> bool:
    return byte.isalpha() or byte >= b"\x80"


@lru_cache(maxsize=4)
def _worth(name: str) -> tuple[tuple[int, bool], ...]:
    """For each byte what it speaks for an encoding, and whether it is a capital there.

    A Swedish letter speaks for it, one of Swedish names a little, anything else against, what stands for nothing strongly.
    """
    worth = [(0, False)] * 128
    for byte in range(128, 256):
        letter = bytes([byte]).decode(name, "replace")
        worth.append((_LETTERS.get(letter, -4 if letter == "\ufffd" else -1), letter.isupper()))
    return tuple(worth)
