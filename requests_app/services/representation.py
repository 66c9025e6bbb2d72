"""Who acts for the person of a case, on what footing, and what that opens (FB 6:11, 10-11; EDPB 01/2022, 80-81).

The two people's data stand apart: the representative is a party of its own, no system is searched by anything of it, and the
person's party has neither its login nor its contact. Nothing is gathered, changed or handed over before staff has looked at the
authority; until then the representative sees how far the request is and can write, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import CaseParty, Representation
from requests_app.services import attachments, held_files, people
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.people import Contact

if TYPE_CHECKING:
    from requests_app.domain.channels import Capacity
    from requests_app.models import Case, HeldFile, StoredFile
    from requests_app.services.audit import Unit
    from requests_app.services.people import Login

_PLACE = ("representation",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """Who acts for the person, as it was filed. ``proofs`` are the files that came along to show it.

    ``papers`` are those that staff took in: name and content, checked already.
    """

    capacity: Capacity
    name: str
    contact: Contact
    basis: str = ""
    proofs: tuple[HeldFile, ...] = ()
    papers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """Who acts for the person, opened. Empty texts when the dossier key is destroyed."""

    row: Representation
    name: str
    contact: Contact
    basis: str
    note: str
    proofs: tuple[StoredFile, ...]


def add(work: Unit, case: Case, vault: Vault, acting: Acting, login: Login | None) -> Representation:
    """Put the representative beside the person of a new case. Of a login by one-time link its address is kept, to write to."""
    party = people.create_party(
        case, vault, name=acting.name.strip(), contact=acting.contact, login=login, role=CaseParty.REPRESENTATIVE
    )
    if login is not None and login.by_email:
        kind = IdentifierKind.EMAIL
        people.add_identifier(work, case, party, vault, kind=kind, value=login.subject, source="login", strong=True)
    proofs = [held_files.adopt(held, case, vault, purpose=DOSSIER, kind=attachments.KIND) for held in acting.proofs]
    for file in proofs:
        work.event("file.attached", case, file=file.ref, sha256=file.sha256, size=file.size)
    proofs += [attachments.keep(actor=work.actor, case=case, name=name, data=data) for name, data in acting.papers]
    made = Representation.objects.create(
        case=case,
        capacity=acting.capacity.value,
        basis_enc=vault.seal(DOSSIER, acting.basis.strip(), *_PLACE, "basis") if acting.basis.strip() else None,
    )
    made.proofs.set(proofs)
    work.event("representation.stated", case, capacity=made.capacity, files=len(proofs))
    return made


def row_of(case: Case) -> Representation | None:
    """On what footing somebody acts for the person; None when nobody does."""
    return Representation.objects.filter(case=case).select_related("checked_by").first()


def of(case: Case, vault: Vault) -> Representative | None:
    """Who acts for the person; None when nobody does."""
    row, party = row_of(case), party_of(case)
    if row is None or party is None:
        return None
    contact = vault.unseal(DOSSIER, party.contact_enc, "party", party.role, "contact")
    return Representative(
        row=row,
        name=vault.unseal(DOSSIER, party.name_enc, "party", party.role, "name") or "",
        contact=Contact(**contact) if contact else Contact(),
        basis=vault.unseal(DOSSIER, row.basis_enc, *_PLACE, "basis") or "",
        note=vault.unseal(DOSSIER, row.note_enc, *_PLACE, "note") or "",
        proofs=tuple(row.proofs.order_by("pk")),
    )


def sealed_note(vault: Vault, note: str) -> bytes | None:
    """What staff wrote about the authority, sealed."""
    return vault.seal(DOSSIER, note, *_PLACE, "note") if note else None


def party_of(case: Case) -> CaseParty | None:
    """The party of the representative; None when nobody acts for the person."""
    return next((party for party in case.parties.all() if party.role == CaseParty.REPRESENTATIVE), None)


def waits(case: Case) -> bool:
    """Whether staff has not yet looked at the authority."""
    return Representation.objects.filter(case=case, confirmed__isnull=True).exists()


def is_confirmed(case: Case) -> bool:
    """Whether somebody acts for the person and may."""
    return Representation.objects.filter(case=case, confirmed=True).exists()


def is_refused(case: Case) -> bool:
    """Whether somebody wanted to act for the person and may not."""
    return Representation.objects.filter(case=case, confirmed=False).exists()


def is_represented(case: Case) -> bool:
    """Whether the person let somebody else ask, rightly or not."""
    return Representation.objects.filter(case=case).exists()


def asked_alike(case: Case, other: Case) -> bool:
    """Whether neither case has a representative, or the same login acts in both: only then may who asked in one learn of the other."""
    one, two = party_of(case), party_of(other)
    if not is_represented(case) and not is_represented(other):
        return True
    return bool(one and two and one.login_mac and two.login_mac and bytes(one.login_mac) == bytes(two.login_mac))


def opens_files(case: Case) -> bool:
    """Whether the login of the case may fetch its documents: the person's own, or a representative's who may act."""
    return not is_represented(case) or is_confirmed(case)


def mail_of(case: Case, vault: Vault) -> str:
    """The address whose one-time link the representative logged in with or confirmed; empty when there is none."""
    party = party_of(case)
    found = party.identifiers.filter(kind=IdentifierKind.EMAIL.value, source="login").first() if party else None
    if party is None or found is not None:
        return people.value_of(vault, found) if found is not None else ""
    return people.notice_address(vault, party)


def reaches_portal(case: Case) -> bool:
    """Whether answers may be laid in the portal for the representative: confirmed, and logged in by more than a mailbox."""
    party = party_of(case)
    if party is None or not party.login_mac:
        return False
    return is_confirmed(case) and not party.identifiers.exists()
