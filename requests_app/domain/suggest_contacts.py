"""E-mail addresses, telephone numbers and identity numbers of others in running text."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.domain.personnummer import NotPersonnummer, read_personnummer
from requests_app.domain.suggest_lists import cues
from requests_app.domain.suggest_values import Found, Own, Suggested, Why

if TYPE_CHECKING:
    from collections.abc import Iterator

_AT = r"\s?[(\[]\s?(?:at|snabel-?a)\s?[)\]]\s?"
_MARKS = r"\u0300-\u036f"  # of decomposed letters
_LABEL = rf"[^\W_](?:[\w{_MARKS}-]*[^\W_])?[{_MARKS}]*"
_EMAIL = re.compile(
    rf"(?<![\w{_MARKS}.+-])[\w{_MARKS}.+-]*[\w{_MARKS}+-](?:@|{_AT}){_LABEL}(?:\.{_LABEL})+", re.IGNORECASE
)
_OBFUSCATED = re.compile(_AT, re.IGNORECASE)
_FUNCTIONS = frozenset(
    {
        *(
            "info",
            "kundservice",
            "kundtjanst",
            "kundtjänst",
            "kund",
            "support",
            "noreply",
            "no-reply",
            "donotreply",
            "faktura",
        ),
        *(
            "fakturor",
            "invoice",
            "post",
            "registrator",
            "dataskydd",
            "dpo",
            "imy",
            "hej",
            "hello",
            "kontakt",
            "contact",
            "admin",
        ),
        *(
            "bestallning",
            "order",
            "webmaster",
            "postmaster",
            "mailer-daemon",
            "nyhetsbrev",
            "service",
            "drift",
            "felanmalan",
        ),
        *("kommun", "kommunen", "styrelsen", "reception", "konsumentvagledning"),
    }
)
"""Mailboxes of nobody in particular."""

_GAP = r"[ \u00a0]?[-–/.]?[ \u00a0]?"
_BEFORE = r"(?<![\w@#+])(?<!\d[.,:/-])"
_AFTER = r"(?![\w@]|[.,:-]\d)"
_PHONE = re.compile(
    rf"{_BEFORE}(?:"
    rf"\(?(?:\+|00)[1-9]\d{{0,2}}\)?{_GAP}(?:\(0\){_GAP})?\d{{1,4}}(?:{_GAP}\d{{2,4}}){{2,4}}"  # with a country
    rf"|07[02369](?:{_GAP}\d){{7}}"  # mobile
    rf"|\(?0\d{{1,3}}\)?(?: ?[-–/] ?| (?=\d))\d{{2,4}}(?:[ -]?\d{{2,3}}){{1,3}}"  # landline with its area code apart
    rf"|0\d{{7,9}}|7[02369]\d{{7}}|46[1-9]\d{{7,8}}"  # digits only
    rf"){_AFTER}"
)
_LOCAL = re.compile(rf"{_BEFORE}[1-9]\d{{1,2}}[ -]?\d{{2,3}}(?:[ -]?\d{{2}})?{_AFTER}")
_AREA = re.compile(
    r"0(?:8|1[013689]|2[136]|3[1356]|4[0246]|54|6[03]|90"
    r"|1[24570]\d|2[24578930]\d|3[024789]\d|4[135789]\d|5[0235-9]\d|6[124-9]\d|9[1-8]\d)"
)
_SERVICE = re.compile(r"(?:0|\+46)(?:20|77|900|99[0-9])")
_NUMBER = re.compile(
    r"(?<![\w.,:/+=#-])(?:(?P<century>(?:18|19|20))(?=\d{6}))?(?P<date>\d{6})(?P<sign>[ \u00a0]?[-+\u2010-\u2015\u2212]?[ \u00a0]?)"
    r"(?P<last>\d{4}|[xX*]{4})(?![\w@]|[.,:-]\d)"
)
_DAY = re.compile(r"(?<![\w.,:/+-])(?:19|20)?\d{6}(?![\w-]|[.,:]\d)")
_DIGIT = re.compile(r"\d")
_LAST_WORDS = re.compile(r"[^\W\d_][\w.:-]*")


def find_emails(text: str, own: Own) -> Iterator[Found]:
    """Addresses that are neither the person's nor a mailbox of nobody in particular."""
    if "@" not in text and "(" not in text and "[" not in text:
        return
    for match in _EMAIL.finditer(text):
        address = _OBFUSCATED.sub("@", match[0])
        try:
            normal = normalise(IdentifierKind.EMAIL, address)
        except InvalidIdentifier:
            continue
        if normal in own.emails or normal in own.public:
            continue
        local, _at, domain = normal.partition("@")
        if local in _FUNCTIONS:
            continue
        staff = bool(own.staff_domain) and (domain == own.staff_domain or domain.endswith("." + own.staff_domain))
        yield Found(match.start(), match.end(), Suggested.EMAIL, Why.EMAIL_STAFF if staff else Why.EMAIL)


def _cue(text: str, start: int, *, words: int = 2) -> str:
    """What the words before a number say that it is: ``phone``, ``birth``, ``number`` (of a thing) or nothing."""
    before = _LAST_WORDS.findall(text[max(0, start - 30) : start])
    if start > 30 and before and text[start - 31].isalnum():
        before = before[1:]  # cut in two
    for back, word in enumerate(reversed(before[-words:])):
        low = word.lower().rstrip(".:")
        if (
            back
            and before[-1].lower().rstrip(".:") not in cues()["filler"]
            and low not in cues()["phone"] | cues()["birth"]
        ):
            break
        parts = {low, *re.split(r"[_.-]", low)}
        for kind in ("phone", "birth", "number"):
            if not parts.isdisjoint(cues()[kind]):
                return kind
        if len(low) > 8 and low.endswith(("nummer", "nr", "numret")):
            return "phone" if low.startswith(("tele", "mobil")) else "birth" if low.startswith("person") else "number"
    return ""


