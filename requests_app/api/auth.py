"""Who calls: the access token of a client, what it may do, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from requests_app.api.problems import Problem
from requests_app.services import api_clients, throttle

if TYPE_CHECKING:
    from django.http import HttpRequest

    from requests_app.domain.channels import Scope
    from requests_app.models import ApiClient
    from requests_app.services.api_clients import Caller

FILE = "file"
"""The name of the operation whose answer is no JSON."""
UPLOAD = "upload"
"""The name of the operation to which a file is sent."""
_CHALLENGE = 'Bearer realm="hemdsr"'


class Token:
    """A bearer token (RFC 6750) with one of these scopes."""

    def __init__(self, *scopes: Scope) -> None:
        self.scopes = [scope.value for scope in scopes]

    def __call__(self, request: HttpRequest) -> Caller:
        """The caller; ends the request with a problem when there is none, or it may not."""
        kind, _space, token = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            raise Problem("unauthorized", headers={"WWW-Authenticate": _CHALLENGE})
        caller = api_clients.caller(token.strip()[:200])
        if caller is None:
            raise Problem("unauthorized", headers={"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'})
        count(caller.client)
        if caller.scopes.isdisjoint(self.scopes):
            challenge = f'{_CHALLENGE}, error="insufficient_scope", scope="{" ".join(self.scopes)}"'
            raise Problem("insufficient_scope", headers={"WWW-Authenticate": challenge})
        _speaks_json(request)
        return caller


def _speaks_json(request: HttpRequest) -> None:
    """Refuse other content before anything is read; a file is answered as it is, and sent as a part of a form."""
    match = request.resolver_match
    if match is not None and match.url_name != FILE and not request.accepts("application/json"):
        raise Problem("not_acceptable")
    length = request.META.get("CONTENT_LENGTH", "")
    upload = match is not None and match.url_name == UPLOAD
    if length not in {"", "0"} and request.content_type != ("multipart/form-data" if upload else "application/json"):
        raise Problem("unsupported_media_type")
    if upload and length.isdecimal() and int(length) > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
        raise Problem("too_large")


def count(client: ApiClient) -> None:
    """Count one request of a client against what it may make in a minute."""
    if wait := throttle.hit("api", client.client_id, limit=client.per_minute, seconds=60):
        raise Problem("too_many", headers={"Retry-After": str(wait)})
