"""What a connector is told of the person of a case: by what it may search, and whom somebody has chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.connectors.base import Identifier, Search
from requests_app.domain.identifiers import IdentifierKind
from requests_app.services import gathering, keys, people
from requests_app.services.keys import GATHERED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from requests_app.connectors.base import Connector
    from requests_app.models import Case, Collection, System, SystemSecret, SystemVersion
    from requests_app.services.keys import Vault


def search_of(
    case: Case,
    vault: Vault,
    system: System,
    version: SystemVersion,
    connector: Connector,
    sealed: Iterable[SystemSecret],
    *,
    chosen: tuple[str, ...] | None = None,
) -> Search:
    """Settings, secrets and the identifiers that may be used in the system. Raises ``ConnectorError`` when it is not set up."""
    secrets = {secret.name: keys.open_secret(system, secret.name, secret.enc) for secret in sealed}
    connector.check(version.settings, secrets)
    kinds = gathering.search_kinds(connector, system, version)
    identifiers = tuple(
        Identifier(IdentifierKind(identifier.kind), value)
        for identifier in people.subject_of(case).identifiers.all()
        if identifier.usable and identifier.kind in kinds and (value := people.value_of(vault, identifier))
    )
    return Search(
        settings=version.settings,
        secrets=secrets,
        identifiers=identifiers,
        person_name=people.name_of(case, vault),
        now=timezone.now(),
        chosen=chosen,
    )


def chosen(row: Collection, vault: Vault) -> tuple[str, ...] | None:
    """Keys of those whom somebody said are the person, in the system of a gathering; None where nobody was asked."""
    if not row.candidates.filter(chosen__isnull=False).exists():
        return None
    return tuple(
        vault.unseal(GATHERED, item.enc, "candidate", row.pk, item.n)["key"]
        for item in row.candidates.filter(chosen=True)
    )
