"""From a request to a case: once, with its diary number and its clock."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.deadlines import compute, received_on as swedish_day
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.rights import FILED, GATHERED as RIGHTS_GATHERED, Channel, IdentityMethod, Right
from requests_app.domain.states import Move
from requests_app.models import Case, CaseRight, DiarySeries, IdentityCheck, IntakeItem, SearchProfile, Team
from requests_app.services import (
    actions,
    attachments,
    audience,
    checklists,
    contacts,
    gathering,
    held_files,
    identity,
    keys,
    mail,
    notices,
    people,
    policy as policies,
    register,
    rendering,
    representation,
)
from requests_app.services.audit import Actor, Unit, unit
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.marketing import filed
from requests_app.services.moves import move
from requests_app.services.people import Contact, Login

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from requests_app.models import ApiClient, HeldFile
    from requests_app.services.policy import PolicyValues
    from requests_app.services.representation import Acting

MAX_TEXT = 20_000
"""Characters a person may write about one right; longer texts belong in an attachment."""
GDPR_APPLIES_FROM = datetime(2018, 5, 25, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What reached the controller. ``rights`` maps each right to what the person wrote about it, possibly nothing."""

    channel: Channel
    rights: Mapping[str, str]
    received_at: datetime
    name: str
    contact: Contact = field(default_factory=Contact)
    identifiers: tuple[tuple[IdentifierKind, str, str], ...] = ()
    """(kind, value as typed, source): source ``login`` for what the login vouched for, ``request`` or ``staff`` for what was said.

    A login by one-time link vouches for its own address and nothing else; only such a login vouches for an address."""
    language: str = "sv"
    profile: str = "customer"
    delivery_wish: str = "portal"
    team: str = ""
    external_no: str = ""
    external_key: str = ""
    """What makes a second sending of the same request known; empty when the channel has none."""
    login: Login | None = None
    login_level: str = ""
    client: ApiClient | None = None
    """The system that filed it over the API."""
    protected: bool = False
    against_marketing: bool = False
    """An objection is one to direct marketing, which then stops without being weighed (Art. 21(3))."""
    files: tuple[HeldFile, ...] = ()
    """What came along; the case takes it over."""
    acting: Acting | None = None
    """Who acts for the person; the login is then that one's."""


@dataclass(frozen=True, slots=True)
class Opened:
    """The case of a request; ``new`` is False when it had been opened before."""

    case: Case
    new: bool


def open_case(*, actor: Actor, request: Request) -> Opened:
    """Open a case for a request and set off what can start by itself. The same request twice gives the same case.

    Raises ``ValidationError`` by field (``rights``, ``received_at``, ``name``, ``email``, ``phone``, ``personnummer``...).
    """
    checked = _checked(request)
    body_sha = _body_sha(request)
    with unit(actor) as work:
        if request.external_key:
            item, new = IntakeItem.objects.select_for_update().get_or_create(
                channel=request.channel.value, external_key=request.external_key, defaults={"body_sha": body_sha}
            )
            if not new and item.case is not None:
                if item.body_sha != body_sha:
                    raise ValidationError(_("This request was already sent with other contents."), code="already_sent")
                return Opened(item.case, False)
        case = _create(work, request, checked)
        if request.external_key:
            IntakeItem.objects.filter(pk=item.pk).update(case=case)
        if request.acting is not None:
            representation.add(work, case, Vault(case), request.acting, request.login)
        elif request.login is not None:
            method = IdentityMethod.EMAIL if request.login.by_email else IdentityMethod.EID
            level = "" if request.login.by_email else request.login_level
            IdentityCheck.objects.create(case=case, method=method.value, level=level)
            work.event("identity.confirmed", case, method=method.value, level=level)
        if stops_marketing(request):
            filed.stop(work, case)
        _take_files(work, case, request.files)
        with _read_once(case):
            if may_begin(case):
                begin(work, case)
            rendering.request_receipt(work, case)
            mail_receipt(work, case)
        notices.tell(work, "new_case", subject=case.ref, users=audience.handlers(case), case=case)
        return Opened(case, True)


