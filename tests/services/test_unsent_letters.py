"""Letters that were never sent, once what they say no longer holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError

from requests_app.domain.rights import Way
from requests_app.models import CaseExtension, Render
from requests_app.services import cases, decisions, delivery, reopening
from requests_app.services.case_facts import facts_of
from requests_app.services.next_step import next_step
from tests.services import sending_world as at
from tests.services.sending_world import HOME, as_, make_documents
from tests.world import World, gathered, identified, open_case

if TYPE_CHECKING:
    from requests_app.models import Case

pytestmark = pytest.mark.django_db


def counting(case: Case, *kinds: str) -> list[str]:
    return sorted(Render.objects.filter(case=case, kind__in=kinds, superseded=False).values_list("kind", flat=True))


def unidentified(world: World) -> Case:
    case = open_case(world)
    cases.ask_completion(actor=as_(world.karin), case=case, doubt="Två heter så.", needed="Kundnummer.")
    cases.close_unidentified(actor=as_(world.karin), case=case, tried="Ringde.", needed="Kundnummer.")
    make_documents(case)
    case.refresh_from_db()
    return case


def reopen(world: World, case: Case) -> None:
    reopening.reopen(actor=as_(world.karin), case=case, reason="identified", note="Nu vet vi vem.", rights=["access"])
    case.refresh_from_db()


def test_a_reopened_case_sends_no_letter_of_its_first_course(world: World) -> None:
    case = unidentified(world)
    assert counting(case, "receipt", "completion", "not_identified") == ["not_identified", "receipt"]
    reopen(world, case)
    assert counting(case, "receipt", "completion", "not_identified") == ["receipt"]
    with pytest.raises(ValidationError):
        delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="not_identified", way=Way.POST, **HOME)


def test_a_case_answered_after_it_was_reopened_has_no_old_letter_as_its_next_step(world: World) -> None:
    case = unidentified(world)
    reopen(world, case)
    identified(world, case)
    gathered(world, case)
    at.finish(world, case)
    decisions.decide(
        actor=as_(world.karin), case=case, right="access", outcome="other_controller", reasons="Nätbolaget svarar."
    )
    make_documents(case)
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.POST, **HOME)
    case.refresh_from_db()
    assert (case.state, next_step(case, facts_of(case)).code) == ("closed", "closed")


def test_a_letter_that_has_left_still_counts_in_a_reopened_case(world: World) -> None:
    case = unidentified(world)
    delivery.dispatch_notice(actor=as_(world.karin), case=case, kind="not_identified", way=Way.POST, **HOME)
    reopen(world, case)
    assert counting(case, "not_identified") == ["not_identified"]


def test_nobody_is_asked_for_completion_once_the_identity_is_confirmed(world: World) -> None:
    case = open_case(world)
    cases.ask_completion(actor=as_(world.karin), case=case, doubt="Två heter så.", needed="Kundnummer.")
    identified(world, case)
    assert counting(case, "completion") == []


def test_an_answer_that_is_ready_comes_before_an_extension_that_waits_and_ends_it(world: World) -> None:
    case = gathered(world, open_case(world))
    cases.extend(actor=as_(world.karin), case=case, reasons="Många system.")
    make_documents(case)
    assert next_step(case, facts_of(case)).code == "send_extension"
    at.finish(world, case)
    decisions.decide(actor=as_(world.karin), case=case, right="access", outcome="granted")
    make_documents(case)
    case.refresh_from_db()
    assert next_step(case, facts_of(case)).code == "dispatch"
    delivery.dispatch(actor=as_(world.karin), case=case, right="access", way=Way.POST, **HOME)
    assert counting(case, "extension") == []
    assert CaseExtension.objects.get(case=case).notice_sent_at is None


def test_an_extension_nobody_was_told_of_can_be_decided_anew_in_a_reopened_case(world: World) -> None:
    case = open_case(world)
    cases.extend(actor=as_(world.karin), case=case, reasons="Många system.")
    cases.withdraw(actor=as_(world.karin), case=case)
    case.refresh_from_db()
    reopening.reopen(actor=as_(world.karin), case=case, reason="other", note="Ändrade sig.", rights=["access"])
    cases.extend(actor=as_(world.karin), case=case, reasons="Många system.")
    assert counting(case, "extension") == ["extension"]
