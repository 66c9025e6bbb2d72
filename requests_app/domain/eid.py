"""Providers of electronic identity that customers log in with, over OpenID Connect. What is common to a vendor stands in ``PRESETS``."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class EidProvider:
    """One provider, as the installation has set it up."""

    key: str
    """Stands in addresses: ``/logga-in/<key>/``."""
    name_sv: str
    name_en: str
    issuer: str
    """Whose tokens are taken; the provider's own description must say the same."""
    server_url: str
    """Where the provider describes itself: the issuer unless said otherwise; ``/.well-known/openid-configuration`` is added."""
    client_id: str
    client_secret: str = field(repr=False)
    scopes: tuple[str, ...]
    params: dict[str, str]
    """What is sent along to the login, such as ``acr_values``."""
    number_claim: str
    """The claim that holds the personnummer; empty when the provider gives none."""
    country_claim: str
    """The claim that says which country the number is from; a number from elsewhere than Sweden is no personnummer."""
    name_claims: tuple[str, ...]
    level_claim: str
    levels: tuple[str, ...]
    """Which levels are enough; empty when every level is."""
    token_auth: str
    """``client_secret_basic`` or ``client_secret_post``; empty: what the provider offers."""
    logout: bool
    """Whether logging out here also ends the login at the provider."""
    logout_hint: bool
    """Whether the provider ends no login without being sent its token: that stands in an address, with the personnummer if it holds one."""

    def name(self, language: str) -> str:
        """What the provider is called on the page."""
        return self.name_en if language == "en" else self.name_sv


PRESETS: dict[str, dict[str, Any]] = {
    "openid": {"scopes": ["openid", "profile"], "level_claim": "acr"},
    "signicat": {
        "scopes": ["openid", "profile", "nin"],
        "number_claim": "nin",
        "country_claim": "nin_issuing_country",
        "level_claim": "idp",
    },
    "criipto": {
        "scopes": ["openid"],
        "params": {"acr_values": "urn:grn:authn:se:bankid"},
        "number_claim": "ssn",
        "level_claim": "identityscheme",
    },
    "freja": {
        "scopes": ["openid", "profile", "nin"],
        "number_claim": "nin",
        "country_claim": "nin_issuing_country",
        "level_claim": "freja_registration_level",
        "levels": ["EXTENDED", "PLUS"],  # BASIC says only that somebody reads an e-mail address
    },
}
"""What each vendor calls things; an installation may say otherwise value by value."""


def is_address(text: str) -> bool:
    """Whether it can be an issuer or its server: HTTPS, or HTTP on this machine, to which nobody can listen on the way."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    allowed = {"https", "http"} if _is_local(parts.hostname or "") else {"https"}
    return bool(parts.hostname) and parts.scheme in allowed and not parts.fragment


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
