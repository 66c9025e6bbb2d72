"""The list legal works off: what the register only assumes, and what the guideline leaves open, each until somebody has settled it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from requests_app.models import ItemRecipient, Processing, ProcessingItem, Recipient, RegisterRow, RetentionRule, System
from requests_app.services.access import may
from requests_app.services.audit import unit
from requests_app.services.register.words import statement_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from requests_app.models.register import Statement
    from requests_app.services.audit import Actor

GAP, NOTE, SILENT = "gap", "note", "silent"
"""Kinds of task that are no statement: a gap of the guideline, a remark on one of its rows, a system of which nothing prints."""
DECISIONS = "decisions"
"""Where a row's ``data`` keeps what was decided about it, oldest first."""
MAX_NOTE = 2_000


@dataclass(frozen=True, slots=True)
class Task:
    """Something to settle. ``kind`` is a model's name, or ``GAP``, ``NOTE`` or ``SILENT``.

    ``key`` is a statement's key, or the id of a row of the guideline. ``note`` is what was decided about a row; ``history`` its
    earlier decisions. ``waiting`` counts the unconfirmed statements that rest on a row, ``systems`` are whose it concerns.
    """

    key: str
    kind: str
    label: str
    text: str
    about: str = ""
    quote: str = ""
    rows: tuple[str, ...] = ()
    systems: tuple[System, ...] = ()
    done: bool = False
    by: str = ""
    at: datetime | None = None
    note: str = ""
    waiting: int = 0

    @property
    def is_row(self) -> bool:
        """Whether it is closed with a note."""
        return self.kind in {GAP, NOTE}

    @property
    def confirmable(self) -> bool:
        """Whether it is settled by confirming."""
        return not self.is_row and self.kind != SILENT


def tasks() -> list[Task]:
    """Everything that was or is to settle: statements by system, then the rows of the guideline; a fixed number of queries."""
    statements = list(_statements())
    notes = {row.row_id: row for row in RegisterRow.objects.order_by("position")}
    found = [_of_statement(statement, systems, notes) for statement, systems in statements if statement.assumption]
    found += [_silent(system) for system in _silent_systems(statements)]
    resting: dict[str, list[tuple[Statement, tuple[System, ...]]]] = {}
    for pair in statements:
        for row_id in pair[0].rows:
            resting.setdefault(row_id, []).append(pair)
    return found + [_of_row(row, resting.get(row.row_id, [])) for row in notes.values() if row.gap or row.kind == GAP]


def close_rows(*, actor: Actor, rows: Iterable[str], note: str) -> list[RegisterRow]:
    """Settle rows of the guideline with what was decided about them; those that are settled already are left alone.

    Raises ``ValidationError`` (``note``, or without a field when there is no such row), ``PermissionDenied`` for all but legal.
    """
    note = note.strip()
    if not note or len(note) > MAX_NOTE:
        raise ValidationError({"note": _("Write what was decided, in at most %(n)d characters.") % {"n": MAX_NOTE}})
    return _decide(actor, rows, closed=True, note=note)


def reopen_row(*, actor: Actor, row: str) -> RegisterRow:
    """Put a settled row back on the list; what was decided before stays with it. Raises as ``close_rows``."""
    return _decide(actor, [row], closed=False, note="")[0]


def _decide(actor: Actor, rows: Iterable[str], *, closed: bool, note: str) -> list[RegisterRow]:
    if actor.user is None or not may(actor.user, "change_registerrow"):
        raise PermissionDenied
    wanted = set(rows)
    with unit(actor) as work:
        found = list(RegisterRow.objects.select_for_update().filter(row_id__in=wanted).order_by("position"))
        if {row.row_id for row in found if row.gap or row.kind == GAP} != wanted:
            raise ValidationError(_("The list has no such row."))
        for row in found:
            if bool(_decision(row)) == closed:
                continue
            said = {"closed": closed, "note": note, "by": actor.user.name, "at": timezone.now().isoformat()}
            row.data = {**row.data, DECISIONS: [*row.data.get(DECISIONS, []), said]}
            row.save(update_fields=["data"])
            work.event("register.gap_closed" if closed else "register.gap_reopened", row=row.row_id)
        return found


