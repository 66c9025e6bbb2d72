"""Messages between the person and us, sealed with the dossier. A mail about one says only that there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.channels import MessageChannel
from requests_app.models import CaseMessage, StoredFile
from requests_app.models.cases import new_ref
from requests_app.services import attachments, cases, contacts, files as file_store, held_files, mail, representation
from requests_app.services.audit import PERSON, Actor, unit
from requests_app.services.checks import written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import lock

if TYPE_CHECKING:
    from datetime import datetime
    from typing import BinaryIO

    from django.db.models import QuerySet

    from requests_app.models import Case, HeldFile
    from requests_app.services.audit import Unit

LIMIT = 20_000
"""Characters in one message."""
IN, OUT = CaseMessage.IN, CaseMessage.OUT
_FOREIGN = "foreign-mail:"
"""How the key of a mail from an address that is not the case's begins: what a person may see is chosen by it, unopened."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it is read. ``text`` is empty when the case's key is destroyed."""

    ref: str
    direction: str
    channel: str
    text: str
    at: datetime
    read_at: datetime | None
    by: str
    """The name of the member of staff who wrote it; empty for the person's own."""
    files: tuple[StoredFile, ...]
    sender: str | None = None
    """Who wrote a mail that is for staff alone, since its address is not the case's; None for all else."""


def post(
    *,
    actor: Actor,
    case: Case,
    direction: str,
    channel: MessageChannel,
    text: str,
    idem_key: str | None = None,
    files: tuple[StoredFile, ...] = (),
    held: tuple[HeldFile, ...] = (),
    impersonal: bool = False,
) -> CaseMessage:
    """Write a message, from the person (``in``) or to the person (``out``). The same ``idem_key`` twice gives the first.

    ``files`` are the case's already; of ``held`` the case takes over what the person sent along. The handler is told that the
    person wrote; the person gets a mail, to an address held before the request, that there is something to read. While nobody
    has seen that a representative may act it is that one who reads: staff must then say that the message is ``impersonal``.
    Raises ``ValidationError`` on ``text`` and ``impersonal``, and ``KeyDestroyed``.
    """
    text = written("text", text, _("Write the message."), limit=LIMIT)
    with unit(actor) as work:
        case = lock(case)
        known = CaseMessage.objects.filter(idem_key=idem_key).first() if idem_key else None
        if known is not None:
            if known.case_id != case.pk:
                raise ValidationError(_("This message was already sent with other contents."), code="already_sent")
            known.files.add(*(_taken(work, case, item) for item in held))
            return known
        if direction == OUT and not impersonal and representation.waits(case):
            raise ValidationError(
                {
                    "impersonal": _(
                        "Say that the message tells nothing about the person, or check first who may read it."
                    )
                }
            )
        ref = new_ref()
        made = CaseMessage.objects.create(
            ref=ref,
            case=case,
            direction=direction,
            channel=channel.value,
            body_enc=Vault(case).key(DOSSIER).seal_json(text, case.ref, "message", ref),
            by=actor.user if direction == OUT else None,
            idem_key=idem_key,
        )
        made.files.set([*files, *(_taken(work, case, item) for item in held)])
        count = len(files) + len(held)
        work.event("message.posted", case, direction=direction, channel=channel.value, message=ref, files=count)
        if direction == IN:
            cases.person_replied(work, case, "message")
        else:
            _tell_person(work, case, made)
        return made


def keep_foreign(
    case: Case, *, sender: str, text: str, mail_ref: str, at: datetime, files: tuple[StoredFile, ...]
) -> CaseMessage:
    """Put a mail into a locked case for staff alone: its address is not the case's, so it may tell of somebody else.

    It is nobody's reply, and counts as read, since who adds it has it open. Raises ``KeyDestroyed``.
    """
    ref = new_ref()
    made = CaseMessage.objects.create(
        ref=ref,
        case=case,
        direction=IN,
        channel=MessageChannel.MAIL.value,
        body_enc=Vault(case).key(DOSSIER).seal_json({"from": sender, "text": text[:LIMIT]}, case.ref, "message", ref),
        idem_key=f"{_FOREIGN}{mail_ref}",
        at=at,
        read_at=timezone.now(),
    )
    made.files.set(files)
    return made


