"""A case from request to dispatch through the services: rights, four eyes, order of answers, letters and files."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.utils import timezone
from guardian.shortcuts import assign_perm

from requests_app.connectors.base import Page
from requests_app.domain.rights import ContactBasis, Way
from requests_app.models import Action, Case, Delivery, Event, EventPayload, Identifier, Render, StoredFile, User
from requests_app.services import (
    actions,
    carrying_out,
    cases,
    clock,
    collection,
    decisions,
    delivery,
    files,
    intake,
    people,
    review,
)
from requests_app.services.audit import PERSON, Actor, verify
from requests_app.services.keys import Vault
from requests_app.services.moves import Conflict

from .fakes import World, page
from .rights_world import render_all

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db

HOME: delivery.Where = {"address": "Storgatan 1\n302 43 Halmstad", "basis": ContactBasis.HELD}


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, var: Path) -> World:
    """One system and a place for files."""
    made = World(monkeypatch, "alfa")
    made.script("alfa", page(0, 1, 2, last=True))
    return made


@pytest.fixture
def actor(world: World) -> Actor:
    return Actor.staff(world.user)


@pytest.fixture
def legal(world: World) -> Actor:
    user = User.objects.create_user("lena@hem.example", name="Lena Björk")
    user.user_permissions.set(Permission.objects.filter(codename__in=["approve_decision", "view_reports"]))
    assign_perm("oversee_team", user, world.team)
    return Actor.staff(user)


def reviewed(world: World, *rights: str, **more: Any) -> Case:
    """A case whose data is gathered and reviewed."""
    case = world.open(*rights, **more)
    for row in case.collections.filter(current=True, state="pending"):
        collection.run(row.pk)
    case.refresh_from_db()
    if case.state == "review":
        review.finish(actor=Actor.staff(world.user), case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == "deciding"
    return case


def statuses(case: Case) -> dict[str, str]:
    return {answer.right.right: answer.status for answer in delivery.answers_of(case)}


def test_an_access_case_is_answered_with_extract_package_and_letter(world: World, actor: Actor) -> None:
    case = reviewed(world)
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    assert statuses(case) == {"access": "making"}
    with pytest.raises(ValidationError):
        delivery.dispatch(actor=actor, case=case, right="access", way=Way.PORTAL)
    render_all()
    assert statuses(case) == {"access": "ready"}
    delivery.dispatch(actor=actor, case=case, right="access", way=Way.PORTAL)
    case.refresh_from_db()
    assert (case.state, case.closed_as, case.dispatched_at is not None) == ("closed", "granted", True)
    assert sorted(item.file.kind for item in delivery.released_to(case)) == ["answer", "extract", "package"]
    opened, stored, name = delivery.fetch(
        case=case, file_ref=next(item.file.ref for item in delivery.released_to(case) if item.file.kind == "package")
    )
    with opened, zipfile.ZipFile(io.BytesIO(opened.read())) as package:
        assert any(member.endswith(".json") for member in package.namelist())
    assert name == f"{case.diary_no}.zip"
    assert Event.objects.filter(kind="delivery.fetched").count() == 1
    named = {stored.kind: files.name_of(Vault(case), stored) for stored in StoredFile.objects.filter(case=case)}
    number = case.diary_no
    assert named["extract"] == f"{number}.pdf"
    assert (named["receipt"], named["answer"]) == (f"{number}-bekraftelse.pdf", f"{number}-foljebrev.pdf")
    assert Delivery.objects.get(file=stored).fetched_at is not None
    assert verify().ok


def test_files_are_sealed_on_disk(world: World, actor: Actor, var: Path) -> None:
    case = reviewed(world)
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    render_all()
    kept = [path.read_bytes() for path in var.rglob("*") if path.is_file() and "case_files" in path.parts]
    assert len(kept) == StoredFile.objects.count() >= 4
    assert all(not content.startswith((b"%PDF", b"PK")) for content in kept)
    stored = StoredFile.objects.get(kind="extract")
    assert files.read(Vault(case), stored).startswith(b"%PDF")


def test_closing_leaves_only_the_hash_of_the_personnummer(world: World, actor: Actor) -> None:
    case = reviewed(world)
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    render_all()
    delivery.dispatch(actor=actor, case=case, right="access", way=Way.PORTAL)
    identifier = Identifier.objects.get(kind="personnummer")
    assert identifier.value_enc is None
    assert people.search(Case.objects.all(), "18900429-9807").get() == case


def test_dispatching_twice_sends_once(world: World, actor: Actor) -> None:
    case = reviewed(world, "access", "rectification", details={"rectification": "Fel adress."})
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    decisions.decide(
        actor=actor, case=case, right="rectification", outcome="refused", ground="16", reasons="Uppgiften stämmer."
    )
    render_all()
    for _ in range(2):
        delivery.dispatch(actor=actor, case=case, right="access", way=Way.PORTAL)
    assert Delivery.objects.count() == 3
    assert statuses(case) == {"access": "dispatched", "rectification": "ready"}


@pytest.mark.parametrize(
    ("outcome", "ground", "reasons", "field"),
    [
        ("maybe", "", "", "outcome"),
        ("refused", "", "Skäl.", "ground"),
        ("refused", "17_3_b", "Skäl.", "ground"),
        ("refused", "15_4", " ", "reasons"),
        ("refused", "15_4", "x" * 10_001, "reasons"),
    ],
)
def test_a_decision_names_what_is_wrong_at_its_field(
    world: World, actor: Actor, outcome: str, ground: str, reasons: str, field: str
) -> None:
    case = reviewed(world)
    with pytest.raises(ValidationError) as caught:
        decisions.decide(actor=actor, case=case, right="access", outcome=outcome, ground=ground, reasons=reasons)
    assert list(caught.value.message_dict) == [field]
    assert not case.rights.get().decisions.exists()


def test_a_refusal_that_needs_four_eyes_waits_for_another_person(world: World, actor: Actor, legal: Actor) -> None:
    case = reviewed(world)
    decisions.decide(
        actor=actor,
        case=case,
        right="access",
        outcome="refused",
        ground="12_5_excessive",
        reasons="Tolfte begäran i år.",
    )
    case.refresh_from_db()
    right = case.rights.get()
    assert (case.state, right.outcome) == ("deciding", "")
    decision = decisions.waiting_for_approval(right)
    assert decision is not None
    (approval,) = decisions.approvals_for(legal.user)
    assert decisions.approvals_for(world.user) == []
    with pytest.raises(ValidationError):
        decisions.answer_approval(actor=actor, approval=approval, approved=True)
    decisions.answer_approval(actor=legal, approval=approval, approved=True)
    case.refresh_from_db()
    assert (case.state, case.rights.get().outcome) == ("dispatching", "refused")
    render_all()
    assert [item.kind for item in Render.objects.filter(superseded=False).exclude(right="")] == ["refusal"]
    delivery.dispatch(actor=actor, case=case, right="access", way=Way.POST, **HOME)
    case.refresh_from_db()
    assert case.closed_as == "refused"


def test_a_returned_decision_can_be_made_anew(world: World, actor: Actor, legal: Actor) -> None:
    case = reviewed(world)
    decisions.decide(
        actor=actor, case=case, right="access", outcome="refused", ground="12_5_excessive", reasons="Många."
    )
    (approval,) = decisions.approvals_for(legal.user)
    with pytest.raises(ValidationError):
        decisions.answer_approval(actor=legal, approval=approval, approved=False)
    decisions.answer_approval(actor=legal, approval=approval, approved=False, note="Räcker inte som skäl.")
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    assert [decision.n for decision in case.rights.get().decisions.all()] == [1, 2]
    assert case.rights.get().outcome == "granted"


def test_the_one_who_decided_cannot_approve_even_with_the_right_to(world: World, legal: Actor) -> None:
    case = reviewed(world)
    decisions.decide(
        actor=legal, case=case, right="access", outcome="refused", ground="15_4", reasons="Andras uppgifter."
    )
    approval = case.rights.get().decisions.get().approval
    with pytest.raises(ValidationError):
        decisions.answer_approval(actor=legal, approval=approval, approved=True)


def test_an_erasure_is_approved_carried_out_and_told(world: World, actor: Actor, legal: Actor) -> None:
    case = reviewed(world, "erasure")
    said = "Fakturor måste sparas i sju år."
    decisions.decide(actor=actor, case=case, right="erasure", outcome="partly_granted", ground="17_3_b", reasons=said)
    (approval,) = decisions.approvals_for(legal.user)
    decisions.answer_approval(actor=legal, approval=approval, approved=True)
    case.refresh_from_db()
    assert statuses(case) == {"erasure": "waiting_tasks"}
    (action,) = Action.objects.all()
    with pytest.raises(ValidationError) as caught:
        actions.report(actor=actor, case=case, action=action, result="partly", note={"what": "Chattar"})
    assert set(caught.value.message_dict) == {"reasons", "until"}
    note = {
        "what": "Chattar",
        "provision": "Bokföringslagen 7 kap. 2 §",
        "reasons": "Fakturor sparas i sju år.",
        "until": "2033-12-31",
    }
    actions.report(actor=actor, case=case, action=action, result="partly", note=note)
    with pytest.raises(Conflict):
        actions.report(actor=actor, case=case, action=action, result="done", note=note)
    render_all()
    delivery.dispatch(actor=actor, case=case, right="erasure", way=Way.PORTAL)
    case.refresh_from_db()
    assert case.state == "closed"


def test_erasure_never_runs_before_the_same_persons_access_answer_has_left(
    world: World, actor: Actor, legal: Actor
) -> None:
    assign_perm("work_team", world.user, world.team)  # so that the other case may be named
    User.objects.filter(pk=world.user.pk).update(is_staff=True)
    world.user.refresh_from_db()
    asked = reviewed(world)
    case = reviewed(world, "erasure")
    decisions.decide(actor=actor, case=case, right="erasure", outcome="granted")
    (approval,) = decisions.approvals_for(legal.user)
    decisions.answer_approval(actor=legal, approval=approval, approved=True)
    (action,) = Action.objects.all()
    with pytest.raises(ValidationError, match=asked.diary_no):
        actions.report(actor=actor, case=case, action=action, result="done", note={"what": "Allt"})
    assert Action.objects.get().state == "asked"
    decisions.decide(actor=actor, case=asked, right="access", outcome="granted")
    render_all()
    delivery.dispatch(actor=actor, case=asked, right="access", way=Way.PORTAL)
    actions.report(actor=actor, case=case, action=action, result="done", note={"what": "Allt"})
    world.script(action.system.key, Page())
    carrying_out.run(action.pk)  # looks whether it is gone
    assert Action.objects.get().state == "done"


def test_a_rectification_says_what_is_wrong_and_is_told_with_old_and_new_value(world: World, actor: Actor) -> None:
    with pytest.raises(ValidationError) as caught:
        world.open("rectification")
    assert "details_rectification" in caught.value.message_dict
    case = reviewed(world, "rectification", details={"rectification": "Jag heter Åkeson med ett s."})
    assert intake.details_of(Vault(case), case.rights.get()) == "Jag heter Åkeson med ett s."
    decisions.decide(actor=actor, case=case, right="rectification", outcome="granted")
    (action,) = Action.objects.all()
    with pytest.raises(ValidationError) as caught:
        actions.report(actor=actor, case=case, action=action, result="done", note={"field": "Efternamn"})
    assert set(caught.value.message_dict) == {"old", "new"}
    actions.report(
        actor=actor,
        case=case,
        action=action,
        result="done",
        note={"field": "Efternamn", "old": "Åkesson", "new": "Åkeson"},
    )
    render_all()
    delivery.dispatch(actor=actor, case=case, right="rectification", way=Way.PORTAL)
    case.refresh_from_db()
    assert (case.state, case.closed_as) == ("closed", "granted")


def test_going_back_to_the_decision_opens_only_what_has_not_left(world: World, actor: Actor) -> None:
    case = reviewed(world)
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    render_all()
    decisions.decide_again(actor=actor, case=case)
    case.refresh_from_db()
    assert (case.state, case.rights.get().outcome) == ("deciding", "")
    decisions.decide(actor=actor, case=case, right="access", outcome="nothing_found")
    assert Render.objects.filter(kind="extract", superseded=True).count() == 1
    assert statuses(case) == {"access": "making"}


def test_an_extension_counts_once_its_notice_has_left(world: World, actor: Actor) -> None:
    case = world.open()
    first = case.due_statutory_on
    made = cases.extend(actor=actor, case=case, reasons="Många system och mycket att maska.")
    case.refresh_from_db()
    assert case.due_statutory_on == first
    render_all()
    delivery.dispatch_notice(actor=actor, case=case, kind="extension", way=Way.POST, **HOME)
    case.refresh_from_db()
    assert case.due_statutory_on == made.extended_due_on > first
    with pytest.raises(ValidationError):
        cases.extend(actor=actor, case=case, reasons="En gång till.")


def test_an_extension_after_the_first_month_is_refused(world: World, actor: Actor) -> None:
    case = world.open()
    Case.objects.filter(pk=case.pk).update(received_on=timezone.localdate() - timedelta(days=60))
    with pytest.raises(ValidationError):
        cases.extend(actor=actor, case=case, reasons="För sent.")


def test_a_request_by_hand_waits_for_identity_and_its_pause_moves_only_the_softer_date(
    world: World, actor: Actor
) -> None:
    from requests_app.domain.identifiers import IdentifierKind
    from requests_app.domain.rights import Channel, IdentityMethod
    from requests_app.services.intake import Request
    from requests_app.services.people import Contact

    request = Request(
        channel=Channel.POST,
        rights={"access": "Allt ni har"},
        received_at=timezone.now() - timedelta(days=1),
        name="Bo Ek",
        contact=Contact(address="Storgatan 1\n302 35 Halmstad"),
        identifiers=((IdentifierKind.PERSONNUMMER, "18900817-9807", "staff"),),
        delivery_wish="post",
    )
    case = intake.open_case(actor=actor, request=request).case
    assert case.state == "registered" and not case.collections.exists()
    assert (
        cases.ask_completion(actor=actor, case=case, doubt="Brevet är inte undertecknat.", needed="Din underskrift.")
        is True
    )
    case.refresh_from_db()
    before = case.due_statutory_on
    pause = case.pauses.get()
    type(pause).objects.update(asked_on=timezone.localdate() - timedelta(days=1))
    cases.confirm_identity(actor=actor, case=case, method=IdentityMethod.SIGNATURE)
    case.refresh_from_db()
    assert case.pauses.get().answered_on == timezone.localdate()
    assert case.due_statutory_on == before <= case.due_on
    assert case.state == "gathering"
    assert Way.PORTAL not in delivery.ways_for(case)
    render_all()
    made = {row.kind for row in Render.objects.filter(state="done")}
    assert made == {"receipt"}  # nothing is asked for any more


def test_withdrawing_ends_everything(world: World) -> None:
    case = world.open()
    cases.withdraw(actor=PERSON, case=case)
    case.refresh_from_db()
    assert (case.state, case.closed_as) == ("closed", "withdrawn")
    assert not case.collections.filter(state__in=["pending", "running"]).exists()
    with pytest.raises(Conflict):
        cases.withdraw(actor=PERSON, case=case)


def test_the_overdue_are_told_once_however_often_the_job_runs(world: World, legal: Actor) -> None:
    assert legal.user is not None
    case = world.open()
    Case.objects.filter(pk=case.pk).update(
        received_on=timezone.localdate() - timedelta(days=90),
        due_statutory_on=timezone.localdate() - timedelta(days=59),
        handler=world.user,
    )
    for _ in range(3):
        clock.tick()
    assert Event.objects.filter(kind="clock.overdue_told").count() == 1
    assert world.user.notices.filter(kind="overdue").count() == legal.user.notices.filter(kind="overdue").count() == 1


def test_reminders_are_told_once_for_each_step(world: World) -> None:
    assign_perm("work_team", world.user, world.team)
    case = world.open()
    today = timezone.localdate()
    counts = []
    for left in (20, 14, 10, 7, 2, 0):
        Case.objects.filter(pk=case.pk).update(due_statutory_on=today + timedelta(days=left), received_on=today)
        for _ in range(2):
            clock.tick()
        counts.append(world.user.notices.filter(kind="due_soon").count())
    assert counts == [0, 1, 2, 3, 4, 5]  # the date was moved here, so that each is a reminder of its own


def test_a_login_and_a_failed_one_are_logged_without_what_was_typed(world: World, client: Any) -> None:
    world.user.set_password("ett långt lösenord")
    world.user.save()
    client.post("/admin/login/", {"username": "karin@hem.example", "password": "fel lösenord här"})
    client.post("/admin/login/", {"username": "karin@hem.example", "password": "ett långt lösenord"})
    assert list(Event.objects.order_by("seq").values_list("kind", flat=True)) == ["login.failed", "login.succeeded"]
    assert "karin" not in str(list(EventPayload.objects.values_list("open", flat=True)))


def test_the_same_request_twice_gives_one_case(world: World) -> None:
    first = world.open(external_key="draft-1")
    assert world.open(external_key="draft-1") == first
    with pytest.raises(ValidationError):
        world.open(external_key="draft-1", name="Någon Annan")
    assert Case.objects.count() == 1


def test_diary_numbers_run_without_gaps(world: World) -> None:
    numbers = [world.open().diary_no for _ in range(3)]
    with pytest.raises(ValidationError):
        world.open("no-such-right")
    numbers.append(world.open().diary_no)
    year = timezone.localdate().year
    assert numbers == [f"DSR-{year}-{n:04d}" for n in range(1, 5)]


@pytest.mark.parametrize("text", ["DSR", "Anna", "åkesson", "ANNA ÅKESSON", "18900429-9807", "890429"])
def test_search_finds_by_whole_words_and_exact_values_only(world: World, text: str) -> None:
    case = world.open()
    expected = [] if text in {"DSR", "890429"} else [case]
    assert list(people.search(Case.objects.all(), text)) == expected


def test_a_gathering_that_finds_nothing_is_answered_too(world: World, actor: Actor) -> None:
    world.script("alfa", Page())
    case = reviewed(world)
    decisions.decide(actor=actor, case=case, right="access", outcome="nothing_found")
    render_all()
    assert statuses(case) == {"access": "ready"}
