"""Choices about marketing in the admin: what a person has to do, and writing down what somebody said."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from requests_app.domain.channels import ChoiceSource, MarketingKind
from requests_app.models import Case, Event, MarketingChoice, MarketingTask, Processing
from requests_app.services import marketing
from requests_app.services.audit import PERSON

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

LIST, NOTE = "/admin/reklam/", "/admin/reklam/nytt/"
EMAIL = "anna.alm@example.se"


@pytest.fixture
def marketed(world: World) -> World:
    """One system markets, and only a person can stop it."""
    Processing.objects.filter(key="arkiv-behandling").update(marketing=True)
    return world


def decline(email: str = EMAIL) -> MarketingTask:
    choice = marketing.choose(
        actor=PERSON, kind=MarketingKind.WITHDRAWN, source=ChoiceSource.ONE_CLICK, email=email, wording="x"
    )
    return choice.tasks.get()


def said(**changes: Any) -> dict[str, Any]:
    now = timezone.localtime()
    base = {"kind": "withdrawn", "email": EMAIL, "source": "phone", "said_on": now.date().isoformat()}
    return {**base, "said_time": "00:01", "language": "sv", **changes}


def test_the_list_shows_what_a_person_has_to_do_and_logs_that_it_was_shown(
    marketed: World, browse: Callable[[User], Client]
) -> None:
    decline()
    page = browse(marketed.karin).get(LIST).content.decode()

    assert EMAIL in page and "Arkivet" in page
    assert Event.objects.filter(kind="marketing.listed", actor_ref__contains="Karin").exists()


def test_a_choice_is_one_entry_with_the_systems_that_are_left_in_it(
    marketed: World, browse: Callable[[User], Client]
) -> None:
    decline("bo@example.se")
    Processing.objects.update(marketing=True)
    browse(marketed.sven).post(NOTE, said(note="Ringde om fakturan också."))
    karin = browse(marketed.karin)
    page = karin.get(LIST)
    by_phone, other = page.context["open"]
    text = page.content.decode()
    assert [f"{task.system}" for task, _why, _again in by_phone["tasks"]] == ["Fakturering", "Arkivet"]
    assert (by_phone["address"], other["address"], page.context["count"]) == (EMAIL, "bo@example.se", 2)
    assert text.count("Ringde om fakturan") == 1 and text.count(f"<bdi>{EMAIL}</bdi>") == 1

    karin.post(f"{LIST}{by_phone['tasks'][0][0].pk}/", {"do": "done"})
    left, _other = karin.get(LIST).context["open"]
    assert [f"{task.system}" for task, _why, _again in left["tasks"]] == ["Arkivet"]


def test_a_coordinator_ticks_it_as_done_and_the_address_goes(marketed: World, browse: Callable[[User], Client]) -> None:
    task, karin = decline(), browse(marketed.karin)
    page = karin.post(f"{LIST}{task.pk}/", {"do": "done"}, follow=True).content.decode()

    task.refresh_from_db()
    assert (task.state, task.by) == ("done", marketed.karin)
    assert EMAIL not in page and "Karin" in page
    again = karin.post(f"{LIST}{task.pk}/", {"do": "done"}, follow=True)
    assert len(list(again.context["messages"])) == 1
    assert karin.post(f"{LIST}{task.pk}/", {"do": "retry"}).status_code == 302
    assert karin.post(f"{LIST}999999/", {"do": "done"}).status_code == 404


def test_only_coordinators_see_the_list_and_tick(marketed: World, browse: Callable[[User], Client]) -> None:
    task = decline()
    for user in (marketed.sven, marketed.lena, marketed.ada, marketed.root):
        client = browse(user)
        assert client.get(LIST).status_code == 403
        assert client.post(f"{LIST}{task.pk}/", {"do": "done"}).status_code == 403
    task.refresh_from_db()
    assert task.state == "failed"


def test_a_choice_said_by_telephone_takes_effect_with_its_wording_and_time(
    marketed: World, browse: Callable[[User], Client]
) -> None:
    yesterday = timezone.localdate() - timedelta(days=1)
    sent = said(
        said_on=yesterday.isoformat(), said_time="14:30", note="Ringde om fakturan också.", phone="070-174 06 05"
    )
    answer = browse(marketed.sven).post(NOTE, sent, follow=True)

    assert answer.status_code == 200
    by_mail, by_phone = MarketingChoice.objects.order_by("pk")
    assert timezone.localtime(by_mail.chosen_at).strftime("%Y-%m-%d %H:%M") == f"{yesterday} 14:30"
    assert (by_mail.by, by_mail.source, by_mail.kind) == (marketed.sven, "phone", "withdrawn")
    assert by_mail.wording == marketing.wording("withdrawn", "sv")
    assert marketing.note_of(by_mail) == "Ringde om fakturan också."
    assert marketing.address_of(by_phone) == "+46701740605"
    assert marketing.is_suppressed(marketing.address(email=EMAIL))
    assert not Case.objects.exists()
    assert EMAIL not in answer.content.decode()


def test_consent_needs_the_question_and_lifts_the_suppression(
    marketed: World, browse: Callable[[User], Client]
) -> None:
    decline()
    MarketingChoice.objects.update(chosen_at=timezone.now() - timedelta(days=2))
    sven = browse(marketed.sven)
    refused = sven.post(NOTE, said(kind="given"))
    assert refused.status_code == 422 and refused.context["form"].errors["asked"]
    assert marketing.is_suppressed(marketing.address(email=EMAIL))
    sven.post(NOTE, said(kind="given", asked="on", language="en"))

    assert not marketing.is_suppressed(marketing.address(email=EMAIL))
    assert MarketingChoice.objects.get(kind="given").wording == marketing.wording("given", "en")
    listed = browse(marketed.karin).get("/admin/reklam/").content.decode()
    assert "May we send newsletters and offers to the e-mail address" in listed and "given/1" not in listed


def test_each_choice_has_its_own_words_beside_it(marketed: World, browse: Callable[[User], Client]) -> None:
    page = browse(marketed.sven).get(NOTE).content.decode()
    no, yes = page.split('id="id_kind_1"')
    for kind, part, other in (("withdrawn", no, yes), ("given", yes, no)):
        said = marketing.WORDINGS[kind]
        assert said.text_sv in part and said.text_en in part and said.text_sv not in other
        assert f'aria-describedby="said-{kind}"' in page and f'id="said-{kind}"' in part
        assert "telefonnummer" in said.text_sv and f"version {said.version}" not in page
    assert 'name="asked"' in yes and 'name="asked"' not in no


def test_a_time_that_has_not_come_is_told_at_the_time_and_not_at_the_day(
    marketed: World, browse: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = timezone.localtime().replace(hour=12, minute=0)
    monkeypatch.setattr("requests_app.admin.marketing.timezone.localtime", lambda *_args: noon)
    page = browse(marketed.sven).post(NOTE, said(said_on=noon.date().isoformat(), said_time="12:01"))
    assert list(page.context["form"].errors) == ["said_time"]
    assert not MarketingChoice.objects.exists()


def test_a_button_pressed_twice_is_one_choice(marketed: World, browse: Callable[[User], Client]) -> None:
    sven, sent = browse(marketed.sven), said()
    for _press in range(2):
        assert sven.post(NOTE, sent).status_code == 302
    assert MarketingChoice.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"email": ""}, "email"),
        ({"email": "inte en adress"}, "email"),
        ({"phone": "abc"}, "phone"),
        ({"kind": "maybe"}, "kind"),
        ({"source": "portal"}, "source"),
        ({"said_on": "2099-01-01"}, "said_on"),
        ({"said_on": "1899-01-01"}, "said_on"),
        ({"said_on": "i går"}, "said_on"),
        ({"said_time": "25:99"}, "said_time"),
        ({"note": "x" * 1001}, "note"),
        ({"language": "xx"}, "language"),
    ],
)
def test_it_says_what_is_wrong_at_the_field_and_notes_nothing(
    marketed: World, browse: Callable[[User], Client], changes: dict[str, Any], field: str
) -> None:
    sent = said(**{"note": "Vill slippa allt.", **changes})
    page = browse(marketed.sven).post(NOTE, sent)

    assert page.status_code == 422
    assert page.context["form"].errors[field]
    assert sent["note"] in page.content.decode()
    assert not MarketingChoice.objects.exists()


def test_the_time_is_left_to_the_member_of_staff_and_a_no_of_the_day_wins(
    marketed: World, browse: Callable[[User], Client]
) -> None:
    sven = browse(marketed.sven)
    assert 'name="said_time"' in (page := sven.get(NOTE).content.decode())
    assert timezone.localtime().strftime('value="%H:') not in page
    sven.post(NOTE, said(kind="given", asked="on", said_time=""))
    sven.post(NOTE, said(said_time=""))

    assert list(MarketingChoice.objects.values_list("kind", "exact")) == [("withdrawn", "day"), ("given", "day")]
    assert marketing.is_suppressed(marketing.address(email=EMAIL))
    listed = browse(marketed.karin).get(LIST).content.decode()
    assert "23:59" not in listed and "00:00" not in listed


@pytest.mark.parametrize(("first", "then"), [("withdrawn", "given"), ("given", "withdrawn")])
def test_a_choice_that_is_overtaken_is_said_to_change_nothing(
    marketed: World, browse: Callable[[User], Client], first: str, then: str
) -> None:
    sven, long_ago = browse(marketed.sven), (timezone.localdate() - timedelta(days=3)).isoformat()
    sven.post(NOTE, said(kind=first, asked="on"), follow=True)
    answer = sven.post(NOTE, said(kind=then, asked="on", said_on=long_ago, phone="070-174 06 05"), follow=True)

    overtaken, effect = answer.context["messages"]
    assert (overtaken.level_tag, effect.level_tag) == ("warning", "success")  # the telephone number is stopped
    assert str(overtaken).startswith("E-post:") and str(overtaken).count("00:01") == 1
    assert marketing.is_suppressed(marketing.address(email=EMAIL)) == (first == "withdrawn")


def test_the_list_asks_the_database_as_often_however_long_it_is(
    marketed: World, browse: Callable[[User], Client], django_assert_max_num_queries: Any
) -> None:
    karin, counts = browse(marketed.karin), []
    for rows in (2, 12):
        for number in range(rows):
            decline(f"person{rows}-{number}@example.se")
        MarketingTask.objects.exclude(state="done").update(fault="auth_refused")
        with django_assert_max_num_queries(200) as asked:
            assert karin.get(LIST).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_who_neither_registers_nor_works_cases_notes_nothing(marketed: World, browse: Callable[[User], Client]) -> None:
    for user in (marketed.lena, marketed.ada, marketed.root):
        assert browse(user).get(NOTE).status_code == 403
        assert browse(user).post(NOTE, said()).status_code == 403
    assert not MarketingChoice.objects.exists()


def test_the_page_says_nothing_of_what_is_known(marketed: World, browse: Callable[[User], Client]) -> None:
    sven = browse(marketed.sven)
    before = sven.post(NOTE, said(email="ny@example.se"), follow=True)
    decline()
    after = sven.post(NOTE, said(), follow=True)

    texts = [str(next(iter(answer.context["messages"]))) for answer in (before, after)]
    assert texts[0] == texts[1]
