"""The seven rights on the admin's pages: registered by hand, decided with what applies to them, carried out and lifted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from requests_app.domain.rights import GROUNDS, Right
from requests_app.models import Action, Case, Render, System
from requests_app.services import change_preview, register, review
from requests_app.services.audit import SYSTEM, Actor
from tests.services import rights_world as at
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    at.quick_documents(monkeypatch)
    at.only_marketing("arkiv")


def url(case: Case, tail: str = "") -> str:
    return f"/admin/requests_app/case/{case.ref}/{tail}"


def registered(client: Client, **fields: object) -> Case:
    form = client.get("/admin/registrera/").context["form"]
    sent = {
        "token": form["token"].value(),
        "channel": "phone",
        "received_on": timezone.localdate().isoformat(),
        "name": "Anna Andersson",
        "profile": "customer",
        "language": "sv",
        "team": "kund",
        **fields,
    }
    response = client.post("/admin/registrera/", sent)
    assert response.status_code == 302, response.context["form"].errors
    return Case.objects.latest("pk")


def test_every_right_is_registered_by_hand(world: World, browse: Callable[[User], Client]) -> None:
    details = {f"details_{right.value}": "Så här ligger det till." for right in Right}
    case = registered(browse(world.sven), rights=[right.value for right in Right], **details)
    assert {right.right for right in case.rights.all()} == {right.value for right in Right}
    assert [item.verb for item in case.actions.all()] == ["stop_marketing"]


def test_an_objection_to_advertising_makes_its_tasks_at_once(world: World, browse: Callable[[User], Client]) -> None:
    case = registered(browse(world.karin), rights=["objection"], against_marketing="on")
    page = browse(world.karin).get(url(case))
    (task,) = page.context["tasks"]
    assert task["at_once"] and task["form"] is not None
    assert page.context["step"].code == "report"
    sent = {"result": "done", "what": "Nyhetsbrevet"}
    assert browse(world.karin).post(url(case, "gor/report/stop_marketing.arkiv/"), sent).status_code == 302
    assert Action.objects.get().result == "done"


@pytest.mark.parametrize("right", [right.value for right in Right])
def test_only_what_applies_to_a_right_can_be_decided_about_it(
    world: World, browse: Callable[[User], Client], right: str
) -> None:
    case = at.to_decision(world, right, details="Det här gäller min begäran.")
    (line,) = browse(world.karin).get(url(case)).context["right_lines"]
    form = line.form
    if right == "consent_withdrawal":
        assert "ground" not in form.fields and "refused" not in dict(form.fields["outcome"].choices)
        assert form["outcome"].value() == "granted"
    else:
        offered = {value for value, _label in form.fields["ground"].choices if value}
        assert offered == {ground.value for ground in GROUNDS[Right(right)]}
    assert ("systems" in form.fields) == (right not in {"access", "portability"})


def test_a_masked_answer_is_preset_to_be_granted_in_part_on_the_masks_ground(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = at.to_review(world, "access")
    at.mask(world, case, "m1")
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    page = browse(world.karin).get(url(case))
    (line,) = page.context["right_lines"]
    assert (line.form["outcome"].value(), line.form["ground"].value()) == ("partly_granted", "15_4")
    assert "granted" not in dict(line.form.fields["outcome"].choices)
    assert [item.count for item in line.withheld] == [1]
    assert "Karl Karlsson" not in page.content.decode()


@pytest.mark.parametrize("right", ["restriction", "objection", "consent_withdrawal", "rectification", "erasure"])
def test_a_task_of_each_right_is_reported_where_it_stands(
    world: World, browse: Callable[[User], Client], right: str
) -> None:
    case = at.to_decision(world, right, details="Det här gäller min begäran.")
    karin = browse(world.karin)
    at.decide(world, case, right, "granted")
    at.approve(world.lena, case)
    task = karin.get(url(case)).context["tasks"][0]
    refused = karin.post(url(case, f"gor/report/{task['key']}/"), {"result": "done"})
    assert refused.status_code == 422
    note = at.NOTES[task["task"].verb]
    assert karin.post(url(case, f"gor/report/{task['key']}/"), {"result": "done", **note}).status_code == 302
    assert Action.objects.get(pk=task["task"].pk).result == "done"


def test_restricting_while_accuracy_is_checked_is_one_click(world: World, browse: Callable[[User], Client]) -> None:
    case = identified(world, open_case(world, rights=["rectification"]))
    karin = browse(world.karin)
    assert karin.get(url(case)).context["right_lines"][0].may_restrict
    assert karin.post(url(case, "gor/restrict-meanwhile/")).status_code == 302
    assert case.rights.filter(right="restriction").exists()
    lines = karin.get(url(case)).context["right_lines"]
    assert not lines[0].may_restrict
    assert "18" in lines[1].form["reasons"].value()  # the condition that the request itself tells of


def test_a_restriction_is_lifted_with_a_warning_first(world: World, browse: Callable[[User], Client]) -> None:
    case = at.to_decision(world, "restriction")
    at.decide(world, case, "restriction", "granted")
    at.report_all(world, case)
    karin = browse(world.karin)
    today, tomorrow = timezone.localdate(), timezone.localdate() + timedelta(days=1)
    refused = karin.post(url(case, "gor/lift/arkiv/"), {"from_on": today.isoformat(), "reasons": "Kontrollerat."})
    assert refused.status_code == 422
    sent = {"from_on": tomorrow.isoformat(), "reasons": "Kontrollerat."}
    assert karin.post(url(case, "gor/lift/arkiv/"), sent).status_code == 302
    assert Render.objects.filter(case=case, kind="restriction_lifting").count() == 1


@pytest.mark.parametrize(
    "tail", ["gor/decide/hittepå/", "gor/report/steal.arkiv/", "gor/report/erase.arkiv/", "gor/lift/x/"]
)
def test_what_is_not_there_cannot_be_done(world: World, browse: Callable[[User], Client], tail: str) -> None:
    case = at.to_decision(world, "restriction")
    sent = {
        "from_on": (timezone.localdate() + timedelta(days=1)).isoformat(),
        "reasons": "Klart.",
        "outcome": "granted",
    }
    assert browse(world.karin).post(url(case, tail), sent).status_code == 404


def told_by_worker() -> None:
    """Let the newsletter's connector reach a system."""
    settings = {"profile": "mailchimp", "base_url": "https://us1.api.mailchimp.com/3.0"}
    system, secrets = System.objects.get(key="arkiv"), {"api_key": "nyckel-us1"}
    register.configure(actor=SYSTEM, system=system, connector="newsletter", settings=settings, secrets=secrets)


