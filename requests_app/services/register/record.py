"""The record of processing activities as Art. 30(1) wants it, read in a fixed number of queries: for the page and for the files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from requests_app.models import ItemRecipient, Processing, ProcessingItem, RegisterRow, SearchProfile
from requests_app.services import policy as policies
from requests_app.services.register.words import recipient_role, text_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from requests_app.documents.values import Lang
    from requests_app.models import System
    from requests_app.models.register import Statement

STATED, CONFIRMED, ASSUMED = "stated", "confirmed", "assumed"
"""How sure a statement is: the guideline says so, a person has vouched for it, or nobody has yet."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How sure a statement is; ``by`` and ``at`` say who vouched for it and when."""

    code: str
    by: str = ""
    at: datetime | None = None

    @property
    def assumed(self) -> bool:
        """Whether somebody still has to vouch for it."""
        return self.code == ASSUMED


@dataclass(frozen=True, slots=True)
class Controller:
    """Who is responsible and how it is reached (Art. 30(1)(a)). An empty ``org_no`` or ``dpo`` is a gap that legal fills in the policy."""

    name: str
    org_no: str
    address: tuple[str, ...]
    email: str
    phone: str
    unit: str
    dpo: str
    others: tuple[tuple[str, tuple[str, ...]], ...]
    """Other controllers that the register names, with the systems they answer for."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """Who gets data, as what, where, and what protects a transfer outside the EU/EEA (Art. 30(1)(d) and (e))."""

    name: str
    role: str
    country: str
    transfer: str
    assumed: bool


@dataclass(frozen=True, slots=True)
class Line:
    """What one system holds for an activity from one source for one time: categories (each with whether Art. 9 covers it)."""

    system: str
    active: bool
    system_assumed: bool
    categories: tuple[tuple[str, bool], ...]
    source: str
    retention: str
    law: str
    retention_assumed: bool
    receivers: tuple[Receiver, ...]
    standing: Standing

    @property
    def assumed(self) -> bool:
        """Whether any part of the line still has to be vouched for."""
        mine = self.standing.assumed or self.system_assumed or self.retention_assumed
        return mine or any(receiver.assumed for receiver in self.receivers)


@dataclass(frozen=True, slots=True)
class Activity:
    """One purpose with all that Art. 30(1)(b)–(f) asks. ``subjects`` are the search profiles of its systems: whose data it is."""

    pk: int
    key: str
    purpose: str
    legal_basis: str
    standing: Standing
    subjects: tuple[str, ...]
    automated: str
    profiling: bool
    marketing: bool
    lines: tuple[Line, ...]

    @property
    def assumed(self) -> bool:
        """Whether anything it says still has to be vouched for."""
        return self.standing.assumed or any(line.assumed for line in self.lines)

    @property
    def special(self) -> bool:
        """Whether it holds a special category (Art. 9)."""
        return any(special for line in self.lines for _name, special in line.categories)


@dataclass(frozen=True, slots=True)
class Record:
    """The whole record in one language. ``version`` is the same as long as nothing in it changes, in both languages."""

    lang: Lang
    version: str
    controller: Controller
    security: tuple[tuple[str, str], ...]
    """What the guideline says of security (Art. 30(1)(g)): the measure and its words, in the language of the guideline."""
    activities: tuple[Activity, ...]

    @property
    def open(self) -> int:
        """How many activities still hold an assumption."""
        return sum(activity.assumed for activity in self.activities)


def record(lang: Lang) -> Record:
    """Everything the register says, confirmed or not, by processing activity in the register's order."""
    activities = list(Processing.objects.select_related("confirmed_by").order_by("pk"))
    items = list(
        ProcessingItem.objects.select_related("system", "category", "retention_rule", "confirmed_by")
        .prefetch_related("recipients__recipient")
        .order_by("system__position", "system_id", "pk")
    )
    profiles = list(SearchProfile.objects.prefetch_related("systems"))
    security = list(RegisterRow.objects.filter(kind="security"))
    controller = _controller(items, lang)
    return Record(
        lang=lang,
        version=_version(activities, items, profiles, security, controller),
        controller=controller,
        security=tuple((row.name_sv, row.quote) for row in security),
        activities=tuple(_activity(activity, items, profiles, lang) for activity in activities),
    )


def standing_of(statement: Statement) -> Standing:
    """How sure a statement is; its ``confirmed_by`` must be loaded."""
    if statement.confirmed_at is not None:
        return Standing(
            CONFIRMED, statement.confirmed_by.name if statement.confirmed_by else "", statement.confirmed_at
        )
    return Standing(ASSUMED if statement.assumption else STATED)


