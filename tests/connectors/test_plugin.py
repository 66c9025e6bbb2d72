"""The example package of the documentation: built, installed, found and run as any other package's connector would be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from requests_app.connectors.contract import breaches
from tests.connectors.rest.conftest import ANNA, System, system
from tests.support.processes import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from requests_app.connectors.base import Connector, Page

__all__ = ["system"]
EXAMPLE = ROOT / "docs" / "example_connector"
FOUND = """
import json, logging
logging.disable()
from requests_app.connectors import registry
connector = registry.get("bookings")
print(json.dumps([connector.label_sv, list(registry.broken_plugins()), [one.key for one in registry.all_connectors()]]))
"""
BY_ANNA = [
    {"id": f"b{n}", "email": "Anna@example.se", "at": f"2026-10-{n:02d}T10:00:00", "state": "kept"} for n in range(1, 6)
]
OTHER = {"id": "b9", "email": "bo@example.se", "at": "2026-10-09T10:00:00", "state": "missed"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example installed, and two packages that cannot be used."""
    folder = tmp_path_factory.mktemp("plugins")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*command, "--target", str(folder), str(EXAMPLE)], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    for name, target in (("missing", "not_there:Connector"), ("clash", "hemdsr_bookings:VISITS")):
        info = folder / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[hemdsr.connectors]\n{name} = {target}\n")
    return folder


def test_it_is_found_once_it_is_installed_and_broken_ones_are_skipped(installed: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(installed), str(ROOT)])}
    done = subprocess.run(
        [sys.executable, "-c", FOUND], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    label, broken, keys = json.loads(done.stdout)
    assert label == "Besöksbokning"
    assert broken == ["clash", "missing"]
    assert keys[-1] == "bookings"


@pytest.fixture
def bookings(installed: Path, monkeypatch: pytest.MonkeyPatch) -> Connector:
    """The example's connector."""
    monkeypatch.syspath_prepend(str(installed))
    from hemdsr_bookings import Bookings  # type: ignore[import-not-found]

    made: Connector = Bookings()
    return made


@pytest.fixture
def answering(system: System) -> System:
    """A system with visits of Anna's, and one of another whom its search gives too."""

    def visits(request: httpx.Request) -> Any:
        start = (int(request.url.params["page"]) - 1) * 2
        asked = request.url.params["email"].casefold()
        own = [one for one in [*BY_ANNA, OTHER] if one["email"].casefold() == asked]
        return {"visits": [*own[start : start + 2], *([OTHER] if own and start == 0 else [])]}

    system.answers |= {"/v1/visits": visits, "/v1/ping": {}}
    return system


def gathered(answering: System, bookings: Connector, **changes: Any) -> list[Page]:
    asked = {
        "settings": {"base_url": "https://system.example/v1"},
        "secrets": {"api_key": "s3cret"},
        "identifiers": ANNA,
    }
    return list(bookings.collect(answering.search("", **(asked | changes))))


def test_it_finds_the_persons_visits_and_nobody_elses(answering: System, bookings: Connector) -> None:
    records = [record for page in gathered(answering, bookings) for record in page.records]
    assert [record.key for record in records] == [one["id"] for one in BY_ANNA]
    assert all(record.occurred_at and record.occurred_at.tzinfo for record in records)
    assert all(request.headers["x-key"] == "s3cret" for request in answering.asked)


def test_it_finds_nobody(answering: System, bookings: Connector) -> None:
    from requests_app.connectors.base import Identifier, IdentifierKind

    nobody = (Identifier(IdentifierKind.EMAIL, "ingen@example.se"),)
    assert [record for page in gathered(answering, bookings, identifiers=nobody) for record in page.records] == []


def test_it_goes_on_from_every_cursor(answering: System, bookings: Connector) -> None:
    pages = gathered(answering, bookings)
    assert len(pages) > 2
    for done, page in enumerate(pages[:-1], 1):
        rest = gathered(answering, bookings, cursor=json.loads(json.dumps(page.cursor)))
        assert [one.records for one in rest] == [one.records for one in pages[done:]]


def test_it_keeps_the_contract(answering: System, bookings: Connector) -> None:
    own = {"settings": {"base_url": "https://system.example/v1"}, "secrets": {"api_key": "s3cret"}}
    assert breaches(bookings, answering.search("", identifiers=ANNA, **own)) == []


def test_it_says_whether_it_answers(answering: System, bookings: Connector) -> None:
    settings = {"base_url": "https://system.example/v1"}
    assert bookings.test(settings, {"api_key": "s3cret"}).ok
    assert not bookings.test(settings, {}).ok


def test_the_documentation_shows_the_code_that_is_tested() -> None:
    shown = (ROOT / "docs" / "connectors.md").read_text("utf-8").split("```python\n")[1].split("```")[0]
    assert shown.strip() in (EXAMPLE / "hemdsr_bookings" / "__init__.py").read_text("utf-8")
