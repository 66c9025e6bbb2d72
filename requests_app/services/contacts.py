"""Where an answer may go: to a login, to contact details held before the request, else only with a second person's word.

Skyddade personuppgifter (``Case.protected``) close every way but the visit until a second person has confirmed exactly that way
and address. That holds for good, also once the protection is lifted (``guarded``), so that nobody gets round the second person by
lifting it alone. What a second person confirms is a keyed hash of both: a changed address needs a new word.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.domain.rights import ContactBasis, Way
from requests_app.domain.states import CollectionState
from requests_app.models import Case, Collection, ContactConfirmation, Event, EventPayload
from requests_app.services import access, audience, identity, notices, people, representation
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import DOSSIER, Vault, mac_keys
from requests_app.services.moves import Conflict, lock

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from requests_app.models import Identifier, User

STATED = frozenset({"request", "staff"})
"""Sources of an identifier that say only what the request said; any other is a login or a system that held it before."""
MAX_ADDRESS = 500
POST_BASES = (ContactBasis.HELD, ContactBasis.POPULATION_REGISTER, ContactBasis.REQUEST)
"""Where a postal address may come from, in the order they are offered."""


class Reach(StrEnum):
    """What a way opens."""

    ALL = "all"
    ADDRESS_ONLY = "address_only"
    """Only data keyed to the e-mail address itself: that somebody reads it is all we know of who asked."""
    SECOND_PERSON = "second_person"
    """Nothing before a second person has confirmed way and address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One way out, checked: how, where to, and where the address comes from."""

    way: Way
    basis: ContactBasis
    address: str = ""
    id_checked: str = ""
    """At a visit: the kind of identity document, never its number."""
    posted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A contact detail of the person. ``held``: we had it before the request; ``source`` as ``Identifier.source``."""

    kind: str
    value: str
    source: str
    held: bool


def ways_for(case: Case) -> tuple[Way, ...]:
    """How this case's answers may leave: through the portal only when a login filed it, by eID or by one-time link."""
    by_login = bool(people.subject_of(case).login_mac) or representation.reaches_portal(case)
    return tuple(Way) if by_login else (Way.EMAIL, Way.POST, Way.VISIT)


def proposals(case: Case, vault: Vault) -> list[Proposal]:
    """The person's e-mail addresses and telephone numbers, those held before the request first, then what the request says."""
    kinds = (IdentifierKind.EMAIL.value, IdentifierKind.PHONE.value)
    found = {}
    for item in people.subject_of(case).identifiers.all():
        value = people.value_of(vault, item) if item.kind in kinds and item.rejected_at is None else ""
        if value:
            found[item.kind, value] = Proposal(item.kind, value, item.source, _held(item))
    contact = people.person_of(case, vault).contact
    for kind, value in ((IdentifierKind.EMAIL, contact.email), (IdentifierKind.PHONE, contact.phone)):
        normal = _normal(kind, value)
        if normal:
            found.setdefault((kind.value, normal), Proposal(kind.value, normal, "request", False))
    return sorted(found.values(), key=lambda item: not item.held)


def held_email(case: Case, vault: Vault) -> str:
    """Where to write that something has happened: what the login confirmed by a link, else held before, else what logged in.

    Nothing but that word goes to a confirmed address on the strength of it: it came with the request, and ``_held`` is False for it.

    When somebody acts for the person the portal is that one's, so nothing about it is written to the person's addresses.
    """
    if representation.is_represented(case):
        return representation.mail_of(case, vault)
    if confirmed := people.notice_address(vault, people.subject_of(case)):
        return confirmed
    by_link = people.mail_login(case)
    held = next((item.value for item in proposals(case, vault) if item.held and item.kind == "email"), "")
    return held or (people.value_of(vault, by_link) if by_link is not None else "")


