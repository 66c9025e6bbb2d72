"""What the page of a task shows: who is asked for with the least that the system needs, what is asked, and by when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import Collection, DataCategory, OwnerLink
from requests_app.services import access, identity, people, words
from requests_app.services.audit import unit
from requests_app.services.moves import Conflict
from requests_app.services.owners import links

if TYPE_CHECKING:
    from datetime import date

    from django.contrib.auth.models import AnonymousUser

    from requests_app.models import User
    from requests_app.services.audit import Actor
    from requests_app.services.keys import Vault

_SHOWN = (IdentifierKind.CUSTOMER_NO, IdentifierKind.EMAIL, IdentifierKind.PHONE)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. ``details`` are kinds and values by which the person is found; ``number`` is whether a personnummer can be shown.

    Where ``mailbox`` says that only an address is confirmed the name is empty, since anybody could have typed it. ``born`` tells
    namesakes apart: it follows from a number that may be searched by, also where the system itself gets no number.
    """

    name: str
    born: date | None
    mailbox: bool
    details: list[tuple[str, str]]
    number: bool
    categories: list[str]


def last_day(row: Collection, link: OwnerLink | None) -> date:
    """The day by which the owner is asked to answer."""
    return timezone.localdate(link.expires_at) if link is not None else row.case.due_statutory_on


def question(row: Collection, vault: Vault) -> Question:
    """The question of a task: only identifiers that may be searched by, and a personnummer only where the system needs it."""
    found = [item for item in people.subject_of(row.case).identifiers.all() if item.usable and item.value_enc]
    details = [
        (words.word(words.IDENTIFIER_KINDS, kind.value), people.shown(vault, item))
        for kind in _SHOWN
        for item in found
        if item.kind == kind.value
    ]
    mailbox = identity.by_mailbox_alone(row.case)
    person = people.person_of(row.case, vault)
    sure = any(item.kind == IdentifierKind.PERSONNUMMER.value for item in found)
    return Question(
        name="" if mailbox else person.name,
        born=person.birth_date if sure and not mailbox else None,
        mailbox=mailbox,
        details=details,
        number=row.system.needs_personnummer and sure,
        categories=[
            str(item.in_language("name")) for item in DataCategory.objects.filter(items__system=row.system).distinct()
        ],
    )


def seen(*, actor: Actor, row: Collection) -> None:
    """Note that the question was read: it names the person."""
    with unit(actor) as work:
        work.event("owner.viewed", row.case, system=row.system.key, round=row.round)


def show_number(*, actor: Actor, row: Collection, vault: Vault) -> str:
    """The personnummer, for a system that is searched by it; that it was shown is logged. ``Conflict`` when it is not for this one."""
    party = people.subject_of(row.case)
    kept = party.identifiers.filter(kind=IdentifierKind.PERSONNUMMER.value)
    usable = [value for item in kept if item.usable and (value := people.value_of(vault, item))]
    if not row.system.needs_personnummer or not usable:
        raise Conflict
    with unit(actor) as work:
        work.event("owner.number_shown", row.case, system=row.system.key, round=row.round)
    return f"{usable[0][:8]}-{usable[0][8:]}"


# --- for members of staff who own systems -------------------------------------------------------------------------------------


def owns_systems(user: User | AnonymousUser) -> bool:
    """Whether the person owns a system at all."""
    return access.may(user, access.OWNS)


def of_owner(user: User | AnonymousUser) -> list[tuple[Collection, OwnerLink | None]]:
    """The open tasks of the systems a member of staff owns, those due first, each with the link that lives."""
    rows = [row for row in access.tasks_owned_by(user) if links.is_open(row)]
    alive = OwnerLink.objects.filter(revoked_at=None, answered_at=None, collection__in=rows)
    held = {link.collection_id: link for link in alive}
    return sorted(((row, held.get(row.pk)) for row in rows), key=lambda item: (last_day(*item), item[0].case.pk))


def for_staff(user: User | AnonymousUser, ref: str, system: str) -> Collection | None:
    """An open task for a member of staff: who owns the system, or works the case; None for everybody else."""
    own = [row for row, _link in of_owner(user) if (row.case.ref, row.system.key) == (ref, system)]
    if own:
        return own[0]
    worked = access.cases_visible_to(user).filter(ref=ref)
    found = Collection.objects.select_related("case__policy", "case__team", "system", "system_version")
    row = found.filter(case__in=worked, system__key=system, current=True).first()
    return row if row is not None and links.is_open(row) else None
