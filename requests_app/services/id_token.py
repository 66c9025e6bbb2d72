"""What an ID token says, once everything about it has been verified (OpenID Connect Core 1.0, 3.1.3.7). Knows neither web nor vendor."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any

import jwt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jwt.types import Options

ALGORITHMS = {
    **dict.fromkeys(("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"), "RSA"),
    **dict.fromkeys(("ES256", "ES384", "ES512"), "EC"),
}
"""Signatures that are taken, with the type of key of each. Never ``none``, and none whose key both sides hold."""
LEEWAY = 60
"""Seconds the provider's clock and ours may differ."""
MAX_AGE = 600
"""Seconds since a token was made, beside ``LEEWAY``: it is fetched the moment the person comes back."""
MAX_SUBJECT = 255


_OPTIONS: Options = {
    "verify_signature": True,
    "require": ["iss", "sub", "aud", "exp", "iat", "nonce"],
    # what these hold is verified by ``_check``, all in one place
    "verify_iss": False,
    "verify_aud": False,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_sub": False,
    "verify_jti": False,
}


class Untrusted(Exception):
    """The token is not one to trust. ``why`` is a code; nothing of the token is in it."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnknownKey(Untrusted):
    """The token names a key that the provider has not published, or not yet when its keys were read."""


def verify(
    token: str,
    *,
    keys: Mapping[str, Any],
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str = "",
    now: float | None = None,
) -> dict[str, Any]:
    """The claims of a token. Signature, issuer, audience, times, nonce and subject are always verified; raises ``Untrusted``.

    ``keys`` is the provider's JSON Web Key Set (RFC 7517); ``access_token`` is compared with ``at_hash`` where there is one.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm = str(header.get("alg", ""))
        if algorithm not in ALGORITHMS:
            raise Untrusted("algorithm")
        key = _key(keys, header.get("kid"), algorithm)
        claims: dict[str, Any] = jwt.decode(token, key=key, algorithms=[algorithm], options=_OPTIONS)
    except jwt.PyJWTError as error:
        raise Untrusted(_CODES.get(type(error), "signature")) from None
    except (ValueError, TypeError, AttributeError, UnicodeError):
        raise Untrusted("malformed") from None
    _check(claims, issuer, client_id, nonce, time.time() if now is None else now)
    if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(access_token, algorithm)):
        raise Untrusted("at_hash")
    return claims


_CODES: dict[type[BaseException], str] = {
    jwt.MissingRequiredClaimError: "missing",
    jwt.InvalidSignatureError: "signature",
    jwt.DecodeError: "malformed",
}


def _key(keys: Mapping[str, Any], kid: object, algorithm: str) -> jwt.PyJWK:
    """The published key that the token names; when it names none, the only one of that type."""
    published = keys.get("keys")
    fitting = [
        item
        for item in (published if isinstance(published, list) else [])
        if isinstance(item, dict)
        and item.get("kty") == ALGORITHMS[algorithm]
        and item.get("use", "sig") == "sig"
        and item.get("alg", algorithm) == algorithm
        and (kid is None or item.get("kid") == kid)
    ]
    if len(fitting) != 1:
        raise UnknownKey("key")
    return jwt.PyJWK(fitting[0], algorithm=algorithm)


def _check(claims: Mapping[str, Any], issuer: str, client_id: str, nonce: str, now: float) -> None:
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    subject = claims["sub"]
    if not _same(claims["iss"], issuer):
        raise Untrusted("issuer")
    if audience != [client_id] or claims.get("azp", client_id) != client_id:
        raise Untrusted("audience")
    if not _same(claims["nonce"], nonce) or not nonce:
        raise Untrusted("nonce")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT:
        raise Untrusted("subject")
    expires, made, begins = (_seconds(claims.get(name, 0)) for name in ("exp", "iat", "nbf"))
    if expires + LEEWAY <= now or made + MAX_AGE + LEEWAY <= now:
        raise Untrusted("expired")
    if made - LEEWAY > now or begins - LEEWAY > now:
        raise Untrusted("not_yet")


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Untrusted("malformed")
    return float(value)


def _same(value: object, expected: str) -> bool:
    return isinstance(value, str) and hmac.compare_digest(value.encode(), expected.encode())


def _half_hash(access_token: str, algorithm: str) -> str:
    digest = hashlib.new(f"sha{algorithm[-3:]}", access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
