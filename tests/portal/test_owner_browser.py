"""The pages of a system's owner in a real browser: narrow, without JavaScript, by keyboard, and looked over by axe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from requests_app.services.audit import Actor
from requests_app.services.owners import asking, links, messages
from tests.services.owners.owner_world import CSV, owned, row_of, waiting_case
from tests.support.axe import violations
from tests.world import World, make_world

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from requests_app.models import Case
    from tests.support.databases import Database

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for what a browser shows."""
    return "sqlite"


@pytest.fixture
def world(committed_db: Database) -> World:
    made = make_world()
    owned(made, owner_code=True, needs_personnummer=True)
    return made


@pytest.fixture
def case(world: World) -> Case:
    made = waiting_case(world)
    asking.ask_waiting()
    return made


@pytest.fixture
def site(case: Case) -> Iterator[str]:
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


def look_over(page: Page) -> None:
    """Nothing for axe to find, nothing that runs out of the window, and no more than 100 kB."""
    assert violations(page, "best-practice") == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), page.url
    assert len(page.content()) < 100_000


def test_every_page_of_a_task_is_clean_on_a_narrow_screen(page: Page, site: str, case: Case, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    link = links.living(row_of(case))
    assert link is not None
    opening = f"{site}/uppgift/oppna/{links.token_of(link)}/"
    page.goto(opening)
    look_over(page)
    page.fill("#id_code", "x")
    page.click("main .button")
    expect(page.locator(".problems")).to_be_focused()
    look_over(page)
    page.fill("#id_code", links.code_of(link))
    page.click("main .button")
    task = page.url
    look_over(page)
    page.click("text=Visa personnumret")
    expect(page.locator(".who")).to_contain_text("19900118-9811")

    export, wrong = tmp_path / "export.csv", tmp_path / "bild.png"
    export.write_bytes(CSV)
    wrong.write_bytes(b"not a picture")
    page.set_input_files("#id_file", [export, wrong])
    page.click("text=Lägg till filerna")
    expect(page.locator(".problems")).to_be_focused()
    look_over(page)
    messages.reply(actor=Actor.staff(case.handler), case=case, row=row_of(case), text="Vi svarar.")
    for name in ("skriv", "granska", "inget", "inte-vart", "fraga"):
        page.goto(f"{task}{name}/")
        look_over(page)
    page.goto(f"{task}granska/")
    page.click("text=Skicka svaret")
    expect(page.locator("h1")).to_have_text("Tack")
    look_over(page)
    page.goto(task)
    look_over(page)
    page.goto(opening)
    look_over(page)


def test_an_answer_is_given_without_scripts_and_by_keyboard(browser: Browser, site: str, case: Case) -> None:
    context = browser.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    link = links.living(row_of(case))
    assert link is not None
    page.goto(f"{site}/uppgift/oppna/{links.token_of(link)}/")
    page.locator("#id_code").focus()
    page.keyboard.type(links.code_of(link))
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Type the data").focus()
    page.keyboard.press("Enter")
    page.locator("#id_label_1").focus()
    page.keyboard.type("Customer since")
    page.keyboard.press("Tab")
    page.keyboard.type("2019")
    page.get_by_role("button", name="Save", exact=True).press("Enter")
    page.get_by_role("link", name="Check and send").press("Enter")
    expect(page.locator("dd.own")).to_have_text("2019")
    page.get_by_role("button", name="Send the answer").press("Enter")
    expect(page.locator("h1")).to_have_text("Thank you")
    context.close()

    assert row_of(case).records == 1
