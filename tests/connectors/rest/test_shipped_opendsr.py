"""The shipped description of OpenDSR: a question is asked once, waited for as long as the processor says, and its answer fetched."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.connector import Rest
from tests.connectors.rest.conftest import NOW, System

if TYPE_CHECKING:
    from requests_app.connectors.base import Page

DSR = shipped("opendsr")
NUMBER = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
SECRETS = {"authorization": "Bearer s3cret"}


class Processor:
    """A processor: the questions it has taken on by their numbers, and what it says of all of them."""

    def __init__(self, system: System, **settings: str) -> None:
        self.system = system
        self.settings = {"description": DSR, "base_url": "https://dsr.example/v2", **settings}
        self.taken: dict[str, dict[str, Any]] = {}
        self.filed = 0
        self.says: dict[str, Any] = {"request_status": "pending"}
        self.pages: list[Page] = []
        system.answers["/v2/requests"] = self._file

    def _file(self, request: httpx.Request) -> httpx.Response:
        question = json.loads(request.content)
        number = question["subject_request_id"]
        self.filed += 1
        if number in self.taken:
            return httpx.Response(400, json={"error": {"code": 400, "message": "exists"}})
        self.taken[number] = question
        self.system.answers[f"/v2/requests/{number}"] = lambda _request: {"subject_request_id": number, **self.says}
        return httpx.Response(
            201, json={"subject_request_id": number, "encoded_request": "c2VjcmV0", "received_time": "x"}
        )

    def run(self, *, stop_after: int | None = None, **changes: Any) -> None:
        """One run from where the last one stood, ended after so many pages as a killed one is."""
        cursor = json.loads(json.dumps(self.pages[-1].cursor)) if self.pages else None
        changes = {"settings": self.settings, "secrets": SECRETS, "cursor": cursor, **changes}
        for n, page in enumerate(Rest().collect(self.system.search(DSR, **changes)), 1):
            self.pages.append(page)
            if n == stop_after:
                return

    def waits(self, **changes: Any) -> ConnectorError:
        """The fault a run ends with."""
        with pytest.raises(ConnectorError) as caught:
            self.run(**changes)
        return caught.value

    def records(self) -> list[Any]:
        return [dict(record.fields) for page in self.pages for record in page.records]


@pytest.fixture
def processor(system: System) -> Processor:
    return Processor(system)


def test_a_question_is_asked_in_the_standard_form_and_its_answer_fetched(processor: Processor) -> None:
    assert processor.waits().fault is Fault.NOT_READY
    ((number, question),) = processor.taken.items()
    assert NUMBER.fullmatch(number)
    assert question == {
        "regulation": "gdpr",
        "subject_request_id": number,
        "subject_request_type": "access",
        "submitted_time": "2026-11-23T09:00:00+00:00",
        "subject_identities": [
            {"identity_type": "email", "identity_value": "anna@example.se", "identity_format": "raw"}
        ],
        "api_version": "2.0",
    }
    processor.says = {"request_status": "completed", "results_url": "https://dsr.example/results/1", "results_count": 2}
    processor.system.answers["/results/1"] = [{"segment": "villa"}, {"segment": "elbil"}]
    processor.run(now=NOW + timedelta(hours=2))
    assert processor.records() == [{"segment": "villa"}, {"segment": "elbil"}]
    assert processor.pages[-1].cursor is None
    assert processor.filed == 1
    assert {request.headers["authorization"] for request in processor.system.asked} == {"Bearer s3cret"}


@pytest.mark.parametrize("stop_after", [1, 2])
def test_a_run_that_is_killed_never_files_twice(processor: Processor, stop_after: int) -> None:
    processor.run(stop_after=stop_after)
    if stop_after == 1:  # heard, and killed before it knew
        number = (processor.pages[-1].cursor or {})["uuid"]
        processor._file(httpx.Request("POST", "https://dsr.example", json={"subject_request_id": number}))
    assert processor.waits().fault is Fault.NOT_READY
    assert len(processor.taken) == 1


def test_a_refused_question_is_a_fault(processor: Processor) -> None:
    processor.system.answers["/v2/requests"] = httpx.Response(400, json={"error": {"code": 400}})
    assert processor.waits().fault is Fault.UNEXPECTED


def test_a_question_that_may_have_been_heard_is_not_repeated_by_itself(processor: Processor) -> None:
    processor.system.answers["/v2/requests"] = httpx.Response(503)
    error = processor.waits()
    assert (error.fault, error.transient) == (Fault.SERVER_ERROR, True)
    assert len(processor.system.asked) == 1


def test_each_identifier_is_a_question_with_a_number_of_its_own(processor: Processor) -> None:
    three = tuple(
        Identifier(kind, value)
        for kind, value in (
            (IdentifierKind.EMAIL, "anna@example.se"),
            (IdentifierKind.EMAIL, "a.l@example.se"),
            (IdentifierKind.CUSTOMER_NO, "4711"),
        )
    )
    processor.says = {"request_status": "completed", "results_count": "0"}
    processor.run(identifiers=three)
    asked = [question["subject_identities"][0] for question in processor.taken.values()]
    assert [(one["identity_type"], one["identity_value"]) for one in asked] == [
        ("email", "anna@example.se"),
        ("email", "a.l@example.se"),
        ("controller_customer_id", "4711"),
    ]
    assert processor.records() == []


@pytest.mark.parametrize(
    ("says", "seconds"),
    [
        ({"request_status": "pending"}, 3_600),
        ({"request_status": "in_progress", "expected_completion_time": "2026-11-23T15:00:00Z"}, 6 * 3_600),
        ({"request_status": "in-progress", "expected_completion_time": "2026-12-20T09:00:00Z"}, 86_400),
        ({"request_status": "pending", "expected_completion_time": "2026-11-20T09:00:00Z"}, 3_600),
        ({"request_status": "pending", "expected_completion_time": "soon"}, 3_600),
    ],
)
def test_it_asks_again_when_the_processor_says_it_will_be_done(
    processor: Processor, says: dict[str, Any], seconds: int
) -> None:
    processor.says = says
    error = processor.waits()
    assert (error.fault, error.retry_after) == (Fault.NOT_READY, seconds)


def test_it_does_not_wait_for_ever(processor: Processor) -> None:
    processor.waits()
    assert processor.waits(now=NOW + timedelta(days=31)).fault is Fault.TOO_LATE


@pytest.mark.parametrize("status", ["cancelled", "canceled"])
def test_a_cancelled_question_is_told(processor: Processor, status: str) -> None:
    processor.says = {"request_status": status}
    assert processor.waits().fault is Fault.GIVEN_UP


@pytest.mark.parametrize("link", [None, "", "https://files.example/1"])
def test_results_that_may_not_be_fetched_are_fetched_by_a_person(processor: Processor, link: str | None) -> None:
    processor.says = {"request_status": "completed", "results_url": link, "results_count": 1}
    assert processor.waits().fault is Fault.BY_HAND
    assert "files.example" not in {request.url.host for request in processor.system.asked}


def test_results_are_fetched_where_the_settings_allow_it_without_the_key(system: System) -> None:
    processor = Processor(system, results_address="https://files.example")
    processor.says = {"request_status": "completed", "results_url": "https://files.example/1?sig=x"}
    system.answers["/1"] = {"segment": "villa"}
    processor.run()
    assert processor.records() == [{"segment": "villa"}]
    assert "authorization" not in system.asked[-1].headers


def test_results_may_be_csv(system: System) -> None:
    csv = DSR.replace("    category: results", "    answer: csv\n    category: results")
    processor = Processor(system, description=csv)
    processor.says = {"request_status": "completed", "results_url": "https://dsr.example/results"}
    system.answers["/results"] = httpx.Response(200, content=b"segment\nvilla\n")
    processor.run()
    assert processor.records() == [{"segment": "villa"}]


def test_the_question_as_it_was_sent_is_not_kept(processor: Processor) -> None:
    processor.waits()
    assert "c2VjcmV0" not in json.dumps([page.cursor for page in processor.pages])


def test_version_1_has_other_names(system: System) -> None:
    processor = Processor(system, requests="opengdpr_requests", api_version="1.0")
    system.answers["/v2/opengdpr_requests"] = system.answers.pop("/v2/requests")
    assert processor.waits().fault is Fault.NOT_FOUND  # its status is asked for under the same name
    assert system.paths()[-1].startswith("/v2/opengdpr_requests/")
    assert [question["api_version"] for question in processor.taken.values()] == ["1.0"]


def test_erasure_is_filed_for_each_identifier_and_its_number_kept(processor: Processor) -> None:
    two = (Identifier(IdentifierKind.EMAIL, "anna@example.se"), Identifier(IdentifierKind.CUSTOMER_NO, "4711"))
    search = processor.system.search(DSR, settings=processor.settings, secrets=SECRETS, identifiers=two)
    evidence = Rest().change(search, "erase", {})
    assert [
        (question["subject_request_type"], question["subject_identities"][0]["identity_type"])
        for question in processor.taken.values()
    ] == [
        ("erasure", "email"),
        ("erasure", "controller_customer_id"),
    ]
    assert [item["request"] for item in evidence.items] == list(processor.taken)


def test_the_connection_is_tried_without_anybodys_data(processor: Processor) -> None:
    processor.system.answers["/v2/discovery"] = {"api_version": "2.0"}
    assert Rest().test(processor.settings, SECRETS).ok
    assert processor.system.paths() == ["/v2/discovery"]
