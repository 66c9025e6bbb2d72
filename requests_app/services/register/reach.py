"""How each system is reached when somebody asks for their data: by a program, by hand, or not at all; and how that went lately."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.db.models import Max, Q
from django.utils.translation import get_language

from requests_app.connectors import registry
from requests_app.connectors.base import settings_spec
from requests_app.domain.states import CollectionOutcome, CollectionState
from requests_app.models import Collection, System, SystemCheck

if TYPE_CHECKING:
    from datetime import datetime

    from requests_app.connectors.base import Connector
    from requests_app.models import SystemVersion

LATELY = 50_000
"""Gatherings that are looked through for the last success and failure, newest first: the page reads no million rows."""
_SUCCEEDED = [
    outcome.value for outcome in (CollectionOutcome.FOUND, CollectionOutcome.NOTHING, CollectionOutcome.PARTIAL)
]


class Way(StrEnum):
    """How the data of a system comes into a case."""

    CONNECTOR = "connector"  # a program asks it
    UNSET = "unset"  # a program could, but its settings are not filled in: nothing is gathered
    BY_HAND = "by_hand"  # its owner, or the coordinator, looks in it
    OWNERLESS = "ownerless"  # by hand, and nobody is noted as its owner
    NOTHING = "nothing"  # no way is chosen, or the package that brought it is gone


@dataclass(frozen=True, slots=True)
class Reach:
    """One system, how it is reached and how that went. ``failed_at`` is of gatherings that stand failed and wait for a person."""

    system: System
    way: Way
    connector: str
    version: int
    owner: str
    succeeded_at: datetime | None
    failed_at: datetime | None
    tested_at: datetime | None
    test_ok: bool


def reaches() -> list[Reach]:
    """Every system in the register's order, in a fixed number of queries."""
    systems = System.objects.select_related("owner").prefetch_related("versions", "secrets").order_by("position", "key")
    newest = Collection.objects.aggregate(last=Max("pk"))["last"] or 0
    rows = Collection.objects.filter(pk__gt=newest - LATELY).order_by().values("system_id")
    went: dict[int, dict[str, Any]] = {
        row["system_id"]: {**row}
        for row in rows.annotate(
            succeeded=Max("ended_at", filter=Q(outcome__in=_SUCCEEDED, state=CollectionState.DONE.value)),
            failed=Max("ended_at", filter=Q(current=True, state=CollectionState.FAILED.value)),
        )
    }
    tests = _tests()
    return [_reach(system, went.get(system.pk, {}), tests.get(system.pk)) for system in systems]


def _reach(system: System, went: dict[str, Any], test: tuple[datetime, bool] | None) -> Reach:
    version = max(system.versions.all(), key=lambda found: found.n, default=None)
    connector = _connector(version)
    return Reach(
        system=system,
        way=_way(system, version, connector),
        connector=_label(connector) if connector else version.connector if version else "",
        version=version.n if version else 0,
        owner=system.owner.name if system.owner else system.owner_name,
        succeeded_at=went.get("succeeded"),
        failed_at=went.get("failed"),
        tested_at=test[0] if test else None,
        test_ok=bool(test and test[1]),
    )


def _way(system: System, version: SystemVersion | None, connector: Connector | None) -> Way:
    if version is None or connector is None:
        return Way.NOTHING
    if connector.automatic:
        return Way.CONNECTOR if _is_set(system, version, connector) else Way.UNSET
    return Way.BY_HAND if system.owner or system.owner_name or system.owner_email else Way.OWNERLESS


def _is_set(system: System, version: SystemVersion, connector: Connector) -> bool:
    """Whether everything the connector needs is filled in; whether it is right only a test of the connection tells."""
    secrets = {secret.name for secret in system.secrets.all()}
    return all(
        spec.key in secrets if spec.secret else (version.settings.get(spec.key) or spec.default) not in (None, "")
        for spec in settings_spec(connector, version.settings)
        if spec.required
    )


def _connector(version: SystemVersion | None) -> Connector | None:
    try:
        return registry.get(version.connector) if version else None
    except LookupError:
        return None


def _label(connector: Connector) -> str:
    return connector.label_en if (get_language() or "sv").startswith("en") else connector.label_sv


def _tests() -> dict[int, tuple[datetime, bool]]:
    """When each system's connection was last tried, and whether it answered."""
    last = SystemCheck.objects.order_by().values("system_id").annotate(last=Max("pk")).values("last")
    return {row.system_id: (row.at, row.ok) for row in SystemCheck.objects.filter(pk__in=last)}
