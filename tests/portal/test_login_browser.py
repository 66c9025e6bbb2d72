"""The pages of the login in a real browser, without JavaScript and on a narrow screen, looked over by axe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from requests_app.models import OutgoingMail
from requests_app.portal.entrance import FAILED
from requests_app.services import mail
from tests.portal.eid_world import settings_of
from tests.support.axe import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.services.fakes import World
    from tests.support.databases import Database

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for what a browser shows."""
    return "sqlite"


@pytest.fixture
def site(committed_db: Database, world: World, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The portal with two providers, served from this process."""
    settings.DEMO = False
    settings.EID_PROVIDERS = settings_of(monkeypatch, "http://127.0.0.1:9", "signicat", "freja")
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


def every_state(page: Page, site: str) -> Iterator[str]:
    """Every page on the way in, with and without errors."""
    page.goto(f"{site}/logga-in/")
    yield "login"
    for reason in (*FAILED, "inaktiv", "utloggad"):
        page.goto(f"{site}/logga-in/?orsak={reason}")
        yield reason
    page.click(".logins a >> nth=0")
    page.wait_for_url("**orsak=nere**")
    yield "a provider that is down"
    page.click("main .second")
    yield "link by e-mail"
    page.click("main .button")
    yield "link by e-mail with errors"
    page.fill("#id_email", "eva.berg@example.se")
    page.click("main .button")
    page.wait_for_url("**/skickat/")
    yield "sent"
    link = f"{site}/logga-in/lank/{mail.secret_of(OutgoingMail.objects.get())}/"
    page.goto(link)
    yield "link"
    page.click("main .button")
    expect(page.locator("main")).to_contain_text("eva.berg@example.se")
    yield "logged in"
    page.goto(link)
    yield "link used up"


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_every_page_of_the_login_is_clean_for_axe_and_fits_its_screen(
    browser: Browser, browser_context_args: dict[str, Any], site: str, width: int, scheme: str
) -> None:
    context = browser.new_context(
        **{**browser_context_args, "viewport": {"width": width, "height": 700}, "color_scheme": scheme}
    )
    page, seen = context.new_page(), []
    for state in every_state(page, site):
        assert violations(page, "best-practice") == [], state
        assert page.evaluate("document.documentElement.scrollWidth") <= width, state
        seen.append(state)
    assert len(seen) == 15
    context.close()


def test_one_logs_in_by_link_without_javascript(browser: Browser, site: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()
    states = list(every_state(page, site))
    assert states[-1] == "link used up"
    context.close()
