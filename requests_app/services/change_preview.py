"""A dry run: how much a system holds of the person just now, which is what it would be told to erase. Nothing is changed or kept."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from requests_app.connectors.base import ConnectorError, Fault, Limits, shape
from requests_app.models import Collection, SystemSecret
from requests_app.services import carrying_out, gathering, searching, words
from requests_app.services.audit import Actor, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict
from requests_app.services.record_words import label

if TYPE_CHECKING:
    from requests_app.connectors.base import Connector, Search
    from requests_app.models import Case, System, SystemVersion

LIMITS = Limits(max_pages=50, max_bytes=8 * 1024 * 1024, read_timeout=10.0, max_wait=2.0, attempts=1)
SECONDS = 20.0
"""How long it may take: somebody waits at the screen."""


@dataclass(frozen=True, slots=True)
class Preview:
    """How many records of each category, in the system's order. ``more``: there are more than could be counted in the time."""

    categories: tuple[tuple[str, int], ...]
    more: bool = False

    @property
    def count(self) -> int:
        """Of all categories."""
        return sum(number for _name, number in self.categories)


def dry_run(*, actor: Actor, case: Case, system: System, verb: str = carrying_out.ERASE) -> Preview:
    """Ask a system that a worker would tell what it has of the person, and count it. Logged before it is asked.

    Raises ``ValidationError`` in words when it cannot be asked, ``Conflict`` for a closed case and a system nothing can tell. Not to
    be called inside a unit of work.
    """
    member_of_staff(actor)
    version = gathering.newest_version(system)
    connector = gathering.connector_of(version)
    if case.closed_at or version is None or connector is None or not carrying_out.can_be_told(version, verb):
        raise Conflict
    with unit(actor) as work:
        work.event("action.previewed", case, system=system.key, verb=verb)
    try:
        return _counted(connector, version, _search(case, system, version, connector))
    except ConnectorError as error:
        said = words.change_fault(error.fault.value, dict(error.params), system=str(system))
    raise ValidationError(said)


def _search(case: Case, system: System, version: SystemVersion, connector: Connector) -> Search:
    vault = Vault(case)
    gathered = Collection.objects.filter(case=case, system=system, current=True).first()
    chosen = searching.chosen(gathered, vault) if gathered else None
    sealed = SystemSecret.objects.filter(system=system)
    made = searching.search_of(case, vault, system, version, connector, sealed, chosen=chosen)
    if not made.identifiers:
        raise ValidationError(
            _("There is nothing confirmed to search %(system)s by. Add an address or a number under What to search by.")
            % {"system": system}
        )
    return replace(made, limits=LIMITS)


def _counted(connector: Connector, version: SystemVersion, search: Search) -> Preview:
    counts: Counter[str] = Counter()
    until, more = time.monotonic() + SECONDS, False
    for page in connector.collect(search):
        if page.candidates:
            raise ConnectorError(Fault.SEVERAL)
        counts.update(record.category for record in page.records)
        if time.monotonic() > until:
            more = True
            break
    names = {spec.key: label(spec) for spec in shape(connector, version.settings).categories}
    ordered = [key for key in names if key in counts] + [key for key in counts if key not in names]
    return Preview(tuple((names.get(key, key), counts[key]) for key in ordered), more)
