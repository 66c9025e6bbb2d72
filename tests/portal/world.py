"""A customer at the portal: forms are filled in as they stand in the page, links followed, nothing assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse

if TYPE_CHECKING:
    from django.http import HttpResponse

ANNA = ("Anna Lindqvist", "198504032387")
RADIOS = ("erase_scope", "restrict_why", "object_to", "capacity")
"""Questions of which nothing is chosen beforehand, so that the form sends nothing of itself."""
CHARLIE = ("Charlie Ek", "199110162394")
"""Must never see what is Anna's."""


@dataclass
class Form:
    """A form in a page."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class Page(HTMLParser):
    """What a test reads of a page: forms, links, texts."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.language = ""
        self.title = ""
        self._area: str | None = None
        self._in_title = False
        self._words: list[str] = []
        self.feed(html)
        self.text = " ".join(" ".join(self._words).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what matters."""
        known = {name: value or "" for name, value in attrs}
        self.ids += [known["id"]] if "id" in known else []
        if tag == "html":
            self.language = known.get("lang", "")
        elif tag == "title":
            self._in_title = True
        elif tag == "a":
            self.links.append(known.get("href", ""))
        elif tag == "form":
            self.forms.append(Form(known.get("action", "")))
        elif tag == "button":
            self.forms[-1].buttons.append((known.get("name", ""), known.get("value", "")))
        elif tag == "textarea":
            self._area = known["name"]
            self.forms[-1].fields[self._area] = ""
        elif tag == "input":
            self._input(known)

    def _input(self, known: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, known["name"]
        if known["type"] == "file":
            return
        if known["type"] == "checkbox":
            fields.setdefault(name, [])
            fields[name] += [known["value"]] if "checked" in known else []
        elif known["type"] == "radio":
            if "checked" in known:
                fields[name] = known["value"]
        else:
            fields[name] = known.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """The end of a title or a text field."""
        self._in_title = self._in_title and tag != "title"
        if tag == "textarea" and self._area is not None:
            self.forms[-1].fields[self._area] = self.forms[-1].fields[self._area].removeprefix("\n")  # as browsers do
            self._area = None

    def handle_data(self, data: str) -> None:
        """Collect texts."""
        if self._in_title:
            self.title += data
        elif self._area is not None:
            self.forms[-1].fields[self._area] += data
        else:
            self._words.append(data)

    @property
    def main(self) -> Form:
        """The form that the page is about: the one that goes to the page itself, or carries what is being written."""
        return next(form for form in self.forms if not form.action or "draft" in form.fields)


class Customer:
    """A browser without JavaScript that keeps the page it sees."""

    def __init__(self, *, language: str = "en", enforce_csrf_checks: bool = True) -> None:
        self.client = Client(enforce_csrf_checks=enforce_csrf_checks, headers={"accept-language": language})
        self.response: HttpResponse = None  # type: ignore[assignment]
        self.path = ""

    def _now(self, response: Any) -> Page:
        self.response = response
        self.path = response.request["PATH_INFO"]
        return self.page

    @property
    def page(self) -> Page:
        """The page as it stands."""
        return Page(self.response.content.decode())

    def get(self, name: str, *args: Any, query: str = "") -> Page:
        """Open a page by its name or path."""
        path = name if name.startswith("/") else reverse(f"portal:{name}", args=args)
        return self._now(self.client.get(path + query, follow=True))

    def post(self, path: str, data: dict[str, Any], **kwargs: Any) -> Page:
        """Send a form to a path."""
        return self._now(self.client.post(path, data, follow=True, **kwargs))

    def send(self, **answers: Any) -> Page:
        """Fill in the page's own form and send it."""
        query = self.response.request["QUERY_STRING"]
        return self.post(self.path + (f"?{query}" if query else ""), {**self.page.main.fields, **answers})

    def press(self, path: str, **answers: Any) -> Page:
        """Send the form of the page that goes to ``path``."""
        form = next(form for form in self.page.forms if form.action == path)
        return self.post(path, {**form.fields, **answers})

    def log_in(self, name: str, personnummer: str) -> Page:
        """The demo login with a typed name."""
        self.get("login")
        return self.send(person_name=name, personnummer=personnummer)

    def fill(self, *rights: str, **answers: Any) -> Page:
        """Everything up to the last page."""
        self.choose(*(rights or ("access",)), whom=answers.get("whom", "self"))
        while self.path != "/begaran/ny/kontrollera/":
            known, here = {*self.page.main.fields, *RADIOS}, self.path
            self.send(**{name: value for name, value in answers.items() if name in known})
            if self.path == here:  # something is missing: the page says what
                break
        return self.page

    def choose(self, *rights: str, whom: str = "self") -> Page:
        """What is wanted, and for whom: up to the page that asks about it."""
        self.get("what")
        self.send(rights=list(rights))
        return self.send(whom=whom)

    def file(self, *rights: str, **answers: Any) -> Page:
        """A whole request, sent."""
        self.fill(*rights, **answers)
        return self.send()
