"""What is asked of Optimizely's data platform fits its own description.

The mock answers every request for one person or another of its examples, whoever is asked for: what it says of the address alone is
never of the one whose profile it gives, and so is not kept.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Search, StopStatus
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.connector import Rest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.processes, pytest.mark.slow]
EXAMPLE = "sample@test.com"
"""Whose profile the vendor's example is."""


@pytest.fixture
def search(serve: Callable[[str], str]) -> Callable[..., Search]:
    def make(email: str = EXAMPLE, **secrets: str) -> Search:
        settings: dict[str, Any] = {
            "description": shipped("optimizely_odp"),
            "base_url": serve("optimizely_odp"),
            "requester": "dpo@example.se",
        }
        return Search(
            settings=settings,
            secrets=secrets or {"api_key": "key"},
            identifiers=(Identifier(IdentifierKind.EMAIL, email),),
            person_name="Johnny Test",
            now=datetime(2026, 11, 23, 9, tzinfo=UTC),
        )

    return make


def test_the_profile_is_read(search: Callable[..., Search]) -> None:
    records = [record for page in Rest().collect(search()) for record in page.records]
    assert [(record.category, record.fields["city"]) for record in records] == [("profile", "Boston")]


@pytest.mark.parametrize(
    ("email", "category"),
    [("example@example.com", "consent"), ("test@optimizely.com", "reachability"), ("john@example.com", "address")],
)
def test_what_is_said_of_an_address_is_read(search: Callable[..., Search], email: str, category: str) -> None:
    # the mock has no profile of the addresses in these examples: let it be taken for one
    asked = search(email)
    asked.settings["description"] = shipped("optimizely_odp").replace(  # type: ignore[index]
        "      email: attributes.email\n", f"      email: \"'{email}'\"\n"
    )
    records = [record for page in Rest().collect(asked) for record in page.records]
    assert [(record.category, record.fields["identifier_value"]) for record in records] == [(category, email)]


def test_the_connection_is_tried(search: Callable[..., Search]) -> None:
    asked = search()
    assert Rest().test(asked.settings, asked.secrets).ok


def test_consent_is_taken_back(search: Callable[..., Search]) -> None:
    asked = search()
    stopper = Rest().stopper_of(asked.settings)
    assert stopper is not None
    evidence = stopper.stop_marketing(asked)
    assert (evidence.status, evidence.items[0]["status"]) == (StopStatus.STOPPED, "202")


def test_erasure_is_asked_for(search: Callable[..., Search]) -> None:
    assert Rest().change(search(), "erase", {}).items == ({"status": "202", "request": "string"},)


def test_a_request_that_does_not_fit_is_refused(search: Callable[..., Search]) -> None:
    asked = search()
    asked.settings["description"] = shipped("optimizely_odp").replace(  # type: ignore[index]
        '"{value}", consent: false', '"{value}", consent: maybe'
    )
    with pytest.raises(ConnectorError) as caught:
        Rest().change(asked, "stop_marketing", {})
    assert (caught.value.fault, caught.value.params["status"]) == (Fault.UNEXPECTED, 400)
