"""Every right with every outcome, worked in a real browser by somebody who reads no documentation: one step after the other.

A request is typed in, and then only the highlighted next step is followed until the case is closed. A step that leads nowhere, that
asks for something the page does not offer, or that is asked for again once it is done, fails the test with its name.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import override_settings
from pytest_django.live_server_helper import LiveServer

from requests_app.documents import pdf
from requests_app.domain.rights import Outcome, Right, outcomes_of
from requests_app.models import Case
from tests import settings as test_settings
from tests.admin.browsing import log_in, press
from tests.admin.coordinator import Coordinator
from tests.services import rights_world as at
from tests.support.databases import default_database
from tests.support.stack import storages_in
from tests.world import make_world

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GRANTED, PARTLY, REFUSED = Outcome.GRANTED, Outcome.PARTLY_GRANTED, Outcome.REFUSED
NOTHING = Outcome.NOTHING_FOUND
NOT_OURS = (Outcome.OTHER_CONTROLLER, Outcome.DECEASED, Outcome.NOT_NATURAL_PERSON)
"""Outcomes that say the same of every right, so that one case asks for all of them."""
REAL_DOCUMENTS = {name: getattr(pdf, name) for name in ("render_letter", "render_extract")}
GATHERED_DATA = b"fakturanummer,meddelande\nF-1,Avser Storgatan 1\nF-2,Betald av Karl Karlsson\n"
GROUNDS = {
    (Right.ACCESS, PARTLY): "15_4",
    (Right.ACCESS, REFUSED): "12_5_excessive",
    (Right.PORTABILITY, PARTLY): "20_4",
    (Right.PORTABILITY, REFUSED): "20_1",
    (Right.RECTIFICATION, PARTLY): "16",
    (Right.RECTIFICATION, REFUSED): "16",
    (Right.ERASURE, PARTLY): "17_3_b",
    (Right.ERASURE, REFUSED): "17_3_b",
    (Right.RESTRICTION, PARTLY): "18_1",
    (Right.RESTRICTION, REFUSED): "18_1",
    (Right.OBJECTION, PARTLY): "21_1",
    (Right.OBJECTION, REFUSED): "12_5_unfounded",
}
APPROVED = {
    (Right.ACCESS, PARTLY),
    (Right.ACCESS, REFUSED),
    (Right.PORTABILITY, PARTLY),
    (Right.ERASURE, GRANTED),
    (Right.ERASURE, PARTLY),
    (Right.ERASURE, REFUSED),
    (Right.OBJECTION, REFUSED),
}
"""What a second person must approve."""
ANSWER = {Right.ACCESS: {"extract", "package", "answer"}, Right.PORTABILITY: {"portability", "package"}}
"""The files that answer a right with what was found; of the other rights a letter of the right's own name."""
VERBS = {
    Right.RECTIFICATION: "rectify",
    Right.ERASURE: "erase",
    Right.RESTRICTION: "restrict",
    Right.OBJECTION: "object",
    Right.CONSENT_WITHDRAWAL: "stop_marketing",
}
WAYS: dict[str, dict[str, Any]] = {
    "post": {"way": "post", "post_address": "Storgatan 1\n302 43 Halmstad", "post_basis": "held"},
    "visit": {"way": "visit", "id_checked": "Körkort"},
    "email": {
        "way": "email",
        "email": "anna@example.se",
        "secret_way": "phone",
        "secret_basis": "held",
    },
}
REQUEST: dict[str, Any] = {
    "channel": "phone",
    "name": "Anna Andersson",
    "address": "Storgatan 1\n302 43 Halmstad",
    "details_rectification": "Adressen ska vara Storgatan 1.",
    "details_objection": "Jag vill inte att min förbrukning analyseras.",
    "details_restriction": "Uppgiften om min adress är fel.",
    "method": "call_back",
    "reasons": "Därför att det är så i det här fallet.",
    "said": "Jag behöver det inte längre.",
    "tried": "Vi har ringt tre gånger.",
    "needed": "Ett besök med legitimation.",
}


@pytest.fixture(scope="module")
def installation(templates: Any, django_db_blocker: Any) -> Iterator[str]:
    """One installation for all cases, with its documents made as text. Gives the address of the site."""
    folder = Path(tempfile.mkdtemp(prefix="v", dir=test_settings.TEST_FOLDER))
    own = override_settings(VAR=folder, STORAGES=storages_in(folder, settings.STORAGES))
    with (
        django_db_blocker.unblock(),
        own,
        pytest.MonkeyPatch.context() as patch,
        default_database(templates.of("sqlite").copy("sqlite", folder)),
    ):
        make_world()
        at.only_marketing("arkiv")
        at.quick_documents(patch)
        server = LiveServer("127.0.0.1")
        yield server.url
        server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def console() -> list[str]:
    """Errors of the console."""
    return []


@pytest.fixture(scope="module")
def desks(
    browser: Browser, browser_context_args: dict[str, Any], installation: str, console: list[str]
) -> Iterator[tuple[Page, Page]]:
    """The coordinator's browser and legal's."""
    contexts = [
        browser.new_context(**{**browser_context_args, "viewport": {"width": 1280, "height": 900}}) for _ in "ab"
    ]
    karin, lena = (context.new_page() for context in contexts)
    log_in(karin, installation, "karin", console)
    log_in(lena, installation, "lena", console)
    yield karin, lena
    for context in contexts:
        context.close()


@pytest.fixture
def coordinator(desks: tuple[Page, Page], installation: str, console: list[str]) -> Iterator[Coordinator]:
    """Somebody at the desk. Whatever is done, no console says anything about an error."""
    console.clear()
    yield Coordinator(desks[0], desks[1], installation, {**REQUEST, **WAYS["post"]})
    assert console == []


