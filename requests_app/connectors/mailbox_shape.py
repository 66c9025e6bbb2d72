"""What a mailbox holds, in the words of the extract, and how a mail becomes a record and files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from requests_app.connectors.base import PageFile
from requests_app.connectors.mail import parsing
from requests_app.connectors.uploads import MAX_BYTES
from requests_app.domain.records import CategorySpec, FieldSpec, FieldType, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from requests_app.connectors.mail.heads import Head, Party
    from requests_app.connectors.mail.session import Fetched
    from requests_app.connectors.mailbox_people import People

MANY = 4
"""Receivers outside the organisation besides the person from which on a mail is not the person's own correspondence."""
AMONG_OTHERS = "among_others"
"""Mark of a mail that others than the person wrote or got too."""

MAILS = CategorySpec(
    "mails",
    Kind.CONVERSATION,
    "Mejl",
    "E-mails",
    {
        "from": FieldSpec("Från", "From"),
        "text": FieldSpec("Text", "Text"),
        "subject": FieldSpec("Ämne", "Subject"),
        "to": FieldSpec("Till", "To", FieldType.LIST),
        "other_receivers": FieldSpec("Antal andra mottagare", "Number of other receivers", FieldType.NUMBER),
        "attachments": FieldSpec("Bifogade filer", "Attached files", FieldType.LIST),
        "folder": FieldSpec("Mapp", "Folder"),
        "date": FieldSpec("Datum enligt avsändaren", "Date by the sender"),
        "incomplete": FieldSpec("Kunde bara läsas delvis", "Could only be read in part", FieldType.BOOLEAN),
        "mails": FieldSpec("Antal mejl", "Number of e-mails", FieldType.NUMBER),
        "latest": FieldSpec("Senaste mejlet", "Latest e-mail", FieldType.DATETIME),
    },
    group=("Mejlväxling", "Exchange"),
)


def mail_record(
    fetched: Fetched, head: Head, people: People, *, key: str, title: str, folder: str, shared: bool, now: datetime
) -> tuple[Record, tuple[PageFile, ...]]:
    """The record of a mail, and the files that came with it.

    Of others than the person and the organisation only is said that they are there: not their names and addresses in the headers. The
    person is told when the date in the mail cannot be right, and when not all of the mail could be read; then the mail itself is a file.
    """
    mail = parsing.parse(fetched.raw)
    sent = head.sent_at(now)
    partly = fetched.cut or fetched.short or len(mail.text) >= parsing.MAX_TEXT
    role, strangers = people.role(head), people.strangers(head)
    fields: dict[str, Any] = {
        "from": _writer(head.writers, people),
        "text": mail.text,
        "role": role,
        "subject": head.subject,
        "to": _known(head.receivers, people),
        "other_receivers": strangers or None,
        "attachments": [f"{file.name} ({file.kind}, {file.size} B)" for file in mail.attachments],
        "folder": folder,
        "date": head.date if head.date and sent is None else "",
        "incomplete": partly or None,
    }
    among = shared or (role == "other") or strangers > MANY
    record = Record(
        key=key,
        category=MAILS.key,
        kind=MAILS.kind,
        occurred_at=sent or fetched.received_at,
        fields={name: value for name, value in fields.items() if value not in (None, "", []) or name == "text"},
        group=title,
        marks=(AMONG_OTHERS,) if among else (),
    )
    return record, tuple(_files(fetched, whole=partly))


def _writer(writers: Iterable[Party], people: People) -> str:
    """The person or staff, by name and address; nothing of others."""
    return ", ".join(
        f"{party.name} <{party.address}>" if party.name and party.name != party.address else party.address
        for party in writers
        if people.person(party) or people.own(party)
    )


def _known(receivers: Iterable[Party], people: People) -> list[str]:
    known = (party.address for party in receivers if people.person(party) or people.own(party))
    return list(dict.fromkeys(known))


def _files(fetched: Fetched, *, whole: bool) -> Iterable[PageFile]:
    for name, data in parsing.contents(fetched.raw):
        if 0 < len(data) <= MAX_BYTES:
            yield PageFile(name, data)
    if whole and fetched.raw:
        yield PageFile("mejl.eml", fetched.raw[:MAX_BYTES])
