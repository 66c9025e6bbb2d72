"""The main job from end to end through the product's own doors: the portal's pages as a customer, the admin's as the coordinator.

Nothing here knows a service or a model: it reads pages and sends forms, as the two people would.
"""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from typing import TYPE_CHECKING, Any

import pikepdf

from requests_app.management.doors import Form, Visitor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from requests_app.management.doors import Page

CUSTOMER = "anna"
COORDINATOR = "karin.coordinator@hem.example"
PATIENCE = 120.0
"""Seconds to wait for the workers at each step."""
LOOKED_UP = {
    "fakturering": b"Fakturanummer;Datum;Belopp\n20261;2026-09-30;1 245,00\n20262;2026-10-31;1 390,50\n",
}
"""What the coordinator finds in systems that no program can ask; in the rest nothing is found."""


class JourneyFailed(Exception):
    """A step of the main job did not come about. The message says which; it names nobody."""


def run(base_url: str, out: Path, password: str) -> dict[str, Any]:
    """File a request, work the case, fetch the answer to ``out``; gives the facts of the answer. Raises ``JourneyFailed``."""
    began = time.monotonic()
    customer, coordinator = Visitor(base_url), Visitor(base_url)
    try:
        case = file_request(customer)
        log_in(coordinator, password)
        ref = case.rstrip("/").rsplit("/", 1)[-1]
        desk = f"/admin/requests_app/case/{ref}/"
        gather(coordinator, desk)
        finish_review(coordinator, desk)
        _decide(coordinator, desk)
        _dispatch(coordinator, desk)
        pdf, package = _fetch(customer, case)
    except LookupError as error:
        raise JourneyFailed(str(error)) from error
    finally:
        customer.close()
        coordinator.close()
    out.mkdir(parents=True, exist_ok=True)
    (out / "registerutdrag.pdf").write_bytes(pdf)
    (out / "registerutdrag.zip").write_bytes(package)
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        pages = len(opened.pages)
    records, systems = _contents(package)
    return {
        "pdf": str(out / "registerutdrag.pdf"),
        "zip": str(out / "registerutdrag.zip"),
        "pages": pages,
        "records": records,
        "systems": systems,
        "seconds": round(time.monotonic() - began, 1),
    }


def _must(held: bool, step: str, page: Page | None = None) -> None:
    if not held:
        raise JourneyFailed(f"{step} did not come about{f' ({page.url}, {page.status})' if page else ''}")


def _until(look: Callable[[], Page], ready: Callable[[Page], bool], step: str) -> Page:
    """Look at a page again until it is ready, as somebody waiting would."""
    deadline = time.monotonic() + PATIENCE
    while True:
        page = look()
        if ready(page):
            return page
        if time.monotonic() > deadline:
            raise JourneyFailed(f"{step} took longer than {PATIENCE:.0f} s")
        time.sleep(0.5)


def file_request(customer: Visitor, slug: str = CUSTOMER) -> str:
    """Log in at the portal as one of the made-up people and ask for access; gives the address of the request."""
    offered = lambda page: any(("person", slug) in form.buttons for form in page.forms)  # noqa: E731
    page = _until(lambda: customer.open("/logga-in/"), offered, "the list of made-up people")
    page = customer.send(page.form(lambda form: ("person", slug) in form.buttons), button=("person", slug))
    _must(page.status == 200, "the login at the portal", page)
    page = customer.open("/begaran/ny/")
    page = customer.send(page.form(lambda form: "rights" in form), {"rights": ["access"]})
    step = ""
    while not page.url.endswith("/mottagen/"):
        _must(page.status == 200 and page.url != step, "the next step of the filing", page)
        step = page.url
        page = customer.send(page.form(lambda form: "draft" in form))
    return page.url.removesuffix("mottagen/")


def log_in(coordinator: Visitor, password: str) -> None:
    """Log in at the admin as the coordinator."""
    page = coordinator.open("/admin/")
    page = coordinator.send(page.form(lambda form: "password" in form), {"username": COORDINATOR, "password": password})
    _must(page.status == 200 and "/login/" not in page.url, "the coordinator's login", page)


