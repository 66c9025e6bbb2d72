"""Parts of the ``sql`` connector that need no database: forms of identifiers, keys in cursors, and what the documentation shows."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from requests_app.connectors.sql import values
from requests_app.connectors.sql.description import described
from requests_app.connectors.sql.forms import USUAL, Sort, fits, forms
from requests_app.connectors.sql.guessing import kind_of, plain
from requests_app.domain.identifiers import IdentifierKind
from sandbox.people import CAST

PNR = CAST["anna"].personnummer
DOCS = Path(__file__).resolve().parents[3] / "docs" / "connectors.md"
PHONE, EMAIL, NUMBER = IdentifierKind.PHONE, IdentifierKind.EMAIL, IdentifierKind.PERSONNUMMER


MOBILE = (
    "+46701740605 46701740605 0046701740605 0701740605 070-174_06_05 070-1740605 070_174_06_05 +46_70_174_06_05 "
    "+46_70-174_06_05 +46_(0)70-174_06_05 0701-740605 0701-74_06_05 +46_701740605"
)


@pytest.mark.parametrize("written", MOBILE.replace("_", "\N{NO-BREAK SPACE}").split(" "))
def test_a_mobile_number_is_found_however_it_is_usually_written(written: str) -> None:
    assert written.replace("\N{NO-BREAK SPACE}", " ") in forms(PHONE, "+46701740605", USUAL[PHONE], Sort.TEXT)
    assert fits(PHONE, "+46701740605", [], written)


@pytest.mark.parametrize("written", ["08-123 45 67", "08-1234567", "081234567", "+46 8 123 45 67", "08 123 45 67"])
def test_so_is_a_number_of_stockholm(written: str) -> None:
    assert written in forms(PHONE, "+4681234567", USUAL[PHONE], Sort.TEXT)


def test_a_foreign_number_has_fewer_forms() -> None:
    assert set(forms(PHONE, "+4712345678", USUAL[PHONE], Sort.TEXT)) == {"+4712345678", "4712345678", "004712345678"}


def test_a_personnummer_is_asked_for_as_it_is_written() -> None:
    assert forms(NUMBER, PNR, USUAL[NUMBER], Sort.TEXT) == [
        PNR,
        f"{PNR[:8]}-{PNR[8:]}",
        PNR[2:],
        f"{PNR[2:8]}-{PNR[8:]}",
    ]
    assert forms(NUMBER, PNR, ("YYMMDD-NNNN",), Sort.TEXT) == [f"{PNR[2:8]}-{PNR[8:]}"]
    assert forms(NUMBER, "200404181234", USUAL[NUMBER], Sort.INTEGER) == [200404181234, 404181234]


def test_whoever_is_past_100_may_stand_with_a_plus() -> None:
    assert {"040404+1234", "040404-1234"} <= set(forms(NUMBER, "190404041234", USUAL[NUMBER], Sort.TEXT))


def test_an_address_outside_ascii_is_asked_for_in_its_other_forms() -> None:
    found = forms(EMAIL, "a@åre.se", ("any",), Sort.TEXT)

    assert found[0] == "a@åre.se"
    assert any(str(form).startswith("a@xn--") for form in found)
    assert "a@Åre.se" in found  # lower() of some databases knows ASCII alone


def test_a_column_that_cannot_hold_an_identifier_is_not_asked() -> None:
    assert forms(EMAIL, "a@example.se", ("any",), Sort.INTEGER) == []
    assert forms(IdentifierKind.CUSTOMER_NO, "K-1", ("plain",), Sort.UUID) == []
    number = "11111111-2222-3333-4444-555555555555"
    assert forms(IdentifierKind.CUSTOMER_NO, number, ("plain",), Sort.UUID) == [UUID(number)]


@pytest.mark.parametrize("found", [None, True, "", "anna2@example.se", b"x", 7])
def test_what_is_something_else_does_not_fit(found: Any) -> None:
    assert not fits(EMAIL, "anna@example.se", ["anna@example.se"], found)


KEYS = st.one_of(
    st.integers(),
    st.text(),
    st.datetimes(),
    st.datetimes(timezones=st.just(UTC)),
    st.dates(),
    st.uuids(),
    st.binary(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
)


@given(KEYS)
def test_a_key_comes_back_out_of_a_cursor_as_it_was(key: Any) -> None:
    assert values.keepable(key)
    back = values.as_read(json.loads(json.dumps(values.as_kept(key))))
    assert (type(back), back) == (type(key), key)


@pytest.mark.parametrize("key", [None, float("nan"), [1], {"a": 1}])
def test_what_cannot_be_kept_is_no_key(key: Any) -> None:
    assert not values.keepable(key)


@given(st.lists(st.text(), min_size=1, max_size=3), st.lists(st.text(), min_size=1, max_size=3))
def test_different_keys_never_become_one_text(one: list[str], other: list[str]) -> None:
    assert (values.joined(one) == values.joined(other)) is (one == other)


def test_keys_are_written_plainly() -> None:
    assert values.joined([7, date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC), Decimal("1.50"), b"\x01"]) == (
        "7:2026-01-02:2026-01-02T00\\:00\\:00+00\\:00:1.50:01"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("E-post", EMAIL),
        ("emailAddress", EMAIL),
        ("kund_epost", EMAIL),
        ("PersonNr", NUMBER),
        ("pnr", NUMBER),
        ("KundNr", IdentifierKind.CUSTOMER_NO),
        ("customer_number", IdentifierKind.CUSTOMER_NO),
        ("mobil", PHONE),
        ("telefonnummer", PHONE),
        ("postnummer", None),
        ("customer_id", None),
        ("hotel", None),
        ("mailing_id", None),
    ],
)
def test_a_column_is_guessed_by_its_name(name: str, kind: IdentifierKind | None) -> None:
    assert kind_of(name) is kind


def test_names_of_all_sorts_become_names_of_a_description() -> None:
    assert [plain(name) for name in ("KundNr", "Kund-nr", "ÄRENDE", "tbl.Köp")] == [
        "kund_nr",
        "kund_nr",
        "arende",
        "tbl_kop",
    ]


def test_the_example_in_the_documentation_is_a_description() -> None:
    [text] = [
        block for block in re.findall(r"```yaml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL) if "people:" in block
    ]
    description = described(text)

    assert list(description.entries) == ["customers", "signups", "invoices", "lines", "readings", "agreements"]
