"""What is asked of an OpenDSR processor fits the description of one of them, AppsFlyer, as far as it keeps to the standard.

It knows no e-mail addresses, so only a customer number is asked by. Its mock says of every question that it is pending: nothing completed
can be read here.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Search
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.connector import Rest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.fixture
def search(serve: Callable[[str], str]) -> Callable[..., Search]:
    def make(**settings: Any) -> Search:
        own: dict[str, Any] = {
            "description": shipped("opendsr"),
            "base_url": f"{serve('appsflyer_opendsr')}/api/gdpr/v1",
            "requests": "opendsr_requests",
            "customer_no_type": "customer_user_id",
        }
        return Search(
            settings=own | settings,
            secrets={"authorization": "Bearer key"},
            identifiers=(Identifier(IdentifierKind.CUSTOMER_NO, "4711"),),
            person_name="Anna Lindqvist",
            now=datetime(2026, 11, 23, 9, tzinfo=UTC),
        )

    return make


def fault(search: Search) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        list(Rest().collect(search))
    return caught.value


def test_a_question_is_taken_on_and_its_status_understood(search: Callable[..., Search]) -> None:
    assert fault(search()).fault is Fault.NOT_READY


def test_a_sort_of_identifier_it_does_not_know_is_refused(search: Callable[..., Search]) -> None:
    error = fault(search(customer_no_type="controller_customer_id"))
    assert (error.fault, error.params["status"]) == (Fault.UNEXPECTED, 400)


def test_erasure_is_taken_on(search: Callable[..., Search]) -> None:
    (told,) = Rest().change(search(), "erase", {}).items
    assert told["status"] == "201"


def test_the_connection_is_tried(search: Callable[..., Search]) -> None:
    asked = search()
    assert Rest().test(asked.settings, asked.secrets).ok
