"""Why we have the data, system by system and each thing once: the box that opens a system, and what sections 4 to 10 and 15 tell.

The register keeps a fact for each combination of purpose, source, period and recipients; a reader wants each of them once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from requests_app.documents.values import Extract, NotSearched, ProcessingFact, RecipientFact, SystemSection

MOST_LINES = 3
"""Lines of one row in the box; when there are more, the box says where they all stand."""
MOST_NAMES = 8
"""Recipients in the box; names are short."""


@dataclass(frozen=True, slots=True)
class Box:
    """Why, on which ground, from where, to whom and how long. What is too much for a box is empty: a pointer stands there."""

    purposes: tuple[str, ...]
    more_purposes: int
    grounds: tuple[str, ...]
    sources: tuple[str, ...]
    recipients: tuple[str, ...]
    recipients_elsewhere: bool
    retentions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """What one system's facts come to, each said once. Categories are joined to what holds for all of them."""

    system: str
    purposes: tuple[tuple[str, str], ...]
    """Purpose and legal basis."""
    categories: str
    recipients: tuple[RecipientFact, ...]
    transfers: tuple[RecipientFact, ...]
    retentions: tuple[tuple[str, str], ...]
    """Categories and how long they are kept."""
    sources: tuple[tuple[str, str], ...]
    """Categories and where they come from."""


@dataclass(frozen=True, slots=True)
class AllTold:
    """All systems that hold data about the person, and the names of those whose facts are not established."""

    systems: tuple[Told, ...]
    automated: tuple[tuple[str, tuple[str, ...]], ...]
    """Automated decisions, each with the systems it is made in; ``profiling`` likewise."""
    profiling: tuple[tuple[str, tuple[str, ...]], ...]
    unstated: tuple[str, ...]
    found: bool

    @property
    def recipients(self) -> bool:
        """Whether anybody has been given the data."""
        return any(system.recipients for system in self.systems)

    @property
    def dated(self) -> bool:
        """Whether it is known of any recipient when it was given the data."""
        return any(recipient.disclosed for system in self.systems for recipient in system.recipients)

    @property
    def transfers(self) -> bool:
        """Whether the data goes outside the EU/EEA."""
        return any(system.transfers for system in self.systems)


def _unique(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def listed(names: Iterable[str]) -> str:
    """Names of categories as one enumeration: small letters within it, and semicolons where a name has a comma of its own."""
    made = [name if i == 0 or name[1:2].isupper() else name[:1].lower() + name[1:] for i, name in enumerate(names)]
    return ("; " if any("," in name for name in made) else ", ").join(made)


def _by_text(facts: list[ProcessingFact], text_of: Callable[[ProcessingFact], str]) -> tuple[tuple[str, str], ...]:
    """Each text once, with the categories it holds for."""
    found: dict[str, dict[str, None]] = {}
    for fact in facts:
        if text_of(fact):
            found.setdefault(text_of(fact), {}).update(dict.fromkeys(fact.categories))
    return tuple((listed(categories), text) for text, categories in found.items())


def box(facts: list[ProcessingFact]) -> Box | None:
    """The box of a system with these facts; None when there are none."""
    if not facts:
        return None
    purposes = _unique(fact.purpose for fact in facts)
    names = _unique(recipient.name for fact in facts for recipient in fact.recipients)
    shown = purposes if len(purposes) <= MOST_LINES + 1 else purposes[:MOST_LINES]
    return Box(
        purposes=shown,
        more_purposes=len(purposes) - len(shown),
        grounds=_few(fact.legal_basis for fact in facts),
        sources=_few(fact.source for fact in facts),
        recipients=names[:MOST_NAMES],
        recipients_elsewhere=len(names) > MOST_NAMES,
        retentions=_few(fact.retention for fact in facts),
    )


def _few(texts: Iterable[str]) -> tuple[str, ...]:
    found = _unique(texts)
    return found if len(found) <= MOST_LINES else ()


def with_data(extract: Extract) -> list[SystemSection]:
    """The systems that hold data about the person, also when all of it is withheld."""
    return [section for section in extract.sections if section.count or section.withheld]


def told(extract: Extract) -> AllTold:
    """What sections 4 to 10 say, of the systems that hold data and no others."""
    found = with_data(extract)
    systems, unstated = [], []
    automated: dict[str, list[str]] = {}
    profiling: dict[str, list[str]] = {}
    for section in found:
        facts = [fact for fact in extract.processings if fact.system_key == section.key]
        if facts:
            systems.append(_told(section.name, facts))
            for text in _unique(fact.automated_decision for fact in facts):
                automated.setdefault(text, []).append(section.name)
            for text in _unique(fact.profiling for fact in facts):
                profiling.setdefault(text, []).append(section.name)
        else:
            unstated.append(section.name)
    return AllTold(
        systems=tuple(systems),
        automated=tuple((text, tuple(names)) for text, names in automated.items()),
        profiling=tuple((text, tuple(names)) for text, names in profiling.items()),
        unstated=tuple(unstated),
        found=bool(found),
    )


def _told(system: str, facts: list[ProcessingFact]) -> Told:
    recipients = tuple(dict.fromkeys(recipient for fact in facts for recipient in fact.recipients))
    return Told(
        system=system,
        purposes=tuple(dict.fromkeys((fact.purpose, fact.legal_basis) for fact in facts)),
        categories=listed(_unique(category for fact in facts for category in fact.categories)),
        recipients=tuple({(r.name, r.role, r.disclosed): r for r in recipients}.values()),
        transfers=tuple(recipient for recipient in recipients if recipient.third_country),
        retentions=_by_text(facts, lambda fact: fact.retention),
        sources=_by_text(facts, lambda fact: fact.source),
    )


def not_searched(items: Iterable[NotSearched]) -> list[tuple[str, list[str]]]:
    """Why systems are not part of the answer, each reason once with the systems it holds for."""
    found: dict[str, list[str]] = {}
    for item in items:
        found.setdefault(item.reason, []).append(item.system)
    return list(found.items())
