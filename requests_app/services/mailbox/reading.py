"""Reading a mailbox, claimed with a token and a lease as all rows that are a queue. Nothing is lost or taken twice, whoever dies when.

First the mail stands in our database, then the mailbox is told. The next run tells it what a dead worker left untold.
"""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import Error as DatabaseFault, InterfaceError, OperationalError, transaction
from django.db.models import Q
from django.utils import timezone

from requests_app.domain.channels import MailState
from requests_app.models import IncomingMail, MailSource
from requests_app.services import audience, notices, queue
from requests_app.services.audit import WORKER, unit
from requests_app.services.mailbox import access
from requests_app.services.mailbox.imap import Mailbox, MailboxFault
from requests_app.services.mailbox.taking import keep_unread, take

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
"""How often a mailbox is looked into."""
RUN_SECONDS = 60.0
"""A run longer than this ends after the mail in hand and goes on in a new task."""
MAX_TRIES = 2
"""How often a mail is tried before it is kept as it came, without being read."""
TOLD_AFTER = timedelta(hours=1)
"""How long a mailbox may fail before administrators are told."""


class TakenOver(Exception):
    """The lease ran out and another worker reads the mailbox: this run must write nothing more."""


_NOT_THE_MAILS = (TakenOver, MailboxFault, OperationalError, InterfaceError, OSError)
"""What stops the taking of any mail: not counted as a try of the one in hand."""


def lease() -> timedelta:
    """How long a claim holds without a sign of life: longer than the server may be silent."""
    return timedelta(seconds=2 * settings.LEASE_SECONDS)


def send_due() -> int:
    """Hand the mailboxes that are due, or whose worker is silent, to the workers. Gives how many."""
    now = timezone.now()
    asleep = Q(queued_at__isnull=True) | Q(queued_at__lt=now - max(lease(), EVERY))
    with transaction.atomic():
        pks = list(MailSource.objects.filter(_due(), asleep).values_list("pk", flat=True))
        queue.mailbox(pks)
    return len(pks)


def _due() -> Q:
    now = timezone.now()
    return Q(active=True, not_before__lte=now) & (Q(lease_until__isnull=True) | Q(lease_until__lt=now))


def claim(pk: int) -> MailSource | None:
    """Take a mailbox that is due; None when it is not to be had."""
    token = uuid.uuid4()
    if not MailSource.objects.filter(_due(), pk=pk).update(token=token, lease_until=timezone.now() + lease()):
        return None
    source = MailSource.objects.get(pk=pk)
    return source if source.token == token else None


def run(pk: int) -> None:
    """Take in what is new in one mailbox. Does nothing when the row is gone, is not due or is held by another."""
    source = claim(pk)
    if source is None:
        return
    try:
        _Run(source).read()
    except TakenOver:
        logger.info("mailbox %s was taken over", source.key)
    except DatabaseFault as error:
        # no fault of the mailbox's: the lease runs out, and it is taken up again
        logger.warning("mailbox %s: %s, left to be taken up again", source.key, type(error).__name__)
    except MailboxFault as fault:
        _failed(source, fault.code)
    except OSError:  # of our own storage: what the connection raises has become a code
        _failed(source, "storage")
    except Exception as error:  # noqa: BLE001 - whatever a mail brings about, somebody is told that the mailbox fails
        logger.error("mailbox %s: %s", source.key, type(error).__name__)
        _failed(source, "unexpected")


