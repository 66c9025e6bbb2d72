"""Answers leave: each right's by itself, recorded with who, when, how and which file. "Answered" means dispatched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.core.exceptions import ValidationError
from django.db.models import Exists, Max, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.rights import BY_TASK, ContactBasis, Outcome, Right, Way
from requests_app.domain.states import CollectionState, Move, State
from requests_app.models import Action, Case, CaseRight, Delivery, Render, StoredFile
from requests_app.services import (
    access,
    actions,
    cases,
    contacts,
    decisions,
    encrypted_pdf,
    files,
    mail,
    rendering,
    representation,
    sending,
)
from requests_app.services.audit import PERSON, Actor, Unit, unit
from requests_app.services.contacts import may_receive, ways_for
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict, lock, move

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date
    from typing import BinaryIO, Unpack

    from requests_app.models import Approval

NOTICES = frozenset({"receipt", "completion", "extension", "not_identified", "withdrawn", "joined", actions.LIFTING})
"""Letters that leave on their own, beside the answer to a right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers one right: its documents, and why it cannot leave yet (``ready``, ``made``, ``waiting_tasks``, ``failed``)."""

    right: CaseRight
    renders: tuple[Render, ...]
    status: str

    @property
    def files(self) -> tuple[StoredFile, ...]:
        """The finished files."""
        found = (file for render in self.renders for file in (render.pdf, render.package) if file is not None)
        return tuple(found)


def kinds_of(case_right: CaseRight) -> tuple[str, ...]:
    """The kinds of document a right's answer is made of."""
    right, outcome = case_right.right, case_right.outcome
    refused = ("refusal",) if outcome not in {Outcome.GRANTED.value, Outcome.NOTHING_FOUND.value} else ()
    if right == Right.ACCESS.value and outcome in decisions.GIVES_DATA:
        return ("extract", "answer", *refused)
    if right == Right.PORTABILITY.value and outcome in decisions.GIVES_DATA:
        return (right, *refused)
    if right in {item.value for item in BY_TASK} and outcome in decisions.GIVES_DATA:
        return (right, *refused)
    return refused


def answers_of(case: Case) -> list[Answer]:
    """The answer of each right of a case that has an outcome."""
    rows = list(
        Render.objects.filter(case=case, superseded=False)
        .exclude(right="")
        .select_related("pdf", "package", "template")
    )
    open_verbs = set(Action.objects.filter(case=case, state=Action.ASKED).values_list("verb", flat=True))
    answers = []
    for right in case.rights.all():
        if right.outcome:
            renders = tuple(row for row in rows if row.right == right.right and row.kind in kinds_of(right))
            answers.append(Answer(right, renders, status_of(right, rows, open_verbs)))
    return answers


def status_of(right: CaseRight, rows: Iterable[Render], open_verbs: Collection[str]) -> str:
    """Where the answer of a right with an outcome stands: ``dispatched``, ``waiting_tasks``, ``failed``, ``ready`` or ``making``.

    ``rows`` are the case's documents that count, ``open_verbs`` the verbs of its tasks that are not done.
    """
    wanted = kinds_of(right)
    states = {row.kind: row.state for row in rows if row.right == right.right and row.kind in wanted}
    if right.dispatched_at:
        return "dispatched"
    if not actions.WAITS_FOR.get(right.right, frozenset()).isdisjoint(open_verbs):
        return "waiting_tasks"
    if CollectionState.FAILED.value in states.values():
        return "failed"
    return (
        "ready"
        if {kind for kind, state in states.items() if state == CollectionState.DONE.value} >= set(wanted)
        else "making"
    )


class Where(TypedDict, total=False):
    """Where to, beside the way: see ``contacts.route``."""

    address: str
    basis: ContactBasis | None
    id_checked: str
    posted_on: date | None


