from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given, strategies as st

from requests_app.connectors import base
from requests_app.domain import identifiers
from requests_app.domain.identifiers import (
    IdentifierKind as Kind,
    InvalidIdentifier,
    display,
    name_tokens,
    national_phone,
    normalise,
    written_forms,
)


def reason(kind: Kind, text: str) -> str:
    with pytest.raises(InvalidIdentifier) as caught:
        normalise(kind, text)
    assert caught.value.kind is kind
    assert len(text) < 4 or text not in str(caught.value)
    return caught.value.reason


def test_connectors_meet_the_same_kinds() -> None:
    assert base.IdentifierKind is identifiers.IdentifierKind


@pytest.mark.parametrize(
    "text",
    [
        "198106092391",
        "19810609-2391",
        "8106092391",
        "810609-2391",
        "810609\u20132391",
        " 810609 - 2391 ",
        "19810609 2391",
        "1981 06 09 2391",
        "19810609\u00a02391",
        "\u200e19810609-2391\u200b",
        "１９８１０６０９－２３９１",
        "19810609-2391\n",
    ],
)
def test_an_identity_number_is_twelve_digits(text: str) -> None:
    assert normalise(Kind.PERSONNUMMER, text, today=date(2026, 11, 22)) == "198106092391"


def test_an_identity_number_that_is_none_says_why() -> None:
    assert reason(Kind.PERSONNUMMER, "19810609-2392") == "checksum"
    assert reason(Kind.PERSONNUMMER, "19811309-2391") == "date"
    assert reason(Kind.PERSONNUMMER, "hej") == "form"


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Anna.Akesson@Example.SE", "anna.akesson@example.se"),
        (" anna+el@example.se\n", "anna+el@example.se"),
        ("A\u030akesson@example.se", "åkesson@example.se"),
        ("ÅKESSON@ÅKERI.example", "åkesson@åkeri.example"),
        ("info@xn--keri-poa.example", "info@åkeri.example"),
        ("info@XN--KERI-POA.example", "info@åkeri.example"),
        ("a@b.se", "a@b.se"),
        ("\u200banna@example.se\ufeff", "anna@example.se"),
        ("o'brien@sub.example.co.uk", "o'brien@sub.example.co.uk"),
    ],
)
def test_an_email_address_is_folded(text: str, normal: str) -> None:
    assert normalise(Kind.EMAIL, text) == normal


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        (" \u200b ", "empty"),
        ("anna", "form"),
        ("anna@", "form"),
        ("@example.se", "form"),
        ("an na@example.se", "form"),
        ("anna@@example.se", "form"),
        ("anna@example@example.se", "form"),
        ("Anna <anna@example.se>", "form"),
        ("anna@example.se,bo@example.se", "form"),
        ("x" * 65 + "@example.se", "form"),
        ("anna@example", "domain"),
        ("anna@example..se", "domain"),
        ("anna@-example.se", "domain"),
        ("anna@example-.se", "domain"),
        ("anna@ex_ample.se", "domain"),
        ("anna@192.168.0.1", "domain"),
        (f"anna@{'x' * 64}.se", "domain"),
        (f"anna@{'x.' * 130}se", "length"),
        ("anna\x00@example.se", "characters"),
        ("anna\ud83d@example.se", "characters"),
    ],
)
def test_what_is_no_email_address_says_why(text: str, why: str) -> None:
    assert reason(Kind.EMAIL, text) == why


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("070-174 06 05", "+46701740605"),
        ("0701740605", "+46701740605"),
        ("+46 70 174 06 05", "+46701740605"),
        ("+46 (0)70-174 06 05", "+46701740605"),
        ("+46(0)701740605", "+46701740605"),
        ("0046701740605", "+46701740605"),
        ("0046 (0) 70 174 06 05", "+46701740605"),
        ("+46 070 174 06 05", "+46701740605"),
        ("46701740605", "+46701740605"),
        ("701740605", "+46701740605"),
        ("(070) 174.06.05", "+46701740605"),
        ("070/174 06 05", "+46701740605"),
        ("070\u2013174\u00a006\u00a005", "+46701740605"),
        ("\u202a070-174 06 05\u202c", "+46701740605"),
        ("031-390 06 01", "+46313900601"),
        ("08-465 004 01", "+46846500401"),
        ("+45 32 12 34 56", "+4532123456"),
        ("004532123456", "+4532123456"),
        ("+1 (202) 555-0143", "+12025550143"),
    ],
)
def test_a_phone_number_is_international(text: str, normal: str) -> None:
    assert normalise(Kind.PHONE, text) == normal


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("-", "characters"),
        ("ring mig", "characters"),
        ("070-174 06 05 ankn 3", "characters"),
        ("070+1740605", "characters"),
        ("112", "form"),
        ("1740605", "form"),
        ("070-174", "form"),
        ("070-174 06 05 12", "form"),
        ("+0701740605", "form"),
        ("+1234567890123456", "form"),
        ("0" * 41, "length"),
    ],
)
def test_what_is_no_phone_number_says_why(text: str, why: str) -> None:
    assert reason(Kind.PHONE, text) == why


