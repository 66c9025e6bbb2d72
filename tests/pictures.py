"""Make the pictures of the documentation anew: ``script/pictures``.

Starts a demo installation in a throw-away folder, lets made-up people file and the coordinator work, and photographs the main
pages in Chromium into ``docs/img``. Look at each before it is kept.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from requests_app.management.demo_journey import file_request, gather, log_in
from requests_app.management.doors import Visitor
from tests.support.processes import ROOT, Process, free_port
from tests.support.stack import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FOLDER = ROOT / "docs" / "img"
START_SECONDS = 180
CUSTOMERS = ("anna", "lots")
STAFF = {"karin": "karin.coordinator", "lena": "lena.legal", "ada": "ada.admin"}
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]


@dataclass(frozen=True)
class Picture:
    """One page as one person sees it."""

    name: str
    who: str
    path: str
    width: int = 1280
    height: int = 900
    dark: bool = False
    lang: str = "sv"


def pictures(reviewed: str, gathering: str, followed: str) -> list[Picture]:
    """The main pages; ``reviewed`` and ``gathering`` are references of cases, ``followed`` the address of a request."""
    desk = "/admin/requests_app/case/"
    return [
        Picture("start", "karin", "/admin/"),
        Picture("start-dark", "karin", "/admin/", width=768, dark=True),
        Picture("cases", "karin", desk),
        Picture("case", "karin", f"{desk}{reviewed}/"),
        Picture("case-en", "karin", f"{desk}{gathering}/", lang="en"),
        Picture("data", "karin", f"{desk}{reviewed}/uppgifter/chatt/conversations/"),
        Picture("register-request", "karin", "/admin/registrera/"),
        Picture("legal", "lena", "/admin/juridik/"),
        Picture("reports", "lena", "/admin/rapporter/"),
        Picture("letters", "ada", "/admin/brev/receipt/sv/"),
        Picture("checklists", "ada", "/admin/register/checklistor/access/"),
        Picture("portal", "anna", "/begaran/ny/", width=390, height=844),
        Picture("portal-follow", "anna", followed, width=390, height=844),
    ]


def main() -> None:
    """Make them all."""
    var = Path(tempfile.mkdtemp(prefix="pictures"))
    port = free_port()
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    environment = {**kept, "HEMDSR_VAR": str(var), "HEMDSR_DEMO": "1", "DJANGO_SETTINGS_MODULE": "hemdsr.settings"}
    command = [sys.executable, "manage.py", "up", "--port", str(port)]
    up = Process("up", command, env=environment, log=var.parent / f"{var.name}.log")
    try:
        up.wait_until(lambda: "Ctrl-C stops everything." in up.output, "runs", seconds=START_SECONDS)
        _photograph(f"http://127.0.0.1:{port}", (var / "demo" / "password").read_text("utf-8").strip())
    finally:
        up.stop(seconds=20)
        shutil.rmtree(var, ignore_errors=True)


def _photograph(site: str, password: str) -> None:
    karin = Visitor(site)
    log_in(karin, password)
    filed = {}
    for slug in CUSTOMERS:
        customer = Visitor(site)
        filed[slug] = file_request(customer, slug).removeprefix(site)
        customer.close()
    refs = {slug: address.rstrip("/").rsplit("/", 1)[-1] for slug, address in filed.items()}
    gather(karin, f"/admin/requests_app/case/{refs['anna']}/")
    karin.close()
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        for picture in pictures(refs["anna"], refs["lots"], filed["anna"]):
            _take(browser, site, picture, password)
        browser.close()


def _take(browser: Browser, site: str, picture: Picture, password: str) -> None:
    context = browser.new_context(
        viewport={"width": picture.width, "height": picture.height},
        color_scheme="dark" if picture.dark else "light",
        locale="en-GB" if picture.lang == "en" else "sv-SE",
        timezone_id="Europe/Stockholm",
    )
    page = context.new_page()
    if picture.who in STAFF:
        page.goto(f"{site}/admin/login/")
        page.fill("[name=username]", f"{STAFF[picture.who]}@hem.example")
        page.fill("[name=password]", password)
        page.click("[type=submit]")
        page.wait_for_url(f"{site}/admin/**")
    else:
        page.goto(f"{site}/logga-in/")
        page.click(f"button[name=person][value={picture.who}]")
    if picture.lang == "en":
        context.add_cookies([{"name": "django_language", "value": "en", "url": site}])
    answer = page.goto(f"{site}{picture.path}")
    if answer is None or not answer.ok:
        raise SystemExit(f"{picture.path} does not open")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=FOLDER / f"{picture.name}.png", full_page=picture.width < 500)
    context.close()


if __name__ == "__main__":
    main()
