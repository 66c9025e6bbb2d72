"""The portal in a real browser: keyboard only, without JavaScript, on a narrow screen, and looked over by axe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from requests_app.domain.rights import Way
from requests_app.models import Case, Delivery
from requests_app.services import files
from requests_app.services.keys import DOSSIER, Vault
from tests.portal.world import ANNA
from tests.support.axe import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.services.fakes import World
    from tests.support.databases import Database

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PDF: Any = {"name": "fullmakt.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 made up"}
TABS = 60
"""More presses of the tab key than any page has stops."""


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for what a browser shows."""
    return "sqlite"


@pytest.fixture
def site(committed_db: Database, world: World) -> Iterator[str]:
    """The portal, served from this process on a database of its own."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


def log_in(page: Page, site: str) -> None:
    """The demo login."""
    page.goto(f"{site}/logga-in/")
    page.fill("#id_person_name", ANNA[0])
    page.fill("#id_personnummer", ANNA[1])
    page.click("main .button")
    page.wait_for_url(f"{site}/")


def go_on(page: Page) -> None:
    """The one primary button of a page."""
    page.click("main .button")


def tab_to(page: Page, selector: str) -> None:
    """Go on with the tab key to an element, which must then show that it has the focus."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        shown = page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement);"
            " return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 }"
        )
        assert shown, page.evaluate("document.activeElement.outerHTML")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached with the tab key")


def enter(page: Page, url: str) -> None:
    """Press enter and wait for the page it leads to."""
    page.keyboard.press("Enter")
    page.wait_for_url(url)


def test_a_request_is_filed_with_the_keyboard_alone(page: Page, site: str) -> None:
    page.goto(site)
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    tab_to(page, "main .button")
    enter(page, "**/logga-in/")
    tab_to(page, "#id_person_name")
    page.keyboard.type(ANNA[0])
    tab_to(page, "#id_personnummer")
    page.keyboard.type(ANNA[1])
    enter(page, f"{site}/")
    tab_to(page, "main .button")
    enter(page, "**/ny/")
    tab_to(page, "#id_rights_0")
    page.keyboard.press("Space")
    tab_to(page, "#id_rights_2")
    page.keyboard.press("Space")
    enter(page, "**/vem/")
    tab_to(page, "main .button")
    enter(page, "**/uppgifter/")
    tab_to(page, "[name=erase_scope]")
    page.keyboard.press("Space")
    tab_to(page, "main .button")
    enter(page, "**/kontakt/")
    tab_to(page, "#id_email")
    page.keyboard.type("anna.lindqvist@example.se")
    enter(page, "**/kontrollera/")
    tab_to(page, "main .button")
    enter(page, "**/mottagen/")
    case = Case.objects.get()
    expect(page.locator("main")).to_contain_text(case.diary_no)
    assert {right.right for right in case.rights.all()} == {"access", "erasure"}


def test_an_error_gets_the_focus_and_leads_to_its_field(page: Page, site: str) -> None:
    log_in(page, site)
    page.goto(f"{site}/begaran/ny/")
    go_on(page)
    expect(page.locator(".problems")).to_be_focused()
    tab_to(page, ".problems a")
    page.keyboard.press("Enter")
    expect(page.locator("#id_rights_0")).to_be_focused()


def test_a_request_is_filed_and_taken_back_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    log_in(page, site)
    go_on(page)
    page.click(".more > summary")
    for number in range(7):
        page.check(f"#id_rights_{number}")
    go_on(page)
    page.check("#id_whom_1")
    go_on(page)
    page.check("#id_capacity_2")
    page.fill("#id_person_name", "Märta Åkesson")
    page.set_input_files("#id_files", files=[PDF])
    page.click("button[name=add]")
    page.press("#id_person_name", "Enter")  # goes on, and takes no file away
    page.wait_for_url("**/uppgifter/")
    fill_details(page)
    page.set_input_files("#id_files", files=[PDF, {**PDF, "name": "andra.pdf"}])
    page.click("button[name=add]")
    page.click(".chosen li >> nth=0 >> button")
    expect(page.locator(".chosen li")).to_have_count(1)
    go_on(page)
    go_on(page)
    page.go_back()
    page.go_forward()
    expect(page.locator("main")).to_contain_text("andra.pdf")
    go_on(page)
    page.wait_for_url("**/mottagen/")
    case = Case.objects.get()
    assert case.rights.count() == 7 and case.representation.proofs.exists()
    go_on(page)
    page.click("main a[href$='/skriv/']")
    page.fill("#id_text", "Här är mer")
    go_on(page)
    expect(page.locator(".message")).to_contain_text("Här är mer")
    page.click("main a[href$='/aterkalla/']")
    page.check("#id_what_0")
    go_on(page)
    page.wait_for_url(f"{site}/begaran/{case.ref}/")
    case.refresh_from_db()
    assert case.closed_as == "withdrawn"
    context.close()


