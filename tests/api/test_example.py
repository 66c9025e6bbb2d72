"""The client in the documents does the whole way: file, ask what has changed, write, fetch."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
from django.conf import settings

from requests_app.domain.channels import MessageChannel
from requests_app.models import Case
from requests_app.services import messages, rendering
from requests_app.services.audit import Actor
from tests.api.conftest import ANNA, body

if TYPE_CHECKING:
    from tests.api.conftest import Caller
    from tests.world import World

EXAMPLE = Path(settings.BASE_DIR) / "docs" / "api_client.py"


def _example() -> Any:
    spec = importlib.util.spec_from_file_location("api_client", EXAMPLE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_whole_way(caller: Caller, world: World, app: Any) -> None:
    wire = httpx.WSGITransport(app=app)
    with httpx.Client(transport=wire, base_url="http://127.0.0.1/api/v1/") as http:
        mina_sidor = _example().Requests(http, caller.made.client.client_id, caller.made.secret)
        filed = mina_sidor.call("POST", "requests", ANNA, json=body({"access": ""})).json()
        changes = mina_sidor.call("GET", "changes").json()
        assert [item["ref"] for item in changes["items"]] == [filed["ref"]]
        case = Case.objects.get(ref=filed["ref"])
        rendering.run(case.renders.get(kind="receipt").pk)
        karin = Actor.staff(world.karin)
        messages.post(actor=karin, case=case, direction="out", channel=MessageChannel.PORTAL, text="Vi är på väg.")
        later = mina_sidor.call("GET", f"changes?after={changes['cursor']}").json()
        assert [item["ref"] for item in later["items"]] == [filed["ref"]]
        page = f"requests/{filed['ref']}"
        assert mina_sidor.call("GET", f"{page}/messages", ANNA).json()["items"][0]["text"] == "Vi är på väg."
        mina_sidor.call("POST", f"{page}/messages", ANNA, json={"text": "Tack!"})
        found = mina_sidor.call("GET", page, ANNA).json()
        assert found["status"]["text"] == "Vi samlar in dina uppgifter"
        assert mina_sidor.fetch(ANNA, found["files"][0]).startswith(b"%PDF")
        assert [one.text for one in messages.messages_of(case)] == ["Vi är på väg.", "Tack!"]


def test_it_is_short() -> None:
    code = [line for line in EXAMPLE.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(code) <= 34
