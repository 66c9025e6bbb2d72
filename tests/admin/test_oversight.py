"""Legal's pages: what is late and why, without a name; what waits for approval, and no more of the case than that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.models import Event
from requests_app.services import decisions
from requests_app.services.audit import Actor
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User


def test_it_shows_days_and_reason_and_no_name(world: World, browse: Callable[[User], Client]) -> None:
    long_ago = timezone.localdate() - timedelta(days=90)
    case = open_case(world, name="Åsa Öberg", received_on=long_ago, email="asa@example.se", protected=True)
    open_case(world, team="hr", received_on=long_ago)
    page = browse(world.lena).get("/admin/forsenade/")
    text = page.content.decode()
    rows = page.context["late"]
    assert {row.team for row in rows} == {"Kund", "HR"}
    assert case.diary_no in text
    assert "Öberg" not in text
    assert "asa@example.se" not in text
    assert case.ref not in text
    late = (timezone.localdate() - case.due_statutory_on).days
    assert str(late) in rows[0].due.words
    assert rows[0].reason
    assert Event.objects.filter(kind="report.viewed").count() == 1


def test_it_counts_a_case_as_late_only_after_its_last_day(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, received_on=timezone.localdate() - timedelta(days=20))
    lena = browse(world.lena)
    type(case).objects.filter(pk=case.pk).update(due_statutory_on=timezone.localdate())
    assert lena.get("/admin/forsenade/").context["late"] == []
    type(case).objects.filter(pk=case.pk).update(due_statutory_on=timezone.localdate() - timedelta(days=1))
    assert len(lena.get("/admin/forsenade/").context["late"]) == 1


def test_it_shows_for_approval_the_decision_and_nothing_else_of_the_case(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = identified(world, open_case(world, name="Åsa Öberg", rights=["rectification"]))
    decisions.decide(
        actor=Actor.staff(world.karin),
        case=case,
        right="rectification",
        outcome="refused",
        ground="12_5_excessive",
        reasons="Samma begäran för sjunde gången.",
    )
    lena = browse(world.lena)
    text = lena.get(f"/admin/godkannanden/{case.ref}/rectification/").content.decode()
    assert "Samma begäran för sjunde gången." in text
    assert "Öberg" not in text
    assert "Storgatan" not in text
    assert Event.objects.filter(kind="case.viewed", case_ref=case.ref).count() == 1
    assert lena.get(f"/admin/requests_app/case/{case.ref}/").status_code == 404
    assert lena.get(f"/admin/godkannanden/{case.ref}/access/").status_code == 404
    assert browse(world.karin).get(f"/admin/godkannanden/{case.ref}/rectification/").status_code == 403