def is_foreign(row: CaseMessage) -> bool:
    """Whether it is a mail for staff alone."""
    return (row.idem_key or "").startswith(_FOREIGN)


def _taken(work: Unit, case: Case, item: HeldFile) -> StoredFile:
    stored = held_files.adopt(item, case, Vault(case), purpose=DOSSIER, kind=attachments.KIND)
    work.event("file.attached", case, file=stored.ref, sha256=stored.sha256, size=stored.size)
    return stored


def mailed_to(case: Case, vault: Vault | None = None) -> str:
    """The address that is told that there is a message; empty when none may be."""
    return "" if contacts.guarded(case) else contacts.held_email(case, vault or Vault(case))


def readable(case: Case) -> bool:
    """Whether somebody can log in and read messages: the person, or who acts for the person unless that was refused."""
    return any(party.login_mac for party in case.parties.all()) and not representation.is_refused(case)


def _tell_person(work: Unit, case: Case, message: CaseMessage) -> None:
    to = mailed_to(case)
    if to:
        key = f"message:{message.ref}"
        mail.queue_to_person(work, case=case, kind=mail.MESSAGE, to=to, language=case.language, idem_key=key)


def messages_of(case: Case, vault: Vault | None = None) -> list[Message]:
    """All messages of a case, the oldest first; ``vault`` is the case's, where it has been opened already. For staff."""
    vault = vault or Vault(case)
    return [_opened(vault, row) for row in case.messages.select_related("by").prefetch_related("files")]


def told(case: Case, vault: Vault | None = None) -> list[Message]:
    """The messages that whoever is logged in reads: all but mails from addresses that are not the case's."""
    return [item for item in messages_of(case, vault) if item.sender is None]


def message_of(case: Case, ref: str) -> Message:
    """One message; ``CaseMessage.DoesNotExist`` when it is not the case's."""
    return _opened(Vault(case), case.messages.select_related("by").prefetch_related("files").get(ref=ref))


def files_for_person(case: Case) -> QuerySet[StoredFile]:
    """The files in messages that the login of the case may fetch: all; before the authority of who acts is seen, what that one sent.

    None for who may not act.
    """
    if not readable(case):
        return StoredFile.objects.none()
    told = case.messages.exclude(idem_key__startswith=_FOREIGN)
    if not representation.opens_files(case):
        told = told.filter(direction=IN, channel__in=[MessageChannel.PORTAL.value, MessageChannel.API.value])
    return StoredFile.objects.filter(
        case=case, pk__in=CaseMessage.files.through.objects.filter(casemessage__in=told).values("storedfile")
    )


def fetch(*, case: Case, file_ref: str, actor: Actor = PERSON) -> tuple[BinaryIO, StoredFile, str]:
    """A file of a message for the person: opened content, row and name; logged. ``StoredFile.DoesNotExist`` when it is not theirs.

    Raises ``KeyDestroyed``, and ``FileNotFoundError`` when the storage lost it.
    """
    stored = files_for_person(case).get(ref=file_ref)
    vault = Vault(case)
    opened = file_store.open_file(vault, stored)
    with unit(actor) as work:
        work.event("message.file_fetched", case, file=stored.ref, sha256=stored.sha256)
    return opened, stored, file_store.name_of(vault, stored)


def _opened(vault: Vault, row: CaseMessage) -> Message:
    body: Any = vault.unseal(DOSSIER, row.body_enc, "message", row.ref) or ""
    foreign = is_foreign(row)
    return Message(
        ref=row.ref,
        direction=row.direction,
        channel=row.channel,
        text=body["text"] if foreign and body else body,
        at=row.at,
        read_at=row.read_at,
        by=row.by.name if row.by else "",
        files=tuple(row.files.all()),
        sender=(body["from"] if body else "") if foreign else None,
    )


def unread(case: Case, direction: str) -> int:
    """How many messages of a direction nobody has marked as read."""
    return case.messages.filter(direction=direction, read_at__isnull=True).count()


def mark_read(*, actor: Actor, case: Case, direction: str) -> int:
    """Note that all messages of a direction have been read: ``out`` by the person, ``in`` by staff. Gives how many were new."""
    with unit(actor) as work:
        count = case.messages.filter(direction=direction, read_at__isnull=True).update(read_at=timezone.now())
        if count:
            work.event("message.read", case, direction=direction, count=count)
        return count
