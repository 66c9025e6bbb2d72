"""The providers customers log in with, read from the environment. What is wrong is named by its place, never by its value."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from requests_app.domain.eid import PRESETS, EidProvider, is_address

from .env import EnvironmentError_, text

_KEY = re.compile(r"[a-z][a-z0-9-]{0,29}")
RESERVED = frozenset({"e-post", "lank"})
"""Addresses beside the providers' own."""
_SENT_BY_US = frozenset(
    {"client_id", "client_secret", "redirect_uri", "response_type", "response_mode", "scope", "state"}
) | {
    "nonce",
    "code_challenge",
    "code_challenge_method",
}
_WORDS = ("preset", "name_sv", "name_en", "issuer", "server_url", "client_id", "client_secret", "client_secret_file")
_OPTIONAL_WORDS = ("number_claim", "country_claim", "level_claim", "token_auth")
_LISTS = ("scopes", "name_claims", "levels")
_SWITCHES = {"logout": True, "logout_hint": False}
KNOWN = frozenset({"key", "params", *_WORDS, *_SWITCHES, *_OPTIONAL_WORDS, *_LISTS})


class _Wrong(Exception):
    """What is wrong with one value, in words."""


def providers(name: str) -> tuple[EidProvider, ...]:
    """The variable ``name`` (or the file ``name_FILE`` names): a JSON list with an object for each provider, none by default."""
    value = text(name, "[]")
    try:
        rows = json.loads(value)
    except ValueError:
        raise EnvironmentError_(f"{name} must be JSON") from None
    if not isinstance(rows, list):
        raise EnvironmentError_(f"{name} must be a list, with an object for each provider")
    found = []
    for number, row in enumerate(rows, 1):
        try:
            found.append(_provider(row))
        except _Wrong as wrong:
            raise EnvironmentError_(f"{name}, provider {number}: {wrong}") from None
    keys = [item.key for item in found]
    if len(set(keys)) < len(keys):
        raise EnvironmentError_(f"{name}: two providers have the same key")
    return tuple(found)


def _provider(row: Any) -> EidProvider:
    if not isinstance(row, dict):
        raise _Wrong("must be an object")
    if unknown := sorted(set(row) - KNOWN):
        raise _Wrong(f"unknown: {', '.join(unknown)[:200]}")
    preset = _word(row, "preset", "openid")
    if preset not in PRESETS:
        raise _Wrong(f"preset must be one of {', '.join(PRESETS)}")
    row = PRESETS[preset] | row
    key = _word(row, "key")
    if not _KEY.fullmatch(key) or key in RESERVED:
        raise _Wrong(
            f"key must be small letters, digits and hyphens, at most 30, and not {' or '.join(sorted(RESERVED))}"
        )
    issuer = _address(row, "issuer")
    scopes = _words(row, "scopes")
    if "openid" not in scopes:
        raise _Wrong("scopes must hold openid")
    token_auth = _word(row, "token_auth", "")
    if token_auth not in {"", "client_secret_basic", "client_secret_post"}:
        raise _Wrong("token_auth must be client_secret_basic or client_secret_post")
    switches = {name: row.get(name, usual) for name, usual in _SWITCHES.items()}
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise _Wrong(f"{name} must be true or false")
    name = _word(row, "name_sv")
    return EidProvider(
        key=key,
        name_sv=name,
        name_en=_word(row, "name_en", name),
        issuer=issuer,
        server_url=_address(row, "server_url", issuer),
        client_id=_word(row, "client_id"),
        client_secret=_secret(row),
        scopes=scopes,
        params=_params(row),
        number_claim=_word(row, "number_claim", ""),
        country_claim=_word(row, "country_claim", ""),
        name_claims=_words(row, "name_claims"),
        level_claim=_word(row, "level_claim", ""),
        levels=_words(row, "levels"),
        token_auth=token_auth,
        **switches,
    )


def _word(row: dict[str, Any], key: str, default: str | None = None) -> str:
    value = row.get(key, default)
    if not isinstance(value, str) or (not value.strip() and default is None):
        raise _Wrong(f"{key} must be a text")
    return value.strip()


def _words(row: dict[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key, [])
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise _Wrong(f"{key} must be a list of texts")
    return tuple(value)


def _params(row: dict[str, Any]) -> dict[str, str]:
    value = row.get("params", {})
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise _Wrong("params must be an object of texts")
    if taken := sorted(_SENT_BY_US & set(value)):
        raise _Wrong(f"params may not hold {', '.join(taken)}")
    return dict(value)


def _address(row: dict[str, Any], key: str, default: str | None = None) -> str:
    value = _word(row, key, default)
    if not is_address(value):
        raise _Wrong(f"{key} must be an https address")
    return value


def _secret(row: dict[str, Any]) -> str:
    if "client_secret_file" not in row:
        return _word(row, "client_secret")
    if "client_secret" in row:
        raise _Wrong("client_secret and client_secret_file are both set; set one of them")
    try:
        value = Path(_word(row, "client_secret_file")).read_text("utf-8").strip()
    except OSError as error:
        raise _Wrong(f"client_secret_file cannot be read: {error.strerror}") from None
    if not value:
        raise _Wrong("client_secret_file is empty")
    return value
