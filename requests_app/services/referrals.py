"""A question to legal about a case, with exactly the records it is about, and legal's answer.

Legal sees the question, those records unmasked, and nothing else that was gathered. A protected case is no exception: that it is
there legal sees anyway, and of its data only what somebody who works the case has chosen to ask about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.core.exceptions import ValidationError
from django.db.models import Count, OuterRef, Subquery
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from requests_app.documents.masking import Tally, mask_text
from requests_app.models import Referral
from requests_app.services import access, audience, notices
from requests_app.services.audit import Actor, unit
from requests_app.services.batches import records_of
from requests_app.services.checks import member_of_staff, written
from requests_app.services.gathered import spec_of
from requests_app.services.keys import DOSSIER, GATHERED, Vault
from requests_app.services.moves import Conflict, lock
from requests_app.services.record_words import label, pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from requests_app.domain.records import Record
    from requests_app.models import Case, Collection, User

MAX_TEXT = 10_000
MOST_ITEMS = 200
"""Records in one question: what a person can read and answer for."""


class Item(TypedDict):
    """A record by the keys of its system, category and itself."""

    system: str
    category: str
    record: str


@dataclass(frozen=True, slots=True)
class ReferredRecord:
    """A record that a question is about, as legal reads it; without ``pairs`` when it is no longer there."""

    system: str
    category: str
    when: datetime | None = None
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Opened:
    """A question with its records."""

    question: str
    records: tuple[ReferredRecord, ...]


def ask(*, actor: Actor, case: Case, question: str, items: Iterable[Item] = ()) -> Referral:
    """Put a question to legal about a case, with the records it is about (possibly none). Also about a closed case.

    Raises ``ValidationError`` by field: without a question, for a record that is not there, for too many.
    """
    user = member_of_staff(actor)
    question = written("question", question, _("Write what you want to know."), limit=MAX_TEXT)
    chosen = _distinct(items)
    with unit(actor) as work:
        case = lock(case)
        vault = Vault(case)
        if len(_found(case, vault, chosen)) < len(chosen):
            raise ValidationError(_("What you chose is no longer there. Look at the page again; nothing was sent."))
        made = Referral.objects.create(
            case=case,
            question_enc=vault.seal(DOSSIER, question, "referral", case.referrals.count() + 1),
            items=len(chosen),
            asked_by=user,
        )
        if chosen:
            made.items_enc = vault.seal(GATHERED, chosen, "referral-items", made.pk)
            made.save(update_fields=["items_enc"])
        work.event("referral.asked", case, referral=number_of(made), items=len(chosen), question=question)
        notices.tell(work, "referral_asked", subject=_subject(made), users=audience.approvers(case, user), case=case)
        return made


def _subject(referral: Referral) -> str:
    return f"referral:{referral.pk}"


def _distinct(items: Iterable[Item]) -> list[Item]:
    found: dict[tuple[str, str, str], Item] = {}
    for item in items:
        found.setdefault((item["system"], item["category"], item["record"]), item)
    if len(found) > MOST_ITEMS:
        said = ngettext(
            "A question can be about at most %(n)d record.",
            "A question can be about at most %(n)d records.",
            MOST_ITEMS,
        )
        raise ValidationError(said % {"n": MOST_ITEMS})
    return list(found.values())


def number_of(referral: Referral) -> int:
    """Which question of its case it is, counted from one: what its address and the log call it."""
    return Referral.objects.filter(case=referral.case_id, pk__lte=referral.pk).count()


def _found(case: Case, vault: Vault, items: Sequence[Item]) -> dict[tuple[str, str, str], tuple[Collection, Record]]:
    """The records that are there, by their keys."""
    wanted: dict[tuple[str, str], set[str]] = {}
    for item in items:
        wanted.setdefault((item["system"], item["category"]), set()).add(item["record"])
    systems = {system for system, _category in wanted}
    rows = case.collections.filter(current=True, system__key__in=systems)
    by_key = {row.system.key: row for row in rows.select_related("case", "system", "system_version")}
    found = {}
    for (system, category), keys in wanted.items():
        if system not in by_key:
            continue
        row = by_key[system]
        for record in records_of(row, vault, category):
            if record.key in keys:
                found[system, category, record.key] = (row, record)
    return found


def with_number(rows: QuerySet[Referral]) -> QuerySet[Referral]:
    """The questions with ``number``, as ``number_of``, read along with them."""
    earlier = Referral.objects.filter(case=OuterRef("case"), pk__lte=OuterRef("pk")).order_by()
    counted = earlier.values("case").annotate(n=Count("pk")).values("n")
    return rows.annotate(number=Subquery(counted))


def waiting_for(user: User) -> QuerySet[Referral]:
    """Questions that wait for this member of legal's answer: of the teams the person oversees, asked by somebody else."""
    return (
        _seen_by(user)
        .filter(answered_at__isnull=True, withdrawn_at__isnull=True)
        .exclude(asked_by=user)
        .select_related("case", "asked_by")
    )


