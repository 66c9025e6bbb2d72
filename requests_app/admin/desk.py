"""A case on somebody's desk: what its page and forms need, read once when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Prefetch, prefetch_related_objects
from django.http import Http404
from django.utils.timezone import localtime
from django.utils.translation import get_language

from requests_app.domain.deadline_words import format_day
from requests_app.domain.rights import IdentityMethod, Outcome
from requests_app.models import CaseRight, Decision, Event, EventPayload, IdentityCheck, OwnerLink, OwnerMessage, Render
from requests_app.services import access, delivery, intake, people, register, review, words
from requests_app.services.audit import Actor
from requests_app.services.keys import GATHERED, Vault

if TYPE_CHECKING:
    from requests_app.domain.rights import Way
    from requests_app.models import Case, CaseReopening, Collection, Identifier, System, User
    from requests_app.services.people import Person
    from requests_app.services.register import UnconfirmedStatement


@dataclass
class Desk:
    """A case on somebody's desk: what its forms offer is read once, when it is asked for."""

    user: User
    case: Case

    def read(self) -> Case:
        """The case with what a page shows of it in many places, read once. For showing only: what is done reads anew."""
        decided = Decision.objects.select_related("by", "approval", "approval__answered_by")
        rights = CaseRight.objects.select_related("checklist")
        prefetch_related_objects(
            [self.case],
            Prefetch("rights", rights),
            Prefetch("rights__decisions", decided),
            "parties__identifiers",
        )
        return self.case

    @cached_property
    def actor(self) -> Actor:
        """Who works."""
        return Actor.staff(self.user)

    @cached_property
    def vault(self) -> Vault:
        """The case's keys."""
        return Vault(self.case)

    @cached_property
    def rows(self) -> list[Collection]:
        """The gatherings that count, in the register's order; ``has_link`` and ``has_words`` say whether its owner was asked or asked."""
        found = self.case.collections.filter(current=True).select_related("case", "system__owner", "system_version")
        found = found.annotate(
            has_link=Exists(OwnerLink.objects.filter(collection=OuterRef("pk"))),
            has_words=Exists(OwnerMessage.objects.filter(collection=OuterRef("pk"))),
        )
        return list(found.order_by("system__position", "system__key"))

    @cached_property
    def waiting(self) -> list[tuple[Identifier, str]]:
        """Identifiers that wait for a click, with what is shown of them."""
        systems = {row.system.key: str(row.system) for row in self.rows}
        found = [identifier for identifier in people.subject_of(self.case).identifiers.all() if identifier.waiting]
        return [
            (
                item,
                "{kind} {value} · {source}".format(
                    kind=words.word(words.IDENTIFIER_KINDS, item.kind),
                    value=people.shown(self.vault, item),
                    source=words.identifier_source(item.source, systems.get(item.source, "")),
                ),
            )
            for item in found
        ]

    @cached_property
    def statements(self) -> list[UnconfirmedStatement]:
        """What the register says of this case's systems that nobody has confirmed or replaced."""
        return review.open_statements(self.case, self.rows)

    @cached_property
    def renders(self) -> list[Render]:
        """The documents that count, the oldest first."""
        found = Render.objects.filter(case=self.case, superseded=False).select_related(
            "case", "pdf", "package", "template"
        )
        return list(found.order_by("pk"))

    @cached_property
    def reopenings(self) -> list[CaseReopening]:
        """When the case was taken up again."""
        return list(self.case.reopenings.select_related("by"))

    @cached_property
    def workers(self) -> list[User]:
        """Who may handle the case."""
        return list(access.workers_of(self.case.team).order_by("name"))

    @cached_property
    def identity(self) -> IdentityCheck | None:
        """How it was made sure who asked; None while that has not been done."""
        return IdentityCheck.objects.filter(case=self.case).select_related("by").first()

    @property
    def by_mailbox(self) -> bool:
        """Whether a login by one-time link is all that says who asked."""
        return self.identity is not None and self.identity.method == IdentityMethod.EMAIL.value

    @cached_property
    def person(self) -> Person:
        """The opened person."""
        return people.person_of(self.case, self.vault)

    @cached_property
    def duplicates(self) -> list[Case]:
        """Open cases of the same person that this member of staff may see."""
        if self.case.closed_at:
            return []
        found = intake.possible_duplicates(self.case)
        seen = access.cases_visible_to(self.user).filter(pk__in=[case.pk for case in found]) if found else ()
        shown = {case.pk for case in seen}
        return [case for case in found if case.pk in shown]

    @cached_property
    def joined_to(self) -> Case | None:
        """The case in which this one is answered, when it was joined to one that this member of staff may see."""
        if self.case.closed_as != Outcome.JOINED.value:
            return None
        joined = Event.objects.filter(case_ref=self.case.ref, kind="case.joined").values("seq")
        said = EventPayload.objects.filter(seq__in=joined).order_by("seq").last()
        number = said.open.get("other") if said else None
        return access.cases_visible_to(self.user).filter(diary_no=number).first() if number else None

    @cached_property
    def ways(self) -> tuple[Way, ...]:
        """How something may leave."""
        return delivery.ways_for(self.case)

    @cached_property
    def profile(self) -> list[System]:
        """The systems the search profile proposes."""
        return register.profile_systems(self.case.profile)

    def row(self, key: str) -> Collection:
        """The gathering from one system."""
        found = next((row for row in self.rows if row.system.key == key), None)
        if found is None:
            raise Http404
        return found

    def candidates(self, key: str) -> list[tuple[Any, str]]:
        """Persons a system found, with the facts that tell them apart."""
        row = self.row(key)
        opened = [
            (item, self.vault.unseal(GATHERED, item.enc, "candidate", row.pk, item.n) or {})
            for item in row.candidates.all()
        ]
        return [
            (item, " · ".join(_fact(str(value)) for value in held.get("fields", {}).values() if value) or str(item.n))
            for item, held in opened
        ]


def _fact(value: str) -> str:
    """A fact about a candidate; a time of the vendor's as a day in Sweden."""
    if len(value) < len("2026-11-25T10:15"):
        return value
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        return value
    return format_day(localtime(when).date() if when.tzinfo else when.date(), get_language() or "sv")
