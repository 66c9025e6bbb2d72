"""What has been put into an answer and not been sent: files and typed lines, sealed with keys of their own until then."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.uploads import TYPES, read_upload
from requests_app.domain.channels import HeldKind
from requests_app.models import Collection, HeldFile
from requests_app.services import attachments, held_files
from requests_app.services.owners import links
from requests_app.services.words import upload_fault_sentence

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.domain.records import Record
    from requests_app.services.audit import Actor

KEEP = timedelta(days=30)
MAX_FILES = 20
MAX_BYTES = 100 * 1024 * 1024
MAX_LINES = 200
MAX_LABEL, MAX_VALUE = 120, 10_000

Line = tuple[str, str]
"""What something is called, and what it is."""


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A file of the draft. ``records`` are what was read out of it; None when it goes along as it is."""

    ref: str
    name: str
    data: bytes
    records: list[Record] | None
    unread: str = ""
    """Why a file that could hold a table goes along as it is."""


def _owner(row: Collection, what: str = "files") -> str:
    return f"task:{row.pk}:{what}"


def add_file(*, actor: Actor, row: Collection, name: str, data: bytes) -> None:
    """Put a file into the draft. Raises ``ValidationError`` on ``file`` naming the file and what is wrong with it."""
    name = attachments.plain_name(name)
    try:
        held = HeldFile.objects.filter(owner=_owner(row))
        if held.count() >= MAX_FILES:
            raise ValidationError({"file": _("An answer may have at most %(n)d files.") % {"n": MAX_FILES}})
        if sum(held.values_list("size", flat=True)) + len(data) > MAX_BYTES:
            raise ValidationError({"file": _("The files of an answer may have at most 100 MB together.")})
        attachments.check(name, data, actor=actor, case=row.case, door="owner")
        read_table(name, data)
    except ValidationError as error:
        said = " ".join(error.messages)
        raise ValidationError({"file": f"{name}: {said}"}) from None
    held_files.hold(kind=HeldKind.DRAFT, owner=_owner(row), name=name, data=data, keep=KEEP)


def read_table(name: str, data: bytes) -> tuple[list[Record] | None, str]:
    """The records of a file that holds a table, else None and why not. Raises ``ValidationError`` for what is no file of its kind."""
    ending = PurePath(name).suffix.lower()
    if ending not in TYPES:
        return None, ""
    try:
        records = read_upload(name, data)
    except ConnectorError as error:
        said = upload_fault_sentence(error.fault, error.params)
        if error.fault is Fault.UNREADABLE or ending == ".txt":
            return None, "" if ending == ".txt" else said
        raise ValidationError({"file": said}) from None
    if ending == ".txt" and not any(len(record.fields) > 1 for record in records):
        return None, ""  # running text, not columns
    return (records, "") if records else (None, _("The file holds no rows."))


def files_of(row: Collection) -> list[DraftFile]:
    """The files of the draft with what was read out of them, in the order they came."""
    found = []
    for held in HeldFile.objects.filter(owner=_owner(row)).order_by("pk"):
        name, data = held_files.name_of(held), held_files.read(held)
        records, unread = read_table(name, data)
        found.append(DraftFile(held.ref, name, data, records, unread))
    return found


def names_of(row: Collection) -> list[tuple[str, str, int]]:
    """Reference, name and size of each file of the draft; nothing is opened but the names."""
    held = HeldFile.objects.filter(owner=_owner(row)).order_by("pk")
    return [(item.ref, held_files.name_of(item), item.size) for item in held]


def remove_file(*, row: Collection, ref: str) -> None:
    """Take a file out of the draft; nothing happens when it is not there."""
    for held in HeldFile.objects.filter(owner=_owner(row), ref=ref):
        held_files.destroy(held)


def lines_of(row: Collection) -> list[Line]:
    """The typed lines of the draft."""
    held = HeldFile.objects.filter(owner=_owner(row, "typed")).order_by("pk").last()
    return [(label, value) for label, value in json.loads(held_files.read(held))] if held else []


def keep_lines(*, row: Collection, lines: Iterable[Line]) -> None:
    """Keep what was typed in the place of what was there. Empty lines go; a value without a name, or one too long, is refused."""
    kept = [(label.strip(), value.strip()) for label, value in lines if label.strip() or value.strip()]
    if any(not label or not value for label, value in kept):
        raise ValidationError({"lines": _("Write both what it is and what it says on each line.")})
    if len(kept) > MAX_LINES or any(len(label) > MAX_LABEL or len(value) > MAX_VALUE for label, value in kept):
        raise ValidationError({"lines": _("This is too much to type. Put it in a file instead.")})
    before = list(HeldFile.objects.filter(owner=_owner(row, "typed")))
    if kept:
        data = json.dumps(kept, ensure_ascii=False).encode()
        held_files.hold(kind=HeldKind.DRAFT, owner=_owner(row, "typed"), name="typed", data=data, keep=KEEP)
    for held in before:
        held_files.destroy(held)


def begun(*rows: Collection) -> set[int]:
    """Those of the tasks whose owner has put something into the answer."""
    owners = {_owner(row, *part): row.pk for row in rows for part in ((), ("typed",))}
    held = HeldFile.objects.filter(owner__in=owners).values_list("owner", flat=True)
    return {owners[owner] for owner in held}


def drop(row: Collection) -> None:
    """Destroy the draft."""
    for held in HeldFile.objects.filter(owner__in=[_owner(row), _owner(row, "typed")]):
        held_files.destroy(held)


def sweep() -> int:
    """Destroy the drafts of tasks that are over without having been sent, as when the case was closed. Gives how many files."""
    waiting = list(HeldFile.objects.filter(owner__startswith="task:"))
    pks = {int(held.owner.split(":")[1]) for held in waiting}
    open_rows = {row.pk for row in Collection.objects.select_related("case").filter(pk__in=pks) if links.is_open(row)}
    over = [held for held in waiting if int(held.owner.split(":")[1]) not in open_rows]
    for held in over:
        held_files.destroy(held)
    return len(over)