def find_phones(text: str, own: Own) -> Iterator[Found]:
    """Telephone numbers, Swedish and international, that are not the person's; local ones only after a word such as *ring*."""
    if not _DIGIT.search(text):
        return
    end = 0
    for match in _PHONE.finditer(text):
        end = match.end()
        if _is_phone(text, match) and not _is_own_phone(match[0], own):
            yield Found(match.start(), match.end(), Suggested.PHONE, Why.PHONE)
    if end == 0:
        yield from _local_phones(text, own)


def _is_phone(text: str, match: re.Match[str]) -> bool:
    written = match[0]
    digits = re.sub(r"\D", "", written)
    cue = _cue(text, match.start())
    if cue in ("number", "birth") or not 8 <= len(digits) <= 15:
        return False
    if _SERVICE.match(re.sub(r"[^\d+]", "", written)):
        return False
    if written.startswith(("+", "(+", "00", "(00")):
        return not written.startswith("00") or len(digits) >= 11
    if re.match(r"07[02369]", digits):
        return len(digits) == 10
    if len(digits) > 10:
        return False
    if written == digits:  # no sign that tells it from another number
        return cue == "phone" or (not cue and _says_phone_further_off(text, match.start()))
    code = re.match(r"\(?(\d+)", written)
    return bool(code and _AREA.fullmatch(code[1])) and not _is_date(written)


def _says_phone_further_off(text: str, start: int) -> bool:
    before = {word.lower().rstrip(".:") for word in _LAST_WORDS.findall(text[max(0, start - 40) : start])}
    return bool(before & cues()["phone"]) and not before & cues()["number"]


def _is_date(written: str) -> bool:
    return bool(re.search(r"(?:19|20)\d\d$", written)) and len(re.sub(r"\D", "", written)) == 8


def _local_phones(text: str, own: Own) -> Iterator[Found]:
    for match in _LOCAL.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        said = _LAST_WORDS.findall(text[max(0, match.start() - 16) : match.start()])[-1:]
        if (
            5 <= len(digits) <= 8
            and said
            and said[0].lower().rstrip(".:") in _STRONG_CUES
            and not _is_own_phone(digits, own)
        ):
            yield Found(match.start(), match.end(), Suggested.PHONE, Why.PHONE_LOCAL)


_STRONG_CUES = frozenset({"tel", "telefon", "tfn", "telnr", "ring", "ringa", "telefonnummer", "hemnr", "phone", "call"})


def _is_own_phone(written: str, own: Own) -> bool:
    try:
        normal = normalise(IdentifierKind.PHONE, written)
    except InvalidIdentifier:
        normal = ""
    if normal in own.phones or normal in own.public:
        return True
    digits = re.sub(r"\D", "", written)
    local = not digits.startswith("0") and len(digits) >= 5 and not written.startswith("+")
    return local and any(number.endswith(digits) for number in own.phones | own.public)


def find_numbers(text: str, own: Own) -> Iterator[Found]:
    """Identity numbers that are not the person's: whole ones, with a wrong check digit or half written where the text says what it is."""
    if not _DIGIT.search(text):
        return
    taken = 0
    for match in _NUMBER.finditer(text):
        why = _number(text, match, own)
        if why is not None:
            taken = match.end()
            yield Found(match.start(), match.end(), Suggested.PERSONNUMMER, why)
    for match in _DAY.finditer(text, taken):
        day = match[0][-6:]
        if _cue(text, match.start()) == "birth" and _is_day(day) and not _is_own_day(day, own):
            yield Found(match.start(), match.end(), Suggested.PERSONNUMMER, Why.NUMBER_PART)


def _number(text: str, match: re.Match[str], own: Own) -> Why | None:
    sign, last, day = match["sign"].strip(), match["last"], match["date"]
    cue = _cue(text, match.start())
    if not last.isdecimal():
        return Why.NUMBER_PART if _is_day(day) and not _is_own_day(day, own) else None
    written = f"{match['century'] or ''}{day}{'+' if sign == '+' else '-' if sign else ''}{last}"
    try:
        number = read_personnummer(written)
    except NotPersonnummer as error:
        likely = error.reason == "checksum" and (
            cue == "birth" or (bool(match["century"]) and bool(sign) and cue != "number")
        )
        own_one = any(number.endswith(day + last) for number in own.numbers)
        return Why.NUMBER_WRONG if likely and not own_one else None
    bare = not sign and not match["century"]
    if (bare and cue != "birth" and re.match(r"07[02369]", day)) or (cue == "number" and _is_new(number)):
        return None
    if (
        number in own.numbers
        or any(one[2:] == number[2:] for one in own.numbers)
        or (bare and cue in ("number", "phone"))
    ):
        return None
    if not sign and match["century"] and cue == "number":
        return None
    return Why.NUMBER


def _is_new(number: str) -> bool:
    """Whether somebody with the number would be a baby: after a word such as *batch* it is rather a date and a counter."""
    return int(number[:4]) >= datetime.now(STOCKHOLM).year - 2


def _is_day(digits: str) -> bool:
    month, day = int(digits[2:4]), int(digits[4:6])
    return 0 <= month <= 12 and (1 <= day <= 31 or 60 <= day <= 91)


def _is_own_day(digits: str, own: Own) -> bool:
    return any(number[2:8] == digits for number in own.numbers)
