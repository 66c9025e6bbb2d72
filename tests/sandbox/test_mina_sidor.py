"""The stand-in of Mina sidor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sandbox.people import CAST
from sandbox.settings import MINA_SIDOR_TOKEN, WITHOUT_SCOPE

if TYPE_CHECKING:
    import httpx

    from sandbox.people import Person


def all_items(client: httpx.Client, person: Person, kind: str, size: int) -> list[dict[str, Any]]:
    """Every item of a list, page by page."""
    items: list[dict[str, Any]] = []
    page = 1
    while True:
        path = f"/customers/{person.customer_no}/{kind}"
        answer = client.get(path, params={"page": page, "pageSize": size}).json()
        items += answer["items"]
        if not answer["items"]:
            assert answer["total"] == len(items)
            return items
        page += 1


def search(client: httpx.Client, **query: str) -> list[str]:
    """Customer numbers found."""
    return [item["customerNumber"] for item in client.get("/customers", params=query).json()["items"]]


@pytest.mark.parametrize(
    ("token", "status"), [("wrong", 401), (MINA_SIDOR_TOKEN + WITHOUT_SCOPE, 403), (MINA_SIDOR_TOKEN, 200)]
)
def test_it_checks_the_token(mina_sidor: httpx.Client, token: str, status: int) -> None:
    answer = mina_sidor.get("/customers?customerNumber=204101", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == status
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)


def test_it_finds_a_customer_by_each_of_four_criteria(mina_sidor: httpx.Client) -> None:
    anna = CAST["anna"]
    assert search(mina_sidor, personalIdentityNumber=anna.personnummer or "") == ["204101"]
    assert search(mina_sidor, customerNumber="204101") == ["204101"]
    assert search(mina_sidor, email="Anna.Lindqvist@example.se") == ["204101"]
    assert search(mina_sidor, phone=anna.phones[0]) == ["204101"]
    assert search(mina_sidor, personalIdentityNumber=CAST["nothing"].personnummer or "") == []


def test_it_wants_exactly_one_criterion_and_a_known_customer(mina_sidor: httpx.Client) -> None:
    assert mina_sidor.get("/customers").status_code == 400
    assert mina_sidor.get("/customers?email=a@example.se&phone=1").status_code == 400
    assert mina_sidor.get("/customers/999999/invoices").status_code == 404
    assert mina_sidor.get("/customers/204101/invoices?page=x").status_code == 400


def test_it_finds_both_of_a_couple_by_their_shared_address(mina_sidor: httpx.Client) -> None:
    assert search(mina_sidor, email="familjen.sandberg@example.se") == ["204104", "204105"]
    held = all_items(mina_sidor, CAST["couple_b"], "contracts", 50)
    assert [holder["role"] for holder in held[0]["holders"]] == ["holder", "coHolder"]


def test_it_gives_every_item_once_whatever_the_size_of_the_page(mina_sidor: httpx.Client) -> None:
    small = all_items(mina_sidor, CAST["lots"], "invoices", 7)
    assert small == all_items(mina_sidor, CAST["lots"], "invoices", 200)
    assert len({item["invoiceNumber"] for item in small}) == len(small) > 200


def test_it_says_where_an_address_came_from_and_hides_a_protected_one(mina_sidor: httpx.Client) -> None:
    assert mina_sidor.get("/customers/204101").json()["address"]["source"] == "SPAR"
    protected = mina_sidor.get(f"/customers/{CAST['protected'].customer_no}").json()
    assert protected["protectedIdentity"] is True and protected["address"] is None


def test_it_brings_hostile_text_through_unharmed(mina_sidor: httpx.Client) -> None:
    notes = [note["text"] for case in all_items(mina_sidor, CAST["hostile"], "cases", 50) for note in case["notes"]]
    assert any("\x00" in text for text in notes)
    assert any("<script>" in text for text in notes)
    assert any(text.startswith("=") for text in notes)
