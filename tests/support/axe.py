"""What axe-core finds wrong with a page, asked for so that it costs little: violations alone, its script given once per page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.base import AXE_SCRIPT

if TYPE_CHECKING:
    from playwright.sync_api import Page

WCAG = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
"""Tags of the rules of WCAG 2.2, levels A and AA."""

_RUN = """async tags => {
    const moving = document.getAnimations().filter(one => one.effect.getComputedTiming().endTime < Infinity);
    await Promise.allSettled(moving.map(one => one.finished));
    const {violations} = await axe.run({runOnly: tags, resultTypes: ["violations"]});
    return violations.map(({id, nodes}) => `${id}: ` + nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | "));
}"""


def violations(page: Page, *more: str) -> list[str]:
    """The rules the page breaks once its colours have come to rest, each with the first places.

    ``more`` are further tags, such as ``best-practice``.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: Any = page.evaluate(_RUN, [*WCAG, *more])
    return list(found)
