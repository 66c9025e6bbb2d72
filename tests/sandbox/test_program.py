"""The program itself: how it starts and stops, and what it knows nothing of."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sandbox.settings import systems

if TYPE_CHECKING:
    import httpx

ROOT = Path(__file__).resolve().parents[2]
NEWSLETTERS = ("nyhetsbrev", "nyhetsbrev_gan", "nyhetsbrev_rule", "nyhetsbrev_apsis", "nyhetsbrev_campaign")


def test_it_says_so_when_it_cannot_listen(base_url: str) -> None:
    port = str(urlsplit(base_url).port)
    taken = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port], cwd=ROOT, capture_output=True, text=True, timeout=10
    )
    assert taken.returncode == 2
    assert port in taken.stderr and "Traceback" not in taken.stderr


def test_it_listens_on_loopback_only() -> None:
    command = [sys.executable, "-m", "sandbox", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104 - it must refuse
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10)
    assert refused.returncode == 2
    assert "loopback" in refused.stderr


def test_it_imports_nothing_of_the_product() -> None:
    allowed = sys.stdlib_module_names | {"sandbox", "joserfc"}  # tokens are not signed by hand
    for path in (ROOT / "sandbox").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert {name.split(".")[0] for name in names} <= allowed, path.name


def test_it_has_settings_that_reach_every_system(base_url: str, control_client: httpx.Client) -> None:
    known = systems(base_url)
    assert set(known) == {"mina_sidor", "mitt_hem", "chatt", *NEWSLETTERS}
    for entry in known.values():
        assert entry["settings"]["base_url"].startswith(base_url)
        # Without a key every system refuses, so the address is right.
        assert control_client.get(entry["settings"]["base_url"] + "/x").status_code in {401, 404}
    assert control_client.get(f"{base_url}/elsewhere").status_code == 404


def test_it_tells_the_settings_that_fit_its_own_address(base_url: str, control_client: httpx.Client) -> None:
    answer = control_client.get("/settings")
    assert answer.status_code == 200
    assert answer.json() == systems(base_url)


def test_it_tells_who_of_the_cast_can_log_in(control_client: httpx.Client) -> None:
    people = {person["slug"]: person for person in control_client.get("/people").json()["people"]}
    assert people["anna"]["personnummer"] == "198504032387"
    assert people["anna"]["name"] == "Anna Lindqvist"
    assert "newsletter_only" not in people  # has no number to log in with


def test_the_provider_of_eid_listens_on_loopback_only() -> None:
    command = [sys.executable, "-m", "sandbox.eid", "--host", "0.0.0.0", "--port", "0"]  # noqa: S104 - it must refuse
    refused = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=10)
    assert refused.returncode == 2
    assert "loopback" in refused.stderr
