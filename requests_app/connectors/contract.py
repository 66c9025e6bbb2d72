"""What every connector promises, tried on one against a system of its author's: for the tests of packages that bring a connector."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from requests_app.connectors.base import Connector, ConnectorError, shape

if TYPE_CHECKING:
    from collections.abc import Iterator

    from requests_app.connectors.base import Page, Search
    from requests_app.domain.records import CategorySpec


def breaches(connector: Connector, search: Search) -> list[str]:
    """What of the contract a connector does not keep, in words. ``search`` must find somebody with records."""
    if not isinstance(connector, Connector):
        return ["It is no connector: something that all connectors have is missing."]
    categories = {category.key: category for category in shape(connector, search.settings).categories}
    try:
        pages = list(connector.collect(search))
        again = list(connector.collect(search))
    except ConnectorError as error:
        return [f"Gathering ended with {error.fault}."]
    found = [
        *_labels(connector, categories),
        *_records(pages, categories),
        *_cursors(pages),
        *([] if _keys(pages) == _keys(again) else ["Keys or order differ from one gathering to the next."]),
        *_resumed(connector, search, pages),
    ]
    if not connector.test(search.settings, search.secrets).ok:
        found.append("test() fails where collect() does not.")
    return found


def _keys(pages: list[Page]) -> list[tuple[str, str]]:
    return [(record.category, record.key) for page in pages for record in page.records]


def _labels(connector: Connector, categories: dict[str, CategorySpec]) -> Iterator[str]:
    labels = [connector.label_sv, connector.label_en]
    labels += [label for spec in connector.settings_spec for label in (spec.label_sv, spec.label_en)]
    for category in categories.values():
        labels += [category.label_sv, category.label_en]
        labels += [label for field in category.fields.values() for label in (field.label_sv, field.label_en)]
    if not all(labels):
        yield "A label is missing in Swedish or English."


def _records(pages: list[Page], categories: dict[str, CategorySpec]) -> Iterator[str]:
    records = [record for page in pages for record in page.records]
    if not records:
        yield "Nothing was found: the search must be for somebody with records."
    twice = [key for key, times in Counter(_keys(pages)).items() if times > 1]
    if twice:
        yield f"{len(twice)} keys come more than once in their category."
    for name in sorted({record.category for record in records} - set(categories)):
        yield f"There is no category {name}."
    if any(record.category in categories and record.kind is not categories[record.category].kind for record in records):
        yield "A record is of another kind than its category."
    if any(record.occurred_at is not None and record.occurred_at.tzinfo is None for record in records):
        yield "A time has no time zone."
    if any(len(page.records) > 1_000 for page in pages):
        yield "A page has more than 1,000 records."


def _cursors(pages: list[Page]) -> Iterator[str]:
    if pages and pages[-1].cursor is not None:
        yield "The last page has a cursor."
    if any(page.cursor is None for page in pages[:-1]):
        yield "A page that is not the last has no cursor."
    try:
        json.dumps([page.cursor for page in pages])
    except (TypeError, ValueError):
        yield "A cursor cannot be written as JSON."


def _resumed(connector: Connector, search: Search, pages: list[Page]) -> Iterator[str]:
    """A run taken up at any cursor delivers exactly the rest."""
    for n, page in enumerate(pages[:-1], 1):
        if page.cursor is None:
            continue
        rest = list(connector.collect(replace(search, cursor=page.cursor)))
        if _keys(rest) != _keys(pages[n:]):
            yield f"Taken up after page {n}, it does not deliver exactly the rest."
            return
