"""A queued mail as a message: headers, text in the receiver's language, attachment. Nothing about the person but the diary number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.module_loading import import_string
from django.utils.translation import override

from requests_app.services import files, mail_words
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.models import OutgoingMail

REF_HEADER = "X-Hemdsr-Ref"
"""Our reference of a mail, by which a bounce is known again when it does not say the Message-ID."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along."""

    name: str
    content: bytes
    mimetype: str


BUILDERS: dict[str, str] = {}
"""Kind of mail -> dotted path of a function ``(OutgoingMail) -> list[Attachment]``, called when the mail is sent: what it makes is
kept nowhere. A kind without one carries its row's ``attachment``, if any."""


def build(row: OutgoingMail, address: str) -> EmailMessage:
    """The message, ready to be sent. Its envelope's sender is where bounces go; its From is who writes."""
    with override(row.language):
        text = mail_words.text_of(row)
    message = EmailMessage(
        subject=text.subject,
        body=text.body,
        from_email=settings.MAIL_BOUNCES_TO,
        to=[address],
        headers={
            "From": settings.DEFAULT_FROM_EMAIL,
            "Message-ID": row.message_id,
            REF_HEADER: row.ref,
            "Auto-Submitted": "auto-generated",  # RFC 3834: no vacation notice answers it
            "Content-Language": row.language,
            **({"Reply-To": text.reply_to} if text.reply_to else {}),
        },
    )
    for item in _attachments(row):
        message.attach(item.name, item.content, item.mimetype)
    return message


def _attachments(row: OutgoingMail) -> list[Attachment]:
    if row.kind in BUILDERS:
        builder: Callable[[OutgoingMail], list[Attachment]] = import_string(BUILDERS[row.kind])
        return builder(row)
    if row.attachment is None:
        return []
    vault = Vault(row.attachment.case)
    name = files.name_of(vault, row.attachment)
    mimetype = "application/pdf" if name.endswith(".pdf") else "application/octet-stream"
    return [Attachment(name, files.read(vault, row.attachment), mimetype)]
