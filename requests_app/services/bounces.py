"""Mail that came back: reports by RFC 3464, each taken once, joined to the mail they are about. Nothing is ever answered (RFC 3834).

What comes in here was written by strangers: broken MIME, odd character sets and forged reports must neither fail nor say more
than a report can. A report names a mail of ours only by its Message-ID or by our reference header, which nobody outside the
conversation knows.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from requests_app.connectors.mail.dividing import divide, kind_of, undivided
from requests_app.models import Bounce, OutgoingMail
from requests_app.services import audience, mail_sending, notices
from requests_app.services.audit import SYSTEM, unit
from requests_app.services.moves import lock

if TYPE_CHECKING:
    from collections.abc import Iterator

logger = logging.getLogger(__name__)

MAX_BYTES = 32 * 1024 * 1024
"""A report may bring the whole mail back; of a longer file only the beginning is read, where what counts stands."""
MAX_PARTS = 200
MAX_MAILS = 4
"""Mails within the report that are looked into: each may hold all the octets of the next."""
MAX_STATUS = 200_000
"""Octets of the part that says what happened."""
_MAILS = ("message/rfc822", "message/global")
ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")
_STATUS = re.compile(r"^\s*([245]\.\d{1,3}\.\d{1,3})\b")
_REF = re.compile(r"^\s*([0-9A-HJKMNP-TV-Z]{26})\s*$", re.IGNORECASE)
_ID = re.compile(r"^\s*(<[\x21-\x7e]{3,118}>)")
_FIELD = re.compile(r"^(action|status)[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says: ``action`` and ``status`` of the first recipient that failed, else of the first; empty when it is no report."""

    action: str = ""
    status: str = ""
    message_ids: tuple[str, ...] = ()
    refs: tuple[str, ...] = ()

    @property
    def permanent(self) -> bool:
        """Whether the mail will never arrive: also a status of 4, when the server has given up trying (RFC 3464, 2.3.3)."""
        return self.action == "failed"


def take(raw: bytes) -> Bounce:
    """Take one report, once however often it comes; gives its row. What is not about a mail of ours is kept without one.

    A permanent failure marks the mail as bounced; when it carried a delivery, that is marked as returned, and the handler is told.
    """
    raw = raw[:MAX_BYTES]
    report = parse(raw)
    with unit(SYSTEM) as work:
        row = _mail_of(report)
        case = lock(row.case) if row is not None and row.case is not None and row.user_id is None else None
        made, new = Bounce.objects.get_or_create(
            sha256=hashlib.sha256(raw).hexdigest(),
            defaults={"mail": row, "status": report.status, "action": report.action},
        )
        if not new or row is None or not report.permanent:
            return made
        bounced = OutgoingMail.objects.filter(pk=row.pk).exclude(state=OutgoingMail.BOUNCED)
        if not bounced.update(state=OutgoingMail.BOUNCED, fault=report.status, lease_until=None, token=None):
            return made
        if case is not None:
            to = mail_sending.receiver_of(row)
            work.event("mail.bounced", case, kind=row.kind, mail=row.ref, to=to, status=report.status)
            mail_sending.mark_returned(row)
            notices.tell(work, "bounced", subject=row.ref, users=audience.handlers(case), case=case, mail=row.kind)
        return made


def _mail_of(report: Report) -> OutgoingMail | None:
    found = OutgoingMail.objects.select_related("case", "delivery")
    return (
        found.filter(message_id__in=report.message_ids).first() or found.filter(ref__in=report.refs).first()
        if report.action
        else None
    )


def parse(raw: bytes) -> Report:
    """Read a report. Never raises for what it is given; what is no delivery report gives an empty one."""
    try:
        parts = list(_parts(divide(raw)))
        status = next((part for part in parts if kind_of(part) == "message/delivery-status"), None)
        if status is None:
            return Report()
        action, code = _outcome(_octets(status)[:MAX_STATUS].decode("ascii", "replace"))
        ids, refs = _originals(parts)
        return Report(action, code, tuple(ids), tuple(refs))
    except Exception as error:  # noqa: BLE001 - the parser's own faults on rubbish must not stop the reports behind it
        logger.warning("a bounce could not be read: %s", type(error).__name__)
        return Report()


def _parts(message: Message) -> Iterator[Message]:
    """The message and its parts, without recursion and up to a number: a report may be nested as deep as somebody likes."""
    waiting, seen, mails = [message], 0, 0
    while waiting and seen < MAX_PARTS:
        part = waiting.pop(0)
        seen += 1
        yield part
        if kind_of(part) in _MAILS:
            if mails < MAX_MAILS:
                waiting.append(divide(_octets(part)))
            mails += 1
        elif part.is_multipart():
            waiting += [item for item in part.get_payload() if isinstance(item, Message)]


def _octets(part: Message) -> bytes:
    decoded = part.get_payload(decode=True)
    return decoded if isinstance(decoded, bytes) else b""


def _outcome(text: str) -> tuple[str, str]:
    """Action and status of the first recipient that failed, else of the first (one mail of ours has one recipient)."""
    found: list[tuple[str, str]] = []
    for block in re.split(r"\r?\n[ \t]*\r?\n", text):
        fields = {name.lower(): value.strip().lower() for name, value in _FIELD.findall(block)}
        action = next((item for item in ACTIONS if fields.get("action", "").startswith(item)), "")
        status = _STATUS.match(fields.get("status", ""))
        if action:
            found.append((action, status.group(1) if status else ""))
    return next((item for item in found if item[0] == "failed"), found[0] if found else ("", ""))


def _originals(parts: list[Message]) -> tuple[list[str], list[str]]:
    """Message-IDs and our references in the headers that came back, as a message (RFC 3462) or as its headers alone."""
    ids: list[str] = []
    refs: list[str] = []
    outer = parts[0]
    returned = [part for part in parts if part is not outer]
    for part in parts:
        if kind_of(part) in {"text/rfc822-headers", "message/rfc822-headers"}:
            returned.append(undivided(_octets(part)))
    for part in returned:
        ids += [match.group(1) for value in part.get_all("Message-ID", []) if (match := _ID.match(str(value)))]
        refs += [
            match.group(1).upper() for value in part.get_all("X-Hemdsr-Ref", []) if (match := _REF.match(str(value)))
        ]
    return ids[:20], refs[:20]


def take_folder() -> int:
    """Take every file in the folder of bounces, the oldest first; each is moved to ``taken`` once its row stands. Gives how many."""
    folder = Path(settings.BOUNCES_FOLDER)
    try:
        waiting = sorted(
            (path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")),
            key=lambda path: path.stat().st_mtime,
        )
    except FileNotFoundError:
        return 0
    taken = folder / "taken"
    done = 0
    for path in waiting:
        try:
            with path.open("rb") as file:
                raw = file.read(MAX_BYTES)
        except OSError as error:
            logger.warning("a bounce could not be opened: %s", type(error).__name__)
            continue
        take(raw)
        taken.mkdir(exist_ok=True, mode=0o700)
        with contextlib.suppress(FileNotFoundError):  # another worker was faster
            path.replace(taken / path.name)
        done += 1
    _forget(taken)
    return done


KEEP_DAYS = 7
"""How long a report that was taken is kept as it came: it repeats the address, and all that counts stands in its row."""


def _forget(taken: Path) -> None:
    if not taken.is_dir():
        return
    before = timezone.now().timestamp() - KEEP_DAYS * 24 * 3600
    for path in taken.iterdir():
        with contextlib.suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < before:
                path.unlink()
