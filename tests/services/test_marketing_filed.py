"""A request that stops marketing: noted as a choice, carried out by itself where a connector can, once in each system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.base import ConnectorError, Evidence, Fault, StopStatus
from requests_app.domain.identifiers import IdentifierKind
from requests_app.models import Action, Case, MarketingTask
from requests_app.services import actions, case_rights, intake, marketing
from requests_app.services.audit import PERSON, Actor
from requests_app.services.case_facts import facts_of
from requests_app.services.marketing import running
from requests_app.services.next_step import next_step
from requests_app.services.people import EMAIL_ISSUER, Contact, Login
from tests.services import test_marketing as base
from tests.world import World, open_case

if TYPE_CHECKING:
    from requests_app.models import MarketingTask as Task

EMAIL, MANUAL, AUTOMATIC = base.EMAIL, base.MANUAL, base.AUTOMATIC
world, tool = base.world, base.tool


def filed(world: World, *, confirmed: bool = True, **changes: Any) -> Case:
    """A withdrawal filed in the portal, by the link of a mail when ``confirmed``."""
    given = {
        "channel": intake.Channel.PORTAL,
        "rights": {"consent_withdrawal": ""},
        "received_at": base.timezone.now(),
        "name": "Anna Alm",
        "contact": Contact(email=EMAIL),
        "identifiers": ((IdentifierKind.EMAIL, EMAIL, "login" if confirmed else "request"),),
        "login": Login(EMAIL_ISSUER, EMAIL) if confirmed else None,
        "team": "kund",
    }
    return intake.open_case(actor=PERSON, request=intake.Request(**(given | changes))).case


def run_all() -> list[Task]:
    rows = list(MarketingTask.objects.order_by("pk"))
    for row in rows:
        running.run(row.pk)
    return rows


def states(case: Case) -> dict[str, str]:
    return dict(Action.objects.filter(case=case).values_list("system__key", "state"))


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_withdrawal_stops_by_itself_what_a_connector_can_tell_and_asks_a_person_for_the_rest(
    world: World, tool: base.Tool, confirmed: bool
) -> None:
    case = filed(world, confirmed=confirmed)
    assert base.suppressed()
    assert [(row.system.key, row.state) for row in MarketingTask.objects.all()] == [(AUTOMATIC, "pending")]
    assert next_step(case, facts_of(case)).sentence.startswith(("Stop advertising in 1", "Stoppa reklamen i 1"))
    run_all()
    assert len(tool.given) == 1
    assert states(case) == {AUTOMATIC: "done", MANUAL: "asked"}
    assert not marketing.waiting().exists()


@pytest.mark.parametrize("status", list(StopStatus))
def test_what_the_case_says_is_the_same_whether_the_address_was_known(
    world: World, tool: base.Tool, status: StopStatus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tool, "stop_marketing", lambda search: Evidence(status, (), 1))
    case = filed(world, confirmed=False)
    run_all()
    done = case.actions.select_related("system").get(state="done")
    note = actions.note_of(intake.Vault(case), done)
    assert (done.result, set(note), EMAIL in str(note)) == ("done", {"what", "suppressed"}, False)


def test_an_objection_to_marketing_that_is_added_later_stops_too(world: World, tool: base.Tool) -> None:
    case = filed(world, rights={"access": ""})
    assert not tool.given and not base.suppressed()
    case_rights.add(actor=Actor.staff(world.karin), case=case, right="objection", said="Sluta.", against_marketing=True)
    run_all()
    assert base.suppressed() and states(case) == {AUTOMATIC: "done", MANUAL: "asked"}


@pytest.mark.parametrize("way", ["case", "list"])
def test_what_a_worker_could_not_do_is_done_once_wherever_it_is_ticked(world: World, tool: base.Tool, way: str) -> None:
    case, karin = filed(world), Actor.staff(world.karin)
    action = case.actions.get(system__key=AUTOMATIC)
    assert not actions.reportable(case, action)
    tool.faults.append(ConnectorError(Fault.FORBIDDEN))
    run_all()
    (task,) = marketing.waiting()
    assert actions.reportable(case, action)
    if way == "list":
        marketing.done_by_hand(actor=karin, task=task)
    else:
        note = {"what": "Nyhetsbrevet", "suppressed": ""}
        actions.report(actor=karin, case=case, action=action, result="done", note=note)
    assert states(case)[AUTOMATIC] == "done"
    assert not marketing.waiting().exists()
    choice = task.choice
    choice.refresh_from_db()
    assert marketing.address_of(choice) == ""


def test_two_requests_about_one_address_both_end_with_the_last_task(world: World, tool: base.Tool) -> None:
    first, second = filed(world), filed(world)
    run_all()
    assert len(tool.given) == 1
    assert states(first)[AUTOMATIC] == states(second)[AUTOMATIC] == "done"


def test_a_case_without_an_address_leaves_everything_to_a_person(world: World, tool: base.Tool) -> None:
    case = open_case(world, rights=["consent_withdrawal"], email="")
    assert states(case) == {AUTOMATIC: "asked", MANUAL: "asked"}
    assert not MarketingTask.objects.exists()
