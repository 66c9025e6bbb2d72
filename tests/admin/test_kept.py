"""How long a closed case's data is kept, as the page of the case says it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from requests_app.models import CaseKey, DisposalDecision
from requests_app.services import cases, holds
from requests_app.services.audit import Actor
from tests.world import World, gathered, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User


def page_of(browser: Client, case: Case) -> str:
    answer = browser.get(reverse("admin:requests_app_case_change", args=[case.ref]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_tells_how_long_a_closed_case_is_kept_and_what_holds_it(
    world: World, browse: Callable[[User], Client]
) -> None:
    type(world.karin).objects.filter(pk=world.karin.pk).update(language="en")
    case, karin = gathered(world, open_case(world)), Actor.staff(world.karin)
    browser = browse(world.karin)
    assert "How long it is kept" not in page_of(browser, case)
    cases.withdraw(actor=karin, case=case)
    page = page_of(browser, case)
    assert "Gathered data: until" in page
    assert "Answers, letters and notes: until there is a decision on disposal" in page
    assert "The case itself: until there is a decision on disposal" in page
    assert "Nothing is destroyed now" not in page
    CaseKey.objects.filter(case=case, purpose="gathered").update(wrapped=None, destroyed_at=timezone.now())
    DisposalDecision.objects.create(
        covers="dossier", reference="KS 2026/77", decided_on=date(2026, 1, 7), keep_months=12, by=world.lena
    )
    holds.place(actor=karin, case=case, kind="court", reason="T 12-26")
    page = page_of(browser, case)
    assert "Gathered data: destroyed" in page
    closed = timezone.localdate()
    assert "Answers, letters and notes: until " in page
    assert str((closed + timedelta(days=365)).year) in page[page.index("Answers, letters and notes: until ") :][:80]
    assert "Nothing is destroyed now: Court case" in page
