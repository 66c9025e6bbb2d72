"""What people do with a mail that came in: look at it, open a case for it, add it to one, put it aside or take it back."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.connectors.mail import parsing
from requests_app.domain.channels import Dismissal, MailState, MessageChannel
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import Channel
from requests_app.models import CaseMessage, HeldFile, IncomingMail
from requests_app.services import access, attachments, files, held_files, intake, messages
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff, written
from requests_app.services.keys import DOSSIER, KeyDestroyed, Vault
from requests_app.services.mailbox import senders
from requests_app.services.mailbox.access import may_read
from requests_app.services.mailbox.sifting import Sifted, is_clean, sift
from requests_app.services.mailbox.taking import KEEP
from requests_app.services.moves import Conflict, lock
from requests_app.services.people import Contact

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from requests_app.connectors.mail.parsing import Mail
    from requests_app.models import Case, StoredFile, User
    from requests_app.services.audit import Unit
    from requests_app.services.representation import Acting

REASON_LIMIT = 2_000


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a mail went. ``new``: now and not before; ``left_out`` is how many of its files were infected and are not in the case.

    ``foreign``: it came from an address that is not the case's, and the person does not see it.
    """

    case: Case
    new: bool
    left_out: int = 0
    foreign: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """As what a mail is taken. ``reason`` is why ``received_at`` is another moment than when it came into the mailbox."""

    rights: Mapping[str, str]
    name: str
    email: str
    received_at: datetime
    phone: str = ""
    reason: str = ""
    profile: str = "customer"
    language: str = "sv"
    team: str = ""
    protected: bool = False
    against_marketing: bool = False
    identifiers: tuple[tuple[IdentifierKind, str, str], ...] = field(default=())
    acting: Acting | None = None
    """Who wrote, when that is not the person."""
    proofs: frozenset[int] = frozenset()
    """The places of the mail's files that show that one may act."""


def waiting(user: User) -> QuerySet[IncomingMail]:
    """The mails that wait for somebody to say what they are, the oldest first; none for who may not read them."""
    return _seen(user).filter(state=MailState.PROPOSED.value).order_by("received_at", "pk")


def put_aside(user: User) -> QuerySet[IncomingMail]:
    """The mails that were put aside and can still be taken back, the latest first."""
    kept = Q(raw__isnull=False, raw__expires_at__gt=timezone.now())
    return _seen(user).filter(kept, state=MailState.DISMISSED.value).order_by("-decided_at", "-pk")


def _seen(user: User) -> QuerySet[IncomingMail]:
    found = IncomingMail.objects.select_related("raw", "suggested", "source", "by", "case")
    return found if may_read(user) else found.none()


def get(user: User, ref: str) -> IncomingMail:
    """One mail; ``IncomingMail.DoesNotExist`` when it is not there and, just so, when the person may not read it."""
    return _seen(user).get(ref=ref)


def title_of(row: IncomingMail) -> str:
    """Who wrote and the subject, without opening the mail; empty when the content is gone."""
    return held_files.name_of(row.raw).removesuffix(".eml") if row.raw is not None else ""


def opened(*, actor: Actor, row: IncomingMail) -> Mail | None:
    """The mail, read; None when its content is gone. That somebody opened it is logged."""
    raw = _content(row)
    if raw is None:
        return None
    with unit(actor) as work:
        work.event("incoming.viewed", mail=row.ref)
    return parsing.Mail(broken=True) if row.broken else parsing.parse(raw)


def file(*, actor: Actor, row: IncomingMail, part: str) -> tuple[str, bytes]:
    """Name and content of one attachment by its number, or of the whole mail (``mejl``); ``LookupError`` when there is none. Logged.

    ``ValidationError`` when it is infected, or cannot be checked though a scanner is configured.
    """
    raw = _content(row)
    if raw is None or row.raw is None:
        raise LookupError(part)
    if part == "mejl":
        found = held_files.name_of(row.raw), raw
        clean = sift(raw, actor=actor, case=None, broken=row.broken).raw is not None
    elif row.broken:
        raise LookupError(part)
    else:
        found = parsing.content(raw, int(part) if part.isdecimal() and len(part) < 5 else -1)
        clean = is_clean(found[1], actor=actor, case=None)
    if not clean:
        raise ValidationError(
            _("The file is not handed out: our check says that it contains malware."), code="infected"
        )
    with unit(actor) as work:
        work.event("incoming.downloaded", mail=row.ref, part=part)
    return found


