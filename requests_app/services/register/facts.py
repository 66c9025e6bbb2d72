"""What the register says of the systems that were searched: the confirmed part for the answer, the rest for the case to list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from requests_app.documents.values import ProcessingFact, RecipientFact
from requests_app.models import ItemRecipient, ProcessingItem, RegisterRow, System
from requests_app.services.register.words import recipient_role, statement_text, text_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.db.models import QuerySet

    from requests_app.documents.values import Lang
    from requests_app.models.register import Statement


@dataclass(frozen=True, slots=True)
class UnconfirmedStatement:
    """Something that would stand in an answer had a person confirmed it.

    ``label`` says what sort of statement it is and ``text`` what it says, in the language in use; ``system`` names the
    systems it is about. ``gap`` is what the inventory of the guideline notes as unsure or missing. Of a statement that
    is not ``confirmable`` only its absence is reported: the register must first say something.
    """

    key: str
    label: str
    text: str
    system: str
    rows: tuple[str, ...] = ()
    gap: str = ""
    confirmable: bool = True


def facts_for(systems: Iterable[System], lang: Lang) -> tuple[ProcessingFact, ...]:
    """What may be printed about why these systems hold data (Art. 15.1 a-d, g, h and 15.2), by system and processing.

    Only printable statements: an item needs its system, processing and retention rule printable too, and a recipient
    both the link and the recipient. Categories that share source, period and recipients stand in one fact.
    """
    grouped: dict[tuple[Any, ...], list[str]] = {}
    for item in _items(systems):
        if _prints(item):
            key = (
                item.system,
                item.processing,
                text_in(item, "source", lang),
                text_in(item.retention_rule, "text", lang),
                tuple(
                    _recipient(link, lang)
                    for link in item.recipients.all()
                    if link.printable and link.recipient.printable
                ),
            )
            grouped.setdefault(key, []).append(text_in(item.category, "name", lang))
    return tuple(_fact(key, tuple(categories), lang) for key, categories in grouped.items())


def _fact(key: tuple[Any, ...], categories: tuple[str, ...], lang: Lang) -> ProcessingFact:
    system, processing, source, retention, recipients = key
    automated = text_in(processing, "automated", lang)
    return ProcessingFact(
        system_key=system.key,
        purpose=text_in(processing, "purpose", lang),
        legal_basis=text_in(processing, "legal_basis", lang),
        categories=categories,
        source=source,
        retention=retention,
        recipients=recipients,
        automated_decision="" if processing.profiling else automated,
        profiling=automated if processing.profiling else "",
    )


def _recipient(link: ItemRecipient, lang: Lang) -> RecipientFact:
    safeguard = text_in(link, "transfer", lang)
    return RecipientFact(
        name=text_in(link.recipient, "name", lang),
        role=recipient_role(link.recipient, lang),
        country=link.recipient.country if safeguard else "",
        third_country=bool(safeguard),
        safeguard=safeguard,
    )


def processors_of(systems: Iterable[System], lang: Lang) -> tuple[RecipientFact, ...]:
    """The processors that the register, confirmed, says are given data of these systems, each once (Art. 13.1 e and f)."""
    links = [link for item in _items(systems) if _prints(item) for link in item.recipients.all()]
    told = [
        link for link in links if link.recipient.role == "processor" and link.printable and link.recipient.printable
    ]
    found: dict[int, RecipientFact] = {}
    for link in told:
        fact = _recipient(link, lang)
        if fact.third_country or link.recipient_id not in found:
            found[link.recipient_id] = fact
    return tuple(sorted(found.values(), key=lambda fact: fact.name))


def nobody_receives(systems: Iterable[System]) -> bool:
    """Whether the register, confirmed, says of each of these systems what it holds and names nobody who gets any of it.

    Of a system that it is silent about, or where a recipient or the item itself waits to be confirmed, it is not known.
    """
    chosen = {system.pk for system in systems}
    items = list(_items(System.objects.filter(pk__in=chosen)))
    known = {item.system_id for item in items} == chosen and all(_prints(item) for item in items)
    return bool(chosen) and known and not any(item.recipients.all() for item in items)


def unconfirmed_for(systems: Iterable[System]) -> list[UnconfirmedStatement]:
    """Every statement that would print for these systems were it confirmed, each once.

    A system of which nothing at all would print is reported too, under the key ``system:<id>:facts``: an answer whose
    sections on why, for how long and to whom are empty for a searched system must not go out.
    """
    chosen = list(systems)
    waiting: dict[str, tuple[Statement, list[str]]] = {}
    silent = {system.pk: system for system in chosen}
    for item in _items(chosen):
        if _prints(item):
            silent.pop(item.system.pk, None)
        for statement in _behind(item):
            if not statement.printable:
                names = waiting.setdefault(statement.statement_key, (statement, []))[1]
                if str(item.system) not in names:
                    names.append(str(item.system))
    notes = {row.row_id: row.gap_text for row in RegisterRow.objects.exclude(gap="")}
    found = [_unconfirmed(statement, names, notes) for statement, names in waiting.values()]
    return found + [_nothing_said(system) for system in silent.values()]


def unconfirmed_by_system(systems: Iterable[System]) -> dict[int, frozenset[str]]:
    """Keys of the statements ``unconfirmed_for`` would give for each system by itself, for lists that only count them."""
    chosen = list(systems)
    keys: dict[int, set[str]] = {system.pk: {f"{system.statement_key}:facts"} for system in chosen}
    for item in _items(chosen):
        mine = keys[item.system.pk]
        if _prints(item):
            mine.discard(f"{item.system.statement_key}:facts")
        mine.update(statement.statement_key for statement in _behind(item) if not statement.printable)
    return {pk: frozenset(found) for pk, found in keys.items()}


def _unconfirmed(statement: Statement, names: list[str], notes: dict[str, str]) -> UnconfirmedStatement:
    return UnconfirmedStatement(
        key=statement.statement_key,
        label=str(statement._meta.verbose_name),
        text=statement_text(statement),
        system=", ".join(names),
        rows=tuple(statement.rows),
        gap=" ".join(dict.fromkeys(notes[row] for row in statement.rows if row in notes)),
    )


def _nothing_said(system: System) -> UnconfirmedStatement:
    return UnconfirmedStatement(
        key=f"{system.statement_key}:facts",
        label=str(system._meta.verbose_name),
        text=_("Nothing is confirmed about why %(system)s holds personal data.") % {"system": system},
        system=str(system),
        confirmable=False,
    )


def _items(systems: Iterable[System]) -> QuerySet[ProcessingItem]:
    chosen = [system.pk for system in systems]
    return (
        ProcessingItem.objects.filter(system__in=chosen)
        .select_related("system", "processing", "category", "retention_rule")
        .prefetch_related("recipients__recipient")
        .order_by("system__position", "system_id", "processing_id", "pk")
    )


def _prints(item: ProcessingItem) -> bool:
    return item.printable and item.system.printable and item.processing.printable and item.retention_rule.printable


def _behind(item: ProcessingItem) -> Iterator[Statement]:
    """The statements that an item stands on, widest first."""
    yield item.system
    yield item.processing
    yield item.retention_rule
    yield item
    for link in item.recipients.all():
        yield link.recipient
        yield link