class _Run:
    """One pass through a mailbox."""

    def __init__(self, source: MailSource) -> None:
        self.source = source
        self._began = self._beaten = time.monotonic()
        self._proposed = 0

    def read(self) -> None:
        """Look into the folder and take what is new."""
        try:
            with Mailbox(self.source) as mailbox:
                validity = self._validity(mailbox.open_folder())
                self._mark_left(mailbox, validity)
                over = self._take_new(mailbox, validity)
        finally:
            self._tell()
        _write(
            self.source,
            token=None,
            lease_until=None,
            queued_at=None,
            not_before=timezone.now() + (EVERY if over else timedelta()),
            checked_at=timezone.now(),
            fault="",
            fault_since=None,
        )

    def alive(self) -> None:
        """Renew the lease, at most once a second."""
        if time.monotonic() > self._beaten + 1:
            self._beaten = time.monotonic()
            _write(self.source)

    def _validity(self, validity: int) -> int:
        """The folder's numbering; when it is another than before, everything is looked at anew."""
        if validity != self.source.uidvalidity:
            _write(self.source, uidvalidity=validity, last_uid=0, tries={})
            logger.info("mailbox %s is read from the beginning", self.source.key)
        return validity

    def _mark_left(self, mailbox: Mailbox, validity: int) -> None:
        """Tell the mailbox about mails that a dead worker had taken and not told of."""
        left = IncomingMail.objects.filter(source=self.source, uidvalidity=validity, marked_at__isnull=True)
        for row in left.order_by("uid"):
            self.alive()
            _mark(mailbox, row)

    def _take_new(self, mailbox: Mailbox, validity: int) -> bool:
        """Take what is new; True when all is taken, False when time is up. A mail that cannot be read holds up no other."""
        uids = mailbox.uids_after(self.source.last_uid)
        rows = IncomingMail.objects.filter(source=self.source, uidvalidity=validity, uid__gt=self.source.last_uid)
        known = set(rows.values_list("uid", flat=True))
        whole, fault = True, ""
        for uid in uids:
            if time.monotonic() > self._began + RUN_SECONDS:
                return False
            self.alive()
            note = self._noting(whole)
            if uid in known:
                note(uid)
                continue
            try:
                self._take_one(mailbox, validity, uid, note)
            except MailboxFault as error:
                if error.code not in {"unreadable", "unexpected"}:
                    raise
                whole, fault = False, error.code
        if fault:
            raise MailboxFault(fault)
        return True

    def _take_one(self, mailbox: Mailbox, validity: int, uid: int, note: Callable[[int], None]) -> None:
        """Take one mail. The try is counted before it begins, so that a mail that ends the worker is counted too."""
        fetched = mailbox.fetch(uid, self.alive)
        if fetched is None:
            note(uid)
            return
        tries = int(self.source.tries.get(str(uid), 0)) + 1
        _write(self.source, tries={**self.source.tries, str(uid): tries})
        if fetched.short and tries <= MAX_TRIES:
            raise MailboxFault("unreadable")
        try:
            if tries > (2 * MAX_TRIES if fetched.short else MAX_TRIES):
                row = keep_unread(self.source, validity, fetched, note)
            else:
                row = take(self.source, validity, fetched, note, self.alive)
        except Exception as error:
            if isinstance(error, _NOT_THE_MAILS):
                with contextlib.suppress(DatabaseFault, TakenOver):
                    _write(self.source, tries={**self.source.tries, str(uid): tries - 1})
                raise
            logger.error("mailbox %s, mail %d: %s", self.source.key, uid, type(error).__name__)
            self.source.refresh_from_db(fields=["tries"])  # what was written within the transaction is undone
            raise MailboxFault("unexpected") from error
        self._proposed += row.state == MailState.PROPOSED.value
        _mark(mailbox, row)

    def _noting(self, whole: bool) -> Callable[[int], None]:
        """How far the mailbox is read: no further than to the first mail that could not be."""

        def note(uid: int) -> None:
            tries = {key: n for key, n in self.source.tries.items() if key != str(uid)}
            _write(self.source, tries=tries, **({"last_uid": uid} if whole else {}))

        return note

    def _tell(self) -> None:
        """One notice for a run, however many mails there were."""
        if not self._proposed:
            return
        with unit(WORKER) as work:
            notices.tell(
                work,
                "new_mail",
                subject=f"{self.source.key}:{self.source.token}",
                users=access.readers(),
                n=self._proposed,
            )


def _mark(mailbox: Mailbox, row: IncomingMail) -> None:
    """Tell the mailbox, then note that it was told: a worker that dies between tells it twice, which changes nothing."""
    mailbox.mark(row.uid)
    IncomingMail.objects.filter(pk=row.pk).update(marked_at=timezone.now())


def _write(source: MailSource, **changes: object) -> None:
    """Change a row that this run still holds; raises ``TakenOver`` when it does not."""
    held = MailSource.objects.filter(pk=source.pk, token=source.token)
    if not held.update(**{"lease_until": timezone.now() + lease(), **changes}):
        raise TakenOver
    for name, value in changes.items():
        if name != "token":
            setattr(source, name, value)


def _failed(source: MailSource, code: str) -> None:
    """Note a fault; the longer it lasts, the longer until the next try, at most ten minutes. After an hour administrators are told."""
    now = timezone.now()
    since = source.fault_since or now
    wait = min(timedelta(minutes=10), max(EVERY, (now - since) / 4))
    logger.warning("mailbox %s: %s", source.key, code)
    try:
        with unit(WORKER) as work:
            _write(
                source,
                fault=code,
                fault_since=since,
                token=None,
                lease_until=None,
                queued_at=None,
                not_before=now + wait,
            )
            if now - since >= TOLD_AFTER:
                notices.tell(
                    work,
                    "mailbox_failing",
                    subject=f"{source.key}:{since.isoformat()}",
                    users=audience.administrators(),
                    mailbox=source.key,
                )
    except TakenOver:
        logger.info("mailbox %s was taken over", source.key)
