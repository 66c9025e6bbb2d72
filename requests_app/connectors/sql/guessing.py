"""What a column is likely to hold and to be called, by its name: for a description to start from, which a person then reads."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import types

from requests_app.domain.identifiers import IdentifierKind

if TYPE_CHECKING:
    from requests_app.connectors.sql.tables import Table

_KINDS = (
    (IdentifierKind.EMAIL, re.compile(r"(^|_)(e_?post|e_?mail|mail)(_?(adress|address|addr))?(_?\d)?$")),
    (
        IdentifierKind.PERSONNUMMER,
        re.compile(
            r"(^|_)(personnummer|person_?nr|pers_?nr|pnr|ssn|personal_?(number|id)|samordningsnummer|civic_?reg_?n[or]*)$"
        ),
    ),
    (IdentifierKind.CUSTOMER_NO, re.compile(r"(^|_)(kund|customer|cust|client)_?(nr|nummer|no|number|num)$")),
    (
        IdentifierKind.PHONE,
        re.compile(r"(^|_)(telefon|tel|phone|mobil|mobile|mobiltelefon|cell)(_?(nr|nummer|no|number))?(_?\d)?$"),
    ),
)
_NAMES = (
    ("fornamn", "efternamn"),
    ("first_name", "last_name"),
    ("firstname", "lastname"),
    ("given_name", "family_name"),
    ("full_name",),
    ("fullname",),
    ("kundnamn",),
    ("customer_name",),
    ("display_name",),
    ("namn",),
    ("name",),
)
_SECRET = re.compile(r"(password|passwd|losenord|pwd|hash|salt|secret|token|api_?key|hemlig)")
_DATES = re.compile(r"(created|skapad|registrerad|datum|date|tid|time|when|_at$|_on$)")
_WORDS = {
    "id": ("Id", "Id"),
    "namn": ("Namn", "Name"),
    "name": ("Namn", "Name"),
    "fornamn": ("Förnamn", "First name"),
    "first_name": ("Förnamn", "First name"),
    "firstname": ("Förnamn", "First name"),
    "efternamn": ("Efternamn", "Last name"),
    "last_name": ("Efternamn", "Last name"),
    "lastname": ("Efternamn", "Last name"),
    "adress": ("Adress", "Address"),
    "address": ("Adress", "Address"),
    "gatuadress": ("Gatuadress", "Street address"),
    "street": ("Gatuadress", "Street address"),
    "postnr": ("Postnummer", "Postcode"),
    "postnummer": ("Postnummer", "Postcode"),
    "zip": ("Postnummer", "Postcode"),
    "zip_code": ("Postnummer", "Postcode"),
    "ort": ("Ort", "City"),
    "postort": ("Ort", "City"),
    "city": ("Ort", "City"),
    "note": ("Anteckning", "Note"),
    "notering": ("Anteckning", "Note"),
    "anteckning": ("Anteckning", "Note"),
    "status": ("Status", "Status"),
    "belopp": ("Belopp", "Amount"),
    "amount": ("Belopp", "Amount"),
    "datum": ("Datum", "Date"),
    "date": ("Datum", "Date"),
    "skapad": ("Skapad", "Created"),
    "created": ("Skapad", "Created"),
    "created_at": ("Skapad", "Created"),
    "andrad": ("Ändrad", "Changed"),
    "updated": ("Ändrad", "Changed"),
    "updated_at": ("Ändrad", "Changed"),
}
_OF_KIND = {
    IdentifierKind.EMAIL: ("E-post", "E-mail"),
    IdentifierKind.PERSONNUMMER: ("Personnummer", "Personal identity number"),
    IdentifierKind.CUSTOMER_NO: ("Kundnummer", "Customer number"),
    IdentifierKind.PHONE: ("Telefon", "Phone"),
}
_PLAIN = str.maketrans("åäöéü", "aaoeu")


def plain(name: str) -> str:
    """A name as one with underscores: ``KundNr`` and ``kund-nr`` are ``kund_nr``."""
    parted = re.sub(r"(?<=[a-zåäö0-9])(?=[A-ZÅÄÖ])", "_", name).casefold().translate(_PLAIN)
    return re.sub(r"[^a-z0-9]+", "_", parted).strip("_")


def kind_of(name: str) -> IdentifierKind | None:
    """The sort of identifier a column of that name is likely to hold."""
    text = plain(name)
    return next((kind for kind, pattern in _KINDS if pattern.search(text)), None)


def name_columns(table: Table) -> list[str]:
    """The columns that are likely to hold a person's name."""
    known = {plain(name): name for name in table.types}
    return next(([known[word] for word in words] for words in _NAMES if known.keys() >= set(words)), [])


def is_secret(name: str) -> bool:
    """Whether a column is likely to hold a password or a key."""
    return bool(_SECRET.search(plain(name)))


def date_column(table: Table) -> str:
    """The column that is likely to date a row; empty when there is none."""
    dates = [name for name, kind in table.types.items() if isinstance(kind, types.Date | types.DateTime)]
    return next((name for name in dates if _DATES.search(plain(name))), dates[0] if dates else "")


def label(name: str) -> tuple[str, str]:
    """What a column or table is called in Swedish and English; its own name in words where that is not known."""
    kind = kind_of(name)
    if kind is not None:
        return _OF_KIND[kind]
    words = plain(name).replace("_", " ").capitalize() or "?"
    return _WORDS.get(plain(name), (words, words))


def field_type(name: str, kind: types.TypeEngine[Any]) -> str:
    """The type of a field in a description."""
    found = kind_of(name)
    if found is not None:
        return "text" if found is IdentifierKind.CUSTOMER_NO else found.value
    if isinstance(kind, types.DateTime):
        return "datetime"
    if isinstance(kind, types.Date):
        return "date"
    if isinstance(kind, types.Boolean):
        return "boolean"
    return "number" if isinstance(kind, types.Numeric) else "text"