def fill_details(page: Page) -> None:
    """What must be said about all seven rights."""
    for name in ("rectify_what", "rectify_right", "restrict_what"):
        page.fill(f"#id_{name}", "Mitt namn")
    for name in ("erase_scope", "restrict_why", "object_to"):
        page.check(f"#id_{name}_0")


def test_a_file_is_saved_under_its_name(page: Page, site: str, world: World) -> None:
    log_in(page, site)
    case = world.open(personnummer=ANNA[1])
    release(case, world)
    page.goto(f"{site}/begaran/{case.ref}/")
    with page.expect_download() as waiting:
        page.click(".files a")
    assert waiting.value.suggested_filename == f"{case.diary_no}.pdf"
    assert waiting.value.path().read_bytes() == b"%PDF-1.7 made up"


def release(case: Case, world: World) -> None:
    """A file that has left through the portal."""
    name = f"{case.diary_no}.pdf"
    file = files.store(case, Vault(case), purpose=DOSSIER, kind="extract", name=name, data=b"%PDF-1.7 made up", pages=3)
    Delivery.objects.create(
        case=case, file=file, way=Way.PORTAL.value, sha256=file.sha256, by=world.user, idem_key=file.ref
    )


def every_state(page: Page, site: str, world: World) -> Iterator[str]:
    """Every page of the portal, with and without errors, one after the other."""
    for path in ("/", "/tillganglighet/", "/personuppgifter/", "/begaran/finns-inte/", "/finns-inte/", "/logga-in/"):
        page.goto(site + path)
        yield path
    go_on(page)
    yield "login with errors"
    log_in(page, site)
    yield "no requests"
    go_on(page)
    yield "what"
    go_on(page)
    yield "what with errors"
    page.click(".more > summary")
    yield "what with more rights"
    for number in range(7):
        page.check(f"#id_rights_{number}")
    go_on(page)
    yield "whom"
    page.check("#id_whom_1")
    go_on(page)
    yield "person"
    page.fill("#id_person_number", "1")
    go_on(page)
    yield "person with errors"
    page.check("#id_capacity_0")
    page.fill("#id_person_name", "Märta Åkesson")
    page.fill("#id_person_number", "")
    page.set_input_files("#id_files", files=[PDF])
    go_on(page)
    yield "details"
    page.fill("#id_access_about", "å" * 20_001)
    page.set_input_files("#id_files", files=[PDF, {**PDF, "name": "a.exe"}])
    go_on(page)
    for summary in page.locator("summary").all():
        summary.click()
    yield "details with errors and a file"
    page.fill("#id_access_about", "Donaudampfschifffahrtsgesellschaft" * 9)
    fill_details(page)
    go_on(page)
    yield "contact"
    page.fill("#id_name", "")
    page.fill("#id_email", "anna")
    go_on(page)
    yield "contact with errors"
    page.fill("#id_name", ANNA[0])
    page.fill("#id_email", "anna.lindqvist@example.se")
    go_on(page)
    yield "check"
    page.context.clear_cookies(name="csrftoken")
    go_on(page)
    yield "form from elsewhere"
    page.goto(f"{site}/")
    yield "a draft"
    page.goto(f"{site}/begaran/ny/kontrollera/")
    go_on(page)
    yield "receipt"
    case = Case.objects.get()
    release(case, world)
    go_on(page)
    for summary in page.locator("summary").all():
        summary.click()
    yield "case"
    page.click("main a[href$='/skriv/']")
    yield "write"
    go_on(page)
    yield "write with errors"
    page.fill("#id_text", "Donaudampfschifffahrtsgesellschaft" * 9)
    page.set_input_files("#id_files", files=[PDF])
    go_on(page)
    yield "case with a message"
    page.click("main a[href$='/aterkalla/']")
    yield "withdraw"
    go_on(page)
    yield "withdraw with errors"
    page.check("#id_what_0")
    go_on(page)
    yield "taken back"
    page.goto(f"{site}/reklam/")
    yield "advertising"
    page.goto(f"{site}/")
    yield "requests"
    page.click(".tools .plain >> nth=0")
    yield "logged out"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_every_page_is_clean_for_axe_and_fits_its_screen(
    browser: Browser, browser_context_args: dict[str, Any], site: str, world: World, width: int, scheme: str
) -> None:
    context = browser.new_context(
        **{**browser_context_args, "viewport": {"width": width, "height": 700}, "color_scheme": scheme}
    )
    page = context.new_page()
    seen = []
    for state in every_state(page, site, world):
        assert violations(page, "best-practice") == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        small = page.evaluate(
            "() => [...document.querySelectorAll('main button:not(.hidden), main .button, input:not([type=hidden]), textarea')]"
            ".filter(e => e.getBoundingClientRect().height < 24).map(e => e.outerHTML)"
        )
        assert small == [], state
        assert len(page.content()) < 100_000, state
        seen.append(state)
    assert len(seen) == 32
    context.close()
