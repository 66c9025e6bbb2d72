"""How the systems fare, as administrators, legal and coordinators see it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from requests_app.connectors import registry
from requests_app.models import Case, System, SystemCheck, SystemSecret
from requests_app.services import cases, gathering, register
from requests_app.services.audit import SYSTEM, Actor
from requests_app.services.register import over_time
from tests.world import identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User
    from tests.world import World


@pytest.fixture
def asked(world: World) -> System:
    """A system that a program asks."""
    found = world.systems["arkiv"]
    settings = {"profile": "mailchimp", "base_url": "https://us1.api.mailchimp.com/3.0"}
    register.configure(
        actor=SYSTEM, system=found, connector="newsletter", settings=settings, secrets={"api_key": "nyckel-us1"}
    )
    return found


def tried(system: System, *, ok: bool, days: int = 0, fault: str = "timeout", ms: int = 120) -> None:
    at = timezone.now() - timedelta(days=days)
    SystemCheck.objects.create(system=system, ok=ok, fault="" if ok else fault, milliseconds=ms, at=at)


def standing(key: str) -> over_time.Fares:
    return next(one for one in over_time.fares() if one.system.key == key)


def test_what_needs_somebody_comes_first(world: World, browse: Callable[[User], Client], asked: System) -> None:
    tried(asked, ok=True, days=2)
    tried(asked, ok=False, days=1)
    tried(asked, ok=False)
    page = browse(world.karin).get(reverse("admin:system_health"))
    first = page.context["rows"][0]
    assert first["fares"].system == asked
    text = page.content.decode()
    assert "Arkivet svarade inte i tid." in text
    assert "av 30 dagar" in text.casefold()
    assert 'name="do"' not in text


@pytest.mark.parametrize(
    ("oks", "expected"), [([], "untested"), ([True], "works"), ([True, False], "fails"), ([False, True], "works")]
)
def test_a_system_stands_as_its_last_try(asked: System, oks: list[bool], expected: str) -> None:
    for days, ok in zip(reversed(range(len(oks))), oks, strict=True):
        tried(asked, ok=ok, days=days)
    found = standing("arkiv")
    assert found.standing == expected
    assert [day.level for day in found.days[-2:]].count("bad") == oks.count(False)


def test_times_are_those_of_the_week(asked: System) -> None:
    for ms in (100, 300, 200):
        tried(asked, ok=True, ms=ms)
    tried(asked, ok=True, days=20, ms=9_000)
    found = standing("arkiv")
    assert (found.median, found.slowest) == (200, 300)


def test_the_number_of_queries_does_not_grow_with_systems_and_tries(
    world: World, browse: Callable[[User], Client], asked: System
) -> None:
    karin = browse(world.karin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            karin.get(reverse("admin:system_health"))
        return len(captured)

    tried(asked, ok=True)
    few = queries()
    for n in range(20):
        made = System.objects.create(key=f"s{n}", name_sv=f"S{n}", name_en=f"S{n}")
        register.configure(actor=SYSTEM, system=made, connector="manual", settings={})
        tried(made, ok=n % 2 == 0)
    assert queries() == few


def test_a_system_is_switched_off_with_a_reason_and_on_again(
    world: World, browse: Callable[[User], Client], asked: System
) -> None:
    ada = browse(world.ada)
    switch = reverse("admin:system_health_switch", args=["arkiv"])
    refused = ada.post(switch, {"do": "off", "reason": " "})
    assert refused.status_code == 422
    assert ada.post(switch, {"do": "off", "reason": "Flyttas <nu>"}).status_code == 302
    text = ada.get(reverse("admin:system_health_one", args=["arkiv"])).content.decode()
    assert "Flyttas &lt;nu&gt;" in text
    assert "Ada" in text
    assert standing("arkiv").standing == "off"
    again = ada.post(switch, {"do": "off", "reason": "Igen"}, follow=True)
    assert [message.level_tag for message in again.context["messages"]] == ["warning"]
    assert ada.post(switch, {"do": "on"}).status_code == 302
    assert standing("arkiv").standing == "untested"


def test_a_key_that_ends_is_noted_where_the_key_is_entered(
    world: World, browse: Callable[[User], Client], asked: System
) -> None:
    ada = browse(world.ada)
    place = reverse("admin:requests_app_system_connection", args=[asked.pk])
    ends = (timezone.localdate() + timedelta(days=5)).isoformat()
    settings = register.current_version(asked).settings
    sent = {"connector": "newsletter", **{f"setting_{key}": value for key, value in settings.items()}}
    assert ada.post(place, sent | {"ends_api_key": ends}).status_code == 302
    assert SystemSecret.objects.get(system=asked).expires_on is not None
    assert ends in ada.get(place).content.decode()
    assert "API-nyckel gäller till" in browse(world.karin).get(reverse("admin:system_health")).content.decode()
    assert ada.post(place, sent | {"ends_api_key": "snart"}).status_code == 422


def test_administrators_are_told_of_packages_that_cannot_be_used(
    world: World, browse: Callable[[User], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "broken_plugins", lambda: ("trasig",))
    place = reverse("admin:system_health")
    assert "trasig" in browse(world.ada).get(place).content.decode()
    assert "trasig" not in browse(world.karin).get(place).content.decode()


def test_nobody_is_shown_a_system_that_is_not_there(world: World, browse: Callable[[User], Client]) -> None:
    assert browse(world.karin).get(reverse("admin:system_health_one", args=["finns-inte"])).status_code == 404


def test_routine_deletion_waits_while_a_case_is_open_and_goes_on_when_it_is_closed(
    world: World, browse: Callable[[User], Client]
) -> None:
    searched = identified(world, open_case(world, rights=["access"]))
    identified(world, open_case(world, rights=["erasure"]))  # nothing has been searched for it yet
    row = searched.collections.get(system__key="fakturering")
    assert {key: standing(key).held for key in ("arkiv", "fakturering")} == {"arkiv": 2, "fakturering": 2}
    text = browse(world.karin).get(reverse("admin:system_health")).content.decode()
    assert "Gallringsspärr: 2 öppna ärenden" in text and "DSR-" not in text
    gathering.leave_out(actor=Actor.staff(world.karin), case=searched, row=row, reason="Aldrig kund där")
    assert standing("fakturering").held == 1
    page = browse(world.karin).get(reverse("admin:system_health_one", args=["arkiv"])).content.decode()
    assert "inget får gallras här som rutin, för 2 öppna ärenden" in page
    case_page = browse(world.karin).get(f"/admin/requests_app/case/{searched.ref}/").content.decode()
    assert "Gallringsspärr gäller i de här systemen" in case_page
    for case in Case.objects.all():
        cases.withdraw(actor=Actor.staff(world.karin), case=case)
    assert standing("arkiv").held == 0
    assert "Gallringsspärr" not in browse(world.karin).get(reverse("admin:system_health")).content.decode()