def dispatch(*, actor: Actor, case: Case, right: str, way: Way, **where: Unpack[Where]) -> None:
    """Send the answer of one right. When it was the last one, the case closes. Sending twice sends once.

    Raises ``ValidationError`` for a way or address that cannot be, and with the code ``second_person`` while the word of one is
    missing (``contacts.ask``).
    """
    to = _checked(actor, contacts.route(case, way=way, **where))
    contacts.require(case, to)  # said before a large answer is encrypted for nothing
    answer = _ready(case, right)
    if answer.status == "dispatched":
        return
    parcel = sending.pack(case, answer.files, way)
    with unit(actor) as work:
        case = lock(case)
        if case.state != State.DISPATCHING.value:
            raise Conflict
        answer = _ready(case, right)
        if answer.status == "dispatched":
            return
        if answer.files != parcel.files:
            raise Conflict
        _in_order(actor, case, right)
        _only_what_the_address_opens(case, answer.files, to)
        lead = sending.send(work, case, parcel, to, confirmation=contacts.require(case, to))
        _tell_on_mina_sidor(work, case, lead)
        CaseRight.objects.filter(pk=answer.right.pk).update(dispatched_at=lead.dispatched_at)
        if not case.rights.filter(dispatched_at__isnull=True).exists():
            last = case.rights.aggregate(last=Max("dispatched_at"))["last"]
            # the first answer counts, also when the case is answered anew
            Case.objects.filter(pk=case.pk, dispatched_at__isnull=True).update(dispatched_at=last)
            move(work, case, Move.DISPATCH, closed_as=_closed_as(case))
            cases.wind_up(case)


def _checked(actor: Actor, to: contacts.Route) -> contacts.Route:
    if actor.user is None:
        raise ValidationError(_("Only a member of staff can send an answer."))
    return to


def _ready(case: Case, right: str) -> Answer:
    answer = next((item for item in answers_of(case) if item.right.right == right), None)
    if answer is None or answer.status not in {"ready", "dispatched"}:
        raise ValidationError(_("The documents are not ready yet."))
    return answer


def _in_order(actor: Actor, case: Case, right: str) -> None:
    """Erasure never leaves before the same person's answer on access. The other case is named only to who may see it."""
    if right == Right.ERASURE.value and (first := actions.access_first(case)):
        if actor.user is None or not access.cases_visible_to(actor.user).contains(first):
            raise ValidationError(
                _("The same person has asked for access in another case. That answer must leave first.")
            )
        raise ValidationError(
            _("The same person has asked for access in case %(diary_no)s. Send that answer first.")
            % {"diary_no": first.diary_no}
        )


def _only_what_the_address_opens(case: Case, stored: Iterable[StoredFile], to: contacts.Route) -> None:
    """When only a mailbox says who asked, data found by anything but that address stays."""
    if not contacts.by_address_alone(case, to.way) or not any(file.kind in GIVES_DATA for file in stored):
        return
    if contacts.goes_beyond(case, to):
        raise ValidationError(
            {"way": _("Only the e-mail address says who asked. It opens only data found by that address itself.")}
        )


GIVES_DATA = frozenset({"extract", "portability", "package"})
"""Kinds of file that hold gathered data."""


def _tell_on_mina_sidor(work: Unit, case: Case, lead: Delivery) -> None:
    """A mail that there is something to fetch, with the diary number alone, to an address held before the request or of the login."""
    if lead.way != Way.PORTAL.value or contacts.guarded(case):
        return
    if to := contacts.held_email(case, Vault(case)):
        mail.queue_to_person(
            work, case=case, kind=mail.READY, to=to, language=case.language, idem_key=f"ready:{lead.pk}"
        )


def _closed_as(case: Case) -> Outcome:
    """One word for the whole case: what all rights came to, or "in part" when they differ."""
    outcomes = set(case.rights.values_list("outcome", flat=True))
    return Outcome(outcomes.pop()) if len(outcomes) == 1 else Outcome.PARTLY_GRANTED


