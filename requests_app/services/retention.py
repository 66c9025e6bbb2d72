"""Retention of our own data: three classes, each destroyed by its rule, none while something holds the case.

Gathered working data goes by itself, so many days after closing. The dossier (answers, letters, what was written) and the
case's metadata stay until a decision on disposal with reference and date has been entered, and then go by it. The log's
chain still verifies afterwards: its events stay, only what they said goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from requests_app.domain.deadlines import add_months
from requests_app.models import (
    Batch,
    Breach,
    Candidate,
    Case,
    CaseHold,
    CaseKey,
    CaseParty,
    Delivery,
    DisposalDecision,
    Event,
    EventPayload,
    Identifier,
    Mask,
    NameToken,
    Notice,
    OutgoingMail,
    PublicDocumentRequest,
    Referral,
    Render,
    StoredFile,
)
from requests_app.services import files, keys, people, policy as policies
from requests_app.services.audit import SYSTEM, Actor, Unit, unit
from requests_app.services.checks import member_of_staff
from requests_app.services.keys import DOSSIER, GATHERED
from requests_app.services.moves import lock

BATCH = 200
SETTLES = timedelta(hours=24)
"""How long a new decision rests before it is carried out, so that a mistake can be taken back."""


def _holding(case: Case | OuterRef) -> tuple[QuerySet[CaseHold], QuerySet[PublicDocumentRequest], QuerySet[Breach]]:
    """The rows that stop all destruction of a case, each kind by itself."""
    here: dict[str, Any] = {"case": case}
    return (
        CaseHold.objects.filter(**here, lifted_at__isnull=True),
        PublicDocumentRequest.objects.filter(**here, result=""),
        Breach.objects.filter(**here, verdict=""),
    )


def held(case: Case) -> list[str]:
    """What stops all destruction of a case: ``complaint``, ``court``, ``other``, ``public_document``, ``breach``."""
    holds, requests, breaches = _holding(case)
    found = list(holds.values_list("kind", flat=True))
    return found + ["public_document"] * requests.exists() + ["breach"] * breaches.exists()


def forget_number(case: Case) -> None:
    """Keep only the hash of a personnummer, unless something holds the case. The case must be locked, and closed or closing."""
    if not held(case):
        people.forget_personnummer(case)


def hold_ended(case: Case) -> None:
    """Carry out on a closed case what the hold that has just ended put off. The case must be locked."""
    if case.closed_at is not None:
        forget_number(case)


def _free() -> QuerySet[Case]:
    """Closed cases that nothing holds."""
    return Case.objects.filter(*(~Exists(rows) for rows in _holding(OuterRef("pk"))), closed_at__isnull=False)


@dataclass(frozen=True, slots=True)
class Plan:
    """The last day a closed case's data is kept; None while nothing says so. ``gone`` names the classes that were destroyed.

    ``held`` names what stops it all.
    """

    gathered_on: date | None
    dossier_on: date | None
    metadata_on: date | None
    held: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


def plan(case: Case) -> Plan:
    """What will happen to a case's data, under the policy in force now and the decisions that stand."""
    if case.closed_at is None:
        return Plan(None, None, None, tuple(held(case)))
    closed = timezone.localtime(case.closed_at).date()
    keys_of_case = list(CaseKey.objects.filter(case=case).order_by("purpose"))
    living = {key.purpose for key in keys_of_case if key.destroyed_at is None}
    days = policies.current()[1].gathered_key_days

    def by_decision(covers: str) -> date | None:
        decision = in_force(covers)
        return add_months(closed, decision.keep_months) if decision and decision.keep_months is not None else None

    return Plan(
        gathered_on=closed + timedelta(days=days) if GATHERED in living else None,
        dossier_on=by_decision("dossier") if DOSSIER in living else None,
        metadata_on=by_decision("metadata"),
        held=tuple(held(case)),
        gone=tuple(key.purpose for key in keys_of_case if key.destroyed_at is not None),
    )


def in_force(covers: str) -> DisposalDecision | None:
    """The decision that governs a class, settled or not."""
    return DisposalDecision.objects.filter(covers=covers).order_by("-id").first()


def decide(
    *, actor: Actor, covers: str, reference: str, decided_on: date | None, keep_months: int | None
) -> DisposalDecision:
    """Enter a decision on disposal. It takes the place of an older one for the same class and is carried out a day later."""
    user = member_of_staff(actor)
    errors: dict[str, str] = {}
    reference = reference.strip()
    if covers not in dict(DisposalDecision.CLASSES):
        errors["covers"] = _("Choose what may be destroyed.")
    if not reference or len(reference) > 80:
        errors["reference"] = _("Give the reference of the decision, at most 80 characters.")
    if decided_on is None or decided_on > timezone.localdate():
        errors["decided_on"] = _("Give the day the decision was made, not later than today.")
    if keep_months is not None and not 0 <= keep_months <= 1200:
        errors["keep_months"] = _("Give a number of months between 0 and 1,200, or nothing.")
    if not errors and covers == "metadata" and keep_months is not None:
        dossier = in_force("dossier")
        if dossier is None or dossier.keep_months is None or dossier.keep_months > keep_months:
            errors["keep_months"] = _("The cases themselves can go no earlier than the answers and letters in them.")
    if errors or decided_on is None:
        raise ValidationError(errors)
    with unit(actor) as work:
        made = DisposalDecision.objects.create(
            covers=covers, reference=reference, decided_on=decided_on, keep_months=keep_months, by=user
        )
        work.event(
            "retention.decided", covers=covers, reference=reference, decided_on=decided_on, keep_months=keep_months
        )
        return made


