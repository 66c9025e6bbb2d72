"""The shipped descriptions of Optimizely: whose data is taken, what the fields are called, and what is changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from requests_app.connectors.base import ConnectorError, Fault, StopStatus
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest import auth
from requests_app.connectors.rest.connector import Rest

if TYPE_CHECKING:
    from tests.connectors.rest.conftest import System

ODP = shipped("optimizely_odp")
ACCOUNT = {
    "settings": {"description": ODP, "base_url": "https://odp.example/v3", "requester": "dpo@example.se"},
    "secrets": {"api_key": "s3cret"},
}
ANNA = {
    "first_name": "Anna",
    "last_name": "Lindqvist",
    "email": "Anna@example.se",
    "gender": "F",
    "house_kind": "Villa",
}
ADDRESS = {"identifier_field_name": "email", "identifier_value": "anna@example.se", "zaius_id": 7}


@pytest.fixture
def odp(system: System) -> System:
    """An account that knows Anna."""
    system.answers = {
        "/v3/profiles": httpx.Response(202, json={"attributes": ANNA, "identifiers": {"vuid": "9"}}),
        "/v3/schema/objects/customers/fields": [
            {"name": "house_kind", "display_name": "Bostadstyp"},
            {"name": "first_name", "display_name": "First Name"},
        ],
        "/v3/consent/email": ADDRESS | {"consent": True, "consent_update_ts": 1_700_000_000},
        "/v3/reachability/email": ADDRESS | {"reachable": False, "reachable_update_type": "hard_bounce"},
        "/v3/identifiers/email": ADDRESS | {"metadata": {"mailbox_provider": "example"}},
    }
    return system


def test_what_odp_knows_of_a_person_is_read_with_its_own_names_for_fields_of_its_own(odp: System) -> None:
    pages = odp.gather(ODP, **ACCOUNT)
    records = {record.category: record for page in pages for record in page.records}
    assert set(records) == {"profile", "consent", "reachability", "address"}
    profile = records["profile"].fields
    assert profile["first_name"] == "Anna"
    assert profile["Bostadstyp"] == "Villa"
    assert profile["identifiers"] == {"vuid": "9"}
    assert "attributes" not in profile
    assert records["consent"].occurred_at is not None
    assert records["consent"].occurred_at.year == 2023
    assert records["address"].fields["mailbox_provider"] == "example"
    assert {request.headers["x-api-key"] for request in odp.asked} == {"s3cret"}
    odp.resumed(ODP, pages, **ACCOUNT)


def test_every_documented_field_of_odp_has_a_name_in_both_languages(odp: System) -> None:
    specs = {spec.key: spec for spec in Rest().shape_of(ACCOUNT["settings"]).categories}
    records = [record for page in odp.gather(ODP, **ACCOUNT) for record in page.records]
    unnamed = {field for record in records for field in record.fields if field not in specs[record.category].fields}
    assert unnamed == {"Bostadstyp"}
    assert specs["reachability"].fields["reachable_update_type"].words["hard_bounce"] == (
        "bestående studs",
        "permanent bounce",
    )


def test_a_profile_of_another_address_is_not_kept(odp: System) -> None:
    odp.answers["/v3/profiles"] = {"attributes": ANNA | {"email": "hanna@example.se"}}
    assert odp.gather(ODP, **ACCOUNT) == []


def test_what_odp_says_of_another_address_is_not_kept(odp: System) -> None:
    odp.answers["/v3/consent/email"] = ADDRESS | {"identifier_value": "hanna@example.se", "consent": True}
    categories = {record.category for page in odp.gather(ODP, **ACCOUNT) for record in page.records}
    assert categories == {"profile", "reachability", "address"}


def test_whom_odp_does_not_know_is_nobody_found(odp: System) -> None:
    odp.answers["/v3/profiles"] = httpx.Response(404)
    assert odp.gather(ODP, **ACCOUNT) == []


def test_a_key_that_odp_does_not_accept_is_told(odp: System) -> None:
    odp.answers["/v3/schema/objects/customers/fields"] = httpx.Response(403, json={"message": "Forbidden"})
    tried = Rest().test(ACCOUNT["settings"], ACCOUNT["secrets"])
    assert (tried.ok, tried.fault) == (False, Fault.FORBIDDEN)


def test_marketing_is_stopped_in_odp_by_taking_the_consent_back(odp: System) -> None:
    odp.answers["/v3/consent"] = httpx.Response(202, json={"title": "Accepted", "timestamp": "2026-11-23T09:00:00Z"})
    stopper = Rest().stopper_of(ACCOUNT["settings"])
    assert stopper is not None
    evidence = stopper.stop_marketing(odp.search(ODP, **ACCOUNT))
    assert evidence.status is StopStatus.STOPPED
    assert evidence.items == ({"status": "202", "at": "2026-11-23T09:00:00Z"},)
    (said,) = json.loads(odp.asked[-1].content)
    assert (said["identifier_value"], said["consent"]) == ("anna@example.se", False)


def test_whose_marketing_odp_does_not_know_is_told_nothing_of(odp: System) -> None:
    odp.answers["/v3/profiles"] = httpx.Response(404)
    stopper = Rest().stopper_of(ACCOUNT["settings"])
    assert stopper is not None
    assert stopper.stop_marketing(odp.search(ODP, **ACCOUNT)).status is StopStatus.UNKNOWN
    assert {request.method for request in odp.asked} == {"GET"}


def test_erasure_in_odp_is_asked_for_and_its_number_kept(odp: System) -> None:
    odp.answers["/v3/compliance/gdpr/delete"] = httpx.Response(202, json={"request_ids": ["r-1"]})
    evidence = Rest().change(odp.search(ODP, **ACCOUNT), "erase", {})
    assert evidence.items == ({"status": "202", "request": "r-1"},)
    assert json.loads(odp.asked[-1].content) == [
        {"requester": "dpo@example.se", "identifier_field_name": "email", "identifier_value": "anna@example.se"}
    ]


def test_an_erasure_that_odp_gives_no_number_for_is_looked_at(odp: System) -> None:
    odp.answers["/v3/compliance/gdpr/delete"] = httpx.Response(202, json={"request_ids": []})
    with pytest.raises(ConnectorError) as caught:
        Rest().change(odp.search(ODP, **ACCOUNT), "erase", {})
    assert caught.value.fault is Fault.WRONG_TYPE


FORMS = shipped("optimizely_forms")
SITE = {
    "settings": {
        "description": FORMS,
        "base_url": "https://www.example.se",
        "token_address": "https://www.example.se/api/episerver/connect/token",
        "client_id": "hemdsr",
        "forms": "114, 120",
        "email_fields": "E-post, __field_33",
    },
    "secrets": {"client_secret": "s3cret"},
}
CONTACT = "/EPiServer.Forms.ServiceApi/GetFormData(Id=114,Language=null)"
COMPETITION = "/EPiServer.Forms.ServiceApi/GetFormData(Id=120,Language=null)"


def contacts(request: httpx.Request) -> object:
    """Two pages of a form."""
    if "$skip" in request.url.params:
        return {"value": [{"E-post": "ANNA@example.se", "Fil": "https://www.example.se/fil/1.pdf"}]}
    hers = {"E-post": "anna@example.se", "SYSTEMCOLUMN_SubmitTime": "2026-11-20T12:00:00Z", "Meddelande": "Hej"}
    return {
        "value": [hers, {"E-post": "hanna@example.se", "Meddelande": "om anna@example.se"}, {"E-post": None}],
        "@odata.nextLink": f"https://www.example.se{CONTACT}?$skip=3",
    }


@pytest.fixture
def site(system: System) -> System:
    """A website with two forms."""
    auth.forget()
    system.answers = {
        "/api/episerver/connect/token": {"access_token": "t0ken", "expires_in": 3600},
        CONTACT: contacts,
        COMPETITION: {"value": [{"__field_33": "anna@example.se", "Svar": "B"}]},
    }
    return system


def test_the_persons_submissions_of_every_form_are_kept_and_nobody_elses(site: System) -> None:
    pages = site.gather(FORMS, **SITE)
    records = [record for page in pages for record in page.records]
    assert [(record.group, record.fields.get("Meddelande", record.fields.get("Svar"))) for record in records] == [
        ("114", "Hej"),
        ("114", None),
        ("120", "B"),
    ]
    assert records[0].occurred_at is not None
    assert records[1].fields["Fil"] == "https://www.example.se/fil/1.pdf"
    assert "hanna" not in json.dumps([[record.to_row() for record in page.records] + [page.cursor] for page in pages])
    site.resumed(FORMS, pages, **SITE)


def test_the_service_is_let_in_by_a_token_of_its_own(site: System) -> None:
    site.gather(FORMS, **SITE)
    assert b"grant_type=client_credentials" in site.asked[0].content
    assert {request.headers["authorization"] for request in site.asked[1:]} == {"Bearer t0ken"}


def test_who_has_sent_in_nothing_is_nobody_found(site: System) -> None:
    site.answers |= {CONTACT: {"value": []}, COMPETITION: {"value": [{"__field_33": "hanna@example.se"}]}}
    assert [record for page in site.gather(FORMS, **SITE) for record in page.records] == []


def test_a_form_without_any_of_the_named_fields_is_a_fault(site: System) -> None:
    site.answers[COMPETITION] = {"value": [{"__field_34": "anna@example.se"}]}
    with pytest.raises(ConnectorError) as caught:
        site.gather(FORMS, **SITE)
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": "email_fields"})


@pytest.mark.parametrize("setting", ["forms", "email_fields"])
def test_a_setting_that_lists_nothing_is_told(site: System, setting: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        site.gather(FORMS, **{**SITE, "settings": {**SITE["settings"], setting: " , "}})
    assert (caught.value.fault, caught.value.params) == (Fault.MISCONFIGURED, {"setting": setting})


def test_the_website_is_tried_without_anybodys_submission(site: System) -> None:
    site.answers[CONTACT] = {"value": []}
    assert Rest().test(SITE["settings"], SITE["secrets"]).ok
    assert site.paths()[-1] == f"{CONTACT}?%24top=0"
