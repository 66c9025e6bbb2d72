"""Every kind of fault against every system: what passes is tried again, what does not is told in one word."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors import http
from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.chat import Chat
from sandbox.settings import WITHOUT_SCOPE
from tests.connectors.world import QUICK, SYSTEMS

if TYPE_CHECKING:
    from tests.connectors.world import Sandbox, World

every_system = pytest.mark.parametrize("system", SYSTEMS)


def fault_of(world: World, system: str, **changes: Any) -> ConnectorError:
    """The fault that gathering ends in."""
    with pytest.raises(ConnectorError) as caught:
        world.gather(system, "anna", **changes)
    return caught.value


@every_system
@pytest.mark.parametrize(
    ("fault", "more"), [("500", {}), ("429", {"retry_after": 0}), ("cut_off", {})], ids=lambda value: str(value)
)
def test_a_passing_fault_is_tried_again_and_nothing_is_lost(
    world: World, sandbox: Sandbox, system: str, fault: str, more: dict[str, Any]
) -> None:
    usual = world.usual(system).pages
    sandbox.spoil(system, fault, after=2, **more)

    assert world.gather(system, "anna").pages == usual


@every_system
@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ("500", Fault.SERVER_ERROR),
        ("cut_off", Fault.CUT_OFF),
        ("401", Fault.AUTH_REFUSED),
        ("403", Fault.FORBIDDEN),
        ("broken_json", Fault.UNREADABLE),
        ("wrong_types", Fault.WRONG_TYPE),
    ],
)
def test_a_lasting_fault_ends_the_run_with_its_name(
    world: World, sandbox: Sandbox, system: str, fault: str, wanted: Fault
) -> None:
    sandbox.spoil(system, fault, times=0)

    assert fault_of(world, system).fault is wanted


@every_system
def test_a_fault_half_way_leaves_the_pages_before_it(world: World, sandbox: Sandbox, system: str) -> None:
    usual = world.usual(system).pages
    sandbox.spoil(system, "broken_json", times=0, after=4)
    run = world.connector(system).collect(world.search(system, "anna"))
    pages = []

    with pytest.raises(ConnectorError) as caught:
        for page in run:
            pages.append(page)
    assert caught.value.params["line"] == 1
    sandbox.reset()

    cursor = pages[-1].cursor if pages else None
    assert [*pages, *world.gather(system, "anna", cursor=cursor).pages] == usual


@every_system
def test_a_wait_longer_than_allowed_is_handed_back_at_once(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "429", times=0, retry_after=600)
    started = time.monotonic()

    error = fault_of(world, system)

    assert (error.fault, error.retry_after, error.transient) == (Fault.RATE_LIMITED, 600, True)
    assert time.monotonic() - started < 2


def test_a_short_wait_asked_for_is_waited_with_heartbeats(
    world: World, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    naps: list[float] = []

    def nap(seconds: float) -> None:
        naps.append(seconds)
        beats.append("nap")
        time.sleep(seconds)

    monkeypatch.setattr(http, "HEARTBEAT_EVERY", 0.25)
    monkeypatch.setattr(http, "time", SimpleNamespace(monotonic=time.monotonic, sleep=nap))
    sandbox.spoil("mina_sidor", "429", retry_after=1)
    beats: list[str] = []
    started = time.monotonic()

    world.gather("mina_sidor", "anna", heartbeat=lambda: beats.append("beat"))

    assert time.monotonic() - started >= 1
    assert naps and max(naps) <= 0.25
    assert all(beats[at - 1] == "beat" for at, kind in enumerate(beats) if kind == "nap")


def test_a_rate_limit_per_minute_is_told_with_how_long_to_wait(world: World, sandbox: Sandbox) -> None:
    sandbox.limit("getanewsletter", 5)

    error = fault_of(world, "nyhetsbrev_gan")

    assert error.fault is Fault.RATE_LIMITED
    assert error.retry_after is not None
    assert 2 < error.retry_after <= 60


@every_system
def test_a_slow_answer_is_a_timeout(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "slow", times=0, seconds=1)

    assert fault_of(world, system, limits=replace(QUICK, read_timeout=0.1, attempts=1)).fault is Fault.TIMEOUT


@every_system
def test_nobody_listening_is_unreachable(world: World, system: str) -> None:
    settings = world.settings(system) | {"base_url": "http://127.0.0.1:9"}

    assert fault_of(world, system, settings=settings).fault is Fault.UNREACHABLE


@every_system
def test_a_wrong_path_is_not_taken_for_nobody_found(world: World, system: str) -> None:
    settings = world.settings(system)
    settings["base_url"] += "/elsewhere"

    assert world.connector(system).test(settings, world.secrets(system)).fault is Fault.NOT_FOUND


@every_system
def test_an_answer_past_the_size_limit_is_refused(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "huge", times=0, megabytes=5)

    assert fault_of(world, system).fault is Fault.TOO_LARGE


@every_system
def test_a_redirect_out_of_the_system_is_not_followed(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "redirect", times=0, location="http://127.0.0.2:80/steal")

    assert fault_of(world, system).fault is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize("system", ["chatt", "nyhetsbrev_gan"])
def test_a_next_link_out_of_the_system_is_not_followed(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "foreign_next", times=0)

    assert fault_of(world, system).fault is Fault.ADDRESS_REFUSED


@pytest.mark.parametrize("system", ["mina_sidor", "chatt", "nyhetsbrev", "nyhetsbrev_gan"])
def test_paging_that_never_ends_is_stopped(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "endless_paging", times=0)

    assert fault_of(world, system).fault is Fault.ENDLESS_PAGING


@every_system
def test_more_pages_than_the_limit_is_stopped(world: World, system: str) -> None:
    assert fault_of(world, system, limits=replace(QUICK, max_pages=1)).fault is Fault.ENDLESS_PAGING


@pytest.mark.parametrize("system", ["mina_sidor", "mitt_hem", "chatt", "nyhetsbrev", "nyhetsbrev_gan"])
def test_items_of_the_wrong_type_are_named_by_their_field(world: World, sandbox: Sandbox, system: str) -> None:
    sandbox.spoil(system, "wrong_items", times=0)

    error = fault_of(world, system)

    assert error.fault is Fault.WRONG_TYPE
    assert set(error.params) == {"field"}


@pytest.mark.parametrize("system", ["mina_sidor", "mitt_hem", "chatt"])
def test_a_key_without_the_right_is_told_apart_from_a_refused_key(world: World, system: str) -> None:
    name = next(iter(world.secrets(system)))
    secrets = world.secrets(system) | {name: world.secrets(system)[name] + WITHOUT_SCOPE}

    assert world.connector(system).test(world.settings(system), secrets).fault is Fault.FORBIDDEN


def test_phone_calls_that_the_key_may_not_read_can_be_left_out(world: World, sandbox: Sandbox) -> None:
    sandbox.spoil("chatt", "403", times=0, path="phone-calls")
    settings = world.settings("chatt") | {"phone_calls": False}

    assert fault_of(world, "chatt").fault is Fault.FORBIDDEN
    assert world.gather("chatt", "anna", settings=settings).of("conversations")
    assert "phone_calls" in {spec.key for spec in Chat.settings_spec}