def case_at(url: str) -> Case:
    return Case.objects.get(ref=url.rstrip("/").rpartition("/")[2])


def every_outcome() -> Iterator[tuple[Right, Outcome]]:
    """Each right with what a decision on it can give, but for what is decided of all rights alike."""
    for right in Right:
        yield from ((right, outcome) for outcome in outcomes_of(right) if outcome not in NOT_OURS)


def letters_of(right: Right, outcome: Outcome) -> set[str]:
    """The files that leave."""
    if outcome not in {GRANTED, PARTLY, NOTHING}:
        return {"refusal"}
    found = ANSWER.get(right, {right.value})
    if (right, outcome) == (Right.PORTABILITY, NOTHING):
        found = found - {"package"}  # there is nothing to move
    return found | ({"refusal"} if outcome is PARTLY else set())


def plan(coordinator: Coordinator, right: Right, outcome: Outcome) -> None:
    """What the coordinator knows of this case."""
    asked = at.NOTES.get(VERBS.get(right, ""), {})
    coordinator.answers |= {"outcome": outcome.value, "result": "partly" if outcome is PARTLY else "done", **asked}
    if (right, outcome) in GROUNDS:
        coordinator.answers["ground"] = GROUNDS[right, outcome]
    if right in ANSWER and outcome is not NOTHING:
        coordinator.files["fakturering"] = GATHERED_DATA
        coordinator.mask = "Karl Karlsson" if outcome is PARTLY else ""
    if outcome in {REFUSED, NOTHING}:
        coordinator.answers |= WAYS["visit"]


@pytest.mark.parametrize(("right", "outcome"), list(every_outcome()))
def test_a_case_is_closed_by_following_the_next_step(coordinator: Coordinator, right: Right, outcome: Outcome) -> None:
    plan(coordinator, right, outcome)
    url = coordinator.register(right.value)
    coordinator.finish(url)
    case = case_at(url)
    assert (case.state, case.closed_as) == ("closed", outcome.value)
    assert at.kinds_sent(case) == letters_of(right, outcome)
    assert ("approval" in coordinator.steps) == ((right, outcome) in APPROVED)
    assert not case.actions.filter(state="asked").exists()


@pytest.mark.parametrize("outcome", NOT_OURS)
def test_every_right_of_a_case_is_answered_in_turn(coordinator: Coordinator, outcome: Outcome) -> None:
    plan(coordinator, Right.ACCESS, outcome)
    asked = [right.value for right in Right if outcome in outcomes_of(right)]
    coordinator.answers |= {**at.NOTES["stop_marketing"], **WAYS["visit"]}
    url = coordinator.register(*asked)
    coordinator.finish(url)
    case = case_at(url)
    assert (case.state, case.closed_as) == ("closed", outcome.value)
    assert at.kinds_sent(case) == {"refusal"}
    assert (
        case.deliveries.count()
        == len(asked)
        == coordinator.steps.count("dispatch")
        == coordinator.steps.count("decide")
    )


@pytest.mark.parametrize("outcome", outcomes_of(Right.OBJECTION, marketing=True))
def test_an_objection_to_advertising_is_carried_out_at_once(coordinator: Coordinator, outcome: Outcome) -> None:
    plan(coordinator, Right.OBJECTION, outcome)
    coordinator.answers |= {"against_marketing": True, **at.NOTES["stop_marketing"], "result": "done"}
    url = coordinator.register("objection")
    coordinator.finish(url)
    case = case_at(url)
    assert (case.state, case.closed_as) == ("closed", outcome.value)
    assert coordinator.steps[0] == "report"
    assert at.kinds_sent(case) == letters_of(Right.OBJECTION, outcome)


def test_an_answer_is_mailed_once_a_second_person_has_confirmed_the_address(
    coordinator: Coordinator, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, real in REAL_DOCUMENTS.items():
        monkeypatch.setattr(pdf, name, real)
    plan(coordinator, Right.ACCESS, GRANTED)
    coordinator.answers |= WAYS["email"]
    url = coordinator.register("access")
    coordinator.finish(url)
    assert coordinator.steps[-4:] == ["dispatch", "contact_asked", "dispatch", "give_password"]
    case = case_at(url)
    assert case.closed_as == "granted"
    assert at.kinds_sent(case) == {*letters_of(Right.ACCESS, GRANTED), "encrypted"}


@pytest.mark.parametrize(
    ("fold", "button", "closed_as"),
    [
        ("Personen tar tillbaka sin begäran", "Ta tillbaka och avsluta", "withdrawn"),
        ("Avsluta utan identitet", "Avsluta ärendet", "not_identified"),
    ],
)
def test_a_case_that_ends_without_a_decision_ends_with_a_letter(
    coordinator: Coordinator, fold: str, button: str, closed_as: str
) -> None:
    url = coordinator.register("access")
    coordinator.end_by(fold, button)
    coordinator.finish(url)
    case = case_at(url)
    assert (case.state, case.closed_as) == ("closed", closed_as)
    assert coordinator.steps == [f"send_{closed_as}"]
    assert at.kinds_sent(case) == {closed_as}


def test_the_same_request_twice_is_answered_once(coordinator: Coordinator) -> None:
    coordinator.answers["personnummer"] = "19900118-9811"
    plan(coordinator, Right.ACCESS, GRANTED)
    first, second = coordinator.register("access"), coordinator.register("access")
    coordinator.page.get_by_role("link", name="Lägg ihop dem").click()
    join = coordinator.page.locator("#join form")
    press(coordinator.page, join.get_by_role("button", name="Lägg ihop"))
    coordinator.finish(second)
    coordinator.finish(first)
    at.render_all()
    assert [case_at(url).closed_as for url in (first, second)] == ["granted", "joined"]
