"""Decisions that are made anew: only the newest can be approved, and a case that goes back can always come forward again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from guardian.shortcuts import assign_perm

from requests_app.documents import pdf
from requests_app.models import Action, Case, Render, User
from requests_app.services import cases, collection, decisions, gathering, rendering, review
from requests_app.services.audit import PERSON, Actor
from requests_app.services.moves import Conflict

from .fakes import World, page

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, var: Path) -> World:
    made = World(monkeypatch, "alfa", "beta")
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


def deciding(world: World, *rights: str) -> Case:
    case = world.open(*rights, details={"rectification": "Fel adress."})
    for row in case.collections.filter(current=True, state="pending"):
        collection.run(row.pk)
    case.refresh_from_db()
    if case.state == "review":
        review.finish(actor=Actor.staff(world.user), case=case, confirmed=True)
    case.refresh_from_db()
    return case


def refuse(actor: Actor, case: Case, reasons: str) -> None:
    decisions.decide(actor=actor, case=case, right="access", outcome="refused", ground="15_4", reasons=reasons)


def test_only_the_newest_decision_can_be_approved(world: World, actor: Actor, legal: Actor) -> None:
    case = deciding(world, "access", "rectification")
    refuse(actor, case, "Visas för jurist.")
    (shown,) = decisions.approvals_for(legal.user)
    refuse(actor, case, "Något helt annat.")
    with pytest.raises(Conflict):
        decisions.answer_approval(actor=legal, approval=shown, approved=True)
    assert case.rights.get(right="access").outcome == ""
    (newest,) = decisions.approvals_for(legal.user)
    assert newest.decision.n == 2
    decisions.answer_approval(actor=legal, approval=newest, approved=True)
    right = case.rights.get(right="access")
    assert decisions.in_force(right) == newest.decision


def test_a_decision_made_anew_takes_the_waiting_ones_tasks_back(world: World, actor: Actor) -> None:
    case = deciding(world, "access", "erasure")
    systems = {row.system.key: row.system for row in case.collections.select_related("system")}
    decisions.decide(actor=actor, case=case, right="erasure", outcome="granted", systems=[systems["alfa"]])
    decisions.decide(actor=actor, case=case, right="erasure", outcome="granted", systems=[systems["beta"]])
    assert [action.system.key for action in Action.objects.all()] == ["beta"]
    decisions.decide(
        actor=actor, case=case, right="erasure", outcome="refused", ground="17_1", reasons="Avtalet gäller."
    )
    assert not Action.objects.exists()
    assert decisions.waiting_for_approval(case.rights.get(right="erasure")) is None


def test_a_closed_case_waits_for_nobodys_approval(world: World, actor: Actor, legal: Actor) -> None:
    case = deciding(world, "access")
    refuse(actor, case, "Andras uppgifter.")
    cases.withdraw(actor=PERSON, case=case)
    assert decisions.approvals_for(legal.user) == []


def test_a_case_taken_back_from_dispatch_to_the_review_can_be_decided_again(world: World, actor: Actor) -> None:
    case = deciding(world, "access")
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    review.again(actor=actor, case=case)
    review.finish(actor=actor, case=case, confirmed=True)
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    case.refresh_from_db()
    assert case.state == "dispatching"


@pytest.mark.parametrize("way", ["review", "search", "upload"])
def test_access_is_decided_anew_when_its_data_is_looked_at_anew(world: World, actor: Actor, way: str) -> None:
    case = deciding(world, "access", "rectification")
    decisions.decide(actor=actor, case=case, right="access", outcome="nothing_found")
    row = case.collections.get(system__key="beta", current=True)
    if way == "review":
        review.again(actor=actor, case=case)
    elif way == "search":
        gathering.search_system(actor=actor, case=case, system=row.system)
    else:
        gathering.upload(actor=actor, case=case, row=row, name="a.csv", data=b"Namn;Ort\nAnna;Halmstad")
    assert case.rights.get(right="access").outcome == ""


def test_a_withdrawn_request_gets_no_extract_made(world: World, actor: Actor) -> None:
    case = deciding(world, "access")
    decisions.decide(actor=actor, case=case, right="access", outcome="granted")
    cases.withdraw(actor=PERSON, case=case)
    wanted = set(Render.objects.filter(case=case, superseded=False).values_list("kind", flat=True))
    assert wanted.isdisjoint({"extract", "answer"}) and "receipt" in wanted


def test_a_document_nobody_wants_any_more_leaves_no_file(
    world: World, actor: Actor, var: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = world.open()
    row = Render.objects.get(case=case, kind="receipt")
    make = pdf.render_letter

    def superseded_meanwhile(letter: object) -> object:
        Render.objects.filter(pk=row.pk).update(superseded=True)
        return make(letter)  # type: ignore[arg-type]

    monkeypatch.setattr(pdf, "render_letter", superseded_meanwhile)
    rendering.run(row.pk)
    assert not [path for path in var.rglob("*") if path.is_file() and "case_files" in path.parts]
