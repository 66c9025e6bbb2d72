"""The headers of a mail, read by the modern rules, and by the old ones where those stumble. Reading them never fails."""

from __future__ import annotations

import contextlib
import re
import unicodedata
from email import policy
from email.header import decode_header, make_header
from email.utils import getaddresses
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from email.message import Message

T = TypeVar("T")

MAX_HEADER = 2_000
"""Characters that are shown of one."""
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")


def tried(read: Callable[[], T], otherwise: T) -> T:
    """What is read, or something else where the library stumbles: on rubbish its faults may be of any kind."""
    with contextlib.suppress(Exception):
        return read()
    return otherwise


def raw_values(message: Message, name: str) -> list[str]:
    """The values of a header as they stand, raw octets read as UTF-8, else as Windows' own set."""
    found = [str(value) for key, value in message.raw_items() if str(key).lower() == name.lower()]
    return [octets(value) for value in found]


def octets(text: str) -> str:
    """A text with raw octets in it (as surrogates), those read as UTF-8, else as Windows' own set."""
    if text.isascii():
        return text
    raw = text.encode("utf-8", "surrogateescape")
    return tried(lambda: raw.decode("utf-8"), raw.decode("cp1252", "replace"))


def header(message: Message, name: str) -> str:
    """A header in one line, decoded as far as it can be; empty when it is missing."""
    text = next(iter(raw_values(message, name)), "")[: 5 * MAX_HEADER]
    if "=?" not in text:
        return one_line(text)
    modern = tried(lambda: str(policy.default.header_factory("Subject", " ".join(text.split()))), "")
    return one_line(modern or decoded(text))


def decoded(text: str) -> str:
    """With encoded words (RFC 2047) in letters; as it stands where that fails."""
    return tried(lambda: str(make_header(decode_header(text))), text)


def one_line(text: str) -> str:
    """Without line ends, control characters and what is no character at all."""
    text = text.encode("utf-8", "replace").decode()
    printable = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return " ".join("".join(printable).split())[:MAX_HEADER]


def sender(message: Message) -> tuple[str, str]:
    """Name and address of who wrote; the whole line as a name when there is no address in it."""
    for name in ("From", "Sender", "Reply-To"):
        # addresses are read before names are decoded: a decoded name may hold commas and angles of its own
        line = next(iter(raw_values(message, name)), "")[:MAX_HEADER]
        for shown, address in addresses(line):
            if "@" in address:
                return one_line(decoded(shown))[:200], one_line(address)[:254]
        if line.strip():
            return one_line(decoded(line))[:200], ""
    return "", ""


def addresses(line: str) -> list[tuple[str, str]]:
    """Names, still encoded, and addresses of a line of addresses (RFC 5322 3.4)."""
    return tried(lambda: getaddresses([" ".join(line.split())]), [])


def ids(message: Message, name: str) -> list[str]:
    """The message ids in a header, with their angles."""
    return [found for value in raw_values(message, name) for found in _ID.findall(value[:20_000])]
