"""What a person is searched by: the kinds of identifier, their one normal form, and how they are shown masked.

Two texts that mean the same must become the same, since only keyed hashes of the normal form are compared.
"""

from __future__ import annotations

import re
import unicodedata
from contextlib import suppress
from enum import StrEnum
from typing import TYPE_CHECKING

from requests_app.domain.personnummer import NotPersonnummer, birth_date, find_personnummer, read_personnummer

if TYPE_CHECKING:
    from datetime import date

__all__ = [
    "IdentifierKind",
    "InvalidIdentifier",
    "birth_date",
    "display",
    "find_personnummer",
    "name_tokens",
    "national_phone",
    "normalise",
]


class IdentifierKind(StrEnum):
    """What a system can be searched by."""

    PERSONNUMMER = "personnummer"
    CUSTOMER_NO = "customer_no"
    EMAIL = "email"
    PHONE = "phone"
    NAME = "name"


class InvalidIdentifier(ValueError):
    """A text that is no identifier of its kind. ``reason`` is a code; the text itself is never in the message.

    Codes: ``empty``, ``length``, ``characters`` (all kinds); ``form``, ``date``, ``future``, ``number``, ``checksum``
    (personnummer); ``form``, ``domain`` (e-mail); ``form`` (phone, customer number, name).
    """

    def __init__(self, kind: IdentifierKind, reason: str) -> None:
        super().__init__(f"Not a valid identifier of the kind {kind.value}: {reason}.")
        self.kind = kind
        self.reason = reason


_MAX_LENGTH = {
    IdentifierKind.PERSONNUMMER: 40,
    IdentifierKind.CUSTOMER_NO: 64,
    IdentifierKind.EMAIL: 254,  # RFC 5321 4.5.3.1.3, less the angle brackets
    IdentifierKind.PHONE: 40,
    IdentifierKind.NAME: 200,
}
_JOINERS = "\u200c\u200d"  # they are part of how some names are written
_DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_CUSTOMER_NO = re.compile(r"[\w./:-]*\w[\w./:-]*")
_EMAIL = re.compile(r"(?P<local>[^\s@<>()\[\],;:\\\"]{1,64})@(?P<domain>[^\s@]+)")
_DOMAIN_LABEL = re.compile(r"[^\W_]([^\W_]|-){0,61}[^\W_]|[^\W_]")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164: at most 15 digits
_SWEDISH_PHONE = re.compile(r"\+46[1-9][0-9]{6,8}")  # 8 to 10 digits when written with the leading zero
_MOBILE_WITHOUT_ZERO = re.compile(r"7[02369][0-9]{7}")  # what is left where a spreadsheet took it for a number


def normalise(kind: IdentifierKind, text: str, *, today: date | None = None) -> str:
    """The one normal form of an identifier; ``InvalidIdentifier`` when the text is none.

    personnummer and samordningsnummer: 12 digits. E-mail: NFC, case folded, the domain in letters rather than
    ``xn--``. Phone: E.164, Swedish when no country is given. Customer number: upper case without spaces. Name: NFC
    with single spaces, case kept, since systems are searched by it. ``today`` decides the century of ten digits and
    is the Swedish day by default.
    """
    cleaned = _clean(kind, text)
    if kind is IdentifierKind.PERSONNUMMER:
        try:
            return read_personnummer(_compact(cleaned), today)
        except NotPersonnummer as error:
            raise InvalidIdentifier(kind, error.reason) from None
    if kind is IdentifierKind.EMAIL:
        return _email(cleaned)
    if kind is IdentifierKind.PHONE:
        return _phone(cleaned)
    if kind is IdentifierKind.CUSTOMER_NO:
        return _customer_no(cleaned)
    return _name(cleaned)


def name_tokens(name: str) -> list[str]:
    """The words of a name for look-up, case folded: ``Anna-Lena Åkesson`` -> ``anna``, ``lena``, ``anna-lena``,
    ``åkesson``.

    A double name is found by either half and as a whole. Each word stands once, in the order of the name.
    """
    found: dict[str, None] = {}
    folded = _fold(_DASHES.sub("-", _without_format_characters(name).replace("\u2019", "'")))
    for word in re.split(r"[\s,;:/()\[\]\"&+|]+", folded):
        parts = [part for part in (piece.strip("._'`") for piece in word.split("-")) if part]
        found.update(dict.fromkeys(parts))
        if parts:
            found["-".join(parts)] = None
    return list(found)


def display(kind: IdentifierKind, value: str) -> str:
    """A normalised value as it may be shown where only a recognisable part is needed.

    ``19900418-****``, ``a…n@example.se``, ``+46 70 *** ** 05``. A coordination number shows the day of birth.
    Customer numbers and names say nothing more than what they are shown beside, so they are shown whole.
    """
    if kind is IdentifierKind.PERSONNUMMER:
        if not re.fullmatch(r"[0-9]{12}", value):
            return "****"
        day = int(value[6:8])
        return f"{value[:6]}{day - 60 if day > 60 else day:02d}-****"
    if kind is IdentifierKind.EMAIL:
        local, at, domain = value.rpartition("@")
        return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}{at}{domain}" if local else "…"
    if kind is IdentifierKind.PHONE:
        if len(value) < 8:
            return "****"
        country, prefix = value[:3], f"{value[3:5]} " if re.fullmatch(r"\+467[0-9]{8}", value) else ""
        return f"{country} {prefix}*** ** {value[-2:]}"
    return value


