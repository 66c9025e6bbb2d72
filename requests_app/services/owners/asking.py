"""Sending links to the owners of systems, sending them anew, taking them back, and opening them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.states import CollectionOutcome, CollectionState, State
from requests_app.models import Collection, OwnerLink
from requests_app.services import audience, contacts, mail, notices, policy as policies, throttle
from requests_app.services.audit import SYSTEM, Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock
from requests_app.services.owners import drafts, links
from requests_app.services.owners.links import Status

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.models import Case, System
    from requests_app.services.audit import Unit

OWNER = Actor("owner")
"""Whoever opened a link; who that is we know by the address it went to."""
NEW_LINKS = 3
"""How many new links can be asked for in an hour."""


def address_for(system: System) -> str:
    """Where a task goes: the address in the register, else that of the member of staff who owns the system; empty without one."""
    if system.owner_email:
        return system.owner_email
    owner = system.owner
    return owner.email if owner is not None and owner.is_active else ""


def language_for(system: System) -> str:
    """The language of the mail: the owner's own when it is a member of staff."""
    return system.owner.language if system.owner is not None else "sv"


def current(case: Case, row: Collection) -> Collection:
    """The task as it is now, with its case as it was locked; ``Conflict`` when it can no longer be answered."""
    found = (
        Collection.objects.select_for_update(of=("self",))
        .select_related("system__owner", "system_version")
        .filter(pk=row.pk, case=case)
        .first()
    )
    if found is None:
        raise Conflict
    found.case = case
    if not links.is_open(found):
        raise Conflict
    return found


def still_holds(link: OwnerLink) -> None:
    """``Conflict`` when the link has been revoked, answered or has run out meanwhile. Its case must be locked."""
    held = OwnerLink.objects.filter(pk=link.pk, revoked_at=None, answered_at=None, expires_at__gt=timezone.now())
    if not held.exists():
        raise Conflict


def ask(*, actor: Actor, case: Case, row: Collection) -> OwnerLink:
    """Send the owner of the row's system a link to the task. An earlier one stops holding.

    Raises ``ValidationError`` when nobody is registered whom it could go to, ``Conflict`` when the task is over.
    """
    with unit(actor) as work:
        case = lock(case)
        row = current(case, row)
        address = address_for(row.system)
        if not address:
            raise ValidationError(
                _("%(system)s has no owner with an e-mail address. Enter one in the register.") % {"system": row.system}
            )
        _revoke_living(work, case, row, "replaced")
        return _send(work, case, row, address)


def _send(work: Unit, case: Case, row: Collection, address: str) -> OwnerLink:
    now = timezone.now()
    link = OwnerLink(
        collection=row,
        language=language_for(row.system),
        sent_by=work.actor.user,
        sent_at=now,
        expires_at=links.expiry(case, policies.values_of(case.policy), now),
    )
    links.stamp(link)
    if row.system.owner_code:
        link.code_mac = links.code_mac(link, links.codes(link)[0])
    link.email_enc = Vault(case).seal(DOSSIER, address, "owner-link", link.ref, "email")
    link.save(force_insert=True)
    expires_on = timezone.localdate(link.expires_at).isoformat()
    work.event("owner.asked", case, system=row.system.key, round=row.round, expires_on=expires_on, address=address)
    _mail(work, case, link, mail.OWNER_TASK)
    return link


def _mail(work: Unit, case: Case, link: OwnerLink, kind: str, *, reminder: bool = False) -> None:
    sent = link.sent_at.isoformat()
    mail.queue_to_owner(
        work,
        case=case,
        kind=kind,
        to=links.address_of(link, Vault(case)),
        language=link.language,
        idem_key=f"owner:{link.ref}:{sent}",
        params={"link": link.ref, "sent": sent, "reminder": reminder},
    )


def mail_anew(
    work: Unit, case: Case, link: OwnerLink, kind: str, *, reminder: bool = False, now: datetime | None = None
) -> None:
    """Mail the link again, with a new secret; who has it open goes on until the new one is opened. The case must be locked."""
    link.sent_at = now or timezone.now()
    links.stamp(link)
    OwnerLink.objects.filter(pk=link.pk).update(sent_at=link.sent_at, mac=link.mac)
    _mail(work, case, link, kind, reminder=reminder)


