"""Links by which somebody unsubscribes without logging in: the address and the system stand in the link, sealed.

A link holds for as long as the master key that sealed it: an old newsletter must be as easy to leave as the last one. It opens
nothing but the end of marketing to that one address.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from requests_app.crypto.errors import CryptoError
from requests_app.services.keys import open_text, seal_text

_PLACE = "unsubscribe"
MAX_TOKEN = 1_000


@dataclass(frozen=True, slots=True)
class Link:
    """What a link names: an e-mail address, and the key of the system whose newsletter it came with."""

    email: str
    system: str = ""

    @property
    def masked(self) -> str:
        """The address as it may be shown to whoever holds the link: ``a***@example.se``."""
        local, _at, domain = self.email.rpartition("@")
        return f"{local[:1]}***@{domain}"


def link_for(link: Link) -> str:
    """The token of a link, URL-safe: about 180 characters, another one each time."""
    text = json.dumps([link.email, link.system], ensure_ascii=False)
    return base64.urlsafe_b64encode(seal_text(text, _PLACE)).decode().rstrip("=")


def opened(token: str) -> Link | None:
    """What a token names; None when it was cut off, changed, made up, or its key is gone."""
    if len(token) > MAX_TOKEN:
        return None
    try:
        email, system = json.loads(open_text(base64.b64decode(token + "=" * (-len(token) % 4), b"-_", True), _PLACE))
    except (CryptoError, binascii.Error, ValueError):
        return None
    return Link(str(email), str(system))
