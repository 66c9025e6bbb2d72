"""Sending one mail that is queued: claimed, built, handed to the mail server, and its end written where the token still holds."""

from __future__ import annotations

import logging
import re
import smtplib
from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Case, OutgoingMail
from requests_app.services import audience, contacts, mail, mail_message, notices, one_time, representation, sending
from requests_app.services.audit import WORKER, Unit, unit
from requests_app.services.keys import KeyDestroyed, Vault
from requests_app.services.moves import lock
from requests_app.services.owners import links as owner_links
from requests_app.services.replacing import is_replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

logger = logging.getLogger(__name__)

_ENHANCED = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")


class NotSent(Exception):
    """Why a mail cannot leave, as a code. It never holds what the mail server said: that may repeat the address."""

    def __init__(self, fault: str, *, permanent: bool) -> None:
        super().__init__(fault)
        self.fault = fault
        self.permanent = permanent


def run(pk: int) -> None:
    """Send one mail. Does nothing when the row is gone, has been sent, or is held by another."""
    row = mail.claim(pk)
    if row is None:
        return
    if row.attempts >= mail.MAX_ATTEMPTS:  # each time its worker died
        _fail(row, NotSent("gave_up", permanent=True))
        return
    try:
        _send(row)
    except NotSent as error:
        _fail(row, error)
        return
    except KeyDestroyed:
        _fail(row, NotSent("erased", permanent=True))
        return
    except Exception as error:  # noqa: BLE001 - a text or attachment that cannot be made must end on the row; its message may hold anything
        logger.error("mail %s %s: %s", row.ref, row.kind, type(error).__name__)
        _fail(row, NotSent(type(error).__name__[:40], permanent=False))
        return
    _sent(row)


def _send(row: OutgoingMail) -> None:
    if row.user is not None and not row.user.is_active:
        raise NotSent("inactive", permanent=True)
    if row.delivery is not None and row.delivery.revoked_at is not None:
        raise NotSent("revoked", permanent=True)
    if row.delivery is not None and is_replaced(row.delivery):
        raise NotSent("replaced", permanent=True)
    if row.kind in mail.WITH_LINK and one_time.is_late(row):
        raise NotSent("expired", permanent=True)
    address = mail.address_of(row)
    if not address:
        raise NotSent("erased", permanent=True)
    to_owner = row.kind in mail.TO_OWNER
    if to_owner and not owner_links.is_meant(row.params):
        raise NotSent("replaced", permanent=True)
    if row.user is None and row.case is not None and not to_owner and _unconfirmed(row.case, address):
        raise NotSent("protected", permanent=True)
    message = mail_message.build(row, address)
    try:
        message.send()
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(*_first(error.recipients)) from None
    except smtplib.SMTPAuthenticationError as error:
        # the server does not let us in: nothing is wrong with the mail, and it can leave once the settings are right
        raise NotSent(f"login {error.smtp_code}", permanent=False) from None
    except smtplib.SMTPResponseException as error:
        raise _refused(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("not_supported", permanent=False) from None
    except (smtplib.SMTPException, OSError):
        raise NotSent("connection", permanent=False) from None


def _unconfirmed(case: Case, address: str) -> bool:
    """Whether the case has been protected since the mail was queued, and nobody has confirmed the address after that."""
    to = contacts.Route(way=Way.EMAIL, basis=ContactBasis.HELD, address=address)
    return contacts.guarded(case) and contacts.confirmation_of(case, to) is None


def _first(recipients: Mapping[str, tuple[int, bytes]]) -> tuple[int, bytes]:
    return next(iter(recipients.values()), (0, b""))


def _refused(code: int, said: bytes | str) -> NotSent:
    """What the server answered, without its words: the reply code and the enhanced status code (RFC 3463) if it gave one."""
    found = _ENHANCED.match(said if isinstance(said, bytes) else said.encode("ascii", "replace"))
    status = f" {found.group(1).decode()}" if found else ""
    return NotSent(f"{code}{status}", permanent=500 <= code < 600)


def _sent(row: OutgoingMail) -> None:
    with unit(WORKER) as work:
        case = _locked(row)
        done = OutgoingMail.objects.filter(pk=row.pk, token=row.token, state=OutgoingMail.RUNNING).update(
            state=OutgoingMail.SENT, sent_at=timezone.now(), lease_until=None, fault=""
        )
        if done and case is not None:
            _unreturn(row)
            work.event("mail.sent", case, kind=row.kind, mail=row.ref, to=receiver_of(row))
    logger.info("mail %s %s sent", row.ref, row.kind)


def receiver_of(row: OutgoingMail) -> str:
    """Whom a mail is to, as the log says it: ``staff``, ``owner`` (of a system), ``representative`` or ``person``."""
    if row.user_id is not None or row.kind in mail.TO_STAFF:
        return "staff"
    if row.kind in mail.TO_OWNER:
        return "owner"
    if row.case is None or not representation.is_represented(row.case):
        return "person"
    acting = representation.of(row.case, Vault(row.case))
    theirs = {acting.contact.email, representation.mail_of(row.case, Vault(row.case))} if acting is not None else set()
    return "representative" if mail.address_of(row) in theirs - {""} else "person"


def _locked(row: OutgoingMail) -> Case | None:
    """The case of a mail to a person, locked before the row; a mail to staff changes nothing in the case."""
    return lock(row.case) if row.case is not None and row.user is None else None


def _fail(row: OutgoingMail, error: NotSent) -> None:
    """Note a fault: try again later while that can help, else tell who must know."""
    attempts = row.attempts + 1
    again = not error.permanent and attempts < mail.MAX_ATTEMPTS
    logger.warning("mail %s %s: %s, %s", row.ref, row.kind, error.fault, "tried again later" if again else "not sent")
    with unit(WORKER) as work:
        case = _locked(row)
        held = OutgoingMail.objects.filter(pk=row.pk, token=row.token, state=OutgoingMail.RUNNING)
        if not held.update(
            attempts=attempts,
            fault=error.fault,
            token=None,
            lease_until=None,
            queued_at=None,
            state=OutgoingMail.PENDING if again else OutgoingMail.FAILED,
            not_before=timezone.now() + mail.backoff(attempts),
        ):
            return
        if again or case is None:
            return
        work.event("mail.failed", case, kind=row.kind, mail=row.ref, to=receiver_of(row), fault=error.fault)
        mark_returned(row)
        if error.fault not in {"revoked", "erased", "replaced"}:  # who did that knows
            _tell(work, case, row, attempts)


def _tell(work: Unit, case: Case, row: OutgoingMail, attempts: int) -> None:
    day = timezone.localdate().isoformat()
    notices.tell(
        work,
        "mail_failed",
        subject=f"{row.ref}:{day}:{attempts}",
        users=audience.handlers(case),
        case=case,
        mail=row.kind,
    )


def _unreturn(row: OutgoingMail) -> None:
    """A mail that failed and has left after all has not come back. The case must be locked."""
    if row.delivery is not None and not is_replaced(row.delivery):
        failed = sending.rows_of(row.delivery).filter(returned_why="bounced")
        failed.update(returned_at=None, returned_why="")


def mark_returned(row: OutgoingMail) -> None:
    """Nothing of what the mail carried has reached the person. The case must be locked."""
    if row.delivery is not None:
        left = sending.rows_of(row.delivery).filter(returned_at__isnull=True, revoked_at__isnull=True)
        left.update(returned_at=timezone.now(), returned_why="bounced")
