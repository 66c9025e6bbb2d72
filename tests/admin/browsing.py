"""What the tests that drive a browser share: logging in, pressing a button, what counts as an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.world import PASSWORD

if TYPE_CHECKING:
    from playwright.sync_api import ConsoleMessage, Locator, Page


def is_error(message: ConsoleMessage) -> bool:
    """Whether the console tells of an error; a form that asks back is answered with 422, which is none."""
    return message.type == "error" and "status of 422" not in message.text


def log_in(page: Page, site: str, name: str, errors: list[str] | None = None) -> list[str]:
    """Log in; gives the list (``errors``, else a new one) that errors of the page's console are put into."""
    found: list[str] = [] if errors is None else errors
    page.on("console", lambda message: found.append(message.text) if is_error(message) else None)
    page.on("pageerror", lambda error: found.append(error.stack or str(error)))
    page.goto(f"{site}/admin/login/")
    page.fill("[name=username]", f"{name}@example.se")
    page.fill("[name=password]", PASSWORD)
    press(page, page.locator("[type=submit]"))
    page.wait_for_url(f"{site}/admin/**")
    return found


def press(page: Page, button: Locator) -> None:
    """Press a button that leads to a page; what the page finds wrong fails the test in its own words."""
    with page.expect_navigation(wait_until="domcontentloaded") as answer:
        button.click()
    status = answer.value.status if answer.value else 200
    assert status < 400, (status, page.locator(".dsr-error, [role=alert]").all_inner_texts())
