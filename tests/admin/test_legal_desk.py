"""Legal's desk and the questions put to legal: what is there, a click away, and for whom it is not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app.admin.data_shapes import handle_of
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Case, Event, Processing, Referral
from requests_app.services import cases, contacts, referrals
from requests_app.services.audit import Actor
from requests_app.services.staff import set_access
from tests.services import rights_world as at
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User

DESK = "/admin/juridik/"


def asked(world: World, case: Case, *keys: str) -> Referral:
    return referrals.ask(
        actor=Actor.staff(world.karin),
        case=case,
        question="Får vi lämna ut det här?",
        items=[{"system": "fakturering", "category": "chatt", "record": key} for key in keys],
    )


@pytest.fixture
def reviewed(world: World) -> Case:
    return at.to_review(world, "access")


def test_everything_that_waits_for_legal_is_one_click_away(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    asked(world, reviewed, "m1")
    erasure = identified(world, open_case(world, rights=["erasure"]))
    at.decide(world, erasure, "erasure", "refused", ground="17_3_b")
    late = open_case(world, received_on=timezone.localdate() - timedelta(days=90))
    Processing.objects.filter(items__system__key="fakturering").update(assumption=True)
    page = browse(world.lena).get(DESK)
    text = page.content.decode()
    assert f"/admin/juridik/fraga/{reviewed.ref}/1/" in text
    assert f"/admin/godkannanden/{erasure.ref}/erasure/" in text
    assert [row["case"] for row in page.context["held_back"]] == [reviewed]
    assert "/admin/register/att-bekrafta/" in text and "/admin/forsenade/" in text
    assert page.context["overdue"] == 1
    assert late.diary_no not in text  # a count and a link
    assert "Anna Andersson" not in text


def test_the_desk_says_so_when_nothing_waits(world: World, browse: Callable[[User], Client]) -> None:
    page = browse(world.lena).get(DESK)
    assert page.status_code == 200
    assert not page.context["waiting"] and not page.context["questions"] and not page.context["breaches"]


@pytest.mark.parametrize("name", ["karin", "anders", "sven", "ada", "root"])
def test_the_desk_and_its_questions_are_legals_alone(
    world: World, browse: Callable[[User], Client], reviewed: Case, name: str
) -> None:
    asked(world, reviewed, "m1")
    client = browse(getattr(world, name))
    assert client.get(DESK).status_code == 403
    assert client.get(f"{DESK}fraga/{reviewed.ref}/1/").status_code == 403
    assert not Event.objects.filter(kind="referral.opened").exists()


def test_legal_of_another_team_finds_nothing_there(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    set_access(actor=Actor.staff(world.karin), user=world.lena, roles=["legal"], works=[], oversees=[world.hr])
    asked(world, reviewed, "m1")
    lena = browse(world.lena)
    assert reviewed.diary_no not in lena.get(DESK).content.decode()
    assert lena.get(f"{DESK}fraga/{reviewed.ref}/1/").status_code == 404


def test_a_question_is_read_and_answered_with_exactly_the_chosen_records(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    asked(world, reviewed, "m1")
    lena, one = browse(world.lena), f"{DESK}fraga/{reviewed.ref}/1/"
    page = lena.get(one).content.decode()
    assert "Karl Karlsson" in page and "Får vi lämna ut det här?" in page
    assert "hemligt" not in page and "Tack!" not in page and "Anna Andersson" not in page
    refused = lena.post(one, {"answer": " "})
    assert refused.status_code == 422 and "Karl Karlsson" in refused.content.decode()
    assert lena.post(one, {"answer": "Nej, dölj namnet."}).status_code == 302
    karin = browse(world.karin)
    page = karin.get(f"/admin/requests_app/case/{reviewed.ref}/")
    assert page.context["step"].code == "referral_answered"
    assert "Nej, dölj namnet." in page.content.decode()
    noted = karin.post(f"/admin/requests_app/case/{reviewed.ref}/gor/withdraw-question/1/")
    assert noted.status_code == 302
    assert karin.get(f"/admin/requests_app/case/{reviewed.ref}/").context["step"].code == "review"
    assert "Nej, dölj namnet." in lena.get(one).content.decode()


def test_records_ticked_where_they_are_read_go_with_the_question(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    karin, here = browse(world.karin), f"/admin/requests_app/case/{reviewed.ref}/"
    chosen = [handle_of(at.CHAT[0]), handle_of(at.CHAT[2])]
    page = karin.post(f"{here}uppgifter/fakturering/chatt/fraga/", {"page": "1", "record": chosen})
    form = page.context["form"]
    assert page.context["count"] == 2
    empty = karin.post(f"{here}gor/refer/", {"question": "", "record": form.initial["record"]})
    assert empty.status_code == 422
    assert "fakturering/chatt/m1" in empty.content.decode()  # nothing is lost
    sent = karin.post(f"{here}gor/refer/", {"question": "Får vi?", "record": form.initial["record"]})
    assert sent.status_code == 302
    opened = referrals.opened(actor=Actor.staff(world.lena), referral=Referral.objects.get())
    assert [record.pairs[0][1] for record in opened.records] == ["Ring Karl Karlsson.", "Tack!"]


def test_nothing_ticked_leads_back_to_the_records(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    here = f"/admin/requests_app/case/{reviewed.ref}/uppgifter/fakturering/chatt/"
    response = browse(world.karin).post(f"{here}fraga/", {"page": "1"})
    assert response.status_code == 302 and response["Location"].endswith(here)


@pytest.mark.parametrize("value", ["m1", "fakturering/chatt", "fakturering/chatt/finns-inte", "x/y/z"])
def test_a_made_up_record_is_refused(
    world: World, browse: Callable[[User], Client], reviewed: Case, value: str
) -> None:
    karin = browse(world.karin)
    sent = {"question": "Får vi?", "record": [value]}
    assert karin.post(f"/admin/requests_app/case/{reviewed.ref}/gor/refer/", sent).status_code == 422
    assert not Referral.objects.exists()


def test_another_coordinator_asks_nothing_about_the_case(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    anders, here = browse(world.anders), f"/admin/requests_app/case/{reviewed.ref}/"
    assert anders.post(f"{here}gor/refer/", {"question": "Får vi?"}).status_code == 404
    assert anders.post(f"{here}uppgifter/fakturering/chatt/fraga/", {"page": "1"}).status_code == 404


def test_the_question_of_a_protected_case_opens_nothing_else_of_it(
    world: World, browse: Callable[[User], Client], reviewed: Case
) -> None:
    cases.protect(actor=Actor.staff(world.karin), case=reviewed, protected=True)
    asked(world, reviewed, "m1")
    lena = browse(world.lena)
    assert lena.get(f"{DESK}fraga/{reviewed.ref}/1/").status_code == 200
    assert lena.get(f"/admin/requests_app/case/{reviewed.ref}/").status_code in {403, 404}


@pytest.mark.parametrize("team_form", ["approver", "substitute"])
def test_who_approves_for_a_team_is_chosen_among_legal_who_oversee_it(
    world: World, browse: Callable[[User], Client], team_form: str
) -> None:
    ada = browse(world.ada)
    here = f"/admin/requests_app/team/{world.kund.pk}/change/"
    field = ada.get(here).context["adminform"].form.fields[team_form]
    assert list(field.queryset) == [world.lena]
    refused = ada.post(here, {"name": "Kund", team_form: str(world.karin.pk)})
    assert refused.status_code == 200
    assert ada.post(here, {"name": "Kund", team_form: str(world.lena.pk)}).status_code == 302
    world.kund.refresh_from_db()
    assert getattr(world.kund, team_form) == world.lena


@pytest.mark.parametrize("page", [DESK, "/admin/adresser/"])
def test_a_long_list_takes_no_more_queries_than_a_short_one(
    world: World, browse: Callable[[User], Client], page: str
) -> None:
    lena, karin = browse(world.lena), Actor.staff(world.karin)

    def counted(cases_there: int) -> int:
        while Case.objects.count() < cases_there:
            case = open_case(world)
            asked(world, case)
            to = contacts.route(case, way=Way.POST, address="Lillgatan 9", basis=ContactBasis.REQUEST)
            contacts.ask(actor=karin, case=case, to=to)
        lena.get(page)
        with CaptureQueriesContext(connection) as captured:
            assert lena.get(page).content.decode().count("DSR-") >= cases_there
        return len(captured)

    assert counted(3) == counted(12)
