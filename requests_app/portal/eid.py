"""Logging in with eID: OpenID Connect by django-allauth's client, with what it leaves out.

Of allauth only the client is used: the way to the provider (state, PKCE) and the fetching of the token. It would take a token
from the provider without verifying its signature, and knows no nonce; both are done here, always. Nothing here makes a user
or an account: what comes out is a ``Visitor`` for the session.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.internal import statekit
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from requests_app.domain.identifiers import IdentifierKind, InvalidIdentifier, normalise
from requests_app.portal.session import Visitor
from requests_app.services import id_token
from requests_app.services.id_token import Untrusted

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from requests_app.domain.eid import EidProvider

CONNECT_SECONDS, READ_SECONDS = 3.05, 8
"""How long a provider may take to be reached, and to say something."""
KEPT_SECONDS = 300
"""How long a provider's description and keys are believed without asking again."""
MAX_LEVEL = 40
_FAULTS = (OAuth2Error, requests.RequestException, ValueError, KeyError, TypeError, AttributeError)


class Refused(Exception):
    """No login. ``reason`` is what the person is told; ``why`` says more precisely, for the log, and holds nothing personal.

    ``then`` is where the login was to lead, as far as that is known.
    """

    def __init__(self, reason: str, why: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.why = why or reason
        self.then = ""


CANCELLED, TOO_LATE, UNAVAILABLE, REFUSED, LEVEL = "avbruten", "for-sent", "nere", "nekad", "niva"


@dataclass(frozen=True, slots=True)
class Farewell:
    """What ends the login at the provider; kept sealed in the session."""

    end_session_url: str
    client_id: str
    id_token: str
    """Only for a provider that demands it (``EidProvider.logout_hint``); else empty."""


@dataclass(frozen=True, slots=True)
class Entered:
    """A login that held in every respect."""

    visitor: Visitor
    farewell: Farewell | None
    then: str


class SocialAdapter(DefaultSocialAccountAdapter):
    """How allauth reaches providers. That it signs nobody up is said here too, though nothing of ours asks it to."""

    def get_requests_session(self) -> requests.Session:
        """A session that waits for a bounded time, follows no redirect and takes no settings from elsewhere."""
        session = requests.Session()
        session.trust_env = False
        session.max_redirects = 0
        session.request = partial(session.request, timeout=(CONNECT_SECONDS, READ_SECONDS))
        return session

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: a customer is no user."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Never: a customer is no user."""
        raise PermissionDenied


class _Provider(OpenIDConnectProvider):
    """allauth's provider, set up from the environment and with PKCE always on."""

    def __init__(self, request: HttpRequest, eid: EidProvider) -> None:
        auth = {"token_auth_method": eid.token_auth} if eid.token_auth else {}
        app = SocialApp(
            provider=self.id,
            provider_id=eid.key,
            name=eid.key,
            client_id=eid.client_id,
            secret=eid.client_secret,
            settings={"server_url": eid.server_url, "scope": list(eid.scopes), "oauth_pkce_enabled": True, **auth},
        )
        super().__init__(request, app=app)
        self.eid = eid

    @property
    def server_url(self) -> str:
        """Where the description lies; an issuer with a path has it below that path."""
        return self.wk_server_url(self.eid.server_url.rstrip("/"))

    def get_oauth2_adapter(self, request: HttpRequest) -> _Adapter:
        """The adapter that knows this provider."""
        return _Adapter(request, self)


class _Adapter(OpenIDConnectOAuth2Adapter):
    """allauth's adapter, with the provider's description believed only when it is the configured issuer's."""

    def __init__(self, request: HttpRequest, provider: _Provider) -> None:
        super().__init__(request, provider.eid.key)
        self._provider = provider

    def get_provider(self) -> _Provider:
        """The provider it was made for."""
        return self._provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description (OpenID Connect Discovery 1.0)."""
        if not hasattr(self, "_openid_config"):
            found = _fetched(self._provider.server_url)
            if not _is_of(self._provider.eid.issuer, found):
                cache.delete(_kept(self._provider.server_url))
                raise Refused(REFUSED, "description")
            self._openid_config = found
        return self._openid_config

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Where the provider sends the person back to; must be registered there."""
        return request.build_absolute_uri(reverse("portal:eid_return", args=[self.provider_id]))

    def keys(self, *, anew: bool = False) -> dict[str, Any]:
        """The provider's published keys."""
        url = str(self.openid_config["jwks_uri"])
        if anew:
            cache.delete(_kept(url))
        return _fetched(url)

    def userinfo(self, access_token: str) -> dict[str, Any]:
        """What the provider tells beside the token; nothing where it has no such page."""
        if "userinfo_endpoint" not in self.openid_config:
            return {}
        found = self._fetch_user_info(access_token)
        return found if isinstance(found, dict) else {}


_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint")


def _is_of(issuer: str, found: dict[str, Any]) -> bool:
    """Whether a description is the issuer's, and leads nowhere that is less guarded than the issuer itself."""
    guarded = ("https://",) if issuer.startswith("https://") else ("https://", "http://")
    named = [found[name] for name in _ENDPOINTS if name in found]
    return found.get("issuer") == issuer and all(isinstance(url, str) and url.startswith(guarded) for url in named)


def _kept(url: str) -> str:
    return f"eid:{url}"


def _fetched(url: str) -> dict[str, Any]:
    found = cache.get(_kept(url))
    if found is None:
        with SocialAdapter().get_requests_session() as session:
            response = session.get(url)
            if response.status_code != 200:
                raise requests.RequestException("no answer")
            found = response.json()
        if not isinstance(found, dict):
            raise ValueError("not an object")
        cache.set(_kept(url), found, KEPT_SECONDS)
    return found


def provider_of(key: str) -> EidProvider | None:
    """The provider with this key."""
    return next((item for item in settings.EID_PROVIDERS if item.key == key), None)


def begin(request: HttpRequest, eid: EidProvider, *, then: str) -> HttpResponse:
    """Send the person to the provider; ``then`` is where the login leads afterwards. Raises ``Refused`` when it cannot be reached."""
    provider = _Provider(request, eid)
    nonce = secrets.token_urlsafe(32)
    params = {"ui_locales": request.LANGUAGE_CODE, **eid.params, "nonce": nonce}
    try:
        return provider.redirect(request, AuthProcess.LOGIN, next_url=then, auth_params=params, nonce=nonce)
    except _FAULTS as error:
        raise Refused(UNAVAILABLE, type(error).__name__) from None


def complete(request: HttpRequest, eid: EidProvider) -> Entered:
    """The login of a person whom the provider has sent back. Raises ``Refused``; each way back is good for one try."""
    provider = _Provider(request, eid)
    said = {name: request.GET.get(name, "") for name in ("state", "code", "error", "iss")}
    state = statekit.unstash_state(request, provider_id=provider.sub_id, state_id=said["state"])
    if state is None:
        raise Refused(TOO_LATE, "state")
    then = str(state.get("next") or "")
    try:
        visitor, farewell = _completed(request, provider, said, state)
    except Refused as error:
        error.then = then
        raise
    return Entered(visitor, farewell, then)


def _completed(
    request: HttpRequest, provider: _Provider, said: dict[str, str], state: dict[str, Any]
) -> tuple[Visitor, Farewell | None]:
    eid = provider.eid
    if said["iss"] and said["iss"] != eid.issuer:  # RFC 9207
        raise Refused(REFUSED, "issuer")
    if said["error"] or not said["code"]:
        raise Refused(CANCELLED if said["error"] == "access_denied" else REFUSED, "provider")
    adapter = provider.get_oauth2_adapter(request)
    try:
        answer = _token(request, provider, adapter, state)
        claims = _verified(adapter, eid, answer, state)
        claims |= _more(adapter, eid, answer, claims)
        ends = str(adapter.openid_config.get("end_session_endpoint", ""))
    except requests.RequestException as error:
        raise Refused(UNAVAILABLE, type(error).__name__) from None
    except Untrusted as error:
        raise Refused(REFUSED, error.why) from None
    except _FAULTS as error:
        raise Refused(REFUSED, type(error).__name__) from None
    hint = answer["id_token"] if eid.logout_hint else ""
    farewell = Farewell(ends, eid.client_id, hint) if eid.logout and ends else None
    return _visitor(eid, claims), farewell


def _token(request: HttpRequest, provider: _Provider, adapter: _Adapter, state: dict[str, Any]) -> dict[str, Any]:
    client = adapter.get_client(request, provider.app)
    return adapter.get_access_token_data(
        request, provider.app, client, pkce_code_verifier=state.get("pkce_code_verifier")
    )


def _verified(adapter: _Adapter, eid: EidProvider, answer: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
    expected = {
        "issuer": eid.issuer,
        "client_id": eid.client_id,
        "nonce": str(state.get("nonce", "")),
        "access_token": str(answer["access_token"]),
    }
    try:
        return id_token.verify(answer["id_token"], keys=adapter.keys(), **expected)
    except id_token.UnknownKey:  # it may have changed its keys since they were read
        return id_token.verify(answer["id_token"], keys=adapter.keys(anew=True), **expected)


def _more(adapter: _Adapter, eid: EidProvider, answer: dict[str, Any], claims: dict[str, Any]) -> dict[str, Any]:
    """Claims that the token does not hold, from the provider's own page about the same person. The token's always win."""
    wanted = [name for name in (eid.number_claim, eid.level_claim) if name]
    if all(name in claims for name in wanted) and _name(eid, claims):
        return {}
    told = adapter.userinfo(str(answer["access_token"]))
    if told and told.get("sub") != claims["sub"]:
        raise Untrusted("userinfo")
    return {name: value for name, value in told.items() if name not in claims}


def _name(eid: EidProvider, claims: dict[str, Any]) -> str:
    for names in (eid.name_claims, ("name",), ("given_name", "family_name")):
        parts = [claims.get(name) for name in names]
        if found := " ".join(" ".join(part.split()) for part in parts if isinstance(part, str) and part.strip()):
            return found[:200]
    return ""


def _visitor(eid: EidProvider, claims: dict[str, Any]) -> Visitor:
    level = str(claims.get(eid.level_claim, "")) if eid.level_claim else ""
    if eid.levels and level not in eid.levels:
        raise Refused(LEVEL)
    if len(level) > MAX_LEVEL or sum(sign.isdigit() for sign in level) > 3:
        level = ""  # it stands open in the log, so it must be a level and no number
    return Visitor(
        issuer=claims["iss"],
        subject=claims["sub"],
        name=_name(eid, claims),
        personnummer=_number(eid, claims),
        level=level,
    )


def _number(eid: EidProvider, claims: dict[str, Any]) -> str:
    """The personnummer; a provider that is to give one and does not has not identified the person."""
    if not eid.number_claim:
        return ""
    if eid.country_claim and claims.get(eid.country_claim, "SE") != "SE":
        raise Refused(REFUSED, "number")
    try:
        return normalise(IdentifierKind.PERSONNUMMER, str(claims.get(eid.number_claim, "")))
    except InvalidIdentifier:
        raise Refused(REFUSED, "number") from None


def farewell_address(request: HttpRequest, farewell: Farewell) -> str:
    """Where the browser goes to end the login at the provider (OpenID Connect RP-Initiated Logout 1.0, 2).

    The client is named by its id. A token in the address would leave the personnummer in the browser's history and the provider's
    log, so it goes along only where the provider demands it.
    """
    back = request.build_absolute_uri(reverse("portal:logged_out"))
    query = {"id_token_hint": farewell.id_token} if farewell.id_token else {}
    query |= {
        "client_id": farewell.client_id,
        "post_logout_redirect_uri": back,
        "ui_locales": request.LANGUAGE_CODE,
    }
    joint = "&" if "?" in farewell.end_session_url else "?"
    return f"{farewell.end_session_url}{joint}{urlencode(query)}"