def _controller(items: Iterable[ProcessingItem], lang: Lang) -> Controller:
    sender = policies.sender(policies.current()[1], lang)
    others: dict[str, dict[str, None]] = {}
    for item in items:
        if item.system.controller != sender.name:
            others.setdefault(item.system.controller, {})[text_in(item.system, "name", lang)] = None
    return Controller(
        name=sender.name,
        org_no=sender.org_no,
        address=sender.address,
        email=sender.email,
        phone=sender.phone,
        unit=sender.unit,
        dpo=sender.dpo,
        others=tuple((name, tuple(systems)) for name, systems in sorted(others.items())),
    )


def _activity(
    activity: Processing, items: Iterable[ProcessingItem], profiles: Iterable[SearchProfile], lang: Lang
) -> Activity:
    mine = [item for item in items if item.processing_id == activity.pk]
    systems = {item.system_id for item in mine}
    return Activity(
        pk=activity.pk,
        key=activity.key,
        purpose=text_in(activity, "purpose", lang),
        legal_basis=text_in(activity, "legal_basis", lang),
        standing=standing_of(activity),
        subjects=tuple(
            text_in(profile, "name", lang)
            for profile in profiles
            if systems & {system.pk for system in profile.systems.all()}
        ),
        automated=text_in(activity, "automated", lang),
        profiling=activity.profiling,
        marketing=activity.marketing,
        lines=_lines(mine, lang),
    )


def _lines(items: Iterable[ProcessingItem], lang: Lang) -> tuple[Line, ...]:
    """Items that say the same but for the category stand on one line."""
    grouped: dict[Any, list[ProcessingItem]] = {}
    for item in items:
        receivers = tuple(_receiver(link, lang) for link in item.recipients.all())
        key = (item.system_id, text_in(item, "source", lang), item.retention_rule_id, receivers, standing_of(item).code)
        grouped.setdefault(key, []).append(item)
    return tuple(_line(key[1], key[3], found, lang) for key, found in grouped.items())


def _line(source: str, receivers: tuple[Receiver, ...], items: list[ProcessingItem], lang: Lang) -> Line:
    system, rule, standings = items[0].system, items[0].retention_rule, [standing_of(item) for item in items]
    return Line(
        system=text_in(system, "name", lang),
        active=system.active,
        system_assumed=not system.printable,
        categories=tuple((text_in(item.category, "name", lang), item.category.special) for item in items),
        source=source,
        retention=text_in(rule, "text", lang),
        law=rule.law,
        retention_assumed=not rule.printable,
        receivers=receivers,
        standing=Standing(
            standings[0].code,
            ", ".join(dict.fromkeys(standing.by for standing in standings if standing.by)),
            max((standing.at for standing in standings if standing.at), default=None),
        ),
    )


def _receiver(link: ItemRecipient, lang: Lang) -> Receiver:
    return Receiver(
        name=text_in(link.recipient, "name", lang),
        role=recipient_role(link.recipient, lang),
        country=link.recipient.country,
        transfer=text_in(link, "transfer", lang),
        assumed=not (link.printable and link.recipient.printable),
    )


def _version(
    activities: Iterable[Processing],
    items: Iterable[ProcessingItem],
    profiles: Iterable[SearchProfile],
    security: Iterable[RegisterRow],
    controller: Controller,
) -> str:
    """Eight hexadecimal digits of what the record is made of, in both languages."""
    systems: dict[int, System] = {}
    parts: list[list[str]] = [[str((controller.name, controller.org_no, controller.address, controller.email))]]
    parts.append([controller.phone, controller.dpo])
    for activity in activities:
        parts.append(_values(activity))
    for item in items:
        systems[item.system_id] = item.system
        parts += [_values(item), _values(item.category), _values(item.retention_rule)]
        parts += [_values(row) for link in item.recipients.all() for row in (link, link.recipient)]
    for profile in profiles:
        parts.append([*_values(profile), *sorted(str(system.pk) for system in profile.systems.all())])
    parts += [_values(row) for row in security]
    parts += [
        [str(value) for value in (pk, system.name_sv, system.name_en, system.controller, system.active)]
        + [str(system.printable)]
        for pk, system in sorted(systems.items())
    ]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:8]


def _values(row: Any) -> list[str]:
    return [str(getattr(row, field.attname)) for field in row._meta.concrete_fields]
