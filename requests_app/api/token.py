"""The token endpoint: OAuth 2.0 client credentials (RFC 6749, 4.4), with Authlib."""

from __future__ import annotations

import json
import secrets
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from authlib.oauth2 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import OAuth2Error, OAuth2Payload, grants
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError
from authlib.oauth2.rfc6749.util import extract_basic_authorization, list_to_scope, scope_to_list
from authlib.oauth2.rfc6750 import BearerTokenGenerator
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.http import HttpResponse

from requests_app.services import api_clients, throttle
from requests_app.services.audit import SYSTEM, unit
from requests_app.web.network import client_network

if TYPE_CHECKING:
    from django.http import HttpRequest

    from requests_app.models import ApiClient

FORM = "application/x-www-form-urlencoded"
WRONG_PER_MINUTE = 10
"""Failed tries with one client id from one network that are answered as such, whether there is a client with that id or not."""
WRONG_OF_NETWORK = 60
"""The same with any ids: who makes up ever new ones is slowed down too."""
LOGGED_FAILURES = 60
"""Failed tries an hour of one network that the log takes down: it cannot be shortened, and anybody can fail."""
_ADDRESS = "https://localhost/api/v1/token"
"""What Authlib is told, which would refuse HTTP on loopback; that others come by HTTPS is seen to before (``SECURE_SSL_REDIRECT``)."""


class TooMany(OAuth2Error):
    """Wait; the same word as RFC 8628 has for it."""

    error = "slow_down"
    status_code = 429

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many requests.")
        self.seconds = seconds

    def get_headers(self) -> list[tuple[str, str]]:
        """When to try again."""
        return [*super().get_headers(), ("Retry-After", str(self.seconds))]


class _Client:
    """A client as Authlib asks about it."""

    def __init__(self, row: ApiClient) -> None:
        self.row = row

    def check_client_secret(self, secret: str) -> bool:
        return api_clients.opens(self.row, secret)

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        return method in {"client_secret_basic", "client_secret_post"}

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type == "client_credentials"

    def get_allowed_scope(self, scope: str | None) -> str | None:
        allowed = api_clients.allowed(self.row, scope_to_list(scope) or None)
        return None if allowed is None else str(list_to_scope(allowed))


class _Payload(OAuth2Payload):
    """What the form says, each thing once (RFC 6749, 3.2); what stands in the address does not count."""

    def __init__(self, request: HttpRequest) -> None:
        self._posted = request.POST

    @property
    def data(self) -> dict[str, str]:
        return self._posted.dict()

    @property
    def datalist(self) -> dict[str, list[str]]:
        return defaultdict(list, {name: self._posted.getlist(name) for name in self._posted})


class _Request(OAuth2Request):
    def __init__(self, request: HttpRequest) -> None:
        super().__init__("POST", _ADDRESS, headers=request.headers)
        self.payload = _Payload(request)
        self._posted = request.POST
        self.network = client_network(request)

    @property
    def form(self) -> dict[str, str]:
        return self._posted.dict()


class _Grant(grants.ClientCredentialsGrant):
    TOKEN_ENDPOINT_AUTH_METHODS = ["client_secret_basic", "client_secret_post"]


class _Server(AuthorizationServer):
    def query_client(self, client_id: str) -> _Client | None:
        row = api_clients.find(client_id)
        return None if row is None else _Client(row)

    def authenticate_client(self, request: _Request, methods: list[str], endpoint: str = "token") -> _Client:
        """The client. Whether the id or the secret is wrong is not told."""
        try:
            client: _Client = super().authenticate_client(request, methods, endpoint)
        except (InvalidClientError, ValueError):  # a header that is no base64, or no UTF-8
            _failed(request)
            raise InvalidClientError("The client is unknown or its secret is wrong.", status_code=401) from None
        if wait := throttle.hit("api", client.row.client_id, limit=client.row.per_minute, seconds=60):
            raise TooMany(wait)
        return client

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        scopes = scope_to_list(token.get("scope")) or []
        api_clients.issue(request.client.row, scopes, token["access_token"])

    def create_oauth2_request(self, request: HttpRequest) -> _Request:
        return _Request(request)

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> HttpResponse:
        made = HttpResponse(json.dumps(dict(body)), status=status, content_type="application/json")
        for name, value in headers:
            made[name] = value
        return made

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Nobody listens."""


def _failed(request: _Request) -> None:
    """Count a failed try, and log it while there are not too many. What there is of clients is not looked up for it."""
    network, given = request.network, f"{request.network} {_named(request)}"
    wait = throttle.hit("api-token-network", network, limit=WRONG_OF_NETWORK, seconds=60)
    wait = wait or throttle.hit("api-token", given, limit=WRONG_PER_MINUTE, seconds=60)
    if wait:
        raise TooMany(wait)
    if not throttle.hit("api-token-logged", network, limit=LOGGED_FAILURES, seconds=3600):
        with unit(SYSTEM) as work:
            work.event("login.failed", door="api")


def _named(request: _Request) -> str:
    """The client ids that were sent, in the header and in the form."""
    try:
        named, _secret = extract_basic_authorization(request.headers)
    except ValueError:  # no base64, or no UTF-8
        named = None
    return f"{named or ''} {request.form.get('client_id', '')}"


def _bearer(**_: Any) -> str:
    return secrets.token_urlsafe(32)


server = _Server()
server.register_grant(_Grant)
server.register_token_generator(
    "default", BearerTokenGenerator(_bearer, expires_generator=lambda client, grant: api_clients.TOKEN_SECONDS)
)


def answer(request: HttpRequest) -> HttpResponse:
    """A token, or an error as RFC 6749, 5.2 has it."""
    try:
        _readable(request)
    except OAuth2Error as error:
        return server.handle_response(*error())
    made: HttpResponse = server.create_token_response(request)
    return made


def _readable(request: HttpRequest) -> None:
    if request.content_type != FORM:
        raise InvalidRequestError(f"Send the parameters as {FORM}.")
    try:
        posted = request.POST
    except RequestDataTooBig:
        raise
    except (BadRequest, SuspiciousOperation):
        raise InvalidRequestError("The parameters cannot be read.") from None
    if any(len(posted.getlist(name)) > 1 for name in posted):
        raise InvalidRequestError("A parameter stands more than once.")
    if not posted.get("grant_type"):
        raise InvalidRequestError("Missing 'grant_type' in request.")