def dispatch_notice(*, actor: Actor, case: Case, kind: str, way: Way, target: str = "", **where: Unpack[Where]) -> None:
    """Send a letter that leaves on its own, by the same ways and rules as an answer; sending it twice the same way sends once.

    The notice of extension puts the extension in force. ``target`` is the key of the recipient that a letter under Article 19
    goes to; such a letter goes by mail or by post to an address of the recipient's.
    """
    if kind not in (*NOTICES, RECIPIENT):
        raise ValidationError(_("This letter does not leave by itself."))
    route = contacts.recipient_route if kind == RECIPIENT else contacts.route
    to = _checked(actor, route(case, way=way, **where))
    contacts.require(case, to)
    row = _letter(case, kind, target)
    parcel = sending.pack(case, [row.pdf], way)  # type: ignore[list-item]
    with unit(actor) as work:
        case = lock(case)
        if _letter(case, kind, target).pdf_id != row.pdf_id:
            raise Conflict
        if Delivery.objects.filter(file=row.pdf_id, way=way.value).exists():
            return
        lead = sending.send(work, case, parcel, to, confirmation=contacts.require(case, to))
        _tell_on_mina_sidor(work, case, lead)
        if kind == "extension":
            cases.extension_in_force(work, case, lead.dispatched_at)


RECIPIENT = "recipient"
"""The letter that tells a recipient of rectified, erased or restricted data (Art. 19)."""


def _letter(case: Case, kind: str, target: str) -> Render:
    row = rendering.newest(case, kind, target=target)
    if row is None or row.pdf is None:
        raise ValidationError(_("The letter is not ready yet."))
    return row


def send_again(*, actor: Actor, delivery: Delivery, way: Way, **where: Unpack[Where]) -> None:
    """Send what came back, was never fetched or was taken back, once more: the same files, another way or to another address.

    The case is not opened again for it. Raises ``Conflict`` when somebody has done so already, or when nothing came back.
    """
    case, items = delivery.case, _to_send_again(delivery.case, delivery)
    route = contacts.recipient_route if items[0].kind == RECIPIENT else contacts.route
    to = _checked(actor, route(case, way=way, **where))
    contacts.require(case, to)
    parcel = sending.pack(case, items, way)
    with unit(actor) as work:
        case = lock(case)
        if _to_send_again(case, delivery) != items:
            raise Conflict
        _only_what_the_address_opens(case, items, to)
        confirmation = contacts.require(case, to)
        lead = sending.send(work, case, parcel, to, confirmation=confirmation, instead_of=delivery)
        encrypted_pdf.forget(delivery)
        _tell_on_mina_sidor(work, case, lead)


def _to_send_again(case: Case, delivery: Delivery) -> list[StoredFile]:
    for item in sending.sendings_of(case):
        if item.lead.pk == delivery.pk and item.state in {"returned", "not_fetched", "revoked"} and not item.replaced:
            return [row.file for row in item.items]
    raise Conflict


def bundle(*, actor: Actor, case: Case, right: str) -> bytes:
    """The documents of an answer as one PDF, to print and post; that it was made is logged."""
    answer = _ready(case, right)
    made = encrypted_pdf.bundle(Vault(case), answer.files)
    with unit(actor) as work:
        for file in encrypted_pdf.ordered(answer.files):
            work.event("document.downloaded", case, kind=file.kind, file=file.ref, by=actor.ref)
    return made


def released_to(case: Case) -> list[Delivery]:
    """What the person can download in the portal, the newest first; what was taken back is not there.

    Nor is anything of a protected case before a second person has confirmed the portal, whenever it was released.
    """
    if not _portal_is_open(case):
        return []
    return list(
        Delivery.objects.filter(case=case, way=Way.PORTAL.value, revoked_at__isnull=True)
        .select_related("file")
        .order_by("-dispatched_at", "pk")
    )


_PORTAL = contacts.Route(way=Way.PORTAL, basis=ContactBasis.LOGIN)