def tick() -> int:
    """Destroy what is due, at most ``BATCH`` cases of each class; gives how many. What fails today is due tomorrow."""
    return _gathered() + _by_decision("dossier") + _by_decision("metadata")


def _gathered() -> int:
    days = policies.current()[1].gathered_key_days
    before = timezone.now() - timedelta(days=days)
    living = CaseKey.objects.filter(case=OuterRef("pk"), purpose=GATHERED, destroyed_at__isnull=True)
    due = _free().filter(Exists(living), closed_at__lt=before)
    return sum(_carry_out(pk, "gathered", f"{days} days") for pk in _pks(due))


def _by_decision(covers: str) -> int:
    decision = in_force(covers)
    if decision is None or decision.keep_months is None or decision.at > timezone.now() - SETTLES:
        return 0
    before = timezone.now() - timedelta(days=28 * decision.keep_months)
    due = _free().filter(closed_at__lt=before)
    dossier = CaseKey.objects.filter(case=OuterRef("pk"), purpose=DOSSIER, destroyed_at__isnull=True)
    due = due.filter(Exists(dossier)) if covers == "dossier" else due.filter(~Exists(dossier))
    today, done = timezone.localdate(), 0
    for case in due.order_by("closed_at").only("pk", "closed_at")[: BATCH * 2]:
        closed = timezone.localtime(case.closed_at).date()
        if add_months(closed, decision.keep_months) < today and done < BATCH:
            done += _carry_out(case.pk, covers, decision.reference)
    return done


def _pks(cases: QuerySet[Case]) -> list[int]:
    return list(cases.order_by("closed_at").values_list("pk", flat=True)[:BATCH])


def _carry_out(pk: int, covers: str, rule: str) -> bool:
    with unit(SYSTEM) as work:
        case = lock(Case(pk=pk))
        if case.closed_at is None or held(case):  # taken up again, or held, meanwhile
            return False
        _STEPS[covers](work, case, rule)
    return True


def _destroy_gathered(work: Unit, case: Case, rule: str) -> None:
    keys.destroy(case, GATHERED)
    wipe_gathered(case)
    work.event("retention.destroyed", case, covers="gathered", rule=rule)


def wipe_gathered(case: Case) -> None:
    """Remove everything that the case's gathered key sealed. The case must be locked."""
    Batch.objects.filter(collection__case=case).delete()
    Candidate.objects.filter(collection__case=case).delete()
    Identifier.objects.filter(party__case=case).update(value_enc=None)
    Mask.objects.filter(case=case).update(place_enc=None, record_mac=None)
    Referral.objects.filter(case=case).update(items_enc=None)
    Render.objects.filter(case=case, kind=Render.PREVIEW).delete()
    for stored in StoredFile.objects.filter(case=case, key_purpose=GATHERED):
        files.remove(stored)


def _destroy_dossier(work: Unit, case: Case, rule: str) -> None:
    """The key, the sealed texts and the files' content; the rows that say what was sent, when and with which hash stay."""
    if CaseKey.objects.filter(case=case, purpose=GATHERED, destroyed_at__isnull=True).exists():
        _destroy_gathered(work, case, rule)
    keys.destroy(case, DOSSIER)
    paths = list(StoredFile.objects.filter(case=case).values_list("path", flat=True))
    transaction.on_commit(partial(_delete_content, paths), robust=True)
    NameToken.objects.filter(party__case=case).delete()
    Identifier.objects.filter(party__case=case).delete()
    CaseParty.objects.filter(case=case).update(name_enc=None, contact_enc=None, mail_enc=None, login_mac=None)
    work.event("retention.destroyed", case, covers="dossier", rule=rule)


def _delete_content(paths: list[str]) -> None:
    for path in paths:
        files.storage().delete(path)


def _destroy_metadata(work: Unit, case: Case, rule: str) -> None:
    """The case and all its rows. Its events stay in the log's chain; what they said goes."""
    seqs = Event.objects.filter(case_ref=case.ref).values("seq")
    EventPayload.objects.filter(seq__in=seqs).delete()
    OutgoingMail.objects.filter(case=case).delete()
    Breach.objects.filter(case=case).delete()
    Render.objects.filter(case=case).delete()
    Delivery.objects.filter(case=case).delete()
    StoredFile.objects.filter(case=case).delete()
    Notice.objects.filter(case_ref=case.ref).delete()
    Case.objects.filter(pk=case.pk).delete()
    work.event("retention.destroyed", case, covers="metadata", rule=rule)


_STEPS = {"gathered": _destroy_gathered, "dossier": _destroy_dossier, "metadata": _destroy_metadata}


__all__ = ["Plan", "decide", "forget_number", "held", "hold_ended", "in_force", "plan", "tick", "wipe_gathered"]