def test_a_customer_number_has_no_spaces_and_capitals() -> None:
    assert normalise(Kind.CUSTOMER_NO, " k 100 234-a ") == "K100234-A"
    assert normalise(Kind.CUSTOMER_NO, "K\u20111") == "K-1"
    assert [reason(Kind.CUSTOMER_NO, text) for text in ("--", "12?", "x" * 65)] == ["form", "form", "length"]


def test_a_name_keeps_its_case_and_has_single_spaces() -> None:
    assert normalise(Kind.NAME, "  Anna-Lena \n A\u030akesson ") == "Anna-Lena Åkesson"
    assert [reason(Kind.NAME, text) for text in ("", "123", "x" * 201, "A\x07")] == [
        "empty",
        "form",
        "length",
        "characters",
    ]


texts = st.one_of(st.text(max_size=40), st.text(st.sampled_from("+0123456789 ()-"), max_size=20), st.emails())


@given(st.sampled_from(list(Kind)), texts)
def test_the_normal_form_of_a_normal_form_is_itself(kind: Kind, text: str) -> None:
    try:
        normal = normalise(kind, text)
    except InvalidIdentifier:
        return
    assert normalise(kind, normal) == normal


@given(st.emails())
def test_ordinary_email_addresses_are_found_again_however_they_are_written(address: str) -> None:
    try:
        normal = normalise(Kind.EMAIL, address)
    except InvalidIdentifier as error:
        assert error.reason in ("domain", "form", "length")
        return
    assert normalise(Kind.EMAIL, f"  {address.upper()} ") == normalise(Kind.EMAIL, address.lower()) == normal


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("Anna-Lena Åkesson", ["anna", "lena", "anna-lena", "åkesson"]),
        ("ÅKESSON, Anna\u2011Lena", ["åkesson", "anna", "lena", "anna-lena"]),
        ("Per  per PER", ["per"]),
        ("Sean O\u2019Brien", ["sean", "o'brien"]),
        ("Carl G. von Linné (dödsbo)", ["carl", "g", "von", "linné", "dödsbo"]),
        ("Ali & Fatima", ["ali", "fatima"]),
        ("-- . '", []),
        ("", []),
        ("Weiß", ["weiss"]),
    ],
)
def test_a_name_is_looked_up_by_its_words(name: str, tokens: list[str]) -> None:
    assert name_tokens(name) == tokens


@given(st.text(max_size=30))
def test_words_of_a_name_do_not_depend_on_case_or_composition(name: str) -> None:
    tokens = name_tokens(name)
    assert (
        tokens == name_tokens(unicodedata.normalize("NFD", name)) == name_tokens(" ".join(name.casefold().split(" ")))
    )
    assert len(tokens) == len(set(tokens))
    assert all(token in name_tokens(token) for token in tokens)


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        (Kind.PERSONNUMMER, "198106092391", "19810609-****"),
        (Kind.PERSONNUMMER, "191500722390", "19150012-****"),
        (Kind.PERSONNUMMER, "oläsligt", "****"),
        (Kind.EMAIL, "anna@example.se", "a…a@example.se"),
        (Kind.EMAIL, "ab@example.se", "a…@example.se"),
        (Kind.EMAIL, "oläsligt", "…"),
        (Kind.PHONE, "+46701740605", "+46 70 *** ** 05"),
        (Kind.PHONE, "+46313900601", "+46 *** ** 01"),
        (Kind.PHONE, "+4532123456", "+45 *** ** 56"),
        (Kind.PHONE, "112", "****"),
        (Kind.CUSTOMER_NO, "K100234", "K100234"),
        (Kind.NAME, "Anna-Lena Åkesson", "Anna-Lena Åkesson"),
    ],
)
def test_only_a_recognisable_part_is_shown(kind: Kind, value: str, shown: str) -> None:
    assert display(kind, value) == shown


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("+46701740605", "070-174 06 05"),
        ("+46812345678", "08-12 34 56 78"),
        ("+4635123456", "035-12 34 56"),
        ("+46430123456", "0430-12 34 56"),
        ("+46346123456", "0346-12 34 56"),
        ("+4712345678", "+4712345678"),
        ("+46", "+46"),
    ],
)
def test_it_writes_a_swedish_number_as_swedes_do(stored: str, shown: str) -> None:
    assert national_phone(stored) == shown


@pytest.mark.parametrize("address", ["straße@example.se", "anna@straße.example", "ANNA@STRAßE.example"])
def test_sharp_s_and_double_s_are_two_addresses(address: str) -> None:
    normal = normalise(Kind.EMAIL, address)
    assert normal == address.lower() != normalise(Kind.EMAIL, address.replace("ß", "ss"))
    assert all("strasse" not in form for form in written_forms(Kind.EMAIL, normal))
