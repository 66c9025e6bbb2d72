"""The list of cases: what stands in it, in what order, found by what, and at what price."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from requests_app.services import cases
from requests_app.services.audit import Actor
from tests.world import World, gathered, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from django.test import Client

    from requests_app.models import Case, User

LIST = "/admin/requests_app/case/"
SEARCH = f"{LIST}search/"


def numbers(response: object) -> list[str]:
    return [case.diary_no for case in response.context["cl"].result_list]  # type: ignore[attr-defined]


def test_it_lists_open_cases_by_statutory_date(world: World, browse: Callable[[User], Client]) -> None:
    today = timezone.localdate()
    late = open_case(world, received_on=today - timedelta(days=60))
    new = open_case(world, received_on=today)
    middle = open_case(world, received_on=today - timedelta(days=25))
    gone = open_case(world)
    cases.withdraw(actor=Actor.staff(world.karin), case=gone)
    page = browse(world.karin).get(LIST)
    assert numbers(page) == [late.diary_no, middle.diary_no, new.diary_no]
    assert "dsr-due-late" in page.content.decode()
    assert numbers(browse(world.karin).get(f"{LIST}?closed=1")) == [gone.diary_no]
    assert numbers(browse(world.karin).get(f"{LIST}?due=late")) == [late.diary_no]


def test_it_does_not_ask_more_of_the_database_for_more_cases(
    world: World,
    browse: Callable[[User], Client],
    django_assert_max_num_queries: Callable[[int], pytest.FixtureRequest],
) -> None:
    karin = browse(world.karin)
    for name in ("Anna Ek", "Bo Al"):
        gathered(world, open_case(world, name=name))
    karin.get(LIST)
    counts = []
    for extra in (0, 12):
        for number in range(extra):
            open_case(world, name=f"Nils Nr{number}", rights=["access", "erasure"])
        with django_assert_max_num_queries(45) as captured:
            assert karin.get(LIST).status_code == 200
        counts.append(len(captured))  # type: ignore[arg-type]
    assert counts[1] <= counts[0] + 1  # systems of another state may be read once


def test_it_asks_a_fixed_number_of_questions_for_the_start_page(
    world: World,
    browse: Callable[[User], Client],
    django_assert_max_num_queries: Callable[[int], pytest.FixtureRequest],
) -> None:
    karin = browse(world.karin)
    counts = []
    for extra in (2, 10):
        for number in range(extra):
            case = open_case(world, name=f"Nils Nr{number}")
            cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
        with django_assert_max_num_queries(70) as captured:
            assert karin.get("/admin/").status_code == 200
        counts.append(len(captured))  # type: ignore[arg-type]
    assert counts[0] == counts[1]


def test_it_finds_a_case_by_what_is_known_of_the_person(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, name="Åsa Öberg-Ek", personnummer="19900118-9811", email="asa@example.se")
    other = open_case(world, name="Bo Ek", email="bo@example.se")
    karin = browse(world.karin)
    here = f"{LIST}{case.ref}/"
    for text in (case.diary_no, "åsa öberg", "900118-9811", "asa@example.se", "ASA@example.se"):
        assert karin.post(SEARCH, {"text": text})["Location"] == here, text
    found = karin.post(SEARCH, {"text": "ek"})
    assert "ek" not in found["Location"].split("?")[1].split("=")[0]
    assert set(numbers(karin.get(found["Location"]))) == {case.diary_no, other.diary_no}


def test_it_puts_nothing_that_was_searched_for_in_an_address(world: World, browse: Callable[[User], Client]) -> None:
    for name in ("Eva Ek", "Ida Ek"):
        open_case(world, name=name)
    location = browse(world.karin).post(SEARCH, {"text": "Ek"})["Location"]
    assert location.startswith(f"{LIST}?search_results=")
    assert "Ek" not in location.removeprefix(f"{LIST}?search_results=")[:2]


def test_it_finds_nothing_that_is_not_ones_own(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, name="Åsa Öberg")
    anders = browse(world.anders)
    answer = anders.get(anders.post(SEARCH, {"text": case.diary_no})["Location"])
    assert numbers(answer) == []
    assert numbers(anders.get(f"{LIST}?q={case.diary_no}")) == []


def test_it_narrows_by_handler_state_and_right(world: World, browse: Callable[[User], Client]) -> None:
    mine = open_case(world, rights=["erasure"])
    cases.assign(actor=Actor.staff(world.karin), case=mine, handler=world.karin)
    theirs = gathered(world, open_case(world, received_on=date(2026, 1, 7)))
    karin = browse(world.karin)
    assert numbers(karin.get(f"{LIST}?handler=me")) == [mine.diary_no]
    assert numbers(karin.get(f"{LIST}?handler=none")) == [theirs.diary_no]
    assert numbers(karin.get(f"{LIST}?state=review")) == [theirs.diary_no]
    assert numbers(karin.get(f"{LIST}?right=erasure")) == [mine.diary_no]
    assert karin.get(f"{LIST}?parties__login_mac=x").status_code in {302, 400}


def chosen(action: str, *picked: Case, **more: object) -> dict[str, object]:
    return {"action": action, "index": "0", "_selected_action": [case.pk for case in picked], **more}


def test_several_cases_are_assigned_at_once(world: World, browse: Callable[[User], Client]) -> None:
    one, two = open_case(world), open_case(world, name="Bo Ek")
    karin = browse(world.karin)
    karin.post(LIST, chosen("assign_to_me", one, two))
    for case in (one, two):
        case.refresh_from_db()
        assert case.handler == world.karin
    asked = karin.post(LIST, chosen("assign_to", one, two))
    assert [user.name for user in asked.context["workers"]] == ["Karin"]
    assert karin.post(LIST, chosen("assign_to", one, two, handler="999")).status_code == 200
    karin.post(LIST, chosen("assign_to", one, handler="nobody"))
    one.refresh_from_db()
    assert one.handler is None


def test_one_case_that_cannot_be_done_does_not_stop_the_others(world: World, browse: Callable[[User], Client]) -> None:
    gone, open_one = open_case(world), open_case(world, name="Bo Ek")
    cases.withdraw(actor=Actor.staff(world.karin), case=gone)
    answer = browse(world.karin).post(f"{LIST}?closed=all", chosen("assign_to_me", gone, open_one), follow=True)
    open_one.refresh_from_db()
    assert open_one.handler == world.karin
    said = [str(message) for message in answer.context["messages"]]
    assert any(gone.diary_no in text for text in said)
    assert len(said) == 2


def test_nothing_is_done_with_a_case_that_is_not_ones_own(world: World, browse: Callable[[User], Client]) -> None:
    theirs = open_case(world, team="hr")
    browse(world.karin).post(LIST, chosen("assign_to_me", theirs))
    theirs.refresh_from_db()
    assert theirs.handler is None


def test_the_chosen_are_exported_without_names(world: World, browse: Callable[[User], Client]) -> None:
    case, other = open_case(world, name="Åsa Öberg"), open_case(world, name="Bo Ek")
    cases.set_external_no(actor=Actor.staff(world.karin), case=case, number="=1+1")
    cases.assign(actor=Actor.staff(world.karin), case=case, handler=world.karin)
    answer = browse(world.karin).post(LIST, chosen("export", case))
    text = answer.content.decode("utf-8-sig")
    assert case.diary_no in text
    assert other.diary_no not in text
    assert "'=1+1" in text
    for name in ("Åsa", "Öberg", "Karin", "anna@"):
        assert name not in text


def test_staff_see_a_missing_page_in_their_own_dress(world: World, browse: Callable[[User], Client]) -> None:
    inside = browse(world.karin).get(f"{LIST}nonsense/")
    assert inside.status_code == 404
    assert "admin_hemdsr/admin.css" in inside.content.decode()
    outside = browse(world.karin).get("/nonsense/")
    assert outside.status_code == 404
    assert "admin_hemdsr/admin.css" not in outside.content.decode()