def _held(item: Identifier) -> bool:
    """Whether we had it before the request. An address that was confirmed by a link came with the request."""
    by_link = item.source == "login" and item.kind == IdentifierKind.EMAIL.value
    return item.source not in STATED and not by_link and item.usable


def _normal(kind: IdentifierKind, value: str) -> str:
    try:
        return normalise(kind, value) if value.strip() else ""
    except InvalidIdentifier:
        return ""


def _basis_of_email(case: Case, address: str) -> ContactBasis:
    macs = mac_keys().all_macs(IdentifierKind.EMAIL.value, address)
    rows = list(people.subject_of(case).identifiers.filter(kind=IdentifierKind.EMAIL.value, mac__in=macs))
    if any(_held(item) for item in rows):
        return ContactBasis.HELD
    return ContactBasis.LOGIN if any(item.source == "login" for item in rows) else ContactBasis.REQUEST


def route(
    case: Case,
    *,
    way: Way,
    address: str = "",
    basis: ContactBasis | None = None,
    id_checked: str = "",
    posted_on: date | None = None,
) -> Route:
    """A way out, checked against the case. Raises ``ValidationError`` at ``way``, ``address``, ``basis``, ``id_checked`` or ``posted_on``.

    An e-mail address counts as held only when a login or a system gave it; for a postal address ``basis`` is the handler's word.
    """
    if way not in ways_for(case):
        raise ValidationError(
            {"way": _("The answer cannot leave this way: the person has no login that filed the request.")}
        )
    if way is Way.PORTAL:
        return Route(way=way, basis=ContactBasis.LOGIN)
    if way is Way.VISIT:
        return Route(way=way, basis=ContactBasis.SHOWN, id_checked=_document(id_checked))
    if way is Way.EMAIL:
        normal = _normal(IdentifierKind.EMAIL, address)
        if not normal:
            raise ValidationError({"address": _("Write the e-mail address that the answer goes to.")})
        return Route(way=way, basis=_basis_of_email(case, normal), address=normal)
    lines = "\n".join(line for line in (" ".join(line.split()) for line in address.splitlines()) if line)
    if not lines or len(lines) > MAX_ADDRESS:
        raise ValidationError({"address": _("Write the postal address that the answer goes to.")})
    if basis not in POST_BASES:
        raise ValidationError({"basis": _("Choose where the address comes from.")})
    if posted_on is not None and posted_on > timezone.localdate():
        raise ValidationError({"posted_on": _("The day of posting cannot be in the future.")})
    return Route(way=way, basis=basis, address=lines, posted_on=posted_on)


def recipient_route(
    case: Case, *, way: Way, address: str = "", posted_on: date | None = None, **_more: object
) -> Route:
    """A way to a recipient of the person's data (Art. 19): by mail or by post to an address of the recipient's own."""
    if way not in {Way.EMAIL, Way.POST}:
        raise ValidationError({"way": _("A letter to a recipient goes by e-mail or by post.")})
    if way is Way.EMAIL:
        normal = _normal(IdentifierKind.EMAIL, address)
        if not normal:
            raise ValidationError({"address": _("Write the e-mail address that the answer goes to.")})
        return Route(way=way, basis=ContactBasis.HELD, address=normal)
    return route(case, way=way, address=address, basis=ContactBasis.HELD, posted_on=posted_on)