@contextmanager
def _read_once(case: Case) -> Iterator[None]:
    """What stands of a new case, and nothing in here changes, is read once instead of by each who asks for it."""
    prefetch_related_objects([case], "keys", "rights", "parties__identifiers")
    try:
        yield
    finally:
        case.__dict__.pop("_prefetched_objects_cache", None)


def mail_receipt(work: Unit, case: Case) -> None:
    """Word that the request is here, with its number and its last day alone, to an address that is known to be the asker's."""
    to = "" if contacts.guarded(case) else contacts.held_email(case, Vault(case))
    if to:
        key, params = f"receipt:{case.ref}", {"due_on": case.due_on.isoformat()}
        mail.queue_to_person(
            work, case=case, kind=mail.RECEIPT, to=to, language=case.language, idem_key=key, params=params
        )


def stops_marketing(request: Request) -> bool:
    """Whether the request alone stops direct marketing."""
    objects = Right.OBJECTION.value in request.rights and request.against_marketing
    return objects or Right.CONSENT_WITHDRAWAL.value in request.rights


def may_begin(case: Case) -> bool:
    """Whether the case sets off by itself: something of it can be done with what is known of who asked."""
    if identity.is_known(case):
        return True
    rights = [right.right for right in case.rights.all() if not right.outcome]
    harmless = any(not actions.changes_data(case, right) for right in rights)
    return harmless and identity.by_mailbox_alone(case)


def begin(work: Unit, case: Case) -> None:
    """Set the case off once it is known who asked: gathering when a right needs it, else straight to the decision. Case locked or new."""
    rights = {Right(right.right) for right in case.rights.all() if not right.outcome}
    if rights & RIGHTS_GATHERED:
        gathering.start(work, case, register.profile_systems(case.profile))
    else:
        move(work, case, Move.START_DECIDING)


def possible_duplicates(case: Case) -> list[Case]:
    """Open cases of the same person that may be joined with this one: shown, never rejected by themselves."""
    found = Case.objects.filter(people.same_person(case), closed_at__isnull=True).prefetch_related("parties")
    alike = (other for other in found.order_by("received_at") if representation.asked_alike(case, other))
    return list(islice(alike, 10))


def _checked(request: Request) -> list[tuple[IdentifierKind, str, str]]:
    """The identifiers in their normal form, after everything else was found right."""
    errors: dict[str, str] = {}
    allowed = {right.value for right in FILED}
    if not request.rights:
        errors["rights"] = _("Choose at least one thing that the request is about.")
    elif unknown := set(request.rights) - allowed:
        errors["rights"] = _("This cannot be asked for here: %(right)s.") % {"right": ", ".join(sorted(unknown))[:80]}
    for right, text in request.rights.items():
        if len(text) > MAX_TEXT:
            errors[f"details_{right}"] = _(
                "The text is too long: %(length)d characters, and the limit is %(limit)d. Nothing has been lost; shorten it."
            ) % {
                "length": len(text),
                "limit": MAX_TEXT,
            }
        elif right == Right.RECTIFICATION.value and not text.strip():
            errors[f"details_{right}"] = _("Write which information is wrong and what it should be.")
        elif right == Right.OBJECTION.value and not text.strip() and not request.against_marketing:
            errors[f"details_{right}"] = _("Write what the person objects to, or choose that it is advertising.")
    if request.acting is not None and not request.acting.name.strip():
        errors["acting"] = _("Write who acts for the person.")
    if not request.name.strip():
        errors["name"] = _("Write the person's name.")
    elif len(request.name) > 200:
        errors["name"] = _("The name may have at most 200 characters.")
    if request.received_at > timezone.now():
        errors["received_at"] = _("The request cannot have reached us in the future.")
    elif request.received_at < GDPR_APPLIES_FROM:
        errors["received_at"] = _("The date is before the GDPR began to apply (25 May 2018). Check the year.")
    if not SearchProfile.objects.filter(key=request.profile).exists():
        errors["profile"] = _("Choose a search profile from the list.")
    checked = []
    for kind, text, source in request.identifiers:
        try:
            value = people.normalised(kind, text)
            checked.append((kind, value, source if _vouches(request.login, kind, value) else _said(source)))
        except ValidationError as error:
            errors[kind.value] = error.messages[0]
    if len(request.contact.address) > 500:
        errors["address"] = _("The address may have at most 500 characters.")
    if errors:
        raise ValidationError(errors)
    return checked


