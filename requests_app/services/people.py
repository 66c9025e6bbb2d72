"""The person of a case: sealed name and contact, identifiers with their strength, and look-up by keyed hash."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.identifiers import (
    IdentifierKind,
    InvalidIdentifier,
    birth_date,
    display,
    name_tokens,
    national_phone,
    normalise,
)
from requests_app.models import Case, CaseParty, Identifier, NameToken
from requests_app.services.keys import DOSSIER, GATHERED, Vault, mac_keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from django.db.models import QuerySet

    from requests_app.models import User
    from requests_app.services.audit import Unit

STRONG_KINDS = frozenset({IdentifierKind.PERSONNUMMER, IdentifierKind.CUSTOMER_NO})
"""Kinds that belong to one person; an e-mail address or a telephone number may be shared or recycled."""


TYPED = frozenset({"staff", "request"})
"""Sources where somebody typed it: a slip of the finger would be another customer's number."""


EMAIL_ISSUER = "email"
"""Who vouches for a login by one-time link. No provider has this name: theirs are addresses."""


def is_strong(kind: IdentifierKind, source: str) -> bool:
    """Whether the systems are searched by it at once; else it waits until a person has confirmed it.

    Strong is what the login or a system says, and a typed personal identity number: it has a check digit. A customer number has
    none that we know of, so a typed one waits.
    """
    if source == "login" or kind is IdentifierKind.PERSONNUMMER:
        return True
    return kind in STRONG_KINDS and source not in TYPED


@dataclass(frozen=True, slots=True)
class Contact:
    """How the person asked to be reached; kept sealed with the dossier key."""

    email: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Login:
    """A login at the portal: who vouched (issuer) and whom for (subject). Only a keyed hash of it is kept."""

    issuer: str
    subject: str

    @property
    def by_email(self) -> bool:
        """Whether a one-time link to an e-mail address is all that vouches: the address is the subject."""
        return self.issuer == EMAIL_ISSUER

    @property
    def _text(self) -> str:
        return f"{len(self.issuer)}:{self.issuer}{self.subject}"

    def mac(self) -> bytes:
        """The hash that is stored."""
        return mac_keys().mac("login", self._text)

    def macs(self) -> list[bytes]:
        """The hashes to look for, one for each hash key that is still in use."""
        return mac_keys().all_macs("login", self._text)


@dataclass(frozen=True, slots=True)
class Person:
    """The opened person of a case. Empty texts when the dossier key is destroyed."""

    name: str
    contact: Contact
    birth_date: date | None


def normalised(kind: IdentifierKind, text: str) -> str:
    """The value in its one normal form; a ``ValidationError`` in the reader's language when it is none."""
    try:
        return normalise(kind, text)
    except InvalidIdentifier:
        raise ValidationError(_INVALID[kind](), code="invalid_identifier") from None


_INVALID = {
    IdentifierKind.PERSONNUMMER: lambda: _(
        "This is not a Swedish personal identity number or coordination number. Write it as YYYYMMDD-NNNN and check the last digit."
    ),
    IdentifierKind.EMAIL: lambda: _("This is not an e-mail address. Write it as name@example.se."),
    IdentifierKind.PHONE: lambda: _(
        "This is not a telephone number. Write it with area code, for example 070-123 45 67."
    ),
    IdentifierKind.CUSTOMER_NO: lambda: _("This is not a customer number. It has letters, digits and hyphens only."),
    IdentifierKind.NAME: lambda: _("Write the name with letters."),
}


def create_party(
    case: Case, vault: Vault, *, name: str, contact: Contact, login: Login | None, role: str = CaseParty.SUBJECT
) -> CaseParty:
    """The sealed person of a new case, with the hashes a search by name finds it by."""
    party = CaseParty.objects.create(
        case=case,
        role=role,
        name_enc=vault.seal(DOSSIER, name, "party", role, "name"),
        contact_enc=vault.seal(DOSSIER, asdict(contact), "party", role, "contact"),
        login_mac=login.mac() if login else None,
    )
    hashes = mac_keys()
    NameToken.objects.bulk_create(
        [
            NameToken(party=party, mac=hashes.mac("name", token), mac_key_id=hashes.current)
            for token in dict.fromkeys(name_tokens(name))
        ]
    )
    return party


