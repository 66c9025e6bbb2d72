"""The portal's session: who is logged in and for how long. All of it is sealed.

A customer is never a user of ours. The table of sessions holds nothing readable about the person: a login is the
sealed (issuer, subject) that an eID vouched for, with the name and the personnummer that filing needs.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from django.middleware.csrf import rotate_token

from requests_app.crypto.errors import CryptoError
from requests_app.services.audit import PERSON, unit
from requests_app.services.keys import open_text, seal_text
from requests_app.services.people import Login

if TYPE_CHECKING:
    from django.http import HttpRequest

IDLE_SECONDS = 30 * 60
"""A login that has not been used for so long is over; what was written is kept for the same person's next login (``drafts``)."""
LONGEST_SECONDS = 2 * 60 * 60
"""A login is over after so long, however much it is used."""
_LOGIN, _SEEN, _FAREWELL = "portal_login", "portal_seen", "portal_farewell"
_SEEN_EVERY = 60  # seconds between two writes of the session that only say that the person is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is logged in. ``level`` is how surely: what the identity provider said, ``email`` or ``demo``."""

    issuer: str
    subject: str
    name: str
    personnummer: str
    level: str

    @property
    def called(self) -> str:
        """What the page calls the person: the name, or the address of who logged in with a link; empty when neither is known."""
        return self.name or (self.subject if self.login.by_email else "")

    @property
    def login(self) -> Login:
        """What cases are looked up by."""
        return Login(self.issuer, self.subject)


def _seal(value: Any, *place: str) -> str:
    return base64.b64encode(seal_text(json.dumps(value), *place)).decode()


def _open(sealed: str | None, *place: str) -> Any:
    """What was sealed; None when there is nothing or it does not open, as after a change of keys."""
    if not sealed:
        return None
    try:
        return json.loads(open_text(base64.b64decode(sealed), *place))
    except (CryptoError, ValueError):
        return None


def log_in(request: HttpRequest, visitor: Visitor, farewell: dict[str, str] | None = None) -> None:
    """Begin a login under a new session key.

    ``farewell`` is what ends the login at the provider; it comes back from ``log_out``.
    """
    request.session.cycle_key()
    now = int(time.time())
    login = {"visitor": asdict(visitor), "since": now, "browser": _browser(request)}
    request.session[_LOGIN] = _seal(login, "portal-login")
    request.session[_SEEN] = now
    request.session.pop(_FAREWELL, None)
    if farewell:
        request.session[_FAREWELL] = _seal(farewell, "portal-farewell")
    rotate_token(request)
    with unit(PERSON) as work:
        work.event("login.succeeded", door="portal")


def log_out(request: HttpRequest) -> dict[str, str] | None:
    """End the login; gives what ends the login at the provider, if it is to end there too.

    A member of staff who is logged in beside it in the same browser stays so.
    """
    farewell = _open(request.session.get(_FAREWELL), "portal-farewell")
    for key in (_LOGIN, _SEEN, _FAREWELL):
        request.session.pop(key, None)
    if request.user.is_authenticated:
        request.session.cycle_key()
    else:
        request.session.flush()
    return farewell


def visitor_of(request: HttpRequest) -> Visitor | None:
    """Who is logged in now; None when nobody is, the login is over, or the session is used from another browser."""
    now = time.time()
    seen = request.session.get(_SEEN, 0)
    if now - seen > IDLE_SECONDS:
        return None
    login = _login(request)
    if login is None or now - login["since"] > LONGEST_SECONDS or login["browser"] != _browser(request):
        return None
    if now - seen > _SEEN_EVERY:
        request.session[_SEEN] = int(now)
    return Visitor(**login["visitor"])


def end_idle(request: HttpRequest) -> Visitor | None:
    """Take away a login that is over and tell whose it was, so that what comes with the request can be kept for that person.

    None from another browser, and once the login has been over by its age for longer than a login may be idle: a form that was open
    when it ended is still kept, an old session is worth nothing.
    """
    login = _login(request)
    for key in (_LOGIN, _SEEN, _FAREWELL):
        request.session.pop(key, None)
    if login is None or login["browser"] != _browser(request):
        return None
    return Visitor(**login["visitor"]) if time.time() - login["since"] <= LONGEST_SECONDS + IDLE_SECONDS else None


def _login(request: HttpRequest) -> dict[str, Any] | None:
    known: dict[str, Any] | None = _open(request.session.get(_LOGIN), "portal-login")
    return known if known and "visitor" in known else None


def _browser(request: HttpRequest) -> str:
    """The browser as it presents itself: whoever copies the cookie alone into another one is not logged in there."""
    return hashlib.sha256(request.headers.get("User-Agent", "").encode()).hexdigest()