def _action(page: Page, name: str, key: str = "") -> Form | None:
    """The form of an action of the case page, if the page offers it."""
    ending = f"/{name}/{key}/" if key else f"/{name}/"
    return next((form for form in page.forms if form.action.endswith(ending)), None)


def _act(coordinator: Visitor, desk: str, name: str, key: str = "", **values: Any) -> Page:
    form = _action(coordinator.open(desk), name, key)
    if form is None:
        raise JourneyFailed(f"the case page does not offer {name} {key}".rstrip())
    page = coordinator.send(form, values)
    _must(page.status == 200, f"{name} {key}", page)
    return page


def gather(coordinator: Visitor, desk: str) -> None:
    """Answer the systems a person must look in, confirm what was derived, until everything is gathered."""

    def step(page: Page) -> bool:
        if _action(page, "finish-review"):
            return True
        identifiers = _action(page, "identifiers")
        if identifiers is not None:
            choices = {name: "confirm" for name in identifiers.offered if name.startswith("choice_")}
            coordinator.send(identifiers, choices)
            return False
        for form in page.forms:
            found = re.search(r"/upload/([a-z0-9_]+)/$", form.action)
            if not found or not _waits_for_a_person(page, found[1]):
                continue
            if found[1] in LOOKED_UP:
                coordinator.send(form, files={"file": (f"{found[1]}.csv", LOOKED_UP[found[1]], "text/csv")})
            else:
                coordinator.send(page.form_to(f"/nothing/{found[1]}/"))
            return False
        return False

    _until(lambda: coordinator.open(desk), step, "the gathering")


def _waits_for_a_person(page: Page, system: str) -> bool:
    """Only a system no program asks lacks the way of searching it again."""
    return (
        _action(page, "search", system) is None and f'id="system-{system}"' in page.text and not _answered(page, system)
    )


def _answered(page: Page, system: str) -> bool:
    row = page.text.split(f'id="system-{system}"', 1)[1].split("</tr>", 1)[0]
    return "dsr-outcome-done" in row or "dsr-outcome-quiet" in row


def finish_review(coordinator: Visitor, desk: str) -> None:
    """End the review; what was not looked at is confirmed where the page asks for it."""
    form = _action(coordinator.open(desk), "finish-review")
    if form is None:
        raise JourneyFailed("the case page does not offer finish-review")
    page = coordinator.send(form)
    asked = _action(page, "finish-review")
    if page.status == 422 and asked is not None and "confirmed" in asked:
        page = coordinator.send(asked, {"confirmed": "on"})
    _must(page.status == 200, "finish-review", page)


def _decide(coordinator: Visitor, desk: str) -> None:
    _act(coordinator, desk, "decide", "access", outcome="granted")


def _dispatch(coordinator: Visitor, desk: str) -> None:
    page = _until(
        lambda: coordinator.open(desk), lambda page: _action(page, "dispatch", "access") is not None, "the documents"
    )
    form = _action(page, "dispatch", "access")
    assert form is not None  # noqa: S101 - just waited for
    page = coordinator.send(form, {"way": "portal"})
    _must(page.status == 200, "the dispatch", page)


def _fetch(customer: Visitor, case: str) -> tuple[bytes, bytes]:
    """Download the extract and the package from the request's page."""
    page = customer.open(case)
    files = [customer.open(link) for link in page.links if "/fil/" in link]
    package = next((file.content for file in files if file.content.startswith(b"PK")), None)
    pdfs = sorted((file.content for file in files if file.content.startswith(b"%PDF")), key=len)
    if package is None or not pdfs:
        raise JourneyFailed("the portal does not offer the answer")
    return pdfs[-1], package


def _contents(package: bytes) -> tuple[int, int]:
    """How many records and systems the machine-readable copy holds."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        name = next(name for name in opened.namelist() if name.endswith(".json") and "schema" not in name)
        content = json.loads(opened.read(name))
    records = [len(category["records"]) for system in content["systems"] for category in system["categories"]]
    return sum(records), sum(1 for system in content["systems"] if system["categories"])
