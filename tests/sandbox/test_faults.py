"""Faults on demand, limits, latency and counts."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from tests.sandbox.conftest import Chat

INVOICES = "/customers/204102/invoices"


def spoil(control: httpx.Client, fault: str, system: str = "mina_sidor", **more: Any) -> None:
    """Turn a fault on."""
    control.post("/faults", json={"system": system, "fault": fault, **more}).raise_for_status()


@pytest.mark.parametrize("status", [500, 401, 403])
def test_it_refuses_once_and_then_answers_again(control: httpx.Client, mina_sidor: httpx.Client, status: int) -> None:
    spoil(control, str(status))
    assert [mina_sidor.get(INVOICES).status_code for _ in range(2)] == [status, 200]


def test_it_counts_normal_answers_before_and_spoilt_ones_after(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "500", after=2, times=2)
    assert [mina_sidor.get(INVOICES).status_code for _ in range(6)] == [200, 200, 500, 500, 200, 200]


def test_it_spoils_until_cleared_only_what_the_path_names(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "500", times=0, path="invoices")
    assert {mina_sidor.get(INVOICES).status_code for _ in range(3)} == {500}
    assert mina_sidor.get("/customers/204102/contracts").status_code == 200
    control.delete("/faults", params={"system": "mina_sidor"})
    assert mina_sidor.get(INVOICES).status_code == 200


def test_it_says_how_long_to_wait(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "429", retry_after=7)
    answer = mina_sidor.get(INVOICES)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_it_is_slow(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "slow", seconds=30)
    with pytest.raises(httpx.ReadTimeout):
        mina_sidor.get(INVOICES, timeout=0.1)
    assert mina_sidor.get(INVOICES).status_code == 200


def test_it_closes_the_connection_in_the_middle(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "cut_off")
    with pytest.raises(httpx.RemoteProtocolError):
        mina_sidor.get(INVOICES)


def test_it_breaks_the_json(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "broken_json")
    answer = mina_sidor.get(INVOICES)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r"."):
        answer.json()


def test_it_answers_with_wrong_types(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "wrong_types")
    spoil(control, "wrong_items")
    assert mina_sidor.get(INVOICES).json() == {
        "items": {"unexpected": True}, "page": "sjutton", "pageSize": "sjutton", "total": "sjutton"
    }  # fmt: skip
    assert set(mina_sidor.get(INVOICES).json()["items"]) == {17}


def test_it_pages_without_end(control: httpx.Client, mina_sidor: httpx.Client, chat: Chat) -> None:
    for system in ("mina_sidor", "chatt", "nyhetsbrev", "nyhetsbrev_gan"):
        spoil(control, "endless_paging", system, times=0)
    pages = [mina_sidor.get(INVOICES, params={"page": page}).json() for page in (1, 50)]
    assert pages[0]["items"] == pages[1]["items"]
    tickets = chat.message("listTickets", limit=5).json()
    again = chat.get(tickets["next"]).json()
    assert again["json"] == tickets["json"] and again["next"] == tickets["next"]


def test_newsletters_page_without_end(
    control: httpx.Client, mailchimp: httpx.Client, getanewsletter: httpx.Client
) -> None:
    spoil(control, "endless_paging", "*", times=0)
    first, later = (mailchimp.get("/lists", params={"offset": offset}).json() for offset in (0, 500))
    assert first == later and later["total_items"] > 500
    page = getanewsletter.get("/lists/").json()
    assert getanewsletter.get(page["next"]).json()["results"] == page["results"]


def test_it_leads_to_another_host(control: httpx.Client, chat: Chat, getanewsletter: httpx.Client) -> None:
    spoil(control, "foreign_next", "imbox")
    spoil(control, "foreign_next", "getanewsletter")
    spoil(control, "redirect", "imbox", location="http://other-host.example.org/")
    assert httpx.URL(chat.message("listTickets").json()["next"]).host == "other-host.example.org"
    assert httpx.URL(getanewsletter.get("/lists/").json()["next"]).host == "other-host.example.org"
    assert chat.message("listTickets").headers["Location"] == "http://other-host.example.org/"


def test_it_sends_more_than_anyone_wants(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    spoil(control, "huge", megabytes=3)
    assert len(mina_sidor.get(INVOICES).content) == 3_000_000


def test_it_keeps_a_rate_limit(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    control.post("/limits", json={"system": "mina_sidor", "requests": 3, "seconds": 60}).raise_for_status()
    answers = [mina_sidor.get(INVOICES) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60


def test_getanewsletter_says_when_to_come_back(control: httpx.Client, getanewsletter: httpx.Client) -> None:
    control.post("/limits", json={"system": "nyhetsbrev_gan", "requests": 1, "seconds": 43}).raise_for_status()
    getanewsletter.get("/lists/")
    assert getanewsletter.get("/lists/").json()["detail"].startswith("Request was throttled.")


def test_mailchimp_takes_ten_connections_at_once(control: httpx.Client, mailchimp: httpx.Client) -> None:
    control.post("/latency", json={"system": "nyhetsbrev", "seconds": 0.2}).raise_for_status()
    with ThreadPoolExecutor(14) as pool:
        statuses = list(pool.map(lambda _: mailchimp.get("/ping").status_code, range(14)))
    counted = control.get("/requests").json()["mailchimp"]
    assert statuses.count(200) >= 10
    assert (429 in statuses) == (counted["most_at_once"] > 10)


def test_it_waits_before_every_answer(control: httpx.Client, mina_sidor: httpx.Client) -> None:
    control.post("/latency", json={"system": "*", "seconds": 0.1}).raise_for_status()
    begun = time.monotonic()
    mina_sidor.get(INVOICES)
    assert time.monotonic() - begun >= 0.1


def test_it_counts_what_each_system_was_asked(control: httpx.Client, mina_sidor: httpx.Client, chat: Chat) -> None:
    mina_sidor.get(INVOICES)
    mina_sidor.get("/customers/1/invoices")
    chat.message("listTickets")
    counted = control.get("/requests").json()
    assert counted["mina_sidor"]["total"] == 2
    assert counted["mina_sidor"]["statuses"] == {"200": 1, "404": 1}
    assert counted["imbox"]["routes"] == {"listTickets": 1}
    control.post("/reset")
    assert control.get("/requests").json()["mina_sidor"]["total"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {"system": "mina_sidor", "fault": "unknown"},
        {"system": "unknown", "fault": "500"},
        {"system": "mitt_hem", "fault": "endless_paging"},
        {"system": "imbox", "fault": "500", "time": 1},
        {"system": "imbox", "fault": "500", "times": "many"},
        [],
    ],
)
def test_it_refuses_a_fault_it_does_not_know(control: httpx.Client, body: object) -> None:
    assert control.post("/faults", json=body).status_code == 400
