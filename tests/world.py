"""A small world for tests: two teams, staff in every role, systems that need no network, and cases to work."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from guardian.shortcuts import assign_perm

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.records import Kind, Record, content_key
from requests_app.domain.rights import Channel, IdentityMethod
from requests_app.models import (
    Case,
    Collection,
    DataCategory,
    Processing,
    ProcessingItem,
    RetentionRule,
    SearchProfile,
    System,
    SystemVersion,
    Team,
    User,
)
from requests_app.services import cases, gathering, intake, policy
from requests_app.services.audit import SYSTEM, Actor, unit
from requests_app.services.batches import BatchWriter
from requests_app.services.intake import Request
from requests_app.services.keys import Vault
from requests_app.services.moves import lock
from requests_app.services.people import Contact, Login
from requests_app.services.staff import ensure_roles, set_access
from tests.support.snapshot import once

if TYPE_CHECKING:
    from collections.abc import Iterable

PASSWORD = "correct horse battery staple"
PERSONNUMMER = "19900118-9811"
"""From Skatteverket's published test numbers."""


@dataclass
class World:
    """Who and what there is. Karin works for customer service's team, Anders for HR's; neither sees the other's cases."""

    kund: Team
    hr: Team
    karin: User
    anders: User
    lena: User
    sven: User
    ada: User
    root: User
    systems: dict[str, System] = field(default_factory=dict)

    def everyone(self) -> dict[str, User]:
        """All staff by first name."""
        return {name: getattr(self, name) for name in ("karin", "anders", "lena", "sven", "ada", "root")}


def _user(name: str, *roles: str, works: Iterable[Team] = (), oversees: Iterable[Team] = (), **fields: Any) -> User:
    user = User.objects.create_user(f"{name.lower()}@example.se", PASSWORD, name=name, language="sv", **fields)
    set_access(actor=SYSTEM, user=user, roles=roles, works=works, oversees=oversees)
    return user


def make_world() -> World:
    """Make it. The register is small and wholly confirmed."""
    return once("world", _make_world)


def _make_world() -> World:
    ensure_roles()
    policy.ensure_policy()
    kund = Team.objects.get_or_create(key="kund", defaults={"name": "Kund"})[0]
    hr = Team.objects.get_or_create(key="hr", defaults={"name": "HR"})[0]
    world = World(
        kund=kund,
        hr=hr,
        karin=_user("Karin", "coordinator", works=[kund]),
        anders=_user("Anders", "coordinator", works=[hr]),
        lena=_user("Lena", "legal", oversees=[kund, hr]),
        sven=_user("Sven", "customer_service"),
        ada=_user("Ada", "administrator"),
        root=_user("Rut", is_superuser=True),
    )
    world.systems = {
        "fakturering": _system(1, "fakturering", "Fakturering", "Billing"),
        "arkiv": _system(2, "arkiv", "Arkivet", "The archive"),
    }
    profile = SearchProfile.objects.create(key="customer", name_sv="Kund", name_en="Customer")
    profile.systems.set(world.systems.values())
    return world


def _system(position: int, key: str, name_sv: str, name_en: str) -> System:
    system = System.objects.create(key=key, name_sv=name_sv, name_en=name_en, position=position, assumption=False)
    SystemVersion.objects.create(system=system, n=1, connector="manual")
    rule = RetentionRule.objects.create(key=f"{key}-tid", text_sv="Sju år.", text_en="Seven years.", assumption=False)
    processing = Processing.objects.create(
        key=f"{key}-behandling",
        purpose_sv=f"Vi sköter {name_sv.lower()}",
        purpose_en=f"We run {name_en.lower()}",
        legal_basis="6.1.b",
        legal_basis_sv="Avtal",
        legal_basis_en="Contract",
        assumption=False,
    )
    category = DataCategory.objects.create(key=f"{key}-kategori", name_sv="Kontaktuppgifter", name_en="Contact details")
    ProcessingItem.objects.create(
        processing=processing,
        system=system,
        category=category,
        retention_rule=rule,
        source_sv="Du själv",
        source_en="You",
        assumption=False,
    )
    return system


def open_case(
    world: World,
    *,
    rights: Iterable[str] = ("access",),
    team: str = "kund",
    name: str = "Anna Andersson",
    received_on: date | None = None,
    login: str = "",
    protected: bool = False,
    personnummer: str = "",
    email: str = "anna@example.se",
    by: User | None = None,
    details: str = "",
) -> Case:
    """Open a case as it would be opened: by a login in the portal when ``login`` is given, else by hand."""
    received = timezone.now()
    if received_on:  # in the morning, unless that is still ahead
        received = min(received, datetime.combine(received_on, datetime.min.time(), STOCKHOLM) + timedelta(hours=9))
    identifiers = []
    if personnummer:
        identifiers.append((IdentifierKind.PERSONNUMMER, personnummer, "login" if login else "staff"))
    if email:
        identifiers.append((IdentifierKind.EMAIL, email, "staff"))
    default = {"rectification": "Adressen ska vara Storgatan 1.", "erasure": "Ta bort allt."}
    request = Request(
        channel=Channel.PORTAL if login else Channel.PHONE,
        rights={right: details or default.get(right, "") for right in rights},
        received_at=received,
        name=name,
        contact=Contact(email=email, phone="070-174 06 05"),
        identifiers=tuple(identifiers),
        team=team,
        login=Login("https://login.example.se", login) if login else None,
        protected=protected,
        language="sv",
    )
    actor = Actor.staff(by or world.karin)
    case = intake.open_case(actor=actor, request=request).case
    case.refresh_from_db()
    return case


def identified(world: World, case: Case) -> Case:
    """The same case once it is known who asked."""
    cases.confirm_identity(actor=Actor.staff(world.karin), case=case, method=IdentityMethod.CALL_BACK)
    case.refresh_from_db()
    return case


def record(
    category: str, kind: Kind = Kind.FACTS, at: datetime | None = None, group: str = "", **fields: Any
) -> Record:
    """A record with a key of its content."""
    return Record(
        key=content_key({**fields, "at": str(at)}),
        category=category,
        kind=kind,
        occurred_at=at,
        fields=fields,
        group=group,
    )


def put_records(case: Case, system: str, records: Iterable[Record]) -> Collection:
    """Let a system have given these records, as a worker would have written them."""
    row = case.collections.select_related("case", "system", "system_version").get(system__key=system, current=True)
    writer = BatchWriter(row, Vault(case))
    writer.add(records)
    for batch in writer.take():
        batch.save()
    Collection.objects.filter(pk=row.pk).update(
        state="done",
        outcome="found" if writer.count else "nothing",
        records=writer.count,
        next_seq=writer.next_seq,
        ended_at=timezone.now(),
    )
    with unit(SYSTEM) as work:
        gathering.settle(work, lock(case))
    case.refresh_from_db()
    row.refresh_from_db()
    return row


def gathered(world: World, case: Case) -> Case:
    """The same case with a few records from one system and none from the other."""
    if case.state in {"registered", "identifying"}:
        identified(world, case)
    put_records(case, "fakturering", [record("fakturor", belopp=100 + n, nummer=f"F-{n}") for n in range(3)])
    put_records(case, "arkiv", [])
    return case


def grant_case(world: World, case: Case, user: User) -> None:
    """Give one person one case."""
    assign_perm("work_case", user, case)
