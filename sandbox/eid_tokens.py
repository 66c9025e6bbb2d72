"""What the stand-in of an eID provider signs: its keys, the claims each vendor's way, and tokens that are wrong on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import RSAKey

if TYPE_CHECKING:
    from sandbox.person import Person

CLIENT_ID = "hemdsr-sandbox"
CLIENT_SECRET = "sandbox-eid-secret"  # noqa: S105 - opens nothing but made-up people
LIFE = 300

PROFILES: dict[str, dict[str, Any]] = {
    "signicat": {"preset": "signicat", "name_sv": "BankID (påhittat)", "name_en": "BankID (made up)"},
    "freja": {"preset": "freja", "name_sv": "Freja (påhittad)", "name_en": "Freja (made up)"},
    "criipto": {
        "preset": "criipto",
        "name_sv": "BankID hos Criipto (påhittat)",
        "name_en": "BankID at Criipto (made up)",
    },
    "own": {"preset": "openid", "name_sv": "Mina sidor (påhittade)", "name_en": "Mina sidor (made up)"},
}
"""Each is an issuer of its own, ``<base>/<profile>``, that shapes its claims as the vendor does."""


def providers(base_url: str, *profiles: str) -> list[dict[str, Any]]:
    """The setting ``HEMDSR_EID_PROVIDERS`` that fits the stand-in at ``base_url``, for these profiles or all of them."""
    return [
        PROFILES[profile]
        | {
            "key": profile,
            "issuer": f"{base_url}/{profile}",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }
        for profile in profiles or PROFILES
    ]


@dataclass
class Grant:
    """One login at the provider: what the code stands for."""

    profile: str
    issuer: str
    person: Person
    redirect_uri: str
    challenge: str
    nonce: str
    used: bool = False

    @property
    def subject(self) -> str:
        """The same for the same person at the same provider, and nothing else."""
        return hashlib.sha256(f"{self.profile}/{self.person.slug}".encode()).hexdigest()[:32]


class Keys:
    """The signing key, which can be changed, and what of it is published."""

    def __init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """A new key in place of the old one."""
        self.kid = secrets.token_hex(8)
        self.key = RSAKey.generate_key(2048, parameters={"kid": self.kid, "use": "sig", "alg": "RS256"})

    def published(self) -> dict[str, Any]:
        """The key set (RFC 7517)."""
        return {"keys": [self.key.as_dict(private=False)]}


def person_claims(grant: Grant) -> dict[str, Any]:
    """Who it is, shaped as the vendor does."""
    person = grant.person
    number = person.personnummer or ""
    names = {"given_name": person.first_name, "family_name": person.last_name}
    nin = {"nin": number, "nin_type": "PERSON", "nin_issuing_country": "SE"}
    match grant.profile:
        case "signicat":
            return nin | names | {"idp": "sbid", "birthdate": f"{number[:4]}-{number[4:6]}-{number[6:8]}"}
        case "freja":
            return nin | names | {"freja_registration_level": "PLUS"}
        case "criipto":
            return {"identityscheme": "sebankid", "ssn": number, "name": person.name, **names}
    return {"acr": "loa2"}


def userinfo(grant: Grant, fault: str) -> dict[str, Any]:
    """What is told beside the token."""
    subject = "somebody-else" if fault == "other_subject" else grant.subject
    return {"sub": subject, "name": grant.person.name}


def id_token(keys: Keys, grant: Grant, access_token: str, fault: str, before: Grant | None) -> str:
    """The signed token of a login, wrong in the way ``fault`` says; ``before`` is an earlier login."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": grant.issuer,
        "sub": grant.subject,
        "aud": CLIENT_ID,
        "iat": now,
        "exp": now + LIFE,
        "nonce": grant.nonce,
        "at_hash": _half(access_token),
        **person_claims(grant),
    }
    claims |= _wrong(now, before).get(fault, {})
    for name in _GONE.get(fault, ()):
        claims.pop(name, None)
    return _signed(keys, claims, fault)


_GONE = {"no_nonce": ("nonce",), "no_subject": ("sub",), "no_number": ("nin", "ssn"), "no_expiry": ("exp",)}


_SIGNED_WRONG = ("alg_none", "alg_hs256", "unknown_kid", "wrong_signature", "not_a_token")


def _wrong(now: int, before: Grant | None) -> dict[str, dict[str, Any]]:
    """Each fault of a claim, with the claims that it changes."""
    return {
        "expired": {"iat": now - 400, "exp": now - 100},
        "stale": {"iat": now - 7200, "exp": now + 7200},
        "not_yet": {"iat": now + 3600, "exp": now + 7200},
        "wrong_audience": {"aud": "somebody-else"},
        "extra_audience": {"aud": [CLIENT_ID, "somebody-else"]},
        "wrong_azp": {"azp": "somebody-else"},
        "wrong_issuer": {"iss": "https://eid.example.org"},
        "wrong_at_hash": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
        "replayed_nonce": {"nonce": before.nonce if before else "earlier"},
        "foreign_number": {"nin": "12345678901", "nin_issuing_country": "NO", "ssn": "12345678901"},
        "low_level": {"freja_registration_level": "BASIC"},
        "odd_types": {"sub": 17, "exp": "tomorrow"},
    }


def _signed(keys: Keys, claims: dict[str, Any], fault: str) -> str:
    header = {"alg": "RS256", "kid": keys.kid, "typ": "JWT"}
    match fault:
        case "alg_none":
            return f"{_part({**header, 'alg': 'none'})}.{_part(claims)}."
        case "alg_hs256":  # signed with the public key as if it were a shared secret
            signed = f"{_part({**header, 'alg': 'HS256'})}.{_part(claims)}"
            mac = hmac.new(keys.key.as_pem(private=False), signed.encode(), hashlib.sha256).digest()
            return f"{signed}.{_text(mac)}"
        case "unknown_kid":
            return jwt.encode({**header, "kid": "nobody-knows"}, claims, keys.key)
        case "wrong_signature":
            return jwt.encode(header, claims, RSAKey.generate_key(2048))
        case "not_a_token":
            return "not.a.token"
    return jwt.encode(header, claims, keys.key)


def _part(value: dict[str, Any]) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _half(access_token: str) -> str:
    return _text(hashlib.sha256(access_token.encode()).digest()[:16])


def challenge_of(verifier: str) -> str:
    """The S256 challenge of a verifier (RFC 7636)."""
    return _text(hashlib.sha256(verifier.encode()).digest())


TOKEN_FAULTS = (*_GONE, *_wrong(0, None), *_SIGNED_WRONG)
"""What can be wrong with a token."""
