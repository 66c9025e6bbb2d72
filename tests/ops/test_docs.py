"""The documentation names what there is."""

from __future__ import annotations

import re

import pytest

from tests.support.processes import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: object) -> None:
    text = page.read_text()  # type: ignore[attr-defined]
    targets = [target.split("#")[0] for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)]+)\)", text)]
    local = [target for target in targets if target and "://" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []  # type: ignore[attr-defined]


def test_every_dependency_has_its_reason() -> None:
    reasons = set(re.findall(r"`([a-z0-9.-]+)`", (ROOT / "docs" / "dependencies.md").read_text()))
    lines = [line for name in ("", "-dev") for line in (ROOT / f"requirements{name}.in").read_text().splitlines()]
    wanted = {re.split(r"[\[=<>]", line)[0] for line in lines if line and not line.startswith(("#", "-r"))}
    assert len(wanted) > 30
    assert wanted - reasons == set()


def test_every_variable_of_the_environment_is_described() -> None:
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "operations.md").read_text(), re.MULTILINE))
    read = set(re.findall(r'(?:env|eid)\.\w+\("([A-Z_]+)"', (ROOT / "hemdsr" / "settings.py").read_text()))
    assert read | {"HEMDSR_BROKER_BIN"} == described


def test_every_room_is_described() -> None:
    described = set(
        re.findall(r"^\| `requests_app/(\w+)", (ROOT / "docs" / "architecture.md").read_text(), re.MULTILINE)
    )
    not_rooms = {"migrations", "templatetags", "locale", "data"}
    rooms = {path.parent.name for path in (ROOT / "requests_app").glob("*/__init__.py")} - not_rooms
    assert rooms | {"tasks"} == described
