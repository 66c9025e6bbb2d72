"""What a column of an export is, by its head and by what its cells look like. Swedish and English heads."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

IDENTIFIERS = ("personnummer", "customer_no", "email", "phone")
NAMES = "name"
_HEADS = {
    head: kind
    for kind, heads in (
        (
            "personnummer",
            "personnummer personnr pnr persnr personnumber personalidentitynumber ssn pno personorgnr personorganisationsnummer",
        ),
        ("customer_no", "kundnummer kundnr kundid kund customerno customernumber customerid custno"),
        ("email", "epost epostadress mejl mejladress mail mailadress email emailaddress"),
        (
            "phone",
            "telefon telefonnummer telefonnr tel telnr tfn hemtelefon telefonhem mobil mobilnummer mobilnr mobiltelefon telefonmobil "
            "phone phonenumber mobile mobilephone",
        ),
        (NAMES, "namn kundnamn fornamn efternamn name fullname customername firstname lastname surname"),
    )
    for head in heads.split()
}
_COMMA = re.compile(r"-?\d{1,3}(?:[ \u00a0\u202f.]?\d{3})*,\d+")
_POINT = re.compile(r"-?\d{1,3}(?:[ ,]?\d{3})*\.\d+")
_DATES = (
    (re.compile(r"\d{4}-\d\d-\d\d"), "date", ""),
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?"), "datetime", ""),
    (re.compile(r"(19|20)\d\d[01]\d[0-3]\d"), "date", "%Y%m%d"),
    (re.compile(r"\d\d/\d\d/\d{4}"), "date", "%d/%m/%Y"),
    (re.compile(r"\d\d\.\d\d\.\d{4}"), "date", "%d.%m.%Y"),
    (re.compile(r"\d\d/\d\d/\d{4} \d\d:\d\d"), "datetime", "%d/%m/%Y %H:%M"),
)
_OWN_ID = re.compile(r"(id|nr|nummer|no|number)$")


@dataclass(frozen=True, slots=True)
class Column:
    """One column and what it is taken for."""

    name: str
    folded: str
    kind: str = ""
    type: str = "text"
    format: str = ""
    comma: bool = False
    is_key: bool = False

    @property
    def label(self) -> str:
        """The head as a person would write it."""
        words = re.sub(r"[_.]+", " ", self.name).strip() or self.name
        return words[:1].upper() + words[1:]


def columns_of(rows: Sequence[dict[str, Any]]) -> list[Column]:
    """The columns of some rows. Of nested JSON only what stands outermost."""
    names = dict.fromkeys(str(name) for row in rows for name in row)
    return [_column(name, [row.get(name) for row in rows]) for name in names]


def is_heads(cells: Iterable[str]) -> bool:
    """Whether a first row is heads: none of its cells is somebody's address or number, or a number at all."""
    texts = [cell.strip() for cell in cells]
    return not any(text[:1].isdigit() or _is(kind, text) for text in texts for kind in _TELLING)


_TELLING = (IdentifierKind.PERSONNUMMER, IdentifierKind.EMAIL, IdentifierKind.PHONE)


def folded(head: str) -> str:
    """A head without case, accents and signs, so that Kund-Nr and KUNDNR are one."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", head.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]", "", plain)


def _column(name: str, cells: list[Any]) -> Column:
    key = folded(name)
    filled = [str(cell).strip() for cell in cells if cell is not None and not isinstance(cell, dict | list | bool)]
    filled = [cell for cell in filled if cell]
    kind = _HEADS.get(key, "") or _by_cells(filled)
    if kind:
        return Column(name, key, kind, kind if kind in {"personnummer", "email", "phone"} else "text")
    for expression, type_, written in _DATES:
        if filled and all(expression.fullmatch(cell) for cell in filled):
            return Column(name, key, type=type_, format=written)
    if (
        filled
        and all(_COMMA.fullmatch(cell) or cell.lstrip("-").isdigit() for cell in filled)
        and any("," in cell for cell in filled)
    ):
        return Column(name, key, type="number", comma=True)
    if filled and all(_POINT.fullmatch(cell) for cell in filled):
        return Column(name, key, type="number")
    unique = len(filled) == len(cells) > 1 and len(set(filled)) == len(filled)
    return Column(name, key, is_key=unique and bool(_OWN_ID.search(key)))


def _by_cells(cells: list[str]) -> str:
    """An identifier that most cells are, whatever the head says; a number alone tells nothing of a telephone."""
    for kind in (IdentifierKind.PERSONNUMMER, IdentifierKind.EMAIL):
        if len(cells) > 1 and sum(_is(kind, cell) for cell in cells) * 10 > len(cells) * 8:
            return kind.value
    return ""


def _is(kind: IdentifierKind, cell: str) -> bool:
    try:
        normalise(kind, str(cell))
    except InvalidIdentifier:
        return False
    return True
