"""A mail divided into its parts in bounded time and memory, however it is made.

The standard library's parser takes minutes for headers of megabytes, for hundreds of thousands of parts and for parts within parts. So
what reaches it is bounded: headers are cut while they are read, a mail within the mail stays a file as it came, and of a mail that
asks for more than all this only the beginning is read, undivided.
"""

from __future__ import annotations

import re
from email import policy
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from email.policy import Policy

MAX_LINES = 1_000_000
"""Lines of a mail that is divided: 40 MB in lines of 76 characters are half a million."""
MAX_WORK = 10_000_000
"""Lines times boundaries: the parser compares each line with each boundary."""
MAX_DIVIDED = 2_000
"""Parts, boundaries too, of a mail that is divided."""
MAX_HEADERS = 500
"""Headers of the mail, or of one part, that are read; the first ones."""
MAX_HEADER = 10_000
"""Characters of one header that are read."""
MAX_MIME_HEADER = 3_000
"""Of one that describes a part."""
MAX_PARAMETERS = 60
"""Of a part; reading them takes quadratic time. A name of 255 letters outside ASCII has fewer."""
MAX_NAME = 100
UNDIVIDED = 1_000_000
"""Octets that are read of a mail that is not divided."""
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_POLICY = policy.compat32


class Part(Message):
    """The mail or a part of it, with headers that are bounded in number and length."""

    def set_raw(self, name: str, value: Any) -> None:
        """What the parser keeps a header with."""
        if len(self) < MAX_HEADERS:
            mime = name[:8].lower() == "content-"
            value = value[: MAX_MIME_HEADER if mime else MAX_HEADER]
            super().set_raw(name[:MAX_NAME], ";".join(value.split(";")[:MAX_PARAMETERS]) if mime else value)

    def get_content_type(self) -> str:
        """What the parser goes by: a mail within the mail is not looked into. ``kind_of`` gives what is stated."""
        return "application/octet-stream" if kind_of(self).startswith("message/") else kind_of(self)


class _TooMany(Exception):
    """The mail has more parts than are read."""


def kind_of(part: Message) -> str:
    """The type a part states, in small letters."""
    return Message.get_content_type(part).lower()


def divide(raw: bytes) -> Part:
    """The mail and its parts; undivided when that would take long. What is no mail raises as the library does."""
    lines = raw.count(b"\n") + raw.count(b"\r") - raw.count(b"\r\n")
    boundaries = sum(1 for _met in _BOUNDARY.finditer(raw))
    if lines > MAX_LINES or boundaries > MAX_DIVIDED or lines * boundaries > MAX_WORK:
        return undivided(raw)
    made = 0

    def part(policy: Policy | None = None) -> Part:
        nonlocal made
        made += 1
        if made > MAX_DIVIDED:
            raise _TooMany
        return Part(policy or _POLICY)

    try:
        return cast("Part", BytesParser(part, policy=_POLICY).parsebytes(raw))
    except _TooMany:
        return undivided(raw)


def undivided(raw: bytes) -> Part:
    """The headers of a mail with the beginning of what follows as one text."""
    return cast("Part", BytesHeaderParser(Part, policy=_POLICY).parsebytes(raw[:UNDIVIDED]))
