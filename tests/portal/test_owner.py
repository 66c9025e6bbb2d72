"""The link of a system's owner: opened once by a person, never by a mail program, and never leading to another task."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from requests_app.models import Case, Event, OwnerLink, UploadMapping
from requests_app.portal import owner
from requests_app.services import cases
from requests_app.services.audit import Actor
from requests_app.services.keys import Vault
from requests_app.services.owners import asking, drafts, links, messages
from tests.services.owners.owner_world import CSV, asked, owned, row_of, waiting_case
from tests.world import World, make_world

if TYPE_CHECKING:
    from pathlib import Path

    from django.http import HttpResponse

pytestmark = pytest.mark.django_db
NAME = "Åsa Öberg"


@pytest.fixture
def world(db: None, var: Path) -> World:
    """Two systems whose owners answer by link."""
    made = make_world()
    owned(made)
    owned(made, "arkiv")
    return made


@pytest.fixture
def case(world: World) -> Case:
    """A case that waits for both."""
    made = waiting_case(world, NAME)
    asking.ask_waiting()
    return made


def link_of(case: Case, key: str = "fakturering") -> OwnerLink:
    found = links.living(row_of(case, key))
    assert found is not None
    return found


def path_of(link: OwnerLink) -> str:
    return f"/uppgift/oppna/{links.token_of(links.by_ref(link.ref))}/"


def browser() -> Client:
    return Client(headers={"accept-language": "en"})


def opened(link: OwnerLink, client: Client | None = None) -> tuple[Client, str]:
    """A browser in which the link has been opened, and the task's address."""
    client = client or browser()
    response = client.post(path_of(link))
    assert response.status_code == 302, response.status_code
    return client, response["Location"]


def text(response: HttpResponse) -> str:
    return html.unescape(response.content.decode())


def tells(response: HttpResponse) -> list[str]:
    """What the page says of the person; chance may put any four digits in a form's random token, which is left out."""
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text(response))
    return [word for word in ("Åsa", "Öberg", "asa@example.se", "9811") if word in page]


def refused(client: Client, task: str) -> None:
    """No page of a task opens, nothing can be sent to it, and nothing is said."""
    for page in ("", *(f"{name}/" for name in ("skriv", "granska", "inget", "inte-vart", "fraga", "nummer", "filer"))):
        for response in (client.get(task + page), client.post(task + page, {"text": "x", "label": "a", "value": "b"})):
            assert response.status_code == 404, page
            assert not tells(response)


def test_looking_at_a_link_opens_nothing_and_says_nothing_of_the_person(case: Case) -> None:
    link = link_of(case)
    client = browser()

    for response in (client.get(path_of(link)), client.head(path_of(link)), client.get(path_of(link))):
        assert response.status_code == 200
        assert not tells(response)
    page = text(client.get(path_of(link)))
    assert case.diary_no in page
    assert "Billing" in page

    assert OwnerLink.objects.get(pk=link.pk).opened_at is None
    refused(client, f"/uppgift/{link.ref}/")


def test_who_presses_the_button_sees_the_question_and_that_is_logged(case: Case) -> None:
    client, task = opened(link_of(case))

    page = client.get(task)

    assert page.status_code == 200
    assert NAME in text(page)
    assert "19900118" not in text(page)
    assert len(page.content) < 100_000
    assert Event.objects.filter(kind="owner.viewed", case_ref=case.ref).count() == 1
    assert page["Cache-Control"] == "no-store"


def test_a_used_link_opens_for_nobody_else_and_a_new_one_goes_by_mail_only(case: Case) -> None:
    link = link_of(case)
    path = path_of(link)
    client, task = opened(link)
    assert client.get(path)["Location"] == task, "the browser that opened it goes on"

    other = browser()
    assert "Send me a new link" in text(other.get(path))
    response = other.post(path)
    assert response.status_code == 200
    assert "new link is on its way" in text(response)
    refused(other, task)
    assert other.get(path).status_code == 404, "the old secret is gone"
    assert client.get(task).status_code == 200, "who works on the answer is not disturbed"


def test_no_task_leads_to_another(world: World, case: Case) -> None:
    client, mine = opened(link_of(case))
    others = waiting_case(world, "Bo Ek", "bo@example.se")
    asking.ask_waiting()

    refused(client, f"/uppgift/{link_of(case, 'arkiv').ref}/")
    refused(client, f"/uppgift/{link_of(others).ref}/")
    for guess in ("1", str(row_of(others).pk), others.ref, "x" * 26):
        refused(client, f"/uppgift/{guess}/")
    assert client.get(mine).status_code == 200


