"""Mail that leaves, as rows: queued once, claimed with a token and a lease. ``mail_sending`` sends, the sweeper sends again what was left.

A row is queued in the transaction of what it tells, and handed to the workers on commit. At every attempt the mail has the
same Message-ID, so that a mail sent twice is one to its receiver.
"""

from __future__ import annotations

import json
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import LinkPurpose
from requests_app.models import OutgoingMail
from requests_app.models.cases import new_ref
from requests_app.services import queue
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import DOSSIER, Vault, open_text, seal_text
from requests_app.services.replacing import is_replaced

if TYPE_CHECKING:
    from requests_app.models import Case, Delivery, StoredFile, User
    from requests_app.services.audit import Unit

NOTICE, DIGEST, REPORT = "notice", "digest", "report"
TO_STAFF = frozenset({NOTICE, DIGEST, REPORT})
"""Kinds of mail to staff."""
ANSWER, LETTER, READY, MESSAGE, RECEIPT = "answer", "letter", "ready", "message", "receipt"
LOGIN, ADDRESS = LinkPurpose.LOGIN.value, LinkPurpose.ADDRESS.value
"""Kinds of mail to a person: an answer in an encrypted PDF, a letter, word that there is something to fetch in the portal or a
message to read there, the number and the last day of a request that was received; a link to log in, or to confirm an address.

Each has a text ``templates/mail/<language>/<kind>.txt``."""
WITH_LINK = frozenset({LOGIN, ADDRESS})
"""Kinds of mail that bring a one-time link and belong to no case."""
OWNER_TASK, OWNER_REPLY = "owner_task", "owner_reply"
TO_OWNER = frozenset({OWNER_TASK, OWNER_REPLY})
"""Kinds of mail to the owner of a system: the link to a task, and word that a question is answered."""

MAX_ATTEMPTS = 12
"""With the waits of ``backoff`` that is a day and a half."""


def queue_to_staff(
    work: Unit,
    *,
    user: User,
    kind: str,
    idem_key: str,
    case: Case | None = None,
    params: dict[str, Any] | None = None,
) -> OutgoingMail:
    """Queue a mail to a member of staff, in that person's language. The same ``idem_key`` twice gives the first row."""
    return _queue(kind=kind, idem_key=idem_key, language=user.language, user=user, case=case, params=params or {})


def queue_to_person(
    work: Unit,
    *,
    case: Case,
    kind: str,
    to: str,
    language: str,
    idem_key: str,
    attachment: StoredFile | None = None,
    delivery: Delivery | None = None,
    params: dict[str, Any] | None = None,
) -> OutgoingMail:
    """Queue a mail to a person. The case must be locked.

    ``kind`` is ``answer`` (an encrypted PDF is attached), ``letter``, ``ready``, ``message`` or ``receipt``.

    The address stands sealed with the dossier key. The text says the diary number and the sender, nothing else about the
    person; the attachment is opened when it is sent. When the mail carries a ``delivery`` and is refused for good or
    bounces, the delivery is marked as returned; a delivery that is revoked before the mail has left is never sent.
    Raises ``ValidationError`` for what is no address.
    """
    validate_email(to)
    ref = new_ref()
    return _queue(
        ref=ref,
        kind=kind,
        idem_key=idem_key,
        language=language,
        case=case,
        to_enc=Vault(case).seal(DOSSIER, to, "mail", ref),
        attachment=attachment,
        delivery=delivery,
        params=params or {},
    )


def queue_to_owner(
    work: Unit, *, case: Case, kind: str, to: str, language: str, idem_key: str, params: dict[str, Any]
) -> OutgoingMail:
    """Queue a mail to the owner of a system. The case must be locked. ``params`` name the link, never what opens it.

    The address stands sealed with the dossier key; the link itself is written when the mail is sent.
    """
    ref = new_ref()
    sealed = Vault(case).seal(DOSSIER, to, "mail", ref)
    return _queue(ref=ref, kind=kind, idem_key=idem_key, language=language, case=case, to_enc=sealed, params=params)


def queue_link(work: Unit, *, kind: str, to: str, secret: str, language: str, idem_key: str) -> OutgoingMail:
    """Queue the mail with a one-time link, of a kind in ``WITH_LINK``.

    It belongs to no case: the address and the link's secret stand sealed by themselves.
    """
    ref = new_ref()
    sealed = seal_text(json.dumps([to, secret]), "mail", ref)
    return _queue(ref=ref, kind=kind, idem_key=idem_key, language=language, to_enc=sealed)


