"""Owners of systems in the admin: a list of the own tasks without the cases, and what the coordinator sees and does."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation

from requests_app.models import Event, OutgoingMail, OwnerLink, System, SystemVersion
from requests_app.services import cases
from requests_app.services.audit import Actor
from requests_app.services.next_step import facts_of, next_step
from requests_app.services.owners import answers, asking, drafts, links, messages
from tests.services.owners.owner_world import asked, owned, row_of, waiting_case
from tests.world import World, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpResponse

    from requests_app.models import Case, User

pytestmark = pytest.mark.django_db
TASKS = "/admin/mina-system/"


@pytest.fixture
def world(db: None, var: Path) -> World:
    return make_world()


@pytest.fixture
def olle(world: World) -> User:
    """Owns the archive, and does nothing else here."""
    from requests_app.models import User

    user = User.objects.create_user("olle@example.se", name="Olle", language="en")
    System.objects.filter(key="arkiv").update(owner=user)
    return user


@pytest.fixture
def case(world: World, olle: User) -> Case:
    return waiting_case(world)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def text(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


def act(world: World, case: Case, action: str, **data: str) -> HttpResponse:
    path = f"/admin/requests_app/case/{case.ref}/gor/{action}/fakturering/"
    return browser(world.karin).post(path, data, follow=True)


def test_who_owns_a_system_sees_its_tasks_and_nothing_of_the_case(world: World, olle: User, case: Case) -> None:
    client = browser(olle)
    page = text(client.get("/admin/", follow=True))
    assert case.diary_no in page
    assert "The archive" in page
    assert "Billing" not in page
    assert "Åsa" not in page

    question = text(client.get(f"{TASKS}{case.ref}/arkiv/"))
    assert "Åsa Öberg" in question
    assert Event.objects.filter(kind="owner.viewed", case_ref=case.ref).count() == 1
    for closed in (
        f"/admin/requests_app/case/{case.ref}/",
        f"{TASKS}{case.ref}/fakturering/",
        f"{TASKS}{case.ref}/fakturering/inget/",
    ):
        assert client.get(closed).status_code == 404, closed
        assert client.post(closed).status_code in {404, 405}


def test_the_answer_of_an_owner_who_is_logged_in_ends_the_task_and_the_link(olle: User, case: Case) -> None:
    link = asked(case, "arkiv")
    client = browser(olle)

    response = client.post(f"{TASKS}{case.ref}/arkiv/inget/", follow=True)

    assert "nothing was found" in text(response)
    assert row_of(case, "arkiv").outcome == "nothing"
    assert links.status_of(links.by_ref(link.ref)) is links.Status.ANSWERED
    assert client.get(f"{TASKS}{case.ref}/arkiv/").status_code == 404
    assert "nothing to answer" in text(client.get(TASKS))


def test_not_theirs_takes_the_task_off_the_list(olle: User, case: Case) -> None:
    asked(case, "arkiv")
    browser(olle).post(f"{TASKS}{case.ref}/arkiv/inte-vart/", {"text": "Fråga HR"})

    assert browser(olle).get(f"{TASKS}{case.ref}/arkiv/").status_code == 404


def test_a_protected_case_is_on_no_list_until_the_coordinator_sends_a_link(
    world: World, olle: User, case: Case
) -> None:
    karin = Actor.staff(world.karin)
    cases.protect(actor=karin, case=case, protected=True, reason="")
    assert browser(olle).get(f"{TASKS}{case.ref}/arkiv/").status_code == 404

    asking.ask(actor=karin, case=case, row=row_of(case, "arkiv"))
    assert browser(olle).get(f"{TASKS}{case.ref}/arkiv/").status_code == 200


def test_the_coordinator_sends_revokes_and_reads_out_the_code(world: World, case: Case) -> None:
    owned(world, owner_code=True)
    page = text(act(world, case, "owner-send"))
    assert "Länk skickad" in page or "Link sent" in page
    assert "systemagare@leverantor.example" in page
    link = OwnerLink.objects.get(collection=row_of(case))
    code = links.code_of(link)

    assert f"{code[:3]} {code[3:]}" in text(act(world, case, "owner-code"))
    act(world, case, "owner-revoke")
    assert OwnerLink.objects.get(pk=link.pk).revoked_at is not None
    assert act(world, case, "owner-revoke").status_code == 422
    assert act(world, case, "owner-code").status_code == 422


def test_a_question_is_the_next_step_and_is_answered_on_the_case_page(world: World, case: Case) -> None:
    owned(world)
    link = asked(case)
    asking.open_link(link=link)
    with translation.override("en"):
        assert next_step(case, facts_of(case)).code == "owner_awaited"
        messages.ask(actor=asking.OWNER, row=row_of(case), link=link, text="Hur långt tillbaka?")
        assert next_step(case, facts_of(case)).code == "owner_question"

    page = text(browser(world.karin).get(f"/admin/requests_app/case/{case.ref}/"))
    assert "Hur långt tillbaka?" in page
    assert act(world, case, "owner-reply", text=" ").status_code == 422
    assert "Allt ni har." in text(act(world, case, "owner-reply", text="Allt ni har."))
    assert next_step(case, facts_of(case)).code == "owner_awaited"


def test_what_an_owner_points_away_is_the_coordinators_next_step(world: World, case: Case) -> None:
    owned(world)
    link = asked(case)
    answers.not_theirs(actor=asking.OWNER, row=row_of(case), link=link, text="Fråga HR")

    step = next_step(case, facts_of(case))
    assert (step.code, step.anchor) == ("look_by_hand", "system-fakturering")
    mails = OutgoingMail.objects.count()
    page = text(act(world, case, "owner-reply", text="Tack."))
    assert "Systemägaren har ingen länk som fungerar" in page and OutgoingMail.objects.count() == mails


def test_the_owner_of_a_system_is_set_in_the_register_and_vouches_for_nothing(world: World) -> None:
    system = System.objects.get(key="fakturering")
    System.objects.filter(pk=system.pk).update(assumption=True)
    client = browser(world.ada)
    page = client.get(f"/admin/requests_app/system/{system.pk}/change/")
    data = {name: page.context["adminform"].form[name].value() for name in page.context["adminform"].form.fields}
    data |= {"owner_email": "ny@leverantor.example", "owner_phone": "035-19 01 00", "owner_code": "on"}

    response = client.post(
        f"/admin/requests_app/system/{system.pk}/change/", {key: value for key, value in data.items() if value}
    )

    assert response.status_code == 302
    system.refresh_from_db()
    assert (system.owner_email, system.owner_phone, system.owner_code) == (
        "ny@leverantor.example",
        "035-19 01 00",
        True,
    )
    assert system.confirmed_at is None
    assert SystemVersion.objects.filter(system=system).count() == 1


def test_what_an_owner_has_begun_is_seen_and_not_thrown_away_unasked(world: World, case: Case) -> None:
    karin, row = browser(world.karin), row_of(case)
    page = f"/admin/requests_app/case/{case.ref}/"
    assert "har börjat svara" not in text(karin.get(page))
    owned(world)
    asking.ask(actor=Actor.staff(world.karin), case=case, row=row_of(case))
    drafts.add_file(actor=Actor.staff(world.karin), row=row, name="a.csv", data=b"a;b\n1;2\n")

    shown = text(karin.get(page))
    assert "Systemägaren har börjat svara." in shown and "Återkalla länken och ta bort utkastet" in shown
    refused = karin.post(f"{page}gor/nothing/{row.system.key}/")
    assert refused.status_code == 422 and "har börjat svara" in text(refused)
    for action, data in (
        ("leave-out", {"reason": "Inte kund."}),
        ("upload", {"file": SimpleUploadedFile("b.csv", b"a;b\n1;2\n")}),
    ):
        assert karin.post(f"{page}gor/{action}/{row.system.key}/", data).status_code == 422, action
    with pytest.raises(ValidationError):
        answers.nothing(actor=Actor.staff(world.karin), row=row, link=None)
    assert row_of(case).state == "waiting" and drafts.begun(row) == {row.pk}
