"""The stand-in of Mitt HEM."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sandbox.people import CAST
from sandbox.settings import MITT_HEM_KEY, WITHOUT_SCOPE

if TYPE_CHECKING:
    import httpx


def services(client: httpx.Client, slug: str) -> dict[str, dict[str, Any]]:
    """The services of an account by type."""
    found = client.get(f"/accounts/{CAST[slug].account_id}/locations").json()["locations"]
    return {service["type"]: service for location in found for service in location["services"]}


def values(client: httpx.Client, slug: str, meter: str, first: str, last: str, resolution: str) -> list[dict[str, Any]]:
    """Readings of a window."""
    query = {"fromDate": first, "toDate": last, "resolution": resolution}
    answer = client.get(f"/accounts/{CAST[slug].account_id}/measurements/{meter}", params=query)
    answer.raise_for_status()
    found: list[dict[str, Any]] = answer.json()["values"]
    return found


def test_it_checks_the_key(mitt_hem: httpx.Client) -> None:
    for key, status in (("", 401), (MITT_HEM_KEY + WITHOUT_SCOPE, 403), (MITT_HEM_KEY, 200)):
        assert mitt_hem.get("/accounts/search?ssn=1", headers={"X-API-Key": key}).status_code == status


def test_it_finds_accounts_by_the_criteria_of_the_kit(mitt_hem: httpx.Client) -> None:
    anna = CAST["anna"]
    by = {"ssn": anna.personnummer, "email": anna.emails[0], "phonenumber": anna.phones[0]}
    for key, value in by.items():
        found = mitt_hem.get("/accounts/search", params={key: value}).json()
        assert found == {"accounts": [{"accountId": anna.account_id}]}
    shared = mitt_hem.get("/accounts/search", params={"email": CAST["couple_a"].emails[0]}).json()["accounts"]
    assert len(shared) == 2
    assert mitt_hem.get("/accounts/search").status_code == 400


def test_it_answers_every_part_of_an_account(mitt_hem: httpx.Client) -> None:
    account = f"/accounts/{CAST['anna'].account_id}"
    service = services(mitt_hem, "anna")["consumption_trade"]
    assert mitt_hem.get(account).json()["personalId"] == CAST["anna"].personnummer
    assert mitt_hem.get(f"{account}/roles").json()["roles"][0]["role"] == "owner"
    assert mitt_hem.get(f"{account}/invoices").json()["invoices"]
    assert mitt_hem.get(f"{account}/services/{service['id']}/agreements").json()["agreements"][0]["status"] == "active"
    assert mitt_hem.get(f"{account}/services/{service['id']}/products").json()["products"]
    query = {"fromDate": "2026-11-01", "toDate": "2026-12-01", "resolution": "month"}
    costs = mitt_hem.get(f"{account}/costs/{service['costId']}", params=query).json()
    assert costs["currency"] == "SEK" and len(costs["values"]) == 1


def test_it_gives_every_hour_of_three_years_once_when_stepped(mitt_hem: httpx.Client) -> None:
    meter = services(mitt_hem, "lots")["consumption_trade"]["measurementId"]
    moments: list[datetime] = []
    day = date(2023, 10, 1)
    while day < date(2026, 12, 1):
        step = day + timedelta(days=31)
        found = values(mitt_hem, "lots", meter, day.isoformat(), step.isoformat(), "hour")
        moments += [datetime.fromisoformat(value["date"]) for value in found]
        day = step
    assert len(moments) == 26_784
    assert {later - earlier for earlier, later in itertools.pairwise(moments)} == {timedelta(hours=1)}
    lengths = Counter(moment.date() for moment in moments)
    odd = {day: hours for day, hours in lengths.items() if hours != 24}
    assert odd == {
        date(2024, 3, 31): 23,
        date(2024, 10, 27): 25,
        date(2025, 3, 30): 23,
        date(2025, 10, 26): 25,
        date(2026, 3, 29): 23,
        date(2026, 10, 25): 25,
    }


def test_it_tells_the_two_hours_of_autumn_apart_by_their_offset(mitt_hem: httpx.Client) -> None:
    meter = services(mitt_hem, "lots")["consumption_trade"]["measurementId"]
    day = values(mitt_hem, "lots", meter, "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00", "hour")
    assert [value["date"] for value in day][2:4] == ["2025-10-26T02:00:00+02:00", "2025-10-26T02:00:00+01:00"]


def test_it_refuses_a_window_that_is_too_wide(mitt_hem: httpx.Client) -> None:
    meter = services(mitt_hem, "lots")["consumption_trade"]["measurementId"]
    query = {"fromDate": "2026-01-01", "toDate": "2026-02-02", "resolution": "hour"}
    answer = mitt_hem.get(f"/accounts/{CAST['lots'].account_id}/measurements/{meter}", params=query)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "window_too_wide"


def test_it_answers_in_the_meters_own_resolution_when_a_finer_one_is_asked_for(mitt_hem: httpx.Client) -> None:
    meter = services(mitt_hem, "anna")["consumption_trade"]["measurementId"]
    query = {"fromDate": "2026-11-01", "toDate": "2026-11-08", "resolution": "15min"}
    answer = mitt_hem.get(f"/accounts/{CAST['anna'].account_id}/measurements/{meter}", params=query).json()
    assert answer["resolution"] == "day"
    assert len(answer["values"]) == 7


def test_it_goes_on_with_the_next_tenants_readings_after_a_removal(mitt_hem: httpx.Client) -> None:
    service = services(mitt_hem, "moved_out")["consumption_trade"]
    assert service["endDate"] == "2025-05-31T23:59:59+02:00"
    meter = service["measurementId"]
    assert meter == services(mitt_hem, "next_tenant")["consumption_trade"]["measurementId"]
    may = values(mitt_hem, "moved_out", meter, "2025-05-01", "2025-06-01", "day")
    june = values(mitt_hem, "moved_out", meter, "2025-06-01", "2025-07-01", "day")
    assert (len(may), len(june)) == (31, 30)
    assert sum(value["energy"] for value in june) > 1.5 * sum(value["energy"] for value in may)


def test_it_keeps_accounts_apart(mitt_hem: httpx.Client) -> None:
    meter = services(mitt_hem, "lots")["consumption_trade"]["measurementId"]
    query = {"fromDate": "2026-01-01", "toDate": "2026-01-02", "resolution": "hour"}
    answer = mitt_hem.get(f"/accounts/{CAST['anna'].account_id}/measurements/{meter}", params=query)
    assert answer.status_code == 404