def test_one_browser_may_have_several_tasks_open_and_each_answers_for_itself(world: World, case: Case) -> None:
    client = Client(headers={"accept-language": "en"}, enforce_csrf_checks=True)
    others = waiting_case(world, "Bo Ek", "bo@example.se")
    asking.ask_waiting()

    def press(path: str, data: dict[str, str], token: str) -> HttpResponse:
        return client.post(path, {**data, "csrfmiddlewaretoken": token})

    def token_on(path: str) -> str:
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text(client.get(path)))
        assert found
        return found[1]

    path = path_of(link_of(case))
    mine = press(path, {}, token_on(path))["Location"]
    form = token_on(f"{mine}skriv/")
    path = path_of(link_of(others))
    second = press(path, {}, token_on(path))["Location"]
    assert press(f"{mine}skriv/", {"label": "Namn", "value": "x"}, form).status_code != 403
    assert "Åsa" in text(client.get(mine)) and "Bo Ek" in text(client.get(second))
    assert "Bo Ek" not in text(client.get(mine)) and "Åsa" not in text(client.get(second))


def test_a_newer_link_that_is_opened_ends_the_session_of_the_older(case: Case) -> None:
    stranger, task = opened(link_of(case))
    owner_of_the_mail = browser()
    owner_of_the_mail.post(path_of(link_of(case)))  # asks for a new one, which goes to the mailbox
    assert stranger.get(task).status_code == 200, "a press alone puts nobody out"

    opened(link_of(case), owner_of_the_mail)
    assert owner_of_the_mail.get(task).status_code == 200
    refused(stranger, task)


def test_guesses_at_secrets_find_nothing(case: Case) -> None:
    token = links.token_of(link_of(case))
    for guess in (token[:-1] + ("A" if token[-1] != "A" else "B"), token.swapcase(), "A" * 43, link_of(case).ref):
        for response in (browser().get(f"/uppgift/oppna/{guess}/"), browser().post(f"/uppgift/oppna/{guess}/")):
            assert response.status_code == 404
            assert not tells(response)