def _content(row: IncomingMail) -> bytes | None:
    if row.raw is None:
        return None
    try:
        return held_files.read(row.raw)
    except FileNotFoundError:
        return None


def accept(*, actor: Actor, row: IncomingMail, acceptance: Acceptance) -> Filed:
    """Open a case for a mail, with the mail and its files in the dossier. Twice gives the same case. What is infected is left out.

    The clock starts when the mail came into the mailbox, unless another, earlier moment is given with a reason. Raises
    ``ValidationError`` by field, as ``intake.open_case`` does, and ``Conflict`` when somebody else has dealt with the mail.
    """
    member_of_staff(actor)
    changed = acceptance.received_at != row.received_at
    if changed and acceptance.received_at > row.received_at:
        raise ValidationError({"received_at": _("It cannot have reached us later than it came into the mailbox.")})
    reason = (
        written("reason", acceptance.reason, _("Write why the day is another one."), limit=REASON_LIMIT)
        if changed
        else ""
    )
    sifted = _sifted(actor, row)
    with unit(actor) as work:
        held = IncomingMail.objects.select_for_update(of=("self",)).select_related("raw").get(pk=row.pk)
        if held.state == MailState.ACCEPTED.value and held.case is not None:
            return Filed(held.case, False)
        sifted = _undecided(held, sifted)
        email = acceptance.email.strip()
        acting, sifted = _proven(acceptance, sifted)
        result = intake.open_case(
            actor=actor,
            request=intake.Request(
                channel=Channel.EMAIL,
                rights=acceptance.rights,
                received_at=acceptance.received_at,
                name=acceptance.name,
                contact=Contact(email=email, phone=acceptance.phone.strip()),
                identifiers=(
                    *acceptance.identifiers,
                    *(((IdentifierKind.EMAIL, email, "request"),) if email else ()),
                ),
                language=acceptance.language,
                profile=acceptance.profile,
                team=acceptance.team,
                external_key=f"mail:{held.ref}",
                protected=acceptance.protected,
                against_marketing=acceptance.against_marketing,
                acting=acting,
            ),
        )
        _keep(work, result.case, Vault(result.case), held, sifted)
        said: dict[str, Any] = {"reason": reason} if reason else {}
        work.event(
            "incoming.accepted", result.case, mail=held.ref, arrived_at=held.received_at, changed=changed, **said
        )
        _decide(held, actor, MailState.ACCEPTED, case=result.case)
        return Filed(result.case, result.new, sifted.left_out)


def _proven(acceptance: Acceptance, sifted: Sifted) -> tuple[Acting | None, Sifted]:
    """Who acts with the files of the mail that show it, and what is left of the mail."""
    if acceptance.acting is None:
        return None, sifted
    papers = tuple((part.name, part.data) for part in sifted.files if part.n in acceptance.proofs)
    others = tuple(part for part in sifted.files if part.n not in acceptance.proofs)
    return replace(acceptance.acting, papers=papers), replace(sifted, files=others)


def join(*, actor: Actor, row: IncomingMail, number: str) -> Filed:
    """Add a mail to a case the person works, by its diary number: as a message from the person, with its files. What is infected
    is left out. A mail from an address that is not the case's is for staff alone.

    Raises ``ValidationError`` on ``number`` when there is no such case for this person.
    """
    user = member_of_staff(actor)
    found = _case_of(user, number)
    sifted = _sifted(actor, row, found)
    with unit(actor) as work:
        case = lock(found)
        held = IncomingMail.objects.select_for_update(of=("self",)).select_related("raw").get(pk=row.pk)
        if held.state == MailState.JOINED.value and held.case_id == case.pk:
            return Filed(case, False)
        sifted = _undecided(held, sifted)
        mail = sifted.mail
        text = f"{mail.subject}\n\n{mail.text}".strip()[: messages.LIMIT]
        try:
            vault = Vault(case)
            known = senders.belongs(case, vault, mail.from_address)
            kept = tuple(_keep(work, case, vault, held, sifted))
            if known:
                message = messages.post(
                    actor=actor,
                    case=case,
                    direction=messages.IN,
                    channel=MessageChannel.MAIL,
                    text=text or "–",
                    idem_key=f"mail:{held.ref}",
                    files=kept,
                )
                CaseMessage.objects.filter(pk=message.pk).update(at=held.received_at)
            else:
                said = {"sender": mail.from_address or "–", "text": text or "–", "mail_ref": held.ref}
                message = messages.keep_foreign(case, **said, at=held.received_at, files=kept)
        except KeyDestroyed:
            raise ValidationError(
                {"number": _("What the case held is erased. Open a new case for the mail.")}
            ) from None
        work.event("incoming.joined", case, mail=held.ref, message=message.ref, foreign=not known)
        _decide(held, actor, MailState.JOINED, case=case)
        return Filed(case, True, sifted.left_out, foreign=not known)


