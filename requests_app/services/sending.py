"""One sending: the documents that left together, the same way to the same address. What is done with it afterwards is in ``returned``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.rights import Way
from requests_app.models import CaseRight, Delivery, Render
from requests_app.services import encrypted_pdf, mail
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.replacing import replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from requests_app.models import Case, ContactConfirmation, StoredFile
    from requests_app.services.audit import Unit
    from requests_app.services.contacts import Route


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files on their way out. ``sealed`` is the encrypted PDF of them, with its password, when they go by mail."""

    files: tuple[StoredFile, ...]
    sealed: bytes = b""
    password: str = ""


@dataclass(frozen=True, slots=True)
class Sending:
    """Documents that left together. ``lead`` carries what happened to them; ``items`` are the documents themselves."""

    lead: Delivery
    items: tuple[Delivery, ...]
    replaced: bool = False
    """Something newer took its place after it had come back."""

    @property
    def state(self) -> str:
        """``revoked``, ``replaced``, ``returned`` (or ``not_fetched``), ``fetched`` or ``sent``."""
        fetched = any(item.fetched_at for item in self.items)
        if self.lead.revoked_at:
            return "revoked"
        if self.replaced:
            return "replaced"
        if self.lead.returned_at and not (fetched and self.lead.returned_why == "not_fetched"):
            return "not_fetched" if self.lead.returned_why == "not_fetched" else "returned"
        return "fetched" if fetched else "sent"

    @property
    def password_waits(self) -> bool:
        """Whether the password is still to be given."""
        return self.lead.secret_enc is not None and self.state in {"sent", "fetched"}


def pack(case: Case, stored: Sequence[StoredFile], way: Way) -> Parcel:
    """Make a parcel of an answer's files. By mail that takes seconds, so it is done before the case is locked."""
    if way is not Way.EMAIL:
        return Parcel(tuple(stored))
    password = encrypted_pdf.new_password()
    return Parcel(tuple(stored), encrypted_pdf.build(Vault(case), stored, password), password)


def send(
    work: Unit,
    case: Case,
    parcel: Parcel,
    to: Route,
    *,
    confirmation: ContactConfirmation | None,
    instead_of: Delivery | None = None,
) -> Delivery:
    """Note that the files have left, and hand a mail over. The case must be locked; gives the row that leads the sending.

    ``instead_of`` is the lead of a sending that came back. The same files the same way are sent once for each of those.
    """
    at, vault = _left_at(to.posted_on, parcel.files), Vault(case)
    made = []
    for file in parcel.files:
        row, new = _note(work, case, vault, file, to, at, confirmation, instead_of)
        if not new:
            return lead_of(row)
        made.append(row)
    if to.way is Way.EMAIL:
        return _mail(work, case, vault, parcel, to, at, confirmation, instead_of)
    return made[0]


def _note(
    work: Unit,
    case: Case,
    vault: Vault,
    file: StoredFile,
    to: Route,
    at: datetime,
    confirmation: ContactConfirmation | None,
    instead_of: Delivery | None,
) -> tuple[Delivery, bool]:
    key = f"{case.ref}:{file.ref}:{to.way.value}" + (f":{instead_of.pk}" if instead_of else "")
    row, new = Delivery.objects.get_or_create(
        idem_key=key,
        defaults={
            "case": case,
            "file": file,
            "way": to.way.value,
            "sha256": file.sha256,
            "by": work.actor.user,
            "dispatched_at": at,
            "to_enc": vault.seal(DOSSIER, to.address, "delivery", key) if to.address else None,
            "basis": to.basis.value,
            "confirmation": confirmation,
            "id_checked": to.id_checked,
        },
    )
    if new:
        work.event(
            "delivery.dispatched",
            case,
            way=to.way.value,
            file=file.ref,
            sha256=file.sha256,
            basis=to.basis.value,
            address=to.address,
        )
    return row, new


def _mail(
    work: Unit,
    case: Case,
    vault: Vault,
    parcel: Parcel,
    to: Route,
    at: datetime,
    confirmation: ContactConfirmation | None,
    instead_of: Delivery | None,
) -> Delivery:
    envelope = encrypted_pdf.keep(
        work, case, vault, parcel.sealed, name=f"{case.diary_no}.pdf", right=parcel.files[0].right
    )
    lead, _new = _note(work, case, vault, envelope, to, at, confirmation, instead_of)
    encrypted_pdf.seal(vault, lead, parcel.password)
    mail.queue_to_person(
        work,
        case=case,
        kind=mail.ANSWER if parcel.files[0].right else mail.LETTER,
        to=to.address,
        language=case.language,
        idem_key=f"delivery:{lead.pk}",
        attachment=envelope,
        delivery=lead,
    )
    return lead


