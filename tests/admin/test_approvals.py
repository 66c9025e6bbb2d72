"""The second pair of eyes answers what it has seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from requests_app.admin.waiting import working_days
from requests_app.domain.deadlines import STOCKHOLM
from requests_app.models import Approval, Event
from requests_app.services import decisions, review
from requests_app.services.audit import Actor
from tests.services import rights_world as at
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User


def test_it_does_not_answer_a_decision_that_took_the_place_of_the_one_shown(
    world: World, browse: Callable[[User], Client]
) -> None:
    lena = browse(world.lena)
    case = identified(world, open_case(world, rights=["erasure"]))
    one = f"/admin/godkannanden/{case.ref}/erasure/"

    def decide(system: str) -> None:
        decisions.decide(
            actor=Actor.staff(world.karin),
            case=case,
            right="erasure",
            outcome="granted",
            systems=[world.systems[system]],
        )

    decide("arkiv")
    shown = lena.get(one).context["form"]["shown"].value()
    decide("fakturering")
    stale = lena.post(one, {"verdict": "approve", "shown": shown})
    assert stale.status_code == 200 and "Fakturering" in stale.content.decode()
    case.refresh_from_db()
    assert case.state == "deciding"
    now = stale.context["form"]["shown"].value()
    assert now != shown
    assert lena.post(one, {"verdict": "approve", "shown": now}).status_code == 302
    case.refresh_from_db()
    assert case.state == "dispatching"


@pytest.fixture
def masked(world: World) -> Case:
    """A case whose answer is granted but for a masked message; legal is asked."""
    case = at.to_review(world, "access")
    at.mask(world, case, "m1")
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    at.decide(world, case, "access", "partly_granted", ground="15_4", reasons="Handlar om grannen.")
    return case


def test_it_shows_what_is_withheld_and_nothing_else_of_the_data(
    world: World, browse: Callable[[User], Client], masked: Case
) -> None:
    page = browse(world.lena).get(f"/admin/godkannanden/{masked.ref}/access/").content.decode()
    assert "Karl Karlsson" in page and "Handlar om grannen." in page and "Handlar om en annan person" in page
    assert "Tack!" not in page and "Anna Andersson" not in page
    event = Event.objects.get(kind="approval.viewed")
    assert event.case_ref == masked.ref


@pytest.mark.parametrize("name", ["karin", "anders", "sven", "ada", "root"])
def test_the_withheld_items_are_shown_to_nobody_else(
    world: World, browse: Callable[[User], Client], masked: Case, name: str
) -> None:
    response = browse(getattr(world, name)).get(f"/admin/godkannanden/{masked.ref}/access/")
    assert response.status_code == 403
    assert not Event.objects.filter(kind="approval.viewed").exists()


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("2026-11-19T09:00", "2026-11-19T16:00", 0),
        ("2026-11-20T16:00", "2026-11-22T12:00", 0),  # Friday to Sunday
        ("2026-11-20T16:00", "2026-11-23T08:00", 1),
        ("2026-12-23T12:00", "2026-12-28T12:00", 2),  # Christmas Day and the day after fall on Friday and Saturday
    ],
)
def test_a_wait_is_counted_in_working_days(since: str, until: str, days: int) -> None:
    first, last = (datetime.fromisoformat(text).replace(tzinfo=STOCKHOLM) for text in (since, until))
    assert working_days(first, last) == days


def test_it_says_how_long_it_has_waited_and_that_it_was_escalated(
    world: World, browse: Callable[[User], Client], masked: Case
) -> None:
    lena = browse(world.lena)
    assert "priority_high" not in lena.get("/admin/godkannanden/").content.decode()
    now = timezone.now()
    Approval.objects.update(asked_at=now - timedelta(days=9), escalated_at=now)
    page = lena.get("/admin/godkannanden/")
    assert "priority_high" in page.content.decode()
    (row,) = page.context["waiting"]
    assert row["waited"].escalated and any(sign.isdecimal() for sign in row["waited"].words)


def test_a_decision_that_waits_can_be_made_otherwise_on_the_case_page(
    world: World, browse: Callable[[User], Client], masked: Case
) -> None:
    karin = browse(world.karin)
    page = karin.get(f"/admin/requests_app/case/{masked.ref}/")
    (line,) = page.context["right_lines"]
    assert line.waits and line.form is not None and line.withheld
    sent = {"outcome": "partly_granted", "ground": "15_4", "reasons": "Handlar om en granne."}
    assert karin.post(f"/admin/requests_app/case/{masked.ref}/gor/decide/access/", sent).status_code == 302
    (waiting,) = decisions.approvals_for(world.lena)
    assert waiting.decision.n == 2


def test_an_erasure_is_approved_in_sight_of_how_much_each_system_holds(
    world: World, browse: Callable[[User], Client]
) -> None:
    searched = at.to_review(world, "access", "erasure")
    review.finish(actor=Actor.staff(world.karin), case=searched, confirmed=True)
    unsearched = identified(world, open_case(world, rights=["erasure"]))
    for case in (searched, unsearched):
        at.decide(world, case, "erasure", "granted", reasons="")
    lena = browse(world.lena)
    page = lena.get(f"/admin/godkannanden/{searched.ref}/erasure/")
    found = {entry["system"]: entry for entry in page.context["erased"]}
    assert [item["count"] for item in found["Fakturering"]["categories"]] == [3]
    assert (found["Arkivet"]["gathered"], found["Arkivet"]["categories"]) == (True, [])
    page = lena.get(f"/admin/godkannanden/{unsearched.ref}/erasure/")
    assert [entry["gathered"] for entry in page.context["erased"]] == [False, False]
