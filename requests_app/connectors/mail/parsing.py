"""A mail as it came, read: headers, text, attachments. It is written by strangers and may be anything; reading it never fails.

The structure is read by the standard library; each header by its modern rules, and by the old ones where those stumble. What
cannot be read is still there: the mail is kept as it came, and ``Mail.broken`` says so on its page.
"""

from __future__ import annotations

import mimetypes
import re
from dataclasses import dataclass, field
from email import policy
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from requests_app.connectors.mail.dividing import divide, kind_of
from requests_app.connectors.mail.headers import decoded, header, ids, octets, one_line, raw_values, sender, tried
from requests_app.connectors.mail.html_text import text_of_html

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

T = TypeVar("T")

MAX_PARTS = 300
"""Parts that are looked at; a mail may be nested as deep as somebody likes."""
MAX_TEXT = 200_000
"""Characters of text that are shown; the whole is in the mail itself."""
_PLAIN, _HTML = "text/plain", "text/html"
_NAMES = {
    "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s",
    "application/pgp-signature": "signature.asc",
    "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail; ``n`` is its place, by which ``content`` finds it again. ``inline``: a picture the text shows."""

    n: int
    name: str
    kind: str
    size: int
    inline: bool


@dataclass(frozen=True, slots=True)
class Mail:
    """What could be read of a mail. Empty texts for what is missing."""

    subject: str = ""
    from_name: str = ""
    from_address: str = ""
    to: str = ""
    sent_at: datetime | None = None
    """What the sender's clock said; nothing follows from it."""
    message_id: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    kind: str = _PLAIN
    report_type: str = ""
    auto_submitted: str = ""
    hints: frozenset[str] = frozenset()
    """Names of headers that speak for an automatic mail (RFC 3834, and what came before it)."""
    attachments: tuple[Attachment, ...] = ()
    broken: bool = False


@dataclass(slots=True)
class _Found:
    """What the walk through the parts has met."""

    plain: list[str] = field(default_factory=list)
    html: list[str] = field(default_factory=list)
    files: list[Message] = field(default_factory=list)
    broken: bool = False


def parse(raw: bytes) -> Mail:
    """Read a mail. Never raises for what it is given."""
    unreadable = Mail(text=raw[:MAX_TEXT].decode("utf-8", "replace"), broken=True)
    return tried(lambda: _mail(divide(raw)), unreadable)


def content(raw: bytes, n: int) -> tuple[str, bytes]:
    """Name and content of attachment ``n``; ``LookupError`` when the mail has none such."""
    parts = _files(raw)
    if not 0 <= n < len(parts):
        raise LookupError(n)
    return _name(parts[n], n), _bytes(parts[n])


def contents(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Name and content of each attachment, one after the other."""
    for n, part in enumerate(_files(raw)):
        yield _name(part, n), _bytes(part)


def _files(raw: bytes) -> list[Message]:
    return tried(lambda: _walk(divide(raw)).files, [])


def _mail(message: Message) -> Mail:
    found = _walk(message)
    name, address = sender(message)
    html = "\n".join(found.html)[:MAX_TEXT]
    text = "\n\n".join(found.plain).strip()[:MAX_TEXT] or text_of_html(html)
    return Mail(
        subject=header(message, "Subject"),
        from_name=name,
        from_address=address,
        to=header(message, "To"),
        sent_at=tried(lambda: parsedate_to_datetime(header(message, "Date")), None),
        message_id=next(iter(ids(message, "Message-ID")), ""),
        references=tuple(dict.fromkeys([*ids(message, "In-Reply-To"), *ids(message, "References")]))[:100],
        text=text,
        html=html,
        kind=_type(message),
        report_type=tried(lambda: str(message.get_param("report-type") or "").lower(), ""),
        auto_submitted=header(message, "Auto-Submitted").split(";")[0].split("(")[0].strip().lower(),
        hints=_hints(message, address),
        attachments=tuple(
            Attachment(n, _name(part, n), _type(part), len(_bytes(part)), _inline(part))
            for n, part in enumerate(found.files)
        ),
        broken=found.broken or bool(message.defects),
    )


# --- headers


def _hints(message: Message, address: str) -> frozenset[str]:
    precedence = header(message, "Precedence").lower() in {"bulk", "junk", "list", "auto_reply"}
    hints = {
        "precedence": precedence,
        "x-auto-response-suppress": bool(raw_values(message, "X-Auto-Response-Suppress")),
        "x-autoreply": bool(raw_values(message, "X-Autoreply") or raw_values(message, "X-Autorespond")),
        "return-path": header(message, "Return-Path") == "<>",
        "sender": address.partition("@")[0].lower() in {"mailer-daemon", "postmaster"},
    }
    return frozenset(name for name, met in hints.items() if met)


# --- parts


def _walk(message: Message) -> _Found:
    """Texts and files, in their order and without recursion. A mail in the mail is a file."""
    found, waiting, seen = _Found(), [message], 0
    while waiting:
        part = waiting.pop(0)
        seen += 1
        if seen > MAX_PARTS:
            found.broken = True
            break
        if part.is_multipart():
            waiting[:0] = [item for item in part.get_payload() if isinstance(item, Message)]
        elif _is_file(part):
            found.files.append(part)
        else:
            found.broken |= _type(part).startswith("multipart/")
            (found.html if _type(part) == _HTML else found.plain).append(_text(part, found))
    return found


def _type(part: Message) -> str:
    return tried(lambda: kind_of(part), "application/octet-stream")


def _disposition(part: Message) -> str:
    return tried(lambda: part.get_content_disposition() or "", "")


def _is_file(part: Message) -> bool:
    kind = _type(part)
    if kind not in {_PLAIN, _HTML}:
        return not kind.startswith("multipart/")  # a multipart that could not be divided is read as text
    return _disposition(part) == "attachment" or bool(_given_name(part))


def _inline(part: Message) -> bool:
    stated = _disposition(part)
    return stated == "inline" or (not stated and bool(raw_values(part, "Content-ID")))


def _bytes(part: Message) -> bytes:
    """A part's content; empty when it cannot be had: the mail itself is kept whole."""
    return tried(lambda: _octets_of(part), b"")


def _octets_of(part: Message) -> bytes:
    # asked for decoded in any case: as text the library reads it in whatever character set is stated, some of which take quadratic time
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


_CHARSETS = re.compile(
    r"utf-?(8|16|32)([bl]e|-[bl]e)?|us-ascii|ascii|iso-?8859-?\d{1,2}|latin-?\d|(windows-?|cp)\d{3,4}|koi8-[rut]|mac-?roman"
    r"|gb2312|gbk|gb18030|big5|euc-(jp|kr)|iso-2022-(jp|kr)|shift_?jis",
    re.IGNORECASE,
)
"""Character sets that texts come in. Python knows others, some of which are no such thing or take quadratic time."""


def _text(part: Message, found: _Found) -> str:
    data = _bytes(part)[: 4 * MAX_TEXT]
    stated = tried(lambda: str(part.get_content_charset() or "utf-8"), "utf-8")
    for name in dict.fromkeys((stated, "utf-8", "cp1252")):
        try:
            if not _CHARSETS.fullmatch(name):
                raise LookupError
            # some character sets give halves of signs, which no page or database takes
            return data.decode(name)[:MAX_TEXT].encode("utf-8", "replace").decode()
        except (LookupError, ValueError):
            found.broken = True
    return data.decode("latin-1")[:MAX_TEXT]


def _given_name(part: Message) -> str:
    """The name a part is given, raw octets in it read as everywhere."""
    plain = Message(policy=policy.compat32)
    for name in ("Content-Type", "Content-Disposition"):
        for value in raw_values(part, name)[:1]:
            plain[name] = " ".join(value.split())
    return tried(lambda: plain.get_filename() or "", "")


def _name(part: Message, n: int) -> str:
    """A file's name without folders and control characters; one of its kind when it has none."""
    given = one_line(decoded(octets(_given_name(part))))
    if name := given.replace("\\", "/").rpartition("/")[2].strip(" ."):
        return name[-120:]
    kind = _type(part)
    ending = ".eml" if kind.startswith("message/") else (mimetypes.guess_extension(kind) or ".bin")
    return _NAMES.get(kind, f"bilaga-{n + 1}{ending}")
