"""The mailboxes that mails are taken from: their settings, and a try of the connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from requests_app.models import MailSource
from requests_app.services import queue
from requests_app.services.audit import Actor, unit
from requests_app.services.keys import seal_text
from requests_app.services.mailbox.imap import Mailbox, MailboxFault, on_this_machine

if TYPE_CHECKING:
    from collections.abc import Mapping

FIELDS = ("name", "host", "port", "security", "user", "folder", "done_folder", "active")
PLACE = ("host", "user", "folder")
"""What says which mails are meant: fixed once mails have been taken, since a UID counts only within one folder."""
ACCOUNT = ("host", "port", "security", "user")
"""Where the password goes: when one of these changes it is asked for anew, so that nobody sends it elsewhere who does not know it."""


@dataclass(frozen=True, slots=True)
class Tried:
    """How a try went: a code of ``words.FAULTS`` or nothing, the folders there are, and how many mails the chosen one holds."""

    fault: str = ""
    folders: tuple[str, ...] = ()
    mails: int | None = None


def save(*, actor: Actor, source: MailSource | None, values: Mapping[str, Any], secret: str = "") -> MailSource:
    """Set a mailbox up, or change it. ``ValidationError`` by field.

    An empty ``secret`` keeps the one that is set, as long as it goes to the same account of the same server.
    """
    with unit(actor) as work:
        row = MailSource.objects.select_for_update().get(pk=source.pk) if source else MailSource()
        before = {name: getattr(row, name) for name in FIELDS}
        for name in FIELDS:
            setattr(row, name, values[name].strip() if isinstance(values[name], str) else values[name])
        changed = [name for name in FIELDS if before[name] != getattr(row, name)] if source else list(FIELDS)
        _check(row, changed, secret)
        if not source:
            row.key = _key(row.name)
        if secret:
            row.secret_enc = seal_text(secret, "mail-source", row.key)
            changed.append("secret")
        if not changed:
            return row
        row.not_before, row.fault, row.fault_since = timezone.now(), "", None
        row.save()
        work.event("mailbox.configured", mailbox=row.key, fields=sorted(changed))
        if row.active:
            queue.mailbox([row.pk])
        return row


def _check(row: MailSource, changed: list[str], secret: str) -> None:
    errors: dict[str, str] = {}
    if row.secret_enc and not secret and set(changed) & set(ACCOUNT):
        errors["secret"] = _("Enter the password again: it is kept only for the server and the user it was set for.")
    if row.pk and row.mails.exists():
        for name in set(changed) & set(PLACE):
            errors[name] = _(
                "Mails have been taken from this folder. Set up a new mailbox for another one, and switch this one off."
            )
    if row.security == "none" and not on_this_machine(row.host):
        errors["security"] = _("Without encryption the password would travel in the open. Choose TLS or STARTTLS.")
    if row.done_folder and row.done_folder == row.folder:
        errors["done_folder"] = _("Choose another folder than the one that is read.")
    same = MailSource.objects.filter(host__iexact=row.host, user=row.user, folder=row.folder, active=True)
    if row.active and same.exclude(pk=row.pk).exists():
        errors["folder"] = _("This folder is read already.")
    try:
        row.full_clean(exclude={"key", "secret_enc"})
    except ValidationError as error:
        errors = {**{name: messages[0] for name, messages in error.message_dict.items()}, **errors}
    if errors:
        raise ValidationError(errors)


def _key(name: str) -> str:
    base = slugify(name)[:36] or "post"
    taken = set(MailSource.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(key for n in range(1, 1000) if (key := base if n == 1 else f"{base}-{n}") not in taken)


def test(*, actor: Actor, source: MailSource) -> Tried:
    """Try the connection as it is set up now. Nothing in the mailbox is changed; the log keeps how it went."""
    tried = _try(source)
    with unit(actor) as work:
        work.event("mailbox.tested", mailbox=source.key, ok=not tried.fault, fault=tried.fault)
    return tried


def _try(source: MailSource) -> Tried:
    folders: tuple[str, ...] = ()
    try:
        with Mailbox(source) as mailbox:
            folders = tuple(mailbox.folders())
            mailbox.open_folder(readonly=True)
            return Tried("", folders, mailbox.count())
    except MailboxFault as fault:
        return Tried(fault.code, folders)