def _decision(row: RegisterRow) -> dict[str, Any]:
    """What settled a row; nothing while it is open."""
    decisions = row.data.get(DECISIONS) or [{}]
    return dict(decisions[-1]) if decisions[-1].get("closed") else {}


def _statements() -> Iterator[tuple[Statement, tuple[System, ...]]]:
    """Every statement with the systems it is about, parents before what hangs on them."""
    systems = list(System.objects.select_related("confirmed_by").order_by("position", "key"))
    items = list(
        ProcessingItem.objects.select_related(
            "system", "processing", "category", "retention_rule", "confirmed_by"
        ).order_by("system__position", "system_id", "processing_id", "pk")
    )
    links = list(
        ItemRecipient.objects.select_related(
            "recipient", "confirmed_by", "item__system", "item__processing", "item__category"
        ).order_by("item__system__position", "item_id", "recipient_id")
    )
    where = {system.pk: system for system in systems}

    def places(found: Iterable[int]) -> tuple[System, ...]:
        chosen = set(found)
        return tuple(system for pk, system in where.items() if pk in chosen)

    for system in systems:
        yield system, (system,)
    for processing in Processing.objects.select_related("confirmed_by").order_by("pk"):
        yield processing, places(item.system_id for item in items if item.processing_id == processing.pk)
    for rule in RetentionRule.objects.select_related("confirmed_by").order_by("pk"):
        yield rule, places(item.system_id for item in items if item.retention_rule_id == rule.pk)
    for recipient in Recipient.objects.select_related("confirmed_by").order_by("pk"):
        yield recipient, places(link.item.system_id for link in links if link.recipient_id == recipient.pk)
    for item in items:
        yield item, (item.system,)
    for link in links:
        yield link, (link.item.system,)


def _silent_systems(statements: Iterable[tuple[Statement, tuple[System, ...]]]) -> list[System]:
    """Active systems of which an answer could say nothing at all, since nothing is noted or nothing confirmed."""
    pairs = list(statements)
    told = {
        item.system_id
        for item, _systems in pairs
        if isinstance(item, ProcessingItem)
        and item.printable
        and item.system.printable
        and item.processing.printable
        and item.retention_rule.printable
    }
    return [found for found, _s in pairs if isinstance(found, System) and found.active and found.pk not in told]


def _silent(system: System) -> Task:
    return Task(
        key=f"{system.statement_key}:facts",
        kind=SILENT,
        label=str(system._meta.verbose_name),
        text=_("Nothing is confirmed about why %(system)s holds personal data.") % {"system": system},
        systems=(system,),
    )


def _of_statement(statement: Statement, systems: tuple[System, ...], notes: dict[str, RegisterRow]) -> Task:
    gaps = [notes[row].gap_text for row in statement.rows if row in notes and notes[row].gap]
    return Task(
        key=statement.statement_key,
        kind=str(statement._meta.model_name),
        label=str(statement._meta.verbose_name),
        text=statement_text(statement),
        about=" ".join(dict.fromkeys(gaps)),
        rows=tuple(statement.rows),
        systems=systems,
        done=statement.printable,
        by=statement.confirmed_by.name if statement.confirmed_by else "",
        at=statement.confirmed_at,
    )


def _of_row(row: RegisterRow, resting: list[tuple[Statement, tuple[System, ...]]]) -> Task:
    """A row's task. Of a gap the inventory notes as its quote where in the guideline something is missing."""
    decision = _decision(row)
    return Task(
        key=row.row_id,
        kind=GAP if row.kind == GAP else NOTE,
        label=f"{row.row_id} · {row.quote if row.kind == GAP else row.section}",
        text=row.name_sv,
        about=row.gap_text,
        quote="" if row.kind == GAP else row.quote,
        systems=tuple({system.pk: system for _statement, systems in resting for system in systems}.values()),
        done=bool(decision),
        by=str(decision.get("by", "")),
        at=parse_datetime(str(decision["at"])) if decision else None,
        note=str(decision.get("note", "")),
        waiting=sum(not statement.printable for statement, _systems in resting),
    )
