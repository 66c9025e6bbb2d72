"""One mail into the database: its content sealed, its row, what it seems to be, and an event, in one transaction. Never twice."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from requests_app.connectors.mail import parsing
from requests_app.domain.channels import HeldKind, MailState
from requests_app.domain.mail_guess import guess
from requests_app.models import IncomingMail
from requests_app.models.cases import new_ref
from requests_app.services import held_files
from requests_app.services.audit import WORKER, unit
from requests_app.services.keys import mac_keys
from requests_app.services.mailbox import recognising

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.connectors.mail.parsing import Mail
    from requests_app.models import MailSource
    from requests_app.services.mailbox.imap import Fetched

UNREAD_NAME = "mejl.eml"
"""What a mail that was not read is called as a file."""
KEEP = timedelta(days=7)
"""How long the content of a dismissed mail is kept."""


def take(
    source: MailSource,
    validity: int,
    fetched: Fetched,
    hold_on: Callable[[int], None],
    alive: Callable[[], None] = lambda: None,
) -> IncomingMail:
    """Take one mail in, and give its row.

    ``hold_on`` is called within the transaction with the mail's UID: it notes how far the mailbox is read, and raises when another
    worker has the mailbox; ``alive`` is called between what takes long. A mail that is known from before the folder was numbered
    anew keeps its row.
    """
    hashes, digest = mac_keys(), _digest(fetched)
    alive()
    mail = parsing.parse(fetched.raw)
    alive()
    guessed = guess(mail.subject, mail.text)
    with unit(WORKER) as work:
        same = recognising.same_content(hashes.all_macs("mail", digest))
        if (renumbered := _renumbered(source, same, validity)) is not None:
            hold_on(fetched.uid)
            return _numbered(renumbered, validity, fetched.uid)
        found = recognising.recognise(mail, fetched.raw, guessed, same)
        hold_on(fetched.uid)
        thread = recognising.thread_of(mail)
        ref, now = new_ref(), timezone.now()
        raw = held_files.hold(
            kind=HeldKind.MAIL, owner=ref, name=_name(mail), data=fetched.raw, keep=KEEP if found.sure else None
        )
        known = {**guessed.as_json(), **({"thread": thread.by} if thread.by else {})}
        row = IncomingMail.objects.create(
            ref=ref,
            **_came(source, validity, fetched),
            message_id_mac=hashes.mac("message-id", mail.message_id) if mail.message_id else None,
            state=(MailState.DISMISSED if found.sure else MailState.PROPOSED).value,
            guess={**known, **_lacks(fetched)},
            seems=found.seems.value if found.seems else "",
            raw=raw,
            suggested=thread.case,
            reason=found.seems.value if found.sure and found.seems else "",
            decided_at=now if found.sure else None,
        )
        work.event("incoming.taken", mail=ref, mailbox=source.key, seems=row.seems)
        if found.sure:
            work.event("incoming.dismissed", mail=ref, reason=row.reason, automatic=True)
        return row


def keep_unread(source: MailSource, validity: int, fetched: Fetched, hold_on: Callable[[int], None]) -> IncomingMail:
    """Keep a mail that could not be taken in, as it came, for a person to look at: nothing of it is read here."""
    with unit(WORKER) as work:
        same = recognising.same_content(mac_keys().all_macs("mail", _digest(fetched)))
        hold_on(fetched.uid)
        if (renumbered := _renumbered(source, same, validity)) is not None:
            return _numbered(renumbered, validity, fetched.uid)
        ref = new_ref()
        raw = held_files.hold(kind=HeldKind.MAIL, owner=ref, name=UNREAD_NAME, data=fetched.raw, keep=None)
        row = IncomingMail.objects.create(
            ref=ref, **_came(source, validity, fetched), broken=True, guess=_lacks(fetched), raw=raw
        )
        work.event("incoming.taken", mail=ref, mailbox=source.key, seems="")
        return row


def _digest(fetched: Fetched) -> str:
    return f"{fetched.size}:{hashlib.sha256(fetched.raw).hexdigest()}"


def _came(source: MailSource, validity: int, fetched: Fetched) -> dict[str, Any]:
    """What is known of a mail without reading it."""
    hashes = mac_keys()
    return {
        "source": source,
        "uidvalidity": validity,
        "uid": fetched.uid,
        "content_mac": hashes.mac("mail", _digest(fetched)),
        "mac_key_id": hashes.current,
        "size": fetched.size,
        "received_at": min(fetched.received_at, timezone.now()),
    }


def _lacks(fetched: Fetched) -> dict[str, bool]:
    """Why not all of the mail is here."""
    return {name: True for name, met in (("cut", fetched.cut), ("short", fetched.short)) if met}


def _numbered(row: IncomingMail, validity: int, uid: int) -> IncomingMail:
    row.uidvalidity, row.uid, row.marked_at = validity, uid, None
    row.save(update_fields=["uidvalidity", "uid", "marked_at"])
    return row


def _renumbered(source: MailSource, same: list[IncomingMail], validity: int) -> IncomingMail | None:
    """The row of a mail that was there before the folder was numbered anew. What had been moved away and is back is another matter."""
    here = (row for row in same if row.source_id == source.pk and row.uidvalidity != validity)
    return next((row for row in here if not (source.done_folder and row.marked_at)), None)


def _name(mail: Mail) -> str:
    """What the mail is called as a file, and in the list: who wrote, and the subject."""
    return f"{mail.from_name or mail.from_address or '–'} – {mail.subject}".strip(" –")[:190] + ".eml"
