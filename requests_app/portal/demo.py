"""The demo login: made-up people instead of an identity provider. Only with ``settings.DEMO``, never in production."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import httpx
from django.conf import settings
from django.utils.translation import get_language

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.portal.session import Visitor

logger = logging.getLogger(__name__)

ISSUER = "demo"
_SECONDS = 2.0
_MOST = 50


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody made up whom the stand-ins of the systems know."""

    slug: str
    name: str
    personnummer: str
    note: str


def people() -> list[DemoPerson]:
    """Whom one can log in as. Empty when the stand-ins do not answer: a made-up person can then still be typed."""
    if not settings.SANDBOX_URL:
        return []
    try:
        with httpx.Client(timeout=_SECONDS, trust_env=False) as client:
            answer = client.get(f"{settings.SANDBOX_URL}/_control/people")
            answer.raise_for_status()
            listed = answer.json()["people"][:_MOST]
        keys = ("slug", "name", "personnummer", "note_en" if get_language() == "en" else "note_sv")
        return [DemoPerson(*(str(item[key]) for key in keys)) for item in listed]
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError) as error:
        logger.warning("the list of made-up people cannot be read: %s", type(error).__name__)
        return []


def visitor(name: str, personnummer: str) -> Visitor:
    """The login of a made-up person; ``InvalidIdentifier`` when the number is none."""
    number = normalise(IdentifierKind.PERSONNUMMER, personnummer)
    return Visitor(issuer=ISSUER, subject=number, name=name.strip(), personnummer=number, level="demo")


__all__ = ["DemoPerson", "InvalidIdentifier", "people", "visitor"]
