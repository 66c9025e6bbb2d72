"""Somebody new at the desk, in a real browser: reads which step the page asks for, does it, and reads again until the case is closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.admin.browsing import press
from tests.services.rights_world import render_all

if TYPE_CHECKING:
    from collections.abc import Mapping

    from playwright.sync_api import Locator, Page

_CONTROLS = """form => [...form.elements]
  .filter(item => item.name && item.type !== "hidden" && item.type !== "submit" && item.checkVisibility())
  .map(item => [item.name, item.type, item.value])"""
MOST_STEPS = 40


def fill(form: Locator, answers: Mapping[str, Any]) -> None:
    """Fill in what can be seen of a form: first what is chosen, since it decides which other fields are seen."""
    for chosen in (True, True, False):  # twice, since a choice may show another
        for name, kind, value in form.evaluate(_CONTROLS):
            if name in answers and _is_choice(kind) == chosen:
                _enter(form, name, kind, value, answers[name])


def _is_choice(kind: str) -> bool:
    return kind in {"radio", "checkbox"}


def _enter(form: Locator, name: str, kind: str, value: str, answer: Any) -> None:
    if _is_choice(kind):
        chosen = answer if isinstance(answer, list) else [answer]
        if answer is True:
            form.locator(f'[name="{name}"]').check()
        elif value in chosen:
            form.locator(f'[name="{name}"][value="{value}"]').check()
    elif kind.startswith("select"):
        form.locator(f'[name="{name}"]').select_option(answer)
    else:
        form.locator(f'[name="{name}"]').fill(answer)


@dataclass
class Coordinator:
    """What somebody at the desk knows beside what the page says: the person's request, and what was found."""

    page: Page
    legal: Page
    site: str
    answers: dict[str, Any]
    """What is entered, by the name of the field."""
    files: dict[str, bytes] = field(default_factory=dict)
    """What was found in a system that is looked in by hand: CSV by the system's key; in the others nothing was found."""
    mask: str = ""
    """A word of a record that must not be handed out."""
    steps: list[str] = field(default_factory=list)
    """The steps the page asked for, in order."""

    def register(self, *rights: str) -> str:
        """Type a request in; gives the case's address."""
        link = self.page.get_by_role("link", name="Registrera begäran").first
        if not link.count():
            self.page.goto(f"{self.site}/admin/", wait_until="domcontentloaded")
        press(self.page, link)
        form = self.page.locator("form.dsr-register")
        fill(form, {**self.answers, "rights": list(rights)})
        press(self.page, form.locator("> .dsr-button-main"))
        press(self.page, self.page.locator(".dsr-button-main"))
        return self.page.url.split("#")[0]

    def finish(self, url: str) -> None:
        """Do what the page asks for until it says that the case is closed."""
        before = ""
        while True:
            waited = render_all() or (bool(self.steps) and self.steps[-1] in {"approval", "contact_asked"})
            if waited or self.page.url.split("#")[0] != url:
                self.page.goto(url, wait_until="domcontentloaded")
            box = self.page.locator(".dsr-next")
            code, said = box.get_attribute("data-step") or "", box.locator(".dsr-next-what").inner_text()
            if code == "closed":
                return
            assert said != before, f"dead end: {code!r} ({said}) was done and is asked for again, after {self.steps}"
            assert len(self.steps) < MOST_STEPS, self.steps
            before = said
            self.steps.append(code)
            try:
                getattr(self, f"_{code}", self._follow)()
            except Exception as error:
                error.add_note(f"at the step {code!r} ({said}), after {self.steps[:-1]}")
                raise

    def end_by(self, fold: str, button: str) -> None:
        """Open a fold of the page, fill in its form and press its button."""
        self.page.locator("summary", has_text=fold).click()
        form = self.page.locator("details[open] > form", has=self.page.get_by_role("button", name=button))
        fill(form, self.answers)
        press(self.page, form.get_by_role("button", name=button))

    def _follow(self) -> None:
        """Press the one button that is highlighted, or fill in the form it leads to and press the one there."""
        target = self._led_to()
        if target is None:
            return
        wanted = target.locator("form:has(.dsr-button-main:visible)")
        form = wanted.first if wanted.count() else self._form_i_can_fill(target)
        fill(form, self.answers)
        main = form.locator(".dsr-button-main:visible")
        press(self.page, main if main.count() else form.locator("button[type=submit]"))

    def _led_to(self) -> Locator | None:
        """Where the highlighted link leads to; ``None`` when it was a button, which is then pressed."""
        main = self.page.locator(".dsr-next .dsr-button-main")
        assert main.count() == 1, f"{main.count()} highlighted next steps"
        if main.evaluate("item => item.tagName") != "A":
            press(self.page, main)
            return None
        main.click()
        target = self.page.locator(f"id={self.page.url.partition('#')[2]}")
        assert target.is_visible(), f"the highlighted link leads nowhere: {self.page.url}"
        return target

    def _form_i_can_fill(self, target: Locator) -> Locator:
        for form in target.locator("form:visible").all():
            if any(name in self.answers for name, _kind, _value in form.evaluate(_CONTROLS)):
                return form
        raise AssertionError("nothing to fill in where the highlighted link leads")

    def _look_by_hand(self) -> None:
        place = self._led_to()
        assert place is not None
        system = (place.get_attribute("id") or "").removeprefix("system-")
        if system not in self.files:
            return press(self.page, place.get_by_role("button", name="Inget hittades"))
        file = {"name": f"{system}.csv", "mimeType": "text/csv", "buffer": self.files[system]}
        place.locator("input[type=file]").set_input_files(file)  # type: ignore[arg-type]
        return press(self.page, place.get_by_role("button", name="Ladda upp"))

    def _review(self) -> None:
        if self.mask:
            self._mask_records()
        done = self.page.locator(".dsr-next .dsr-button-main")
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            done.click()
        word = self.page.locator(".dsr-next [name=confirmed]")
        if word.count():  # something was not looked at
            word.check()
            press(self.page, done)

    def _mask_records(self) -> None:
        url = self.page.url
        self.page.get_by_role("link", name="Se uppgifterna").click()
        self.page.locator("#systems > details").evaluate("fold => { fold.open = true; }")
        press(self.page, self.page.locator("#systems .dsr-categories a").first)
        fill(self.page.locator("#mask-form"), {"ground": "15_4", "note": "Rör en annan kund"})
        self.page.locator("[data-record]", has_text=self.mask).locator("[name=record]").check()
        press(self.page, self.page.locator("#mask-form button[value=records]"))
        assert self.page.locator(".dsr-withheld").count() == 1
        self.page.goto(url, wait_until="domcontentloaded")

    def _approval(self) -> None:
        """Somebody else reads the decision and approves it."""
        self._at_legal("/admin/juridik/")
        press(self.legal, self.legal.get_by_role("link", name=self._number()).first)
        if self.mask:
            assert self.mask in self.legal.locator("#content mark, mark").first.inner_text()
        press(self.legal, self.legal.get_by_role("button", name="Godkänn"))

    def _contact_asked(self) -> None:
        """Somebody else makes sure of the address."""
        self._at_legal("/admin/adresser/")
        asked = self.legal.locator("section", has_text=self._number())
        press(self.legal, asked.get_by_role("button", name="Bekräfta adressen"))

    def _at_legal(self, path: str) -> None:
        self.legal.goto(f"{self.site}{path}", wait_until="domcontentloaded")

    def _number(self) -> str:
        return self.page.locator(".dsr-head-no").first.inner_text().split(" ")[0].split("\n")[0].strip()
