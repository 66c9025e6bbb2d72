"""Every address meets everybody of the matrix, and the table printed in docs/security.md is the one tested here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import transaction
from django.template.backends.django import Template
from django.urls import get_resolver, reverse

from requests_app.admin.case_actions import ACTIONS
from requests_app.services import access
from tests.permissions.actors import make_people
from tests.permissions.objects import Objects, make_objects
from tests.permissions.table import ACTION_ROWS, ACTORS, CUSTOMERS, ENTRIES, UNNAMED, Entry
from tests.permissions.write import BEGIN, END, rendered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from django.urls import URLResolver

    from requests_app.models import Case, User

LOGINS = ("/admin/login/", "/logga-in/")


@pytest.fixture
def blank_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Views of staff answer without drawing their pages: here it is asked who gets in, and the browser's walk draws every page."""
    draw = Template.render

    def render(self: Template, context: Any = None, request: Any = None) -> str:
        return "" if str(self.template.name).startswith("admin/") else draw(self, context, request)

    monkeypatch.setattr(Template, "render", render)


@pytest.fixture
def vendor() -> str:
    """One kind of database is enough for who may what."""
    return "sqlite"


@pytest.fixture
def objects(vendor: str, db: None, var: Path, settings: object) -> Objects:
    """One of each."""
    settings.DEMO = True  # type: ignore[attr-defined]
    return make_objects(make_people())


def _names(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for pattern in resolver.url_patterns:
        if hasattr(pattern, "url_patterns"):
            yield from _names(pattern, f"{prefix}{pattern.namespace}:" if pattern.namespace else prefix)
        else:
            yield f"{prefix}{pattern.name or ''}"


def test_it_names_every_address_exactly_once() -> None:
    listed = [(name, entry.method) for entry in ENTRIES for name in entry.names]
    assert len(listed) == len(set(listed)), sorted(one for one in set(listed) if listed.count(one) > 1)
    kept = {name for name in _names(get_resolver()) if not name.endswith("_history")}
    assert kept - UNNAMED == {name for name, _method in listed}


def test_it_lists_every_action_on_a_case_exactly_once() -> None:
    listed = [name for row in ACTION_ROWS for name in row.actions]
    assert sorted(listed) == sorted(ACTIONS)


def met(client: Client, entry: Entry, objects: Objects, name: str) -> str:
    """What one actor meets at one address: ``yes``, ``none`` (404), ``refused`` (401, 403) or ``login``. Nothing stays changed."""
    path = reverse(name, kwargs=objects.filled(name, entry.args(objects))) + entry.query
    with transaction.atomic():
        response = getattr(client, entry.method)(path, entry.data(objects) if entry.method == "post" else None)
        if response.streaming:
            b"".join(response.streaming_content)
        transaction.set_rollback(True)
    assert response.status_code < 500, (path, response.status_code)
    if response.status_code == 302 and response["Location"].startswith(LOGINS):
        return "login"
    return {401: "refused", 403: "refused", 404: "none"}.get(response.status_code, "yes")


def expected(entry: Entry, actor: str) -> set[str]:
    """What the table says this actor meets."""
    if actor in entry.may:
        return {"yes", "none"} if entry.may_be_none else {"yes"}
    logged_in = actor not in {"program", "nobody"}  # a program has a token, and no login
    at_the_door = logged_in and (actor in CUSTOMERS) == (entry.door == "portal")
    return set(entry.no.split(", ")) if at_the_door or entry.door in {"open", "api"} else {"login"}


def test_everybody_gets_exactly_what_the_table_says(objects: Objects, blank_pages: None) -> None:
    wrong = []
    for actor in ACTORS:
        client = objects.people.client(actor.key)
        for entry in ENTRIES:
            said = expected(entry, actor.key)
            for name in entry.names:
                if (got := met(client, entry, objects, name)) not in said:
                    wrong.append(f"{actor.key} {entry.method} {name}: {got}, not {' or '.join(sorted(said))}")
    assert "\n".join(wrong) == ""


def test_everybody_can_do_with_a_case_exactly_what_the_table_says(
    objects: Objects, blank_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    door = access.case_get

    def watched(user: User, ref: str) -> Case:
        case = door(user, ref)
        opened.append(case.ref)
        raise type(case).DoesNotExist  # it is seen who gets in; what the action then does other tests ask

    monkeypatch.setattr(access, "case_get", watched)
    wrong = []
    rows = [(action, row.may) for row in ACTION_ROWS for action in row.actions]
    for actor in ACTORS:
        client = objects.people.client(actor.key)
        for action, may in rows:
            opened.clear()
            with transaction.atomic():
                response = client.post(f"/admin/requests_app/case/{objects.case.ref}/gor/{action}/", {})
                transaction.set_rollback(True)
            refused = response.status_code == 404 or response.get("Location", "").startswith(LOGINS)
            if bool(opened) != (actor.key in may) or (not opened and not refused) or response.status_code >= 500:
                wrong.append(f"{actor.key} {action}: {response.status_code}")
    assert "\n".join(wrong) == ""


def test_the_document_says_what_is_tested() -> None:
    text = (Path(settings.BASE_DIR) / "docs" / "security.md").read_text(encoding="utf-8")
    assert BEGIN in text
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == rendered().strip()
