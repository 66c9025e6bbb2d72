"""Logins of staff, kept in the log: that somebody came in, or that somebody tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.signals import user_logged_in, user_login_failed

from requests_app.services.audit import SYSTEM, Actor, unit

if TYPE_CHECKING:
    from requests_app.models import User


def _succeeded(sender: Any, user: User, **_: Any) -> None:
    with unit(Actor.staff(user)) as work:
        work.event("login.succeeded", door="admin")


def _failed(sender: Any, **_: Any) -> None:
    with unit(SYSTEM) as work:
        work.event("login.failed", door="admin")


def connect() -> None:
    """Listen; the address that was tried is not kept, since people type passwords there."""
    user_logged_in.connect(_succeeded, dispatch_uid="requests_app.logins.succeeded")
    user_login_failed.connect(_failed, dispatch_uid="requests_app.logins.failed")
