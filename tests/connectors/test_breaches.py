"""What is said of a connector that does not keep the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, Page, Search, TestResult
from requests_app.connectors.contract import breaches
from requests_app.connectors.manual import Manual
from requests_app.domain.records import CategorySpec, Kind, Record

if TYPE_CHECKING:
    from collections.abc import Iterator


class Careless(Manual):
    """A connector that delivers what it is told, and knows no cursor."""

    key = "careless"
    categories = (CategorySpec("things", Kind.TABLE, "Saker", "Things"),)

    def __init__(self, *pages: Page) -> None:
        self._pages = pages

    def collect(self, search: Search) -> Iterator[Page]:
        """All of it, each time."""
        yield from self._pages

    def test(self, settings: Any, secrets: Any) -> TestResult:
        """Always well."""
        return TestResult(ok=True)


class Failing(Careless):
    """One whose system is away."""

    def collect(self, search: Search) -> Iterator[Page]:
        """Nothing."""
        raise ConnectorError(Fault.UNREACHABLE)


NOW = datetime(2026, 11, 23, tzinfo=UTC)
SEARCH = Search({}, {}, (Identifier(IdentifierKind.EMAIL, "anna@example.se"),), "Anna Lindqvist", NOW)
THING = Record("1", "things", Kind.TABLE, NOW, {"a": 1})


@pytest.mark.parametrize(
    ("connector", "said"),
    [
        (Careless(Page((THING,))), None),
        (Careless(), "Nothing was found"),
        (Careless(Page((THING,), {"n": 1})), "The last page has a cursor"),
        (Careless(Page((THING,)), Page()), "has no cursor"),
        (Careless(Page((THING,), {"n": 1}), Page()), "does not deliver exactly the rest"),
        (Careless(Page((THING, THING))), "more than once"),
        (Careless(Page((THING,), {"n": NOW}), Page()), "cannot be written as JSON"),
        (Careless(Page((replace(THING, category="others"),))), "no category others"),
        (Careless(Page((replace(THING, kind=Kind.FACTS),))), "another kind"),
        (Careless(Page((replace(THING, occurred_at=NOW.replace(tzinfo=None)),))), "no time zone"),
        (Careless(Page(tuple(replace(THING, key=str(n)) for n in range(1_001)))), "more than 1,000"),
        (Failing(), "unreachable"),
        ("no connector", "no connector"),
    ],
)
def test_what_a_connector_does_not_keep_is_said(connector: Any, said: str | None) -> None:
    found = breaches(connector, SEARCH)
    assert (found == []) if said is None else any(said in one for one in found), found
