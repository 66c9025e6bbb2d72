"""The coordinator's pages in a real browser: a case worked by hand to its end, no error in the console, looked over by axe."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from requests_app.domain.deadlines import STOCKHOLM
from requests_app.domain.records import Kind
from requests_app.models import Case, Event, Render
from requests_app.services import rendering
from requests_app.services.reports import PLANS
from tests.world import PASSWORD, World, gathered as with_data, make_world, open_case, put_records, record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.support.databases import Database

pytestmark = [pytest.mark.browser, pytest.mark.slow]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for what a browser shows."""
    return "sqlite"


@pytest.fixture
def people(committed_db: Database, var: Path) -> World:
    """Staff in every role, systems that people look in."""
    return make_world()


@pytest.fixture
def site(people: World) -> Iterator[str]:
    """The admin, served from this process on a database of its own."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


def log_in(page: Page, site: str, name: str) -> list[str]:
    """Log in; gives the list that errors of the console are gathered in."""
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/admin/login/")
    page.fill("[name=username]", f"{name}@example.se")
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url(f"{site}/admin/**")
    return errors


def render_all() -> None:
    """What the documents worker would do."""
    while rows := list(Render.objects.filter(state="pending", superseded=False)):
        for row in rows:
            rendering.run(row.pk)
            row.refresh_from_db()
            assert row.state == "done", (row.kind, row.fault)


def test_a_case_is_worked_to_its_end(page: Page, site: str, people: World) -> None:
    errors = log_in(page, site, "karin")
    case = with_data(people, open_case(people, login="anna", personnummer="189004299807", email=""))
    page.goto(f"{site}/admin/")
    page.get_by_role("link", name="Granska").first.click()
    page.get_by_role("button", name="Granskningen är klar").click()
    decision = page.locator("#right-access")
    decision.locator("[name=outcome]").select_option("granted")
    decision.get_by_role("button", name="Spara beslutet").click()
    expect(page.locator("body")).to_contain_text("Beslutet är sparat")
    render_all()
    page.goto(f"{site}/admin/requests_app/case/{case.ref}/")
    answer = page.locator("#answer-access")
    answer.locator("[name=way]").first.select_option("post")
    answer.get_by_role("button", name="Skicka svaret").click()
    expect(page.locator("body")).to_contain_text("ärendet är avslutat")
    case.refresh_from_db()
    assert (case.state, case.closed_as) == ("closed", "granted")
    assert Event.objects.filter(kind="delivery.dispatched", case_ref=case.ref).count() == 3
    assert errors == []


def every_page(page: Page, site: str, people: World) -> Iterator[str]:
    """The pages of each role, in the states that look different."""
    now = timezone.now().astimezone(STOCKHOLM)
    waiting = open_case(people, rights=("access", "erasure"), received_on=now.date() - timedelta(days=45))
    gathering = open_case(people, login="bo", personnummer="189008179807")
    reviewed = open_case(people, login="cia", personnummer="189011029817", email="")
    chat = [record("samtal", Kind.CONVERSATION, now, "V1", **{"from": "Cia", "text": "<b>Hej</b> " + "x" * 300})]
    meter = [
        record("el", Kind.TIME_SERIES, now - timedelta(hours=n), "M1", value=n / 10, unit="kWh") for n in range(48)
    ]
    table = [record("brev", Kind.TABLE, now, nummer=f"B-{n}", text="Text") for n in range(3)]
    put_records(reviewed, "fakturering", [*chat, *meter, *table, record("kund", namn="Cia Ström")])
    put_records(reviewed, "arkiv", [])
    errors = log_in(page, site, "karin")
    desk = "/admin/requests_app/case/"
    paths = ["/admin/", desk, "/admin/registrera/", *(f"{desk}{case.ref}/" for case in (waiting, gathering, reviewed))]
    paths += [
        f"{desk}{reviewed.ref}/uppgifter/fakturering/{category}/" for category in ("samtal", "el", "brev", "kund")
    ]
    for path in paths:
        assert page.goto(f"{site}{path}").status == 200, path  # type: ignore[union-attr]
        yield f"karin {path}"
    for name, own in (
        (
            "lena",
            [
                "/admin/",
                "/admin/forsenade/",
                "/admin/rapporter/",
                *(f"/admin/rapporter/{key}/" for key in PLANS if key != "overview"),
                "/admin/rapporter/overview/arenden/?figure=on_time",
                "/admin/godkannanden/",
                "/admin/register/att-bekrafta/",
                "/admin/register/luckor/",
            ],
        ),
        ("ada", ["/admin/", "/admin/requests_app/system/"]),
        ("sven", ["/admin/registrera/"]),
    ):
        page.context.clear_cookies()
        errors += log_in(page, site, name)
        for path in own:
            assert page.goto(f"{site}{path}").status == 200, path  # type: ignore[union-attr]
            yield f"{name} {path}"
    assert errors == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (768, "dark")])
def test_every_page_of_ours_is_clean_for_axe_and_fits_its_screen(
    browser: Browser, browser_context_args: dict[str, Any], site: str, people: World, width: int, scheme: str
) -> None:
    context = browser.new_context(
        **{**browser_context_args, "viewport": {"width": width, "height": 900}, "color_scheme": scheme}
    )
    page, axe, problems, seen = context.new_page(), Axe(), [], 0
    for state in every_page(page, site, people):
        found = axe.run(page, options=RULES)
        problems += [
            f"{state}: {item['id']} {[node['html'][:160] for node in item['nodes'][:3]]}"
            for item in found.response["violations"]
        ]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            problems.append(f"{state}: wider than the screen")
        seen += 1
    assert problems == []
    assert seen == 26
    assert Case.objects.count() == 3
    context.close()