_MOBILE = re.compile(r"\+467[0-9]{8}")
_TWO_DIGIT_AREAS = frozenset(
    map(str, (10, 11, 13, 16, 18, 19, 20, 21, 23, 26, 31, 33, 35, 36, 40, 42, 44, 46, 54, 60, 63, 77, 90))
)
"""Area codes of two digits after the zero; Stockholm's has one, the others three."""


def national_phone(value: str) -> str:
    """A number in E.164 as it is written in Sweden: ``070-174 06 05``, ``08-123 45 67``. A foreign one stays as it is."""
    if not value.startswith("+46"):
        return value
    digits = value[3:]
    if not digits.isdecimal() or not 7 <= len(digits) <= 9:
        return value
    area = 1 if digits.startswith("8") else 2 if _MOBILE.fullmatch(value) or digits[:2] in _TWO_DIGIT_AREAS else 3
    return f"0{digits[:area]}-{_grouped_digits(digits[area:])}"


def _grouped_digits(digits: str) -> str:
    """Groups of two from the end, the first of two or three: ``174 06 05``, ``12 34 56``."""
    groups: list[str] = []
    while len(digits) > 3:
        groups.insert(0, digits[-2:])
        digits = digits[:-2]
    return " ".join([digits, *groups])


def _clean(kind: IdentifierKind, text: str) -> str:
    """Without the invisible characters that come along with pasted text; refuses what no identifier can hold."""
    cleaned = " ".join(_without_format_characters(text).split())
    if not cleaned:
        raise InvalidIdentifier(kind, "empty")
    if len(cleaned) > _MAX_LENGTH[kind]:
        raise InvalidIdentifier(kind, "length")
    if any(unicodedata.category(character) in ("Cc", "Cs", "Co", "Cn") for character in cleaned):
        raise InvalidIdentifier(kind, "characters")
    return cleaned


def _without_format_characters(text: str) -> str:
    return "".join(character for character in text if character in _JOINERS or unicodedata.category(character) != "Cf")


def _compact(text: str) -> str:
    """Without spaces, with plain digits and plain hyphens."""
    return _DASHES.sub("-", unicodedata.normalize("NFKC", text)).replace(" ", "")


def _fold(text: str) -> str:
    # Decomposed first, as canonical caseless matching (Unicode 3.13) has it; else the result could be folded further.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _small(text: str) -> str:
    # Lower case and no more: folding makes ss of ß, and straße@ and strasse@ may be two people's, as may the domains (IDNA 2008).
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).lower())


def _email(text: str) -> str:
    match = _EMAIL.fullmatch(text)
    if match is None:
        raise InvalidIdentifier(IdentifierKind.EMAIL, "form")
    domain = ".".join(_in_letters(label) for label in _small(match["domain"]).split("."))
    labels = _small(domain).split(".")
    if len(labels) < 2 or labels[-1].isdigit() or not all(_DOMAIN_LABEL.fullmatch(label) for label in labels):
        raise InvalidIdentifier(IdentifierKind.EMAIL, "domain")
    return f"{_small(match['local'])}@{'.'.join(labels)}"


def _in_letters(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label


def written_forms(kind: IdentifierKind, value: str) -> tuple[str, ...]:
    """A normalised value and the other forms in which a system that compares letter by letter may hold it.

    An e-mail address outside ASCII: also with its domain as ``xn--`` (RFC 5891), and decomposed (Unicode 15, chapter 3.11). What
    stands before the ``@`` is otherwise left alone: ``anna+el@`` and ``anna@`` are two addresses.
    """
    if kind is not IdentifierKind.EMAIL or value.isascii():
        return (value,)
    local, _at, domain = value.rpartition("@")
    forms = [value, unicodedata.normalize("NFD", value)]
    with suppress(UnicodeError):  # a label longer than 63 octets: no mail can be sent there
        ascii_domain = domain.encode("idna")
        if ascii_domain.decode("idna") == domain:  # the codec is of 2003 and makes ss of ß: that is another domain
            forms.insert(1, f"{local}@{ascii_domain.decode()}")
    return tuple(dict.fromkeys(forms))


def _phone(text: str) -> str:
    kind = IdentifierKind.PHONE
    dialled = re.sub(r"[-./]", "", _compact(text))
    if dialled.startswith(("+", "00")):
        dialled = dialled.replace("(0)", "", 1)
    dialled = re.sub(r"[()]", "", dialled)
    if not re.fullmatch(r"\+?[0-9]+", dialled):
        raise InvalidIdentifier(kind, "characters")
    if dialled.startswith("00"):
        dialled = f"+{dialled[2:]}"
    elif dialled.startswith("0"):
        dialled = f"+46{dialled[1:]}"
    elif _MOBILE_WITHOUT_ZERO.fullmatch(dialled):
        dialled = f"+46{dialled}"
    elif _SWEDISH_PHONE.fullmatch(f"+{dialled}"):
        dialled = f"+{dialled}"
    if dialled.startswith("+460"):
        dialled = f"+46{dialled[4:]}"
    if not (_SWEDISH_PHONE if dialled.startswith("+46") else _PHONE).fullmatch(dialled):
        raise InvalidIdentifier(kind, "form")
    return dialled


def _customer_no(text: str) -> str:
    number = _compact(text).upper()
    if not _CUSTOMER_NO.fullmatch(number):
        raise InvalidIdentifier(IdentifierKind.CUSTOMER_NO, "form")
    return number


def _name(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    if not any(character.isalpha() for character in name):
        raise InvalidIdentifier(IdentifierKind.NAME, "form")
    return name