def _left_at(posted_on: date | None, stored: Iterable[StoredFile]) -> datetime:
    """When the documents left: now, or at this time of the day they were posted, but never before they were made."""
    now = timezone.now()
    if posted_on is None or posted_on >= timezone.localdate(now):
        return now
    then = datetime.combine(posted_on, now.astimezone(STOCKHOLM).time(), STOCKHOLM)
    return max([then, *(file.created_at for file in stored)])


def rows_of(delivery: Delivery) -> QuerySet[Delivery]:
    """The rows of the sending that a delivery belongs to."""
    return Delivery.objects.filter(
        case=delivery.case_id,
        way=delivery.way,
        dispatched_at=delivery.dispatched_at,
        file__right=delivery.file.right,
    )


def lead_of(delivery: Delivery) -> Delivery:
    """The row that leads a sending: the encrypted PDF of a mail, else the first document."""
    rows = list(rows_of(delivery).select_related("file", "case").order_by("pk"))
    return next((row for row in rows if row.file.kind == encrypted_pdf.KIND), rows[0])


def sendings_of(case: Case) -> list[Sending]:
    """What left in a case, the newest first."""
    groups: dict[tuple[object, ...], list[Delivery]] = {}
    rows = Delivery.objects.filter(case=case).annotate(is_replaced=replaced())
    for row in rows.select_related("file", "by", "case", "confirmation__answered_by", "secret_given_by").order_by("pk"):
        groups.setdefault((row.way, row.dispatched_at, row.file.right), []).append(row)
    found = []
    for members in groups.values():
        lead = next((row for row in members if row.file.kind == encrypted_pdf.KIND), members[0])
        items = tuple(row for row in members if row.file.kind != encrypted_pdf.KIND)
        found.append(Sending(lead, items, lead.is_replaced))  # type: ignore[attr-defined]
    return sorted(found, key=lambda item: (item.lead.dispatched_at, item.lead.pk), reverse=True)


def came_back() -> QuerySet[Delivery]:
    """Documents of sendings that came back, bounced or were never fetched, and that nobody has seen to: each of their rows."""
    open_ones = Delivery.objects.filter(returned_at__isnull=False, revoked_at__isnull=True)
    return open_ones.filter(~replaced()).exclude(fetched_late())


def fetched_late() -> Q:
    """Whether some document of a sending that was once noted as never fetched has been fetched since."""
    fetched = Delivery.objects.filter(
        case=OuterRef("case"),
        way=OuterRef("way"),
        dispatched_at=OuterRef("dispatched_at"),
        file__right=OuterRef("file__right"),
        fetched_at__isnull=False,
    )
    return Q(returned_why="not_fetched") & Q(Exists(fetched))


def password_waits() -> QuerySet[Delivery]:
    """Mailed answers whose password the person has not got."""
    return Delivery.objects.filter(
        secret_enc__isnull=False, secret_given_at__isnull=True, returned_at__isnull=True, revoked_at__isnull=True
    )


def taken_back() -> QuerySet[Delivery]:
    """Documents that reached the wrong person, were taken back and have not left anew; not those that no longer hold."""
    again = Delivery.objects.filter(case=OuterRef("case"), pk__gt=OuterRef("pk"), revoked_at__isnull=True)
    same = Q(file=OuterRef("file")) | (Q(file__right=OuterRef("file__right")) & ~Q(file__right=""))
    undone = CaseRight.objects.filter(case=OuterRef("case"), right=OuterRef("file__right"), dispatched_at__isnull=True)
    newer = Render.objects.filter(pdf=OuterRef("file"), superseded=True)
    rows = Delivery.objects.filter(revoked_at__isnull=False).exclude(file__kind=encrypted_pdf.KIND)
    return rows.filter(~Exists(again.filter(same)), ~Exists(undone), ~Exists(newer))


def unsettled() -> Q:
    """A condition on cases: something sent came back, reached the wrong person or waits for its password, closed or not."""
    found = Q()
    for rows in (came_back(), taken_back(), password_waits()):
        found |= Q(Exists(rows.filter(case=OuterRef("pk"))))
    return found


def unanswered() -> Exists:
    """A condition on cases: an answer reached the wrong person only."""
    return Exists(taken_back().filter(case=OuterRef("pk")).exclude(file__right=""))


def address_of(vault: Vault, delivery: Delivery) -> str:
    """Where it went; empty when it went to a login or over the counter, or its key is destroyed."""
    return vault.unseal(DOSSIER, delivery.to_enc, "delivery", delivery.idem_key) or ""
