"""What is asked of Optimizely Campaign fits its own description.

The description has no examples, so the mock makes values up by type: whoever is asked for, the recipient is called ``string``. What it
answers is never the person's, so the requests are made here one by one.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import Identifier, IdentifierKind, Limits, Search
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.rest.client import Client
from requests_app.connectors.rest.connector import Rest
from requests_app.connectors.rest.description import described

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.processes, pytest.mark.slow]
TEXT = shipped("optimizely_campaign")
CAMPAIGN = described(TEXT)
KNOWN = {
    "value": "anna@example.se",
    "list": "17",
    "list_name": "Nyheter",
    "fields": "firstname,lastname",
    "now": "2026-11-23T09:00:00+00:00",
}
REQUESTS = (
    {f"find {n}": step for n, step in enumerate(CAMPAIGN.find, 1)}
    | {f"find {n}, more": step["more"] for n, step in enumerate(CAMPAIGN.find, 1)}
    | {f"read {name}": step for name, step in CAMPAIGN.read.items()}
    | {f"{verb} {n}": step for verb, steps in CAMPAIGN.change.items() for n, step in enumerate(steps, 1)}
)


def without_lists(step: dict[str, Any]) -> dict[str, Any]:
    """A request without ``recipientIds`` in its form: they are separated by commas, which Prism does not read as a list."""
    if "form" not in step:
        return step
    return {**step, "form": {name: value for name, value in step["form"].items() if name != "recipientIds"}}


@pytest.fixture
def settings(serve: Callable[[str], str]) -> dict[str, Any]:
    return {"description": TEXT, "base_url": serve("optimizely_campaign"), "client_id": "4711", "user": "api"}


SECRETS = {"password": "key"}


@pytest.mark.parametrize("name", REQUESTS)
def test_each_request_is_accepted(settings: dict[str, Any], name: str) -> None:
    client = Client(CAMPAIGN, settings, SECRETS, Limits(attempts=1), lambda: None)
    reply = client.send(without_lists(REQUESTS[name]), KNOWN)
    assert reply.status in {200, 202, 204}


def test_the_connection_is_tried(settings: dict[str, Any]) -> None:
    assert Rest().test(settings, SECRETS).ok


def test_whom_it_calls_otherwise_is_not_taken_for_the_person(settings: dict[str, Any]) -> None:
    search = Search(
        settings=settings,
        secrets=SECRETS,
        identifiers=(Identifier(IdentifierKind.EMAIL, "anna@example.se"),),
        person_name="Anna Lindqvist",
        now=datetime(2026, 11, 23, 9, tzinfo=UTC),
    )
    kept = {record.category for page in Rest().collect(search) for record in page.records}
    assert not kept & {"subscriber", "validity"}
