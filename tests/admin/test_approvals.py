"""The second pair of eyes answers what it has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from requests_app.services import decisions
from requests_app.services.audit import Actor
from tests.world import World, identified, open_case

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client

    from requests_app.models import User


def test_it_does_not_answer_a_decision_that_took_the_place_of_the_one_shown(
    world: World, browse: Callable[[User], Client]
) -> None:
    lena = browse(world.lena)
    case = identified(world, open_case(world, rights=["erasure"]))
    one = f"/admin/godkannanden/{case.ref}/erasure/"

    def decide(system: str) -> None:
        decisions.decide(
            actor=Actor.staff(world.karin),
            case=case,
            right="erasure",
            outcome="granted",
            systems=[world.systems[system]],
        )

    decide("arkiv")
    shown = lena.get(one).context["form"]["shown"].value()
    decide("fakturering")
    stale = lena.post(one, {"verdict": "approve", "shown": shown})
    assert stale.status_code == 200 and "Fakturering" in stale.content.decode()
    case.refresh_from_db()
    assert case.state == "deciding"
    now = stale.context["form"]["shown"].value()
    assert now != shown
    assert lena.post(one, {"verdict": "approve", "shown": now}).status_code == 302
    case.refresh_from_db()
    assert case.state == "dispatching"