def _case_of(user: User, number: str) -> Case:
    number = number.strip()[:40]
    match = Q(diary_no__iexact=number) | (Q(external_no__iexact=number) & ~Q(external_no=""))
    found = access.cases_visible_to(user).filter(match).first() if number else None
    if found is None:
        raise ValidationError({"number": _("There is no case with this number. Write it as DSR-2026-0042.")})
    return found


def dismiss(*, actor: Actor, row: IncomingMail, reason: str) -> None:
    """Put a mail aside. Its content goes after a week; what stays is that it came, its hashes and the reason."""
    member_of_staff(actor)
    if reason not in {member.value for member in Dismissal}:
        raise ValidationError({"reason": _("Choose why it is no request.")})
    with unit(actor) as work:
        held = IncomingMail.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if held.state != MailState.PROPOSED.value:
            raise Conflict
        HeldFile.objects.filter(pk=held.raw_id or 0).update(expires_at=timezone.now() + KEEP)
        _decide(held, actor, MailState.DISMISSED, reason=reason)
        work.event("incoming.dismissed", mail=held.ref, reason=reason, automatic=False)


def restore(*, actor: Actor, row: IncomingMail) -> None:
    """Take a mail back that was put aside, while its content is there; ``ValidationError`` when it is gone."""
    member_of_staff(actor)
    with unit(actor) as work:
        held = IncomingMail.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if held.state != MailState.DISMISSED.value:
            raise Conflict
        there = HeldFile.objects.filter(pk=held.raw_id or 0, expires_at__gt=timezone.now())
        if not there.update(expires_at=None):
            raise ValidationError(_("The content of the mail is gone. Look for it in the mailbox itself."))
        IncomingMail.objects.filter(pk=held.pk).update(
            state=MailState.PROPOSED.value, reason="", by=None, decided_at=None
        )
        work.event("incoming.restored", mail=held.ref)


def _sifted(actor: Actor, row: IncomingMail, case: Case | None = None) -> Sifted | None:
    """The mail looked through, before the unit of work that keeps it; None when there is nothing to look through."""
    now = IncomingMail.objects.select_related("raw").get(pk=row.pk)
    raw = _content(now) if now.state == MailState.PROPOSED.value else None
    return None if raw is None else sift(raw, actor=actor, case=case, broken=now.broken)


def _undecided(held: IncomingMail, sifted: Sifted | None) -> Sifted:
    """What is kept of a mail that nobody has dealt with."""
    if held.state != MailState.PROPOSED.value:
        raise Conflict
    if sifted is None or held.raw is None:
        raise ValidationError(_("The content of the mail is gone. Look for it in the mailbox itself."))
    return sifted


def _keep(work: Unit, case: Case, vault: Vault, held: IncomingMail, sifted: Sifted) -> list[StoredFile]:
    """The mail and its attachments as files of the case's dossier."""
    kept = []
    if held.raw is not None and sifted.raw is not None:
        kept.append(held_files.adopt(held.raw, case, vault, purpose=DOSSIER, kind=attachments.KIND))
    elif held.raw is not None:
        held_files.destroy(held.raw)
    held.raw = None
    for part in sifted.files:
        kept.append(files.store(case, vault, purpose=DOSSIER, kind=attachments.KIND, name=part.name, data=part.data))
    for stored in kept:
        work.event("file.attached", case, file=stored.ref, sha256=stored.sha256, size=stored.size)
    if sifted.left_out:
        work.event("incoming.left_out", case, mail=held.ref, n=sifted.left_out)
    return kept


def _decide(held: IncomingMail, actor: Actor, state: MailState, *, case: Case | None = None, reason: str = "") -> None:
    IncomingMail.objects.filter(pk=held.pk).update(
        state=state.value, case=case, reason=reason, by=actor.user, decided_at=timezone.now()
    )
