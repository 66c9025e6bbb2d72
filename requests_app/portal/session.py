"""The portal's session: who is logged in and for how long, and the draft of a request. All of it is sealed.

A customer is never a user of ours. The table of sessions holds nothing readable about the person: a login is the
sealed (issuer, subject) that an eID vouched for, with the name and the personnummer that filing needs.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.middleware.csrf import rotate_token
from ulid import ULID

from requests_app.crypto.errors import CryptoError
from requests_app.services.audit import PERSON, unit
from requests_app.services.keys import open_text, seal_text
from requests_app.services.people import Login

if TYPE_CHECKING:
    from django.http import HttpRequest

IDLE_SECONDS = 30 * 60
"""A login that has not been used for so long is over; what was written is kept for the same person's next login."""
_LOGIN, _SEEN, _DRAFT = "portal_login", "portal_seen", "portal_draft"
_SEEN_EVERY = 60  # seconds between two writes of the session that only say that the person is there


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who is logged in. ``level`` is how surely: what the identity provider said, or ``demo``."""

    issuer: str
    subject: str
    name: str
    personnummer: str
    level: str

    @property
    def login(self) -> Login:
        """What cases are looked up by."""
        return Login(self.issuer, self.subject)


@dataclass(slots=True)
class Draft:
    """A request that is being written. Its id makes a second sending of it known."""

    id: str = field(default_factory=lambda: str(ULID()))
    answers: dict[str, Any] = field(default_factory=dict)
    """Field name -> what was answered, over all steps."""

    @property
    def begun(self) -> bool:
        """Whether anything has been answered."""
        return any(self.answers.values())


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


def log_in(request: HttpRequest, visitor: Visitor) -> None:
    """Begin a login under a new session key; a draft stays only if it is the same person's."""
    request.session.cycle_key()
    request.session[_LOGIN] = _seal(asdict(visitor), "portal-login")
    request.session[_SEEN] = int(time.time())
    if draft_of(request, visitor) is None:
        request.session.pop(_DRAFT, None)
    rotate_token(request)
    with unit(PERSON) as work:
        work.event("login.succeeded", door="portal")


def log_out(request: HttpRequest) -> None:
    """End the login and forget the draft. A member of staff who is logged in beside it in the same browser stays so."""
    for key in (_LOGIN, _SEEN, _DRAFT):
        request.session.pop(key, None)
    if request.user.is_authenticated:
        request.session.cycle_key()
    else:
        request.session.flush()


def visitor_of(request: HttpRequest) -> Visitor | None:
    """Who is logged in now; None when nobody is or the login has been idle for too long."""
    now = time.time()
    seen = request.session.get(_SEEN, 0)
    if now - seen > IDLE_SECONDS:
        return None
    visitor = _visitor(request)
    if visitor is not None and now - seen > _SEEN_EVERY:
        request.session[_SEEN] = int(now)
    return visitor


def end_idle(request: HttpRequest) -> Visitor | None:
    """Take away a login that has been idle for too long and tell whose it was; the draft stays, sealed for that person."""
    visitor = _visitor(request)
    request.session.pop(_LOGIN, None)
    request.session.pop(_SEEN, None)
    return visitor


def _visitor(request: HttpRequest) -> Visitor | None:
    known = _open(request.session.get(_LOGIN), "portal-login")
    return Visitor(**known) if known else None


def draft_of(request: HttpRequest, visitor: Visitor) -> Draft | None:
    """The request this person is writing."""
    known = _open(request.session.get(_DRAFT), "portal-draft", visitor.issuer, visitor.subject)
    return Draft(**known) if known else None


def keep_draft(request: HttpRequest, visitor: Visitor, draft: Draft) -> None:
    """Keep what was written, sealed for this person."""
    request.session[_DRAFT] = _seal(asdict(draft), "portal-draft", visitor.issuer, visitor.subject)


def drop_draft(request: HttpRequest) -> None:
    """Forget what was written."""
    request.session.pop(_DRAFT, None)
