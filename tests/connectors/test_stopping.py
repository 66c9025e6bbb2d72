"""Stopping marketing: every connector that declares it can, against a system of true shapes and its faults."""

from __future__ import annotations

import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors import registry
from requests_app.connectors.base import ConnectorError, Fault, Identifier, IdentifierKind, StopStatus
from requests_app.connectors.descriptions import shipped
from requests_app.connectors.newsletter_lists import OPERATIONAL, Operational
from sandbox.people import CAST
from tests.connectors.world import CONNECTORS, DESCRIBED, SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable

    from requests_app.connectors.base import Evidence, Search, StopsMarketing
    from requests_app.domain.records import Record
    from tests.connectors.world import Sandbox, World


def stopper_of(system: str) -> StopsMarketing | None:
    """What stops marketing in a system of the sandbox."""
    settings = {"description": shipped(DESCRIBED[system][1])} if system in DESCRIBED else {}
    return registry.stopper(CONNECTORS[system], settings)


STOPPING = [system for system in SYSTEMS if stopper_of(system)]
every_stopper = pytest.mark.parametrize("system", STOPPING)
CHANGE = {
    "nyhetsbrev": "change-member",
    "nyhetsbrev_gan": "change-subscriber",
    "nyhetsbrev_rule": "suppress",
    "nyhetsbrev_apsis": "consent",
    "nyhetsbrev_campaign": "unsubscribe",
    "nyhetsbrev_beskrivet": "change-member",
}
"""What the sandbox calls the request that changes something."""
WITHOUT_LISTS = {"nyhetsbrev_rule"}
"""Systems that stop all marketing to an address at once."""


def search(world: World, system: str, *values: str, kind: IdentifierKind = IdentifierKind.EMAIL) -> Search:
    """What a connector is given to stop marketing to these addresses; Anna's when none is named."""
    given = values or tuple(CAST["anna"].emails)
    made = replace(world.search(system, "anna"), identifiers=tuple(Identifier(kind, value) for value in given))
    return replace(made, settings={**made.settings, "operational_lists": "none of them"})


def stop(world: World, system: str, *values: str, **changes: Any) -> Evidence:
    """Let it be done."""
    stopper = stopper_of(system)
    assert stopper is not None
    return stopper.stop_marketing(replace(search(world, system, *values), **changes))


def states(world: World, system: str) -> set[str]:
    """What the system says of each of Anna's subscriptions when it is gathered."""
    records = world.gather(system, "anna").records
    return {"unsubscribed" if ended else "subscribed" for ended in ENDED[CHANGE[system]](records)}


def _of(records: list[Record], category: str) -> list[Record]:
    return [record for record in records if record.category == category]


ENDED: dict[str, Callable[[list[Record]], list[bool]]] = {
    "change-member": lambda records: [one.fields["status"] == "unsubscribed" for one in _of(records, "subscriber")],
    "change-subscriber": lambda records: [
        bool(one.fields["subscription_cancelled"]) for one in _of(records, "subscriptions")
    ],
    "suppress": lambda records: [bool(_of(records, "suppressions"))],
    "consent": lambda records: [n >= len(_of(records, "consents")) for n in range(2)],
    "unsubscribe": lambda records: [not one.fields["valid"] for one in _of(records, "validity")],
}
"""Whether each subscription has ended, by what the sandbox calls the request that ends one."""
FIRST = {
    "change-member": "a1f0c3d2e4",
    "change-subscriber": "hiso7tuNb4Z",
    "consent": "a1f0c3d2e4",
    "unsubscribe": "30001",
}
"""The list of marketing."""


def test_only_systems_that_send_marketing_declare_it() -> None:
    assert list(CHANGE) == STOPPING
    assert registry.stopper("manual", {}) is None
    assert registry.stopper("nobody", {}) is None


@every_stopper
def test_it_stops_every_list_and_the_system_says_so(world: World, system: str) -> None:
    assert states(world, system) == {"subscribed"}

    evidence = stop(world, system)

    assert evidence.status is StopStatus.STOPPED
    assert states(world, system) == {"unsubscribed"}
    assert len(evidence.items) == (1 if system in WITHOUT_LISTS else 2)
    assert evidence.requests > 2
    assert all(item["list"] and item["at"] for item in evidence.items)


@pytest.mark.parametrize("system", [system for system in STOPPING if system not in WITHOUT_LISTS])
@pytest.mark.parametrize("marked", ["", "Driftinformation", "B7C9E1F0A2, kR2mVq9sTxD, 30002"])
def test_lists_that_are_no_marketing_go_on(world: World, system: str, marked: str) -> None:
    settings = {**world.settings(system), "operational_lists": marked}

    evidence = stop(world, system, settings=settings)

    assert [item["list"] for item in evidence.items] == [FIRST[CHANGE[system]]]
    assert states(world, system) == {"subscribed", "unsubscribed"}
    assert stop(world, system, settings=settings).status is StopStatus.ALREADY


@pytest.mark.parametrize(
    ("name", "left"),
    [("HEM Driftinfo", True), ("Strömavbrott i Halmstad", True), ("Andrift", False), ("Nyheter", False)],
)
def test_a_list_is_known_by_a_word_of_its_name(name: str, left: bool) -> None:
    usual = Operational.written(OPERATIONAL.default)

    assert usual.holds("a1", name) is left
    assert not Operational.written(" , ").holds("", name)


