"""The answer to a task: what was uploaded and typed, that nothing was found, or that somebody else must be asked."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.connectors.uploads import ENCLOSED, TYPED, enclosed_key
from requests_app.domain.records import Record, content_key
from requests_app.models import OwnerLink
from requests_app.services import audience, files, gathering, notices
from requests_app.services.audit import unit
from requests_app.services.checks import written
from requests_app.services.keys import GATHERED, Vault
from requests_app.services.moves import Conflict, lock
from requests_app.services.owners import asking, drafts, mapping, messages

if TYPE_CHECKING:
    from collections.abc import Mapping as Dict

    from requests_app.models import Case, Collection
    from requests_app.services.audit import Actor, Unit
    from requests_app.services.owners.drafts import DraftFile, Line


def _taken(actor: Actor, row: Collection, link: OwnerLink | None) -> tuple[Case, Collection]:
    """Case and task, locked, still to be answered, and by a link still one that may answer."""
    case = lock(row.case)
    row = asking.current(case, row)
    if link is not None:
        asking.still_holds(link)
    elif actor.user is None:
        raise Conflict
    return case, row


def _done(work: Unit, case: Case, row: Collection, kind: str) -> None:
    OwnerLink.objects.filter(collection=row, revoked_at=None, answered_at=None).update(answered_at=timezone.now())
    drafts.drop(row)
    notices.tell(
        work, kind, subject=f"{case.ref}:{row.pk}", users=audience.handlers(case), case=case, system=row.system.key
    )


def send(*, actor: Actor, row: Collection, link: OwnerLink | None, maps: Dict[str, mapping.Mapping]) -> int:
    """Answer the task with its draft; gives the number of records. ``maps`` say how each structured file is read, by its reference.

    Each file is kept with the case as it came; the confirmed mappings are remembered. Raises ``ValidationError`` when there is
    nothing to send or a mapping cannot be used, ``Conflict`` when the task is over or the link no longer holds.
    """
    found, lines = drafts.files_of(row), drafts.lines_of(row)
    if not found and not lines:
        raise ValidationError(_("There is nothing to send yet. Add a file or write the data first."))
    used = {
        item.ref: mapping.checked(
            mapping.whole(maps.get(item.ref) or mapping.propose(row.system, item.records), item.records), row.system
        )
        for item in found
        if item.records is not None
    }
    records = [record for item in found for record in _records(item, used)] + _typed(lines)
    if not records:
        raise ValidationError(_("No row is left. Show at least one column that holds something."))
    with unit(actor) as work:
        case, row = _taken(actor, row, link)
        vault = Vault(case)
        for item in found:
            files.store(case, vault, purpose=GATHERED, kind="upload", name=item.name, data=item.data)
        for used_map in used.values():
            mapping.remember(system=row.system, mapping=used_map, by=actor.user)
        hashes = [hashlib.sha256(item.data).hexdigest() for item in found]
        count = gathering.answer(work, case, row, records, hashes)
        work.event("owner.answered", case, system=row.system.key, round=row.round, files=len(found), records=count)
        _done(work, case, row, "owner_answered")
    return count


def _records(item: DraftFile, used: Dict[str, mapping.Mapping]) -> list[Record]:
    if item.records is not None:
        return mapping.apply(used[item.ref], item.records)
    fields = {"name": item.name, "bytes": len(item.data)}
    key = enclosed_key(item.name, len(item.data), hashlib.sha256(item.data).hexdigest())
    return [Record(key, ENCLOSED.key, ENCLOSED.kind, None, fields)]


def _typed(lines: list[Line]) -> list[Record]:
    fields: dict[str, str] = {}
    for label, value in lines:
        ordinal, name = 2, label
        while name in fields:
            name = f"{label} ({ordinal})"
            ordinal += 1
        fields[name] = value
    return [Record(content_key(fields), TYPED.key, TYPED.kind, None, fields)] if fields else []


def _nothing_begun(row: Collection) -> None:
    """Raise ``ValidationError`` when something was put into the answer: it must not go by itself."""
    if drafts.begun(row):
        raise ValidationError(
            _("You have already put something into the answer. Take it out first, or send the answer instead.")
        )


def nothing(*, actor: Actor, row: Collection, link: OwnerLink | None) -> None:
    """The system holds nothing about the person. Raises ``ValidationError`` when something was put into the answer."""
    with unit(actor) as work:
        case, row = _taken(actor, row, link)
        _nothing_begun(row)
        gathering.report_nothing(actor=actor, case=case, row=row)
        _done(work, case, row, "owner_answered")


def not_theirs(*, actor: Actor, row: Collection, link: OwnerLink | None, text: str) -> None:
    """The owner cannot answer: the data is in another system, or somebody else must be asked. The task waits for the coordinator."""
    text = written("text", text, _("Write who should be asked, or why you cannot answer."), limit=messages.LIMIT)
    with unit(actor) as work:
        case, row = _taken(actor, row, link)
        _nothing_begun(row)
        messages.keep(case, row, text, by=actor.user, read=True)
        work.event("owner.not_theirs", case, system=row.system.key, round=row.round)
        _done(work, case, row, "owner_not_theirs")