def _document(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise ValidationError({"id_checked": _("Write which kind of identity document was shown.")})
    if sum(sign.isdigit() for sign in text) > 3 or len(text) > 40:
        raise ValidationError({"id_checked": _("Write only the kind of document, never a number from it.")})
    return text


def may_receive(case: Case, way: Way, basis: ContactBasis) -> Reach:
    """What may leave this way to an address of this origin, before anybody has confirmed it (product §7).

    A visit with a checked identity opens everything. With protected personal data, and for an address that only the request
    states, nothing leaves before a second person's word. That somebody reads a mailbox opens only data keyed to that address, in
    the portal too when a one-time link to it was the login; once more than that is to leave, a second person confirms it.
    """
    if way is Way.VISIT:
        return Reach.ALL
    if basis is ContactBasis.REQUEST or guarded(case):
        return Reach.SECOND_PERSON
    if by_address_alone(case, way):
        return Reach.ADDRESS_ONLY
    by_link = basis is ContactBasis.LOGIN and people.mail_login(case) is not None
    return Reach.SECOND_PERSON if by_link else Reach.ALL


def guarded(case: Case) -> bool:
    """Whether the case is, or ever was, protected: then nothing leaves by portal, mail or post without a second person's word."""
    return case.protected or Event.objects.filter(case_ref=case.ref, kind="case.protected").exists()


def _protected_at(case: Case) -> datetime | None:
    """When the case was last protected; what a second person was asked before that does not count any more."""
    on = EventPayload.objects.filter(seq=OuterRef("seq"), open__protected=True)
    newest = Event.objects.filter(Exists(on), case_ref=case.ref, kind="case.protected").order_by("-seq").first()
    return newest.at if newest is not None else None


def void(case: Case) -> None:
    """Take back every question that waits for a second person. The case must be locked."""
    pending(case).update(confirmed=False, answered_at=timezone.now())


def by_address_alone(case: Case, way: Way) -> bool:
    """Whether nothing but the mailbox says who asked: nobody has made sure of it, and no login has."""
    by_mailbox = way is Way.EMAIL or (way is Way.PORTAL and people.mail_login(case) is not None)
    return by_mailbox and not identity.is_known(case)


def goes_beyond(case: Case, to: Route) -> bool:
    """Whether something of the case was, or may have been, found by anything but the address that is all we know of who asked."""
    by_link = people.mail_login(case)
    if to.way is Way.PORTAL and by_link is not None:
        opens = {bytes(by_link.mac)}
    else:
        opens = set(mac_keys().all_macs(IdentifierKind.EMAIL.value, to.address))
    for item in people.subject_of(case).identifiers.all():
        if item.usable and (item.kind != IdentifierKind.EMAIL.value or bytes(item.mac) not in opens):
            return True
    return bool(beyond_mailbox(case))


def beyond_mailbox(case: Case) -> list[Collection]:
    """What of the answer was found by anything but the address, while that is all we know of who asked; empty once more is known.

    An owner's answer is such: a person looked it up, by name or whatever there was. What is left out of the answer is not.
    """
    if not identity.by_mailbox_alone(case):
        return []
    found = Collection.objects.filter(case=case, current=True, records__gt=0).select_related("system")
    kept = found.exclude(state=CollectionState.LEFT_OUT.value).order_by("system__position", "system__key")
    return [row for row in kept if set(row.searched_by) != {IdentifierKind.EMAIL.value}]


def _sha(way: Way, address: str) -> str:
    """The keyed hash that a confirmation holds, so that no address can be guessed from the row."""
    return mac_keys().mac("contact", f"{way.value}:{address.lower()}").hex()


def _shas(way: Way, address: str) -> list[str]:
    return [mac.hex() for mac in mac_keys().all_macs("contact", f"{way.value}:{address.lower()}")]


def confirmation_of(case: Case, to: Route) -> ContactConfirmation | None:
    """A second person's yes to exactly this way and address; a later no takes it back, and so does protecting the case."""
    answered = ContactConfirmation.objects.filter(
        case=case, way=to.way.value, contact_sha__in=_shas(to.way, to.address), confirmed__isnull=False
    )
    since = _protected_at(case)
    if since is not None:
        answered = answered.filter(asked_at__gt=since)
    newest = answered.order_by("-answered_at", "-pk").first()
    return newest if newest is not None and newest.confirmed else None


def missing(case: Case, to: Route) -> bool:
    """Whether a second person's word is needed and not there."""
    needed = may_receive(case, to.way, to.basis) is Reach.SECOND_PERSON
    return needed and confirmation_of(case, to) is None


def require(case: Case, to: Route) -> ContactConfirmation | None:
    """The confirmation this route leans on, None when it needs none; a ``ValidationError`` when it is missing."""
    if may_receive(case, to.way, to.basis) is not Reach.SECOND_PERSON:
        return None
    found = confirmation_of(case, to)
    if found is None:
        said = _("A second person must confirm way and address before anything leaves.")
        raise ValidationError({"way": ValidationError(said, code="second_person")})
    return found


def ask(*, actor: Actor, case: Case, to: Route) -> ContactConfirmation:
    """Ask a second person to confirm a way and address. Asking again for the same gives what is asked already."""
    user = member_of_staff(actor)
    with unit(actor) as work:
        case = lock(case)
        asked = pending(case).filter(way=to.way.value, contact_sha__in=_shas(to.way, to.address)).first()
        if asked is not None:
            return asked
        sha = _sha(to.way, to.address)
        made = ContactConfirmation.objects.create(
            case=case,
            way=to.way.value,
            contact_sha=sha,
            contact_enc=Vault(case).seal(DOSSIER, to.address, "contact", to.way.value, sha),
            basis=to.basis.value,
            asked_by=user,
        )
        work.event("contact.asked", case, way=to.way.value, basis=to.basis.value, address=to.address)
        notices.tell(work, "contact_asked", subject=f"{made.pk}", users=_second_persons(case, user), case=case)
        return made


def _second_persons(case: Case, asker: User) -> list[User]:
    """Who is told that a word is needed: colleagues who may take the case, else legal."""
    colleagues = [user for user in access.may_take(case) if user.pk != asker.pk]
    return colleagues or audience.able_to_approve(case)


def answer(*, actor: Actor, confirmation: ContactConfirmation, confirmed: bool) -> None:
    """The second person's word, never the asker's. ``ContactConfirmation.DoesNotExist`` when it is not the person's to give."""
    user = member_of_staff(actor)
    with unit(actor) as work:
        case = lock(confirmation.case)
        if not may_answer(user, case):
            raise ContactConfirmation.DoesNotExist
        if confirmation.asked_by_id == user.pk:
            raise ValidationError(_("Somebody else than the one who asked must confirm the address."))
        waiting = ContactConfirmation.objects.filter(pk=confirmation.pk, confirmed__isnull=True)
        if not waiting.update(confirmed=confirmed, answered_by=user, answered_at=timezone.now()):
            raise Conflict
        work.event("contact.answered", case, way=confirmation.way, confirmed=confirmed)


def may_answer(user: User, case: Case) -> bool:
    """Whether this person may be the second one: who may work the case, or legal that oversees it."""
    if access.cases_visible_to(user).filter(pk=case.pk).exists():
        return True
    return access.may(user, "approve_decision") and access.cases_overseen_by(user).filter(pk=case.pk).exists()


def pending(case: Case) -> QuerySet[ContactConfirmation]:
    """What waits for a second person in a case."""
    return ContactConfirmation.objects.filter(case=case, confirmed__isnull=True).select_related("case", "asked_by")


def pending_for_legal(user: User) -> QuerySet[ContactConfirmation]:
    """What waits in the cases that legal oversees, asked by somebody else."""
    if not access.may(user, "approve_decision"):
        return ContactConfirmation.objects.none()
    return (
        ContactConfirmation.objects.filter(confirmed__isnull=True, case__in=access.cases_overseen_by(user))
        .exclude(asked_by=user)
        .select_related("case", "asked_by")
        .order_by("asked_at")
    )


def address_of(vault: Vault, confirmation: ContactConfirmation) -> str:
    """The address that is to be confirmed, as it was asked."""
    place = ("contact", confirmation.way, confirmation.contact_sha)
    return vault.unseal(DOSSIER, confirmation.contact_enc, *place) or ""