@every_stopper
def test_done_twice_it_is_one_effect(world: World, sandbox: Sandbox, system: str) -> None:
    first = stop(world, system)
    made = sandbox.routes(system)[CHANGE[system]]

    again = stop(world, system)

    assert (again.status, again.items) == (StopStatus.ALREADY, ())
    assert sandbox.routes(system)[CHANGE[system]] == made == len(first.items)


@every_stopper
def test_nobody_else_is_stopped(world: World, system: str) -> None:
    stop(world, system)
    other = search(world, system, *CAST["two_addresses"].emails)
    found = world.connector(system).collect(replace(other, person_name=CAST["two_addresses"].name))
    text = repr(list(found))

    assert "'status': 'unsubscribed'" not in text
    assert "'subscription_cancelled': '2" not in text


@every_stopper
def test_an_address_nobody_has_is_nothing_to_do(world: World, system: str) -> None:
    evidence = stop(world, system, "ingen.alls@example.se")

    assert (evidence.status, evidence.items) == (StopStatus.UNKNOWN, ())


@every_stopper
@pytest.mark.parametrize("odd", ["a/../b@example.se", "a?b#c@example.se", "%2e%2e@example.se", "åäö@exämple.se"])
def test_an_odd_address_reaches_no_other_path(world: World, sandbox: Sandbox, system: str, odd: str) -> None:
    assert stop(world, system, odd).status is StopStatus.UNKNOWN
    assert CHANGE[system] not in sandbox.routes(system)


@every_stopper
def test_a_telephone_number_is_none_of_its_business(world: World, system: str) -> None:
    stopper = stopper_of(system)
    assert stopper is not None
    given = search(world, system, "+46701740605", kind=IdentifierKind.PHONE)

    assert stopper.stop_marketing(given).status is StopStatus.UNKNOWN


@every_stopper
@pytest.mark.parametrize(("fault", "more"), [("500", {}), ("429", {"retry_after": 0}), ("cut_off", {})])
def test_a_passing_fault_is_tried_again(
    world: World, sandbox: Sandbox, system: str, fault: str, more: dict[str, Any]
) -> None:
    sandbox.spoil(system, fault, after=1, **more)

    assert stop(world, system).status is not StopStatus.UNKNOWN
    assert states(world, system) == {"unsubscribed"}


@every_stopper
@pytest.mark.parametrize(
    ("fault", "wanted", "transient"),
    [
        ("500", Fault.SERVER_ERROR, True),
        ("cut_off", Fault.CUT_OFF, True),
        ("429", Fault.RATE_LIMITED, True),
        ("401", Fault.AUTH_REFUSED, False),
        ("403", Fault.FORBIDDEN, False),
        ("broken_json", Fault.UNREADABLE, False),
        ("wrong_types", Fault.WRONG_TYPE, False),
    ],
)
@pytest.mark.parametrize("after", [0, 2])
def test_a_lasting_fault_is_told_by_its_name_and_tells_nothing_else(
    world: World, sandbox: Sandbox, system: str, fault: str, wanted: Fault, transient: bool, after: int
) -> None:
    sandbox.spoil(system, fault, times=0, after=after, retry_after=60)

    with pytest.raises(ConnectorError) as caught:
        stop(world, system)

    error = caught.value
    assert (error.fault, error.transient) == (wanted, transient)
    told = repr(error) + repr(error.params) + "".join(traceback.format_exception(error))
    hidden = [*world.secrets(system).values(), *CAST["anna"].emails, "anna"]
    assert [value for value in hidden if value in told.replace("test_stopping", "")] == []


@every_stopper
def test_a_run_cut_off_half_way_is_finished_by_the_next(world: World, sandbox: Sandbox, system: str) -> None:
    half = {"change-subscriber": 2, "suppress": 2, "consent": 6, "unsubscribe": 5}.get(
        CHANGE[system], 4
    )  # the first list is done then
    sandbox.spoil(system, "500", times=0, after=half)
    with pytest.raises(ConnectorError):
        stop(world, system)
    sandbox.reset_faults()

    assert stop(world, system).status is StopStatus.STOPPED
    assert states(world, system) == {"unsubscribed"}


@every_stopper
def test_a_wrong_path_is_not_taken_for_nobody_known(world: World, system: str) -> None:
    settings = world.settings(system)
    settings["base_url"] += "/elsewhere"

    with pytest.raises(ConnectorError) as caught:
        stop(world, system, settings=settings)
    assert caught.value.fault is Fault.NOT_FOUND


@every_stopper
def test_a_missing_key_is_named(world: World, system: str) -> None:
    with pytest.raises(ConnectorError) as caught:
        stop(world, system, secrets={})
    assert caught.value.fault is Fault.SECRET_MISSING


@every_stopper
def test_what_is_kept_says_nothing_about_the_person(world: World, system: str) -> None:
    kept = repr(stop(world, system))

    anna = CAST["anna"]
    assert not [value for value in (*anna.emails, anna.first_name, anna.last_name, anna.personnummer) if value in kept]


@every_stopper
def test_it_stops_when_the_run_was_taken_over(world: World, sandbox: Sandbox, system: str) -> None:
    class TakenOverError(Exception):
        pass

    def heartbeat() -> None:
        raise TakenOverError

    with pytest.raises(TakenOverError):
        stop(world, system, heartbeat=heartbeat)
    assert CHANGE[system] not in sandbox.routes(system)
