"""A system that answers as a test says, without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from requests_app.connectors import http
from requests_app.connectors.base import Identifier, IdentifierKind, Limits, Search
from requests_app.connectors.rest.connector import Rest

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.connectors.base import Page

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ANNA = (Identifier(IdentifierKind.EMAIL, "anna@example.se"),)
LIMITS = Limits(attempts=2, max_wait=0.01, max_pages=50)


@dataclass
class System:
    """What was asked, and how it is answered: by path, a value or something that makes an answer of a request."""

    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        found = self.answers.get(request.url.path, httpx.Response(404))
        found = found(request) if callable(found) else found
        answer = found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)
        return httpx.Response(answer.status_code, headers=answer.headers, stream=httpx.ByteStream(answer.content))

    def paths(self) -> list[str]:
        """What was asked for, with its query, in order."""
        return [request.url.raw_path.decode() for request in self.asked]

    def search(self, description: str, **changes: Any) -> Search:
        """A search for Anna."""
        usual: dict[str, Any] = {
            "settings": {"description": description, "base_url": "https://system.example/v1"},
            "secrets": {"key": "s3cret"},
            "identifiers": ANNA,
            "person_name": "Anna Lindqvist",
            "now": NOW,
            "limits": LIMITS,
        }
        return Search(**(usual | changes))

    def gather(self, description: str, **changes: Any) -> list[Page]:
        """All pages, each cursor having been through JSON."""
        pages = list(Rest().collect(self.search(description, **changes)))
        json.dumps([page.cursor for page in pages])
        return pages

    def resumed(self, description: str, pages: list[Page], **changes: Any) -> None:
        """A run taken up at any cursor delivers exactly the rest."""
        for done, page in enumerate(pages[:-1], 1):
            kept = json.loads(json.dumps(page.cursor))
            rest = self.gather(description, cursor=kept, **changes)
            assert [one.records for one in rest] == [one.records for one in pages[done:]]


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> System:
    """A system that every connection leads to."""
    found = System()
    client = httpx.Client(transport=httpx.MockTransport(found))
    answer: Callable[[], httpx.Client] = lambda: client  # noqa: E731
    monkeypatch.setattr(http, "shared_client", answer)
    return found


def describe(more: str, *, auth: str = "", head: str = "") -> str:
    """A description with its usual beginning and one category."""
    return (
        "name: Test\n"
        "settings: {base_url: {label: Adress, type: url}}\n"
        "secrets: {key: {label: Nyckel, required: false}}\n"
        'address: "{base_url}"\n'
        "test: {get: /ping}\n"
        "categories: {items: {kind: table, label: Saker, key: id}}\n"
        f"{auth}\n{head}\n{more}\n"
    )
