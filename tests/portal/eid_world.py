"""The made-up provider of eID as a program of its own, and a browser that goes there and comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx

from hemdsr import eid
from sandbox.eid_tokens import providers
from tests.portal.world import Customer, Page

if TYPE_CHECKING:
    import pytest

    from requests_app.domain.eid import EidProvider


def settings_of(monkeypatch: pytest.MonkeyPatch, base_url: str, *profiles: str, **more: Any) -> tuple[EidProvider, ...]:
    """The providers as the environment would name them; ``more`` changes what is said of each."""
    rows = [row | more for row in providers(base_url, *profiles)]
    monkeypatch.setenv("HEMDSR_EID_PROVIDERS", json.dumps(rows))
    return eid.providers("HEMDSR_EID_PROVIDERS")


class Control:
    """The provider's control endpoints."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def fault(self, name: str, times: int = 1) -> None:
        """Turn a fault on."""
        httpx.post(f"{self.base_url}/_control/faults", json={"fault": name, "times": times}).raise_for_status()

    def post(self, what: str) -> None:
        """``rotate`` or ``reset``."""
        httpx.post(f"{self.base_url}/_control/{what}").raise_for_status()

    @property
    def seen(self) -> dict[str, Any]:
        """What the provider was asked."""
        return dict(httpx.get(f"{self.base_url}/_control/requests").json())


class Traveller(Customer):
    """A customer who logs in at the provider."""

    def leave(self, key: str = "signicat", then: str = "") -> str:
        """Press the button of a provider: where the browser is sent."""
        response = self.client.get(f"/logga-in/{key}/", {"next": then} if then else {})
        assert response.status_code == 302, response.status_code
        return str(response["Location"])

    @staticmethod
    def pick(address: str, person: str = "anna", **form: str) -> str:
        """Choose somebody at the provider: where it sends the browser back to, as path and query."""
        page = Page(httpx.get(address).raise_for_status().text)
        chosen = form or {"person": person}
        answer = httpx.post(address.partition("?")[0], data={**page.forms[0].fields, **chosen})
        assert answer.status_code == 302, answer.text
        parts = urlsplit(answer.headers["location"])
        return f"{parts.path}?{parts.query}"

    def come_back(self, address: str) -> Page:
        """Follow the provider's way back."""
        return self._now(self.client.get(address, follow=True))

    def log_in_with(self, key: str = "signicat", person: str = "anna", then: str = "", **form: str) -> Page:
        """The whole way."""
        return self.come_back(self.pick(self.leave(key, then), person, **form))
