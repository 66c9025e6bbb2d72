"""From where somebody comes, as far as counting tries needs to know: the network, never the machine."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest

PREFIX = {4: 24, 6: 48}
"""Bits of an address that make a network: a household or a phone moves about within it."""


def client_network(request: HttpRequest) -> str:
    """The network the request comes from: what our own proxy says when there is one, else the other end of the connection."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        # the last entry is the proxy's own; those before it are whatever the client wrote
        address = request.headers.get("X-Forwarded-For", address).rpartition(",")[2].strip()
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    found = getattr(found, "ipv4_mapped", None) or found
    return str(ipaddress.ip_network(f"{found}/{PREFIX[found.version]}", strict=False))