def _portal_is_open(case: Case) -> bool:
    return representation.opens_files(case) and not contacts.missing(case, _PORTAL)


def portal_is_shut(case: Case) -> bool:
    """Whether something released on Mina sidor cannot be fetched, and nobody has asked for the second person's word that opens it."""
    released = Delivery.objects.filter(case=case, way=Way.PORTAL.value, revoked_at__isnull=True)
    if not released.exists() or _portal_is_open(case):
        return False
    return not contacts.pending(case).filter(way=Way.PORTAL.value).exists()


def ask_for_portal(*, actor: Actor, case: Case) -> None:
    """Ask a second person to confirm the portal, so that what was released there can be fetched; also in a closed case."""
    if not portal_is_shut(case):
        raise Conflict
    contacts.ask(actor=actor, case=case, to=_PORTAL)


def receipt_of(case: Case) -> StoredFile | None:
    """The confirmation of receipt, which the person may always fetch."""
    row = rendering.newest(case, "receipt")
    return row.pdf if row else None


def fetch(*, case: Case, file_ref: str, actor: Actor = PERSON) -> tuple[BinaryIO, StoredFile, str]:
    """A file for the person: opened content, row and name; logged. ``StoredFile.DoesNotExist`` when it was not released.

    Nor is it there once it was taken back (sent to the wrong person), until it is released anew, or while the portal waits for a
    second person's word (``released_to``).
    """
    receipt = Render.objects.filter(case=case, kind="receipt", superseded=False, pdf__isnull=False).values("pdf")
    here = Delivery.objects.filter(file=OuterRef("pk"), way=Way.PORTAL.value)
    released = Q(Exists(here.filter(revoked_at__isnull=True))) if _portal_is_open(case) else Q(pk__in=[])
    untouched = Q(pk__in=receipt) & ~Exists(here.filter(revoked_at__isnull=False))
    if not representation.opens_files(case):
        raise StoredFile.DoesNotExist
    stored = StoredFile.objects.filter(released | untouched, case=case, ref=file_ref).get()
    vault = Vault(case)
    opened = files.open_file(vault, stored)
    with unit(actor) as work:
        waiting = Delivery.objects.filter(file=stored, way=Way.PORTAL.value, fetched_at__isnull=True)
        waiting.filter(revoked_at__isnull=True).update(fetched_at=timezone.now())
        work.event("delivery.fetched", case, file=stored.ref, sha256=stored.sha256)
    return opened, stored, files.name_of(vault, stored)


def staff_file(*, actor: Actor, case: Case, file_ref: str) -> tuple[BinaryIO, StoredFile, str]:
    """A file of the case for staff who may work it; logged. ``StoredFile.DoesNotExist`` when it is not the case's."""
    stored = StoredFile.objects.get(case=case, ref=file_ref)
    vault = Vault(case)
    opened = files.open_file(vault, stored)
    with unit(actor) as work:
        work.event("document.downloaded", case, kind=stored.kind, file=stored.ref, by=actor.ref)
    return opened, stored, files.name_of(vault, stored)


def withheld_file(*, actor: Actor, approval: Approval, file_ref: str) -> tuple[BinaryIO, StoredFile, str]:
    """A withheld file for who is to approve that it is, and nothing else of the case; logged. Else ``StoredFile.DoesNotExist``."""
    case = approval.decision.case_right.case
    if file_ref not in {item.file_ref for item in decisions.withheld_by(approval) if item.file_ref}:
        raise StoredFile.DoesNotExist
    return staff_file(actor=actor, case=case, file_ref=file_ref)


__all__ = [
    "Answer",
    "answers_of",
    "ask_for_portal",
    "bundle",
    "dispatch",
    "dispatch_notice",
    "fetch",
    "kinds_of",
    "may_receive",
    "portal_is_shut",
    "receipt_of",
    "released_to",
    "send_again",
    "staff_file",
    "ways_for",
    "withheld_file",
]
