"""Where somebody who logged in by eID wants word of the case by mail: an address that a one-time link confirms first.

An eID says who somebody is and nothing about an address; what is typed wrong is somebody else's mailbox. Until the link has been
pressed no other mail goes there. Who logged in with a link by e-mail has shown that already, and is written to at that address.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone

from requests_app.domain.channels import LinkPurpose
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import CaseParty, OutgoingMail
from requests_app.services import contacts, intake, messages, one_time, people, representation
from requests_app.services.audit import PERSON, unit
from requests_app.services.keys import DOSSIER, KeyDestroyed, Vault, mac_keys
from requests_app.services.moves import lock
from requests_app.services.people import Contact

if TYPE_CHECKING:
    from requests_app.models import Case

LINK = LinkPurpose.ADDRESS


@dataclass(frozen=True, slots=True)
class Standing:
    """Where word of a case goes by mail, as who asks may be told it."""

    address: str
    """The address it is about; empty when none was written."""
    confirmed: bool = False
    """Word goes to the address. Else ``asked`` says whether a link has gone there that can still be pressed."""
    asked: bool = False
    changes: bool = False
    """Whether another address can be written, and a new link be asked for."""


def standing(case: Case, vault: Vault) -> Standing | None:
    """Where word of a case goes; None when nothing is said about it, as in a protected case."""
    party = _asker(case)
    if not party.login_mac or contacts.guarded(case):
        return None
    written_to = messages.mailed_to(case, vault)
    by_link = _login_address(vault, party)
    if by_link:
        return Standing(by_link, confirmed=True) if by_link == written_to else None
    confirmed, wished = people.notice_address(vault, party), _wished(vault, party)
    if confirmed and wished in {"", confirmed}:
        return Standing(confirmed, confirmed=True, changes=True)
    return Standing(wished, asked=bool(wished) and _waits(party, wished), changes=True)


def ask(*, case: Case, address: str, network: str, language: str) -> None:
    """Mail a link that confirms an address. The last address that was asked for counts, and only the newest link.

    Raises ``ValidationError`` on ``email`` for what is no address, ``one_time.TooMany`` when too many links have been asked for,
    ``KeyDestroyed``. The case must be one whose asker may change the address (``Standing.changes``).
    """
    to = one_time.normal(address)
    if wait := one_time.wait_of_network(network) or one_time.wait_of_address(to, network):
        raise one_time.TooMany(wait)
    with unit(PERSON) as work:
        case = lock(case)
        party, vault = _asker(case), Vault(case)
        contact = replace(_contact(vault, party), email=to)
        sealed = vault.seal(DOSSIER, asdict(contact), "party", party.role, "contact")
        CaseParty.objects.filter(pk=party.pk).update(contact_enc=sealed)
        party.links.filter(one_time.living()).update(expires_at=timezone.now())
        one_time.make(work, LINK, to=to, language=language, party=party)
        work.event("address.asked", case)


def address_of(secret: str) -> str:
    """The address of a link that can still be used; empty when it cannot. Looking does not use it up."""
    link = one_time.found(secret, LINK).first()
    return one_time.address_of(link) if link else ""


def confirm(secret: str) -> str:
    """Use a link up: from now on word of its case goes to the address it was mailed to, the receipt first. Logs nobody in.

    Gives the address; empty when the link was used, is over, is none of ours, or who asked may not act for the person.
    """
    link = one_time.found(secret, LINK).select_related("party__case").first()
    if link is None or link.party is None:
        return ""
    with unit(PERSON) as work:
        case = lock(link.party.case)
        if representation.is_refused(case) or not one_time.use_up(link):
            return ""
        address = one_time.address_of(link)
        try:
            sealed = Vault(case).seal(DOSSIER, address, "party", link.party.role, "mail")
        except KeyDestroyed:
            return ""
        CaseParty.objects.filter(pk=link.party.pk).update(mail_enc=sealed)
        work.event("address.confirmed", case)
        if case.closed_at is None:
            intake.mail_receipt(work, case)
    return address


def _asker(case: Case) -> CaseParty:
    return representation.party_of(case) or people.subject_of(case)


def _login_address(vault: Vault, party: CaseParty) -> str:
    found = party.identifiers.filter(kind=IdentifierKind.EMAIL.value, source="login").first()
    return people.value_of(vault, found) if found is not None else ""


def _contact(vault: Vault, party: CaseParty) -> Contact:
    return Contact(**(vault.unseal(DOSSIER, party.contact_enc, "party", party.role, "contact") or {}))


def _wished(vault: Vault, party: CaseParty) -> str:
    try:
        return one_time.normal(_contact(vault, party).email)
    except ValidationError:
        return ""


def _waits(party: CaseParty, address: str) -> bool:
    """Whether a link to this address can still be pressed and its mail has not come back."""
    macs = mac_keys().all_macs(IdentifierKind.EMAIL.value, address)
    link = party.links.filter(one_time.living(), email_mac__in=macs).order_by("-pk").first()
    if link is None:
        return False
    lost = OutgoingMail.objects.filter(idem_key=one_time.mail_key(link))
    return not lost.filter(state__in=[OutgoingMail.FAILED, OutgoingMail.BOUNCED]).exists()
