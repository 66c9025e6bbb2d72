"""Reading and masking in a real browser: marked text, keys, no error in the console, looked over by axe, on a desk and on a tablet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from requests_app.domain.records import Kind
from requests_app.models import Mask
from requests_app.services import masking
from requests_app.services.keys import Vault
from tests.admin.browsing import log_in
from tests.services.test_masking import chat, reviewed
from tests.support.axe import violations
from tests.world import record

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from requests_app.models import Case
    from tests.world import World

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)
TEXT = "🙂 Hej! Min granne Karl Karlsson, karl@example.net, vill också veta.\nHälsningar Anna"


def _case(world: World) -> Case:
    hours = [
        record("matvarden", Kind.TIME_SERIES, at=NOON + timedelta(hours=n), group="M1", value=n % 5, unit="kWh")
        for n in range(72)
    ]
    said = [
        chat("m1", TEXT, role="person", **{"from": "Anna"}),
        chat("m2", "Karl Karlsson får höra av sig själv.", role="staff", **{"from": "Stefan Ek"}),
    ]
    rows = [
        record("fakturor", Kind.TABLE, at=NOON + timedelta(days=n), nummer=f"F-{n}", belopp=100 + n) for n in range(6)
    ]
    facts = [record("kund", namn="Anna Andersson", kontakter=[{"namn": "Karl Karlsson", "telefon": "070-174 06 05"}])]
    return reviewed(world, [*facts, *said, *rows, *hours])


def _url(site: str, case: Case, category: str) -> str:
    return f"{site}/admin/requests_app/case/{case.ref}/uppgifter/fakturering/{category}/"


def _mark(page: Page, sought: str) -> None:
    """Mark a stretch of a text as with the mouse."""
    page.evaluate(
        """(sought) => {
          for (const holder of document.querySelectorAll("[data-span]")) {
            const walker = document.createTreeWalker(holder, NodeFilter.SHOW_TEXT);
            while (walker.nextNode()) {
              const at = walker.currentNode.data.indexOf(sought);
              if (at < 0) continue;
              const range = document.createRange();
              range.setStart(walker.currentNode, at);
              range.setEnd(walker.currentNode, at + sought.length);
              getSelection().removeAllRanges();
              getSelection().addRange(range);
              return;
            }
          }
        }""",
        sought,
    )


def _places(case: Case) -> list[str]:
    vault = Vault(case)
    return [masking.place_of(vault, mask).text for mask in masking.masks_of(case, vault).rows.values()]


def test_marked_text_is_masked_and_undone_with_the_mouse_and_with_keys(page: Page, site: str, people: World) -> None:
    errors = log_in(page, site, "karin")
    case = _case(people)
    page.goto(_url(site, case, "chatt"))
    expect(page.locator("#mask-span")).to_be_hidden()
    _mark(page, "Min granne")
    expect(page.locator("#mask-span")).to_be_visible()
    page.fill("#id_note", "Grannen har inte bett om något")
    page.click("#mask-span")
    expect(page.locator("mark.dsr-hidden").first).to_have_text("Min granne")
    assert _places(case) == ["Min granne"]
    _mark(page, "Hälsningar")
    page.fill("#id_note", "Igen")
    page.locator("#records h2").first.click()
    _mark(page, "vill")
    page.keyboard.press("m")
    expect(page.locator("mark.dsr-hidden")).to_have_count(2)
    assert sorted(_places(case)) == ["Min granne", "vill"]
    page.goto(_url(site, case, "chatt"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("u")
    expect(page.locator("mark.dsr-hidden")).to_have_count(1)
    assert Mask.objects.filter(undone_at__isnull=True).count() == 1
    assert errors == []


def test_keys_wait_for_the_reason_and_can_be_switched_off(page: Page, site: str, people: World) -> None:
    errors = log_in(page, site, "karin")
    case = _case(people)
    page.goto(_url(site, case, "fakturor"))
    page.keyboard.press("j")
    page.keyboard.press("m")
    expect(page.locator("#id_note")).to_be_focused()
    assert not Mask.objects.exists()
    page.keyboard.type("jkmu?")
    expect(page.locator("#id_note")).to_have_value("jkmu?")
    page.locator("#content h1").click()
    page.keyboard.press("?")
    expect(page.locator("#review-keys")).to_be_visible()
    assert violations(page) == []
    page.uncheck("#review-keys-on")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(page.locator("[data-record]:focus")).to_have_count(0)
    page.reload()
    page.keyboard.press("?")
    expect(page.locator("#review-keys")).to_be_hidden()
    assert errors == []


def test_a_record_is_masked_by_its_key(page: Page, site: str, people: World) -> None:
    log_in(page, site, "karin")
    case = _case(people)
    page.goto(_url(site, case, "fakturor"))
    page.fill("#id_note", "Rör en annan kund")
    page.locator("[data-record]").nth(1).focus()
    page.keyboard.press("m")
    expect(page.locator("tr.dsr-withheld")).to_have_count(1)
    assert [mask.scope for mask in Mask.objects.all()] == ["record"]


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (768, "dark")])
@pytest.mark.parametrize("category", ["kund", "chatt", "fakturor", "matvarden"])
def test_the_page_can_be_read_by_everybody(
    page: Page,
    site: str,
    people: World,
    category: str,
    width: int,
    scheme: str,
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 900})
    errors = log_in(page, site, "karin")
    case = _case(people)
    page.goto(_url(site, case, category))
    page.fill("#id_note", "Rör någon annan")
    page.locator("input[name=record]").first.check()
    page.click("button[value=records]")
    page.wait_for_load_state()
    for fold in page.locator("details").all():
        fold.evaluate("fold => { fold.open = true; }")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert errors == []
