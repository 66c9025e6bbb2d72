"""One case from registering to dispatch, over the admin's own pages and forms."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from requests_app.services import case_rights, cases
from requests_app.services.audit import PERSON, Actor
from requests_app.web.forms import swedish_moment
from tests.services.rights_world import render_all, to_decision, to_review
from tests.world import PERSONNUMMER, World, gathered, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client

    from requests_app.models import Case, User


def url(case: Case, tail: str = "") -> str:
    return f"/admin/requests_app/case/{case.ref}/{tail}"


def test_it_shows_the_one_next_step(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    page = browse(world.karin).get(url(case))
    assert page.status_code == 200
    assert page.context["step"].code == "confirm_identity"
    assert case.diary_no in page.content.decode()


def test_who_works_a_case_that_nobody_handles_takes_it(world: World, client: Client) -> None:
    case = gathered(world, open_case(world))
    client.force_login(world.karin)
    client.post(f"/admin/requests_app/case/{case.ref}/gor/note/", {"text": "Ringde."})
    case.refresh_from_db()
    assert case.handler is None
    client.post(f"/admin/requests_app/case/{case.ref}/gor/finish-review/", {"confirmed": "on"})
    case.refresh_from_db()
    assert case.handler == world.karin


def act(client: Client, case: Case, action: str, key: str = "", **data: object) -> HttpResponse:
    tail = f"gor/{action}/{key}/" if key else f"gor/{action}/"
    return client.post(url(case, tail), data)


def test_it_says_what_each_action_does_and_which_letter_goes(world: World, browse: Callable[[User], Client]) -> None:
    type(world.karin).objects.filter(pk=world.karin.pk).update(language="en")
    page = browse(world.karin).get(url(open_case(world, rights=["access", "erasure"])))
    text = page.content.decode().split('id="actions"')[1].split("</section>")[0]
    folds = text.split("<details")[1:]
    assert len(folds) >= 8
    for fold in folds:
        assert "This happens:" in fold
        assert "etter" in fold


def test_it_has_one_highlighted_step_and_the_other_actions_one_click_away(
    world: World, browse: Callable[[User], Client]
) -> None:
    text = browse(world.karin).get(url(open_case(world))).content.decode()
    assert text.count('class="dsr-next') == text.count('class="dsr-next-what"') + 1 == 2
    assert 'href="#actions"' in text
    assert 'id="actions"' in text


def test_it_shows_how_and_by_whom_the_identity_was_confirmed(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world)
    act(karin, case, "identity", method="id_shown", level="Pass")
    text = karin.get(url(case)).content.decode()
    assert "Pass" in text
    assert 'href="#identity"' in text


def test_a_person_withdraws_with_word_and_date(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world)
    refused = act(karin, case, "withdraw", said="", said_on=f"{timezone.localdate():%Y-%m-%d}")
    assert refused.status_code == 422
    assert refused.context["withdraw_form"].open
    act(karin, case, "withdraw", said="Jag ångrar mig.", said_on=f"{timezone.localdate():%Y-%m-%d}")
    case.refresh_from_db()
    assert case.closed_as == "withdrawn"
    assert "Jag ångrar mig." in karin.get(url(case)).content.decode()


def test_cases_are_linked_and_joined_from_the_page(world: World, browse: Callable[[User], Client]) -> None:
    karin = browse(world.karin)
    first = open_case(world, personnummer=PERSONNUMMER, received_on=timezone.localdate() - timedelta(days=3))
    second = open_case(world, personnummer=PERSONNUMMER)
    page = karin.get(url(second))
    assert page.context["join_form"].initial["other"] == first.diary_no
    act(karin, second, "link", other=first.diary_no, kind="related")
    row = karin.get(url(first)).context["links"][0][0]
    act(karin, first, "unlink", str(row.pk))
    assert karin.get(url(first)).context["links"] == []
    act(karin, second, "join", other=first.diary_no)
    second.refresh_from_db()
    assert second.closed_as == "joined"
    assert act(karin, first, "unlink", "999").status_code == 404


def test_a_right_is_added_and_dropped_from_the_page(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world)
    act(karin, case, "add-right", right="erasure", said="Allt om chatten")
    assert "Allt om chatten" in karin.get(url(case)).content.decode()
    assert act(karin, case, "drop-right", right="erasure", mistake="yes", reason="").status_code == 422
    act(karin, case, "drop-right", right="erasure", mistake="yes", reason="Fel kryss")
    assert [right.right for right in case.rights.all()] == ["access"]


def test_what_the_person_took_back_is_not_said_to_be_sent(world: World, browse: Callable[[User], Client]) -> None:
    case = to_decision(world, "access", "erasure")
    case_rights.take_back(actor=PERSON, case=case, right="erasure")
    text = browse(world.karin).get(url(case)).content.decode()
    answer = text.partition('id="answer-erasure"')[2].partition("</article>")[0]
    assert "Återtaget av personen" in answer and "Skickat" not in answer
    decided = text.partition('id="decisions"')[2].partition("</section>")[0]
    assert "Radering" in decided and "skickat" not in decided


def test_a_file_is_attached_kept_sealed_and_never_shown_inline(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world)
    act(karin, case, "attach", file=SimpleUploadedFile("brev.pdf", b"%PDF-1.7 hej"))
    stored = case.files.get(kind="attachment")
    assert stored.by == world.karin
    assert karin.get(url(case, f"pdf/{stored.ref}/")).status_code == 404
    got = karin.get(url(case, f"fil/{stored.ref}/"))
    assert got["Content-Disposition"].startswith("attachment")
    assert b"".join(got.streaming_content) == b"%PDF-1.7 hej"  # type: ignore[attr-defined]
    for name, data in (("brev.pdf", b"MZ not a pdf"), ("a.exe", b"MZ"), ("a.txt", b"a\x00b"), ("a.html", b"<b>")):
        assert act(karin, case, "attach", file=SimpleUploadedFile(name, data)).status_code == 422, name


def test_an_upload_that_was_replaced_says_so(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), identified(world, open_case(world))
    for body in (b"namn;ort\nAnna;Halmstad\n", b"namn;ort\nAnna;Laholm\n"):
        act(karin, case, "upload", "arkiv", file=SimpleUploadedFile("a.csv", body))
    assert [item["replaced"] for item in karin.get(url(case)).context["uploaded"]] == [True, False]


def test_a_request_for_public_documents_is_tracked_beside(world: World, browse: Callable[[User], Client]) -> None:
    karin, case, today = browse(world.karin), open_case(world), f"{timezone.localdate():%Y-%m-%d}"
    act(karin, case, "public-document", asked_on=today, what="Avtal 12")
    row = case.public_document_requests.get()
    refused = act(karin, case, "answer-public-document", str(row.pk), result="refused", answered_on=today, text="")
    assert refused.status_code == 422
    act(karin, case, "answer-public-document", str(row.pk), result="released", answered_on=today, text="")
    (shown,) = karin.get(url(case)).context["public_documents"]
    assert shown["what"] == "Avtal 12"
    assert shown["form"] is None
    case.refresh_from_db()
    assert case.closed_at is None


def test_a_hold_stands_in_the_header_until_lifted(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world)
    act(karin, case, "hold", kind="complaint", reason="IMY-2026-1")
    page = karin.get(url(case))
    assert "IMY-2026-1" in page.content.decode()
    act(karin, case, "lift-hold", str(page.context["holds"][0][0].pk))
    assert karin.get(url(case)).context["holds"] == []


def test_a_closed_case_is_reopened_with_what_must_be_done_again(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world, personnummer=PERSONNUMMER)
    act(karin, case, "withdraw", said="Nej", said_on=f"{timezone.localdate():%Y-%m-%d}")
    page = karin.get(url(case))
    assert page.context["again"]
    assert "withdraw_form" not in page.context
    act(karin, case, "reopen", reason="other", rights=["access"], note="Ändrade sig")
    case.refresh_from_db()
    assert case.state == "identifying"
    assert "Ändrade sig" in karin.get(url(case)).content.decode()


def test_steps_are_ticked_and_the_tick_taken_back(world: World, browse: Callable[[User], Client]) -> None:
    karin, case = browse(world.karin), open_case(world)
    act(karin, case, "check", "access.diary.on")
    assert karin.get(url(case)).context["checklists"][0][0].done == 2
    act(karin, case, "check", "access.diary.off")
    assert karin.get(url(case)).context["checklists"][0][0].done == 1
    assert act(karin, case, "check", "nonsense").status_code == 422


def test_a_request_without_a_time_of_day_shows_none(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    received = swedish_moment(timezone.localdate() - timedelta(days=2), None)
    type(case).objects.filter(pk=case.pk).update(received_at=received)
    head = browse(world.karin).get(url(case)).content.decode().split("dsr-head-who")[1].split("</div>")[0]
    assert "12:00" not in head


def test_the_review_ends_by_a_word_where_nobody_looked(world: World, browse: Callable[[User], Client]) -> None:
    case = gathered(world, open_case(world))
    karin = browse(world.karin)
    finish = f"/admin/requests_app/case/{case.ref}/gor/finish-review/"
    assert 'name="confirmed"' not in karin.get(f"/admin/requests_app/case/{case.ref}/").content.decode()
    page = karin.post(finish)
    assert page.status_code == 422
    assert 'name="confirmed"' in page.content.decode()
    assert page.context["finish_form"].asks
    assert karin.post(finish, {"confirmed": "on"}).status_code == 302
    case.refresh_from_db()
    assert case.state == "deciding"


def test_a_joined_case_shows_that_it_was_joined_and_where_to(world: World, browse: Callable[[User], Client]) -> None:
    first, second = (open_case(world, rights=[right], personnummer=PERSONNUMMER) for right in ("access", "erasure"))
    answer = act(browse(world.karin), second, "join", other=first.diary_no)
    page = browse(world.karin).get(answer["Location"].partition("#")[0])
    assert [state for _label, state in page.context["steps"]] == ["done", "ended"]
    shown = page.content.decode().partition('class="dsr-steps"')[2].partition("</ol>")[0]
    assert url(first) in shown


def test_a_withdrawn_case_shows_no_step_as_done_that_was_not(world: World, browse: Callable[[User], Client]) -> None:
    case = open_case(world)
    cases.withdraw(actor=Actor.staff(world.karin), case=case, said="Jag har ångrat mig.")
    page = browse(world.karin).get(url(case))
    assert [state for _label, state in page.context["steps"]] == ["done", "ended"]


def test_what_was_done_is_told_where_the_page_opens(world: World, browse: Callable[[User], Client]) -> None:
    client, case = browse(world.karin), open_case(world)
    page = client.get(act(client, case, "note", text="Ringde.")["Location"].partition("#")[0])
    told = page.content.decode().partition("data-told")[2].partition("</div>")[0]
    assert str(next(iter(page.context["messages"]))) in told
    assert 'role="status"' in told


def test_the_confirmation_of_receipt_is_offered_where_the_person_does_not_read_it_online(
    world: World, browse: Callable[[User], Client]
) -> None:
    by_phone, online = open_case(world), open_case(world, login="eva", personnummer=PERSONNUMMER)
    render_all()
    client = browse(world.karin)
    offered = {case: 'href="#send-receipt"' in client.get(url(case)).content.decode() for case in (by_phone, online)}
    assert offered == {by_phone: True, online: False}
    there = {case: "kan personen logga in och läsa den" in client.get(url(case)).content.decode() for case in offered}
    assert there == {by_phone: False, online: True}
    where = {"way": "post", "post_address": "Storgatan 1", "post_basis": "held", "posted_on": timezone.localdate()}
    assert act(client, by_phone, "notice", "receipt", **where).status_code == 302
    assert 'href="#send-receipt"' not in client.get(url(by_phone)).content.decode()


def test_the_page_reads_what_it_shows_in_many_places_once(
    world: World, browse: Callable[[User], Client], django_assert_max_num_queries: Callable[[int], Any]
) -> None:
    reviewed, decided = to_review(world, "access", name="Bo Ek"), to_decision(world, "access", "erasure")
    client = browse(world.karin)
    for case in (reviewed, decided):
        client.get(url(case))
        with django_assert_max_num_queries(69) as captured:
            client.get(url(case))
        asked = Counter(query["sql"] for query in captured.captured_queries)
        assert asked.most_common(1)[0][1] <= 2