def renew(*, link: OwnerLink) -> int:
    """A new link to the same address, asked for by whoever holds a used one; it runs out when the old one would have.

    Gives how many seconds to wait when that was asked for too often. Raises ``Conflict`` when the link is good for nothing.
    """
    wait = throttle.hit("owner-link", link.ref, limit=NEW_LINKS, seconds=3600)
    if wait:
        return wait
    with unit(OWNER) as work:
        case = lock(link.collection.case)
        row = current(case, link.collection)
        link = _held(link)
        if links.status_of(link) not in {Status.USED, Status.FRESH}:
            raise Conflict
        mail_anew(work, case, link, mail.OWNER_TASK)
        work.event("owner.link_renewed", case, system=row.system.key, round=row.round)
    return 0


def _held(link: OwnerLink) -> OwnerLink:
    """The link as it is now, locked behind its case."""
    OwnerLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    return links.by_ref(link.ref)


def revoke(*, actor: Actor, case: Case, row: Collection) -> None:
    """Take the link back, with what was written under it. The owner is not asked again by itself."""
    member_of_staff(actor)
    with unit(actor) as work:
        case = lock(case)
        row = current(case, row)
        if not _revoke_living(work, case, row, "staff"):
            raise Conflict
        drafts.drop(row)


def _revoke_living(work: Unit, case: Case, row: Collection, why: str) -> bool:
    alive = OwnerLink.objects.filter(collection=row, revoked_at=None, answered_at=None)
    if not alive.update(revoked_at=timezone.now()):
        return False
    work.event("owner.link_revoked", case, system=row.system.key, round=row.round, why=why)
    return True


def open_link(*, link: OwnerLink, code: str = "") -> OwnerLink:
    """Open a link, which can be done once. Its code, where it has one, is asked for here.

    Raises ``ValidationError`` on ``code`` when it is wrong; the fifth wrong one revokes the link and tells the handler.
    ``Conflict`` when the link is good for nothing any more, or has been opened.
    """
    wrong = 0
    with unit(OWNER) as work:
        case = lock(link.collection.case)
        row = current(case, link.collection)
        link = _held(link)
        if links.status_of(link) is not Status.FRESH:
            raise Conflict
        facts: dict[str, Any] = {"system": row.system.key, "round": row.round}
        if not links.fits(link, code):
            wrong = links.count_wrong_code(link)
            work.event("owner.code_wrong", case, **facts, tries=wrong)
            if wrong >= links.MAX_WRONG_CODES:
                _revoke_living(work, case, row, "codes")
                notices.tell(
                    work,
                    "owner_codes",
                    subject=link.ref,
                    users=audience.handlers(case),
                    case=case,
                    system=row.system.key,
                )
        else:
            link.opened_at = timezone.now()
            OwnerLink.objects.filter(pk=link.pk).update(opened_at=link.opened_at, wrong_codes=0)
            work.event("owner.link_opened", case, **facts)
    if wrong >= links.MAX_WRONG_CODES:
        raise Conflict
    if wrong:
        raise ValidationError({"code": _("The code is wrong. Check it with the person who gave it to you.")})
    return link


def show_code(*, actor: Actor, case: Case, row: Collection) -> str:
    """The code of the task's link, to be read out on the telephone; that it was shown is logged."""
    member_of_staff(actor)
    link = links.living(row)
    if link is None or link.code_mac is None or link.collection.case_id != case.pk:
        raise Conflict
    with unit(actor) as work:
        work.event("owner.code_shown", case, system=row.system.key, round=row.round)
    return links.code_of(link)


def ask_waiting() -> int:
    """Send each task that waits for a person to the owner of its system, once; found by state, so that nothing is lost.

    Not in a case that is or was protected: there the coordinator decides who learns of it. Gives how many were sent.
    """
    waiting = Collection.objects.filter(
        current=True,
        state=CollectionState.WAITING.value,
        outcome=CollectionOutcome.MANUAL.value,
        case__state=State.GATHERING.value,
        case__closed_at__isnull=True,
        case__protected=False,
        owner_links__isnull=True,
    ).exclude(system__owner_email="", system__owner__isnull=True)
    sent = 0
    for row in waiting.select_related("case", "system__owner").order_by("pk")[:200]:
        if not address_for(row.system) or contacts.guarded(row.case):
            continue
        with unit(SYSTEM) as work:
            case = lock(row.case)
            if case.state != State.GATHERING.value or OwnerLink.objects.filter(collection=row).exists():
                continue
            try:
                _send(work, case, current(case, row), address_for(row.system))
            except Conflict:
                continue
            sent += 1
    return sent
