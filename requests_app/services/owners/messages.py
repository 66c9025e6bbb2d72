"""Questions from the owner of a system about a task, and the coordinator's answers. Sealed with the dossier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.models import OwnerLink, OwnerMessage
from requests_app.services import audience, mail, notices
from requests_app.services.audit import unit
from requests_app.services.checks import member_of_staff, written
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import lock_open
from requests_app.services.owners import asking, links

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.models import Case, Collection, User
    from requests_app.services.audit import Actor

LIMIT = 4_000


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it is read."""

    at: datetime
    ours: bool
    """Whether the coordinator wrote it."""
    text: str
    read: bool


def keep(
    case: Case, row: Collection, text: str, *, by: User | None, ours: bool = False, read: bool = False
) -> OwnerMessage:
    """Write a message down, sealed; ``read`` when nobody has to answer it."""
    made = OwnerMessage(
        collection=row, direction=OwnerMessage.OUT if ours else OwnerMessage.IN, by=by, at=timezone.now()
    )
    made.read_at = made.at if read else None
    made.body_enc = Vault(case).seal(DOSSIER, text, *_place(made))
    made.save(force_insert=True)
    return made


def _place(message: OwnerMessage) -> tuple[str, int, str, str]:
    return "owner-message", message.collection_id, message.direction, f"{message.at.timestamp():.6f}"


def of(row: Collection, vault: Vault) -> list[Message]:
    """What was asked and answered about a task, in order."""
    found = OwnerMessage.objects.filter(collection=row)
    return [
        Message(
            item.at,
            item.direction == OwnerMessage.OUT,
            vault.unseal(DOSSIER, item.body_enc, *_place(item)) or "",
            item.read_at is not None,
        )
        for item in found
    ]


def ask(*, actor: Actor, row: Collection, link: OwnerLink | None, text: str) -> None:
    """A question from whoever answers the task; the handler is told. ``Conflict`` when the task is over."""
    text = written("text", text, _("Write your question."), limit=LIMIT)
    with unit(actor) as work:
        case = lock_open(row.case)
        row = asking.current(case, row)
        if link is not None:
            asking.still_holds(link)
        made = keep(case, row, text, by=actor.user)
        work.event("owner.asked_us", case, system=row.system.key, round=row.round)
        notices.tell(
            work,
            "owner_question",
            subject=f"{case.ref}:{made.pk}",
            users=audience.handlers(case),
            case=case,
            system=row.system.key,
        )


def reply(*, actor: Actor, case: Case, row: Collection, text: str) -> bool:
    """The coordinator's answer: shown on the task's page; who has a link is mailed that there is an answer, with a new link to it.

    Gives whether it was mailed: an owner who pointed the question away, or whose link has run out, has none.
    """
    user = member_of_staff(actor)
    text = written("text", text, _("Write your answer."), limit=LIMIT)
    with unit(actor) as work:
        case = lock_open(case)
        row = asking.current(case, row)
        keep(case, row, text, by=user, ours=True)
        OwnerMessage.objects.filter(collection=row, direction=OwnerMessage.IN, read_at=None).update(
            read_at=timezone.now()
        )
        work.event("owner.replied", case, system=row.system.key, round=row.round)
        link = links.living(row)
        mailed = link is not None and links.status_of(link) in {links.Status.FRESH, links.Status.USED}
        if link is not None and mailed:
            asking.mail_anew(work, case, link, mail.OWNER_REPLY)
    return mailed
