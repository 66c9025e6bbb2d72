"""The stand-ins of the two newsletter systems."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.data_newsletter import LISTS
from sandbox.people import CAST

if TYPE_CHECKING:
    import httpx

ANNA = CAST["anna"].emails[0]


def members(client: httpx.Client, email: str) -> list[dict[str, Any]]:
    """Exact matches of a search."""
    found: list[dict[str, Any]] = client.get("/search-members", params={"query": email}).json()["exact_matches"][
        "members"
    ]
    return found


def pages(client: httpx.Client, path: str) -> list[dict[str, Any]]:
    """The results of a list and of all its next pages."""
    answer = client.get(path).json()
    results = list(answer["results"])
    while answer["next"]:
        answer = client.get(answer["next"]).json()
        results += answer["results"]
    assert len(results) == answer["count"]
    return results


def test_mailchimp_checks_the_key(mailchimp: httpx.Client) -> None:
    assert mailchimp.get("/ping").status_code == 200
    refused = mailchimp.get("/ping", auth=("anystring", "wrong"))
    assert refused.status_code == 401
    assert refused.headers["Content-Type"].startswith("application/problem+json")
    assert mailchimp.get("/ping", headers={"Authorization": "Basic å".encode()}, auth=None).status_code == 401


def test_mailchimp_finds_a_member_by_address_whatever_its_case(mailchimp: httpx.Client) -> None:
    found = members(mailchimp, ANNA.upper())
    assert {member["list_id"] for member in found} == {known.mailchimp_id for known in LISTS}
    same = mailchimp.get(f"/lists/{found[0]['list_id']}/members/{found[0]['id']}").json()
    assert same == found[0]
    assert mailchimp.get(f"/lists/{found[0]['list_id']}/members/{'0' * 32}").status_code == 404


def test_mailchimp_has_both_addresses_of_one_person(mailchimp: httpx.Client) -> None:
    ids = [member["id"] for email in CAST["two_addresses"].emails for member in members(mailchimp, email)]
    assert len(set(ids)) == 2


def test_mailchimp_pages_through_the_activity(mailchimp: httpx.Client) -> None:
    member = next(found for found in members(mailchimp, ANNA) if found["list_id"] == LISTS[0].mailchimp_id)
    path = f"/lists/{member['list_id']}/members/{member['id']}"
    whole = mailchimp.get(f"{path}/activity-feed", params={"count": 1000}).json()
    first = mailchimp.get(f"{path}/activity-feed").json()
    second = mailchimp.get(f"{path}/activity-feed", params={"offset": 10}).json()
    assert first["activity"] + second["activity"] == whole["activity"]
    assert whole["total_items"] == len(whole["activity"]) > 10
    for part in ("tags", "notes", "events"):
        assert mailchimp.get(f"{path}/{part}").json()["total_items"] == 1


def test_getanewsletter_checks_the_token(getanewsletter: httpx.Client) -> None:
    assert getanewsletter.get("/lists/").status_code == 200
    refused = getanewsletter.get("/lists/", headers={"Authorization": "Token wrong"})
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Token"


def test_getanewsletter_searches_by_part_of_an_address(getanewsletter: httpx.Client) -> None:
    near = pages(getanewsletter, "/contacts/?search_email=anna")
    assert len(near) > 1
    assert ANNA in {contact["email"] for contact in near}
    contact = getanewsletter.get(f"/contacts/{ANNA}/").json()
    assert [held["hash"] for held in contact["lists"]] == [known.hash for known in LISTS]
    subscriber = getanewsletter.get(f"/lists/{LISTS[0].hash}/subscribers/{ANNA}/").json()
    assert subscriber["id"] == contact["lists"][0]["subscription_id"]
    assert getanewsletter.get("/contacts/nobody@example.se/").status_code == 404


def test_getanewsletter_lists_contacts_and_reports_to_the_end(getanewsletter: httpx.Client) -> None:
    contacts = pages(getanewsletter, "/contacts/")
    assert len({contact["email"] for contact in contacts}) == len(contacts) > 50
    reports = pages(getanewsletter, "/reports/")
    opens = [opened for report in reports for opened in pages(getanewsletter, f"/reports/{report['id']}/opens/")]
    assert len(reports) == 12
    assert any(opened["contact"] == ANNA for opened in opens)


def test_both_tell_the_same_facts(mailchimp: httpx.Client, getanewsletter: httpx.Client) -> None:
    contacts = {contact["email"] for contact in pages(getanewsletter, "/contacts/")}
    assert all(members(mailchimp, email) for email in contacts)
