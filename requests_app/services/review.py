"""The gathered data as staff reads it: systems, categories and records. Every page that is read is logged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from requests_app.domain.records import Kind
from requests_app.domain.states import Move, State
from requests_app.models import Batch, Case, Collection, StatementReplacement
from requests_app.services import decisions, enclosures, masking, other_person, register, standing
from requests_app.services.audit import Actor, unit
from requests_app.services.batches import open_batch
from requests_app.services.checks import member_of_staff
from requests_app.services.gathered import CategoryCount, categories_of, spec_of
from requests_app.services.keys import DOSSIER, Vault
from requests_app.services.moves import Conflict, lock, move, move_back
from requests_app.services.unreviewed import unreviewed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from requests_app.domain.records import CategorySpec, Record
    from requests_app.services.register import UnconfirmedStatement

PAGE_RECORDS = 200


@dataclass(frozen=True, slots=True)
class RecordPage:
    """One page of records of a category."""

    spec: CategorySpec
    records: list[Record]
    page: int
    pages: int
    count: int


def records_page(*, actor: Actor, case: Case, row: Collection, category: str, page: int = 1) -> RecordPage:
    """One page of records; who read it is logged."""
    found = page_of(case, row, category, page)
    with unit(actor) as work:
        work.event("data.viewed", case, system=row.system.key, category=category, page=found.page)
    return found


def page_of(case: Case, row: Collection, category: str, page: int) -> RecordPage:
    """One page of records, opening only the batches it lies in. For what is not shown to anybody; else ``records_page``.

    A page of a series holds whole days, so that the sum of a day is the sum of all of it: the day a page ends in is read to its
    end there, and left out of the next page.
    """
    batches = list(
        row.batches.filter(category=category).order_by("seq").only("seq", "n", "kind", "category", "collection_id")
    )
    if not batches:
        raise ValidationError(_("There is no such data in the case."))
    count = sum(batch.n for batch in batches)
    pages = max(1, -(-count // PAGE_RECORDS))
    page = min(max(1, page), pages)
    first = (page - 1) * PAGE_RECORDS
    spec = spec_of(row.system_version, category, batches[0].kind)
    beside = _MOST_OF_A_DAY if spec.kind is Kind.TIME_SERIES else 0
    begin, end = max(0, first - beside), first + PAGE_RECORDS + beside
    vault, records, position = Vault(case), [], 0
    for batch in batches:
        if position + batch.n > begin and position < end:
            opened = open_batch(Batch.objects.get(pk=batch.pk), case.ref, vault)
            records.extend(opened[max(0, begin - position) : end - position])
        position += batch.n
    if beside:
        records = _whole_days(records, first - begin)
    return RecordPage(spec, records, page, pages, count)


_MOST_OF_A_DAY = 100
"""Readings of one day at most: every quarter of an hour, on the day that is an hour longer."""


def _whole_days(records: list[Record], first: int) -> list[Record]:
    """The records from ``first`` on for a page, moved to the ends of days on both sides; ``records`` reaches beyond the page."""

    def day_of(record: Record) -> tuple[str, date | None]:
        return record.group, timezone.localtime(record.occurred_at).date() if record.occurred_at else None

    def after_day(place: int) -> int:
        if place == 0 or place >= len(records):
            return min(place, len(records))
        day, end = day_of(records[place - 1]), place
        while end < len(records) and end < place + _MOST_OF_A_DAY and day[1] and day_of(records[end]) == day:
            end += 1
        return end if end < place + _MOST_OF_A_DAY else place  # longer days are cut, on both pages alike

    return records[after_day(first) : after_day(first + PAGE_RECORDS)]


def open_statements(case: Case, rows: Iterable[Collection] | None = None) -> list[UnconfirmedStatement]:
    """Unconfirmed statements of the register that this case's answer would print, less those replaced by a written reason.

    ``rows`` are the gatherings that count, with their systems, for who has read them already.
    """
    rows = case.collections.filter(current=True).select_related("system") if rows is None else rows
    systems = [row.system for row in rows if row.records]
    replaced = set(StatementReplacement.objects.filter(case=case).values_list("statement", flat=True))
    return [statement for statement in register.unconfirmed_for(systems) if statement.key not in replaced]


def replace_statement(*, actor: Actor, case: Case, key: str, reason: str) -> None:
    """Let the answer go out without a statement nobody has confirmed; the reason stays with the case."""
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": _("Write why the answer goes out without this statement.")})
    user = member_of_staff(actor)
    with unit(actor) as work:
        case = lock(case)
        if key not in {statement.key for statement in open_statements(case)}:
            raise Conflict
        StatementReplacement.objects.update_or_create(
            case=case,
            statement=key,
            defaults={"reason_enc": Vault(case).seal(DOSSIER, reason, "statement", key), "by": user},
        )
        work.event("statement.replaced", case, statement=key, reason=reason)


def finish(*, actor: Actor, case: Case, confirmed: bool = False, same_person: bool = False) -> None:
    """The data is reviewed; the case goes on to the decision.

    Held back while statements are unconfirmed, masks do not fit, or files that go to the person have not been opened.

    ``confirmed``: nothing more is to be hidden, whatever nobody has looked at (else refused with the code ``unreviewed``).
    ``same_person``: the data is the person's though a system has another name (else refused with ``other_person.CODE``).
    """
    standing.ask_for(case)  # before the transaction, which a refusal undoes
    reviewed = Case.objects.filter(pk=case.pk, state=State.REVIEW.value).exists()
    unseen = unreviewed(case, Vault(case)) if reviewed else None  # also before it: many records are read
    with unit(actor) as work:
        case = lock(case)
        left = open_statements(case)
        if left:
            raise ValidationError(
                ngettext(
                    "%(n)d statement of the register is not confirmed. Confirm or correct it, or answer without it.",
                    "%(n)d statements of the register are not confirmed. Confirm or correct them, or answer without them.",
                    len(left),
                )
                % {"n": len(left)},
                code="unconfirmed",
            )
        if standing.is_due(case):
            raise ValidationError(
                _("The standing rules are being applied to what was gathered. Try again in a moment."), code="standing"
            )
        if same_person:
            work.event("representation.same_person", case, at="review")
        else:
            other_person.refuse_another_gathered(case, Vault(case))
        masking.refuse_unmatched(case, Vault(case))
        enclosures.refuse_unopened(case, Vault(case))
        if unseen:
            if not confirmed:
                raise unseen.error()
            work.event("review.confirmed", case, suggested=unseen.suggested, unopened=unseen.unopened)
        move(work, case, Move.FINISH_REVIEW)


def again(*, actor: Actor, case: Case) -> None:
    """Back from the decision (or before dispatch) to the data."""
    with unit(actor) as work:
        case = lock(case)
        if case.state == State.DISPATCHING.value:
            decisions.reopen(case)
        move_back(work, case, Move.REVIEW_AGAIN)


__all__ = [
    "CategoryCount",
    "RecordPage",
    "again",
    "categories_of",
    "finish",
    "open_statements",
    "page_of",
    "records_page",
    "replace_statement",
    "spec_of",
]
