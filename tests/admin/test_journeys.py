"""Cases worked to their end over the admin's own pages and plain forms."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from requests_app.models import Action, Delivery, Render, StoredFile
from requests_app.services import files
from requests_app.services.keys import Vault
from tests.world import World, gathered, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import Case, User


def url(case: Case, tail: str = "") -> str:
    return f"/admin/requests_app/case/{case.ref}/{tail}"


def act(client: Client, case: Case, action: str, **data: object) -> str:
    """Send a form and give the next step after it; fails when it was refused."""
    response = client.post(url(case, f"gor/{action}/"), data)
    assert response.status_code == 302, response.content.decode()[:4000]
    return client.get(url(case)).context["step"].code


def make_documents(case: Case) -> None:
    """As the worker would: every document that waits becomes a small file."""
    vault = Vault(case)
    for row in Render.objects.filter(case=case, superseded=False, pdf=None):
        stored = files.store(
            case,
            vault,
            purpose="gathered" if row.kind == "preview" else "dossier",
            kind=row.kind,
            name=f"{case.diary_no}.pdf",
            data=b"%PDF-1.7 made up",
            right=row.right,
            pages=1,
        )
        Render.objects.filter(pk=row.pk).update(state="done", pdf=stored)
        if row.kind == "extract":
            Render.objects.create(case=case, kind="answer", right=row.right, state="done", pdf=stored)


def test_it_takes_an_access_request_to_dispatch(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    case = open_case(world, personnummer="19900118-9811")
    assert act(karin, case, "identity", method="call_back") == "look_by_hand"

    upload = io.BytesIO(b"nummer;belopp\nF-1;100\nF-2;200\n")
    upload.name = "fakturor.csv"
    assert act(karin, case, "upload/fakturering", file=upload) == "look_by_hand"
    assert act(karin, case, "nothing/arkiv") == "review"
    assert "2" in karin.get(url(case)).context["step"].sentence

    assert act(karin, case, "finish-review", confirmed="on") == "decide"
    assert act(karin, case, "decide/access", outcome="granted") == "documents"
    make_documents(case)
    page = karin.get(url(case))
    assert page.context["step"].code == "dispatch"
    response = karin.post(
        url(case, "gor/dispatch/access/"), {"way": "post", "post_address": "Storgatan 1", "post_basis": "held"}
    )
    assert response.status_code == 302
    case.refresh_from_db()
    assert (case.state, case.closed_as) == ("closed", "granted")
    assert Delivery.objects.filter(case=case, way="post").count() == 1


def test_it_takes_an_erasure_past_the_second_person_and_the_report(
    world: World, browse: Callable[[User], Client]
) -> None:
    karin, lena = browse(world.karin), browse(world.lena)
    case = open_case(world, rights=["erasure"])
    assert act(karin, case, "identity", method="not_needed") == "decide"
    systems = [world.systems["fakturering"].pk]
    assert act(karin, case, "decide/erasure", outcome="granted", systems=systems) == "approval"

    waiting = lena.get("/admin/godkannanden/")
    assert case.diary_no in waiting.content.decode()
    one = f"/admin/godkannanden/{case.ref}/erasure/"
    assert "Fakturering" in lena.get(one).content.decode()
    assert lena.post(one, {"verdict": "approve"}).status_code == 302

    assert karin.get(url(case)).context["step"].code == "report"
    refused = karin.post(url(case, "gor/report/erase.fakturering/"), {"result": "kept", "what": "Fakturor"})
    assert refused.status_code == 422
    assert 'value="kept"' not in refused.content.decode()
    assert 'value="Fakturor"' in refused.content.decode()
    assert act(karin, case, "report/erase.fakturering", result="done", what="Kontaktuppgifter") == "documents"
    assert Action.objects.get(case=case).result == "done"
    make_documents(case)
    assert karin.post(url(case, "gor/dispatch/erasure/"), {"way": "visit", "id_checked": "körkort"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "closed"


def test_it_gives_a_decision_back_with_a_note(world: World, browse: Callable[[User], Client]) -> None:
    karin, lena = browse(world.karin), browse(world.lena)
    case = identified(world, open_case(world, rights=["erasure"]))
    act(karin, case, "decide/erasure", outcome="granted", systems=[world.systems["arkiv"].pk])
    one = f"/admin/godkannanden/{case.ref}/erasure/"
    assert lena.post(one, {"verdict": "return", "note": ""}).status_code == 422
    assert lena.post(one, {"verdict": "return", "note": "Bokföringen måste sparas."}).status_code == 302
    page = karin.get(url(case))
    assert page.context["step"].code == "decide_anew"
    assert "Bokföringen måste sparas." in page.content.decode()


def test_it_keeps_what_was_typed_when_a_decision_is_refused(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    case = gathered(world, open_case(world))
    act(karin, case, "finish-review", confirmed="on")
    page = karin.post(url(case, "gor/decide/access/"), {"outcome": "refused", "reasons": "Därför att vi säger så"})
    assert page.status_code == 422
    text = page.content.decode()
    assert "Därför att vi säger så" in text
    assert page.context["right_lines"][0].form.errors["ground"]


def test_it_asks_where_an_erasure_is_to_be_carried_out(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    case = identified(world, open_case(world, rights=["erasure"]))
    page = karin.post(url(case, "gor/decide/erasure/"), {"outcome": "granted"})
    assert page.status_code == 422
    assert page.context["right_lines"][0].form.errors["systems"]
    assert not case.rights.get().decisions.exists()


def test_it_says_what_withdrawing_does_before_it_is_done(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    case = open_case(world)
    case.refresh_from_db()
    assert case.state == "registered"
    assert act(karin, case, "withdraw", said="Nej tack.", said_on=f"{timezone.localdate():%Y-%m-%d}") == "closed"
    case.refresh_from_db()
    assert case.closed_as == "withdrawn"


def test_it_moves_the_date_once_the_notice_of_extension_is_sent(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    case = open_case(world)
    before = case.due_statutory_on
    assert act(karin, case, "extend", reasons="Uppgifterna finns i många system.") == "extension_is_made"
    make_documents(case)
    assert karin.get(url(case)).context["step"].code == "send_extension"
    act(karin, case, "notice/extension", way="post", post_address="Storgatan 1", post_basis="held")
    case.refresh_from_db()
    assert case.due_statutory_on > before


def test_it_asks_for_completion_and_takes_the_answer(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    case = open_case(world)
    assert act(karin, case, "ask-completion", doubt="Okänt nummer", needed="Kundnummer") == "completion_awaited"
    make_documents(case)
    assert karin.get(url(case)).context["step"].code == "send_completion"
    act(karin, case, "answer-completion", answered_on=timezone.localdate().isoformat())
    assert not case.pauses.filter(answered_on__isnull=True).exists()


def test_it_closes_unidentified_and_asks_for_the_letter_to_be_sent(
    world: World, browse: Callable[[User], Client]
) -> None:
    karin = browse(world.karin)
    case = open_case(world)
    act(karin, case, "take-over")
    act(karin, case, "close-unidentified", tried="Ringt två gånger", needed="Kundnummer")
    make_documents(case)
    assert karin.get(url(case)).context["step"].code == "send_not_identified"
    assert case.diary_no in karin.get("/admin/").content.decode()
    assert (
        act(karin, case, "notice/not_identified", way="post", post_address="Storgatan 1", post_basis="held") == "closed"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("tom.csv", b""),
        ("program.exe", b"MZ\x90"),
        ("trasig.json", b"{ inte json"),
        ("stor.csv", b"x" * (27 * 1024 * 1024)),
    ],
)
def test_it_says_why_a_file_is_not_taken_and_changes_nothing(
    world: World, browse: Callable[[User], Client], name: str, content: bytes
) -> None:
    karin = browse(world.karin)
    case = identified(world, open_case(world))
    page = karin.post(url(case, "gor/upload/fakturering/"), {"file": SimpleUploadedFile(name, content)})
    assert page.status_code == 422
    line = next(line for line in page.context["lines"] if line.row.system.key == "fakturering")
    (said,) = line.forms["upload"].errors["file"]
    assert ("25 MB" in said) == (name == "stor.csv")
    assert line.row.state == "waiting"
    assert not StoredFile.objects.filter(case=case, kind="upload").exists()


@pytest.mark.parametrize("kind", ["preview", "extract"])
def test_it_shows_our_own_pdf_in_the_browser_and_nothing_else(
    world: World, browse: Callable[[User], Client], kind: str
) -> None:
    karin = browse(world.karin)
    case = gathered(world, open_case(world))
    stored = files.store(case, Vault(case), purpose="dossier", kind=kind, name="DSR.pdf", data=b"%PDF-1.7", pages=1)
    shown = karin.get(url(case, f"pdf/{stored.ref}/"))
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["X-Frame-Options"] == "SAMEORIGIN"
    saved = karin.get(url(case, f"fil/{stored.ref}/"))
    assert saved["Content-Disposition"].startswith("attachment")
    assert saved["X-Content-Type-Options"] == "nosniff"
    upload = files.store(case, Vault(case), purpose="gathered", kind="upload", name="x.pdf", data=b"<script>", pages=0)
    assert karin.get(url(case, f"pdf/{upload.ref}/")).status_code == 404
    assert StoredFile.objects.filter(case=case).count() == 2
