"""Legal's pages: what is late and why, without a name; what waits for approval, and no more of the case than that."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

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
    assert Event.objects.filter(kind="approval.viewed", case_ref=case.ref).count() == 1
    assert lena.get(f"/admin/requests_app/case/{case.ref}/").status_code == 404
    assert lena.get(f"/admin/godkannanden/{case.ref}/access/").status_code == 404
    assert browse(world.karin).get(f"/admin/godkannanden/{case.ref}/rectification/").status_code == 403


def test_it_groups_overdue_cases_by_how_late_they_are(world: World, browse: Callable[[User], Client]) -> None:
    today = timezone.localdate()
    for days in (1, 7, 8, 30, 31, 200):
        case = open_case(world, received_on=today - timedelta(days=250))
        type(case).objects.filter(pk=case.pk).update(
            due_statutory_on=today - timedelta(days=days), external_no=f"H/{days}"
        )
    page = browse(world.lena).get("/admin/forsenade/")
    found = [(bucket.count, [row.external_no for row in bucket.rows]) for bucket in page.context["buckets"]]
    assert found == [(2, ["H/200", "H/31"]), (2, ["H/30", "H/8"]), (2, ["H/7", "H/1"])]
    assert "H/200" in page.content.decode()


def test_it_reads_the_overdue_page_in_a_fixed_number_of_queries(
    world: World, browse: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    long_ago = timezone.localdate() - timedelta(days=90)
    lena = browse(world.lena)
    for _ in range(8):
        open_case(world, received_on=long_ago)
    with django_assert_max_num_queries(40):
        assert len(lena.get("/admin/forsenade/").context["late"]) == 8
