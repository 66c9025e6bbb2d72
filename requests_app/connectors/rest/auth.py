"""How a description says that we are let in: as httpx's own kinds of authentication, with the secrets filled in."""

from __future__ import annotations

import hashlib
import math
import threading
import time
from base64 import b64encode
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

import httpx
import jwt

from requests_app.connectors.base import ConnectorError, Fault
from requests_app.connectors.http import Call, Http
from requests_app.connectors.pem import with_lines
from requests_app.connectors.rest.templates import fill

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

EARLIER = 60.0
"""Seconds before its end a token is no longer used."""
SHORTEST = 300.0
"""Seconds a token is taken to hold whose answer says nothing."""


class _Header(httpx.Auth):
    def __init__(self, name: str, value: Callable[[], str]) -> None:
        self._name, self._of = name, value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header."""
        request.headers[self._name] = self._of()
        yield request


class _Query(httpx.Auth):
    def __init__(self, name: str, value: str) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the parameter."""
        request.url = request.url.copy_set_param(self._name, self._value)
        yield request


def auth_of(said: Mapping[str, Any], values: Mapping[str, Any], http: Callable[[str], Http]) -> httpx.Auth | None:
    """What the requests carry; None when nothing but a certificate does.

    ``values``: settings and secrets. ``http`` makes a client for the address a token is asked at.
    """
    if "basic" in said:
        return httpx.BasicAuth(*(fill(said["basic"][key], values) for key in ("user", "password")))
    if "bearer" in said:
        word, token = said["bearer"].get("word", "Bearer"), fill(said["bearer"]["token"], values)
        return _Header("Authorization", lambda: f"{word} {token}")
    if "key" in said:
        name, value = said["key"]["name"], fill(said["key"]["value"], values)
        return _Header(name, lambda: value) if said["key"]["in"] == "header" else _Query(name, value)
    if "oauth2" in said:
        return _Header("Authorization", lambda: f"Bearer {_TOKENS.token(_filled(said['oauth2'], values), http)}")
    if "jwt" in said:
        # signed at once, so that a key that cannot be used is told before any request
        signed = _signed(said["jwt"], values)
        return _Header("Authorization", lambda: f"Bearer {signed}")
    return None


def _filled(said: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, str]:
    return {key: fill(str(text), values) for key, text in said.items()}


def _signed(said: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    now = int(time.time())
    claims: dict[str, Any] = {name: fill(str(text), values) for name, text in said.get("claims", {}).items()}
    for claim, name in (("iss", "issuer"), ("sub", "subject"), ("aud", "audience")):
        if name in said:
            claims[claim] = fill(said[name], values)
    claims |= {"iat": now, "exp": now + said.get("seconds", 300)}
    header = {"kid": fill(said["key_id"], values)} if "key_id" in said else None
    try:
        return jwt.encode(claims, with_lines(fill(said["key"], values)).strip(), said["algorithm"], header)
    except (jwt.PyJWTError, ValueError, TypeError):
        pass
    raise ConnectorError(Fault.MISCONFIGURED, setting="description")


class _Tokens:
    """Tokens of one process, each until shortly before it ends. A token is kept under a hash of what it was asked with."""

    def __init__(self) -> None:
        self._kept: dict[bytes, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def token(self, asked: Mapping[str, str], http: Callable[[str], Http]) -> str:
        """A token that still holds; asked for by one thread at a time."""
        key = hashlib.sha256(repr(sorted(asked.items())).encode()).digest()
        with self._lock:
            token, ends = self._kept.get(key, ("", 0.0))
            if time.monotonic() < ends:
                return token
            token, seconds = _fetched(asked, http)
            if len(self._kept) > 256:
                self._kept.clear()
            self._kept[key] = (token, time.monotonic() + max(0.0, seconds - EARLIER))
            return token

    def forget(self) -> None:
        """Ask anew at the next call, since one was refused."""
        with self._lock:
            self._kept.clear()


_TOKENS = _Tokens()
forget = _TOKENS.forget


def _fetched(asked: Mapping[str, str], http: Callable[[str], Http]) -> tuple[str, float]:
    """A new token and the seconds it holds (RFC 6749 §4.4, §5.1)."""
    form = {"grant_type": "client_credentials"} | {key: asked[key] for key in ("scope", "audience") if key in asked}
    place = asked.get("credentials_in", "header")
    own = {"client_id": asked["client_id"], "client_secret": asked["client_secret"]}
    # the request that needs the token is tried again as a whole: trying here too would multiply the tries
    call = Call("POST", "", form=form, repeatable=False)
    if place == "header":
        # RFC 6749 §2.3.1: id and secret are written as a form writes them before they are put together
        pair = ":".join(quote_plus(text) for text in own.values())
        call = replace(call, headers={"Authorization": f"Basic {b64encode(pair.encode()).decode()}"})
    elif place == "form":
        call = replace(call, form=form | own)
    else:
        call = replace(call, form=None, json=form | own)
    answer = http(asked["token_address"]).send(call).value
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise ConnectorError(Fault.WRONG_TYPE, field="access_token")
    return token, _seconds(answer.get("expires_in"))


def _seconds(said: Any) -> float:
    """How long a token holds, by what its answer says."""
    try:
        seconds = float(said)
    except (TypeError, ValueError, OverflowError):
        return SHORTEST
    return seconds if math.isfinite(seconds) else SHORTEST
