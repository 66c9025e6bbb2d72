"""Sending on the case page: what is offered, said and asked; the password's page; legal's and the diary's pages."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING

import pikepdf
import pytest
from django.utils import timezone

from requests_app.domain.rights import Way
from requests_app.models import Breach, Case, ContactConfirmation, Delivery, Event, OutgoingMail, Render, User
from requests_app.services import cases, contacts, delivery, keys, rendering, reopening, sending
from requests_app.services.audit import SYSTEM
from requests_app.services.staff import set_access
from tests.services.sending_world import HOME, STATED, as_, held_email, make_documents, ready, sent
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from django.test import Client

POSTED = {"way": "post", "post_address": "Storgatan 1\n302 43 Halmstad", "post_basis": "held"}
ASKED = {"way": "post", "post_address": "Lillgatan 9\n302 43 Halmstad", "post_basis": "request"}


@pytest.fixture
def bo(world: World) -> User:
    """A colleague of Karin's."""
    user = User.objects.create_user("bo@example.se", name="Bo", language="sv")
    set_access(actor=SYSTEM, user=user, roles=["coordinator"], works=[world.kund], oversees=[])
    return user


def url(case: Case, tail: str = "") -> str:
    return f"/admin/requests_app/case/{case.ref}/{tail}"


def text_of(response: Any) -> str:
    return str(response.content.decode())


def errors(response: Any) -> dict[str, list[str]]:
    form = next(item["form"] for item in response.context["answers"] if item["form"])
    return dict(form.errors)


def test_it_says_what_will_happen_before_the_button(world: World, browse: Callable[[User], Client]) -> None:
    case = ready(world, "access", "rectification")
    page = browse(world.karin).get(url(case))
    plan = next(item["plan"] for item in page.context["answers"] if item["plan"])
    assert len(plan["files"]) == 3
    assert (plan["closes"], len(plan["others"]), plan["due_on"]) == (False, 1, case.due_statutory_on)
    assert f'action="{url(case, "gor/dispatch/access/")}"' in text_of(page)


