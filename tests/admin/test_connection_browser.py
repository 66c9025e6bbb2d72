"""A system that nobody here has heard of, connected in a real browser: told what is wrong at its line, tried, saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from requests_app.models import SystemVersion
from tests.admin.browsing import log_in, press
from tests.connectors.rest.conftest import System as Answering, describe, system
from tests.connectors.test_trying import ANNA, FIND, by_address
from tests.support.axe import violations

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
__all__ = ["system"]
SECRET = "hemlig-nyckel-5521"


def test_an_administrator_connects_a_system(page: Page, site: str, people: World, system: Answering) -> None:
    bo = {"id": 8, "email": "bo@example.se", "name": "Bo Ek"}
    system.answers["/v1/people"] = lambda request: {
        **by_address(ANNA)(request),
        "latest": [bo],
        "next": "/v1/people?page=2",
    }
    system.answers["/v1/people/7/items"] = {"items": [{"id": 1, "what": "en bil"}, {"id": 2, "what": "en båt"}]}
    errors = log_in(page, site, "ada")
    page.goto(site + reverse("admin:requests_app_system_connection", args=[people.systems["arkiv"].pk]))
    page.select_option("#choose-connector", "rest")
    press(page, page.locator("#choose-connector + button"))
    text = describe(FIND, auth='auth: {bearer: {token: "{key}"}}')
    wrong = text.replace("keep: {person_id: id}", 'keep: {person_id: "id["}')
    page.fill("[name=setting_description]", wrong)
    page.locator("[name=do][value=save]:not([tabindex])").click()

    flaw = page.locator(".dsr-flaw button")
    line = wrong.splitlines().index(next(one for one in wrong.splitlines() if "id[" in one)) + 1
    assert page.locator(".dsr-editor b").inner_text().strip() == str(line)
    flaw.click()
    marked = page.evaluate("(a => a.value.slice(a.selectionStart, a.selectionEnd))(document.activeElement)")
    assert "id[" in marked

    page.fill("[name=setting_description]", text)
    page.fill("[name=setting_base_url]", "https://system.example/v1")
    page.fill("[name=setting_key]", SECRET)
    page.fill("[name=person-email]", "anna@example.se")
    page.fill("[name=person-name]", "Anna Lindqvist")
    page.check("[name=person-known]")
    press(page, page.locator("[name=do][value=try]:not([tabindex])"))
    told = page.locator("main, body").last.inner_text()
    assert "en bil" in told
    assert "/v1/people" in page.locator(".dsr-warning-grave").first.inner_text()
    assert "Bo Ek" not in told
    assert SECRET not in told
    for summary in page.locator(".dsr-tried summary").all()[1:]:
        summary.click()
    assert "en båt" in page.locator(".dsr-exchange-sides").nth(1).inner_text()
    for width, scheme in ((1280, "light"), (768, "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", scheme == "dark")
        assert violations(page) == []
        assert not page.evaluate("document.documentElement.scrollWidth > window.innerWidth")

    before = SystemVersion.objects.count()
    press(page, page.locator("[name=do][value=save]:not([tabindex])"))
    assert SystemVersion.objects.count() == before + 1
    assert errors == []
