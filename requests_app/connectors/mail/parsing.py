"""A mail as it came, read: headers, text, attachments. It is written by strangers and may be anything; reading it never fails.

The structure is read by the standard library; each header by its modern rules, and by the old ones where those stumble. What
cannot be read is still there: the mail is kept as it came, and ``Mail.broken`` says so on its page.
"""

from __future__ import annotations

import contextlib
import mimetypes
import re
import unicodedata
from dataclasses import dataclass, field
from email import policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import TYPE_CHECKING, TypeVar

from requests_app.connectors.mail.dividing import divide, kind_of
from requests_app.connectors.mail.html_text import text_of_html

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

T = TypeVar("T")

MAX_PARTS = 300
"""Parts that are looked at; a mail may be nested as deep as somebody likes."""
MAX_TEXT = 200_000
"""Characters of text that are shown; the whole is in the mail itself."""
MAX_HEADER = 2_000
_ID = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
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
    return _tried(lambda: _mail(divide(raw)), unreadable)


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


def _tried(read: Callable[[], T], otherwise: T) -> T:
    """What is read, or something else where the library stumbles: on rubbish its faults may be of any kind."""
    with contextlib.suppress(Exception):
        return read()
    return otherwise


def _files(raw: bytes) -> list[Message]:
    return _tried(lambda: _walk(divide(raw)).files, [])


def _mail(message: Message) -> Mail:
    found = _walk(message)
    name, address = _sender(message)
    html = "\n".join(found.html)[:MAX_TEXT]
    text = "\n\n".join(found.plain).strip()[:MAX_TEXT] or text_of_html(html)
    return Mail(
        subject=_header(message, "Subject"),
        from_name=name,
        from_address=address,
        to=_header(message, "To"),
        sent_at=_tried(lambda: parsedate_to_datetime(_header(message, "Date")), None),
        message_id=next(iter(_ids(message, "Message-ID")), ""),
        references=tuple(dict.fromkeys([*_ids(message, "In-Reply-To"), *_ids(message, "References")]))[:100],
        text=text,
        html=html,
        kind=_type(message),
        report_type=_tried(lambda: str(message.get_param("report-type") or "").lower(), ""),
        auto_submitted=_header(message, "Auto-Submitted").split(";")[0].split("(")[0].strip().lower(),
        hints=_hints(message, address),
        attachments=tuple(
            Attachment(n, _name(part, n), _type(part), len(_bytes(part)), _inline(part))
            for n, part in enumerate(found.files)
        ),
        broken=found.broken or bool(message.defects),
    )


# --- headers


def _raw(message: Message, name: str) -> list[str]:
    """The values of a header as they stand, raw octets read as UTF-8, else as Windows' own set."""
    found = [str(value) for key, value in message.raw_items() if str(key).lower() == name.lower()]
    return [_octets(value) for value in found]


def _octets(text: str) -> str:
    if text.isascii():
        return text
    octets = text.encode("utf-8", "surrogateescape")
    return _tried(lambda: octets.decode("utf-8"), octets.decode("cp1252", "replace"))


def _header(message: Message, name: str) -> str:
    """A header in one line, decoded as far as it can be; empty when it is missing."""
    text = next(iter(_raw(message, name)), "")[: 5 * MAX_HEADER]
    if "=?" not in text:
        return _one_line(text)
    modern = _tried(lambda: str(policy.default.header_factory("Subject", " ".join(text.split()))), "")
    return _one_line(modern or _decoded(text))


def _decoded(text: str) -> str:
    return _tried(lambda: str(make_header(decode_header(text))), text)


def _one_line(text: str) -> str:
    """Without line ends, control characters and what is no character at all."""
    text = text.encode("utf-8", "replace").decode()
    printable = (" " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign for sign in text)
    return " ".join("".join(printable).split())[:MAX_HEADER]


def _sender(message: Message) -> tuple[str, str]:
    """Name and address of who wrote; the whole line as a name when there is no address in it."""
    for name in ("From", "Sender", "Reply-To"):
        # addresses are read before names are decoded: a decoded name may hold commas and angles of its own
        line = next(iter(_raw(message, name)), "")[:MAX_HEADER]
        for shown, address in _addresses(line):
            if "@" in address:
                return _one_line(_decoded(shown))[:200], _one_line(address)[:254]
        if line.strip():
            return _one_line(_decoded(line))[:200], ""
    return "", ""


def _addresses(line: str) -> list[tuple[str, str]]:
    return _tried(lambda: getaddresses([" ".join(line.split())]), [])


def _ids(message: Message, name: str) -> list[str]:
    return [found for value in _raw(message, name) for found in _ID.findall(value[:20_000])]


def _hints(message: Message, address: str) -> frozenset[str]:
    precedence = _header(message, "Precedence").lower() in {"bulk", "junk", "list", "auto_reply"}
    hints = {
        "precedence": precedence,
        "x-auto-response-suppress": bool(_raw(message, "X-Auto-Response-Suppress")),
        "x-autoreply": bool(_raw(message, "X-Autoreply") or _raw(message, "X-Autorespond")),
        "return-path": _header(message, "Return-Path") == "<>",
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
    return _tried(lambda: kind_of(part), "application/octet-stream")


def _disposition(part: Message) -> str:
    return _tried(lambda: part.get_content_disposition() or "", "")


def _is_file(part: Message) -> bool:
    kind = _type(part)
    if kind not in {_PLAIN, _HTML}:
        return not kind.startswith("multipart/")  # a multipart that could not be divided is read as text
    return _disposition(part) == "attachment" or bool(_given_name(part))


def _inline(part: Message) -> bool:
    stated = _disposition(part)
    return stated == "inline" or (not stated and bool(_raw(part, "Content-ID")))


def _bytes(part: Message) -> bytes:
    """A part's content; empty when it cannot be had: the mail itself is kept whole."""
    return _tried(lambda: _octets_of(part), b"")


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
    stated = _tried(lambda: str(part.get_content_charset() or "utf-8"), "utf-8")
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
        for value in _raw(part, name)[:1]:
            plain[name] = " ".join(value.split())
    return _tried(lambda: plain.get_filename() or "", "")


def _name(part: Message, n: int) -> str:
    """A file's name without folders and control characters; one of its kind when it has none."""
    given = _one_line(_decoded(_octets(_given_name(part))))
    if name := given.replace("\\", "/").rpartition("/")[2].strip(" ."):
        return name[-120:]
    kind = _type(part)
    ending = ".eml" if kind.startswith("message/") else (mimetypes.guess_extension(kind) or ".bin")
    return _NAMES.get(kind, f"bilaga-{n + 1}{ending}")
