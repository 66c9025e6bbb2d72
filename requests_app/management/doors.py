"""Walks through the product's own pages as a person without JavaScript would: opens pages, fills in forms, sends them."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

File = tuple[str, bytes, str]
"""Name, content and type of an upload."""


@dataclass(slots=True)
class Form:
    """One form of a page: where it goes and what stands in its fields."""

    action: str
    method: str = "get"
    values: list[tuple[str, str]] = field(default_factory=list)
    """What would be sent if nothing were changed."""
    offered: dict[str, list[str]] = field(default_factory=dict)
    """Every named field with the values it can have."""
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def __contains__(self, name: str) -> bool:
        return name in self.offered


@dataclass(slots=True)
class Page:
    """A page that was read."""

    url: str
    status: int
    text: str
    content: bytes
    headers: httpx.Headers
    forms: list[Form]
    links: list[str]

    def form(self, wanted: Callable[[Form], bool]) -> Form:
        """The first form that fits; raises ``LookupError`` naming the page."""
        for found in self.forms:
            if wanted(found):
                return found
        raise LookupError(f"the page {self.url} ({self.status}) has no such form")

    def form_to(self, ending: str) -> Form:
        """The first form whose address ends so."""
        return self.form(lambda found: found.action.split("?")[0].endswith(ending))


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._form: Form | None = None
        self._select = ""
        self._first = ""
        self._chosen = False
        self._area: str | None = None
        self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(urljoin(self.url, given["href"]))
        elif tag == "form":
            self._form = Form(urljoin(self.url, given.get("action") or self.url), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "input" and name and "disabled" not in given:
            self._input(form, name, given)
        elif tag == "button" and given.get("type", "submit") == "submit":
            form.buttons.append((name, given.get("value", "")))
        elif tag == "select" and name:
            self._select, self._first, self._chosen = name, "", False
            form.offered.setdefault(name, [])
        elif tag == "option" and self._select:
            value = given.get("value", "")
            self._first = self._first or value
            form.offered[self._select].append(value)
            if "selected" in given:
                form.values.append((self._select, value))
                self._chosen = True
        elif tag == "textarea" and name:
            self._area, self._text = name, ""
            form.offered.setdefault(name, [])

    @staticmethod
    def _input(form: Form, name: str, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        value = given.get("value", "on" if kind in {"checkbox", "radio"} else "")
        form.offered.setdefault(name, []).append(value)
        if kind in {"submit", "image"}:
            form.buttons.append((name, value))
        elif kind != "file" and (kind not in {"checkbox", "radio"} or "checked" in given):
            form.values.append((name, value))

    def handle_data(self, data: str) -> None:
        if self._area is not None:
            self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select" and self._form is not None:
            if self._select and not self._chosen and self._first:
                self._form.values.append((self._select, self._first))
            self._select = ""
        elif tag == "textarea" and self._form is not None and self._area is not None:
            self._form.values.append((self._area, self._text))
            self._area = None


class Visitor:
    """Somebody at a browser: one set of cookies."""

    def __init__(self, base_url: str, *, language: str = "sv") -> None:
        self._client = httpx.Client(
            base_url=base_url,
            follow_redirects=True,
            timeout=60,
            trust_env=False,
            headers={"Accept-Language": language},
        )

    def close(self) -> None:
        """Leave."""
        self._client.close()

    def open(self, address: str) -> Page:
        """Go to an address."""
        return self._read(self._client.get(address))

    def send(
        self,
        form: Form,
        values: Mapping[str, str | Iterable[str]] | None = None,
        *,
        button: tuple[str, str] | None = None,
        files: Mapping[str, File] | None = None,
    ) -> Page:
        """Fill in ``values`` over what stands in the form, press a button and read where that leads.

        Without ``button`` the first one is pressed, as Enter in a field does in a browser.
        """
        changed = values or {}
        unknown = set(changed) - set(form.offered)
        if unknown:
            raise LookupError(f"the form {form.action} has no field {', '.join(sorted(unknown))}")
        sent: dict[str, list[str]] = {}
        for name, value in form.values:
            if name not in changed:
                sent.setdefault(name, []).append(value)
        for name, given in changed.items():
            sent[name] = [given] if isinstance(given, str) else list(given)
        name, value = button or next(iter(form.buttons), ("", ""))
        if name:
            sent.setdefault(name, []).append(value)
        if form.method == "post":
            return self._read(self._client.post(form.action, data=sent, files=dict(files) if files else None))
        return self._read(self._client.get(form.action, params=sent))

    @staticmethod
    def _read(response: httpx.Response) -> Page:
        reader = _Reader(str(response.url))
        html = response.headers.get("content-type", "").startswith("text/html")
        if html:
            reader.feed(response.text)
        return Page(
            url=str(response.url),
            status=response.status_code,
            text=response.text if html else "",
            content=response.content,
            headers=response.headers,
            forms=reader.forms,
            links=reader.links,
        )