def _seen_by(user: User) -> QuerySet[Referral]:
    if not access.may(user, "approve_decision"):
        return Referral.objects.none()
    return Referral.objects.filter(case__in=access.cases_overseen_by(user))


def get(user: User, case_ref: str, number: int) -> Referral:
    """A question by its case and number, for legal; ``Referral.DoesNotExist`` when it is not there and, just so, not the person's."""
    rows = _seen_by(user).filter(case__ref=case_ref).select_related("case", "case__policy", "asked_by", "answered_by")
    found = next((row for row in rows if number_of(row) == number), None)
    taken_back = found is not None and found.withdrawn_at and not found.answered_at
    if found is None or taken_back or found.asked_by_id == user.pk:
        raise Referral.DoesNotExist
    return found


def opened(*, actor: Actor, referral: Referral) -> Opened:
    """What legal reads: the question and exactly its records. Who read it is logged. The referral comes from ``get``."""
    case = referral.case
    vault = Vault(case)
    chosen: list[Item] = vault.unseal(GATHERED, referral.items_enc, "referral-items", referral.pk) or []
    found = _found(case, vault, chosen)
    with unit(actor) as work:
        work.event("referral.opened", case, referral=number_of(referral), items=referral.items)
    return Opened(question_of(vault, referral), tuple(_shown(item, found) for item in chosen))


def _shown(item: Item, found: dict[tuple[str, str, str], tuple[Collection, Record]]) -> ReferredRecord:
    held = found.get((item["system"], item["category"], item["record"]))
    if held is None:
        return ReferredRecord(item["system"], item["category"])
    row, record = held
    spec = spec_of(row.system_version, record.category, record.kind.value)
    pairs = tuple(
        (name, mask_text(text, Tally())) for name, text in pairs_of(record, spec)
    )  # identity numbers shortened
    return ReferredRecord(str(row.system), label(spec), record.occurred_at, pairs)


def question_of(vault: Vault, referral: Referral) -> str:
    """What was asked."""
    return vault.unseal(DOSSIER, referral.question_enc, "referral", number_of(referral)) or ""


def answer_of(vault: Vault, referral: Referral) -> str:
    """What legal answered; empty while it has not."""
    return vault.unseal(DOSSIER, referral.answer_enc, "referral-answer", referral.pk) or ""


def answer(*, actor: Actor, referral: Referral, answer: str) -> None:
    """Answer a question, once; never by who asked it. The answer comes back to the case."""
    if actor.user is None or not _seen_by(actor.user).filter(pk=referral.pk).exists():
        raise Referral.DoesNotExist
    answer = written("answer", answer, _("Write your answer."), limit=MAX_TEXT)
    with unit(actor) as work:
        case = lock(referral.case)
        referral = _locked(referral)
        if referral.asked_by_id == actor.user.pk:
            raise ValidationError(_("Somebody else than the one who asked must answer."))
        if referral.answered_at or referral.withdrawn_at:
            raise Conflict
        referral.answered_by, referral.answered_at = actor.user, timezone.now()
        referral.answer_enc = Vault(case).seal(DOSSIER, answer, "referral-answer", referral.pk)
        referral.save(update_fields=["answered_by", "answered_at", "answer_enc"])
        work.event("referral.answered", case, referral=number_of(referral), answer=answer)
        told = {referral.asked_by, case.handler} - {None}
        notices.tell(work, "referral_answered", subject=_subject(referral), users=told, case=case)  # type: ignore[arg-type]


def withdraw(*, actor: Actor, referral: Referral) -> None:
    """Take a question back that is not answered, or note that its answer was read: either way nobody waits for anything more."""
    member_of_staff(actor)
    with unit(actor) as work:
        case = lock(referral.case)
        referral = _locked(referral)
        if referral.withdrawn_at:
            raise Conflict
        referral.withdrawn_at = timezone.now()
        referral.save(update_fields=["withdrawn_at"])
        code = "referral.noted" if referral.answered_at else "referral.withdrawn"
        work.event(code, case, referral=number_of(referral))


def _locked(referral: Referral) -> Referral:
    found = Referral.objects.select_for_update(of=("self",)).select_related("asked_by")
    return found.get(pk=referral.pk)


__all__ = [
    "Item",
    "Opened",
    "ReferredRecord",
    "answer",
    "answer_of",
    "ask",
    "get",
    "number_of",
    "opened",
    "question_of",
    "waiting_for",
    "with_number",
    "withdraw",
]
