"""Which addresses a connector may call: scheme, host and port of the one in its settings, and nothing else."""

from __future__ import annotations

import ipaddress
import re

import httpx

from requests_app.connectors.base import ConnectorError, Fault

_PORTS = {"http": 80, "https": 443}
_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_HOST = re.compile(r"[^\x00-\x20\x7f/\\@:?#\[\],%]{1,253}")
_NUMERIC_HOST = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)

Number = ipaddress.IPv4Address | ipaddress.IPv6Address
_ENDING_IN_IPV4 = tuple(map(ipaddress.IPv6Network, ("::ffff:0:0/96", "::/96", "64:ff9b::/96")))
_CLOUDS_SECRETS = frozenset(
    map(ipaddress.ip_address, ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"))
)
"""Besides link-local ones: where Alibaba, Azure, Oracle, Amazon and Google tell a machine its secrets."""


def address_setting(text: str, setting: str = "base_url") -> httpx.URL:
    """The base address of a system, checked. Raises MISCONFIGURED naming the setting.

    Plain http is for loopback only; a user, a query or a fragment in it is refused, as are the addresses clouds keep
    their own secrets behind (link-local) and numbers that only look like host names.
    """
    address = _parsed(text)
    if address is None or address.query or address.fragment:
        raise ConnectorError(Fault.MISCONFIGURED, setting=setting)
    if not is_own_machine(address.host, setting) and address.scheme == "http":
        raise ConnectorError(Fault.MISCONFIGURED, setting=setting)
    return address


def is_own_machine(host: str, setting: str = "host") -> bool:
    """Whether a host is loopback, where nothing need be encrypted.

    Raises MISCONFIGURED naming the setting for what is no host: link-local addresses, and numbers that only look like names.
    """
    number = _ip(host)
    if number is None:
        if not _HOST.fullmatch(host) or _NUMERIC_HOST.fullmatch(host):
            raise ConnectorError(Fault.MISCONFIGURED, setting=setting)
        return host == "localhost"
    if is_no_system(number):
        raise ConnectorError(Fault.MISCONFIGURED, setting=setting)
    return plain(number).is_loopback


def plain(number: Number) -> Number:
    """The IPv4 address that an IPv6 address stands for (mapped, compatible, 6to4, NAT64), else the number itself."""
    if number.version == 4 or number.is_unspecified or number.is_loopback:
        return number
    if number.sixtofour is not None:
        return number.sixtofour
    if any(number in network for network in _ENDING_IN_IPV4):
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    return number


def is_no_system(number: Number) -> bool:
    """Whether nothing at a number can be a system: link-local, multicast, none, and where clouds keep their secrets."""
    inner = plain(number)
    return inner.is_link_local or inner.is_multicast or inner.is_unspecified or inner in _CLOUDS_SECRETS


class AllowList:
    """The origins a system answers at: its own, and further ones it is said to have."""

    def __init__(self, home: httpx.URL, *further: httpx.URL) -> None:
        self._home = _origin(home)
        self._origins = {self._home, *map(_origin, further)}

    def is_home(self, address: httpx.URL) -> bool:
        """Whether it is the system's own origin."""
        return _origin(address) == self._home

    def join(self, base: httpx.URL, link: str) -> httpx.URL:
        """``link``, absolute or relative to ``base``. Raises ADDRESS_REFUSED when it is not at an allowed origin."""
        if _ODD.search(link) or not link:
            raise ConnectorError(Fault.ADDRESS_REFUSED)
        try:
            address = _parsed(str(base.join(link)))
        except httpx.InvalidURL:
            address = None
        if address is None or _origin(address) not in self._origins:
            raise ConnectorError(Fault.ADDRESS_REFUSED)
        return address.copy_with(fragment=None)


def _parsed(text: str) -> httpx.URL | None:
    """An http(s) address with a host and without a user, else None."""
    if not isinstance(text, str) or _ODD.search(text):
        return None
    try:
        address = httpx.URL(text)
    except httpx.InvalidURL:
        return None
    if address.scheme not in _PORTS or not address.host or address.userinfo or not 0 < _origin(address)[2] < 65536:
        return None
    return address


def _origin(address: httpx.URL) -> tuple[str, str, int]:
    return address.scheme, address.host.rstrip("."), address.port or _PORTS[address.scheme]


def _ip(host: str) -> Number | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
