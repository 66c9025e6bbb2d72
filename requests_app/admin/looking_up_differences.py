"""What was typed and is not as the customer system has it: said by the field's name, never by the value that was not asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from requests_app.domain.identifiers import IdentifierKind, birth_date, name_tokens
from requests_app.services import people

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests_app.connectors.base import KnownPerson


def differences(person: KnownPerson, typed: Mapping[str, Any]) -> tuple[str, ...]:
    """A sentence for each field that says something else than the customer system, compared in normal form.

    What that system does not hold cannot differ. Somebody protected is compared by number alone, so that nothing is told.
    """
    said = {
        name: str(typed.get(name, "")).strip() for name in ("personnummer", "customer_no", "email", "phone", "name")
    }
    found = []
    if said["customer_no"] and not _among(IdentifierKind.CUSTOMER_NO, said["customer_no"], (person.customer_no,)):
        found.append(_("The customer number you wrote is not the one in the customer system."))
    if person.protected:
        return tuple(found)
    if said["personnummer"] and person.birth_date is not None and not _born(said["personnummer"], person):
        found.append(_("The personal identity number you wrote does not fit the birth date in the customer system."))
    if said["email"] and person.emails and not _among(IdentifierKind.EMAIL, said["email"], person.emails):
        found.append(_("The e-mail you wrote is not the one in the customer system."))
    if said["phone"] and person.phones and not _among(IdentifierKind.PHONE, said["phone"], person.phones):
        found.append(_("The telephone number you wrote is not the one in the customer system."))
    if said["name"] and person.name and not _alike(said["name"], person.name):
        found.append(_("The name you wrote is not the one in the customer system."))
    return tuple(found)


def _normal(kind: IdentifierKind, text: str) -> str:
    try:
        return people.normalised(kind, text)
    except ValidationError:  # what is no identifier is compared as it stands
        return text.strip().casefold()


def _among(kind: IdentifierKind, text: str, known: tuple[str, ...]) -> bool:
    return _normal(kind, text) in {_normal(kind, value) for value in known}


def _born(text: str, person: KnownPerson) -> bool:
    try:
        return birth_date(people.normalised(IdentifierKind.PERSONNUMMER, text)) in {None, person.birth_date}
    except ValidationError:
        return False


def _alike(one: str, other: str) -> bool:
    """Whether one name is the other with words left out, such as a middle name."""
    first, second = set(name_tokens(one)), set(name_tokens(other))
    return first <= second or second <= first