@pytest.mark.parametrize("how", ["revoked", "sent anew", "expired", "closed", "idle", "another session", "broken"])
def test_a_session_ends_with_what_it_was_for(
    world: World, case: Case, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    karin, link = Actor.staff(world.karin), link_of(case)
    client, task = opened(link)
    if how == "revoked":
        asking.revoke(actor=karin, case=case, row=row_of(case))
    elif how == "sent anew":
        asking.ask(actor=karin, case=case, row=row_of(case))
    elif how == "expired":
        OwnerLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif how == "closed":
        cases.withdraw(actor=karin, case=case, said="", said_on=timezone.localdate())
    elif how == "idle":
        monkeypatch.setattr(owner, "IDLE_SECONDS", -1)
    elif how == "another session":
        client = browser()
    else:
        session = client.session
        session["owner_tasks"] = "AAAA" + session["owner_tasks"][4:]
        session.save()

    refused(client, task)
    assert row_of(case).state in {"waiting", "left_out"}


def test_opening_takes_a_new_session_key(case: Case) -> None:
    client = browser()
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key
    opened(link_of(case), client)

    assert client.session.session_key != before


def test_the_table_of_sessions_tells_nothing(case: Case) -> None:
    link = link_of(case)
    client, _task = opened(link)

    assert link.ref not in str(dict(client.session.items()))


def test_a_link_with_a_code_asks_for_it_and_stops_at_the_fifth_wrong_one(world: World) -> None:
    owned(world, owner_code=True)
    link = asked(waiting_case(world))
    client, path = browser(), path_of(link)
    assert 'autocomplete="one-time-code"' in text(client.get(path))
    wrong = "111111" if links.code_of(link) != "111111" else "222222"

    assert [client.post(path, {"code": wrong}).status_code for _ in range(5)] == [422] * 4 + [410]
    assert client.post(path, {"code": links.code_of(link)}).status_code == 410

    fresh = asking.ask(actor=Actor.staff(world.karin), case=link.collection.case, row=row_of(link.collection.case))
    assert client.post(path_of(fresh), {"code": links.code_of(fresh)}).status_code == 302


def test_files_are_added_checked_and_sent_as_they_were_confirmed(case: Case) -> None:
    client, task = opened(link_of(case))
    sent = [SimpleUploadedFile("export.csv", CSV), SimpleUploadedFile("avtal.pdf", b"%PDF-1.7 x")]
    assert client.post(f"{task}filer/", {"file": sent}).status_code == 302
    page = text(client.get(f"{task}granska/"))
    assert "2 rows were read" in page
    assert "199,50" in page
    assert page.count("The person the request is about may get it.") == 1, "the one file that is no table"
    names = re.findall(r'name="((?:label|use|category)-[^"]+)"', page)
    assert len(names) == 9
    values = {name: value for name, value in re.findall(r'name="(label-[^"]+)"[^>]*value="([^"]*)"', page)}
    second = next(name for name, value in values.items() if value == "Belopp")
    data = {**values, second: "Att betala"} | {
        name.replace("label", "use"): "hidden" if value == "Intern ref" else "shown" for name, value in values.items()
    }

    both = {**values, second: "Tom"} | {name.replace("label", "use"): "shown" for name in values}
    response = client.post(f"{task}granska/", {**both, "send": "1"})
    assert response.status_code == 422
    assert "same heading" in text(response)
    assert 'value="Tom"' in text(response), "what was chosen is kept"

    response = client.post(f"{task}granska/", {**data, "send": "1"}, follow=True)
    assert response.redirect_chain == [("/uppgift/klart/?answered", 302)]
    assert "received your answer" in text(response)
    assert row_of(case).records == 3
    kept = UploadMapping.objects.get().mapping["columns"]
    assert kept["Belopp"] == {"label": "Att betala", "use": "shown"}
    assert kept["Intern_ref"]["use"] == "shown", "what the person does not get is decided in the case"
    refused(client, task)
    assert browser().get(path_of(OwnerLink.objects.get(collection=row_of(case)))).status_code == 410


def test_one_bad_file_of_several_does_not_lose_the_others(case: Case) -> None:
    client, task = opened(link_of(case))
    sent = [SimpleUploadedFile("a.csv", CSV), SimpleUploadedFile("b.pdf", b"MZ"), SimpleUploadedFile("c.exe", b"MZ")]

    response = client.post(f"{task}filer/", {"file": sent})

    assert response.status_code == 422
    assert "b.pdf: " in text(response)
    assert "c.exe: " in text(response)
    assert [name for _ref, name, _size in drafts.names_of(row_of(case))] == ["a.csv"]
    assert client.post(f"{task}filer/").status_code == 422
    large = client.post(f"{task}filer/", {"file": SimpleUploadedFile("a.pdf", b"%PDF-" + b"x" * (27 * 1024 * 1024))})
    assert "25 MB" in text(large)


def test_what_is_typed_is_kept_also_when_it_is_wrong(case: Case) -> None:
    client, task = opened(link_of(case))
    response = client.post(f"{task}skriv/", {"label": ["Adress", ""], "value": ["Storgatan 1", "lös text"]})
    assert response.status_code == 422
    assert "lös text" in text(response)
    assert "Storgatan 1" in text(response)

    client.post(f"{task}skriv/", {"label": ["Adress"], "value": ["Storgatan 1"], "more": "1"})
    assert drafts.lines_of(row_of(case)) == [("Adress", "Storgatan 1")]
    assert client.post(f"{task}granska/", {"send": "1"})["Location"].endswith("?answered")
    assert row_of(case).records == 1


def test_nothing_found_and_not_theirs_are_asked_once_before(case: Case) -> None:
    client, task = opened(link_of(case))
    assert client.get(f"{task}inget/").status_code == 200
    assert row_of(case).state == "waiting"
    assert client.post(f"{task}inget/")["Location"] == "/uppgift/klart/?nothing"
    assert row_of(case).outcome == "nothing"

    client, task = opened(link_of(case, "arkiv"))
    assert client.post(f"{task}inte-vart/", {"text": ""}).status_code == 422
    assert client.post(f"{task}inte-vart/", {"text": "Fråga IT"})["Location"] == "/uppgift/klart/?not_theirs"


def test_a_question_and_its_answer_stand_on_the_page(world: World, case: Case) -> None:
    client, task = opened(link_of(case))
    client.post(f"{task}fraga/", {"text": "Hur långt tillbaka?"})
    messages.reply(actor=Actor.staff(world.karin), case=case, row=row_of(case), text="Allt ni har.")

    page = text(client.get(f"{task}fraga/"))

    assert "Hur långt tillbaka?" in page
    assert "Allt ni har." in page
    assert len(messages.of(row_of(case), Vault(case))) == 2


def test_the_personnummer_is_shown_only_where_the_system_needs_it_and_on_a_click(world: World, case: Case) -> None:
    client, task = opened(link_of(case))
    assert client.post(f"{task}nummer/").status_code == 409
    assert "1990-01-18" in text(client.get(task))
    owned(world, needs_personnummer=True)

    assert "9811" not in text(client.get(task))
    assert "19900118-9811" in text(client.post(f"{task}nummer/"))
    assert Event.objects.filter(kind="owner.number_shown").count() == 1
    assert "9811" not in text(client.get(task))


def test_a_page_that_is_not_there_is_not_there(case: Case) -> None:
    client, task = opened(link_of(case))
    assert client.get(f"{task}klart2/").status_code == 404


def test_forms_need_their_token(case: Case) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(path_of(link_of(case))).status_code == 403
    assert link_of(case).opened_at is None
