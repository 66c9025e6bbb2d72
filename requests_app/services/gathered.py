"""What a gathering holds, category by category: read from the rows of its batches, nothing is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from requests_app.connectors.base import shape
from requests_app.connectors.uploads import BY_HAND
from requests_app.domain.records import CategorySpec, Kind
from requests_app.models import DataCategory
from requests_app.services.gathering import connector_of

if TYPE_CHECKING:
    from datetime import date

    from requests_app.models import Collection, SystemVersion


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """A category of one gathering: how many records, between which days. Read from the batches' rows, nothing is opened."""

    spec: CategorySpec
    count: int
    first_on: date | None
    last_on: date | None


def spec_of(version: SystemVersion | None, category: str, kind: str) -> CategorySpec:
    """The category as its connector describes it; a plain one under its own key when the connector does not know it."""
    for spec in (*_specs(version), *BY_HAND):
        if spec.key == category:
            return spec
    known = DataCategory.objects.filter(key=category).first()
    if known is not None:  # what somebody uploaded was said to belong to it
        return CategorySpec(category, Kind(kind), known.name_sv, known.name_en)
    label = category.replace("_", " ").capitalize()
    return CategorySpec(category, Kind(kind), label, label)


def _specs(version: SystemVersion | None) -> tuple[CategorySpec, ...]:
    connector = connector_of(version)
    return shape(connector, version.settings).categories if connector and version else ()


def categories_of(row: Collection) -> list[CategoryCount]:
    """What a gathering holds, in the connector's order; ``row.system_version`` must be loaded."""
    totals: dict[str, tuple[str, int, date | None, date | None]] = {}
    for category, kind, n, first, last in row.batches.order_by("seq").values_list(
        "category", "kind", "n", "first_on", "last_on"
    ):
        _kind, count, low, high = totals.get(category, (kind, 0, None, None))
        totals[category] = (
            kind,
            count + n,
            min(filter(None, (low, first)), default=None),
            max(filter(None, (high, last)), default=None),
        )
    order = {spec.key: place for place, spec in enumerate(_specs(row.system_version))}
    return [
        CategoryCount(spec_of(row.system_version, category, kind), count, first, last)
        for category, (kind, count, first, last) in sorted(
            totals.items(), key=lambda item: order.get(item[0], len(order))
        )
    ]