def _vouches(login: Login | None, kind: IdentifierKind, value: str) -> bool:
    """Whether a login can vouch for an identifier: one by link for its own address only, an eID for anything but an address."""
    if login is not None and login.by_email:
        return kind is IdentifierKind.EMAIL and value == login.subject
    return kind is not IdentifierKind.EMAIL


def _said(source: str) -> str:
    return "request" if source == "login" else source


def _body_sha(request: Request) -> str:
    body = [
        request.rights and dict(sorted(request.rights.items())),
        request.name,
        request.language,
        request.delivery_wish,
    ]
    return hashlib.sha256(
        json.dumps(body, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass")
    ).hexdigest()


def _create(work: Unit, request: Request, identifiers: list[tuple[IdentifierKind, str, str]]) -> Case:
    policy, values = policies.current()
    received = swedish_day(request.received_at)
    clock = compute(received, eves_are_holidays=values.eves_are_holidays)
    case = Case.objects.create(
        diary_no=_next_diary_no(received.year),
        external_no=request.external_no.strip(),
        team=_team(request, values),
        channel=request.channel.value,
        profile=request.profile,
        language=request.language,
        delivery_wish=request.delivery_wish,
        received_at=request.received_at,
        received_on=received,
        due_on=clock.due_on,
        due_statutory_on=clock.due_statutory_on,
        policy=policy,
        client=request.client,
        protected=request.protected,
    )
    vault = keys.create(case)
    rights = [
        CaseRight(
            case=case,
            right=right.value,
            details_enc=vault.seal(DOSSIER, request.rights[right.value], "right", right.value)
            if request.rights[right.value].strip()
            else None,
        )
        for right in Right
        if right.value in request.rights
    ]
    checklists.pin(rights)
    CaseRight.objects.bulk_create(rights)
    work.event(
        "case.opened",
        case,
        rights=sorted(request.rights),
        channel=case.channel,
        received_on=case.received_on,
        due_on=case.due_on,
        due_statutory_on=case.due_statutory_on,
        team=case.team.key,
        profile=case.profile,
    )
    if case.protected:
        work.event("case.protected", case, protected=True)
    own = request.login if request.acting is None else None
    party = people.create_party(case, vault, name=request.name.strip(), contact=request.contact, login=own)
    by_email = own is not None and own.by_email
    for kind, value, source in sorted(identifiers, key=lambda item: item[2] != "login"):
        strong = source == "login" if by_email else people.is_strong(kind, source)
        people.add_identifier(work, case, party, vault, kind=kind, value=value, source=source, strong=strong)
    return case


def _take_files(work: Unit, case: Case, held: tuple[HeldFile, ...]) -> None:
    if not held:
        return
    vault = Vault(case)
    for item in held:
        stored = held_files.adopt(item, case, vault, purpose=DOSSIER, kind=attachments.KIND)
        work.event("file.attached", case, file=stored.ref, sha256=stored.sha256, size=stored.size)


def _next_diary_no(year: int) -> str:
    """The next number of the year, without gaps: the series row is locked until the case is committed."""
    series = DiarySeries.objects.select_for_update().filter(year=year).first()
    if series is None:
        DiarySeries.objects.get_or_create(year=year)
        series = DiarySeries.objects.select_for_update().get(year=year)
    series.last += 1
    series.save(update_fields=["last"])
    return f"DSR-{year}-{series.last:04d}"


def _team(request: Request, values: PolicyValues) -> Team:
    try:
        return Team.objects.get(key=request.team or values.default_team)
    except Team.DoesNotExist:
        raise ValidationError({"team": _("Choose a team from the list.")}) from None


def details_of(vault: Vault, right: CaseRight) -> str:
    """What the person wrote about a right."""
    return vault.unseal(DOSSIER, right.details_enc, "right", right.right) or ""