def test_the_ways_are_those_of_the_case_and_what_is_known_is_filled_in(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = ready(world)
    address = held_email(case)
    page = browse(world.karin).get(url(case))
    form = page.context["answers"][0]["form"]
    assert [value for value, _label in form.fields["way"].choices] == ["email", "post", "visit"]
    assert form.initial["email"] == address
    assert [item["held"] for item in page.context["known_contacts"]] == [True, False]


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, "way"),
        ({"way": "portal"}, "way"),
        ({"way": "email", "email": "anna"}, "email"),
        ({"way": "post", "post_address": "", "post_basis": "held"}, "post_address"),
        ({"way": "post", "post_address": "Storgatan 1"}, "post_basis"),
        ({**POSTED, "posted_on": "2199-01-01"}, "posted_on"),
        ({"way": "visit", "id_checked": "19900118-9811"}, "id_checked"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_with_nothing_lost(
    world: World, browse: Callable[[User], Client], data: dict[str, str], field: str
) -> None:
    case = ready(world)
    page = browse(world.karin).post(url(case, "gor/dispatch/access/"), data)
    assert page.status_code == 422
    assert list(errors(page)) == [field]
    assert not Delivery.objects.exists()


def test_an_unheld_address_becomes_a_question_to_a_colleague(
    world: World, bo: User, browse: Callable[[User], Client]
) -> None:
    case, karin, colleague = ready(world), browse(world.karin), browse(bo)
    assert karin.post(url(case, "gor/dispatch/access/"), ASKED).status_code == 302
    assert not Delivery.objects.exists()
    asked = ContactConfirmation.objects.get()
    page = karin.get(url(case))
    assert page.context["step"].code == "contact_asked"
    assert f"contact-confirm/{asked.pk}/" not in text_of(page)
    assert karin.post(url(case, f"gor/contact-confirm/{asked.pk}/")).status_code == 422
    assert "Lillgatan 9" in text_of(colleague.get(url(case)))
    assert colleague.post(url(case, f"gor/contact-confirm/{asked.pk}/")).status_code == 302
    page = karin.get(url(case))
    assert page.context["step"].code == "dispatch"
    assert page.context["answers"][0]["form"].initial == {**page.context["answers"][0]["form"].initial, **ASKED}
    assert karin.post(url(case, "gor/dispatch/access/"), ASKED).status_code == 302
    assert Delivery.objects.filter(confirmation=asked).count() == 3


def test_legal_confirms_on_a_page_that_shows_the_address_and_nothing_else(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = ready(world)
    asked = contacts.ask(actor=as_(world.karin), case=case, to=contacts.route(case, way=Way.POST, **STATED))
    lena = browse(world.lena)
    said = text_of(lena.get("/admin/adresser/"))
    assert case.diary_no in said and "Lillgatan 9" in said and "Anna Andersson" not in said
    assert Event.objects.filter(kind="case.viewed", case_ref=case.ref).exists()
    assert lena.post("/admin/adresser/", {"asked": asked.pk, "verdict": "kanske"}).status_code == 404
    assert lena.post("/admin/adresser/", {"asked": asked.pk, "verdict": "confirm"}).status_code == 302
    asked.refresh_from_db()
    assert (asked.confirmed, asked.answered_by) == (True, world.lena)


@pytest.mark.parametrize("path", ["/admin/adresser/", "/admin/handelser/", "/admin/handelser/1/"])
def test_legals_pages_are_legals(world: World, browse: Callable[[User], Client], path: str) -> None:
    for who in (world.karin, world.sven, world.ada, world.root):
        assert browse(who).get(path).status_code == 403


def test_the_password_is_shown_on_a_logged_click_and_on_that_page_alone(
    world: World, browse: Callable[[User], Client]
) -> None:
    case, karin = ready(world), browse(world.karin)
    held = held_email(case)
    assert karin.post(url(case, "gor/dispatch/access/"), {"way": "email", "email": held}).status_code == 302
    lead = sending.sendings_of(case)[0].lead
    secret = f"/admin/leverans/{case.ref}/{lead.pk}/losenord/"
    assert karin.get(secret).status_code == 405
    shown = karin.post(secret)
    password = shown.context["password"]
    assert "no-store" in shown["Cache-Control"] and password in text_of(shown)
    assert Event.objects.filter(kind="delivery.secret_shown").count() == 1
    assert password not in text_of(karin.get(url(case)))
    assert password not in str(karin.cookies)
    page = karin.post(url(case, f"gor/secret-given/{lead.pk}/"), {"secret_way": "phone"})
    assert page.status_code == 422
    given = {"secret_way": "phone", "secret_basis": "held"}
    assert karin.post(url(case, f"gor/secret-given/{lead.pk}/"), given).status_code == 302
    assert karin.post(secret).status_code == 302
    assert karin.get(url(case)).context["step"].code == "closed"


def test_nobody_else_reaches_password_or_print(world: World, browse: Callable[[User], Client]) -> None:
    case = ready(world)
    lead = sent(world, case, Way.EMAIL, address=held_email(case))
    for who in (world.anders, world.lena, world.sven, world.ada, world.root):
        client = browse(who)
        assert client.post(f"/admin/leverans/{case.ref}/{lead.pk}/losenord/").status_code == 404
        assert client.get(f"/admin/leverans/{case.ref}/utskrift/access/").status_code == 404
    assert not Event.objects.filter(kind="delivery.secret_shown").exists()


def test_everything_to_print_opens_as_one_pdf(world: World, browse: Callable[[User], Client]) -> None:
    case = ready(world)
    response = browse(world.karin).get(f"/admin/leverans/{case.ref}/utskrift/access/")
    assert response["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(response.getvalue())) as pdf:  # type: ignore[attr-defined]
        assert len(pdf.pages) == 2
    assert browse(world.karin).get(f"/admin/leverans/{case.ref}/utskrift/erasure/").status_code == 404


def test_a_letter_that_came_back_is_sent_again_on_the_closed_case(
    world: World, browse: Callable[[User], Client]
) -> None:
    case, karin = ready(world), browse(world.karin)
    lead = sent(world, case, Way.POST, **HOME)
    assert karin.post(url(case, f"gor/came-back/{lead.pk}/")).status_code == 302
    page = karin.get(url(case))
    assert page.context["step"].code == "came_back"
    assert page.context["sections"][0] == "admin/hemdsr/case/sent.html"
    again = url(case, f"gor/send-again/{lead.pk}/")
    assert karin.post(again, {"way": "visit"}).status_code == 422
    assert karin.post(again, {"way": "visit", "id_checked": "pass"}).status_code == 302
    page = karin.get(url(case))
    assert [item["item"].state for item in page.context["sendings"]] == ["sent", "replaced"]
    case.refresh_from_db()
    assert case.state == "closed"


def test_what_has_left_can_be_had_from_a_reopened_case_until_it_is_erased(
    world: World, browse: Callable[[User], Client]
) -> None:
    case, karin = ready(world, login="anna"), browse(world.karin)
    file = sent(world, case, Way.PORTAL).file
    reopening.reopen(actor=as_(world.karin), case=case, reason="correction", note="Fel bilaga.", rights=["access"])
    link = url(case, f"fil/{file.ref}/")
    page = karin.get(url(case))
    assert link in text_of(page).partition('id="sent"')[2] and karin.get(link).status_code == 200
    keys.destroy(case, file.key_purpose)
    assert link not in text_of(karin.get(url(case))).partition('id="sent"')[2]


def test_sent_to_the_wrong_person_tells_legal_who_judges(world: World, browse: Callable[[User], Client]) -> None:
    case, karin, lena = ready(world, login="anna"), browse(world.karin), browse(world.lena)
    lead = sent(world, case, Way.PORTAL)
    wrong = url(case, f"gor/wrong-person/{lead.pk}/")
    tomorrow = (timezone.localdate() + timedelta(days=1)).isoformat()
    assert karin.post(wrong, {"noticed_on": tomorrow, "what": "Fel person."}).status_code == 422
    assert delivery.released_to(case)
    today = timezone.localdate().isoformat()
    assert karin.post(wrong, {"noticed_on": today, "what": "Grannen loggade in."}).status_code == 302
    assert delivery.released_to(case) == []
    breach = Breach.objects.get()
    listed = lena.get("/admin/handelser/")
    assert [row["breach"] for row in listed.context["open"]] == [breach]
    assert "Grannen" not in text_of(listed)
    one = f"/admin/handelser/{breach.pk}/"
    assert "Grannen loggade in." in text_of(lena.get(one))
    assert lena.post(one, {}).status_code == 422
    word = {"verdict": "not_reported", "person_told": "yes", "reasons": "Ingen såg något."}
    assert lena.post(one, word).status_code == 302
    listed = lena.get("/admin/handelser/")
    assert (listed.context["open"], len(listed.context["judged"])) == ([], 1)
    breach.refresh_from_db()
    assert (breach.verdict, breach.person_told) == ("not_reported", True)


def test_a_sending_of_another_case_is_not_there(world: World, browse: Callable[[User], Client]) -> None:
    other = sent(world, ready(world), Way.POST, **HOME)
    case = open_case(world)
    for action in ("came-back", "leave-it", "wrong-person", "secret-given", "send-again"):
        data = {"way": "visit", "id_checked": "pass", "noticed_on": timezone.localdate().isoformat(), "what": "x"}
        assert browse(world.karin).post(url(case, f"gor/{action}/{other.pk}/"), data).status_code == 404
        assert browse(world.karin).post(url(case, f"gor/{action}/x/"), data).status_code == 404


def test_own_paragraphs_make_the_letter_anew_until_it_has_left(world: World, browse: Callable[[User], Client]) -> None:
    case, karin = ready(world), browse(world.karin)
    letter = rendering.newest(case, "answer", "access")
    assert letter is not None
    note = url(case, f"gor/letter-note/{letter.pk}/")
    assert note in text_of(karin.get(url(case)))
    assert karin.post(note, {"note": "Tack för samtalet."}).status_code == 302
    fresh = Render.objects.get(case=case, kind="answer", superseded=False)
    assert fresh.pk != letter.pk and fresh.pdf is None
    make_documents(case)
    sent(world, case, Way.POST, **HOME)
    newest = rendering.newest(case, "answer", "access")
    assert newest is not None
    assert f"letter-note/{newest.pk}/" not in text_of(karin.get(url(case)))
    assert karin.post(url(case, f"gor/letter-note/{newest.pk}/"), {"note": "Mer."}).status_code == 422


def test_a_letter_by_mail_goes_out_encrypted_from_the_page(world: World, browse: Callable[[User], Client]) -> None:
    case = identified(world, open_case(world))
    make_documents(case)
    address = held_email(case)
    response = browse(world.karin).post(url(case, "gor/notice/receipt/"), {"way": "email", "email": address})
    assert response.status_code == 302
    assert OutgoingMail.objects.get(case=case, user=None).kind == "letter"


def test_the_diary_gives_names_to_who_works_the_cases_and_to_nobody_else(
    world: World, browse: Callable[[User], Client]
) -> None:
    open_case(world, name="Åsa Öberg")
    full = browse(world.karin).get("/admin/diarium/", {"version": "full"})
    assert "Åsa Öberg" in text_of(full)
    assert "Åsa Öberg" not in text_of(browse(world.karin).get("/admin/diarium/"))
    assert browse(world.lena).get("/admin/diarium/", {"version": "full"}).status_code == 422
    assert "Åsa Öberg" not in text_of(browse(world.lena).get("/admin/diarium/"))
    for who in (world.sven, world.ada, world.root):
        assert browse(who).get("/admin/diarium/").status_code == 403


def test_the_diary_downloads_as_csv(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world, name="=1+1")
    response = browse(world.karin).get("/admin/diarium/", {"version": "full", "format": "csv"})
    assert "attachment" in response["Content-Disposition"] and "diarium-" in response["Content-Disposition"]
    content = b"".join(response.streaming_content)  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][1:4] == [case.diary_no, "", "'=1+1"]


@pytest.mark.parametrize("period", [("2026-02-01", "2026-01-01"), ("2020-01-01", "2026-01-01"), ("x", "2026-01-01")])
def test_a_period_that_cannot_be_is_refused(
    world: World, browse: Callable[[User], Client], period: tuple[str, str]
) -> None:
    first, last = period
    response = browse(world.karin).get("/admin/diarium/", {"first": first, "last": last, "format": "csv"})
    assert response.status_code == 422
    assert not Event.objects.filter(kind="diary.listed").exists()


def test_a_closed_case_that_became_protected_asks_for_the_portal_by_a_button_of_its_own(
    world: World, browse: Callable[[User], Client]
) -> None:
    case, karin = ready(world, login="anna"), browse(world.karin)
    sent(world, case, Way.PORTAL)
    case.handler = world.karin
    case.save(update_fields=["handler"])
    ask = url(case, "gor/ask-portal/")
    assert ask not in text_of(karin.get(url(case))), "nothing is shut"
    assert karin.post(ask).status_code == 422
    cases.protect(actor=as_(world.karin), case=case, protected=True, reason="")
    assert (delivery.released_to(case), ask in text_of(karin.get(url(case)))) == ([], True)
    assert karin.post(ask).status_code == 302
    asked = ContactConfirmation.objects.get()
    assert ask not in text_of(karin.get(url(case))), "it is asked already"
    assert karin.post(url(case, f"gor/contact-confirm/{asked.pk}/")).status_code == 422
    contacts.answer(actor=as_(world.lena), confirmation=asked, confirmed=True)
    assert delivery.released_to(case)
    assert ask not in text_of(karin.get(url(case)))
