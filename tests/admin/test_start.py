"""The start page: everything a coordinator needs in the morning, at a price that does not grow."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app.domain.rights import Way
from requests_app.models import Case, Collection
from requests_app.services import breaches, cases
from requests_app.services.audit import Actor
from tests.services.sending_world import HOME, make_documents, ready, sent
from tests.world import World, gathered, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User

START = "/admin/"
QUERIES = 11


def mine(world: World, **asked: object) -> Case:
    case = open_case(world, **asked)  # type: ignore[arg-type]
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    return case


def queries_of(client: Client) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(START).status_code == 200
    return len(captured)


def test_it_asks_fewer_than_twelve_questions_for_5_cases_as_for_60(
    world: World, browse: Callable[[User], Client]
) -> None:
    karin = browse(world.karin)
    for number in range(2):
        gathered(world, mine(world, name=f"Nils Nr{number}"))
    identified(world, mine(world, rights=["access", "erasure"]))
    mine(world)
    open_case(world, name="Bo Ek")
    karin.get(START)
    few = queries_of(karin)
    assert few <= QUERIES
    template = Case.objects.filter(handler=world.karin).first()
    assert template is not None
    for number in range(55):
        mine(world, name=f"Eva Nr{number}") if number % 11 else gathered(world, mine(world, name=f"Ida Nr{number}"))
    assert queries_of(karin) == few


def test_it_leads_from_each_case_to_where_its_next_step_is_done(world: World, browse: Callable[[User], Client]) -> None:
    case = mine(world)
    page = browse(world.karin).get(START)
    (item,) = page.context["todo"].items
    assert item.step.code == "confirm_identity"
    assert f'href="/admin/requests_app/case/{case.ref}/#identity"' in page.content.decode()
    assert item.rights


def test_it_tells_apart_what_waits_for_others_and_what_nobody_handles(
    world: World, browse: Callable[[User], Client]
) -> None:
    waits = mine(world, login="anna", personnummer="19900118-9811", email="")
    Collection.objects.filter(case=waits).update(state="running")
    loose = open_case(world, name="Bo Ek")
    theirs = open_case(world, team="hr")
    context = browse(world.karin).get(START).context
    assert [item.case for item in context["waiting"].items] == [waits]
    assert [item.case for item in context["unassigned"].items] == [loose]
    assert theirs not in [item.case for item in context["unassigned"].items]


def test_it_shows_only_the_first_of_many_and_where_the_rest_is(world: World, browse: Callable[[User], Client]) -> None:
    for number in range(22):
        mine(world, name=f"Eva Nr{number}")
    page = browse(world.karin).get(START)
    listed = page.context["todo"]
    assert (len(listed.items), listed.count, listed.more) == (20, 22, True)
    assert "?handler=me" in page.content.decode()


def test_it_counts_what_is_overdue_and_what_was_answered_in_time(
    world: World, browse: Callable[[User], Client]
) -> None:
    today = timezone.localdate()
    mine(world, received_on=today - timedelta(days=60))
    for days in (-1, 5):
        case = mine(world, name=f"Eva {days}")
        Case.objects.filter(pk=case.pk).update(
            state="closed",
            closed_at=timezone.now(),
            dispatched_at=timezone.now(),
            received_on=today - timedelta(days=90),
            due_statutory_on=today + timedelta(days=days),
        )
    figures = browse(world.karin).get(START).context["figures"]
    assert figures.overdue == 1
    assert (figures.in_time, figures.answered) == (1, 2)


def test_the_timeline_has_a_number_for_each_day_and_leads_to_its_cases(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = mine(world, received_on=timezone.localdate() - timedelta(days=20))
    karin = browse(world.karin)
    page = karin.get(START)
    days = {item.day: item.count for week in page.context["weeks"] for item in week.days}
    assert days[case.due_statutory_on] == 1
    link = f"/admin/requests_app/case/?due={case.due_statutory_on:%Y-%m-%d}"
    assert link in page.content.decode()
    assert [row.pk for row in karin.get(link).context["cl"].result_list] == [case.pk]


def test_it_names_each_failed_system_once_with_the_cases_that_wait(
    world: World, browse: Callable[[User], Client]
) -> None:
    waiting = [identified(world, mine(world, name=f"Eva Nr{number}")) for number in range(2)]
    Collection.objects.filter(system__key="arkiv").update(state="failed", fault="auth_refused", outcome="failed")
    (item,) = browse(world.karin).get(START).context["failed"]
    assert str(item.system) == "Arkivet"
    assert [case for case, _place in item.cases] == waiting
    assert "Arkivet" in item.sentence


def test_it_says_when_there_is_nothing_to_do(world: World, browse: Callable[[User], Client]) -> None:
    other = open_case(world)
    cases.assign(actor=Actor.staff(world.karin), case=other, handler=world.karin)
    Collection.objects.filter(case=identified(world, other)).update(state="running")
    page = browse(world.karin).get(START)
    assert page.context["todo"].items == []
    assert page.context["next_due"] == other.due_statutory_on


@pytest.mark.parametrize("name", ["karin", "lena", "ada", "root", "anders"])
def test_everybody_gets_a_start_page(world: World, browse: Callable[[User], Client], name: str) -> None:
    assert browse(world.everyone()[name]).get(START, follow=True).status_code == 200


def test_an_answer_that_reached_the_wrong_person_is_to_be_done_and_not_answered_in_time(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = ready(world)
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    lead = sent(world, case, Way.POST, **HOME)
    karin = browse(world.karin)
    assert karin.get(START).context["figures"].answered == 1
    breaches.note(actor=Actor.staff(world.karin), delivery=lead, noticed_at=timezone.now(), what="Grannen fick det.")
    context = karin.get(START).context
    assert [item.case for item in context["todo"].items] == [case]
    assert (context["figures"].answered, context["figures"].in_time) == (0, 0)


@pytest.mark.parametrize("handled", [True, False])
def test_a_closed_case_with_a_letter_to_send_is_to_be_done(
    world: World, browse: Callable[[User], Client], handled: bool
) -> None:
    case = mine(world) if handled else open_case(world)
    cases.withdraw(actor=Actor.staff(world.karin), case=case)
    make_documents(case)
    context = browse(world.karin).get(START).context
    assert [(item.case, item.step.code) for item in context["todo"].items] == [(case, "send_withdrawn")]
    assert context["todo"].count == 1
    assert context["unassigned"].items == []
