"""Registering by hand: quickly, with every fault at its field and nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from requests_app.models import Case, CaseUserObjectPermission, Event, StoredFile
from requests_app.services import files, intake
from requests_app.services.keys import Vault

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World

PAGE = "/admin/registrera/"


def sent(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate().isoformat()
    base = {"token": "t1", "channel": "phone", "received_on": today, "rights": ["access"], "name": "Eva Ek"}
    return {**base, "profile": "customer", "language": "sv", "team": "kund", **changes}


def test_it_opens_a_case_and_says_number_and_last_day(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    day = timezone.localdate() - timedelta(days=3)
    answer = karin.post(PAGE, sent(received_on=day.isoformat(), received_time="14:30"), follow=True)
    case = Case.objects.get()
    assert case.received_on == day
    assert case.diary_no in answer.content.decode()
    assert f"/admin/requests_app/case/{case.ref}/" in answer.content.decode()


def test_it_opens_one_case_for_a_button_pressed_twice(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    for _press in range(2):
        assert karin.post(PAGE, sent()).status_code == 302
    assert Case.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "handler"),
    [
        ({"handle": "on"}, "karin"),
        ({}, ""),
        ({"handle": "on", "team": "hr"}, ""),
        ({"handle": "on", "protected": "on"}, "karin"),
    ],
)
def test_who_registers_a_case_of_the_own_team_handles_it_when_that_is_ticked(
    world: World, browse: Callable[[User], Client], changes: dict[str, str], handler: str
) -> None:
    karin = browse(world.karin)
    assert karin.get(PAGE).context["form"]["handle"].value() is True
    assert karin.post(PAGE, sent(**changes)).status_code == 302
    assert Case.objects.get().handler == (getattr(world, handler) if handler else None)


def test_customer_service_is_not_asked_whether_it_handles_the_case(
    world: World, browse: Callable[[User], Client]
) -> None:
    assert 'name="handle"' not in browse(world.sven).get(PAGE).content.decode()


FAULTS = [
    ({"rights": []}, "rights"),
    ({"rights": ["abolition"]}, "rights"),
    ({"name": ""}, "name"),
    ({"name": "x" * 300}, "name"),
    ({"received_on": "2099-01-01"}, "received_on"),
    ({"received_on": "1999-01-01"}, "received_on"),
    ({"received_on": "i går"}, "received_on"),
    ({"received_time": "25:99"}, "received_time"),
    ({"personnummer": "19900118-9812"}, "personnummer"),
    ({"email": "inte en adress"}, "email"),
    ({"phone": "abc"}, "phone"),
    ({"channel": "pigeon"}, "channel"),
    ({"profile": "alien"}, "profile"),
    ({"team": "nobody"}, "team"),
    ({"rights": ["rectification"]}, "details_rectification"),
    ({"details_access": "x" * 1_000_000}, "details_access"),
    ({"address": "x" * 501}, "address"),
]


@pytest.mark.parametrize(("changes", "field"), FAULTS)
def test_it_says_what_is_wrong_at_the_field_and_keeps_the_rest(
    world: World, browse: Callable[[User], Client], changes: dict[str, Any], field: str
) -> None:
    page = browse(world.karin).post(PAGE, sent(external_no="HEM 2026/17", **changes))
    assert page.status_code == 422
    assert page.context["form"].errors[field]
    assert "HEM 2026/17" in page.content.decode()
    assert not Case.objects.exists()


def test_it_keeps_what_the_person_said(world: World, browse: Callable[[User], Client]) -> None:
    said = "Fakturan från mars. <b>Åäö</b> 🙂"
    browse(world.karin).post(PAGE, sent(rights=["access", "erasure"], details_erasure=said))
    case = Case.objects.get()
    assert intake.details_of(Vault(case), case.rights.get(right="erasure")) == said


def test_it_keeps_a_protected_case_for_whoever_registered_it(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    karin.post(PAGE, sent(protected="on"))
    case = Case.objects.get()
    assert case.protected
    assert CaseUserObjectPermission.objects.filter(content_object=case, user=world.karin).exists()
    assert karin.get(f"/admin/requests_app/case/{case.ref}/").status_code == 200


def scan(name: str = "brev.pdf", data: bytes = b"%PDF-1.7 a letter") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_customer_service_attaches_the_scanned_letter_in_the_same_step(
    world: World, browse: Callable[[User], Client]
) -> None:
    sven = browse(world.sven)
    chosen = [scan(), scan("kuvert.png", b"\x89PNG\r\n\x1a\n an envelope")]
    assert sven.post(PAGE, sent_with(chosen)).status_code == 302
    case = Case.objects.get()
    kept = StoredFile.objects.filter(case=case, kind="attachment").order_by("pk")
    assert [files.name_of(Vault(case), file) for file in kept] == ["brev.pdf", "kuvert.png"]
    assert {file.by for file in kept} == {world.sven}
    assert Event.objects.filter(kind="file.attached", case_ref=case.ref).count() == 2


def sent_with(chosen: list[SimpleUploadedFile], **changes: Any) -> dict[str, Any]:
    return sent(channel="post", files=chosen, **changes)


def test_a_button_pressed_twice_attaches_once(world: World, browse: Callable[[User], Client]) -> None:
    for _press in range(2):
        browse(world.sven).post(PAGE, sent_with([scan()]))
    assert StoredFile.objects.filter(kind="attachment").count() == 1


@pytest.mark.parametrize(
    "bad", [scan("brev.exe"), scan("brev.pdf", b"MZ not a letter"), scan("tom.pdf", b""), scan("x" * 250 + ".pdf")]
)
def test_a_file_that_cannot_be_taken_registers_nothing_and_names_what_to_choose_anew(
    world: World, browse: Callable[[User], Client], bad: SimpleUploadedFile
) -> None:
    bad.seek(0)
    page = browse(world.sven).post(PAGE, sent_with([scan("forsta.pdf"), bad], name="Eva Ek"))
    assert page.status_code == 422
    assert page.context["form"].errors["files"]
    text = page.content.decode()
    assert "Eva Ek" in text and "forsta.pdf" in text
    assert not Case.objects.exists() and not StoredFile.objects.exists()


def test_files_that_are_too_much_together_are_told_and_not_lost_in_silence(
    world: World, browse: Callable[[User], Client], settings: Any
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 20_000
    page = browse(world.sven).post(PAGE, sent_with([scan(data=b"%PDF-" + b"x" * 30_000)]))
    assert page.status_code == 422
    assert page.context["form"].errors["files"]
    assert not Case.objects.exists()


def test_another_fault_names_the_files_to_choose_anew(world: World, browse: Callable[[User], Client]) -> None:
    page = browse(world.sven).post(PAGE, sent_with([scan("skannat.pdf")], name=""))
    assert "skannat.pdf" in page.content.decode()
    assert "skannat.pdf" not in browse(world.sven).get(PAGE).content.decode()


READ = "/admin/registrera/las/"


def test_what_was_typed_is_read_back(world: World, browse: Callable[[User], Client]) -> None:
    typed = {"personnummer": "900118-9811", "phone": "0701740605", "email": " Eva@Example.SE ", "customer_no": ""}
    text = browse(world.sven).post(READ, typed).content.decode()
    assert "18 jan 1990" in text and "070-174 06 05" in text and "eva@example.se" in text
    assert "9811" not in text


def test_what_cannot_be_right_is_told_while_the_person_is_on_the_line(
    world: World, browse: Callable[[User], Client]
) -> None:
    text = browse(world.sven).post(READ, {"personnummer": "19900118-9812", "phone": "1"}).content.decode()
    assert text.count("dsr-error") == 2


def test_reading_back_tells_nothing_of_other_cases(world: World, browse: Callable[[User], Client]) -> None:
    typed = {"personnummer": "19900118-9811", "phone": "070-174 06 05", "email": "eva@example.se"}
    sven = browse(world.sven)
    before = sven.post(READ, typed).content
    browse(world.karin).post(PAGE, sent(**typed))
    assert Case.objects.exists()
    assert sven.post(READ, typed).content == before


def test_reading_back_is_for_who_registers(world: World, browse: Callable[[User], Client]) -> None:
    assert browse(world.lena).post(READ, {"phone": "0701740605"}).status_code == 403
    assert browse(world.sven).get(READ).status_code == 405


def test_the_page_begins_at_the_first_question_and_at_the_first_fault(
    world: World, browse: Callable[[User], Client]
) -> None:
    sven = browse(world.sven)
    assert sven.get(PAGE).content.decode().count("autofocus") == 1
    page = sven.post(PAGE, sent(name="")).content.decode()
    assert page.count("autofocus") == 1
    assert "autofocus" in page[page.index('name="name"') :].partition(">")[0]
