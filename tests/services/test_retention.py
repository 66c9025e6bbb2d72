"""What is destroyed, when, by whose decision, and what stops it."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.utils import timezone

from requests_app.models import (
    Batch,
    Breach,
    Case,
    CaseHold,
    CaseKey,
    DisposalDecision,
    Event,
    EventPayload,
    Identifier,
    NameToken,
    PublicDocumentRequest,
    StoredFile,
)
from requests_app.services import cases, files, keys, retention
from requests_app.services.audit import Actor, verify
from requests_app.services.keys import DOSSIER, GATHERED, Vault
from tests.world import World, gathered, open_case

if TYPE_CHECKING:
    from django.test import TestCase


@pytest.fixture
def closed(world: World) -> Case:
    """A withdrawn case with gathered data, an answer that was sent, and a preview."""
    case = gathered(world, open_case(world, personnummer="19900118-9811"))
    vault = Vault(case)
    sent = files.store(case, vault, purpose=DOSSIER, kind="extract", name="a.pdf", data=b"%PDF answer")
    sent.deliveries.create(case=case, way="post", sha256=sent.sha256, by=world.karin, idem_key=case.ref)
    files.store(case, vault, purpose=GATHERED, kind="preview", name="b.pdf", data=b"%PDF preview")
    cases.withdraw(actor=Actor.staff(world.karin), case=case)
    case.refresh_from_db()
    return case


def closed_days_ago(case: Case, days: int) -> None:
    Case.objects.filter(pk=case.pk).update(closed_at=timezone.now() - timedelta(days=days))


def decided(world: World, covers: str, months: int | None = 12) -> DisposalDecision:
    """A decision that has rested."""
    made = retention.decide(
        actor=Actor.staff(world.lena),
        covers=covers,
        reference="KS 2026/77",
        decided_on=date(2026, 1, 7),
        keep_months=months,
    )
    DisposalDecision.objects.filter(pk=made.pk).update(at=timezone.now() - timedelta(days=2))
    return made


def living(case: Case) -> set[str]:
    return set(CaseKey.objects.filter(case=case, destroyed_at__isnull=True).values_list("purpose", flat=True))


def test_it_destroys_what_was_gathered_when_its_days_have_passed_and_not_before(
    closed: Case, django_capture_on_commit_callbacks: type[TestCase]
) -> None:
    closed_days_ago(closed, 29)
    assert retention.tick() == 0
    assert living(closed) == {GATHERED, DOSSIER}
    closed_days_ago(closed, 31)
    preview = StoredFile.objects.get(case=closed, kind="preview")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert retention.tick() == 1
    assert living(closed) == {DOSSIER}
    assert not Batch.objects.filter(collection__case=closed).exists()
    assert not Identifier.objects.filter(party__case=closed, value_enc__isnull=False).exists()
    assert not files.storage().exists(preview.path)
    assert StoredFile.objects.filter(case=closed).values_list("kind", flat=True).get() == "extract"
    with pytest.raises(keys.KeyDestroyed):
        _ = Vault(closed).gathered
    assert retention.tick() == 0


def test_it_keeps_answers_and_cases_for_ever_without_a_decision(closed: Case) -> None:
    closed_days_ago(closed, 365 * 30)
    assert retention.tick() == 1
    assert retention.tick() == 0
    assert living(closed) == {DOSSIER}
    plan = retention.plan(Case.objects.get(pk=closed.pk))
    assert (plan.gathered_on, plan.dossier_on, plan.metadata_on) == (None, None, None)
    assert plan.gone == ("gathered",)


def test_it_destroys_answers_and_letters_by_a_decision_and_keeps_that_they_were_sent(
    world: World, closed: Case, django_capture_on_commit_callbacks: type[TestCase]
) -> None:
    decided(world, "dossier", 12)
    closed_days_ago(closed, 364)
    assert retention.tick() == 1  # what was gathered
    assert DOSSIER in living(closed)
    closed_days_ago(closed, 368)
    sent = StoredFile.objects.get(case=closed)
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        assert retention.tick() == 1
    assert living(closed) == set()
    assert not files.storage().exists(sent.path)
    assert sent.deliveries.get().sha256 == sent.sha256
    assert not NameToken.objects.exists()
    assert not Identifier.objects.exists()
    assert Event.objects.filter(kind="retention.destroyed", case_ref=closed.ref).count() == 2
    assert verify().ok


def test_it_disposes_of_the_case_itself_and_the_chain_still_verifies(world: World, closed: Case) -> None:
    decided(world, "dossier", 6)
    decided(world, "metadata", 12)
    closed_days_ago(closed, 400)
    ref, before = closed.ref, Event.objects.count()
    assert retention.tick() == 3
    assert not Case.objects.exists()
    seqs = list(Event.objects.filter(case_ref=ref).values_list("seq", flat=True))
    assert list(EventPayload.objects.filter(seq__in=seqs).values_list("open__covers", flat=True)) == ["metadata"]
    assert Event.objects.count() > before
    verdict = verify()
    assert verdict.ok
    assert verdict.payloads_gone == len(seqs) - 1


HOLDS = {
    "complaint": lambda case, user: CaseHold.objects.create(case=case, kind="complaint", reason_enc=b"x", by=user),
    "public_document": lambda case, user: PublicDocumentRequest.objects.create(
        case=case, asked_on=date(2026, 1, 7), what_enc=b"x", by=user
    ),
    "breach": lambda case, user: Breach.objects.create(
        case=case,
        delivery=case.deliveries.get(),
        noticed_at=timezone.now(),
        report_by=timezone.now(),
        what_enc=b"x",
        by=user,
    ),
}


@pytest.mark.parametrize("kind", HOLDS)
def test_a_hold_stops_all_destruction_until_it_ends(world: World, closed: Case, kind: str) -> None:
    decided(world, "dossier", 0)
    decided(world, "metadata", 0)
    closed_days_ago(closed, 4000)
    hold = HOLDS[kind](closed, world.karin)
    assert retention.tick() == 0
    assert living(closed) == {GATHERED, DOSSIER}
    assert retention.plan(Case.objects.get(pk=closed.pk)).held == (kind,)
    type(hold).objects.filter(pk=hold.pk).delete()
    assert retention.tick() == 3


def test_a_case_taken_up_again_is_left_alone(world: World, closed: Case) -> None:
    closed_days_ago(closed, 400)
    Case.objects.filter(pk=closed.pk).update(state="deciding", closed_at=None, closed_as="")
    assert retention.tick() == 0


def test_a_decision_rests_a_day_and_a_later_one_takes_its_place(world: World, closed: Case) -> None:
    closed_days_ago(closed, 4000)
    made = decided(world, "dossier", 1)
    DisposalDecision.objects.filter(pk=made.pk).update(at=timezone.now())
    assert retention.tick() == 1  # only what was gathered
    decided(world, "dossier", None)
    assert retention.tick() == 0
    assert living(closed) == {DOSSIER}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"reference": " "}, "reference"),
        ({"reference": "x" * 81}, "reference"),
        ({"decided_on": None}, "decided_on"),
        ({"decided_on": date(2999, 1, 1)}, "decided_on"),
        ({"keep_months": -1}, "keep_months"),
        ({"covers": "gathered"}, "covers"),
        ({"covers": "metadata"}, "keep_months"),
    ],
)
def test_a_decision_without_its_particulars_is_refused(world: World, changed: dict[str, object], field: str) -> None:
    entered = {"covers": "dossier", "reference": "KS 1", "decided_on": date(2026, 1, 7), "keep_months": 1, **changed}
    with pytest.raises(ValidationError) as raised:
        retention.decide(actor=Actor.staff(world.lena), **entered)  # type: ignore[arg-type]
    assert list(raised.value.message_dict) == [field]
    assert not DisposalDecision.objects.exists()


def test_files_that_no_row_knows_are_swept_after_a_day_and_no_others(closed: Case) -> None:
    disk = files.storage()
    kept = StoredFile.objects.filter(case=closed)
    old = disk.save(f"{closed.ref[-2:]}/{closed.ref}/OLD", ContentFile(b"left by a transaction that failed"))
    new = disk.save(f"{closed.ref[-2:]}/{closed.ref}/NEW", ContentFile(b"its transaction may still be open"))
    yesterday = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (old, *kept.values_list("path", flat=True)):
        os.utime(disk.path(path), (yesterday, yesterday))
    assert files.sweep_orphans() == 1
    assert not disk.exists(old)
    assert disk.exists(new)
    assert all(disk.exists(path) for path in kept.values_list("path", flat=True))