def secret_of(mail: OutgoingMail) -> str:
    """The secret of the link that a mail with a one-time link brings."""
    return _link_of(mail)[1]


def _link_of(mail: OutgoingMail) -> tuple[str, str]:
    to, secret = json.loads(open_text(bytes(mail.to_enc or b""), "mail", mail.ref))
    return str(to), str(secret)


def queue_report(work: Unit, *, user: User, period: str, idem_key: str, params: dict[str, Any]) -> OutgoingMail:
    """Queue a report's mail to a member of staff. ``period`` is ``2026-11``.

    ``params``: ``lines``, the figures as sentences in the reader's language and without names, and ``path``, the address of the
    report within this site. Nothing is attached here: what goes along is made when the mail is sent, by the function that
    ``mail_message.BUILDERS`` names for the kind, so that no report lies about in a row.
    """
    return queue_to_staff(work, user=user, kind=REPORT, idem_key=idem_key, params={**params, "period": period})


def _queue(*, idem_key: str, ref: str = "", **fields: Any) -> OutgoingMail:
    ref = ref or new_ref()
    made = OutgoingMail(**fields, idem_key=idem_key, ref=ref, message_id=f"<{ref}@{settings.MAIL_DOMAIN}>")
    made.queued_at = timezone.now()
    OutgoingMail.objects.bulk_create([made], ignore_conflicts=True)
    row = OutgoingMail.objects.get(idem_key=idem_key)
    if row.ref == ref:
        queue.publish_mail(row.pk)
    return row


def is_queued(idem_key: str) -> bool:
    """Whether this mail was queued, sent or not."""
    return OutgoingMail.objects.filter(idem_key=idem_key).exists()


def lease() -> timedelta:
    """How long a claim holds: longer than a mail server may take over each of its answers (``EMAIL_TIMEOUT``)."""
    return timedelta(seconds=2 * settings.LEASE_SECONDS)


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: 15 s, then four times as long each time, at most four hours."""
    return timedelta(seconds=min(4 * 3600, 15 * 4 ** min(max(0, attempts - 1), 10)))


def claim(pk: int) -> OutgoingMail | None:
    """Take a mail that is due, or whose worker is silent; None when it is not to be had."""
    now, token = timezone.now(), uuid.uuid4()
    lapsed = Q(state=OutgoingMail.RUNNING, lease_until__lt=now)
    due = Q(state=OutgoingMail.PENDING, not_before__lte=now) | lapsed
    OutgoingMail.objects.filter(lapsed, pk=pk).update(attempts=F("attempts") + 1)
    if not OutgoingMail.objects.filter(due, pk=pk).update(
        state=OutgoingMail.RUNNING, token=token, lease_until=now + lease()
    ):
        return None
    row = OutgoingMail.objects.select_related("case__policy", "user", "delivery", "attachment__case").get(pk=pk)
    return row if row.token == token else None


def retry(*, actor: Actor, mail: OutgoingMail) -> bool:
    """Try a mail again that could not be sent; False when it is not in that state any more.

    Raises ``ValidationError`` when what it carries has been sent again since, another way or to another address.
    """
    if mail.delivery is not None and is_replaced(mail.delivery):
        raise ValidationError(
            _("The mail in case %(no)s is not tried again: the answer has been sent anew since.")
            % {"no": mail.case.diary_no if mail.case else ""}
        )
    with unit(actor) as work:
        if not OutgoingMail.objects.filter(pk=mail.pk, state=OutgoingMail.FAILED).update(
            state=OutgoingMail.PENDING, attempts=0, fault="", token=None, not_before=timezone.now()
        ):
            return False
        work.event("mail.retried", mail.case, kind=mail.kind, mail=mail.ref)
        queue.mail([mail.pk])
        return True


def address_of(mail: OutgoingMail) -> str:
    """Where the mail goes; empty when the case's key is destroyed. Never to be logged."""
    if mail.user is not None:
        return mail.user.email
    if mail.case is None:
        return _link_of(mail)[0]
    return Vault(mail.case).unseal(DOSSIER, mail.to_enc, "mail", mail.ref) or ""
