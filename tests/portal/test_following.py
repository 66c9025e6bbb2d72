"""Following a request: where it stands, its dates, its files, taking it back; and that nobody else can."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from requests_app.domain.deadline_words import long_day
from requests_app.domain.rights import Way
from requests_app.domain.states import State
from requests_app.models import Case, CaseExtension, CasePause, CaseRight, Delivery, Event, StoredFile
from requests_app.portal import progress
from requests_app.services import clock, files, keys
from requests_app.services.audit import PERSON, unit
from requests_app.services.keys import DOSSIER, Vault
from tests.portal.world import ANNA, CHARLIE, Customer

if TYPE_CHECKING:
    from tests.services.fakes import World

pytestmark = pytest.mark.django_db


def filed(customer: Customer, *rights: str) -> Case:
    """A case this person filed."""
    customer.file(*rights, rectify_what="My name", rectify_right="Anna", erase_scope="all")
    return Case.objects.order_by("-pk")[0]


def stored(case: Case, kind: str = "extract", right: str = "access") -> StoredFile:
    """A finished file of a case."""
    ending = "zip" if kind == "package" else "pdf"
    return files.store(
        case, Vault(case), purpose=DOSSIER, kind=kind, name=f"{case.diary_no}.{ending}", data=b"%PDF-1.7 made up",
        right=right, pages=3,
    )  # fmt: skip


def released(world: World, case: Case, kind: str = "extract", right: str = "access", way: Way = Way.PORTAL) -> Delivery:
    """A file that left."""
    file = stored(case, kind, right)
    return Delivery.objects.create(
        case=case, file=file, way=way.value, sha256=file.sha256, by=world.user, idem_key=f"{case.ref}:{file.ref}"
    )


def answered(case: Case, right: str, outcome: str) -> None:
    """The answer to a right has left."""
    CaseRight.objects.filter(case=case, right=right).update(outcome=outcome, dispatched_at=timezone.now())


def test_the_list_shows_the_own_requests_only(anna: Customer) -> None:
    case = filed(anna)
    assert case.diary_no in anna.get("start").text
    charlie = Customer()
    page = charlie.log_in(*CHARLIE)
    assert "You have no requests yet." in page.text and case.diary_no not in page.text


def test_days_stand_in_full_as_customers_write_them(anna: Customer) -> None:
    case = filed(anna)
    Case.objects.filter(pk=case.pk).update(due_on=date(2031, 12, 24))
    assert all(
        "24 December 2031" in anna.get(*at).text for at in (("start",), ("case", case.ref), ("receipt", case.ref))
    )


@pytest.mark.parametrize("path", ["", "mottagen/", "aterkalla/", "fil/{file}"])
def test_somebody_elses_case_looks_like_no_case(anna: Customer, world: World, path: str) -> None:
    case = filed(anna)
    path = path.format(file=released(world, case).file.ref)
    charlie = Customer()
    charlie.log_in(*CHARLIE)
    events = Event.objects.count()
    charlie.get(f"/begaran/{case.ref}/{path}")
    foreign = charlie.response
    charlie.get(f"/begaran/01JZZZZZZZZZZZZZZZZZZZZZZZ/{path}")
    assert foreign.status_code == charlie.response.status_code == 404
    assert foreign.content == charlie.response.content
    assert Event.objects.count() == events


def test_nobody_takes_back_anothers_request(anna: Customer) -> None:
    case = filed(anna)
    charlie = Customer(enforce_csrf_checks=False)
    charlie.log_in(*CHARLIE)
    charlie.post(f"/begaran/{case.ref}/aterkalla/", {})
    assert charlie.response.status_code == 404
    case.refresh_from_db()
    assert case.closed_at is None


def test_the_same_login_elsewhere_sees_the_case(anna: Customer) -> None:
    case = filed(anna)
    phone = Customer()
    phone.log_in(*ANNA)
    assert case.diary_no in phone.get("case", case.ref).text


def test_a_case_about_somebody_who_did_not_log_in_is_not_shown(anna: Customer, world: World) -> None:
    case = filed(anna)
    case.parties.update(login_mac=None)
    anna.get("case", case.ref)
    assert anna.response.status_code == 404


def test_each_viewed_page_is_logged(anna: Customer) -> None:
    case = filed(anna)
    before = Event.objects.filter(kind="portal.viewed", case_ref=case.ref).count()
    anna.get("case", case.ref)
    assert Event.objects.filter(kind="portal.viewed", case_ref=case.ref, actor_ref="person").count() == before + 1


@pytest.mark.parametrize(
    ("rights", "state", "expected"),
    [
        (("access",), State.REGISTERED, ["now", "next", "next", "next"]),
        (("access",), State.IDENTIFYING, ["now", "next", "next", "next"]),
        (("access",), State.GATHERING, ["done", "now", "next", "next"]),
        (("access", "erasure"), State.REVIEW, ["done", "done", "now", "next"]),
        (("access",), State.DISPATCHING, ["done", "done", "now", "next"]),
        (("erasure",), State.DECIDING, ["done", "now", "next"]),
        (("rectification",), State.DISPATCHING, ["done", "now", "next"]),
    ],
)
def test_the_steps_follow_the_state(anna: Customer, rights: tuple[str, ...], state: State, expected: list[str]) -> None:
    case = filed(anna, *rights)
    case.state = state.value
    assert [stage.status for stage in progress.stages_of(case, "en")] == expected


def test_an_outcome_is_shown_only_once_its_answer_has_left(anna: Customer, world: World) -> None:
    case = filed(anna, "access", "erasure")
    CaseRight.objects.filter(case=case).update(outcome="refused")
    assert "We have said no." not in anna.get("case", case.ref).text
    answered(case, "access", "granted")
    released(world, case)
    text = anna.get("case", case.ref).text
    assert "You have got your information. You can download the answer here since" in text
    assert "We have said no." not in text


def test_every_outcome_and_document_has_words_of_its_own(anna: Customer, world: World) -> None:
    from requests_app.domain.rights import Outcome
    from requests_app.services.progress import DOCUMENTS as SAID
    from requests_app.services.words import DOCUMENTS

    case = filed(anna, "access", "rectification", "erasure")
    for outcome in Outcome:
        for right in case.rights.all():
            answered(case, right.right, outcome.value)
        follow = progress.follow(case, "en")
        assert all(right.outcome for right in follow.rights)
    assert set(SAID) == set(DOCUMENTS) - {"preview", "upload", "encrypted", "recipient"}


@pytest.mark.parametrize(
    ("way", "said"), [(Way.POST, "by post on"), (Way.VISIT, "at a visit on"), (Way.EMAIL, "as a locked PDF")]
)
def test_how_the_answer_came_is_told(anna: Customer, world: World, way: Way, said: str) -> None:
    case = filed(anna)
    released(world, case, way=way)
    answered(case, "access", "granted")
    page = anna.get("case", case.ref)
    assert said in page.text
    assert not [link for link in page.links if "/fil/" in link]


@pytest.mark.parametrize(
    "lost",
    [
        {"way": "email", "returned_why": "bounced", "returned_at": timezone.now()},
        {"way": "post", "returned_why": "post", "returned_at": timezone.now()},
        {"way": "portal", "revoked_at": timezone.now()},
    ],
)
def test_an_answer_that_was_lost_on_the_way_is_not_called_received(
    anna: Customer, world: World, lost: dict[str, object]
) -> None:
    case = filed(anna)
    gone = released(world, case)
    type(gone).objects.filter(pk=gone.pk).update(**lost)
    answered(case, "access", "granted")
    (right,) = progress.follow(case, "en").rights
    assert "did not reach you" in right.when
    assert right.outcome == ""
    assert "did not reach you" in anna.get("case", case.ref).text
    released(world, case, "answer", way=Way.POST)
    (right,) = progress.follow(case, "en").rights
    assert "by post on" in right.when and right.outcome


def test_a_download_is_an_attachment_and_is_logged(anna: Customer, world: World) -> None:
    case = filed(anna)
    sent = [released(world, case, kind) for kind in ("extract", "package")]
    page = anna.get("case", case.ref)
    for delivery, kind in zip(sent, ["application/pdf", "application/zip"], strict=True):
        link = f"/begaran/{case.ref}/fil/{delivery.file.ref}"
        assert link in page.links
        response = anna.client.get(link)
        assert b"".join(response.streaming_content) == b"%PDF-1.7 made up"
        assert response["Content-Type"] == kind
        assert response["Content-Disposition"].startswith(f'attachment; filename="{case.diary_no}')
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Length"] == "16"
        assert "no-store" in response["Cache-Control"]
        delivery.refresh_from_db()
        assert delivery.fetched_at is not None
    assert Event.objects.filter(kind="delivery.fetched", case_ref=case.ref).count() == 2


def test_what_was_not_released_cannot_be_fetched(anna: Customer, world: World) -> None:
    case = filed(anna)
    other = filed(anna)
    for path in (
        f"/begaran/{case.ref}/fil/{stored(case).ref}",
        f"/begaran/{case.ref}/fil/{released(world, case, way=Way.POST).file.ref}",
        f"/begaran/{other.ref}/fil/{released(world, case).file.ref}",
        f"/begaran/{case.ref}/fil/nothing",
    ):
        assert anna.client.get(path).status_code == 404
    assert not Event.objects.filter(kind="delivery.fetched").exists()


def test_a_file_that_was_erased_gets_a_page_in_words(anna: Customer, world: World) -> None:
    case = filed(anna)
    file = released(world, case).file
    keys.destroy(case, DOSSIER)
    page = anna.get(f"/begaran/{case.ref}/fil/{file.ref}")
    assert anna.response.status_code == 410 and "no longer here" in page.text
    assert case.diary_no in anna.get("case", case.ref).text


def test_taking_back_asks_once_and_ends_the_case(anna: Customer) -> None:
    case = filed(anna)
    anna.get("withdraw", case.ref)
    case.refresh_from_db()
    assert case.closed_at is None
    page = anna.send()
    case.refresh_from_db()
    assert (case.state, case.closed_as) == ("closed", "withdrawn")
    assert anna.path == f"/begaran/{case.ref}/"
    assert "You have taken the request back." in page.text
    assert f"/begaran/{case.ref}/aterkalla/" not in page.links
    anna.get("withdraw", case.ref)
    assert anna.path == f"/begaran/{case.ref}/"
    assert Event.objects.filter(kind="case.moved", case_ref=case.ref, actor_ref="person").exists()


def test_taking_back_says_what_becomes_of_what_is_chosen(anna: Customer, world: World) -> None:
    case = filed(anna, "access", "erasure")
    page = anna.get("withdraw", case.ref)
    assert "Take back all or part of" in page.text and "With a part, we go on with the rest." in page.text
    page = anna.send(what="erasure")
    case.refresh_from_db()
    assert case.closed_at is None
    assert "You have taken back a part of the request. We go on with the rest." in page.text
    erasure = progress.follow(case, "en").rights[1]
    assert (erasure.outcome, erasure.when) == ("You took this back.", "")
    page = anna.get("withdraw", case.ref)
    assert "What is left is: Find out what information you have about me." in page.text
    assert "What we have already answered stays as it is." in page.text


def test_the_last_day_is_told_and_nothing_about_moving_when_it_has_not(anna: Customer) -> None:
    case = filed(anna)
    assert progress.why_moved(case, "en", today=timezone.localdate()) == []
    assert "Why the last day has moved" not in anna.get("case", case.ref).text


def test_an_extension_in_force_says_why_the_last_day_has_moved(anna: Customer, world: World) -> None:
    case = filed(anna)
    first = case.due_on
    CaseExtension.objects.create(
        case=case, decided_on=timezone.localdate(), extended_due_on=first, reasons_enc=b"", by=world.user
    )
    assert "has moved" not in anna.get("case", case.ref).text  # decided, but nobody has been told yet
    CaseExtension.objects.update(notice_sent_at=timezone.now())
    with unit(PERSON) as work:
        clock.recalculate(work, case)
    text = anna.get("case", case.ref).text
    assert "takes more time than usual" in text
    assert long_day(first, "en") in text and long_day(case.due_on, "en") in text


def test_a_pause_says_why_the_last_day_has_moved(anna: Customer) -> None:
    case = filed(anna)
    received = date(2026, 11, 2)
    Case.objects.filter(pk=case.pk).update(received_on=received, due_on=date(2026, 12, 9))
    pause = CasePause.objects.create(case=case, asked_on=received, answered_on=received + timedelta(days=7))
    case.refresh_from_db()
    said = " ".join(progress.why_moved(case, "sv", today=date(2026, 11, 22)))
    assert "2 november 2026" in said and "9 november 2026" in said and "9 december 2026" in said
    pause.answered_on = None
    pause.save()
    assert "mån 9 nov 2026" not in " ".join(progress.why_moved(case, "sv", today=date(2026, 11, 9)))


def test_a_late_answer_is_owned_up_to(anna: Customer) -> None:
    case = filed(anna)
    follow = progress.follow(case, "en", today=case.due_on + timedelta(days=2))
    assert follow.late and follow.left == "2 days late"
    assert not progress.follow(case, "en", today=case.due_on).late


def test_the_list_of_requests_takes_no_more_queries_for_more_requests(
    anna: Customer,
) -> None:
    counts = []
    for _ in range(2):
        filed(anna)
        with CaptureQueriesContext(connection) as queries:
            anna.get("start")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_newer_answer_stands_first_and_the_older_is_marked(anna: Customer, world: World) -> None:
    case = filed(anna, "access")
    answered(case, "access", "granted")
    older, newer = released(world, case), released(world, case)
    documents = [item for item in progress.follow(case, "sv").documents if item.ref in {older.file.ref, newer.file.ref}]
    assert [(item.ref, item.replaced) for item in documents] == [(newer.file.ref, False), (older.file.ref, True)]
    assert anna.get("case", case.ref).text.count("Replaced by a newer one above") == 1


def test_what_was_taken_back_is_no_longer_offered(anna: Customer, world: World) -> None:
    case = filed(anna, "access")
    answered(case, "access", "granted")
    sent = released(world, case)
    Delivery.objects.filter(pk=sent.pk).update(revoked_at=timezone.now(), revoked_by=world.user)
    assert "Your information, to read" not in anna.get("case", case.ref).text
    assert anna.client.get(f"/begaran/{case.ref}/fil/{sent.file.ref}").status_code == 404
