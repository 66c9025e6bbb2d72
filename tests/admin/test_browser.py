"""The coordinator's pages in a real browser: a case worked by hand to its end, no error in the console, looked over by axe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.admin.browsing import log_in
from tests.admin.pages import NO_PAGES, WALKERS, addresses, states
from tests.permissions.actors import make_people
from tests.permissions.objects import make_objects
from tests.permissions.table import ENTRIES
from tests.services.rights_world import quick_documents
from tests.support.axe import violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.support.databases import Database

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents made as text: here the pages are looked at."""
    quick_documents(monkeypatch)


def walk(page: Page, site: str, problems: list[str]) -> Iterator[str]:
    """Every page, one after the other, with whoever sees it; what the console says is a problem."""
    objects = make_objects(make_people())
    stops = [*addresses(objects), *states(objects)]
    page.goto(f"{site}/admin/login/")
    yield "nobody /admin/login/"
    for _column, who in WALKERS:
        page.context.clear_cookies()
        errors = log_in(page, site, who)
        for name, path in stops:
            if name != who:
                continue
            errors.clear()
            answer = page.goto(f"{site}{path}")
            assert answer is not None
            assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8"), path
            yield f"{who} {path}"
            problems += [f"{who} {path}: {error}" for error in errors]
    page.context.clear_cookies()
    log_in(page, site, "sven")
    page.check("[name=rights][value=access]")
    page.fill("[name=name]", "Anna Andersson")
    page.locator("form.dsr-register > .dsr-button-main").click()
    page.wait_for_url("**/klart/")
    yield "sven register_receipt"


def looked_over(page: Page, state: str) -> list[str]:
    """What is wrong with the page as it stands: what axe finds, and that it does not fit."""
    return [*(f"{state}: {found}" for found in violations(page)), *too_wide(page, state)]


def too_wide(page: Page, state: str) -> list[str]:
    """That the page does not fit, if so."""
    wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return [f"{state}: wider than the screen"] if wide else []


def test_every_page_of_ours_is_clean_for_axe_and_fits_its_screen(
    browser: Browser, browser_context_args: dict[str, Any], committed_db: Database, site_alone: str, quick: None
) -> None:
    context = browser.new_context(**browser_context_args)
    page, problems, seen = context.new_page(), [], 0
    for state in walk(page, site_alone, problems):
        for width, scheme in ((1280, "light"), (768, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            # the theme asks for the colours that are wanted only when a page opens; this is what it then does
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
            problems += looked_over(page, f"{state} {width}")
        if state.endswith((" /admin/", " /admin/registrera/", " /admin/reklam/")):  # enlarged four times (WCAG 1.4.10)
            page.set_viewport_size({"width": 320, "height": 700})
            problems += too_wide(page, f"{state} 320")
        seen += 1
    context.close()
    assert not problems, "\n".join(problems)
    assert seen > 100


def test_no_page_is_left_out_without_a_reason() -> None:
    pages = [entry for entry in ENTRIES if entry.door == "admin" and entry.method == "get"]
    assert set(NO_PAGES) <= {name for entry in pages for name in entry.names}
    columns = {column for column, _who in WALKERS}
    assert [entry.names for entry in pages if entry.may and not entry.may & columns] == []