def add_identifier(
    work: Unit,
    case: Case,
    party: CaseParty,
    vault: Vault,
    *,
    kind: IdentifierKind,
    value: str,
    source: str,
    strong: bool,
) -> Identifier:
    """Add a normalised identifier once. A strong source makes a weak one that was known already strong; a rejected one stays so."""
    hashes = mac_keys()
    mac = hashes.mac(kind.value, value)
    strength = Identifier.STRONG if strong else Identifier.WEAK
    found = party.identifiers.filter(kind=kind.value, mac__in=hashes.all_macs(kind.value, value)).first()
    if found is not None:
        if found.value_enc is None:  # removed when the case was closed; entered again in a reopened one
            found.value_enc = vault.seal(GATHERED, value, "identifier", kind.value, bytes(found.mac).hex())
            party.identifiers.filter(pk=found.pk).update(value_enc=found.value_enc)
        if strong and found.strength == Identifier.WEAK and found.rejected_at is None:
            party.identifiers.filter(pk=found.pk).update(strength=Identifier.STRONG, source=source)
            found.strength, found.source = Identifier.STRONG, source
            work.event("identifier.added", case, kind=kind.value, source=source, strength=strength)
        return found
    made = Identifier.objects.create(
        party=party,
        kind=kind.value,
        value_enc=vault.seal(GATHERED, value, "identifier", kind.value, mac.hex()),
        mac=mac,
        mac_key_id=hashes.current,
        source=source,
        strength=strength,
    )
    work.event("identifier.added", case, kind=kind.value, source=source, strength=strength)
    return made


def value_of(vault: Vault, identifier: Identifier) -> str:
    """The opened value; empty when it was removed at closing or its key is destroyed."""
    return (
        vault.unseal(GATHERED, identifier.value_enc, "identifier", identifier.kind, bytes(identifier.mac).hex()) or ""
    )


def shown(vault: Vault, identifier: Identifier) -> str:
    """The value as it may be shown without a logged click: a personnummer only as a birth date, other kinds whole."""
    value = value_of(vault, identifier)
    if not value:
        return _("removed")
    if identifier.kind == IdentifierKind.PERSONNUMMER:
        return display(IdentifierKind.PERSONNUMMER, value)
    return national_phone(value) if identifier.kind == IdentifierKind.PHONE else value


def shown_phone(typed: str) -> str:
    """A telephone number as it was typed, written as all others; as it stands when it is none."""
    try:
        return national_phone(normalise(IdentifierKind.PHONE, typed))
    except InvalidIdentifier:
        return typed


def subject_of(case: Case) -> CaseParty:
    """The person the case is about."""
    found = next((party for party in case.parties.all() if party.role == CaseParty.SUBJECT), None)
    if found is None:
        raise CaseParty.DoesNotExist
    return found


def mail_login(case: Case) -> Identifier | None:
    """The address whose one-time link filed the case; None when another login did, or none."""
    held = sorted(subject_of(case).identifiers.all(), key=lambda item: item.pk)
    return next((item for item in held if item.kind == IdentifierKind.EMAIL.value and item.source == "login"), None)


def name_of(case: Case, vault: Vault) -> str:
    """The name of the person alone; empty when the dossier key is destroyed. No query where the parties have been fetched."""
    party = subject_of(case)
    return vault.unseal(DOSSIER, party.name_enc, "party", party.role, "name") or ""


def person_of(case: Case, vault: Vault | None = None) -> Person:
    """Name, contact and birth date of the person."""
    vault = vault or Vault(case)
    party = subject_of(case)
    contact = vault.unseal(DOSSIER, party.contact_enc, "party", party.role, "contact")
    born = None
    for identifier in party.identifiers.all():
        if identifier.kind == IdentifierKind.PERSONNUMMER.value and not identifier.rejected_at:
            value = value_of(vault, identifier)
            born = birth_date(value) if value else None
    return Person(
        name=name_of(case, vault),
        contact=Contact(**contact) if contact else Contact(),
        birth_date=born,
    )


