"""A register of made-up systems gathered by a connector whose every page is scripted, and cases about one made-up person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Any, ClassVar

from django.utils import timezone

from requests_app.connectors.base import Candidate, Derived, Page, Search, SettingSpec, TestResult
from requests_app.domain.identifiers import IdentifierKind
from requests_app.domain.records import CategorySpec, FieldSpec, Kind, Record
from requests_app.domain.rights import Channel
from requests_app.models import (
    Case,
    DataCategory,
    Policy,
    Processing,
    ProcessingItem,
    RetentionRule,
    SearchProfile,
    System,
    SystemVersion,
    Team,
    User,
)
from requests_app.services.audit import PERSON
from requests_app.services.intake import Request, open_case
from requests_app.services.people import Contact, Login
from requests_app.services.policy import PolicyValues

PERSONNUMMER = "189004299807"  # one of Skatteverket's published test numbers
NOTES = CategorySpec("notes", Kind.FACTS, "Anteckningar", "Notes", {"text": FieldSpec("Text", "Text")})
LETTERS = CategorySpec("letters", Kind.TABLE, "Brev", "Letters", {"text": FieldSpec("Text", "Text")})

Step = Page | Exception | Callable[[Search], Any]


class Scripted:
    """Plays a list of steps: a page is yielded, an error raised, a callable called (a page it returns is yielded)."""

    key: ClassVar[str] = "scripted"
    label_sv: ClassVar[str] = "Påhittad"
    label_en: ClassVar[str] = "Made up"
    automatic: ClassVar[bool] = True
    settings_spec: ClassVar[tuple[SettingSpec, ...]] = ()
    categories: ClassVar[tuple[CategorySpec, ...]] = (NOTES, LETTERS)

    def __init__(self, key: str, searches_by: frozenset[IdentifierKind]) -> None:
        self.key = key  # type: ignore[misc]
        self.searches_by = searches_by
        self.steps: list[Step] = [Page()]
        self.searches: list[Search] = []

    def check(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
        """Always well."""

    def collect(self, search: Search) -> Iterator[Page]:
        """Play the steps after the cursor."""
        self.searches.append(search)
        done = search.cursor["step"] + 1 if search.cursor else 0
        for step in self.steps[done:]:
            if callable(step) and not isinstance(step, Page):
                step = step(search)
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Page):
                yield step

    def test(self, settings: Mapping[str, Any], secrets: Mapping[str, str]) -> TestResult:
        """Always well."""
        return TestResult(ok=True)


def record(number: int, category: CategorySpec = NOTES, **fields: Any) -> Record:
    """A record with the key ``r<number>``."""
    return Record(f"r{number}", category.key, category.kind, None, {"text": f"post {number}", **fields})


def page(step: int, *numbers: int, last: bool = False, **more: Any) -> Page:
    """A page of records; ``step`` is its place in the script, which is its cursor."""
    return Page(records=tuple(record(number) for number in numbers), cursor=None if last else {"step": step}, **more)


def derived(kind: IdentifierKind, value: str, *, strong: bool = False) -> Derived:
    """An identifier a system gives."""
    return Derived(kind, value, strong)


def candidates(*keys: str) -> Page:
    """Persons to choose between."""
    return Page(candidates=tuple(Candidate(key, {"name": f"Person {key}"}) for key in keys), cursor={"step": -1})


class World:
    """Systems, a team, a policy and a coordinator."""

    def __init__(self, monkeypatch: Any, *keys: str) -> None:
        from requests_app.connectors import registry

        self.connectors: dict[str, Scripted] = {}
        real = registry.get
        monkeypatch.setattr(registry, "get", lambda key: self.connectors[key] if key in self.connectors else real(key))
        Policy.objects.get_or_create(version=1, defaults={"values": PolicyValues().as_json()})
        self.team, _ = Team.objects.get_or_create(key="kund", defaults={"name": "Kundservice"})
        self.profile, _ = SearchProfile.objects.get_or_create(
            key="customer", defaults={"name_sv": "Kund", "name_en": "Customer"}
        )
        self.user = User.objects.create_user("karin@hem.example", name="Karin Ek")
        for key in keys:
            self.add(key)

    def add(self, key: str, *kinds: IdentifierKind, connector: str | None = None) -> System:
        """A system in the customers' profile, searched by personnummer unless said otherwise."""
        system = System.objects.create(
            key=key,
            name_sv=key.capitalize(),
            name_en=key.capitalize(),
            needs_personnummer=True,
            position=System.objects.count(),
        )
        if connector is None:
            self.connectors[key] = Scripted(key, frozenset(kinds or {IdentifierKind.PERSONNUMMER}))
        SystemVersion.objects.create(system=system, n=1, connector=connector or key)
        self.profile.systems.add(system)
        self._state_why(system)
        return system

    def _state_why(self, system: System) -> None:
        """What the register says of a system, none of it assumed, so that an answer may go out."""
        known = {"assumption": False}
        processing, _ = Processing.objects.get_or_create(
            key="avtal",
            defaults={
                "purpose_sv": "För att leverera el",
                "purpose_en": "To deliver electricity",
                "legal_basis": "6.1.b",
                "legal_basis_sv": "Avtal",
                "legal_basis_en": "Contract",
                **known,
            },
        )
        category, _ = DataCategory.objects.get_or_create(key="namn", defaults={"name_sv": "Namn", "name_en": "Name"})
        rule, _ = RetentionRule.objects.get_or_create(
            key="avtalstid",
            defaults={"text_sv": "Så länge avtalet gäller", "text_en": "As long as the contract runs", **known},
        )
        System.objects.filter(pk=system.pk).update(**known)
        ProcessingItem.objects.create(
            processing=processing,
            system=system,
            category=category,
            retention_rule=rule,
            source_sv="Dig själv",
            source_en="You",
            **known,
        )

    def script(self, key: str, *steps: Step) -> Scripted:
        """Say what a system answers from now on."""
        connector = self.connectors[key]
        connector.steps = list(steps)
        return connector

    def open(
        self,
        *rights: str,
        personnummer: str = PERSONNUMMER,
        details: Mapping[str, str] = MappingProxyType({}),
        **more: Any,
    ) -> Case:
        """A case filed with a login."""
        request = Request(
            channel=Channel.PORTAL,
            rights={right: details.get(right, "") for right in rights or ("access",)},
            received_at=timezone.now() - timedelta(minutes=1),
            name=more.pop("name", "Anna Åkesson"),
            contact=Contact(),
            identifiers=((IdentifierKind.PERSONNUMMER, personnummer, "login"),),
            login=Login("demo", personnummer),
            **more,
        )
        return open_case(actor=PERSON, request=request).case
