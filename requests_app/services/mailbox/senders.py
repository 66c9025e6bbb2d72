"""Whose address a mail came from. A name and a diary number anybody can write; a case's address only who knows it, or feigns it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.models import CaseParty
from requests_app.services import people, representation
from requests_app.services.keys import DOSSIER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.models import Case
    from requests_app.services.keys import Vault


def belongs(case: Case, vault: Vault, address: str) -> bool:
    """Whether the address is one of the person's, or of who acts for the person unless that one may not."""
    wanted = _normal(address)
    return bool(wanted) and wanted in {_normal(known) for known in _known(case, vault)}


def _known(case: Case, vault: Vault) -> Iterator[str]:
    refused = representation.is_refused(case)
    for party in case.parties.all():
        if party.role == CaseParty.REPRESENTATIVE and refused:
            continue
        contact = vault.unseal(DOSSIER, party.contact_enc, "party", party.role, "contact") or {}
        yield contact.get("email", "")
        yield people.notice_address(vault, party)
        for item in party.identifiers.filter(kind=IdentifierKind.EMAIL.value, rejected_at__isnull=True):
            yield people.value_of(vault, item)


def _normal(address: str) -> str:
    try:
        return normalise(IdentifierKind.EMAIL, address) if address.strip() else ""
    except InvalidIdentifier:
        return ""