def test_who_decides_and_who_approves_see_what_the_program_erases_by_itself(
    world: World, browse: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    case = at.to_decision(world, "erasure")
    assert "raderar programmet" not in browse(world.karin).get(url(case)).content.decode()
    told_by_worker()
    assert "raderar programmet själv i: Arkivet" in browse(world.karin).get(url(case)).content.decode()
    counted: list[System] = []

    def dry_run(*, system: System, **_who: object) -> change_preview.Preview:
        counted.append(system)
        return change_preview.Preview((("Prenumerant", 1), ("Utskick", 12)))

    monkeypatch.setattr(change_preview, "dry_run", dry_run)
    assert "Räkna vad Arkivet skulle radera" in browse(world.karin).get(url(case)).content.decode()
    answer = browse(world.karin).post(url(case, "gor/dry-run/arkiv/"), follow=True)
    assert "I Arkivet skulle detta raderas: Prenumerant 1, Utskick 12." in answer.content.decode()
    assert [system.key for system in counted] == ["arkiv"]
    at.decide(world, case, "erasure", "granted")
    page = browse(world.lena).get(f"/admin/godkannanden/{case.ref}/erasure/")
    assert page.status_code == 200 and "Raderas av programmet när du godkänner" in page.content.decode()


def test_how_far_the_program_has_come_is_shown_and_a_fault_can_be_tried_again(
    world: World, browse: Callable[[User], Client]
) -> None:
    told_by_worker()
    case = at.to_decision(world, "erasure")
    karin = browse(world.karin)
    at.decide(world, case, "erasure", "granted")
    at.approve(world.lena, case)

    def shown(**changes: object) -> str:
        Action.objects.filter(case=case, system__key="arkiv").update(**changes)
        return karin.get(url(case)).content.decode()

    assert "får veta det automatiskt" in shown()
    assert "Vi läser tillbaka" in shown(sent_at=timezone.now(), told_at=timezone.now())
    assert "uppgifterna finns kvar" in shown(work="failed", fault="still_there")
    assert karin.post(url(case, "gor/retry-change/erase.arkiv/")).status_code == 302
    assert Action.objects.get(case=case, system__key="arkiv").work == "pending"
    assert karin.post(url(case, "gor/retry-change/erase.hittepå/")).status_code == 404
    evidence = {"status": "stopped", "items": [{"list": "a1", "status": "204"}]}
    done = shown(work="done", state="done", result="done", done_at=timezone.now(), evidence=evidence)
    assert "Vad systemet svarade" in done and "list: a1, status: 204" in done


def test_systems_are_searched_before_an_erasure_is_decided_when_one_wants_to(
    world: World, browse: Callable[[User], Client]
) -> None:
    case = at.to_decision(world, "erasure")
    karin = browse(world.karin)
    assert "Sök i systemen först" in karin.get(url(case)).content.decode()
    assert karin.post(url(case, "gor/search-first/")).status_code == 302
    case.refresh_from_db()
    assert case.state == "gathering" and case.collections.exists()
    assert "Sök i systemen först" not in karin.get(url(case)).content.decode()
    assert karin.post(url(case, "gor/search-first/")).status_code == 422
    at.put_records(case, "fakturering", at.CHAT)
    at.put_records(case, "arkiv", [])
    review.finish(actor=Actor.staff(world.karin), case=case, confirmed=True)
    case.refresh_from_db()
    assert case.state == "deciding"
    (line,) = karin.get(url(case)).context["right_lines"]
    assert not line.may_search and line.form is not None