def notice_address(vault: Vault, party: CaseParty) -> str:
    """Where the login of a party has shown by a link that word of the case reaches it; empty when it has not."""
    return vault.unseal(DOSSIER, party.mail_enc, "party", party.role, "mail") or ""


def confirm(work: Unit, case: Case, identifier: Identifier, user: User) -> bool:
    """Let a weak identifier be searched by. False when it was decided already."""
    done = Identifier.objects.filter(pk=identifier.pk, confirmed_at__isnull=True, rejected_at__isnull=True).update(
        confirmed_at=timezone.now(), confirmed_by=user
    )
    if done:
        work.event("identifier.confirmed", case, kind=identifier.kind, source=identifier.source)
    return bool(done)


def reject(work: Unit, case: Case, identifier: Identifier) -> bool:
    """Say that an identifier is somebody else's: never searched by. False when it was decided already."""
    done = Identifier.objects.filter(pk=identifier.pk, confirmed_at__isnull=True, rejected_at__isnull=True).update(
        rejected_at=timezone.now()
    )
    if done:
        work.event("identifier.rejected", case, kind=identifier.kind, source=identifier.source)
    return bool(done)


def forget_personnummer(case: Case) -> None:
    """At closing only the keyed hash of a personnummer remains (product: HEM strives not to register it)."""
    Identifier.objects.filter(party__case=case, kind=IdentifierKind.PERSONNUMMER.value).update(value_enc=None)


def search(cases: QuerySet[Case], text: str) -> QuerySet[Case]:
    """Narrow ``cases`` to those that a line typed in the search box names.

    It may be a diary number, an e-mail address, a phone number, a personnummer, a customer number or a name.

    Only exact values and whole words of names are found, because only keyed hashes are stored.
    """
    text = text.replace("\x00", "").strip()[:200]  # PostgreSQL refuses the sign
    if not text:
        return cases
    match = Q(diary_no__iexact=text) | Q(external_no__iexact=text)
    if text.isdecimal() and len(text) <= 6:
        match |= Q(diary_no__endswith=f"-{int(text):04d}")
    hashes = mac_keys()
    for kind in (IdentifierKind.PERSONNUMMER, IdentifierKind.EMAIL, IdentifierKind.PHONE, IdentifierKind.CUSTOMER_NO):
        try:
            macs = hashes.all_macs(kind.value, normalise(kind, text))
        except InvalidIdentifier:
            continue
        match |= Q(Exists(Identifier.objects.filter(party__case=OuterRef("pk"), kind=kind.value, mac__in=macs)))
    words = name_tokens(text)
    if words:
        whole = Q()
        for word in words:
            whole &= Q(
                Exists(NameToken.objects.filter(party__case=OuterRef("pk"), mac__in=hashes.all_macs("name", word)))
            )
        match |= whole
    return cases.filter(match)


def same_person(case: Case) -> Q:
    """A condition on other cases: about the same person, by any usable identifier that belongs to one person, or the same login."""
    party = subject_of(case)
    macs = list(
        party.identifiers.filter(kind__in=[kind.value for kind in STRONG_KINDS], rejected_at__isnull=True).values_list(
            "kind", "mac"
        )
    )
    condition = Q(pk__in=[])
    for kind, mac in macs:
        condition |= Q(
            Exists(
                Identifier.objects.filter(
                    party__case=OuterRef("pk"), kind=kind, mac=bytes(mac), rejected_at__isnull=True
                )
            )
        )
    return (condition | same_login(case)) & ~Q(pk=case.pk)


def same_login(case: Case) -> Q:
    """A condition on cases: filed by the login that filed this one, each for itself. That much nobody else can feign."""
    login_mac = subject_of(case).login_mac
    if not login_mac:
        return Q(pk__in=[])
    own = CaseParty.objects.filter(role=CaseParty.SUBJECT, login_mac=bytes(login_mac))
    return Q(Exists(own.filter(case=OuterRef("pk"))))


def usable_kinds(identifiers: Iterable[Identifier]) -> frozenset[str]:
    """The kinds a system may be searched by now: confirmed, and with a value that has not been removed."""
    return frozenset(item.kind for item in identifiers if item.usable and item.value_enc is not None)
